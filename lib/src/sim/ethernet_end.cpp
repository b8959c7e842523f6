// Frames to packets and back, with ARP (RFC 826) and neighbor discovery (RFC 4861) in between.
#include <algorithm>
#include <array>

#include <sonda/sim/ethernet_end.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/neighbor_discovery.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr Ttl link_only{255};  // RFC 4861: no router has passed it on

Octets frame_of(MacAddress to, MacAddress from, EtherType type, Bytes payload) {
  Octets frame(EthernetHeader::size() + payload.size());
  EthernetHeader{.destination = to, .source = from, .type = type}.emit(frame);
  std::ranges::copy(payload, MutableBytes{frame}.subspan(EthernetHeader::size()).begin());
  return frame;
}

// What of a packet the link needs, be the rest as it may.
struct OuterHeader {
  EtherType type{};
  Address source{};
  Address destination{};
  Bytes octets{};  // without the link's padding
};
std::optional<OuterHeader> outer_header(Bytes packet) {
  if (const auto v4 = Ipv4View::parse(packet))
    return OuterHeader{EtherType::ipv4, v4->source(), v4->destination(), v4->octets()};
  if (const auto v6 = Ipv6View::parse(packet))
    return OuterHeader{EtherType::ipv6, v6->source(), v6->destination(), v6->octets()};
  return std::nullopt;
}

bool is_neighbor_discovery(Icmpv6Type type) {
  return type >= Icmpv6Type::router_solicitation && type <= Icmpv6Type::redirect;
}

bool is_multicast_listening(Icmpv6Type type) {
  return (type >= Icmpv6Type::multicast_listener_query &&
          type <= Icmpv6Type::multicast_listener_done) ||
         type == Icmpv6Type::multicast_listener_report_v2;
}

// What a system says to its link only.
bool stays_on_the_link(const IpPacket& packet) {
  if (packet.version == IpVersion::v4) return packet.protocol == Protocol::igmp;
  if (packet.protocol != Protocol::icmpv6 || packet.payload().empty()) return false;
  const Icmpv6Type type{packet.payload()[0]};
  return is_neighbor_discovery(type) || is_multicast_listening(type);
}

// RFC 4861 section 7.1.1.
std::optional<NeighborSolicitation> valid_solicitation(const IpPacket& packet) {
  const auto icmp = Icmpv6View::parse(packet.payload());
  if (!icmp || icmp->type() != Icmpv6Type::neighbor_solicitation || packet.ttl != link_only ||
      !icmp->checksum_ok(packet.source.v6(), packet.destination.v6()))
    return std::nullopt;
  const auto asked = NeighborSolicitation::parse(packet.payload());
  if (!asked) return std::nullopt;
  const bool for_target = packet.destination == Address{solicited_node(asked->target)};
  if (packet.source.is_unspecified() && (!for_target || asked->link_address())) return std::nullopt;
  return *asked;
}

}  // namespace

EthernetEnd::Holder EthernetEnd::all_at(MacAddress mac, std::function<bool(const Address&)> has) {
  return [mac, has = std::move(has)](const Address& address) -> std::optional<MacAddress> {
    if (!has(address)) return std::nullopt;
    return mac;
  };
}

std::optional<MacAddress> EthernetEnd::held(const Address& address) const {
  if (address.is_multicast() || address.is_unspecified() || !plan_.holder) return std::nullopt;
  return plan_.holder(address);
}

EthernetEnd::Taken EthernetEnd::take(Bytes frame) const {
  const auto ethernet = EthernetView::parse(frame);
  if (!ethernet || ethernet->vlan_tags() != 0 || ethernet->source().is_multicast()) return {};
  switch (ethernet->type()) {
    case EtherType::arp:
      return {.reply = answer_arp(ethernet->payload())};
    case EtherType::ipv4:
    case EtherType::ipv6:
      return take_packet(*ethernet);
    default:
      return {};
  }
}

// A probe, whose sender is 0.0.0.0, is answered too: the address is taken (RFC 5227 section 2.1.1).
// An announcement asks for its own sender, and nobody answers that.
std::optional<Octets> EthernetEnd::answer_arp(Bytes message) const {
  const auto arp = ArpView::parse(message);
  if (!arp || arp->operation() != ArpOperation::request || arp->sender() == arp->target())
    return std::nullopt;
  const auto mac = held(arp->target());
  if (!mac || arp->sender_mac().is_multicast()) return std::nullopt;
  std::array<std::uint8_t, ArpMessage::size()> answer{};
  arp->message().answered_by(*mac).emit(answer);
  return frame_of(arp->sender_mac(), *mac, EtherType::arp, answer);
}

EthernetEnd::Taken EthernetEnd::take_packet(const EthernetView& frame) const {
  const auto header = outer_header(frame.payload());
  if (!header || header->type != frame.type()) return {};
  const auto to = frame.destination();
  const bool for_us =
      to.is_multicast() || to == plan_.near || held(header->destination) == std::optional{to};
  if (!for_us) return {};

  const auto packet = IpPacket::read(header->octets);
  if (!packet) return {.packet = header->octets};  // let those complain who would have to read it
  if (auto reply = answer_solicitation(*packet, frame.source())) return {.reply = std::move(reply)};
  if (stays_on_the_link(*packet)) return {};
  return {.packet = header->octets};
}

std::optional<Octets> EthernetEnd::answer_solicitation(const IpPacket& packet,
                                                       MacAddress asker) const {
  if (packet.version != IpVersion::v6 || packet.protocol != Protocol::icmpv6) return std::nullopt;
  const auto asked = valid_solicitation(packet);
  const auto mac = asked ? held(asked->target) : std::nullopt;
  if (!mac) return std::nullopt;

  std::array<std::uint8_t, LinkAddressOption::size()> room{};
  const NeighborAdvertisement answer{
      .router = plan_.router,
      .solicited = !packet.source.is_unspecified(),
      .overrides = true,
      .target = asked->target,
      .options =
          NeighborOptionsWriter{room}
              .add(LinkAddressOption{.type = NeighborOptionType::target_link_address, .mac = *mac})
              .finish()};
  // Who asks for an address of its own has none yet: all hear that it is taken (section 7.2.4).
  const Address to = answer.solicited ? packet.source : Address{all_nodes};
  const Envelope envelope{
      .from = asked->target, .to = to, .protocol = Protocol::icmpv6, .ttl = link_only};
  auto octets = envelope.packet(answer.size());
  answer.emit(MutableBytes{octets}.subspan(envelope.size()), asked->target, to.v6());
  return frame_of(mapped_mac(to).value_or(asker), *mac, EtherType::ipv6, octets);
}

Octets EthernetEnd::frame_for(Bytes packet) const {
  const auto header = outer_header(packet);
  if (!header) {
    const bool v6 = !packet.empty() && packet[0] >> 4 == 6;
    return frame_of(plan_.far, plan_.near, v6 ? EtherType::ipv6 : EtherType::ipv4, packet);
  }
  return frame_of(mapped_mac(header->destination).value_or(plan_.far),
                  held(header->source).value_or(plan_.near), header->type, packet);
}

}  // namespace sonda::inline v0::sim
