// From a golden packet to the message inside it.
#pragma once
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>

#include "golden.hpp"

namespace sonda::testing {

// The payload of a golden IPv4 or IPv6 packet without extension headers.
[[nodiscard]] constexpr Bytes message_in(Bytes packet) noexcept {
  if (packet[0] >> 4 == 4) return Ipv4View::parse(packet)->payload();
  return Ipv6View::parse(packet)->payload();
}

[[nodiscard]] constexpr Address source_of(Bytes packet) noexcept {
  if (packet[0] >> 4 == 4) return Ipv4View::parse(packet)->source();
  return Ipv6View::parse(packet)->source();
}
[[nodiscard]] constexpr Address destination_of(Bytes packet) noexcept {
  if (packet[0] >> 4 == 4) return Ipv4View::parse(packet)->destination();
  return Ipv6View::parse(packet)->destination();
}

[[nodiscard]] inline Octets octets_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace sonda::testing
