// What the error queue tells of an ICMP message besides its type and code.
#pragma once
#include <cstdint>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ip_version.hpp>

namespace sonda::inline v0::run {

// ee_info: the MTU or the pointer, where the message has one; a redirect's gateway.
// Precondition: `message` parses.
[[nodiscard]] inline std::uint32_t queued_info(IpVersion version, Bytes message) {
  if (version == IpVersion::v4) {
    const auto icmp = Icmpv4View::parse(message);
    if (const auto mtu = icmp->next_hop_mtu()) return mtu->value();
    if (const auto pointer = icmp->pointer()) return *pointer;
    if (const auto gateway = icmp->gateway()) return gateway->number();
    return 0;
  }
  const auto icmp = Icmpv6View::parse(message);
  if (const auto mtu = icmp->mtu()) return mtu->value();
  return icmp->pointer().value_or(0);
}

}  // namespace sonda::inline v0::run
