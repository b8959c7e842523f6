// A scan as the XML that programs take which read nmap's (its nmap.dtd, version 1.05).
#pragma once
#include <cstdio>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonda/core/failure.hpp>
#include <sonda/event/event.hpp>
#include <sonda/probe/scan_space.hpp>

namespace sonda::tools {

// Rejected, unreachable, filtered and unknown ports are "filtered" there; what is really known
// stands in `reason`, `reason_ip` and the output of a script element "sonda-cause". Of a host, open
// ports and up to most_ports of each other state stand one by one, further ones in `extraports`; of
// a sweep of more than most_hosts, hosts with an open port only.
class XmlFile {
 public:
  static constexpr std::size_t most_ports = 1'000;
  static constexpr std::uint64_t most_hosts = 256;

  struct About {
    std::vector<std::string> argv{};
    std::string method{};  // "connect" or "syn"
    std::uint64_t hosts = 0;
    std::vector<Port> ports{};  // asked of most hosts
  };
  // Errors: what open(2) says. The head is written at once.
  [[nodiscard]] static std::expected<XmlFile, Failure> create(const std::string& path, About about,
                                                              std::int64_t unix_ns);
  void take(const PortResult& port, std::int64_t unix_ns);
  // All hosts, and the end. Errors: what could not be written.
  [[nodiscard]] std::expected<void, Failure> finish(const ScanSummary& summary,
                                                    std::int64_t unix_ns);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct Host {
    std::string name;
    std::int64_t first_ns = 0, last_ns = 0;
    std::vector<PortResult> ports;
    std::map<PortState, std::uint64_t> kept, more;
  };

  XmlFile() = default;
  void write(const std::string& text);
  [[nodiscard]] static std::string element(const Address& address, const Host& host);

  std::unique_ptr<std::FILE, Close> file_;
  std::string shown_;
  bool sweep_ = false;
  std::map<Address, Host> hosts_;
  std::optional<Failure> failure_;
};

}  // namespace sonda::tools
