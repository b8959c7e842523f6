// sonda-lab: a network of any kind on this machine, for any program: no root, no cables, no harm.
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sonda/core/nearest.hpp>
#include <sonda/core/version.hpp>
#include <sonda/record/printable.hpp>

#include "common/exit_status.hpp"
#include "common/output.hpp"
#include "common/print.hpp"
#include "lab/subcommands.hpp"

namespace sonda::tools::lab {
namespace {

struct Subcommand {
  const char* name;
  int (*run)(int argc, char** argv);
  const char* what;
  const char* example;
};

constexpr std::array subcommands{
    Subcommand{"run", run, "run any program in a network that ends with it",
               "sonda lab run -- ping admin-prohibited"},
    Subcommand{"menu", menu, "which ICMP errors can be had, and by which name", "sonda lab menu"},
    Subcommand{"show", show, "draw the network of a topology file", "sonda lab show net.toml"},
    Subcommand{"check", check, "is a topology file right? if not, where",
               "sonda lab check net.toml"},
    Subcommand{"start", start, "a network that stays, for several terminals",
               "sonda lab start net1 net.toml"},
    Subcommand{"exec", exec, "run a program in it, on one of its hosts",
               "sonda lab exec net1@web -- nc -l 80"},
    Subcommand{"shell", shell, "a shell in it", "sonda lab shell net1"},
    Subcommand{"set", set, "change it while it runs", "sonda lab set net1 r2 drop tcp ack"},
    Subcommand{"trace", trace, "see each packet as it passes", "sonda lab trace net1"},
    Subcommand{"list", list, "what runs", "sonda lab list"},
    Subcommand{"stop", stop, "end it; nothing is left", "sonda lab stop net1"},
};

std::string overview() {
  std::string out = "A simulated internet that any program can be run in, without root.\n\n";
  for (const auto& [name, function, what, example] : subcommands)
    out += fmt::format("  {:<7} {}\n          $ {}\n", name, what, example);
  return out +
         "\n'sonda lab run --help' says more, and so for each. Without a topology file the\n"
         "network is the error menu: the address says what happens, as in 10.3.13.1.\n"
         "The format of the file and the words of 'set' are in docs/topology.md.\n"
         "\nEXIT STATUS\n"
         "  run, exec, shell: the program's; 125 where the lab fails, 126 where the\n"
         "  program cannot be run, 127 where it is not found, as with env(1).\n"
         "  The others: 0 yes, 1 no, 2 wrong usage, 3 not permitted, 4 the system failed.\n";
}

int unknown(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& subcommand : subcommands) names.emplace_back(subcommand.name);
  const auto meant = nearest(name, names);
  complain("sonda-lab", meant ? fmt::format("{}: no such subcommand; do you mean {}?",
                                            record::printable(name), *meant)
                              : fmt::format("{}: no such subcommand; there are {}",
                                            record::printable(name), fmt::join(names, ", ")));
  return code(ExitStatus::usage);
}

int main(int argc, char** argv) {
  keep_standard_descriptors();
  const std::string first = argc > 1 ? argv[1] : "";
  if (first.empty() || first == "help" || first == "-h" || first == "--help")
    return print_all(overview(), ExitStatus::yes);
  if (first == "-V" || first == "--version")
    return print_all("sonda-lab " + version_text() + '\n', ExitStatus::yes);
  for (const auto& subcommand : subcommands)
    if (first == subcommand.name) return subcommand.run(argc - 1, argv + 1);
  return unknown(first);
}

}  // namespace
}  // namespace sonda::tools::lab

int main(int argc, char** argv) { return sonda::tools::lab::main(argc, argv); }
