// Events and frames come together here; what is known only at the end is settled here.
#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <sonda/verify/verifier.hpp>

#include "case.hpp"
#include "frames.hpp"
#include "judge.hpp"
#include "ping_claims.hpp"
#include "slots.hpp"
#include "strangers.hpp"
#include "tcp_run.hpp"

namespace sonda::inline v0::verify {

struct Verifier::State {
  explicit State(VerifierOptions options) {
    shared.options = std::move(options);
    shared.numbers_are_ours = shared.options.numbers_are_ours;
  }

  struct InterfaceCounts {
    std::optional<std::uint64_t> received{}, dropped{}, delivered{};
  };

  void on_statistics(const capture::Statistics& statistics);
  void check_count(const capture::Statistics& statistics, std::optional<std::uint64_t> now,
                   std::optional<std::uint64_t>& before, std::string_view what);
  void settle_vantage(Report& report, Circumstances& circumstances);
  [[nodiscard]] Circumstances circumstances(Report& report);
  void begin(const record::RecordedEvent& event);
  void keep_early(const SeenFrame& frame);
  void explain(Report& report) const;
  void accuse_line(std::uint64_t line, const std::string& why, bool last);

  Case shared{};
  Strangers strangers{shared};
  Judge judge{shared, strangers};
  Slots slots{[this](Slot& slot) {
    judge(slot);
    shared.answers -= slot.replies.size() + slot.errors.size() + slot.told.replies.size() +
                      slot.told.errors.size();
  }};
  PingClaims claims{shared, slots, strangers};
  Frames frames{shared, slots, strangers};
  std::optional<TcpRun> tcp{};  // where the run is such a one, and not a ping

  // Frames in front of a run's first event, which says whose they are.
  struct Early {
    SeenFrame frame{};
    std::vector<std::uint8_t> packet{};
    std::vector<std::string> comments{};
  };
  static constexpr std::size_t most_early = std::size_t{1} << 20;  // octets
  std::deque<Early> early{};
  std::size_t early_octets = 0;

