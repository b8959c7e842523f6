// sonda lab check, show, menu: what can be said without making a network.
#include <fmt/format.h>

#include <sonda/lab/drawing.hpp>
#include <sonda/lab/menu_text.hpp>
#include <sonda/lab/topology.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/wire/ip_version.hpp>

#include "common/command_line.hpp"
#include "lab/common.hpp"
#include "lab/subcommands.hpp"

namespace sonda::tools::lab {
namespace {

constexpr const char* exit_status =
    "EXIT STATUS\n  0 it is right   1 it is not, and stderr says where   2 wrong usage\n";

}  // namespace

int check(int argc, char** argv) {
  CommandLine line{"sonda-lab check", "Reads a topology file and says what is wrong with it."};
  std::string file;
  line.operand("topology", file, "A topology file");
  line.epilogue(exit_status);
  if (const auto status = line.parse(argc, argv)) return *status;
  if (file.empty()) return line.refuse("no file; as in: sonda lab check net.toml");
  const auto topology = topology_of(file);
  if (!topology) return fail("sonda-lab check", topology.error(), code(ExitStatus::no));
  const auto count = [](std::size_t number, const char* what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  };
  return print_all(
      fmt::format("{}: right: {}, {}, {}, {}\n", record::printable(file),
                  count(topology->routers.size(), "router"), count(topology->hosts.size(), "host"),
                  count(topology->links.size(), "link"), count(topology->events.size(), "event")),
      ExitStatus::yes);
}

int show(int argc, char** argv) {
  CommandLine line{"sonda-lab show", "Draws the network of a topology file."};
  std::string file;
  line.operand("topology", file, "A topology file; without it the error menu");
  line.epilogue(exit_status);
  if (const auto status = line.parse(argc, argv)) return *status;
  const auto topology = topology_of(file);
  if (!topology) return fail("sonda-lab show", topology.error(), code(ExitStatus::no));
  return print_all(sonda::lab::drawing(*topology), ExitStatus::yes);
}

int menu(int argc, char** argv) {
  CommandLine line{"sonda-lab menu", "The ICMP errors that can be had in a lab, by name."};
  bool all = false, v6 = false, v4 = false;
  line.flag("--all", all, "All of them, not only those one meets");
  line.flag("-6,--ipv6", v6, "Those of IPv6");
  line.flag("-4,--ipv4", v4, "Those of IPv4 (what it shows anyhow)");
  line.epilogue(
      "EXAMPLES\n"
      "  sonda lab run -- ping admin-prohibited       the error at once\n"
      "  sonda lab run -- ping 10.3.13.6              twice\n\n"
      "EXIT STATUS\n  0 printed   2 wrong usage\n");
  if (const auto status = line.parse(argc, argv)) return *status;
  if (v4 && v6) return line.refuse("-4 and -6 exclude each other");
  return print_all(sonda::lab::menu_text(v6 ? IpVersion::v6 : IpVersion::v4, all), ExitStatus::yes);
}

}  // namespace sonda::tools::lab
