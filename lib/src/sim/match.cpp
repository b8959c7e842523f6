// Whether a packet is one of those that a rule speaks of.
#include <sonda/sim/match.hpp>
#include <sonda/wire/udp.hpp>

namespace sonda::inline v0::sim {
namespace {

bool is_icmp(const IpPacket& packet) {
  return packet.protocol == (packet.version == IpVersion::v4 ? Protocol::icmp : Protocol::icmpv6);
}

bool protocol_fits(Protocol wanted, const IpPacket& packet) {
  if (wanted == Protocol::icmp || wanted == Protocol::icmpv6) return is_icmp(packet);
  return packet.protocol == wanted;
}

struct Transport {
  Port source{}, destination{};
  std::optional<TcpFlags> flags{};
  std::size_t data = 0;
};

// Of a fragment but the first there is none.
std::optional<Transport> transport_of(const IpPacket& packet) {
  if (packet.fragment_offset != 0) return std::nullopt;
  const auto payload = packet.payload();
  if (packet.protocol == Protocol::tcp)
    if (const auto tcp = TcpView::parse(payload))
      return Transport{tcp->source_port(), tcp->destination_port(), tcp->flags(),
                       tcp->payload().size()};
  if (packet.protocol == Protocol::udp && payload.size() >= UdpView::header_size)
    return Transport{Port{load<std::uint16_t>(payload, 0)}, Port{load<std::uint16_t>(payload, 2)},
                     std::nullopt, payload.size() - UdpView::header_size};
  return std::nullopt;
}

constexpr auto told_apart = TcpFlags::syn | TcpFlags::ack | TcpFlags::fin | TcpFlags::rst;

bool same_flags(TcpFlags a, TcpFlags b) {
  return ((a.octet() ^ b.octet()) & told_apart.octet()) == 0;
}

bool transport_fits(const Match& match, const IpPacket& packet) {
  if (!match.source_port && !match.destination_port && !match.flags && !match.with_data)
    return true;
  const auto transport = transport_of(packet);
  return transport && (!match.source_port || *match.source_port == transport->source) &&
         (!match.destination_port || *match.destination_port == transport->destination) &&
         (!match.flags || (transport->flags && same_flags(*match.flags, *transport->flags))) &&
         (!match.with_data || transport->data > 0);
}

bool icmp_fits(const Match& match, const IpPacket& packet) {
  if (!match.icmp_type && !match.icmp_code) return true;
  const auto message = packet.payload();
  return is_icmp(packet) && packet.fragment_offset == 0 && message.size() >= 2 &&
         (!match.icmp_type || *match.icmp_type == message[0]) &&
         (!match.icmp_code || *match.icmp_code == message[1]);
}

}  // namespace

bool Match::fits(const IpPacket& packet) const {
  return (!version || *version == packet.version) && (!from || from->contains(packet.source)) &&
         (!to || to->contains(packet.destination)) &&
         (!protocol || protocol_fits(*protocol, packet)) &&
         (!longer_than || packet.octets.size() > *longer_than) && (!ttl || *ttl == packet.ttl) &&
         transport_fits(*this, packet) && icmp_fits(*this, packet);
}

}  // namespace sonda::inline v0::sim