  std::uint64_t events = 0;
  std::optional<std::pair<std::uint64_t, std::string>> broken_line{};
  std::uint64_t broken_lines = 0;
  std::map<std::uint32_t, InterfaceCounts> counts{};
  std::optional<std::int64_t> covered_from{}, covered_to{};
  std::uint64_t dropped_in_between = 0, lost_frames = 0;
  bool ends_early = false, no_frame = false;
  std::string end_of_capture{};
};

Verifier::Verifier(VerifierOptions options) : state_{std::make_unique<State>(std::move(options))} {}
Verifier::~Verifier() = default;

std::uint64_t Verifier::probes_told() const {
  return state_->tcp ? state_->tcp->tcp.ports_told : state_->claims.highest();
}
std::uint64_t Verifier::probes_seen() const {
  return state_->tcp ? state_->tcp->tcp.ports_seen : state_->frames.highest();
}
bool Verifier::knows_the_run() const { return state_->shared.started; }

void Verifier::on_event(const record::RecordedEvent& event, std::uint64_t line,
                        std::string_view text) {
  auto& state = *state_;
  if (state.broken_line)
    state.accuse_line(state.broken_line->first, state.broken_line->second, false);
  state.broken_line.reset();
  const bool first = state.events++ == 0;
  const auto& what = event.occurrence.event.what;
  if (first) state.begin(event);
  if (first && !std::holds_alternative<Start>(what)) {
    state.shared.ledger.accuse({.claim = Claim::identity,
                                .fault = "no_start",
                                .sentence = "the run does not begin with its first event",
                                .line = line});
    state.shared.told.target = state.shared.run.target = event.context.address;
  }
  if (state.tcp) {
    state.tcp->claims.on_event(event, line);
    for (auto& kept : std::exchange(state.early, {})) {
      kept.frame.packet = kept.packet, kept.frame.comments = kept.comments;
      state.tcp->frames.on_frame(kept.frame);
    }
    return;
  }
  const bool started = state.shared.started;
  state.claims.on_event(event, line, text);
  if (state.shared.started && !started) state.frames.on_start();
  if (const auto* sent = std::get_if<Sent>(&what); sent != nullptr && sent->sequence > 0) {
    state.frames.remember(sent->sequence);
    auto* slot = state.slots.of(sent->sequence);
    if (slot != nullptr && slot->told.digest)
      state.frames.on_hash(sent->sequence, *slot->told.digest);
  }
}

void Verifier::on_broken_line(std::uint64_t line, std::string_view why) {
  auto& state = *state_;
  ++state.broken_lines;
  if (state.events == 0 && state.broken_line) return;  // the first says it
  if (state.broken_line)
    state.accuse_line(state.broken_line->first, state.broken_line->second, false);
  state.broken_line.emplace(line, std::string{why.substr(0, 200)});
}

// The last line of a run that was killed is cut; one in the middle is not.
void Verifier::State::accuse_line(std::uint64_t line, const std::string& why, bool last) {
  Accusation accusation{.claim = Claim::summary,
                        .fault = "line_unreadable",
                        .sentence = fmt::format("line {} is no event: {}", line, why),
                        .line = line};
  if (last)
    shared.ledger.doubt(std::move(accusation));
  else
    shared.ledger.accuse(std::move(accusation));
}

void Verifier::on_frame(const SeenFrame& frame) {
  auto& state = *state_;
  if (state.tcp) {
    state.frames.count(frame);
    return state.tcp->frames.on_frame(frame);
  }
  if (state.events == 0) state.keep_early(frame);
  state.frames.on_frame(frame);
}

// Which tool's it is.
void Verifier::State::begin(const record::RecordedEvent& event) {
  if (event.context.tool == "tcp") {
    tcp.emplace(shared);
    frames.leave_to_others();
  } else {
    early.clear();
  }
}

void Verifier::State::keep_early(const SeenFrame& frame) {
  if (early_octets + frame.packet.size() > most_early) return;
  early_octets += frame.packet.size();
  early.push_back({frame,
                   {frame.packet.begin(), frame.packet.end()},
                   {frame.comments.begin(), frame.comments.end()}});
}

// ------------------------------------------------------------------------------------ the capture

void Verifier::on_statistics(const capture::Statistics& statistics) {
  state_->on_statistics(statistics);
}

void Verifier::State::check_count(const capture::Statistics& statistics,
                                  std::optional<std::uint64_t> now,
                                  std::optional<std::uint64_t>& before, std::string_view what) {
  if (!now) return;
  const auto interface = statistics.interface.value();
  const auto held = frames.of_interface(interface);
  if (before && *now < *before)
    shared.ledger.accuse({.claim = Claim::capture,
                          .fault = "counts_went_back",
                          .sentence = fmt::format("interface {}: {} {} frames, it was {} before",
                                                  interface, *now, what, *before)});
  else if (what != "dropped" && *now < held)
    shared.ledger.accuse({.claim = Claim::capture,
                          .fault = "too_few_counted",
                          .sentence = fmt::format("interface {}: {} frames are said to be {}, "
                                                  "there are {}",
                                                  interface, *now, what, held)});
  else
    shared.ledger.holds(Claim::capture);
  before = now;
}

void Verifier::State::on_statistics(const capture::Statistics& statistics) {
  auto& known = counts[statistics.interface.value()];
  check_count(statistics, statistics.received, known.received, "received");
  check_count(statistics, statistics.delivered, known.delivered, "delivered");
  check_count(statistics, statistics.dropped, known.dropped, "dropped");
  const auto earliest = [](std::optional<std::int64_t>& into, std::int64_t moment) {
    into = std::min(into.value_or(moment), moment);
  };
  if (statistics.start_ns) earliest(covered_from, bounded_moment(*statistics.start_ns));
  for (const auto moment : {statistics.end_ns.value_or(0), statistics.unix_ns})
    if (moment != 0) covered_to = std::max(covered_to.value_or(0), bounded_moment(moment));
}

void Verifier::on_dropped_frames(std::uint64_t count) { state_->dropped_in_between += count; }

void Verifier::on_end_of_capture(std::string_view why, bool writer_killed) {
  state_->ends_early = true;
  state_->end_of_capture = why;
  state_->shared.ledger.doubt({.claim = Claim::capture,
                               .fault = writer_killed ? "ends_early" : "file_broken",
                               .sentence = std::string{why}});
}

// The majority of moments decides where the capture was made. Off by one and the same amount with
// RTTs that fit, it is the same place and another clock.
void Verifier::State::settle_vantage(Report& report, Circumstances& circumstances) {
  const auto& votes = shared.votes;
  if (shared.options.vantage != Vantage::unknown) {
    report.vantage = shared.options.vantage;
    if (report.vantage == Vantage::far_end) circumstances.near = false;
  } else if (shared.options.numbers_are_ours || (votes.exact > 0 && votes.exact >= votes.off)) {
    report.vantage = Vantage::near_end;  // a run that rides in its capture was where it was made
  } else if (votes.off > 0) {
    const bool rtts_fit = votes.rtt_fits > votes.rtt_differs;
    report.vantage = rtts_fit ? Vantage::near_end : Vantage::far_end;
    circumstances.near = rtts_fit;
  }
  if (!circumstances.near || votes.off == 0 || votes.exact >= votes.off) return;
  // By what differs each time no clock is off.
  if (votes.spread() > 2 * votes.resolution_ns) return;
  circumstances.skewed = true;
  shared.ledger.accuse({.claim = Claim::capture,
                        .fault = "clock_skew",
                        .sentence = fmt::format("all moments are {} {} those of the frames",
                                                ms_text(votes.most < 0 ? -votes.most : votes.most),
                                                votes.most < 0 ? "after" : "before")});
}

Circumstances Verifier::State::circumstances(Report& report) {
  // The run tells of what the capture lost, too: the same frames.
  std::uint64_t dropped = dropped_in_between;
  bool stated = !counts.empty();
  for (const auto& [interface, count] : counts) dropped += count.dropped.value_or(0);
  for (std::uint32_t interface = 0; interface < frames.interfaces(); ++interface) {
    if (frames.of_interface(interface) == 0) continue;
    const auto known = counts.find(interface);
    stated = stated && known != counts.end() && known->second.dropped.has_value();
  }
  dropped = std::max(dropped, tcp ? tcp->claims.capture_drops() : claims.capture_drops());
  const bool other_run = !shared.options.numbers_are_ours && shared.frames_of_the_run == 0;
  Circumstances out{
      .complete = stated && dropped == 0 && !ends_early && !shared.flooded && !other_run &&
                  frames.lost_pieces() == 0,
      .heard = shared.socket_drops == 0 && !shared.flooded,
      .near = true,
      .answered = tcp ? tcp->tcp.heard_anything : claims.heard_anything(),
      .numbered = shared.options.numbers_are_ours || shared.right_numbers > shared.wrong_numbers};
  out.covered_from = covered_from ? covered_from : frames.first_ns();
  // A capture in which the run's events ride was open before the run began.
  if (!covered_from && shared.options.numbers_are_ours && shared.start_ns && out.covered_from)
    out.covered_from = std::min(*out.covered_from, *shared.start_ns);
  out.covered_to = covered_to;
  if (frames.last_ns())
    out.covered_to = std::max(out.covered_to.value_or(*frames.last_ns()), *frames.last_ns());
  if (stated || dropped > 0 || shared.socket_drops > 0)
    report.drops = dropped + shared.socket_drops;
  if (frames.lost_pieces() > 0)
    shared.ledger.doubt(
        {.claim = Claim::capture,
         .fault = "pieces_cut",
         .sentence = fmt::format("the capture kept too little of {} pieces of packets",
                                 frames.lost_pieces())});
  lost_frames = dropped;
  no_frame = other_run;
  if (dropped > 0) {
    shared.ledger.doubt({.claim = Claim::capture,
                         .fault = "frames_dropped",
                         .sentence = fmt::format("the capture lost {} frames", dropped)});
    shared.ledger.doubt_all(Claim::silence);
  }
  return out;
}

void Verifier::State::explain(Report& report) const {
  if (report.verdict != Verdict::inconclusive) return;
  if (lost_frames > 0) {
    report.why_inconclusive = fmt::format("the capture lost {} frames", lost_frames);
    return;
  }
  if (no_frame) {
    report.why_inconclusive = "no frame of this run is in the capture";
    return;
  }
  const auto sentence_of = [&](std::string_view fault) -> std::string {
    for (const auto& finding : report.findings)
      if (finding.fault == fault) return finding.sentence;
    return {};
  };
  for (const auto* fault : {"ends_early", "file_broken", "no_summary"})
    if (report.why_inconclusive.empty()) report.why_inconclusive = sentence_of(fault);
  if (!report.why_inconclusive.empty()) return;
  if (frames.lost_pieces() > 0 || !sentence_of("frame_cut").empty()) {
    report.why_inconclusive = "the capture kept too little of its frames (tcpdump -s 0 keeps all)";
    return;
  }
  if (report.vantage == Vantage::far_end)
    report.why_inconclusive = "the capture was made at another place than the run";
  else if (shared.socket_drops > 0)
    report.why_inconclusive =
        fmt::format("the run's socket dropped {} packets", shared.socket_drops);
  else if (counts.empty() && shared.frames > 0)
    report.why_inconclusive = "the capture does not say whether it dropped frames";
  else if (!report.findings.empty())
    report.why_inconclusive = report.findings.front().sentence;
  else
    report.why_inconclusive = "nothing was claimed that frames could show";
}

Report Verifier::finish() {
  auto& state = *state_;
  auto& shared = state.shared;
  Report report{.events = state.events,
                .frames = shared.frames,
                .tool = shared.tool,
                .target = shared.target_text};
  if (state.events == 0) {
    report.why_inconclusive =
        state.broken_line
            ? "no claims: the run is not one event a line (jq -c puts an object on one line)"
        : shared.saw_comment
            ? "no claims: the capture was copied by a program that drops a run's events: give the "
              "run's file, too"
            : "no claims: the capture holds no events of a run";
    report.other_frames = shared.frames;
    return report;
  }
  if (state.broken_line)
    state.accuse_line(state.broken_line->first, state.broken_line->second, true);
  if (state.tcp)
    state.tcp->finish();
  else
    state.claims.finish();
  state.slots.leave_all();
  state.strangers.finish();

  auto circumstances = state.circumstances(report);
  state.settle_vantage(report, circumstances);
  shared.ledger.close(circumstances, report);
  const auto& distances = shared.rtt_distances;
  report.rtt = {.samples = distances.count(),
                .inside = shared.rtt_inside,
                .slack = Duration{shared.slack_ns},
                .median = Duration{distances.percentile(50)},
                .p99 = Duration{distances.percentile(99)},
                .worst = Duration{distances.worst()}};
  report.frames_of_the_run = shared.frames_of_the_run;
  report.other_frames = shared.frames - std::min(shared.frames, shared.frames_of_the_run);
  state.explain(report);
  return report;
}

}  // namespace sonda::inline v0::verify
