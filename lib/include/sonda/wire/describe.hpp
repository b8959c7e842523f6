// One line per packet, in the words tcpdump -n uses for it behind its time stamp.
//
// To the letter for what Sonda sends and receives. Written more simply than tcpdump does: the
// contents of UDP and TCP payloads, TCP options that TCP itself does not need (MD5, SCPS,
// multipath, experiments), ICMPv6 types 138 to 140 and 155, AH, broken options of IPv6,
// jumbograms, and the protocols beside ICMP, UDP, TCP and ESP, which appear as those that tcpdump
// does not know. Sequence numbers are those in the packet (tcpdump's -S).
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/describe_icmpv4.hpp>
#include <sonda/wire/describe_icmpv6.hpp>
#include <sonda/wire/describe_ipv6_extensions.hpp>
#include <sonda/wire/describe_transport.hpp>
#include <sonda/wire/protocol.hpp>
#include <sonda/wire/text_writer.hpp>

namespace sonda::inline v0 {

// A described packet. What exceeds the room is left out and ends in "...".
class DescribeText {
 public:
  static constexpr std::size_t capacity = 1024;

  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
  constexpr operator std::string_view() const noexcept { return view(); }  // NOLINT: that is all

 private:
  friend constexpr DescribeText describe(Bytes packet) noexcept;
  friend constexpr DescribeText describe_frame(Bytes frame) noexcept;

