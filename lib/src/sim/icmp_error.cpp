// ICMP errors with the headers and the quotation that Linux gives them.
#include <algorithm>
#include <array>

#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/wire/icmp_extension.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr std::size_t most_v4 = 576;
constexpr std::size_t most_v6 = 1'280;

// What of the packet comes back.
Bytes quotation(const ErrorMessage& message, Bytes about, std::size_t most, std::size_t headers) {
  // What the length field can say: 255 words, of four octets or of eight.
  const std::size_t sayable = 255 * (most == most_v4 ? std::size_t{4} : std::size_t{8});
  // A structure of RFC 4884 would not fit behind a quotation that fills the packet.
  const auto room = message.extensions.empty() ? most - headers : IcmpExtensions::assumed_offset;
  const auto quoted = std::min(about.size(), message.quoted.value_or(room));
  return about.first(message.extensions.empty() ? quoted : std::min(quoted, sayable));
}

void break_checksum(MutableBytes icmp) { icmp[2] ^= 0x55; }

Octets error_v4(const ErrorMessage& message, const Address& from, const Ipv4View& about,
                Random& random) {
  const auto headers = Ipv4View::min_size + Icmpv4View::header_size;
  const Icmpv4Error icmp{.type = IcmpType{message.type},
                         .code = message.code,
                         .mtu = Mtu{message.value},
                         .pointer = static_cast<std::uint8_t>(message.value),
                         .gateway = Ipv4Address::from_number(message.value),
                         .quoted = quotation(message, about.octets(), most_v4, headers),
                         .extensions = message.extensions};
  // Linux keeps the low bits of the packet's type of service and adds "internetwork control".
  const auto service = (about.traffic_class().value() & 0x1eU) | 0xc0U;
  const Envelope envelope{.from = from,
                          .to = about.source(),
                          .protocol = Protocol::icmp,
                          .ttl = message.ttl,
                          .traffic_class = TrafficClass{service},
                          .identification = static_cast<std::uint16_t>(random.below(65'535) + 1)};
  auto packet = envelope.packet(icmp.size());
  const auto body = MutableBytes{packet}.subspan(envelope.size());
  icmp.emit(body);
  if (message.broken_checksum) break_checksum(body);
  return packet;
}

Octets error_v6(const ErrorMessage& message, const Address& from, const Ipv6View& about) {
  const auto headers = Ipv6View::size + Icmpv6View::header_size;
  const Icmpv6Error icmp{.type = Icmpv6Type{message.type},
                         .code = message.code,
                         .mtu = Mtu{message.value},
                         .pointer = message.value,
                         .quoted = quotation(message, about.octets(), most_v6, headers),
                         .extensions = message.extensions};
  const Envelope envelope{
      .from = from, .to = about.source(), .protocol = Protocol::icmpv6, .ttl = message.ttl};
  auto packet = envelope.packet(icmp.size());
  const auto body = MutableBytes{packet}.subspan(envelope.size());
  icmp.emit(body, from.v6(), about.source());
  if (message.broken_checksum) break_checksum(body);
  return packet;
}

}  // namespace

Octets icmp_error(const ErrorMessage& message, const Address& from, Bytes about, Random& random) {
  if (const auto v4 = Ipv4View::parse_quoted(about)) return error_v4(message, from, *v4, random);
  if (const auto v6 = Ipv6View::parse_quoted(about)) return error_v6(message, from, *v6);
  return {};
}

bool may_be_told(Bytes packet) {
  const auto ip = IpPacket::read(packet);
  if (!ip || ip->destination.is_multicast() || ip->source.is_multicast() ||
      ip->source.is_unspecified())
    return false;
  if (const auto v4 = Ipv4View::parse(packet)) {
    if (v4->fragment_offset() != 0 || v4->destination().is_broadcast()) return false;
    const auto icmp = Icmpv4View::parse(v4->payload());
    return ip->protocol != Protocol::icmp || (icmp && !icmp->is_error());
  }
  const auto icmp = Icmpv6View::parse(ip->payload());
  return ip->protocol != Protocol::icmpv6 ||
         (icmp && !icmp->is_error() && icmp->type() != Icmpv6Type::redirect);
}

Octets example_extensions() {
  std::array<std::uint8_t, 4> label{};
  store(MutableBytes{label}, 0, std::uint32_t{24'001U << 12 | 1U << 8 | 1U});
  std::array<std::uint8_t, 8> interface{};
  store(MutableBytes{interface}, 0, std::uint32_t{7});
  store(MutableBytes{interface}, 4, std::uint32_t{1'500});
  constexpr std::uint8_t incoming_index_and_mtu = 0x09;

  std::array<std::uint8_t, 64> room{};
  ExtensionsWriter writer{room};
  const auto structure =
      writer.add(ExtensionClass::mpls_label_stack, 1, label)
          .add(ExtensionClass::interface_information, incoming_index_and_mtu, interface)
          .finish();
  return Octets(structure.begin(), structure.end());
}

}  // namespace sonda::inline v0::sim
