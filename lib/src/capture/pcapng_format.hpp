// The numbers of the pcapng format that writer and reader share (draft-ietf-opsawg-pcapng-02).
#pragma once
#include <cstddef>
#include <cstdint>

namespace sonda::inline v0::capture {

namespace block_type {
inline constexpr std::uint32_t section = 0x0a0d'0d0a;  // section 4.1: reads the same backwards
inline constexpr std::uint32_t interface = 1;          // section 4.2
inline constexpr std::uint32_t obsolete_packet = 2;    // appendix A
inline constexpr std::uint32_t simple_packet = 3;      // section 4.4
inline constexpr std::uint32_t names = 4;              // section 4.5
inline constexpr std::uint32_t statistics = 5;         // section 4.6
inline constexpr std::uint32_t enhanced_packet = 6;    // section 4.3
}  // namespace block_type

namespace block_type {
inline constexpr std::uint32_t custom = 0x0000'0bad;         // section 4.8: may be copied
inline constexpr std::uint32_t custom_of_one = 0x4000'0bad;  // may not
}  // namespace block_type

// Blocks that Wireshark shows as frames though no packet is in them (measured with tshark 4.0).
[[nodiscard]] constexpr bool is_numbered(std::uint32_t type) noexcept {
  switch (type) {
    case block_type::custom:
    case block_type::custom_of_one:
    case 9:      // systemd's journal
    case 0x204:  // sysdig's events
    case 0x216:
    case 0x221:
      return true;
    default:
      return false;
  }
}

inline constexpr std::uint32_t byte_order_magic = 0x1a2b'3c4d;  // section 4.1

namespace option {
inline constexpr std::uint16_t end = 0;  // section 3.5
inline constexpr std::uint16_t comment = 1;
inline constexpr std::uint16_t hardware = 2;  // section 4.1
inline constexpr std::uint16_t os = 3;
inline constexpr std::uint16_t application = 4;
inline constexpr std::uint16_t if_name = 2;  // section 4.2
inline constexpr std::uint16_t if_description = 3;
inline constexpr std::uint16_t if_resolution = 9;
inline constexpr std::uint16_t if_filter = 11;
inline constexpr std::uint16_t if_os = 12;
inline constexpr std::uint16_t if_offset = 14;
inline constexpr std::uint16_t flags = 2;  // section 4.3
inline constexpr std::uint16_t drop_count = 4;
inline constexpr std::uint16_t packet_id = 5;
inline constexpr std::uint16_t verdict = 7;
inline constexpr std::uint16_t start_time = 2;  // section 4.6
inline constexpr std::uint16_t end_time = 3;
inline constexpr std::uint16_t received = 4;
inline constexpr std::uint16_t dropped = 5;
inline constexpr std::uint16_t delivered = 8;
}  // namespace option

namespace name_record {
inline constexpr std::uint16_t end = 0;  // section 4.5
inline constexpr std::uint16_t ipv4 = 1;
inline constexpr std::uint16_t ipv6 = 2;
}  // namespace name_record

// Everything in a block is padded to 32 bits.
[[nodiscard]] constexpr std::size_t padded(std::size_t size) noexcept {
  return (size + 3) & ~std::size_t{3};
}

}  // namespace sonda::inline v0::capture