  std::array<char, capacity> text_{};
  std::size_t size_ = 0;
};

namespace detail {

// IP in IP in IP ...: how many of them are unfolded.
inline constexpr int max_tunnels = 4;

// `length` octets are promised; `packet` is what came of them.
constexpr void describe_packet(TextWriter& out, Bytes packet, std::size_t length,
                               int tunnels) noexcept;

// IP in IP: what the outer header promises need not be what lies there.
constexpr void describe_tunnel(TextWriter& out, const Carried& carried, Protocol protocol,
                               int tunnels) noexcept {
  const auto inner = carried.octets;
  const bool v4 = protocol == Protocol::ipv4;
  const auto version = static_cast<std::uint8_t>(inner.empty() ? 0 : inner[0] >> 4);
  if (inner.empty() || (!v4 && inner.size() < 40))
    out << (v4 ? " [|ip]" : " [|ip6]");
  else if (version == (v4 ? 4 : 6))
    describe_packet(out, inner, carried.length, tunnels);
  else if (!v4)
    out << "IP6 version error: " << version << " != 6";
  else if (version == 6)
    out << "IP6, wrong link-layer encapsulation (invalid)";
  else
    out << "IP" << version << " (invalid)";
}

// RFC 4303: all that can be read of it without the key.
constexpr void describe_esp(TextWriter& out, const Carried& carried) noexcept {
  if (!has(carried.octets, 0, 9)) {
    out << " [|esp]";
    return;
  }
  (out << "ESP(spi=0x").hexadecimal(load<std::uint32_t>(carried.octets, 0), 8);
  (out << ",seq=0x").hexadecimal(load<std::uint32_t>(carried.octets, 4), 1);
  out << "), length " << carried.length;
}

// What stands behind the IP headers, for both versions.
constexpr void describe_payload(TextWriter& out, const Carried& carried, Protocol protocol,
                                int tunnels) noexcept {
  const bool v4 = carried.source.is_v4();
  switch (protocol) {
    case Protocol::tcp:
      return describe_tcp(out, carried);
    case Protocol::udp:
      return describe_udp(out, carried);
    case Protocol::icmp:
      if (v4) return describe_icmpv4(out, carried);
      out << "[ICMP requires IPv4] (invalid)";
      return;
    case Protocol::icmpv6:
      if (!v4) return describe_icmpv6(out, carried);
      out << "[ICMPv6 requires IPv6] (invalid)";
      return;
    case Protocol::no_next_header:
      out << "no next header";
      return;
    case Protocol::esp:
      return describe_esp(out, carried);
    case Protocol::ipv4:
    case Protocol::ipv6:
      if (tunnels > 0) return describe_tunnel(out, carried, protocol, tunnels - 1);
      [[fallthrough]];
    default:
      out << " ip-proto-" << static_cast<std::uint8_t>(protocol) << " " << carried.length;
  }
}

// TCP and UDP write the addresses themselves, with their ports.
[[nodiscard]] constexpr bool writes_addresses(Protocol protocol) noexcept {
  return protocol == Protocol::tcp || protocol == Protocol::udp;
}

constexpr void describe_ipv4(TextWriter& out, Bytes packet, std::size_t length,
                             int tunnels) noexcept {
  out << "IP ";
  if (packet.size() < 20) {
    out << " [|ip]";
    return;
  }
  const std::size_t header = (packet[0] & 0x0fU) * std::size_t{4};
  const std::size_t total = load<std::uint16_t>(packet, 2);
  if (header < 20) {
    out << "bad-hlen " << header;
    return;
  }
  if (total > length) out << "truncated-ip - " << total - length << " bytes missing! ";
  if (total < header) {
    out << "bad-len " << total;
    return;
  }
  const auto protocol = Protocol{packet[9]};
  const Address source = Ipv4Address::from_wire(packet, 12);
  const Address destination = Ipv4Address::from_wire(packet, 16);
  const auto fragment = load<std::uint16_t>(packet, 6);
  if ((fragment & 0x1fff) != 0) {
    out << source << " > " << destination << ": ip-proto-" << packet[9];
    return;
  }
  if (!writes_addresses(protocol)) out << source << " > " << destination << ": ";
  const auto end = std::min(total, packet.size());
  if (end < header) {
    out << " [remaining caplen(" << end << ") < header length(" << header << ")] [|ip]";
    return;
  }
  const Carried carried{.octets = packet.subspan(header, end - header),
                        .length = total - header,
                        .source = source,
                        .destination = destination,
                        .fragmented = (fragment & 0x2000) != 0};
  describe_payload(out, carried, protocol, tunnels);
}

constexpr void describe_ipv6(TextWriter& out, Bytes packet, std::size_t length,
                             int tunnels) noexcept {
  if (packet.size() < 40) {
    out << " [|ip6]";
    return;
  }
  const std::size_t promised = load<std::uint16_t>(packet, 4);
  out << "IP6 ";
  if (promised + 40 > length)
    out << "truncated-ip6 - " << promised + 40 - length << " bytes missing!";
  const auto first = Protocol{packet[6]};
  const Address source = Ipv6Address::from_wire(packet, 8);
  const Address destination = Ipv6Address::from_wire(packet, 24);
  if (!writes_addresses(first)) out << source << " > " << destination << ": ";
  ExtensionWalk walk{.octets = packet.subspan(40, std::min(promised, packet.size() - 40)),
                     .length = promised,
                     .next = first};
  while (is_extension(walk.next))
    if (!describe_extension(out, walk)) return;
  describe_payload(out,
                   {.octets = walk.octets,
                    .length = walk.length,
                    .source = source,
                    .destination = destination,
                    .directly = writes_addresses(first),
                    .fragmented = walk.fragmented},
                   walk.next, tunnels);
}

constexpr void describe_packet(TextWriter& out, Bytes packet, std::size_t length,
                               int tunnels) noexcept {
  if (packet.empty()) {
    out << "truncated-ip 0";
    return;
  }
  switch (packet[0] >> 4) {
    case 4:
      return describe_ipv4(out, packet, length, tunnels);
    case 6:
      return describe_ipv6(out, packet, length, tunnels);
    default:
      out << "unknown ip " << static_cast<std::uint8_t>(packet[0] >> 4);
  }
}

// Shows that a line was cut; returns its size.
constexpr std::size_t finish_line(const TextWriter& out, std::span<char> room) noexcept {
  if (out.cut() && room.size() >= 3) std::fill(room.end() - 3, room.end(), '.');
  return out.size();
}

}  // namespace detail

// Writes the line into `room` and returns how many characters it took; a line that does not fit
// ends in "..." (given room for that). Any octets will do; none outside `packet` is read.
[[nodiscard]] constexpr std::size_t describe(Bytes packet, std::span<char> room) noexcept {
  TextWriter out{room};
  detail::describe_packet(out, packet, packet.size(), detail::max_tunnels);
  return detail::finish_line(out, room);
}

// "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 2, length 64"
[[nodiscard]] constexpr DescribeText describe(Bytes packet) noexcept {
  DescribeText text;
  text.size_ = describe(packet, text.text_);
  return text;
}

}  // namespace sonda::inline v0
