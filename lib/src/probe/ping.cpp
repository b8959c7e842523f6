// The ping engine's pace and its end: when the next probe is due, and when there is no more.
#include <algorithm>
#include <chrono>

#include <sonda/core/sha256.hpp>
#include <sonda/probe/ping.hpp>

namespace sonda::inline v0 {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

// With interval 0, a probe that nobody answers does not hold up the next one for longer, and one
// that could not leave does so for as long.
constexpr Duration patience = milliseconds{10};
// How far behind its pace, one interval at least, the engine catches up by sending faster; beyond
// that it starts anew.
constexpr Duration catch_up = milliseconds{20};
// An answer that comes later than this is no longer known to be ours.
constexpr Duration memory = minutes{10};
constexpr std::size_t most_records = std::size_t{1} << 20;

std::size_t index(ProbeState state) { return static_cast<std::size_t>(state); }

}  // namespace

PingEngine::PingEngine(PingPlan plan) : plan_{std::move(plan)}, builder_{plan_} {
  scratch_.resize(builder_.packet_size());
  if (plan_.path_mtu_discovery != PathMtuDiscovery::probe) path_mtu_ = plan_.path_mtu;
}

// ------------------------------------------------------------------------------------- the pace

bool PingEngine::may_send() const {
  if (stopped_ || finished_) return false;
  if (!plan_.count) return true;
  // With a deadline the count is of answers, as iputils' -c with -w.
  if (counts_answers()) return in_state_[index(ProbeState::answered)] < *plan_.count;
  return window_.next().value() < *plan_.count;
}

Instant PingEngine::next_due() const {
  if (plan_.interval > Duration::zero() || !started_) return due_;
  return all_settled() && !last_refused_ ? last_sent_ : last_sent_ + patience;
}

bool PingEngine::all_settled() const {
  return in_state_[index(ProbeState::unsent)] + in_state_[index(ProbeState::waiting)] == 0;
}

// RFC 8201 and RFC 1191: a probe larger than the path is known to carry leaves in fragments, which
// IPv4 routers may cut further.
bool PingEngine::sends_dont_fragment() const {
  switch (plan_.path_mtu_discovery) {
    case PathMtuDiscovery::keep:
    case PathMtuDiscovery::probe:
      return true;
    case PathMtuDiscovery::dont:
      return false;
    case PathMtuDiscovery::want:
      break;
  }
  return !path_mtu_ || builder_.packet_size() <= path_mtu_->value();
}

std::optional<Action> PingEngine::poll_action(Instant now, MutableBytes room) {
  if (!started_) started_ = now, due_ = now;
  if (!may_send() || now < next_due()) return std::nullopt;

  const auto probe = window_.next();
  if (plan_.report_outstanding && probe.value() > 0) {
    const ProbeId before{probe.value() - 1};
    if (const auto* record = window_.find(before); record && record->state == ProbeState::waiting)
      tell(now, Outstanding{before, EchoBuilder::sequence(before)});
  }

  const bool dont_fragment = sends_dont_fragment();
  window_.add(now, dont_fragment);
  ++in_state_[index(ProbeState::unsent)];
  if (now - due_ > std::max(plan_.interval, catch_up)) due_ = now;
  due_ += plan_.interval;
  last_sent_ = now;

  const bool fragments = plan_.path_mtu_discovery == PathMtuDiscovery::want ||
                         plan_.path_mtu_discovery == PathMtuDiscovery::dont;
  if (plan_.mode == IcmpMode::datagram)
    return SendOn{.flow = FlowId{},
                  .probe = probe,
                  .octets = builder_.message(probe, room),
                  .to = plan_.target,
                  .ttl = plan_.ttl,
                  .traffic_class = plan_.traffic_class,
                  .path_mtu_discovery = plan_.path_mtu_discovery};
  return Send{.probe = probe,
              .octets = builder_.packet(probe, dont_fragment, room),
              .to = plan_.target,
              .interface = plan_.interface,
              .mtu = path_mtu_.value_or(Mtu{}),
              .may_fragment = fragments};
}

void PingEngine::on_sent(Instant now, ProbeId probe, Stamp stamp) {
  if (finished_) return;
  auto* record = window_.find(probe);
  if (record == nullptr) return;
  record->stamp = stamp;
  if (record->state != ProbeState::unsent) return;
  settle(*record, ProbeState::waiting);
  record->sent_at = last_sent_ = now;
  last_refused_ = false;
  Sent sent{.probe = probe, .sequence = EchoBuilder::sequence(probe)};
  if (plan_.hash_octets)
    sent.octets_sha256 = sha256_text(plan_.mode == IcmpMode::raw
                                         ? builder_.packet(probe, record->dont_fragment, scratch_)
                                         : builder_.message(probe, scratch_));
  tell(now, std::move(sent));
}

