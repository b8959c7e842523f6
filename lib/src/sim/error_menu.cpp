// What happens to a packet for the error menu, entry by entry.
#include <array>
#include <string_view>
#include <utility>

#include <sonda/sim/error_menu.hpp>
#include <sonda/sim/linux_answer.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/wire/icmp_interface.hpp>
#include <sonda/wire/icmp_mpls.hpp>
#include <sonda/wire/icmpv4_type.hpp>
#include <sonda/wire/icmpv6_type.hpp>
#include <sonda/wire/tcp.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr Ttl one_hop_behind{63};
constexpr std::size_t brief_quotation = 8;  // of what follows the IP header (RFC 792)

Address router_of(IpVersion version) {
  if (version == IpVersion::v4) return ErrorMenu::router_v4;
  return Address{ErrorMenu::router_v6};
}

TcpService greeting(std::string_view text, bool closes) {
  return {.kind = TcpKind::open, .banner = Octets(text.begin(), text.end()), .closes = closes};
}

// Port 80 says it to browsers (RFC 1945), the others to people.
Services services() {
  return {.tcp = {{Port{80}, greeting("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"
                                      "it works\n",
                                      true)}},
          .other_udp = {.kind = UdpKind::echo},
          .other_tcp = greeting("it works\r\n", false)};
}

bool is_told(const MenuEntry& entry) {
  return entry.version == IpVersion::v4 ? is_error(IcmpType{entry.icmp.type})
                                        : is_error(Icmpv6Type{entry.icmp.type});
}

bool is_too_big(const MenuEntry& entry) {
  return entry.icmp == (entry.version == IpVersion::v4 ? IcmpTypeCode{3, 4} : IcmpTypeCode{2, 0});
}

bool may_carry_extensions(const MenuEntry& entry) {
  return entry.version == IpVersion::v4 ? may_be_extended(IcmpType{entry.icmp.type})
                                        : may_be_extended(Icmpv6Type{entry.icmp.type});
}

// See ErrorMenu.
std::uint32_t second_word(const MenuEntry& entry) {
  constexpr auto mtu = ErrorMenu::told_mtu.value();
  const auto [type, code] = entry.icmp;
  if (entry.version == IpVersion::v4) {
    if (type == 5) return ErrorMenu::router_v4.number();
    if (type == 12) return code == 2 ? 2 : 20;
    return mtu;
  }
  if (type != 4) return mtu;
  return code == 1 ? 6 : code == 2 ? 42 : 40;
}

