// One packet in tcpdump's words: IPv6 extension headers.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/describe_transport.hpp>
#include <sonda/wire/protocol.hpp>
#include <sonda/wire/text_writer.hpp>

namespace sonda::inline v0::detail {

// Where the walk along IPv6's extension headers stands.
struct ExtensionWalk {
  Bytes octets{};          // from the current header on
  std::size_t length = 0;  // as many as the packet promises from there on
  Protocol next{};
  bool first = true;
  bool fragmented = false;
};

// RFC 8200 4.4, with the types of RFC 5095 (0), RFC 6275 (2) and RFC 8754 (4). False where the line
// ends with it: `octets` are as many as there are, and end before the header's end.
constexpr bool describe_routing(TextWriter& out, Bytes octets) noexcept {
  constexpr std::string_view cut = " [|rt6]";
  if (octets.empty()) return out << " [|ip6]", false;
  out << "RT6";
  if (octets.size() < 2) return out << cut, false;
  const auto length = octets[1];
  out << " (len=" << length;
  if (octets.size() < 3) return out << cut, false;
  const auto type = octets[2];
  out << ", type=" << type << (type == 0 ? " [Deprecated]" : "");
  if (octets.size() < 4) return out << cut, false;
  out << ", segleft=" << octets[3];
  if (type != 0 && type != 2 && type != 4) return out << " (unknown type) (invalid)", false;
  if (type == 4) {
    if (octets.size() < 5) return out << cut, false;
    out << ", last-entry=" << octets[4];
    if (octets.size() < 6) return out << cut, false;
    if (octets[5] != 0) (out << ", flags=0x").hexadecimal(octets[5], 1);
  }
  if (octets.size() < 8) return out << cut, false;
  if (type == 4)
    (out << ", tag=").hexadecimal(load<std::uint16_t>(octets, 6), 1);
  else if (const auto reserved = load<std::uint32_t>(octets, 4); reserved != 0)
    (out << ", rsv=0x").hexadecimal(reserved, 1);
  if (length % 2 != 0) return out << " (invalid length " << length << ") (invalid)", false;
  for (std::size_t i = 0; i < length / 2U; ++i) {
    if (!has(octets, 8 + i * 16, 16)) return out << cut, false;
    out << ", [" << i << "]" << Ipv6Address::from_wire(octets, 8 + i * 16);
  }
  out << ") ";
  return true;
}

// Steps over one extension header; false where the line ends with it.
constexpr bool describe_extension(TextWriter& out, ExtensionWalk& walk) noexcept {
  const auto octets = walk.octets;
  const auto cut = [&out](std::string_view what) {
    out << " [|" << what << "]";
    return false;
  };
  std::size_t size = 8;
  switch (walk.next) {
    case Protocol::hop_by_hop:
    case Protocol::destination_options: {
      const bool hop = walk.next == Protocol::hop_by_hop;
      if (hop && !walk.first) {
        out << "[The Hop-by-Hop Options header don't follow the IPv6 header] (invalid)";
        return false;
      }
      if (has(octets, 0, 2)) size = (octets[1] + std::size_t{1}) * 8;
      if (!has(octets, 0, size)) return cut(hop ? "hbhopt" : "dstopt");
      out << (hop ? "HBH " : "DSTOPT ");
      break;
    }
    case Protocol::ipv6_routing:
      if (!describe_routing(out, octets)) return false;
      size = (octets[1] + std::size_t{1}) * 8;
      break;
    case Protocol::ipv6_fragment: {
      if (!has(octets, 0, 4)) return cut("frag6");
      const auto offset = load<std::uint16_t>(octets, 2) & 0xfff8U;
      out << "frag (" << offset << "|" << walk.length - size << ")";
      if (offset != 0) return false;
      out << " ";
      if (!has(octets, 0, size + 1)) return false;
      walk.fragmented = true;
      break;
    }
    case Protocol::ah:
      if (has(octets, 0, 2)) size = (octets[1] + std::size_t{2}) * 4;
      if (size < 12 || !has(octets, 0, size)) return cut("ah");
      (out << "AH(spi=0x").hexadecimal(load<std::uint32_t>(octets, 4), 8);
      (out << ",seq=0x").hexadecimal(load<std::uint32_t>(octets, 8), 1);
      (out << ",icv=0x").hexadecimal(octets.subspan(12, size - 12));
      out << "): ";
      break;
    default:
      return false;
  }
  walk.first = false;
  walk.next = Protocol{octets[0]};
  walk.octets = octets.subspan(size);
  walk.length -= std::min(walk.length, size);
  return true;
}

[[nodiscard]] constexpr bool is_extension(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::hop_by_hop:
    case Protocol::destination_options:
    case Protocol::ipv6_routing:
    case Protocol::ipv6_fragment:
    case Protocol::ah:
      return true;
    default:
      return false;
  }
}

}  // namespace sonda::inline v0::detail
