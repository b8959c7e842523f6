// The comments of a lab's capture, held against its frames.
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <sonda/capture/network_layer.hpp>
#include <sonda/verify/lab_claims.hpp>
#include <sonda/wire/ethernet.hpp>

#include "lab_comment.hpp"
#include "lab_packet.hpp"

namespace sonda::inline v0::verify {
namespace {

constexpr std::size_t examples = 5;         // frames that a row of the table shows
constexpr std::size_t held_overhead = 400;  // octets of a held frame beside its packet
// What is still on its way when a capture ends does not belie it: a link's delay, an error that
// comes late, three questions for a neighbour.
constexpr std::int64_t settled_ns = 5'000'000'000;

// A frame that something may still come of.
struct Held {
  std::uint64_t number = 0;
  std::int64_t at_ns = 0;
  capture::Octets octets{};  // of the packet
  LabComment comment{};
  bool readable = false;
  bool wrong_checksum = false;      // known, and told
  bool oddly_summed = false;        // a host has its own manner
  std::vector<IcmpKind> awaited{};  // what the machine is said to say
  std::vector<IcmpKind> heard{};    // that came of it
  bool goes_on = false;
  bool answered = false;
  std::string fault{};  // the first one
};

Allowed allowed_by(const LabComment& comment) {
  Allowed out;
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

const LabDeed* stopping_deed(const LabComment& comment) {
  const auto found = std::ranges::find_if(comment.deeds, [](const LabDeed& deed) {
    return kind_of_deed(deed.words) == DeedKind::stops;
  });
  return found == comment.deeds.end() ? nullptr : &*found;
}

std::string text_of(const IcmpKind& kind) { return fmt::format("{}/{}", kind.type, kind.code); }

}  // namespace

struct LabClaims::State {
  OnNote on_note;
  std::deque<Held> held;  // by number, without gaps but for frames that no lab has commented
  std::size_t octets = 0;
  std::int64_t last_ns = 0;
  std::uint64_t first_held = 1;  // everything before was let go
  std::set<std::string> forwarders, translators;
  std::set<std::uint32_t> links;  // interfaces whose frames a lab comments
  std::uint64_t frames = 0;
  std::map<Claim, Tally> claims;
  std::vector<Finding> findings;
  std::uint64_t more_findings = 0;
  std::string end{}, end_fault{};  // of a capture that is not whole

  void holds(Claim claim, std::uint64_t frame) {
    auto& tally = claims[claim];
    ++tally.holds;
    if (tally.frames.size() < examples && (tally.frames.empty() || tally.frames.back() != frame))
      tally.frames.push_back(frame);
  }
  void fails(Claim claim, Verdict verdict, std::string fault, std::string sentence,
             std::vector<std::uint64_t> frames_of_it, Held* whose) {
    auto& tally = claims[claim];
    ++(verdict == Verdict::contradicted ? tally.contradicted : tally.inconclusive);
    if (whose != nullptr && verdict == Verdict::contradicted && whose->fault.empty())
      whose->fault = fault;
    if (findings.size() >= Report::most_findings) {
      ++more_findings;
      return;
    }
    findings.push_back({.claim = claim,
                        .verdict = verdict,
                        .fault = std::move(fault),
                        .sentence = std::move(sentence),
                        .frames = std::move(frames_of_it)});
  }
  void lies(Claim claim, Held& frame, std::string fault, std::string sentence,
            std::uint64_t other = 0) {
    std::vector<std::uint64_t> numbers{frame.number};
    if (other != 0) numbers.insert(numbers.begin(), other);
    fails(claim, Verdict::contradicted, std::move(fault),
          fmt::format("frame {}: {}", frame.number, sentence), std::move(numbers), &frame);
  }
  // One claim: holds unless there is a lie.
  void judge(Claim claim, Held& frame, bool holds_true, std::string fault, std::string sentence,
             std::uint64_t other = 0) {
    if (holds_true)
      holds(claim, frame.number);
    else
      lies(claim, frame, std::move(fault), std::move(sentence), other);
  }

  Held* find(std::uint64_t number) {
    const auto found = std::ranges::lower_bound(held, number, {}, &Held::number);
    return found == held.end() || found->number != number ? nullptr : &*found;
  }

