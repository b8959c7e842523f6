// What a simulated host says of its interfaces when it is asked by an extended echo (RFC 8335).
#pragma once
#include <optional>
#include <span>

#include <sonda/core/export.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/linux_answer.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/random.hpp>

namespace sonda::inline v0::sim {

// The whole packet; nothing for what is no query. The host has no neighbors, so that a query about
// one finds no entry.
[[nodiscard]] SONDA_EXPORT std::optional<Octets> extended_echo_answer(
    const IpPacket& packet, std::span<const ProbedInterface> interfaces, const AnswerStyle& style,
    Random& random);

}  // namespace sonda::inline v0::sim
