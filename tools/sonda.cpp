// sonda: runs sonda-TOOL, as git does; alone, it shows what there is.
#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include <sonda/core/nearest.hpp>
#include <sonda/core/version.hpp>
#include <sonda/record/printable.hpp>

#include "common/exit_status.hpp"
#include "common/print.hpp"

namespace sonda::tools {
namespace {

struct Tool {
  const char* name;
  const char* what;
  const char* example;
};

constexpr std::array tools{
    Tool{"ping", "is it there, how far, and if not, who says so", "sonda ping -c 3 192.0.2.1"},
    Tool{"tcp", "which ports are open, and why the others are not", "sonda tcp -p 22,80 192.0.2.1"},
    Tool{"lab", "any network on this machine, for any program, without root",
         "sonda lab run -- ping admin-prohibited"},
    Tool{"verify", "whether what a run says is what a capture of it shows",
         "sonda verify captures/nat/ping.pcapng"},
    Tool{"doctor", "what works on this machine, and what mends the rest", "sonda doctor"},
};

std::string overview() {
  std::string out = "Sonda sends hand-built packets and says what came back, and why.\n\n";
  for (const auto& tool : tools)
    out += fmt::format("  {:<8} {}\n           $ {}\n", tool.name, tool.what, tool.example);
  return out +
         "\nsonda TOOL --help says more. Exit status: 0 yes (answered), 1 no,\n"
         "2 wrong usage, 3 not permitted, 4 the system failed, 5 inconclusive (verify).\n";
}

int unknown(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& tool : tools) names.emplace_back(tool.name);
  const auto meant = nearest(name, names);
  complain("sonda",
           meant ? fmt::format("{}: no such tool; do you mean {}?", record::printable(name), *meant)
                 : fmt::format("{}: no such tool; there are {}", record::printable(name),
                               fmt::join(names, ", ")));
  return code(ExitStatus::usage);
}

// Beside this program first, then wherever PATH leads.
int run(const std::string& name, char** argv) {
  const auto program = "sonda-" + name;
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = self.parent_path() / program;
  argv[0] = const_cast<char*>(program.c_str());  // NOLINT: execv's signature is older than const
  if (!error) execv(beside.c_str(), argv);
  if (errno == ENOENT || error) execvp(program.c_str(), argv);
  complain("sonda", Failure{"run", errno, program}.message());
  return code(ExitStatus::system);
}

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first.empty() || first == "help" || first == "-h" || first == "--help") {
    return print_all(overview(), ExitStatus::yes);
  }
  if (first == "-V" || first == "--version") {
    return print_all("sonda " + version_text() + '\n', ExitStatus::yes);
  }
  for (const auto& tool : tools)
    if (first == tool.name) return run(first, argv + 1);
  return unknown(first);
}

}  // namespace
}  // namespace sonda::tools

int main(int argc, char** argv) { return sonda::tools::main(argc, argv); }
