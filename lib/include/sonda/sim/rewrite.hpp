// Changing fields of a packet on its way, with its checksums kept as right or as wrong as they were.
#pragma once
#include <cstdint>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/router_plan.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

// All of these take a packet that IpPacket::read accepts, or one that an ICMP error quotes; other
// octets stay as they are. Checksums are updated by RFC 1624: what was wrong stays wrong.

// What NAT tells apart: a port, or an ICMP query's identifier; nothing for other protocols.
struct Endpoint {
  Address address{};
  std::optional<std::uint16_t> number{};
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};
[[nodiscard]] SONDA_EXPORT std::optional<Endpoint> source_of(Bytes packet);
[[nodiscard]] SONDA_EXPORT std::optional<Endpoint> destination_of(Bytes packet);

// The address's version is the packet's.
SONDA_EXPORT void set_source(MutableBytes packet, const Endpoint& endpoint);
SONDA_EXPORT void set_destination(MutableBytes packet, const Endpoint& endpoint);

SONDA_EXPORT void count_down(MutableBytes packet);  // the TTL; one of 0 stays
SONDA_EXPORT void rewrite(MutableBytes packet, const Rewriting& rewriting);

}  // namespace sonda::inline v0::sim
