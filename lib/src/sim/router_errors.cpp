// What a simulated router tells the sender of a packet that it does not pass on.
#include <algorithm>
#include <array>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/linux_answer.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/icmp_catalogue.hpp>
#include <sonda/wire/icmp_extension.hpp>
#include <sonda/wire/icmp_interface.hpp>
#include <sonda/wire/icmp_mpls.hpp>

namespace sonda::inline v0::sim {

void Router::tell(Deed why, ErrorMessage message, Bytes about, Side from, Outbox& out,
                  const Answer* answer) {
  const auto ip = IpPacket::read(about);
  if (!ip) return out.note(why, about);
  const auto source =
      answer != nullptr && answer->from ? answer->from : error_source(from, ip->version);
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
  if (message.extensions.empty()) message.extensions = extensions(from, ip->version, out);
  if (!message.quoted) message.quoted = plan_.quoted;
  message.broken_checksum = message.broken_checksum || plan_.broken_checksum;
  out.note(why, about, &message);

  const auto side = out.towards(ip->source).value_or(from);
  const auto delay = plan_.error_delay + (answer != nullptr ? answer->delay : Duration{});
  send_in_pieces(side, icmp_error(message, *source, about, out.random()), delay, out);
}

// nft's `reject with tcp reset`: the RST comes from the destination's address, with our own TTL.
void Router::reset(const IpPacket& packet, Outbox& out) {
  const bool closed_port = packet.protocol == Protocol::tcp && question(packet) == Question::port;
  if (!closed_port) return out.note(Deed::dropped, packet.octets);
  out.note(Deed::reset, packet.octets);
  const auto answer = linux_answer(packet, {.from = packet.destination}, out.now(), out.random());
  if (const auto side = out.towards(packet.source); side && answer)
    send_in_pieces(*side, *answer, {}, out);
}

void Router::redirect(const Address& gateway, Bytes about, Side from, Outbox& out) {
  const auto ip = IpPacket::read(about);
  if (!ip || gateway.is_v4() != ip->source.is_v4() || !may_be_told(about) || plan_.silent) return;
  const auto source = error_source(from, ip->version);
  if (!source || !may_redirect(out.now(), ip->source)) return;
  const ErrorMessage message{.type = 5, .code = 1, .value = gateway.v4().number()};
  out.note(Deed::redirected, about, &message);
  send_in_pieces(from, icmp_error(message, *source, about, out.random()), {}, out);
}

// Linux (ip_rt_send_redirect): nine times, twice as long apart each time, and anew after 20 s.
bool Router::may_redirect(Instant now, const Address& sender) {
  constexpr Duration shortest = std::chrono::milliseconds{20};
  constexpr Duration silence = std::chrono::seconds{20};
  constexpr unsigned most = 9;
  constexpr std::size_t most_senders = 4'096;
  if (redirected_.size() >= most_senders && !redirected_.contains(sender)) redirected_.clear();
  auto& told = redirected_[sender];
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

std::optional<Address> Router::error_source(Side from, IpVersion version) const {
  const auto fits = [version](const Address& address) {
    return address.is_v4() == (version == IpVersion::v4);
  };
  if (plan_.answers_from && fits(*plan_.answers_from)) return plan_.answers_from;
  const auto [begin, end] = plan_.error_sources.equal_range(from);
  for (const auto& [side, address] : std::ranges::subrange(begin, end))
    if (fits(address)) return address;
  const auto first = std::ranges::find_if(plan_.addresses, fits);
  return first == plan_.addresses.end() ? std::nullopt : std::optional{*first};
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
