// What the parts of a TCP scan's verification share.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "case.hpp"
#include "tcp_ports.hpp"

namespace sonda::inline v0::verify {

// How many hops away a packet began, if it began with 32, 64, 128 or 255.
[[nodiscard]] constexpr unsigned hops_of(Ttl ttl) {
  for (const unsigned start : {32U, 64U, 128U})
    if (ttl.value() <= start) return start - ttl.value();
  return 255U - ttl.value();
}

struct TcpCase {
  explicit TcpCase(Case& all) : shared{all} {}

  Case& shared;
  std::vector<Port> own_ports{};
  std::set<Address> own_addresses{};  // that SYNs left from
  bool syn_mode = false;
  std::string ending{};  // as asked for; empty: nothing is said of it
  bool wants_banner = false;
  bool hashes = false;  // of SYNs are told

  std::uint64_t syns_seen = 0, ports_seen = 0, ports_told = 0;
  bool heard_anything = false;

  // Of each host: from how far its SYN-ACKs came, and RSTs that are said to be nearer.
  struct Distance {
    unsigned least = 255, most = 0;
  };
  std::map<Address, Distance> distances{};
  struct NearerRst {
    Address address{};
    unsigned hops = 0, nearer = 0;
    friend auto operator<=>(const NearerRst&, const NearerRst&) = default;
  };
  struct WhereTold {
    std::uint64_t line = 0, frame = 0, times = 0;
    Port port{};
    std::int64_t moment = 0;
  };
  std::map<NearerRst, WhereTold> nearer{};

  [[nodiscard]] bool ours(Port port) const {
    return std::ranges::find(own_ports, port) != own_ports.end();
  }
};

}  // namespace sonda::inline v0::verify
