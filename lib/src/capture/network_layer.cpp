// The IP packet behind the header that each kind of link puts in front of it.
#include <bit>
#include <cstddef>

#include <sonda/capture/network_layer.hpp>
#include <sonda/wire/ethernet.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0::capture {
namespace {

NetworkLayer carried(NetworkProtocol protocol, Bytes octets) noexcept {
  if (octets.empty()) return {};
  return {.protocol = protocol, .octets = octets};
}

// What lies at `at`, which an EtherType announced; VLAN tags may stand in front.
NetworkLayer behind(EtherType type, Bytes frame, std::size_t at) noexcept {
  for (std::size_t tags = 0; type == EtherType::vlan || type == EtherType::service_vlan; ++tags) {
    if (tags == EthernetView::max_vlan_tags || frame.size() < at + 4) return {};
    type = EtherType{load<std::uint16_t>(frame, at + 2)};
    at += 4;
  }
  if (frame.size() <= at) return {};
  const auto rest = frame.subspan(at);
  if (type == EtherType::ipv4) return carried(NetworkProtocol::ipv4, rest);
  if (type == EtherType::ipv6) return carried(NetworkProtocol::ipv6, rest);
  if (type == EtherType::arp) return carried(NetworkProtocol::arp, rest);
  return {.protocol = NetworkProtocol::other, .octets = rest};
}

NetworkLayer in_ethernet(Bytes frame) noexcept {
  constexpr auto header = EthernetView::min_header_size;
  if (frame.size() <= header) return {};
  return behind(EtherType{load<std::uint16_t>(frame, header - 2)}, frame, header);
}

NetworkLayer in_raw(Bytes frame) noexcept {
  if (frame.empty()) return {};
  const auto version = frame[0] >> 4;
  if (version == 4) return carried(NetworkProtocol::ipv4, frame);
  if (version == 6) return carried(NetworkProtocol::ipv6, frame);
  return {.protocol = NetworkProtocol::other, .octets = frame};
}

// A protocol family in front, as the machine that captured numbers them and in its byte order, or
// in network byte order. Only IPv4 has one number everywhere.
NetworkLayer in_loopback(Bytes frame) noexcept {
  if (frame.size() <= 4) return {};
  auto family = load<std::uint32_t>(frame, 0);
  if (family > 0xffff) family = std::byteswap(family);
  const auto rest = frame.subspan(4);
  switch (family) {
    case 2:
      return carried(NetworkProtocol::ipv4, rest);
    case 10:  // Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // Darwin
      return carried(NetworkProtocol::ipv6, rest);
    default:
      return {.protocol = NetworkProtocol::other, .octets = rest};
  }
}

// PACKET_HOST … PACKET_OUTGOING of packet(7). What two others say to each other goes neither way.
Direction direction_of(std::uint16_t packet_type) noexcept {
  if (packet_type <= 2) return Direction::in;
  return packet_type == 4 ? Direction::out : Direction::unknown;
}

//   packet type (2), ARPHRD_ (2), address length (2), address (8), EtherType (2)
NetworkLayer in_linux_cooked(Bytes frame) noexcept {
  constexpr std::size_t header = 16;
  if (frame.size() < header) return {};
  auto layer = behind(EtherType{load<std::uint16_t>(frame, 14)}, frame, header);
  layer.direction = direction_of(load<std::uint16_t>(frame, 0));
  return layer;
}

//   EtherType (2), reserved (2), interface (4), ARPHRD_ (2), packet type (1), address length (1),
//   address (8)
NetworkLayer in_linux_cooked_2(Bytes frame) noexcept {
  constexpr std::size_t header = 20;
  if (frame.size() < header) return {};
  auto layer = behind(EtherType{load<std::uint16_t>(frame, 0)}, frame, header);
  layer.direction = direction_of(frame[10]);
  return layer;
}

}  // namespace

NetworkLayer network_layer(LinkType type, Bytes frame) noexcept {
  switch (type) {
    case LinkType::ethernet:
      return in_ethernet(frame);
    case LinkType::raw_ip:
    case LinkType::raw_as_in_libpcap:
    case LinkType::raw_as_in_openbsd:
      return in_raw(frame);
    case LinkType::raw_ipv4:
      return carried(NetworkProtocol::ipv4, frame);
    case LinkType::raw_ipv6:
      return carried(NetworkProtocol::ipv6, frame);
    case LinkType::null:
    case LinkType::loop:
      return in_loopback(frame);
    case LinkType::linux_cooked:
      return in_linux_cooked(frame);
    case LinkType::linux_cooked_2:
      return in_linux_cooked_2(frame);
    default:
      return {};
  }
}

}  // namespace sonda::inline v0::capture
