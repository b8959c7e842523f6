// What the kernel leaves to hardware, done by hand.
#pragma once
#include <cstdint>

#include <sonda/core/bytes.hpp>

namespace sonda::inline v0::net {

// Writes the checksum of the UDP or TCP segment in `frame`, which holds only that of the pseudo
// header. Fragments and everything else stay as they are.
void complete_checksum(MutableBytes frame) noexcept;

// A tag as PACKET_AUXDATA tells it.
struct VlanTag {
  std::uint16_t type = 0x8100;  // IEEE 802.1Q
  std::uint16_t value = 0;
};
inline constexpr std::size_t vlan_tag_size = 4;

// Puts the tag behind the two addresses. Precondition: `room` holds a frame of `size` octets, at
// least 12, and four octets more. The frame with its tag.
MutableBytes insert_vlan_tag(MutableBytes room, std::size_t size, VlanTag tag) noexcept;

}  // namespace sonda::inline v0::net
