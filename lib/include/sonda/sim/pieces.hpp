// Packets that are too large for a link leave in pieces.
#pragma once
#include <cstdint>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/sim/packet.hpp>

namespace sonda::inline v0::sim {

// The packet as its sender cuts it; in one piece where it fits, empty where it cannot be cut.
// `identification` is for IPv6 only.
[[nodiscard]] SONDA_EXPORT std::vector<Octets> pieces(Bytes packet, Mtu mtu,
                                                      std::uint32_t identification);

// Sends what a node has made itself.
void send_in_pieces(Side side, Octets packet, Duration wait, Outbox& out);

}  // namespace sonda::inline v0::sim
