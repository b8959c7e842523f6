// What a frame carries, whatever its link: the IP packet, or that there is none.
#pragma once
#include <cstdint>
#include <optional>

#include <sonda/capture/pcapng_block.hpp>
#include <sonda/core/bytes.hpp>

namespace sonda::inline v0::capture {

enum class NetworkProtocol : std::uint8_t { ipv4, ipv6, arp, other };

struct NetworkLayer {
  NetworkProtocol protocol = NetworkProtocol::other;
  Bytes octets{};                            // from its header on, link padding included
  Direction direction = Direction::unknown;  // where the link layer itself tells (cooked captures)
};

// Of Ethernet (VLAN tags skipped), raw IP, BSD loopback, and Linux' cooked captures, both versions;
// `other` for a link type that is not known or a frame that is cut in front of what it carries.
[[nodiscard]] NetworkLayer network_layer(LinkType type, Bytes frame) noexcept;

}  // namespace sonda::inline v0::capture
