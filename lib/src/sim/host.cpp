// How a simulated host takes packets apart and when it answers them.
#include <algorithm>

#include <sonda/sim/host.hpp>
#include <sonda/sim/linux_answer.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0::sim {
namespace {

void break_icmp_checksum(Octets& packet) {
  const auto ip = IpPacket::read(packet);
  constexpr std::size_t checksum_at = 2;
  const bool icmp = ip && (ip->protocol == Protocol::icmp || ip->protocol == Protocol::icmpv6);
  if (icmp) packet[ip->header_size + checksum_at] ^= 0x55;
}

}  // namespace

Schedule only(std::uint64_t number, Manner special, Manner otherwise) {
  return [=, special = std::move(special), otherwise = std::move(otherwise)](
             std::uint64_t asked, Random&) { return asked == number ? special : otherwise; };
}

Schedule in_turn(std::vector<Manner> manners) {
  return [manners = std::move(manners)](std::uint64_t asked, Random&) {
    return manners[asked % manners.size()];
  };
}

bool Host::owns(const Address& address) const {
  return std::ranges::find(plan_.addresses, address.without_zone()) != plan_.addresses.end();
}

void Host::on_packet(const Arrival& arrival, Outbox& out) {
  const auto piece = IpPacket::read(arrival.octets);
  if (!piece || !owns(piece->destination)) return;
  const auto whole = reassembly_.add(arrival.now, piece->octets);
  if (!whole) return out.wake(Reassembly::patience);
  if (const auto packet = IpPacket::read(*whole)) answer(*packet, arrival.side, arrival.now, out);
}

void Host::on_time(Instant now, Outbox& out) {
  constexpr ErrorMessage v4{.type = 11, .code = 1};
  constexpr ErrorMessage v6{.type = 3, .code = 1};
  for (const auto& first : reassembly_.expire(now)) {
    const auto packet = IpPacket::read(first);
    if (!packet || !may_be_told(first)) continue;
    const auto side = out.towards(packet->source).value_or(Side{});
    const auto& message = packet->version == IpVersion::v4 ? v4 : v6;
    send_in_pieces(side, icmp_error(message, packet->destination, first, out.random()), {}, out);
  }
}

Manner Host::next_manner(Random& random) {
  const auto number = asked_++;
  return plan_.schedule ? plan_.schedule(number, random) : plan_.manner;
}

void Host::answer(const IpPacket& packet, Side side, Instant now, Outbox& out) {
  if (question(packet) == Question::none) return;
  const auto manner = next_manner(out.random());
  if (manner.answering == Answering::silence) return;

  const auto from = manner.from_client ? packet.source : manner.from.value_or(packet.destination);
  auto octets = std::optional<Octets>{};
  if (manner.answering == Answering::error) {
    octets = icmp_error(manner.error, from, packet.octets, out.random());
  } else {
    const AnswerStyle style{
        .from = from, .ttl = manner.ttl, .wrong_octet = manner.wrong_octet, .cut = manner.cut};
    octets = linux_answer(packet, style, now, out.random());
  }
  if (!octets) return;
  if (manner.broken_checksum) break_icmp_checksum(*octets);
  for (unsigned copy = 0; copy < manner.copies; ++copy)
    send_in_pieces(side, *octets, manner.delay + copy * manner.between_copies, out);
}

}  // namespace sonda::inline v0::sim
