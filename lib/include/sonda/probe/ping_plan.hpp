// What a ping is to do: plain values, decided before the first probe.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include <sonda/core/siphash.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/action.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0 {

// How the probes leave, which decides what can be known of their answers.
enum class IcmpMode : std::uint8_t {
  raw,      // our own IP header; every ICMP message is seen whole
  datagram  // an ICMP datagram socket: the system writes the IP header and picks the identifier
};

struct PingPlan {
  Address source{};
  Address target{};
  InterfaceIndex interface{};
  IcmpMode mode = IcmpMode::raw;
  SipKey key{};  // secret; all tags, identifications and (raw) the identifier come from it
  std::optional<Identifier> identifier{};  // datagram mode: the one the socket was given

  std::optional<std::uint64_t> count{};         // nothing: until stopped
  Duration interval = std::chrono::seconds{1};  // 0: as soon as the last one is answered
  Duration timeout = std::chrono::seconds{10};  // a probe unanswered for so long is lost
  std::optional<Duration> deadline{};           // the run ends then, whatever happened
  std::size_t data_size = 56;                   // octets behind the ICMP header
  std::vector<std::uint8_t> pattern{};          // repeated; empty: each octet its own index
  Ttl ttl{64};
  TrafficClass traffic_class{};
  PathMtuDiscovery path_mtu_discovery = PathMtuDiscovery::want;
  std::optional<Mtu> path_mtu{};  // what the system already knows of the path
  bool report_outstanding = false;
  bool hash_octets = false;  // fill Sent::octets_sha256
};

}  // namespace sonda::inline v0
