// sonda-doctor: what works on this machine, tried one by one, and the line that mends the rest.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sonda/net/trials.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/report/layout.hpp>

#include "common/color.hpp"
#include "common/command_line.hpp"
#include "common/exit_status.hpp"
#include "common/output.hpp"

namespace sonda::tools {
namespace {

constexpr const char* program = "sonda-doctor";

std::string_view word(net::Outcome outcome) {
  switch (outcome) {
    case net::Outcome::works:
      return "works";
    case net::Outcome::limited:
      return "limited";
    case net::Outcome::fails:
      return "fails";
  }
  return {};
}

// What `mend` should name is not this program but the one that will measure.
std::string ping_beside() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "sonda-ping" : (self.parent_path() / "sonda-ping").string();
}

void print(const std::vector<net::Trial>& trials, bool color) {
  for (const auto& trial : trials) {
    const char* code = trial.outcome == net::Outcome::works     ? "32"
                       : trial.outcome == net::Outcome::limited ? "33"
                                                                : "31";
    const auto state = fmt::format("{:<8}", word(trial.outcome));
    fmt::print("{}{}\n", color ? fmt::format("\x1b[{}m{}\x1b[0m", code, state) : state, trial.name);
    fmt::print("{}", report::wrapped(record::printable(trial.finding), 8));
    if (!trial.mend.empty()) fmt::print("        mend it: {}\n", trial.mend);
  }
  const auto broken = std::ranges::count_if(
      trials, [](const auto& trial) { return trial.outcome != net::Outcome::works; });
  fmt::print("\nof {}: {} work, {} do not, or not fully\n", trials.size(),
             trials.size() - static_cast<std::size_t>(broken), broken);
}

void print_json(const std::vector<net::Trial>& trials) {
  for (const auto& trial : trials) {
    const nlohmann::ordered_json line{{"event", "trial"},
                                      {"tool", "doctor"},
                                      {"name", trial.name},
                                      {"outcome", word(trial.outcome)},
                                      {"finding", record::printable(trial.finding)},
                                      {"mend", trial.mend}};
    fmt::print("{}\n", line.dump());
  }
}

int main(int argc, char** argv) {
  keep_standard_descriptors();
  CommandLine line{program,
                   "Tries what Sonda needs of this machine, and says what mends the rest."};
  bool json = false;
  std::string color = "auto";
  line.app().add_flag("--json", json, "One JSON object per trial");
  line.value(
      "--color", color, [](const std::string& t) { return read_color(t); }, "auto, always, never",
      "WHEN");
  line.epilogue(
      "Nothing leaves the machine. Run it as the user who will measure: what works\n"
      "for root says little about others.\n\n"
      "EXIT STATUS\n"
      "  0 a ping can run here, raw or without privilege   1 it cannot\n"
      "  2 wrong usage   4 the system failed\n");
  if (const auto status = line.parse(argc, argv)) return *status;

  const auto trials = net::try_all(ping_beside());
  if (json)
    print_json(trials);
  else
    print(trials, wants_color(color));
  if (std::fflush(stdout) != 0) return code(ExitStatus::system);
  const bool can_ping = std::ranges::any_of(trials, [](const auto& trial) {
    return trial.outcome != net::Outcome::fails && trial.name.find("ICMP") != std::string::npos;
  });
  return code(can_ping ? ExitStatus::yes : ExitStatus::no);
}

}  // namespace
}  // namespace sonda::tools

int main(int argc, char** argv) { return sonda::tools::main(argc, argv); }
