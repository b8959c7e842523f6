// A tool's command line: help, version, and one clear line for whatever is wrong with it.
#include "common/command_line.hpp"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <sonda/core/nearest.hpp>
#include <sonda/core/version.hpp>
#include <sonda/record/printable.hpp>

#include "common/exit_status.hpp"
#include "common/print.hpp"

namespace sonda::tools {
namespace {

using record::printable;

// CLI11 says "--count: 1 required N missing" and "json was given a disallowed flag override".
std::string about_value(std::string_view sentence) {
  if (const auto end = sentence.find(" was given"); end != std::string_view::npos)
    return fmt::format("--{}: takes no value", printable(sentence.substr(0, end)));
  return fmt::format("{}: its value is missing", printable(sentence.substr(0, sentence.find(':'))));
}

}  // namespace

CommandLine::CommandLine(std::string program, std::string description)
    : program_{std::move(program)},
      app_{std::make_unique<CLI::App>(std::move(description), program_)} {
  app_->set_help_flag("-h,--help", "This text");
  app_->set_version_flag("-V,--version", program_ + ' ' + version_text(), "The version");
  app_->allow_extras();
  app_->get_formatter()->column_width(30);
}

CommandLine::~CommandLine() = default;

void CommandLine::option(const std::string& names, Judge judge, Take take,
                         const std::string& description, const std::string& type) {
  const auto take_last = [take](const CLI::results_t& results) {
    take(results.back());
    return true;
  };
  app_->add_option(names, take_last, description)->type_name(type)->take_last()->check(judge);
}

void CommandLine::flag(const std::string& names, bool& value, const std::string& description) {
  app_->add_flag(names, value, description);
}

void CommandLine::text(const std::string& names, std::string& value, const std::string& description,
                       const std::string& type) {
  app_->add_option(names, value, description)->type_name(type)->take_last();
}

void CommandLine::texts(const std::string& names, std::vector<std::string>& values,
                        const std::string& description, const std::string& type) {
  app_->add_option(names, values, description)->type_name(type)->allow_extra_args(false);
}

void CommandLine::operand(const std::string& name, std::string& value,
                          const std::string& description) {
  app_->add_option(name, value, description)->type_name("");
}

void CommandLine::operands(const std::string& name, std::vector<std::string>& values,
                           const std::string& description) {
  app_->add_option(name, values, description)->type_name("");
}

void CommandLine::epilogue(const std::string& text) { app_->footer(text); }

void CommandLine::foreign(const std::string& flag, std::string answer) {
  foreign_[flag] = std::move(answer);
}

std::string CommandLine::about_unknown(const std::string& word) const {
  const auto option = word.substr(0, word.find('='));
  if (const auto known = foreign_.find(option); known != foreign_.end())
    return fmt::format("{}: {}", option, known->second);
  // "-f5": a short flag with its value
  if (word.size() > 2 && word[0] == '-' && word[1] != '-')
    if (const auto known = foreign_.find(word.substr(0, 2)); known != foreign_.end())
      return fmt::format("{}: {}", known->first, known->second);
  std::vector<std::string> names;
  for (const auto* known : app_->get_options())
    for (const auto& name : known->get_lnames()) names.push_back("--" + name);
  const auto meant = option.starts_with("--") ? nearest(option, names) : std::nullopt;
  if (meant) return fmt::format("{}: no such option; do you mean {}?", printable(option), *meant);
  return fmt::format("{}: no such option; see {} --help", printable(option), program_);
}

std::string CommandLine::about_too_many(const std::string& word) const {
  for (const auto* known : app_->get_options())
    if (known->get_positional())
      return fmt::format("'{}' is one {} too many; see {} --help", printable(word),
                         known->get_name(true), program_);
  return fmt::format("'{}' is not expected; see {} --help", printable(word), program_);
}

// What is wrong with the command line, in one line, if anything is.
std::optional<std::string> CommandLine::complaint(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ValidationError& error) {
    return error.what();
  } catch (const CLI::ArgumentMismatch& error) {
    return about_value(error.what());
  }
  bool only_words = false;
  for (const auto& word : app_->remaining()) {
    if (only_words || word.size() < 2 || word[0] != '-') return about_too_many(word);
    if (word != "--") return about_unknown(word);
    only_words = true;
  }
  return std::nullopt;
}

std::optional<int> CommandLine::parse(int argc, const char* const* argv) {
  for (auto* option : app_->get_options())
    if (option->get_expected_max() == 0) option->disable_flag_override();
  try {
    if (const auto sentence = complaint(argc, argv)) return refuse(*sentence);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    return print_all(app_->help(), ExitStatus::yes);
  } catch (const CLI::CallForVersion& version) {
    return print_all(std::string{version.what()} + '\n', ExitStatus::yes);
  } catch (const CLI::ParseError& error) {
    return refuse(printable(error.what()));
  }
}

int CommandLine::refuse(std::string_view sentence) const {
  complain(program_, sentence);
  return code(ExitStatus::usage);
}

}  // namespace sonda::tools
