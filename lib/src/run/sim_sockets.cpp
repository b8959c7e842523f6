// connect() on the simulated client, from its first SYN to its errno.
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include <sonda/probe/tcp_plan.hpp>
#include <sonda/run/sim_sockets.hpp>
#include <sonda/wire/icmp_catalogue.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/quotation.hpp>

#include "queued_info.hpp"

namespace sonda::inline v0::run {
namespace {

constexpr std::uint8_t tcp_established = 1, tcp_syn_sent = 2;  // tcpi_state
constexpr std::uint16_t window = 64'240;

Stamp stamp_at(Instant at) {
  return {.ns = at.time_since_epoch().count(), .clock = StampClock::simulated};
}

Failure failure(int error_code, const Address& to) {
  return {"connect", error_code, "to " + std::string{to_text(to).view()}};
}

}  // namespace

void SimSockets::connect(Instant now, const Connect& action, Inbox& inbox) {
  const auto number = action.flow.value();
  const auto source = std::ranges::find(plan_.sources, action.to.is_v4(), &Address::is_v4);
  if (source == plan_.sources.end())
    return inbox.on_refused(now, action.probe, failure(ENETUNREACH, action.to));
  if (flows_.contains(number))
    return inbox.on_refused(now, action.probe, failure(EALREADY, action.to));
  if (by_peer_.contains({action.to, action.port}))
    return inbox.on_refused(now, action.probe, failure(EADDRNOTAVAIL, action.to));

  std::array<std::uint8_t, 8> octets{};
  store(octets, 0, action.probe.value());
  auto& flow = flows_[number];
  flow = {.wanted = action,
          .source = *source,
          .started = now,
          .first_sequence = static_cast<std::uint32_t>(siphash(plan_.key, octets))};
  by_peer_[{action.to, action.port}] = number;
  closing_.erase({action.to, action.port});
  send_syn(now, number, flow);
  inbox.on_sent(now, action.probe, stamp_at(now));
}

void SimSockets::send(Instant now, const Flow& flow, TcpFlags flags, std::uint32_t sequence) const {
  TcpHeader header{.source_port = plan_.source_port,
                   .destination_port = flow.wanted.port,
                   .sequence = TcpSequence{sequence},
                   .flags = flags,
                   .window = window};
  if (flags.has(TcpFlags::ack)) header.acknowledgement = TcpSequence{flow.receive_next};
  if (flags.has(TcpFlags::syn)) header.options.mss(1'460);
  const sim::Envelope envelope{.from = flow.source,
                               .to = flow.wanted.to,
                               .protocol = Protocol::tcp,
                               .ttl = flow.wanted.ttl == Ttl{} ? Ttl{64} : flow.wanted.ttl,
                               .identification = static_cast<std::uint16_t>(sequence | 1U),
                               .dont_fragment = true};
  auto packet = envelope.packet(header.size());
  header.emit(MutableBytes{packet}.subspan(envelope.size()), envelope.from, envelope.to);
  network_.send(now, packet);
}

void SimSockets::send_syn(Instant now, std::uint32_t number, Flow& flow) {
  send(now, flow, TcpFlags::syn, flow.first_sequence);
  ++flow.transmissions;
  const auto give_up =
      flow.started + std::max<Duration>(flow.wanted.deadline, std::chrono::seconds{1});
  wake_at(number, flow, std::min(give_up, flow.started + syn_time(flow.transmissions)));
}

void SimSockets::wake_at(std::uint32_t number, Flow& flow, std::optional<Instant> at) {
  if (flow.due) timers_.erase({*flow.due, number});
  flow.due = at;
  if (at) timers_.emplace(*at, number);
}

void SimSockets::forget(Flows::iterator flow) {
  wake_at(flow->first, flow->second, std::nullopt);
  by_peer_.erase({flow->second.wanted.to, flow->second.wanted.port});
  flows_.erase(flow);
}

void SimSockets::fail(Flows::iterator flow, Instant now, int error_code,
                      std::span<const QueuedError> queue, Stamp stamp, Inbox& inbox) {
  const auto transmissions = flow->second.transmissions;
  const SocketReport report{
      .flow = flow->second.wanted.flow,
      .error_code = error_code,
      .transmissions = plan_.tells_transmissions ? transmissions : std::uint8_t{0},
      .queue = queue,
      .stamp = stamp};
  forget(flow);
  inbox.on_socket(now, report);
}

void SimSockets::abandon(Instant now, const Abandon& action) {
  const auto found = flows_.find(action.flow.value());
  if (found == flows_.end()) return;
  auto& flow = found->second;
  if (flow.established) {
    const bool fin = action.ending == Ending::fin;
    send(now, flow, (fin ? TcpFlags::fin : TcpFlags::rst) | TcpFlags::ack, flow.first_sequence + 1);
    if (fin) closing_[{flow.wanted.to, flow.wanted.port}] = flow.first_sequence + 2;
  }
  forget(found);
}

void SimSockets::on_time(Instant now, Inbox& inbox) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto [at, number] = *timers_.begin();
    const auto found = flows_.find(number);
    auto& flow = found->second;
    const bool over = at >= flow.started + flow.wanted.deadline ||
                      flow.transmissions > flow.wanted.retransmissions;
    // Linux: what is known of a soft error is told at the end (sk_err_soft).
    if (over)
      fail(found, now, flow.soft_error != 0 ? flow.soft_error : ETIMEDOUT, {}, stamp_at(at), inbox);
    else
      send_syn(at, number, flow);
  }
}

std::optional<Instant> SimSockets::next_due() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first;
}

// ------------------------------------------------------------------------------------ what comes

void SimSockets::on_packet(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox) {
  if (packet.protocol == Protocol::tcp) return on_segment(now, packet, stamp, inbox);
  on_icmp(now, packet, stamp, inbox);
}

