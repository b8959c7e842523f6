// sonda-doctor: what works on this machine, tried one by one, and the line that mends the rest.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sonda/net/privilege.hpp>
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

// What `mend` names: the program that measures, and this one, so that it sees the difference.
std::string programs_to_mend() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "sonda-ping sonda-doctor";
  return (self.parent_path() / "sonda-ping").string() + ' ' + self.string();
}

std::string text(const std::vector<net::Trial>& trials, bool color) {
  std::string out;
  for (const auto& trial : trials) {
    const char* code = trial.outcome == net::Outcome::works     ? "32"
                       : trial.outcome == net::Outcome::limited ? "33"
                                                                : "31";
    const auto state = fmt::format("{:<8}", word(trial.outcome));
    out += color ? fmt::format("\x1b[{}m{}\x1b[0m", code, state) : state;
    out += trial.name + '\n' + report::wrapped(record::printable(trial.finding), 8);
    if (!trial.mend.empty()) out += fmt::format("        mend it: {}\n", trial.mend);
  }
  const auto broken = std::ranges::count_if(
      trials, [](const auto& trial) { return trial.outcome != net::Outcome::works; });
  return out + fmt::format("\nof {}: {} work, {} do not, or not fully\n", trials.size(),
                           trials.size() - static_cast<std::size_t>(broken), broken);
}

std::string json(const std::vector<net::Trial>& trials) {
  std::string out;
  for (const auto& trial : trials) {
    const nlohmann::ordered_json line{{"event", "trial"},
                                      {"tool", "doctor"},
                                      {"name", trial.name},
                                      {"outcome", word(trial.outcome)},
                                      {"finding", record::printable(trial.finding)},
                                      {"mend", trial.mend}};
    out += line.dump() + '\n';
  }
  return out;
}

int main(int argc, char** argv) {
  keep_standard_descriptors();
  // A lab that root starts has what a ping gives up.
  std::optional<net::Trial> namespaces;
  if (::geteuid() == 0) namespaces = net::try_namespaces();
  // What a ping may do, no more: for its user, with its capability.
  for (const auto& given_up : {net::become_sudo_caller(), net::keep_only_net_raw()})
    if (!given_up) {
      complain(program, given_up.error().message());
      return code(ExitStatus::system);
    }
  CommandLine line{program,
                   "Tries what Sonda needs of this machine, and says what mends the rest."};
  bool as_json = false;
  std::string color = "auto";
  line.flag("--json", as_json, "One JSON object per trial");
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

  const auto trials = net::try_all(programs_to_mend(), namespaces);
  const bool can_ping = std::ranges::any_of(trials, [](const auto& trial) {
    return trial.outcome != net::Outcome::fails && trial.name.find("ICMP") != std::string::npos;
  });
  return print_all(as_json ? json(trials) : text(trials, wants_color(color)),
                   can_ping ? ExitStatus::yes : ExitStatus::no);
}

}  // namespace
}  // namespace sonda::tools

int main(int argc, char** argv) { return sonda::tools::main(argc, argv); }