void PingEngine::on_refused(Instant now, ProbeId probe, const Failure& failure) {
  if (finished_) return;
  auto* record = window_.find(probe);
  if (record == nullptr) return;
  // An answer has the last word: whatever the system says afterwards, the probe did leave.
  if (record->state != ProbeState::unsent && record->state != ProbeState::waiting) return;
  settle(*record, ProbeState::refused);
  last_refused_ = true;
  tell(now, Refused{probe, EchoBuilder::sequence(probe), failure});
}

void PingEngine::on_drops(Instant now, DropPlace place, std::uint64_t count) {
  if (finished_) return;
  drops_ += count;
  tell(now, Drops{place, count});
}

// -------------------------------------------------------------------------------------- the end

void PingEngine::settle(ProbeRecord& record, ProbeState state) {
  if (record.state == ProbeState::errored) --errors_[record.error_index].count;
  --in_state_[index(record.state)];
  ++in_state_[index(state)];
  record.state = state;
}

bool PingEngine::counts_answers() const { return plan_.count && plan_.deadline; }

// As iputils: once something was answered, the last probes get twice the longest round trip.
std::optional<Instant> PingEngine::end_due() const {
  if (may_send()) return std::nullopt;
  if (counts_answers() || all_settled()) return last_sent_;  // now, that is
  if (rtts_.samples() == 0 || in_state_[index(ProbeState::unsent)] > 0) return std::nullopt;
  return last_sent_ + std::max(2 * rtts_.max(), plan_.interval);
}

void PingEngine::expire(Instant now) {
  for (; oldest_waiting_ < window_.next().value(); ++oldest_waiting_) {
    const ProbeId probe{oldest_waiting_};
    auto* record = window_.find(probe);
    if (record == nullptr) continue;
    if (record->state == ProbeState::unsent) return;
    if (record->state != ProbeState::waiting) continue;
    // Memory is bounded: the oldest of very many is given up before its time.
    if (now < record->sent_at + plan_.timeout && window_.size() <= most_records) return;
    settle(*record, ProbeState::lost);
    tell(now, Lost{probe, EchoBuilder::sequence(probe)});
  }
}

void PingEngine::on_time(Instant now) {
  if (finished_ || !started_) return;
  expire(now);
  if (plan_.deadline && now >= *started_ + *plan_.deadline) return finish(now, false);
  if (may_send()) {
    window_.forget(now - memory, most_records);
    return;
  }
  const auto end = end_due();
  if (end && now >= *end) finish(now, !counts_answers());
}

void PingEngine::finish(Instant now, bool lose_the_waiting) {
  if (finished_) return;
  for (auto at = oldest_waiting_; lose_the_waiting && at < window_.next().value(); ++at)
    if (auto* record = window_.find(ProbeId{at}); record && record->state == ProbeState::waiting) {
      settle(*record, ProbeState::lost);
      tell(now, Lost{ProbeId{at}, EchoBuilder::sequence(ProbeId{at})});
    }
  finished_ = true;
  ended_ = now;
  tell(now, summary(now));
}

void PingEngine::on_query(Instant now) {
  if (finished_) return;  // the last word is said
  auto so_far = summary(now);
  so_far.final = false;
  tell(now, std::move(so_far));
}

void PingEngine::on_stop(Instant now) {
  stopped_ = true;
  finish(now, false);
}

std::optional<Instant> PingEngine::next_wakeup() const {
  if (finished_) return std::nullopt;
  if (!started_) return Instant::min();
  std::optional<Instant> at;
  const auto consider = [&at](std::optional<Instant> other) {
    if (other && (!at || *other < *at)) at = other;
  };
  if (may_send())
    consider(next_due());
  else
    consider(end_due());
  if (plan_.deadline) consider(*started_ + *plan_.deadline);
  for (auto oldest = oldest_waiting_; oldest < window_.next().value(); ++oldest) {
    const auto* record = window_.find(ProbeId{oldest});
    if (record == nullptr) continue;
    if (record->state == ProbeState::unsent) break;
    if (record->state != ProbeState::waiting) continue;
    consider(record->sent_at + plan_.timeout);
    break;
  }
  return at;
}

void PingEngine::take_events(std::vector<Event>& events) {
  events.clear();
  events.swap(events_);
}

PingSummary PingEngine::summary(Instant now) const {
  const auto in = [this](ProbeState state) { return in_state_[index(state)]; };
  PingSummary s{.received = in(ProbeState::answered),
                .errors = in(ProbeState::errored),
                .lost = in(ProbeState::lost),
                .waiting = in(ProbeState::waiting),
                .late = late_,
                .duplicates = duplicates_,
                .corrupt = corrupt_,
                .reordered = reordered_,
                .foreign = foreign_,
                .refused = in(ProbeState::refused),
                .drops = drops_,
                .elapsed = started_ ? (finished_ ? ended_ : now) - *started_ : Duration{},
                .rtt = rtts_.statistics(),
                .clock = poorest_clock_};
  s.sent = s.received + s.errors + s.lost + s.waiting;
  std::ranges::copy_if(errors_, std::back_inserter(s.errors_by_sender),
                       [](const IcmpErrorCount& error) { return error.count > 0; });
  return s;
}

}  // namespace sonda::inline v0
