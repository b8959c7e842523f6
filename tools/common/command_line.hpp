// A tool's command line: help, version, and one clear line for whatever is wrong with it.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/numbers.hpp"
#include "common/print.hpp"

namespace CLI {
class App;
}

namespace sonda::tools {

class CommandLine {
 public:
  // `program` as it is typed: "sonda-ping".
  CommandLine(std::string program, std::string description);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;
  ~CommandLine();

  // A flag of a rival, and what to do instead: answered by name, never ignored.
  void foreign(const std::string& flag, std::string answer);

  // An option whose text `read` turns into `value`; its sentence, which must be printable, is the
  // user's answer if it cannot. The last of `names` is the long one.
  template <typename T, typename Reader>
  void value(const std::string& names, T& value, Reader read, const std::string& description,
             const std::string& type) {
    const auto judge = [read](const std::string& text) {
      const auto result = read(text);
      return result ? std::string{} : result.error();
    };
    const auto take = [&value, read](const std::string& text) { value = std::move(*read(text)); };
    option(names, judge, take, description, type);
  }
  void flag(const std::string& names, bool& value, const std::string& description);
  // Any text: a file, a name.
  void text(const std::string& names, std::string& value, const std::string& description,
            const std::string& type);
  // The same, as often as one likes.
  void texts(const std::string& names, std::vector<std::string>& values,
             const std::string& description, const std::string& type);
  // The word that stands without an option.
  void operand(const std::string& name, std::string& value, const std::string& description);
  // All further words that stand without an option.
  void operands(const std::string& name, std::vector<std::string>& values,
                const std::string& description);
  // What `--help` ends with: examples, and what the exit status says.
  void epilogue(const std::string& text);

  // Nothing: go on. Else the program ends with this status; what was to be said is printed.
  [[nodiscard]] std::optional<int> parse(int argc, const char* const* argv);
  // One line on stderr in the program's name.
  [[nodiscard]] int refuse(std::string_view sentence) const;

 private:
  using Judge = std::function<std::string(const std::string&)>;  // empty: nothing is wrong
  using Take = std::function<void(const std::string&)>;

  // Every one of several is judged, so that none is wrong in silence; the last one is taken.
  void option(const std::string& names, Judge judge, Take take, const std::string& description,
              const std::string& type);
  [[nodiscard]] std::optional<std::string> complaint(int argc, const char* const* argv);
  [[nodiscard]] std::string about_unknown(const std::string& word) const;
  [[nodiscard]] std::string about_too_many(const std::string& word) const;

  std::string program_;
  std::unique_ptr<CLI::App> app_;  // CLI11 is large: it is compiled in one place
  std::map<std::string, std::string> foreign_;
};

}  // namespace sonda::tools
