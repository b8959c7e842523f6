// A tool's command line: help, version, and one clear line for whatever is wrong with it.
#include "common/command_line.hpp"

#include <cstdio>

#include <fmt/format.h>

#include <sonda/core/version.hpp>
#include <sonda/record/printable.hpp>

#include "common/exit_status.hpp"
#include "common/nearest.hpp"

namespace sonda::tools {
namespace {

using record::printable;

// CLI11's sentences name an option and then speak; ours is what comes after the name.
std::string one_line(std::string text) {
  for (auto& c : text)
    if (c == '\n') c = ' ';
  return text;
}

}  // namespace

void complain(std::string_view program, std::string_view sentence) {
  fmt::print(stderr, "{}: {}\n", program, sentence);
}

CommandLine::CommandLine(std::string program, std::string description)
    : program_{std::move(program)}, app_{std::move(description), program_} {
  app_.set_help_flag("-h,--help", "This text");
  app_.set_version_flag(
      "-V,--version",
      fmt::format("{} {}.{}.{}", program_, version_major, version_minor, version_patch),
      "The version");
  app_.allow_extras();
  app_.get_formatter()->column_width(30);
}

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
  for (const auto* known : app_.get_options())
    for (const auto& name : known->get_lnames()) names.push_back("--" + name);
  const auto meant = option.starts_with("--") ? nearest(option, names) : std::nullopt;
  if (meant) return fmt::format("{}: no such option; do you mean {}?", printable(option), *meant);
  return fmt::format("{}: no such option; see {} --help", printable(option), program_);
}

std::optional<int> CommandLine::parse(int argc, const char* const* argv) {
  std::vector<std::string> unknown;
  try {
    app_.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app_.help());
    return code(ExitStatus::yes);
  } catch (const CLI::CallForVersion& version) {
    fmt::print("{}\n", version.what());
    return code(ExitStatus::yes);
  } catch (const CLI::ParseError& error) {
    return refuse(one_line(printable(error.what())));
  }
  for (const auto& word : app_.remaining())
    if (word.size() > 1 && word[0] == '-') return refuse(about_unknown(word));
  if (const auto rest = app_.remaining(); !rest.empty())
    return refuse(
        fmt::format("'{}' is one target too many; see {} --help", printable(rest[0]), program_));
  return std::nullopt;
}

int CommandLine::refuse(std::string_view sentence) const {
  complain(program_, sentence);
  return code(ExitStatus::usage);
}

}  // namespace sonda::tools
