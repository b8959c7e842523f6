// Segments to and from the connections of a simulated server, and the table of them.
#include <algorithm>
#include <functional>

#include <sonda/sim/pieces.hpp>
#include <sonda/sim/tcp_server.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/quotation.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr std::size_t default_mss_v4 = 536, default_mss_v6 = 1'220;  // RFC 9293 section 3.7.1

std::size_t headers(const Address& address) {
  return (address.is_v4() ? Ipv4View::min_size : Ipv6View::size) + TcpView::min_size;
}

std::size_t payload_of(Mtu mtu, const Address& address) {
  const std::size_t most = std::min<std::size_t>(mtu.value(), 0xffff);
  return std::max(most, headers(address)) - headers(address);
}

// The RST that RFC 9293 section 3.10.7.2 has for an ACK that belongs to nothing.
TcpSegment reset_of(const TcpView& segment) {
  return {.sequence = segment.acknowledgement().value(), .flags = TcpFlags::rst};
}

Octets packet_of(const std::tuple<Address, Port, Address, Port>& key, const TcpSegment& segment,
                 Ttl ttl) {
  const auto& [peer, peer_port, own, own_port] = key;
  TcpHeader tcp{.source_port = own_port,
                .destination_port = peer_port,
                .sequence = TcpSequence{segment.sequence},
                .acknowledgement = TcpSequence{segment.acknowledgement},
                .flags = segment.flags,
                .window = segment.window};
  if (segment.mss) tcp.options.mss(*segment.mss);
  const Envelope envelope{
      .from = own, .to = peer, .protocol = Protocol::tcp, .ttl = ttl, .dont_fragment = true};
  auto packet = envelope.packet(tcp.size() + segment.data.size());
  const auto room = MutableBytes{packet}.subspan(envelope.size());
  std::ranges::copy(segment.data, room.subspan(tcp.size()).begin());
  tcp.emit(room, own, peer);
  return packet;
}

// What an ICMP error says of the MTU of the way, if it does.
std::optional<Mtu> told_mtu(const IpPacket& error) {
  if (error.version == IpVersion::v6) {
    const auto icmp = Icmpv6View::parse(error.payload());
    return icmp ? icmp->mtu() : std::nullopt;
  }
  const auto icmp = Icmpv4View::parse(error.payload());
  return icmp ? icmp->next_hop_mtu() : std::nullopt;
}

}  // namespace

TcpServer::Key TcpServer::key_of(const IpPacket& packet, const TcpView& segment) {
  return {packet.source, segment.source_port(), packet.destination, segment.destination_port()};
}

void TcpServer::on_segment(const IpPacket& packet, const TcpService& service, const Way& way,
                           Instant now, Outbox& out) {
  const auto segment = TcpView::parse(packet.payload());
  if (!segment) return;
  const auto key = key_of(packet, *segment);
  if (service.kind == TcpKind::syn_ack) return answer_statelessly(key, *segment, service, way, out);

  auto entry = table_.find(key);
  const bool is_syn = segment->flags().has(TcpFlags::syn) && !segment->flags().has(TcpFlags::ack);
  const bool over =
      entry != table_.end() && (entry->second.heard + patience < now ||
                                (is_syn && entry->second.connection.may_be_replaced_by(*segment)));
  if (over) forget(entry), entry = table_.end();
  if (entry == table_.end()) return listen(packet, *segment, service, way, now, out);

  entry->second.heard = now;
  entry->second.way = way;
  for (const auto& answer : entry->second.connection.on_segment(*segment, now))
    out.send(way.side, packet_of(key, answer, way.ttl), {});
  settle(entry);
}

void TcpServer::listen(const IpPacket& packet, const TcpView& segment, const TcpService& service,
                       const Way& way, Instant now, Outbox& out) {
  const auto key = key_of(packet, segment);
  const auto flags = segment.flags();
  if (flags.has(TcpFlags::rst)) return;
  if (flags.has(TcpFlags::ack))
    return out.send(way.side, packet_of(key, reset_of(segment), way.ttl), {});
  // Linux drops a SYN with a FIN; RFC 9293 what has no SYN.
  if (!flags.has(TcpFlags::syn) || flags.has(TcpFlags::fin))
    return out.note(Deed::ignored, packet.octets);

  make_room(now);
  const bool v4 = packet.version == IpVersion::v4;
  const TcpConnection::Plan plan{
      .first_sequence = static_cast<std::uint32_t>(out.random().next()),
      .mss = static_cast<std::uint16_t>(payload_of(out.mtu(way.side), packet.source)),
      .peer_mss = static_cast<std::uint16_t>(v4 ? default_mss_v4 : default_mss_v6),
      .banner = banner_of(segment.destination_port(), service),
      .echoes = service.kind == TcpKind::echo,
      .closes = service.closes,
      .tarpit = service.kind == TcpKind::tarpit,
      .delay = service.delay};
  const auto entry = table_
                         .emplace(key, Entry{.connection = TcpConnection{plan, segment, now},
                                             .way = way,
                                             .heard = now,
                                             .number = next_number_})
                         .first;
  by_age_.emplace(next_number_++, key);
  out.send(way.side, packet_of(key, entry->second.connection.syn_ack(), way.ttl), plan.delay);
  settle(entry);
}

