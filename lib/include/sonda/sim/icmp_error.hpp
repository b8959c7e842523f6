// ICMP and ICMPv6 errors as simulated routers and hosts send them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/random.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

// What an error says. The version is that of the packet it is about.
struct ErrorMessage {
  std::uint8_t type = 3;
  std::uint8_t code = 1;
  std::uint32_t value = 0;  // the MTU, the pointer, or the gateway's IPv4 address as a number
  // Octets of the packet that come back. Nothing: as many as Linux sends, which is what fits into
  // 576 (RFC 1812 4.3.2.3) or 1,280 octets (RFC 4443 2.4 c).
  std::optional<std::size_t> quoted{};
  Octets extensions{};  // a whole structure of RFC 4884, or none
  bool broken_checksum = false;
  Ttl ttl{64};  // of the packet that carries it
  friend bool operator==(const ErrorMessage&, const ErrorMessage&) = default;
};

// The packet that tells the sender of `about` of an error, from `from`, an address of the same
// version. `random` draws the identification. Precondition: `about` is an IP packet.
[[nodiscard]] SONDA_EXPORT Octets icmp_error(const ErrorMessage& message, const Address& from,
                                             Bytes about, Random& random);

// Whether an error may be sent about this packet (RFC 1122 3.2.2, RFC 4443 2.4 e): not about
// another error or a redirect, a fragment but the first, or what has no single sender or receiver.
[[nodiscard]] SONDA_EXPORT bool may_be_told(Bytes packet);

// An MPLS stack of one label and the interface it came in on, as a structure of RFC 4884, for
// `ErrorMessage::extensions` (RFC 4950, RFC 5837).
[[nodiscard]] SONDA_EXPORT Octets example_extensions();

}  // namespace sonda::inline v0::sim