  void judge_place(Held& frame, const capture::Frame& seen, const capture::Interface& interface);
  void judge_checksums(Held& frame, const Held* cause);
  void judge_cause(Held& frame);
  void judge_beginning(Held& frame);
  void judge_relation(Held& frame, Held& cause);
  void judge_deeds(Held& frame);
  void let_go(Held& frame);
  void uncommented(const capture::Frame& frame, std::uint64_t number);
};

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
  const bool oddly = cause != nullptr && (answers_oddly(cause->comment) || cause->oddly_summed);
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
    if (deed.words == "translates its address") translators.insert(deed.at);
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
  if (const auto kind = error_of(*later); related.relation == Relation::error && kind)
    cause.heard.push_back(*kind);
  if (related.relation != Relation::passed_on) {
    cause.answered = true;
    return holds(Claim::crossing, frame.number);
  }
  cause.goes_on = true;
  forwarders.insert(frame.comment.from);
  if (const auto* deed = stopping_deed(cause.comment))
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
         fmt::format("comes of frame {}, and is {} ns earlier", after, cause->at_ns - frame.at_ns),
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

// -------------------------------------------------------------------------------------- at the end

// Nothing more can come of it, or nothing that one would remember.
void LabClaims::State::let_go(Held& frame) {
  const bool settled = last_ns - frame.at_ns > settled_ns;
  const auto open = [&](Claim claim, std::string fault, const std::string& sentence) {
    if (settled) return lies(claim, frame, std::move(fault), sentence);
    fails(claim, Verdict::inconclusive, "capture_ends",
          fmt::format("frame {}: {}, but the capture ends soon after", frame.number, sentence),
          {frame.number}, &frame);
  };
  for (const auto& kind : frame.awaited) {
    if (std::ranges::find(frame.heard, kind) != frame.heard.end())
      holds(Claim::message, frame.number);
    else if (!frame.heard.empty())
      lies(Claim::message, frame, "wrong_message",
           fmt::format("{} is said to say {} of it, and says {}", frame.comment.to, text_of(kind),
                       text_of(frame.heard.front())));
    else if (frame.goes_on && stopping_deed(frame.comment) == nullptr)
      lies(Claim::message, frame, "message_never_sent",
           fmt::format("{} is said to say {} of it, and passes it on", frame.comment.to,
                       text_of(kind)));
    else
      open(Claim::message, "message_never_sent",
           fmt::format("{} is said to say {} of it, and no frame shows that", frame.comment.to,
                       text_of(kind)));
  }
  const auto* stop = stopping_deed(frame.comment);
  const bool must_go_on = stop == nullptr && frame.readable && !frame.goes_on && !frame.answered &&
                          frame.heard.empty() && !ends_there(frame.comment.fate).value_or(false);
  const bool may_stop = std::ranges::any_of(frame.comment.deeds, [](const LabDeed& deed) {
    return kind_of_deed(deed.words) != DeedKind::passes_on;
  });
  // It waits for the rest of its datagram, whose last piece stands for all.
  const auto packet = read_packet(frame.octets);
  const bool gathered = packet && packet->is_fragment() && translators.contains(frame.comment.to);
  if (must_go_on && !may_stop && !gathered && forwarders.contains(frame.comment.to))
    open(Claim::crossing, "vanishes",
         fmt::format("goes to {}, which passes packets on, and nothing comes of it",
                     frame.comment.to));
  if (on_note)
    on_note(frame.number, frame.fault.empty() ? "holds;" : "contradicted; " + frame.fault + ';');
}

void LabClaims::State::uncommented(const capture::Frame& frame, std::uint64_t number) {
  if (!links.contains(frame.interface.value())) return;
  fails(Claim::comment, Verdict::contradicted, "comment_missing",
        fmt::format("frame {}: no comment says where it was, as those of the other frames on its "
                    "link do",
                    number),
        {number}, nullptr);
}

// ----------------------------------------------------------------------------------- from outside

LabClaims::LabClaims(OnNote on_note) : state_{std::make_unique<State>()} {
  state_->on_note = std::move(on_note);
}
LabClaims::LabClaims(LabClaims&&) noexcept = default;
LabClaims& LabClaims::operator=(LabClaims&&) noexcept = default;
LabClaims::~LabClaims() = default;

bool LabClaims::any() const noexcept { return state_->frames > 0; }

void LabClaims::take(const capture::Frame& frame, std::uint64_t number,
                     const capture::Interface& interface) {
  auto& state = *state_;
  if (std::ranges::none_of(frame.comments, is_lab_comment)) return state.uncommented(frame, number);
  if (state.frames++ == 0) state.first_held = number;
  state.links.insert(frame.interface.value());
  const auto layer = capture::network_layer(interface.link_type, frame.octets);
  Held now{.number = number,
           .at_ns = frame.unix_ns,
           .octets = {layer.octets.begin(), layer.octets.end()}};
  if (frame.unix_ns < state.last_ns && state.frames > 1)
    state.lies(
        Claim::time, now, "out_of_order",
        fmt::format("is {} ns earlier than the frame before it", state.last_ns - frame.unix_ns));
  else
    state.holds(Claim::time, number);
  state.last_ns = std::max(state.last_ns, frame.unix_ns);

  if (auto comment = read_lab_comments(frame.comments)) {
    state.holds(Claim::comment, number);
    now.comment = std::move(*comment);
    now.readable = true;
    for (const auto& deed : now.comment.deeds)
      if (deed.says) now.awaited.push_back(*deed.says);
    state.judge_place(now, frame, interface);
    if (!read_packet(now.octets))
      state.lies(Claim::crossing, now, "unreadable_packet", "it is no whole IP packet");
    state.judge_deeds(now);
    if (now.comment.after != 0)
      state.judge_cause(now);
    else
      state.judge_beginning(now);
  } else {
    state.lies(Claim::comment, now, "comment_unreadable", comment.error());
  }
  state.octets += now.octets.size() + held_overhead;
  state.held.push_back(std::move(now));
  while (state.octets > most_octets) {
    auto& oldest = state.held.front();
    state.octets -= oldest.octets.size() + held_overhead;
    state.let_go(oldest);
    state.first_held = oldest.number + 1;
    state.held.pop_front();
  }
}

void LabClaims::on_end_of_capture(std::string_view why, bool writer_killed) {
  state_->end = why;
  state_->end_fault = writer_killed ? "ends_early" : "file_broken";
}

void LabClaims::finish(Report& report) {
  auto& state = *state_;
  if (!any()) return;
  if (report.events == 0 && !state.end.empty())
    state.fails(Claim::capture, Verdict::inconclusive, state.end_fault, state.end, {}, nullptr);
  for (auto& frame : state.held) state.let_go(frame);
  state.held.clear();
  bool wrong = false, open = false;
  for (const auto& [claim, tally] : state.claims) {
    auto& sum = report.claims[claim];
    sum.holds += tally.holds;
    sum.contradicted += tally.contradicted;
    sum.inconclusive += tally.inconclusive;
    for (const auto frame : tally.frames)
      if (sum.frames.size() < examples) sum.frames.push_back(frame);
    wrong = wrong || tally.contradicted > 0;
    open = open || tally.inconclusive > 0;
  }
  for (auto& finding : state.findings) {
    if (report.findings.size() < Report::most_findings)
      report.findings.push_back(std::move(finding));
    else
      ++report.more_findings;
  }
  report.more_findings += state.more_findings;
  report.frames_of_the_run += state.frames;
  report.other_frames -= std::min(report.other_frames, state.frames);
  auto verdict = wrong ? Verdict::contradicted : open ? Verdict::inconclusive : Verdict::holds;
  if (report.events == 0) {
    report.verdict = Verdict::holds;
    report.why_inconclusive.clear();
  }
  if (verdict == Verdict::contradicted || report.verdict == Verdict::contradicted) {
    report.verdict = Verdict::contradicted;
    report.why_inconclusive.clear();
  } else if (verdict == Verdict::inconclusive || report.verdict == Verdict::inconclusive) {
    report.verdict = Verdict::inconclusive;
    if (report.why_inconclusive.empty())
      report.why_inconclusive =
          state.end.empty() ? "not everything that the lab's comments say can be seen" : state.end;
  }
}

}  // namespace sonda::inline v0::verify
