// The simulated client's system: what it does to packets before a socket sees them.
#include <algorithm>
#include <cerrno>
#include <string>

#include <sonda/run/sim_link.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/wire/icmp_catalogue.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/quotation.hpp>
#include <sonda/wire/tcp.hpp>

#include "queued_info.hpp"

namespace sonda::inline v0::run {
namespace {

Stamp stamp_at(Instant at) {
  return {.ns = at.time_since_epoch().count(), .clock = StampClock::simulated};
}

Failure failure(int error_code, const Address& to) {
  return {"send", error_code, "to " + std::string{to_text(to).view()}};
}

Failure too_large(const Address& to, Mtu mtu) {
  auto failed = failure(EMSGSIZE, to);
  failed.subject += " (MTU " + std::to_string(mtu.value()) + ")";
  return failed;
}

bool is_icmp(const sim::IpPacket& packet) {
  const bool v4 = packet.version == IpVersion::v4;
  return packet.protocol == (v4 ? Protocol::icmp : Protocol::icmpv6);
}

bool icmp_checksum_ok(const sim::IpPacket& packet) {
  if (packet.version == IpVersion::v4) {
    const auto icmp = Icmpv4View::parse(packet.payload());
    return icmp && icmp->checksum_ok();
  }
  const auto icmp = Icmpv6View::parse(packet.payload());
  return icmp && icmp->checksum_ok(packet.source.v6(), packet.destination.v6());
}

Parsed<Echo> echo_in(IpVersion version, Bytes message) {
  return version == IpVersion::v4 ? Echo::parse_icmpv4(message) : Echo::parse_icmpv6(message);
}

}  // namespace

void SimLink::transmit(Instant now, std::span<const Action> batch, Inbox& inbox) {
  for (const auto& action : batch)
    std::visit([&](const auto& wanted) { transmit(now, wanted, inbox); }, action);
}

void SimLink::transmit(Instant now, const Send& action, Inbox& inbox) {
  put(now, action.probe, action.to, action.octets, action.mtu, action.may_fragment, inbox);
}

void SimLink::transmit(Instant now, const SendOn& action, Inbox& inbox) {
  auto echo = socket_ ? echo_in(action.to.is_v4() ? IpVersion::v4 : IpVersion::v6, action.octets)
                      : parse_fault(Layer::icmpv4, Fault::bad_type, 0, 0);
  if (!echo || action.to.is_v4() != socket_->source.is_v4())
    return inbox.on_refused(now, action.probe, failure(EINVAL, action.to));

  echo->identifier = socket_->identifier;
  echo->checksum = ChecksumField::computed();
  const bool v4 = action.to.is_v4();
  const bool dont_fragment = action.path_mtu_discovery == PathMtuDiscovery::keep ||
                             action.path_mtu_discovery == PathMtuDiscovery::probe;
  const sim::Envelope envelope{.from = socket_->source,
                               .to = action.to,
                               .protocol = v4 ? Protocol::icmp : Protocol::icmpv6,
                               .ttl = action.ttl == Ttl{} ? Ttl{64} : action.ttl,
                               .traffic_class = action.traffic_class,
                               .identification = static_cast<std::uint16_t>(++identification_),
                               .dont_fragment = dont_fragment};
  auto packet = envelope.packet(echo->size());
  const auto message = MutableBytes{packet}.subspan(envelope.size());
  if (v4)
    echo->emit(message);
  else
    echo->emit(message, envelope.from.v6(), envelope.to.v6());
  put(now, action.probe, action.to, packet, {}, !dont_fragment, inbox);
}

void SimLink::transmit(Instant now, const Connect& action, Inbox& inbox) {
  if (sockets_) return sockets_->connect(now, action, inbox);
  inbox.on_refused(now, action.probe, {"connect", EOPNOTSUPP, "in the simulated network"});
}

void SimLink::transmit(Instant now, const Abandon& action, Inbox&) {
  if (sockets_) sockets_->abandon(now, action);
}

std::optional<Instant> SimLink::next_wakeup() const {
  const auto packets = network_.next_due();
  const auto timers = sockets_ ? sockets_->next_due() : std::nullopt;
  if (!packets || !timers) return packets ? packets : timers;
  return std::min(*packets, *timers);
}

void SimLink::put(Instant now, ProbeId probe, const Address& to, Bytes packet, Mtu mtu,
                  bool may_fragment, Inbox& inbox) {
  const auto link = network_.client_mtu();
  const auto most = mtu == Mtu{} ? link : std::min(mtu, link);
  if (packet.size() <= most.value()) {
    network_.send(now, packet);
    return inbox.on_sent(now, probe, stamp_at(now));
  }
  const auto pieces =
      may_fragment ? sim::pieces(packet, most, ++identification_) : std::vector<sim::Octets>{};
  if (pieces.empty()) return inbox.on_refused(now, probe, too_large(to, most));
  for (const auto& piece : pieces) network_.send(now, piece);
  inbox.on_sent(now, probe, stamp_at(now));
}

void SimLink::readable(Instant now, Inbox& inbox) {
  while (const auto arrived = network_.take_due(now)) {
    (void)reassembly_.expire(arrived->at);
    const auto piece = sim::IpPacket::read(arrived->octets);
    if (!piece || !network_.client().owns(piece->destination)) continue;
    const auto whole = reassembly_.add(arrived->at, piece->octets);
    if (!whole) continue;
    const auto packet = sim::IpPacket::read(*whole);
    if (packet) deliver(now, *packet, stamp_at(arrived->at), inbox);
  }
  if (sockets_) sockets_->on_time(now, inbox);
}

void SimLink::deliver(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox) {
  const bool v4 = packet.version == IpVersion::v4, icmp = is_icmp(packet);
  if (sockets_) {
    if (!icmp || icmp_checksum_ok(packet)) sockets_->on_packet(now, packet, stamp, inbox);
    return;
  }
  if (!icmp && !is_for_raw_tcp(packet)) return;
  if (socket_) return deliver_to_socket(now, packet, stamp, inbox);
  // A raw ICMPv6 socket verifies the checksum, other raw sockets show everything.
  if (!v4 && icmp && !icmp_checksum_ok(packet)) return;
  inbox.on_packet(now, {.octets = v4 ? packet.octets : packet.payload(),
                        .begins = v4 ? Begins::ip : Begins::transport,
                        .source = packet.source,
                        .destination = packet.destination,
                        .hop_limit = packet.ttl,
                        .traffic_class = packet.traffic_class,
                        .stamp = stamp});
  if (!icmp) reset_half_open(now, packet);
}

bool SimLink::is_for_raw_tcp(const sim::IpPacket& packet) const {
  if (!raw_tcp_ || packet.protocol != Protocol::tcp) return false;
  const auto segment = TcpView::parse(packet.payload());
  return segment && segment->destination_port() == raw_tcp_->source_port;
}

// Nobody listens at the port that is held: our system ends what a SYN-ACK offers (RFC
// 9293 3.10.7.1).
void SimLink::reset_half_open(Instant now, const sim::IpPacket& packet) {
  const auto segment = TcpView::parse(packet.payload());
  const auto wanted = TcpFlags::syn | TcpFlags::ack;
  if (!segment || !segment->checksum_ok(packet.source, packet.destination)) return;
  if (!segment->flags().has(wanted) || segment->flags().has(TcpFlags::rst)) return;
  const TcpHeader reset{.source_port = segment->destination_port(),
                        .destination_port = segment->source_port(),
                        .sequence = segment->acknowledgement(),
                        .flags = TcpFlags::rst,
                        .window = 0};
  const sim::Envelope envelope{.from = packet.destination,
                               .to = packet.source,
                               .protocol = Protocol::tcp,
                               .dont_fragment = true};
  auto out = envelope.packet(reset.size());
  reset.emit(MutableBytes{out}.subspan(envelope.size()), envelope.from, envelope.to);
  network_.send(now, out);
}

void SimLink::deliver_to_socket(Instant now, const sim::IpPacket& packet, Stamp stamp,
                                Inbox& inbox) const {
  if (packet.source.is_v4() != socket_->source.is_v4() || !icmp_checksum_ok(packet)) return;
  const auto echo = echo_in(packet.version, packet.payload());
  if (!echo) return queue_error(now, packet, stamp, inbox);
  if (echo->kind != EchoKind::reply || echo->identifier != socket_->identifier) return;
  inbox.on_packet(now, {.octets = packet.payload(),
                        .begins = Begins::transport,
                        .source = packet.source,
                        .destination = packet.destination,
                        .hop_limit = packet.ttl,
                        .traffic_class = packet.traffic_class,
                        .stamp = stamp});
}

void SimLink::queue_error(Instant now, const sim::IpPacket& packet, Stamp stamp,
                          Inbox& inbox) const {
  const auto message = packet.payload();
  const auto* cause = find_icmp(packet.version, message[0], message[1]);
  if (cause == nullptr || !cause->queued_for_ping) return;
  const auto quotation = Quotation::parse(message, packet.version);
  if (!quotation || quotation->echo_kind() != EchoKind::request ||
      quotation->identifier() != socket_->identifier)
    return;
  const QueuedError error{.origin = ErrorOrigin::icmp,
                          .error_code = cause->recverr_errno,
                          .icmp_type = message[0],
                          .icmp_code = message[1],
                          .offender = packet.source,
                          .info = queued_info(packet.version, message),
                          .destination = quotation->destination(),
                          .quoted = quotation->transport()};
  inbox.on_socket(
      now, {.error_code = cause->recverr_errno, .queue = std::span{&error, 1}, .stamp = stamp});
}

}  // namespace sonda::inline v0::run
