// Frames of a scan recognised.
#include "tcp_frames.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "icmp_words.hpp"
#include "probe_hash.hpp"

namespace sonda::inline v0::verify {
namespace {

constexpr std::size_t most_addresses = 64;

// The same packet on another interface, or going out and coming in on one.
bool same_again(const TcpFrame& a, const TcpFrame& b) {
  constexpr std::int64_t at_most = 1'000'000'000;
  const auto apart = a.unix_ns < b.unix_ns ? b.unix_ns - a.unix_ns : a.unix_ns - b.unix_ns;
  const bool elsewhere =
      a.interface != b.interface ||
      (a.direction != b.direction && a.direction != capture::Direction::unknown &&
       b.direction != capture::Direction::unknown);
  return elsewhere && apart < at_most;
}

}  // namespace

std::unique_ptr<TcpComment> TcpFrames::comment_of(const SeenFrame& frame) {
  std::unique_ptr<TcpComment> first;
  for (const auto& text : frame.comments) {
    auto comment = read_tcp_comment(text);
    if (!comment) continue;
    tcp_.shared.saw_comment = true;
    if (!first)
      first = std::make_unique<TcpComment>(std::move(*comment));
    else if (tcp_.shared.options.numbers_are_ours)
      tcp_.shared.ledger.accuse(
          {.claim = Claim::comment,
           .fault = "second_comment",
           .sentence = fmt::format("frame {} has a second comment about the run", frame.number),
           .frames = {frame.number}});
  }
  return first;
}

void TcpFrames::comment_elsewhere(const TcpFrame& at) {
  // A copy may hold the frames of several runs, each with its comments.
  if (!at.comment || !tcp_.shared.options.numbers_are_ours) return;
  tcp_.shared.ledger.accuse(
      {.claim = Claim::comment,
       .fault = "comment_elsewhere",
       .sentence = fmt::format("frame {} is not of the run that its comment names", at.number),
       .frames = {at.number}});
}

void TcpFrames::on_frame(const SeenFrame& frame) {
  const auto now = bounded_moment(frame.unix_ns);
  ports_.on_time(now);
  TcpFrame at{.number = frame.number,
              .unix_ns = now,
              .resolution_ns = std::clamp<std::int64_t>(frame.resolution_ns, 1, most_ns / 4),
              .interface = frame.interface,
              .direction = frame.direction};
  if (!frame.comments.empty()) at.comment = comment_of(frame);
  if (frame.arp) return comment_elsewhere(at);
  const auto seen = look_at_tcp(frame.packet, frame.cut);
  switch (seen.kind) {
    case TcpPacket::Kind::segment:
      return on_segment(seen, std::move(at), frame.cut);
    case TcpPacket::Kind::error:
      return on_error(seen, std::move(at));
    case TcpPacket::Kind::neighbor:
      tcp_.shared.on_neighbor({frame.number, now, seen.message[0] % 2 == 0});
      return comment_elsewhere(at);
    case TcpPacket::Kind::other:
      return comment_elsewhere(at);
  }
}

// Where both ports are ours, or both ends, what the segment is decides whose it is.
void TcpFrames::on_segment(const TcpPacket& seen, TcpFrame at, bool cut) {
  const auto& segment = *seen.segment;
  const auto source = segment.source_port(), destination = segment.destination_port();
  if (!tcp_.ours(source) && !tcp_.ours(destination)) return comment_elsewhere(at);
  const auto flags = segment.flags();
  const bool syn = flags.has(TcpFlags::syn), ack = flags.has(TcpFlags::ack);
  const bool rst = flags.has(TcpFlags::rst);
  if (syn && !ack && !rst) return on_syn(seen, std::move(at), cut);
  if (syn && ack && !rst) return on_answer(AnswerKind::syn_ack, seen, std::move(at));
  // RFC 9293, 3.10.7.1: what answers a SYN with a RST has nothing to count from.
  const bool answers_a_syn = rst && ack && segment.sequence().value() == 0;
  if (answers_a_syn || (rst && tcp_.ours(destination) && !tcp_.ours(source)))
    return on_answer(AnswerKind::rst, seen, std::move(at));
  on_other(seen, std::move(at), cut);
}

void TcpFrames::on_syn(const TcpPacket& seen, TcpFrame at, bool cut) {
  const PortKey key{seen.destination, seen.segment->destination_port()};
  if (!tcp_.ours(seen.segment->source_port()) && ports_.find(key) == nullptr &&
      !tcp_.own_addresses.contains(seen.source))
    return comment_elsewhere(at);  // somebody's connection to our port
  if (tcp_.own_addresses.size() < most_addresses) tcp_.own_addresses.insert(seen.source);
  if (const auto* judged = ports_.judged(key)) return after_the_verdict(*judged, key, at);
  auto& port = ports_.of(key);
  const auto sequence = seen.segment->sequence().value();
  for (const auto& syn : port.syns)
    if (syn.sequence == sequence && same_again(syn.at, at)) return;
  ++tcp_.shared.frames_of_the_run;
  ++tcp_.syns_seen;
  if (port.syns.empty()) ++tcp_.ports_seen;
  if (port.syns.size() >= TcpPort::most_frames) {
    port.overflowed = true;
    return;
  }
  SynSeen syn{.at = std::move(at),
              .source = seen.source,
              .sequence = sequence,
              .sum = seen.sum,
              .header_sum_ok = seen.header_sum_ok,
              .cut = cut};
  if (tcp_.hashes && !cut) syn.digest = hash_of(seen.packet);
  port.syns.push_back(std::move(syn));
  if (port.told && port.syns.size() == 1) ports_.may_leave(key, port.told->result.took.count());
}

// Somebody may send us what answers nothing; of that there is no end.
TcpPort* TcpFrames::room_for(const PortKey& key) {
  if (auto* port = ports_.find(key)) return port;
  if (strange_ >= TcpPorts::most_strange) {
    tcp_.shared.flooded = true;
    return nullptr;
  }
  ++strange_;
  return &ports_.of(key);
}

// As far as is known: where SYNs come from.
bool TcpFrames::is_own(const Address& address) const {
  return tcp_.own_addresses.empty() || tcp_.own_addresses.contains(address) ||
         tcp_.own_addresses.size() >= most_addresses;
}

void TcpFrames::on_answer(AnswerKind kind, const TcpPacket& seen, TcpFrame at) {
  const PortKey key{seen.source, seen.segment->source_port()};
  // Its system throws it away unread.
  if (!seen.header_sum_ok || seen.sum == Sum::wrong) return comment_elsewhere(at);
  if (!is_own(seen.destination)) return;
  keep_answer(key, {.kind = kind,
                    .at = std::move(at),
                    .from = seen.source,
                    .ttl = seen.ttl,
                    .sequence = seen.segment->sequence().value(),
                    .acknowledgement = seen.segment->acknowledgement().value(),
                    .acknowledges = seen.segment->flags().has(TcpFlags::ack)});
}

void TcpFrames::on_error(const TcpPacket& seen, TcpFrame at) {
  const auto& quotation = *seen.quotation;
  if (!tcp_.ours(*quotation.source_port()) || !seen.header_sum_ok || seen.sum == Sum::wrong)
    return comment_elsewhere(at);
  if (!is_own(seen.destination) || !is_own(quotation.source())) return;
  AnswerSeen error{.kind = AnswerKind::error,
                   .at = std::move(at),
                   .from = seen.source,
                   .ttl = seen.ttl,
                   .quoted_sequence = quotation.tcp_sequence(),
                   .icmp = read_error(seen.message, seen.version)};
  error.queued = as_queued(error.icmp, seen.message);
  keep_answer({quotation.destination(), *quotation.destination_port()}, std::move(error));
}

void TcpFrames::keep_answer(const PortKey& key, AnswerSeen answer) {
  if (const auto* judged = ports_.judged(key)) {
    if (answer.kind == AnswerKind::syn_ack && answer.acknowledges &&
        answer.acknowledgement == judged->acknowledgement && judged->kind == CauseKind::rst)
      tcp_.shared.ledger.accuse(
          {.claim = Claim::unexplained,
           .fault = "reply_untold",
           .sentence = fmt::format("frame {} is a SYN-ACK of port {} of {}, told otherwise",
                                   answer.at.number, key.port.value(), text_of(key.address)),
           .line = judged->line,
           .frames = {answer.at.number}});
    return after_the_verdict(*judged, key, answer.at);
  }
  auto* port = room_for(key);
  if (port == nullptr) return;
  for (const auto& other : port->answers)
    if (other.kind == answer.kind && other.sequence == answer.sequence &&
        other.acknowledgement == answer.acknowledgement && other.icmp == answer.icmp &&
        same_again(other.at, answer.at))
      return;
  ++tcp_.shared.frames_of_the_run;
  if (answer.kind == AnswerKind::syn_ack && tcp_.syn_mode) {
    auto& distance = tcp_.distances[key.address];
    distance.least = std::min(distance.least, hops_of(answer.ttl));
    distance.most = std::max(distance.most, hops_of(answer.ttl));
  }
  if (port->answers.size() < TcpPort::most_frames)
    port->answers.push_back(std::move(answer));
  else
    port->overflowed = true;
}

void TcpFrames::on_other(const TcpPacket& seen, TcpFrame at, bool cut) {
  const auto& segment = *seen.segment;
  const bool sent = tcp_.ours(segment.source_port());
  if (!sent && !is_own(seen.destination)) return;
  if (!sent && (!seen.header_sum_ok || seen.sum == Sum::wrong)) return comment_elsewhere(at);
  const PortKey key{sent ? seen.destination : seen.source,
                    sent ? segment.destination_port() : segment.source_port()};
  if (const auto* judged = ports_.judged(key)) return after_the_verdict(*judged, key, at);
  auto* port = room_for(key);
  if (port == nullptr) return;
  ++tcp_.shared.frames_of_the_run;
  const auto flags = segment.flags();
  const bool rst = flags.has(TcpFlags::rst), fin = flags.has(TcpFlags::fin);
  const auto size = seen.message_size > segment.header_size()
                        ? seen.message_size - segment.header_size()
                        : std::size_t{0};
  if (sent) {
    auto& first = size > 0 ? port->our_data
                  : rst    ? port->our_rst
                  : fin    ? port->our_fin
                           : port->our_ack;
    if (first == 0) first = at.number;
  } else if (size > 0) {
    // What follows the SYN-ACK directly; octets behind a gap, or once more, say nothing new.
    const auto answer = std::ranges::find(port->answers, AnswerKind::syn_ack, &AnswerSeen::kind);
    const auto next = answer != port->answers.end()
                          ? answer->sequence + 1 + static_cast<std::uint32_t>(port->said.size())
                          : segment.sequence().value();
    if (segment.sequence().value() == next && !port->said_cut) {
      if (port->said.empty()) port->said_ns = at.unix_ns, port->said_frame = at.number;
      const auto octets = segment.payload();
      const auto room = TcpPort::most_octets - port->said.size();
      port->said.append(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(
                                                             std::min(room, octets.size())));
      port->said_cut = octets.size() < size || octets.size() > room || cut;
    }
  }
  const auto kind = size > 0     ? OtherKind::banner
                    : rst || fin ? OtherKind::ending
                                 : OtherKind::handshake;
  if (port->others.size() < TcpPort::most_frames)
    port->others.push_back({.kind = kind, .ours = sent, .at = std::move(at)});
  else
    port->overflowed = true;
}

void TcpFrames::after_the_verdict(const JudgedPort& judged, const PortKey& key,
                                  const TcpFrame& at) {
  ++tcp_.shared.frames_of_the_run;
  if (!at.comment || judged.control) return;
  if (at.comment->probe == judged.probe.value())
    return tcp_.shared.ledger.holds(Claim::comment, at.number);
  tcp_.shared.ledger.accuse(
      {.claim = Claim::comment,
       .fault = at.comment->readable ? "wrong_comment" : "comment_unreadable",
       .sentence = fmt::format("the comment of frame {} names another probe than that of port {} "
                               "of {}",
                               at.number, key.port.value(), text_of(key.address)),
       .line = judged.line,
       .frames = {at.number}});
}

}  // namespace sonda::inline v0::verify
