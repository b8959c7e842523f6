// The comments of a lab's capture, held against its frames.
#include <sonda/capture/network_layer.hpp>

#include "keep_finding.hpp"
#include "lab_judge.hpp"

namespace sonda::inline v0::verify {
namespace {

// What is still on its way when a capture ends does not belie it: a link's delay, an error that
// comes late, three questions for a neighbour.
constexpr std::int64_t settled_ns = 5'000'000'000;

}  // namespace

// -------------------------------------------------------------------------------------- at the end

// Nothing more can come of it, or nothing that one would remember.
void LabClaims::State::let_go(Held& frame) {
  const bool settled = nanoseconds_between(frame.at_ns, last_ns) > settled_ns;
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
  if (std::ranges::none_of(frame.comments, is_lab_comment)) {
    const auto sondas = [](const std::string& comment) {
      return comment.starts_with("sonda") && !comment.starts_with("sonda: peer;");
    };
    if (!frame.comments.empty() && std::ranges::none_of(frame.comments, sondas)) ++state.noted;
    return state.uncommented(frame, number);
  }
  if (state.frames++ == 0) state.first_held = number;
  state.links.insert(frame.interface.value());
  const auto layer = capture::network_layer(interface.link_type, frame.octets);
  Held now{.number = number,
           .at_ns = frame.unix_ns,
           .octets = {layer.octets.begin(), layer.octets.end()}};
  if (frame.unix_ns < state.last_ns && state.frames > 1)
    state.lies(Claim::time, now, "out_of_order",
               fmt::format("is {} ns earlier than the frame before it",
                           nanoseconds_between(frame.unix_ns, state.last_ns)));
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
  state.octets += now.cost();
  state.held.push_back(std::move(now));
  while (state.octets > most_octets) {
    auto& oldest = state.held.front();
    state.octets -= oldest.cost();
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
  if (!any()) {
    if (report.events == 0 && state.noted > 0 && state.noted == report.frames)
      report.why_inconclusive = "no claims: a collection of packets, with notes about them";
    return;
  }
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
      if (sum.frames.size() < shown_examples) sum.frames.push_back(frame);
    wrong = wrong || tally.contradicted > 0;
    open = open || tally.inconclusive > 0;
  }
  for (auto* findings : {&state.contradictions, &state.doubts})
    for (auto& finding : *findings) keep_finding(report, std::move(finding));
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
