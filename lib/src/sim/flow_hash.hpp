// How load balancers tell flows apart.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

#include <sonda/core/siphash.hpp>
#include <sonda/sim/ip_packet.hpp>

namespace sonda::inline v0::sim {

[[nodiscard]] inline std::uint64_t address_hash(const Address& address, std::uint64_t key) {
  return siphash({key, 0}, address.octets());
}

// Addresses, protocol and the first four octets behind the IP header: ports, or type, code and
// checksum of ICMP (Augustin et al., "Avoiding traceroute anomalies with Paris traceroute", 2006).
// Of a fragment only addresses and protocol, so that all take one way.
[[nodiscard]] inline std::uint64_t flow_hash(const IpPacket& packet, std::uint64_t key) {
  std::array<std::uint8_t, 37> seen{};
  auto at = std::ranges::copy(packet.source.octets(), seen.begin()).out;
  at = std::ranges::copy(packet.destination.octets(), at).out;
  *at++ = static_cast<std::uint8_t>(packet.protocol);
  const auto payload = packet.payload();
  if (!packet.is_fragment)
    std::ranges::copy(payload.first(std::min<std::size_t>(4, payload.size())), at);
  return siphash({key, 1}, seen);
}

}  // namespace sonda::inline v0::sim