void SimSockets::on_segment(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox) {
  const auto segment = TcpView::parse(packet.payload());
  if (!segment || !segment->checksum_ok(packet.source, packet.destination)) return;
  if (segment->destination_port() != plan_.source_port) return;
  const auto known = by_peer_.find({packet.source, segment->source_port()});
  if (known == by_peer_.end()) return on_stray(now, packet, *segment);
  const auto flow = flows_.find(known->second);
  if (flow->second.established)
    on_established(now, flow, *segment, stamp, inbox);
  else
    on_syn_sent(now, flow, *segment, stamp, inbox);
}

// RFC 9293 3.10.7.3.
void SimSockets::on_syn_sent(Instant now, Flows::iterator found, const TcpView& segment,
                             Stamp stamp, Inbox& inbox) {
  auto& flow = found->second;
  const auto flags = segment.flags();
  const bool ours =
      flags.has(TcpFlags::ack) && segment.acknowledgement().value() == flow.first_sequence + 1;
  if (!ours) return;
  if (flags.has(TcpFlags::rst)) return fail(found, now, ECONNREFUSED, {}, stamp, inbox);
  if (!flags.has(TcpFlags::syn)) return;

  flow.established = true;
  flow.receive_next = segment.sequence().value() + 1;
  wake_at(found->first, flow, std::nullopt);
  if (flow.wanted.ending != Ending::half_open)
    send(now, flow, TcpFlags::ack, flow.first_sequence + 1);
  SocketReport report{.flow = flow.wanted.flow,
                      .tcp_state = tcp_established,
                      .transmissions = flow.transmissions,
                      .window = segment.window(),
                      .stamp = stamp};
  if (flow.transmissions == 1)
    report.handshake = Duration{stamp.ns} - flow.started.time_since_epoch();
  inbox.on_socket(now, report);
}

void SimSockets::on_established(Instant now, Flows::iterator found, const TcpView& segment,
                                Stamp stamp, Inbox& inbox) {
  auto& flow = found->second;
  const auto flags = segment.flags();
  const auto number = flow.wanted.flow;
  const auto acknowledge = [&] { send(now, flow, TcpFlags::ack, flow.first_sequence + 1); };
  if (flags.has(TcpFlags::syn)) {  // once more: our ACK was lost, or is held back
    if (flow.wanted.ending != Ending::half_open) acknowledge();
    return;
  }
  if (segment.sequence().value() != flow.receive_next) {
    if (!flags.has(TcpFlags::rst)) acknowledge();
    return;
  }
  if (flags.has(TcpFlags::rst)) {
    forget(found);
    return inbox.on_socket(now, {.flow = number, .error_code = ECONNRESET, .stamp = stamp});
  }
  const bool ends = flags.has(TcpFlags::fin);
  if (segment.payload().empty() && !ends) return;
  flow.receive_next += static_cast<std::uint32_t>(segment.payload().size()) + (ends ? 1 : 0);
  acknowledge();
  inbox.on_socket(now, {.flow = number,
                        .tcp_state = tcp_established,
                        .data = segment.payload(),
                        .end_of_data = ends,
                        .stamp = stamp});
}

// Of a connection that is closing, or of none.
void SimSockets::on_stray(Instant now, const sim::IpPacket& packet, const TcpView& segment) {
  const auto flags = segment.flags();
  if (flags.has(TcpFlags::rst)) return;
  Flow flow{.wanted = {.to = packet.source, .port = segment.source_port()},
            .source = packet.destination};
  const bool ends = flags.has(TcpFlags::fin);
  flow.receive_next = segment.sequence().value() +
                      static_cast<std::uint32_t>(segment.payload().size()) + (ends ? 1 : 0);
  const auto closing = closing_.find({packet.source, segment.source_port()});
  if (closing == closing_.end()) {
    if (flags.has(TcpFlags::ack)) send(now, flow, TcpFlags::rst, segment.acknowledgement().value());
  } else if (ends || !segment.payload().empty()) {
    send(now, flow, TcpFlags::ack, closing->second);
    if (ends) closing_.erase(closing);
  }
}

void SimSockets::on_icmp(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox) {
  const auto message = packet.payload();
  const auto quotation = Quotation::parse(message, packet.version);
  if (!quotation || quotation->protocol() != Protocol::tcp) return;
  const auto source = quotation->source_port(), destination = quotation->destination_port();
  if (!source || !destination || *source != plan_.source_port) return;
  const auto known = by_peer_.find({quotation->destination(), *destination});
  if (known == by_peer_.end()) return;
  const auto found = flows_.find(known->second);
  auto& flow = found->second;
  // Linux: an error about what was not sent is ignored, and nothing ends a connection that stands.
  if (flow.established || quotation->tcp_sequence() != flow.first_sequence) return;
  const auto* cause = find_icmp(packet.version, message[0], message[1]);
  if (cause == nullptr || cause->connect_errno == 0) return;
  const QueuedError error{.origin = ErrorOrigin::icmp,
                          .error_code = cause->recverr_errno,
                          .icmp_type = message[0],
                          .icmp_code = message[1],
                          .offender = packet.source,
                          .info = queued_info(packet.version, message),
                          .destination = quotation->destination(),
                          .quoted = quotation->transport()};
  if (!plan_.icmp_is_soft)
    return fail(found, now, cause->connect_errno, std::span{&error, 1}, stamp, inbox);
  flow.soft_error = cause->connect_errno;
  inbox.on_socket(now, {.flow = flow.wanted.flow,
                        .tcp_state = tcp_syn_sent,
                        .transmissions = flow.transmissions,
                        .queue = std::span{&error, 1},
                        .stamp = stamp});
}

}  // namespace sonda::inline v0::run
