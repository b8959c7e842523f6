// Frames recognised.
#include "frames.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include <sonda/wire/icmp_echo.hpp>

#include "icmp_words.hpp"
#include "probe_hash.hpp"

namespace sonda::inline v0::verify {
namespace {

constexpr std::size_t most_quoted = 2'048;  // that the run's error queue has room for

// Tells packets apart; nobody gains anything from two that are not.
std::size_t content_of(Bytes octets) {
  std::uint64_t mixed = octets.size();
  while (!octets.empty()) {
    std::uint64_t word = 0;
    const auto size = std::min(octets.size(), sizeof word);
    std::memcpy(&word, octets.data(), size);
    mixed = (mixed ^ word) * 0x9e37'79b9'7f4a'7c15U;
    mixed ^= mixed >> 32;
    octets = octets.subspan(size);
  }
  return static_cast<std::size_t>(mixed);
}

std::vector<std::uint64_t> frames_of(const Sighting& at) {
  return at.pieces.empty() ? std::vector<std::uint64_t>{at.frame} : at.pieces;
}

}  // namespace

// Of a run there is one comment beside a frame.
std::unique_ptr<FrameComment> Frames::comment_of(const SeenFrame& frame) {
  std::unique_ptr<FrameComment> first;
  for (const auto& text : frame.comments) {
    const auto comment = read_comment(text);
    if (!comment) continue;
    if (!first)
      first = std::make_unique<FrameComment>(*comment);
    else if (case_.options.numbers_are_ours)
      case_.ledger.accuse(
          {.claim = Claim::comment,
           .fault = "second_comment",
           .sentence = fmt::format("frame {} has a second comment about the run", frame.number),
           .frames = {frame.number}});
  }
  return first;
}

void Frames::comment_elsewhere(const Sighting& at) {
  // A copy may hold the frames of several runs, each with its comments.
  if (!at.comment || !case_.options.numbers_are_ours) return;
  case_.ledger.accuse(
      {.claim = Claim::comment,
       .fault = "comment_elsewhere",
       .sentence = fmt::format("frame {} is not of the run that its comment names", at.frame),
       .frames = {at.frame}});
}

// Each piece of a packet has the packet's comment.
void Frames::keep_comment(const Sighting& at) {
  constexpr std::size_t most_comments = 4'096;
  if (!at.comment) return;
  piece_comments_.emplace(at.frame, *at.comment);
  if (piece_comments_.size() > most_comments) piece_comments_.erase(piece_comments_.begin());
}

void Frames::differs(const FrameComment& comment, std::uint64_t frame, const Sighting& of) {
  if (!case_.options.numbers_are_ours || (of.comment && comment == *of.comment)) return;
  case_.ledger.accuse(
      {.claim = Claim::comment,
       .fault = "wrong_comment",
       .sentence = fmt::format("frame {} shows the packet of frame {}, their comments differ",
                               frame, of.frame),
       .frames = {frame, of.frame}});
}

void Frames::check_pieces(const std::vector<std::uint64_t>& pieces, const Sighting& at) {
  for (const auto piece : pieces) {
    const auto known = piece_comments_.find(piece);
    if (known == piece_comments_.end()) continue;
    differs(known->second, piece, at);
    piece_comments_.erase(known);
  }
}

// One packet may be seen twice: on two interfaces, or going out and coming in on one.
bool Frames::same_again(const Sighting& a, const Sighting& b) {
  constexpr std::int64_t at_most = 1'000'000'000;
  const auto apart = a.last_ns < b.last_ns ? b.last_ns - a.last_ns : a.last_ns - b.last_ns;
  const bool elsewhere =
      a.interface != b.interface ||
      (a.direction != b.direction && a.direction != capture::Direction::unknown &&
       b.direction != capture::Direction::unknown);
  return elsewhere && apart < at_most;
}

void Frames::count(const SeenFrame& frame) {
  const auto now = bounded_moment(frame.unix_ns);
  ++case_.frames;
  if (!first_ns_) first_ns_ = last_ns_ = now;
  first_ns_ = std::min(*first_ns_, now), last_ns_ = std::max(*last_ns_, now);
  constexpr std::uint32_t most_interfaces = 65'536;
  if (frame.interface < most_interfaces) {
    if (by_interface_.size() <= frame.interface) by_interface_.resize(frame.interface + 1);
    ++by_interface_[frame.interface];
  }
  if (frame.arp) case_.on_neighbor({frame.number, now, frame.arp_answer});
}

void Frames::on_frame(const SeenFrame& frame) {
  const auto now = bounded_moment(frame.unix_ns);
  count(frame);
  if (frame.arp) {
    comment_elsewhere({.frame = frame.number, .comment = comment_of(frame)});
    ++others_;
    return;
  }
  Sighting at{.frame = frame.number,
              .first_ns = now,
              .last_ns = now,
              .resolution_ns = std::clamp<std::int64_t>(frame.resolution_ns, 1, most_ns / 4),
              .interface = frame.interface,
              .direction = frame.direction,
              .cut = frame.cut};
  if (!frame.comments.empty()) at.comment = comment_of(frame);
  case_.saw_comment |= at.comment != nullptr;
  if (!Fragments::is_fragment(frame.packet)) return look({frame.packet, std::move(at)});
  if (frame.cut) {
    ++cut_pieces_;
    ++others_;
    return;
  }
  const auto earlier = fragments_.copy_of(frame.packet);
  auto whole = fragments_.add({frame.packet, frame.number, now});
  if (!whole) {
    if (earlier != 0) case_.keep_copy(frame.number, earlier);
    keep_comment(at);
    ++others_;
    return;
  }
  check_pieces(whole->frames, at);
  at.pieces = std::move(whole->frames);
  at.first_ns = whole->first_ns, at.last_ns = whole->last_ns;
  others_ -= std::min<std::uint64_t>(others_, at.pieces.size() - 1);
  look({whole->packet, std::move(at)});
}

void Frames::look(Shown shown) {
  if (!case_.started && !recognised_) return wait(shown);
  const auto seen = look_at(shown.packet, shown.at.cut, case_.run);
  switch (seen.kind) {
    case PacketKind::probe:
      return on_probe(seen, shown);
    case PacketKind::candidate:
      return on_candidate(seen, shown);
    case PacketKind::reply:
      return on_reply(seen, shown);
    case PacketKind::error:
      return on_error(seen, shown);
    case PacketKind::neighbor:
      comment_elsewhere(shown.at);
      case_.on_neighbor({shown.at.frame, shown.at.last_ns, seen.message[0] % 2 == 0});
      ++others_;
      return;
    case PacketKind::other:
      return on_other(seen, shown);
  }
}

void Frames::on_other(const SeenPacket& seen, const Shown& shown) {
  if (!recognised_ && seen.icmp) return wait(shown);
  ++others_;
  comment_elsewhere(shown.at);
}

// ----------------------------------------------------------------------- which run is it, anyway

void Frames::wait(const Shown& shown) {
  if (waiting_octets_ + shown.packet.size() > most_waiting) {
    ++others_;
    return;
  }
  waiting_octets_ += shown.packet.size();
  waiting_.push_back(
      {.packet = {shown.packet.begin(), shown.packet.end()},
       .frame = shown.at.frame,
       .first_ns = shown.at.first_ns,
       .last_ns = shown.at.last_ns,
       .resolution_ns = shown.at.resolution_ns,
       .interface = shown.at.interface,
       .direction = shown.at.direction,
       .cut = shown.at.cut,
       .pieces = shown.at.pieces,
       .comment = shown.at.comment ? std::optional{*shown.at.comment} : std::nullopt});
}

void Frames::look_again() {
  waiting_octets_ = 0;
  for (auto& kept : std::exchange(waiting_, {})) {
    Shown shown{.packet = kept.packet,
                .at = {.frame = kept.frame,
                       .pieces = std::move(kept.pieces),
                       .first_ns = kept.first_ns,
                       .last_ns = kept.last_ns,
                       .resolution_ns = kept.resolution_ns,
                       .interface = kept.interface,
                       .direction = kept.direction,
                       .cut = kept.cut}};
    if (kept.comment) shown.at.comment = std::make_unique<FrameComment>(*kept.comment);
    look(std::move(shown));
  }
}

void Frames::on_start() { look_again(); }

void Frames::on_candidate(const SeenPacket&, const Shown& shown) {
  if (!recognised_)
    wait(shown);
  else
    ++others_;
}

// The frame of a packet whose hash is told is a probe, whatever the run says of itself.
bool Frames::adopt(const Kept& kept, std::uint64_t sequence, const Sha256Digest& digest) {
  const auto seen = look_at(kept.packet, kept.cut, case_.run);
  if (!seen.icmp || seen.sequence.value() != static_cast<std::uint16_t>(sequence)) return false;
  if (!case_.started) {  // then only the frames can say who runs what
    const bool raw = hash_of(seen.packet) == digest;
    if (!raw && hash_of(seen.message) != digest) return false;
    case_.told = {.source = seen.source,
                  .target = seen.destination,
                  .identifier = seen.identifier,
                  .raw = raw};
    case_.run = case_.told;
    return true;
  }
  if (seen.kind != PacketKind::candidate ||
      hash_of(case_.told.raw ? seen.packet : seen.message) != digest)
    return false;
  const auto accuse = [&](std::string_view fault, std::string sentence) {
    case_.ledger.accuse({.claim = Claim::identity,
                         .fault = fault,
                         .sentence = std::move(sentence),
                         .sequence = sequence,
                         .line = 1,
                         .frames = {kept.frame}});
  };
  if (seen.destination != case_.told.target.without_zone())
    accuse("wrong_target",
           fmt::format("{} is told as the target, frame {} goes to {}", text_of(case_.told.target),
                       kept.frame, text_of(seen.destination)));
  if (seen.identifier != case_.told.identifier)
    accuse("wrong_identifier",
           fmt::format("identifier {} is told, frame {} has {}", case_.told.identifier.value(),
                       kept.frame, seen.identifier.value()));
  case_.run.source = seen.source, case_.run.target = seen.destination;
  case_.run.identifier = seen.identifier;
  return true;
}

void Frames::on_hash(std::uint64_t sequence, const Sha256Digest& digest) {
  if (recognised_) return;
  for (const auto& kept : waiting_)
    if (adopt(kept, sequence, digest)) {
      recognised_ = true;
      return look_again();
    }
}

// ------------------------------------------------------------------------------------ recognised

void Frames::on_probe(const SeenPacket& seen, Shown& shown) {
  if (!recognised_) {
    recognised_ = true;
    case_.run.source = seen.source;  // a NAT may have changed it, or the run tells a wrong one
    wait(shown);                     // behind those that came before it
    return look_again();
  }
  const auto sequence = Slots::unwrap(seen.sequence, last_);
  auto* slot = slots_.of(sequence);
  if (slot == nullptr) {
    ++others_;
    return;
  }
  last_ = sequence;
  highest_ = std::max(highest_, sequence);
  auto& probe = slot->probe;
  if (probe.seen()) {
    if (same_again(probe.at, shown.at)) {
      if (shown.at.comment) differs(*shown.at.comment, shown.at.frame, probe.at);
      ++others_;
      return;
    }
    probe.copy_frame = shown.at.frame;
    ++probe.copies;
    return;
  }
  case_.octets.keep(seen, probe);
  probe.at = std::move(shown.at);
}

// Whether the slot's probe is the one that is answered or quoted.
bool Frames::is_ours(const Slot& slot, const SeenPacket& seen) const {
  const auto& probe = slot.probe;
  const auto tag = probe.tag();
  const auto starts_alike = [&](Bytes data) {
    return data.size() >= tag.size() && std::equal(tag.begin(), tag.end(), data.begin());
  };
  if (!seen.quotation) return starts_alike(seen.message.subspan(Echo::header_size));
  const auto data = seen.quotation->payload();
  const bool padded = std::ranges::all_of(data, [](std::uint8_t octet) { return octet == 0; });
  if (!tag.empty() && !padded && data.size() >= tag.size()) return starts_alike(data);
  return seen.quotation->transport_checksum().value_or(0) == probe.full_sum;
}

void Frames::on_stranger(const SeenPacket& seen, Shown& shown, ForeignReason reason) {
  strangers_.seen({.from = seen.source,
                   .type = seen.message[0],
                   .code = seen.message[1],
                   .wire_sequence = seen.sequence.value(),
                   .reason = reason,
                   .unix_ns = shown.at.last_ns,
                   .frames = frames_of(shown.at),
                   .comment = shown.at.comment ? std::optional{*shown.at.comment} : std::nullopt});
}

void Frames::on_damaged_reply(const SeenPacket& seen, Shown& shown) {
  StrangerSeen damaged{
      .damaged = true,
      .from = seen.source,
      .must_be_told = case_.told.raw && case_.run.v4(),
      .unix_ns = shown.at.last_ns,
      .frames = frames_of(shown.at),
      .comment = shown.at.comment ? std::optional{*shown.at.comment} : std::nullopt};
  const auto& slot = slots_.of(seen.sequence);
  if (!seen.quotation && slot.probe.seen() && slot.probe.known) {
    damaged.compared = true;
    if (const auto found =
            case_.octets.compare(slot.probe, seen.message.subspan(Echo::header_size))) {
      damaged.octet = found->at;
      damaged.was = found->was, damaged.is = found->is;
    }
  }
  strangers_.seen(std::move(damaged));
}

void Frames::on_reply(const SeenPacket& seen, Shown& shown) {
  if (!seen.header_sum_ok) {  // its system throws it away unread
    ++others_;
    return;
  }
  if (seen.sum == Sum::wrong) return on_damaged_reply(seen, shown);
  auto& slot = slots_.of(seen.sequence);
  const auto data = seen.message.subspan(Echo::header_size);
  ReplySighting reply{.from = seen.source,
                      .ttl = seen.ttl,
                      .bytes = seen.message_size,
                      .orphan = !slot.probe.seen(),
                      .code = seen.message[1],
                      .wire_sequence = seen.sequence.value(),
                      .content = content_of(seen.packet)};
  reply.tag_octets = static_cast<std::uint8_t>(std::min(data.size(), ProbeSighting::tag_size));
  std::copy_n(data.begin(), reply.tag_octets, reply.first_data.begin());
  if (slot.probe.seen()) {
    if (!is_ours(slot, seen)) {
      const auto before = Bytes{slot.tag_before};
      const bool long_ago = slot.had_before && data.size() >= before.size() &&
                            std::equal(before.begin(), before.end(), data.begin());
      if (!long_ago) return on_stranger(seen, shown, ForeignReason::tag);
      ++others_;
      return;
    }
    const auto size = slot.probe.data_size();
    const auto target = case_.run.target.without_zone();
    if (size < ProbeSighting::tag_size && !target.is_multicast() && seen.source != target)
      return on_stranger(seen, shown, ForeignReason::source);
    reply.truncated = seen.message_size - Echo::header_size < size;
    if (slot.probe.known)
      if (const auto found = case_.octets.compare(slot.probe, data)) {
        reply.corrupt_octet = found->at;
        reply.corrupt_was = found->was, reply.corrupt_is = found->is;
      }
  }
  for (const auto& other : slot.replies)
    if (other.content == reply.content && same_again(other.at, shown.at)) {
      if (shown.at.comment) differs(*shown.at.comment, shown.at.frame, other.at);
      ++others_;
      return;
    }
  if (!reply.orphan && slot.replies.empty()) {
    constexpr std::int64_t too_close = 1'000'000;
    if (slot.sequence > highest_answered_) {
      if (shown.at.last_ns > highest_answered_ns_ + too_close) reply.reordered = false;
      highest_answered_ = slot.sequence, highest_answered_ns_ = shown.at.last_ns;
    } else if (shown.at.last_ns > highest_answered_ns_ + too_close) {
      reply.reordered = true;
    }
  }
  reply.at = std::move(shown.at);
  if (case_.has_room(slot.replies.size())) slot.replies.push_back(std::move(reply));
}

void Frames::on_error(const SeenPacket& seen, Shown& shown) {
  if (!seen.header_sum_ok) {
    ++others_;
    return;
  }
  if (seen.sum == Sum::wrong) return on_damaged_reply(seen, shown);
  auto& slot = slots_.of(seen.sequence);
  const auto& quotation = *seen.quotation;
  ErrorSighting error{.from = seen.source,
                      .icmp = read_error(seen.message, seen.version),
                      .quoted_octets = quotation.quoted_octets(),
                      .quoted_transport = quotation.transport().size(),
                      .wire_sequence = seen.sequence.value(),
                      .content = content_of(seen.packet),
                      .orphan = !slot.probe.seen()};
  error.queued = as_queued(error.icmp, seen.message);
  error.most_quoted =
      std::min(most_quoted, seen.message.size() - Echo::header_size - quotation.transport_offset());
  if (slot.probe.seen()) {
    if (!is_ours(slot, seen)) {
      if (case_.told.raw || is_queued(seen.version, error.icmp.type, error.icmp.code))
        on_stranger(seen, shown, ForeignReason::tag);
      else
        ++others_;
      return;
    }
    if (slot.probe.known && !slot.probe.at.cut)
      error.changes = read_changes(case_.octets.packet(slot.probe), quotation);
  }
  for (const auto& other : slot.errors)
    if (other.content == error.content && same_again(other.at, shown.at)) {
      if (shown.at.comment) differs(*shown.at.comment, shown.at.frame, other.at);
      ++others_;
      return;
    }
  error.at = std::move(shown.at);
  if (case_.has_room(slot.errors.size())) slot.errors.push_back(std::move(error));
}

}  // namespace sonda::inline v0::verify
