// An ICMP error read for a second time, without the engine's code: what an event should say of it.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/event/event.hpp>
#include <sonda/wire/ip_version.hpp>
#include <sonda/wire/quotation.hpp>

namespace sonda::inline v0::verify {

// Everything that the octets say. Precondition: at least eight.
[[nodiscard]] IcmpReport read_error(Bytes message, IpVersion version);
// What a datagram socket's error queue can tell of it.
[[nodiscard]] IcmpReport as_queued(const IcmpReport& whole, Bytes message);
// Without what any router does, and what is only a matter of fragments.
[[nodiscard]] std::vector<QuotedChangeReport> read_changes(Bytes probe, const Quotation& quotation);

[[nodiscard]] bool ends_probe(IpVersion version, std::uint8_t type);
[[nodiscard]] bool is_host_unreachable(IpVersion version, std::uint8_t type, std::uint8_t code);
[[nodiscard]] bool is_too_big(IpVersion version, std::uint8_t type, std::uint8_t code);
// Whether a datagram socket's error queue hears of it; with discovery "dont" not of too big.
[[nodiscard]] bool is_queued(IpVersion version, std::uint8_t type, std::uint8_t code);
// The path's MTU that a "too big" means (RFC 1191 section 7.1) about a packet of `size` octets.
[[nodiscard]] std::uint32_t meant_mtu(IpVersion version, std::optional<std::uint32_t> told,
                                      std::size_t size);

}  // namespace sonda::inline v0::verify
