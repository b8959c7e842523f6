// A tool's command line: help, version, and one clear line for whatever is wrong with it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "common/numbers.hpp"

namespace sonda::tools {

class CommandLine {
 public:
  // `program` as it is typed: "sonda-ping".
  CommandLine(std::string program, std::string description);

  // A flag of a rival, and what to do instead: answered by name, never ignored.
  void foreign(const std::string& flag, std::string answer);

  // An option whose text `read` turns into `value`; its sentence, which must be printable, is the
  // user's answer if it cannot. The last of `names` is the long one.
  template <typename T, typename Reader>
  CLI::Option* value(const std::string& names, T& value, Reader read,
                     const std::string& description, const std::string& type) {
    const auto take = [&value, read, name = long_name(names)](const CLI::results_t& results) {
      auto result = read(results.back());
      if (!result) throw CLI::ValidationError{name, result.error()};
      value = std::move(*result);
      return true;
    };
    return app_.add_option(names, take, description)->type_name(type)->take_last();
  }
  CLI::App& app() { return app_; }
  // What `--help` ends with: examples, and what the exit status says.
  void epilogue(const std::string& text) { app_.footer(text); }

  // Nothing: go on. Else the program ends with this status; what was to be said is printed.
  [[nodiscard]] std::optional<int> parse(int argc, const char* const* argv);
  // One line on stderr in the program's name.
  [[nodiscard]] int refuse(std::string_view sentence) const;

 private:
  // "--count" of "-c,--count".
  [[nodiscard]] static std::string long_name(const std::string& names) {
    return names.substr(names.rfind(',') + 1);
  }
  [[nodiscard]] std::optional<std::string> complaint(int argc, const char* const* argv);
  [[nodiscard]] std::string about_unknown(const std::string& word) const;
  [[nodiscard]] std::string about_too_many(const std::string& word) const;

  std::string program_;
  CLI::App app_;
  std::map<std::string, std::string> foreign_;
};

// A line on stderr in the program's name.
void complain(std::string_view program, std::string_view sentence);

}  // namespace sonda::tools
