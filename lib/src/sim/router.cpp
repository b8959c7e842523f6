// Forwarding as RFC 1812 5.2 and RFC 8200 have it, with the errors Linux sends.
#include <algorithm>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/ip_version.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr std::size_t ttl_at = 8;
constexpr std::size_t hop_limit_at = 7;

Octets with_one_hop_less(const IpPacket& packet) {
  Octets octets(packet.octets.begin(), packet.octets.end());
  if (packet.version == IpVersion::v6) {
    --octets[hop_limit_at];
    return octets;
  }
  const auto before = load<std::uint16_t>(octets, ttl_at);
  --octets[ttl_at];
  const auto after = load<std::uint16_t>(octets, ttl_at);
  store(octets, 10, Checksum::update(load<std::uint16_t>(octets, 10), before, after));
  return octets;
}

ErrorMessage choose(const IpPacket& about, ErrorMessage v4, ErrorMessage v6) {
  return about.version == IpVersion::v4 ? std::move(v4) : std::move(v6);
}

}  // namespace

void Router::on_packet(const Arrival& arrival, Outbox& out) {
  const auto packet = IpPacket::read(arrival.octets);
  if (!packet) return;
  if (owns(packet->destination)) return own_.on_packet(arrival, out);
  if (packet->destination.is_multicast() || packet->destination.is_link_local()) return;
  forward(*packet, arrival.side, out);
}

void Router::forward(const IpPacket& packet, Side from, Outbox& out) {
  if (packet.ttl.value() <= 1)
    return tell(choose(packet, {.type = 11, .code = 0}, {.type = 3, .code = 0}), packet, from, out);

  for (const auto& rule : plan_.rules) {
    if (!rule.to.contains(packet.destination)) continue;
    if (rule.error) tell(*rule.error, packet, from, out);
    return;
  }
  const auto side = out.towards(packet.destination);
  if (!side)
    return tell(choose(packet, {.type = 3, .code = 0}, {.type = 1, .code = 0}), packet, from, out);

  const auto mtu = out.mtu(*side);
  if (packet.octets.size() > mtu.value() && packet.dont_fragment)
    return tell(choose(packet, {.type = 3, .code = 4, .value = mtu.value()},
                       {.type = 2, .code = 0, .value = mtu.value()}),
                packet, from, out);
  send_in_pieces(*side, with_one_hop_less(packet), {}, out);
}

void Router::tell(ErrorMessage message, const IpPacket& about, Side from, Outbox& out) {
  if (plan_.silent || !may_be_told(about.octets)) return;
  const auto source = error_source(from, about.version);
  if (!source) return;
  if (message.extensions.empty()) message.extensions = plan_.extensions;
  const auto side = out.towards(about.source).value_or(from);
  send_in_pieces(side, icmp_error(message, *source, about.octets, out.random()), plan_.error_delay,
                 out);
}

std::optional<Address> Router::error_source(Side from, IpVersion version) const {
  const auto fits = [version](const Address& address) {
    return address.is_v4() == (version == IpVersion::v4);
  };
  if (const auto own = plan_.error_sources.find(from);
      own != plan_.error_sources.end() && fits(own->second))
    return own->second;
  const auto first = std::ranges::find_if(plan_.addresses, fits);
  return first == plan_.addresses.end() ? std::nullopt : std::optional{*first};
}

}  // namespace sonda::inline v0::sim
