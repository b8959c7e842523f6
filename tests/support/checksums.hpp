// Whether the checksum that a packet carries behind its IP headers is the one it should carry.
#pragma once
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/wire/checksum.hpp>

namespace sonda::test {

// Nothing where there is none to judge: fragments, other protocols, what is cut short, and UDP that
// was sent without.
[[nodiscard]] inline std::optional<bool> transport_checksum_right(const sim::IpPacket& packet) {
  if (packet.is_fragment) return std::nullopt;
  const auto segment = packet.payload();
  const bool v4 = packet.version == IpVersion::v4;
  const auto covered = [&](std::size_t least, bool pseudo_header) -> std::optional<bool> {
    if (segment.size() < least) return std::nullopt;
    Checksum sum;
    if (pseudo_header)
      sum.add_pseudo_header(packet.source, packet.destination, packet.protocol, segment.size());
    return sum.add(segment).finish() == 0;
  };
  switch (packet.protocol) {
    case Protocol::tcp:
      return covered(20, true);
    case Protocol::udp:
      if (segment.size() < 8 || load<std::uint16_t>(segment, 6) == 0) return std::nullopt;
      return covered(8, true);
    case Protocol::icmp:
      return v4 ? covered(4, false) : std::nullopt;
    case Protocol::icmpv6:
      return v4 ? std::nullopt : covered(4, true);
    default:
      return std::nullopt;
  }
}

// The packet can be read, which says that an IPv4 header's checksum is right, and so is the one
// behind it, if it has one.
[[nodiscard]] inline bool checksums_right(Bytes octets) {
  const auto packet = sim::IpPacket::read(octets);
  return packet && transport_checksum_right(*packet).value_or(true);
}

}  // namespace sonda::test