Octets extensions_of(IpVersion version) {
  constexpr std::array labels{
      MplsLabel{.label = 24'001, .ttl = Ttl{1}},
      MplsLabel{.label = 16, .traffic_class = 5, .bottom = true, .ttl = Ttl{1}}};
  std::array<std::uint8_t, 128> room{};
  ExtensionsWriter writer{room};
  const auto structure = writer.add(MplsStack{labels})
                             .add(InterfaceInfo{.index = InterfaceIndex{2},
                                                .address = router_of(version),
                                                .name = InterfaceName{"eth0"},
                                                .mtu = Mtu{1'500}})
                             .finish();
  return Octets(structure.begin(), structure.end());
}

bool is_tcp(const IpPacket& packet) {
  return packet.protocol == Protocol::tcp && packet.fragment_offset == 0;
}

// Whether the segment is one of a connection that has something to say.
bool says_something(const IpPacket& packet) {
  const auto segment = TcpView::parse(packet.payload());
  return segment && !segment->payload().empty() && !segment->flags().has(TcpFlags::syn);
}

}  // namespace

ErrorMenu::ErrorMenu()
    : router_{{.addresses = {router_v4, router_v6}}},
      targets_{{.services = services(), .ttl = one_hop_behind}} {}

bool ErrorMenu::owns(const Address& address) const {
  const auto version = address.is_v4() ? IpVersion::v4 : IpVersion::v6;
  return menu_prefix(version).contains(address) || router_.owns(address);
}

void ErrorMenu::on_time(Instant now, Outbox& out) {
  router_.on_time(now, out);
  targets_.on_time(now, out);
}

void ErrorMenu::on_packet(const Arrival& arrival, Outbox& out) {
  const auto packet = IpPacket::read(arrival.octets);
  if (!packet) return out.note(Deed::unreadable, arrival.octets);
  const auto& target = packet->destination;
  if (router_.owns(target)) return router_.on_packet(arrival, out);
  if (!owns(target)) return;

  const Asked asked{arrival, *packet};
  const bool v4 = packet->version == IpVersion::v4;
  const auto from = router_of(packet->version);
  if (packet->ttl.value() <= 1) {
    const auto type = static_cast<std::uint8_t>(v4 ? 11 : 3);
    return tell({.deed = Deed::expired, .error = {.type = type, .code = 0}, .from = from}, asked,
                out);
  }
  if (const auto entry = menu_entry(target)) return serve(*entry, asked, out);
  const auto type = static_cast<std::uint8_t>(v4 ? 3 : 1);
  tell({.deed = Deed::no_route, .error = {.type = type, .code = 0}, .from = from}, asked, out);
}

void ErrorMenu::serve(const MenuEntry& entry, const Asked& asked, Outbox& out) {
  const auto& packet = asked.packet;
  if (entry.manner == MenuManner::silence) return out.note(Deed::dropped, packet.octets);
  if (entry.manner == MenuManner::rst) return reset(asked, out);
  const bool fits = packet.octets.size() <= told_mtu.value() || !packet.dont_fragment;
  const bool works =
      entry.manner == MenuManner::works || !is_told(entry) || (is_too_big(entry) && fits);
  // A handshake, what belongs to none, and the end of a connection are let through.
  const bool waits = entry.manner == MenuManner::established && is_tcp(packet) &&
                     !(says_something(packet) && targets_.tcp().is_established(packet));
  if (works || waits) return targets_.take(asked.arrival, out);
  tell(telling_of(entry, packet), asked, out);
}

void ErrorMenu::reset(const Asked& asked, Outbox& out) {
  const auto& packet = asked.packet;
  const bool tcp = is_tcp(packet) && question(packet) == Question::port;
  if (!tcp) return out.note(Deed::dropped, packet.octets);
  out.note(Deed::reset, packet.octets);
  const AnswerStyle style{.from = packet.destination, .ttl = one_hop_behind};
  if (auto answer = linux_answer(packet, style, asked.arrival.now, out.random()))
    out.send(asked.arrival.side, std::move(*answer), {});
}

ErrorMenu::Telling ErrorMenu::telling_of(const MenuEntry& entry, const IpPacket& packet) {
  Telling telling{
      .error = {.type = entry.icmp.type, .code = entry.icmp.code, .value = second_word(entry)},
      .from = router_of(entry.version)};
  switch (entry.manner) {
    case MenuManner::late:
      telling.wait = lateness;
      break;
    case MenuManner::twice:
      telling.copies = 2;
      break;
    case MenuManner::bad_checksum:
      telling.error.broken_checksum = true;
      break;
    case MenuManner::brief:
      telling.error.quoted = packet.header_size + brief_quotation;
      break;
    case MenuManner::extensions:  // where RFC 4884 section 4 has room for them
      if (may_carry_extensions(entry)) telling.error.extensions = extensions_of(entry.version);
      break;
    case MenuManner::from_target:
      telling.from = packet.destination;
      telling.error.ttl = one_hop_behind;
      break;
    default:
      break;
  }
  return telling;
}

void ErrorMenu::tell(const Telling& telling, const Asked& asked, Outbox& out) {
  const auto about = asked.packet.octets;
  if (!may_be_told(about)) return out.note(telling.deed, about);
  out.note(telling.deed, about, &telling.error);
  for (unsigned copy = 0; copy < telling.copies; ++copy)
    send_in_pieces(asked.arrival.side, icmp_error(telling.error, telling.from, about, out.random()),
                   telling.wait, out);
}

}  // namespace sonda::inline v0::sim
