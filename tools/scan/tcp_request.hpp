// What a command line of sonda-tcp asks for.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sonda/probe/tcp_plan.hpp>

#include "common/capture_option.hpp"
#include "common/command_line.hpp"

namespace sonda::tools {

struct TcpRequest {
  TcpPlan plan;  // but for its ports
  std::vector<std::string> targets, target_files, excluded, excluded_files;
  std::vector<std::string> port_lists, excluded_ports;
  std::optional<std::uint64_t> top_ports;
  std::optional<std::uint64_t> shard, shards;  // from 1
  std::string expect, journal, log, csv, xml;
  std::string interface;
  std::optional<Address> source;
  std::optional<Port> source_port;
  std::uint64_t workers = 0;
  std::optional<std::uint64_t> seed;
  CaptureOption capture;
  std::string color = "auto";
  bool v4 = false, v6 = false, every_address = false;
  bool fast = false, open = false, all = false, syn = false;
  bool json = false, quiet = false, verbose = false, numeric = false, reproducible = false;
};

// nmap's options of several letters behind one dash, and `--banner` alone, as CLI11 takes them.
[[nodiscard]] std::vector<std::string> long_names(int argc, const char* const* argv);
void describe_options(CommandLine& line, TcpRequest& request);
// What no single option can know of itself. The sentence that refuses it, if there is one.
[[nodiscard]] std::optional<std::string> check(TcpRequest& request);

}  // namespace sonda::tools
