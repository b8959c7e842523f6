// How a lab's frames are judged.
#include "lab_judge.hpp"

#include <sonda/wire/ethernet.hpp>

namespace sonda::inline v0::verify {
namespace {

Allowed allowed_by(const LabComment& comment) {
  Allowed out{.damaged = comment.fate == "damaged"};
  for (const auto& deed : comment.deeds) {
    out.rewritten = out.rewritten || deed.words == "rewrites it";
    out.translated = out.translated || deed.words == "translates its address";
  }
  return out;
}

bool answers_oddly(const LabComment& comment) {
  return std::ranges::any_of(
      comment.deeds, [](const LabDeed& deed) { return deed.words == "answers in its own manner"; });
}

}  // namespace

const LabDeed* stopping_deed(const LabComment& comment) {
  const auto found = std::ranges::find_if(comment.deeds, [](const LabDeed& deed) {
    return kind_of_deed(deed.words) == DeedKind::stops;
  });
  return found == comment.deeds.end() ? nullptr : &*found;
}

std::string text_of(const IcmpKind& kind) { return fmt::format("{}/{}", kind.type, kind.code); }

// ------------------------------------------------------------------------------- one frame, alone

void LabClaims::State::judge_place(Held& frame, const capture::Frame& seen,
                                   const capture::Interface& interface) {
  const auto &from = frame.comment.from, &to = frame.comment.to;
  const bool there = interface.name == from + '-' + to, back = interface.name == to + '-' + from;
  if (!there && !back)
    return lies(
        Claim::crossing, frame, "wrong_link",
        fmt::format("goes from {} to {} by its comment, on the link {}", from, to, interface.name));
  const auto way = there ? capture::Direction::out : capture::Direction::in;
  if (seen.direction != capture::Direction::unknown && seen.direction != way)
    return lies(Claim::crossing, frame, "wrong_direction",
                fmt::format("goes from {} to {} by its comment, and the other way by its direction",
                            from, to));
  if (const auto ethernet = EthernetView::parse(seen.octets);
      ethernet && interface.link_type == capture::LinkType::ethernet) {
    // The last octet says which end: 1 of the machine that the link names first
    // (lab::link_address).
    const auto ends =
        std::pair{ethernet->source().octets()[5], ethernet->destination().octets()[5]};
    const auto wanted = there ? std::pair<std::uint8_t, std::uint8_t>{1, 2}
                              : std::pair<std::uint8_t, std::uint8_t>{2, 1};
    if (ends != wanted)
      return lies(Claim::crossing, frame, "wrong_ends",
                  fmt::format("goes from {} to {} by its comment, and its Ethernet addresses are "
                              "those of other ends",
                              from, to));
  }
  for (const auto& deed : frame.comment.deeds)
    if (deed.at != to)
      return lies(Claim::crossing, frame, "wrong_machine",
                  fmt::format("goes to {}, and {} is said to do something with it", to, deed.at));
  if (!frame.comment.deeds.empty() && ends_there(frame.comment.fate).value_or(false))
    return lies(Claim::crossing, frame, "lost_and_handled",
                fmt::format("is {} on its way to {}, which is said to do something with it",
                            frame.comment.fate, to));
  holds(Claim::crossing, frame.number);
}

void LabClaims::State::judge_checksums(Held& frame, const Held* cause) {
  const auto packet = read_packet(frame.octets);
  if (!packet) return;
  const auto sums = checksums(*packet);
  // Broken by a machine on purpose, or handed on as it came.
  const auto kind = error_of(*packet);
  const bool on_purpose =
      cause != nullptr && std::ranges::any_of(cause->comment.deeds, [&kind](const LabDeed& deed) {
        return deed.wrong_checksum && deed.says == kind;
      });
  const bool told =
      on_purpose || frame.comment.wrong_checksum ||
      (cause != nullptr && cause->wrong_checksum && (!kind || cause->awaited.empty()));
  frame.wrong_checksum = told && sums == Sums::wrong_segment;
  if (told)
    return judge(Claim::checksum, frame, sums == Sums::wrong_segment, "checksum_mended",
                 "its checksum is said to be wrong, and is right",
                 cause == nullptr ? 0 : cause->number);
  // A host that does so, a link that flips bits, and whoever hands on what came of that.
  const bool oddly = cause != nullptr && (answers_oddly(cause->comment) || cause->oddly_summed ||
                                          cause->comment.fate == "damaged");
  frame.oddly_summed = oddly && sums == Sums::wrong_segment;
  if (sums == Sums::right || frame.oddly_summed) return holds(Claim::checksum, frame.number);
  lies(Claim::checksum, frame,
       sums == Sums::wrong_header ? "header_checksum_wrong" : "segment_checksum_wrong",
       sums == Sums::wrong_header ? "the checksum of its IP header is wrong"
                                  : "the checksum behind its IP header is wrong");
}

void LabClaims::State::judge_deeds(Held& frame) {
  const auto packet = read_packet(frame.octets);
  for (const auto& deed : frame.comment.deeds) {
    if (deed.words == "translates its address" && translators.size() < most_machines)
      translators.insert(deed.at);
    if (kind_of_deed(deed.words) == DeedKind::unknown) {
      fails(Claim::comment, Verdict::inconclusive, "unknown_deed",
            fmt::format("frame {}: nobody here knows what it means that {} \"{}\"", frame.number,
                        deed.at, deed.words),
            {frame.number}, &frame);
      continue;
    }
    if (!packet) continue;
    const bool v4 = packet->version() == IpVersion::v4;
    if (deed.words == "its TTL has run out") {
      judge(Claim::crossing, frame, packet->ttl().value() <= 1, "ttl_left",
            fmt::format("its TTL is said to have run out, and is {}", packet->ttl().value()));
      if (deed.says)
        judge(Claim::message, frame, *deed.says == (v4 ? IcmpKind{11, 0} : IcmpKind{3, 0}),
              "wrong_message_for_deed",
              fmt::format("its TTL has run out, of which nobody says {}", text_of(*deed.says)));
    }
    if (deed.words == "too big for the next link" && deed.says)
      judge(Claim::message, frame, *deed.says == (v4 ? IcmpKind{3, 4} : IcmpKind{2, 0}),
            "wrong_message_for_deed",
            fmt::format("it is too big for the next link, of which nobody says {}",
                        text_of(*deed.says)));
  }
}

// ------------------------------------------------------------------------- one frame of another's

void LabClaims::State::judge_relation(Held& frame, Held& cause) {
  const auto earlier = read_packet(cause.octets), later = read_packet(frame.octets);
  if (!earlier || !later) return;
  auto related = relate(*earlier, *later, allowed_by(cause.comment));
  if (related.relation == Relation::none && answers_oddly(cause.comment) &&
      later->destination() == earlier->source())
    related.relation = Relation::answer;
  if (related.relation == Relation::none) {
    if (cause.comment.fate == "damaged")
      return fails(Claim::crossing, Verdict::inconclusive, "damaged_on_its_way",
                   fmt::format("frame {} comes of frame {}, which was damaged on its way",
                               frame.number, cause.number),
                   {cause.number, frame.number}, &frame);
    return lies(Claim::crossing, frame, "not_the_same_packet",
                fmt::format("is neither frame {} one hop on ({}), nor an answer to it, nor an "
                            "error that quotes it",
                            cause.number, related.difference),
                cause.number);
  }
  if (const auto kind = error_of(*later);
      related.relation == Relation::error && kind &&
      std::ranges::find(cause.heard, *kind) == cause.heard.end())
    cause.heard.push_back(*kind);
  if (related.relation != Relation::passed_on) {
    cause.answered = true;
    return holds(Claim::crossing, frame.number);
  }
  cause.goes_on = true;
  if (forwarders.size() < most_machines) forwarders.insert(frame.comment.from);
  // Of two copies one may be stopped and the other go on.
  const bool two = cause.comment.fate == "doubled" || cause.comment.fate == "damaged";
  if (const auto* deed = stopping_deed(cause.comment); deed != nullptr && !two)
    return lies(Claim::crossing, frame, "stopped_goes_on",
                fmt::format("is frame {} one hop on, of which {} is told: {}", cause.number,
                            deed->at, deed->words),
                cause.number);
  judge(Claim::crossing, frame, later->ttl().value() > 0, "ttl_below_one",
        fmt::format("is frame {} one hop on, with a TTL of 0", cause.number), cause.number);
}

void LabClaims::State::judge_cause(Held& frame) {
  const auto after = frame.comment.after;
  if (after >= frame.number)
    return lies(Claim::crossing, frame, "after_itself",
                fmt::format("is said to come of frame {}, which is not earlier", after));
  auto* cause = find(after);
  if (cause == nullptr) {
    if (after < first_held)
      return fails(Claim::crossing, Verdict::inconclusive, "too_long_ago",
                   fmt::format("frame {} comes of frame {}, which is too far back to be remembered",
                               frame.number, after),
                   {after, frame.number}, &frame);
    return lies(Claim::crossing, frame, "after_no_such_frame",
                fmt::format("is said to come of frame {}, which no lab has commented", after));
  }
  judge_checksums(frame, cause);
  if (frame.at_ns < cause->at_ns)
    lies(Claim::time, frame, "earlier_than_its_cause",
         fmt::format("comes of frame {}, and is {} ns earlier", after,
                     nanoseconds_between(frame.at_ns, cause->at_ns)),
         after);
  if (!cause->readable) return;
  if (ends_there(cause->comment.fate).value_or(false))
    return lies(Claim::crossing, frame, "lost_goes_on",
                fmt::format("comes of frame {}, which was {}", after, cause->comment.fate), after);
  if (cause->comment.to != frame.comment.from)
    return lies(Claim::crossing, frame, "wrong_predecessor",
                fmt::format("comes from {}, and of frame {}, which went to {}", frame.comment.from,
                            after, cause->comment.to),
                after);
  judge_relation(frame, *cause);
}

// Said to come of nothing: then it is not what the machine got just before, one hop on.
void LabClaims::State::judge_beginning(Held& frame) {
  judge_checksums(frame, nullptr);
  constexpr std::size_t look_back = 64;
  const auto packet = read_packet(frame.octets);
  if (!packet) return;
  for (std::size_t i = 0; i < std::min(held.size(), look_back); ++i) {
    auto& earlier = held[held.size() - 1 - i];
    if (earlier.comment.to != frame.comment.from || earlier.goes_on) continue;
    const auto before = read_packet(earlier.octets);
    if (!before || before->ttl().value() != packet->ttl().value() + 1) continue;
    if (relate(*before, *packet, {}).relation == Relation::passed_on)
      return lies(
          Claim::crossing, frame, "beginning_denied",
          fmt::format("is said to come of nothing, and is frame {} one hop on", earlier.number),
          earlier.number);
  }
}

}  // namespace sonda::inline v0::verify
