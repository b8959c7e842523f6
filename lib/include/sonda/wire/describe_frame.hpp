// One line per Ethernet frame, in the words tcpdump -n uses for it behind its time stamp.
//
// To the letter for ARP, IPv4 and IPv6, with VLAN tags or without. Written more simply than tcpdump
// does: IEEE 802.3 frames, ARP of other lengths than Ethernet's and IPv4's, and the protocols that
// tcpdump knows and Sonda does not, which appear as those that tcpdump does not know either.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/describe.hpp>
#include <sonda/wire/describe_arp.hpp>
#include <sonda/wire/ethernet.hpp>
#include <sonda/wire/protocol.hpp>
#include <sonda/wire/text_writer.hpp>

namespace sonda::inline v0 {
namespace detail {

// Of another protocol: between whom, and of which.
constexpr void describe_other_frame(TextWriter& out, const EthernetView& frame,
                                    std::size_t length) noexcept {
  constexpr std::uint16_t largest_length = 1500;  // IEEE 802.3: below it is no EtherType
  const auto type = static_cast<std::uint16_t>(frame.type());
  out << to_text(frame.source()) << " > " << to_text(frame.destination());
  if (type <= largest_length)
    out << ", 802.3";
  else if (const auto word = name(frame.type()); !word.empty())
    (out << ", ethertype " << word << " (0x").hexadecimal(type, 4) << ")";
  else
    (out << ", ethertype Unknown (0x").hexadecimal(type, 4) << ")";
  out << ", length " << length << ": ";
}

constexpr void describe_ethernet(TextWriter& out, Bytes octets) noexcept {
  const auto frame = EthernetView::parse(octets);
  if (!frame) {
    out << (octets.size() < EthernetView::min_header_size ? " [|ether]" : " [|vlan]");
    return;
  }
  const auto payload = frame->payload();
  const Carried carried{.octets = payload, .length = payload.size()};
  switch (frame->type()) {
    case EtherType::arp:
      return describe_arp(out, payload);
    case EtherType::ipv4:
      return describe_tunnel(out, carried, Protocol::ipv4, max_tunnels);
    case EtherType::ipv6:
      return describe_tunnel(out, carried, Protocol::ipv6, max_tunnels);
    default:
      return describe_other_frame(out, *frame, octets.size());
  }
}

}  // namespace detail

// As describe() does, for a frame without its check sequence.
[[nodiscard]] constexpr std::size_t describe_frame(Bytes frame, std::span<char> room) noexcept {
  TextWriter out{room};
  detail::describe_ethernet(out, frame);
  return detail::finish_line(out, room);
}

// "ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28"
[[nodiscard]] constexpr DescribeText describe_frame(Bytes frame) noexcept {
  DescribeText text;
  text.size_ = describe_frame(frame, text.text_);
  return text;
}

}  // namespace sonda::inline v0
