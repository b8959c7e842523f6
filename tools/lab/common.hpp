// What the subcommands of `sonda lab` share: words behind "--", topologies, programs in a lab.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonda/capture/pcapng_writer.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/lab/simulation.hpp>
#include <sonda/lab/topology.hpp>
#include <sonda/net/child.hpp>

namespace sonda::tools::lab {

using sonda::lab::Topology;

// env(1)'s statuses for what comes before the program.
inline constexpr int lab_failed = 125;

struct Words {
  std::vector<char*> options{};        // up to "--", argv[0] among them
  std::vector<std::string> command{};  // behind it
  bool parted = false;                 // there was a "--"
};
[[nodiscard]] Words part(int argc, char** argv);
// Where a program stands without "--" in front: a sentence that wants an example behind it.
[[nodiscard]] std::optional<std::string> about_missing_dashes(const Words& words);

// The file's, or without a file the error menu's. The error is the line to complain with.
[[nodiscard]] std::expected<Topology, std::string> topology_of(const std::string& file);

// The file belongs to whoever called sudo. "-" is standard output.
[[nodiscard]] std::expected<capture::PcapngWriter, Failure> open_capture(const std::string& path,
                                                                         const Topology& topology);

// /etc/hosts, /etc/resolv.conf and /etc/nsswitch.conf say what the lab says. The first failure; a
// file that a system does not have is none.
[[nodiscard]] std::expected<void, Failure> replace_names(const sonda::lab::Simulation& simulation);

struct ProgramOptions {
  bool root = false;     // user 0 inside
  bool no_caps = false;  // without any capability
};
// A program on one of the hosts; `lab` is what it is told of where it is, "net1@client".
[[nodiscard]] net::ChildPlan program(std::vector<std::string> command, const std::string& lab,
                                     const ProgramOptions& options);

// Who may open ICMP datagram sockets in the lab, net.ipv4.ping_group_range: every group that there
// is in the user namespace we are in now.
[[nodiscard]] std::string ping_groups();

// Why a program could not be started, in one line.
[[nodiscard]] std::string about_start(const Failure& failure, bool no_caps);

// A random number for a network without --seed.
[[nodiscard]] std::uint64_t random_seed();

// "command" at `status`, printed as this tool's complaint; the status.
int fail(std::string_view tool, std::string_view sentence, int status = lab_failed);

}  // namespace sonda::tools::lab