// A SYN that comes again gets the same answer, though nobody remembers it (RFC 6528 section 3).
void TcpServer::answer_statelessly(const Key& key, const TcpView& syn, const TcpService& service,
                                   const Way& way, Outbox& out) {
  const auto flags = syn.flags();
  const bool asks = flags.has(TcpFlags::syn) && !flags.has(TcpFlags::ack) &&
                    !flags.has(TcpFlags::rst) && !flags.has(TcpFlags::fin);
  if (!asks) return;
  if (!secret_) secret_ = out.random().next();
  const auto& peer = std::get<0>(key);
  auto mixed = *secret_ ^ syn.sequence().value();
  for (const auto octet : peer.octets()) mixed = splitmix64(mixed) ^ octet;
  mixed ^= std::uint64_t{syn.source_port().value()} << 16 | syn.destination_port().value();
  const TcpSegment answer{.sequence = static_cast<std::uint32_t>(splitmix64(mixed)),
                          .acknowledgement = syn.sequence().value() + 1,
                          .flags = TcpFlags::syn | TcpFlags::ack,
                          .window = TcpConnection::window,
                          .mss = static_cast<std::uint16_t>(payload_of(out.mtu(way.side), peer))};
  out.send(way.side, packet_of(key, answer, way.ttl), service.delay);
}

void TcpServer::on_path_mtu(const IpPacket& error, Instant now, Outbox& out) {
  const auto mtu = told_mtu(error);
  const auto quotation = Quotation::parse(error.payload(), error.version);
  if (!mtu || !quotation || quotation->protocol() != Protocol::tcp) return;
  const auto own = quotation->source_port();
  const auto peer = quotation->destination_port();
  if (!own || !peer) return;
  const auto entry = table_.find({quotation->destination(), *peer, quotation->source(), *own});
  if (entry == table_.end()) return;
  const auto& [key, found] = *entry;
  auto& connection = entry->second.connection;
  for (const auto& again : connection.on_smaller_mss(payload_of(*mtu, quotation->source()), now))
    out.send(found.way.side, packet_of(key, again, found.way.ttl), {});
  settle(entry);
}

void TcpServer::on_time(Instant now, Outbox& out) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto entry = table_.find(timers_.begin()->second);
    auto& [key, due] = *entry;
    for (const auto& segment : due.connection.on_time(now))
      out.send(due.way.side, packet_of(key, segment, due.way.ttl), {});
    settle(entry);
  }
}

std::optional<Instant> TcpServer::next_due() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

bool TcpServer::is_established(const IpPacket& packet) const {
  const auto segment = TcpView::parse(packet.payload());
  if (!segment) return false;
  const auto entry = table_.find(key_of(packet, *segment));
  return entry != table_.end() &&
         entry->second.connection.state() != TcpConnection::State::syn_received;
}

std::shared_ptr<const Octets> TcpServer::banner_of(Port port, const TcpService& service) {
  if (service.banner.empty() || service.kind == TcpKind::tarpit) return nullptr;
  auto& kept = banners_[port];
  if (!kept || *kept != service.banner) kept = std::make_shared<const Octets>(service.banner);
  return kept;
}

// The table and the timers follow what the connection has become.
void TcpServer::settle(Table::iterator entry) {
  auto& [key, held] = *entry;
  if (held.connection.state() == TcpConnection::State::closed) return forget(entry);
  if (held.due == held.connection.due()) return;
  if (held.due) timers_.erase({*held.due, key});
  held.due = held.connection.due();
  if (held.due) timers_.emplace(*held.due, key);
}

void TcpServer::forget(Table::iterator entry) {
  const auto& [key, held] = *entry;
  if (held.due) timers_.erase({*held.due, key});
  by_age_.erase(held.number);
  table_.erase(entry);
}

// For one connection more. Those at the head that have been idle too long go with the oldest.
void TcpServer::make_room(Instant now) {
  while (!table_.empty()) {
    const auto oldest = table_.find(by_age_.begin()->second);
    if (table_.size() < most_connections && now <= oldest->second.heard + patience) return;
    forget(oldest);
  }
}

}  // namespace sonda::inline v0::sim
