// What a simulated router tells the sender of a packet that it does not pass on.
#include <algorithm>
#include <array>
#include <ranges>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/linux_answer.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/icmp_extension.hpp>
#include <sonda/wire/icmp_interface.hpp>
#include <sonda/wire/icmp_mpls.hpp>
#include <sonda/wire/icmpv4_type.hpp>
#include <sonda/wire/icmpv6_type.hpp>
#include <sonda/wire/neighbor_discovery.hpp>

namespace sonda::inline v0::sim {

namespace {

// RFC 4884 section 4: the others have no length field.
bool may_be_extended(const ErrorMessage& message, IpVersion version) {
  return version == IpVersion::v4 ? sonda::may_be_extended(IcmpType{message.type})
                                  : sonda::may_be_extended(Icmpv6Type{message.type});
}

}  // namespace

void Router::tell(Deed why, ErrorMessage message, Bytes about, Side from, Outbox& out,
                  const Answer* answer) {
  const auto ip = IpPacket::read(about);
  if (!ip) return out.note(why, about);
  auto source = error_source(from, ip->version);
  // Nobody beyond the link could answer it, and the sender's address says no more than the link.
  if (ip->source.is_v6() && ip->source.is_link_local())
    if (const auto link_local = link_local_source()) source = link_local;
  if (answer != nullptr && answer->from) source = answer->from;
  if (!may_be_told(about) || !source || source->is_v4() != ip->source.is_v4())
    return out.note(why, about);
  if (plan_.silent) {
    out.note(why, about);
    return out.note(Deed::kept_silent, about);
  }
  if (!budget_.allows(out.now(), ip->source, message)) {
    out.note(why, about);
    return out.note(Deed::rate_limited, about);
  }
  if (message.extensions.empty() && may_be_extended(message, ip->version))
    message.extensions = extensions(from, ip->version, out);
  if (!message.quoted) message.quoted = plan_.quoted;
  message.broken_checksum = message.broken_checksum || plan_.broken_checksum;
  out.note(why, about, &message);

  const auto delay = plan_.error_delay + (answer != nullptr ? answer->delay : Duration{});
  send_own(icmp_error(message, *source, about, out.random()), way_back(ip->source, from, out),
           delay, out);
}

// What it sends itself about what a NAT has translated says what the other side knows.
void Router::send_own(Octets packet, Side to, Duration delay, Outbox& out) {
  if (nat_ && to == plan_.nat->outside)
    if (auto translated = nat_->outwards(out.now(), packet)) packet = std::move(*translated);
  send_in_pieces(to, std::move(packet), delay, out);
}

Side Router::way_back(const Address& sender, Side from, Outbox& out) const {
  if (sender.is_v6() && sender.is_link_local()) return from;
  const auto* route = route_to(sender);
  if (route != nullptr && route->kind == RouteKind::via) return route->via;
  return out.towards(sender).value_or(from);
}

// nft's `reject with tcp reset`: the RST comes from the destination's address, with our own TTL.
void Router::reset(const IpPacket& packet, Side from, Outbox& out) {
  const bool answerable =
      packet.protocol == Protocol::tcp && !packet.is_fragment && question(packet) == Question::port;
  const auto answer =
      answerable ? linux_answer(packet, {.from = packet.destination}, out.now(), out.random())
                 : std::nullopt;
  if (!answer) return out.note(Deed::dropped, packet.octets);
  out.note(Deed::reset, packet.octets);
  send_own(*answer, way_back(packet.source, from, out), {}, out);
}

// ---------------------------------------------------------------------------------------- redirect

void Router::redirect(const Address& gateway, Bytes about, Side from, Outbox& out) {
  const auto ip = IpPacket::read(about);
  if (!ip || gateway.is_v4() != ip->source.is_v4() || !may_be_told(about)) return;
  auto source = error_source(from, ip->version);
  if (ip->version == IpVersion::v6)
    if (const auto link_local = link_local_source()) source = link_local;
  if (!source) return;
  if (plan_.silent) return out.note(Deed::kept_silent, about);
  if (!may_redirect(out.now(), ip->source)) return out.note(Deed::rate_limited, about);

  if (ip->version == IpVersion::v6) {
    const ErrorMessage message{.type = static_cast<std::uint8_t>(Icmpv6Type::redirect),
                               .code = 0,
                               .broken_checksum = plan_.broken_checksum};
    out.note(Deed::redirected, about, &message);
    return send_in_pieces(from, redirect_v6(gateway, *ip, *source), {}, out);
  }
  const ErrorMessage message{.type = 5, .code = 1, .value = gateway.v4().number()};
  out.note(Deed::redirected, about, &message);
  send_in_pieces(from, icmp_error(message, *source, about, out.random()), {}, out);
}

// RFC 4861 4.5 and 8.2. The redirected header is of whole words, and the packet of 1,280 octets at
// most.
Octets Router::redirect_v6(const Address& gateway, const IpPacket& about,
                           const Address& source) const {
  constexpr std::size_t whole_words = Icmpv6Redirect::max_quoted / 8 * 8;
  const auto most = std::min(plan_.quoted.value_or(whole_words), whole_words);
  const RedirectedHeader header{about.octets.first(std::min(about.octets.size(), most))};
  std::array<std::uint8_t, 1'280> room{};
  NeighborOptionsWriter options{room};
  options.add(header);
  const Icmpv6Redirect redirect{
      .target = gateway.v6(), .destination = about.destination.v6(), .options = options.finish()};
  constexpr Ttl not_routed{255};
  const Envelope envelope{
      .from = source, .to = about.source, .protocol = Protocol::icmpv6, .ttl = not_routed};
  auto packet = envelope.packet(redirect.size());
  const auto message = MutableBytes{packet}.subspan(envelope.size());
  redirect.emit(message, source.v6(), about.source.v6());
  if (plan_.broken_checksum) message[2] ^= 0x55;
  return packet;
}

// Linux. IPv4 (ip_rt_send_redirect): nine times, twice as long apart each time, and anew
// after 20.48 seconds without a packet to redirect. IPv6 (ndisc_send_redirect): one a second, six
// at once.
bool Router::may_redirect(Instant now, const Address& sender) {
  constexpr Duration shortest = std::chrono::milliseconds{20};
  constexpr unsigned most = 9;
  constexpr Duration silence = shortest * (1U << (most + 1));
  constexpr double v6_burst = 6;
  if (redirected_.size() >= most_redirected && !redirected_.contains(sender)) redirected_.clear();
  auto& told = redirected_[sender];
  if (sender.is_v6()) {
    if (!told.budget) told.budget.emplace(now, std::chrono::seconds{1}, v6_burst);
    return told.budget->take(now);
  }
  if (told.times != 0 && now > told.last + silence) told.times = 0;
  if (told.times >= most) {
    told.last = now;
    return false;
  }
  if (told.times != 0 && now <= told.last + (shortest * (1U << told.times))) return false;
  ++told.times;
  told.last = now;
  return true;
}

// ------------------------------------------------------------------------- what its errors look
// like

std::optional<Address> Router::error_source(Side from, IpVersion version) const {
  const auto fits = [version](const Address& address) {
    return address.is_v4() == (version == IpVersion::v4);
  };
  if (plan_.answers_from && fits(*plan_.answers_from)) return plan_.answers_from;
  const auto [begin, end] = plan_.error_sources.equal_range(from);
  for (const auto& [side, address] : std::ranges::subrange(begin, end))
    if (fits(address)) return address;
  const auto is_first = [&](const Address& address) {
    return fits(address) && !(address.is_v6() && address.is_link_local());
  };
  const auto first = std::ranges::find_if(plan_.addresses, is_first);
  if (first != plan_.addresses.end()) return *first;
  return version == IpVersion::v6 ? link_local_source() : std::nullopt;
}

std::optional<Address> Router::link_local_source() const {
  const auto found = std::ranges::find_if(plan_.addresses, [](const Address& address) {
    return address.is_v6() && address.is_link_local();
  });
  return found == plan_.addresses.end() ? std::nullopt : std::optional{found->without_zone()};
}

Octets Router::extensions(Side from, IpVersion version, Outbox& out) const {
  if (!plan_.extensions.empty()) return plan_.extensions;
  if (plan_.labels.empty() && !plan_.tells_interface) return {};
  std::array<std::uint8_t, 256> room{};
  ExtensionsWriter writer{room};
  if (!plan_.labels.empty()) writer.add(MplsStack{plan_.labels});
  if (plan_.tells_interface) {
    InterfaceInfo incoming{.role = InterfaceRole::incoming,
                           .index = InterfaceIndex{static_cast<std::uint32_t>(from) + 1},
                           .address = error_source(from, version),
                           .mtu = out.mtu(from)};
    if (const auto name = plan_.interface_names.find(from); name != plan_.interface_names.end())
      incoming.name = InterfaceName{name->second};
    writer.add(incoming);
  }
  const auto structure = writer.finish();
  return {structure.begin(), structure.end()};
}

}  // namespace sonda::inline v0::sim
