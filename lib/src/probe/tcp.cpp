// The TCP scanner's order and pace: whose turn it is, and when there is nobody left.
#include <algorithm>
#include <chrono>
#include <utility>

#include <sonda/probe/miss_estimate.hpp>
#include <sonda/probe/tcp.hpp>

#include "tcp_state.hpp"

namespace sonda::inline v0 {
namespace {

constexpr std::uint64_t most_skipped = 65'536;  // settled places, for one question

std::uint64_t hash_of(ProbeId probe) {
  const auto mixed = probe.value() * 0x9e37'79b9'7f4a'7c15U;
  return mixed >> 32;
}

TcpPlan sound(TcpPlan plan) {
  constexpr auto most_tries = static_cast<std::uint8_t>(ScanSummary::most_tries);
  plan.parallel = std::max(plan.parallel, 1U);
  plan.retransmissions = std::min<std::uint8_t>(plan.retransmissions, most_tries - 1);
  if (!plan.space) plan.space = std::make_shared<const ScanSpace>();
  return plan;
}

}  // namespace

TcpEngine::State::State(TcpPlan wanted)
    : plan{sound(std::move(wanted))},
      deadline{connect_deadline(plan)},
      ending{plan.banner && plan.ending == Ending::half_open ? Ending::reset : plan.ending},
      next_place{plan.shard.first},
      by_probe{plan.parallel},
      by_point{is_syn() ? plan.parallel : 0},
      builder{plan.key, plan.source_port, plan.ttl},
      pace{plan.parallel_at_first, plan.parallel, plan.rate} {
  sums.hosts = plan.space->hosts();
  sums.ports = plan.shard.size(plan.space->size());
}

void TcpEngine::State::begin(Instant now) {
  seen = now;
  if (!started) started = now;
}

bool TcpEngine::State::has_more() const {
  return !stopped && (!controls.empty() || next_place < plan.space->size());
}

bool TcpEngine::State::may_ask() const {
  return has_more() && used < plan.parallel && pace.has_room(unsent + queues[young].size());
}

SlotIndex TcpEngine::State::take_slot(const ScanPoint& point, ProbeId probe, bool control) {
  SlotIndex index = no_slot;
  if (free_slots.empty()) {
    index = static_cast<SlotIndex>(slots.size());
    slots.emplace_back();
  } else {
    index = free_slots.back();
    free_slots.pop_back();
  }
  auto& slot = slots[index];
  slot.point = point;
  slot.probe = probe;
  slot.phase = TcpSlot::Phase::asked;
  slot.queue = no_queue;
  slot.tries = 0;
  slot.control = control;
  slot.stamped = false;
  slot.stamp = {};
  by_probe.add(hash_of(probe), index);
  ++used, ++unsent;
  return index;
}

std::optional<SlotIndex> TcpEngine::State::next_port() {
  const auto size = plan.space->size();
  if (!controls.empty()) {
    // Numbers behind the plan's, and no two shards' the same.
    const ProbeId probe{size + plan.shard.first + plan.shard.step * controls_asked++};
    const auto point = controls.front();
    controls.pop_front();
    return take_slot(point, probe, true);
  }
  for (std::uint64_t skipped = 0; next_place < size && skipped < most_skipped; ++skipped) {
    const auto place = next_place;
    next_place = size - place > plan.shard.step ? place + plan.shard.step : size;
    if (plan.settled && plan.settled->contains(place)) {
      ++resumed;
      continue;
    }
    return take_slot(plan.space->at(place), ProbeId{place}, false);
  }
  return std::nullopt;
}

void TcpEngine::State::release(SlotIndex index) {
  auto& slot = slots[index];
  slot.phase = TcpSlot::Phase::free;
  slot.result.reset();
  free_slots.push_back(index);
  --used;
}

void TcpEngine::State::enqueue(SlotIndex index, std::uint8_t queue, Instant now) {
  slots[index].queue = queue;
  slots[index].since = now;
  queues[queue].push(slots, index);
}

void TcpEngine::State::leave_queue(SlotIndex index) {
  auto& slot = slots[index];
  if (slot.queue != no_queue) queues[slot.queue].remove(slots, index);
  slot.queue = no_queue;
}

SlotIndex TcpEngine::State::slot_of(ProbeId probe) const {
  return by_probe.find(hash_of(probe), [&](SlotIndex i) { return slots[i].probe == probe; });
}

void TcpEngine::State::forget(SlotIndex index) {
  auto& slot = slots[index];
  if (slot.phase == TcpSlot::Phase::asked) --unsent;
  leave_queue(index);
  by_probe.remove(hash_of(slot.probe), index);
  if (is_syn()) forget_point(index);
}

// A better one of the last SYN may follow; one that is older than that SYN is of the one before.
void TcpEngine::State::stamp(SlotIndex index, Stamp stamp) {
  auto& slot = slots[index];
  if (is_syn() && Instant{Duration{stamp.ns + stamp.error_ns}} < slot.asked) return;
  slot.stamp = stamp;
  slot.stamped = true;
  if (slot.tries <= 1) slot.first_stamp = stamp;
}

// --------------------------------------------------------------------------------------- the end

void TcpEngine::State::finish_if_done(Instant now) {
  if (!told_end && used == 0 && !has_more()) finish(now);
}

void TcpEngine::State::finish(Instant now) {
  if (told_end) return;
  told_end = true;
  ended = now;
  if (!started) started = now;
  release_all_held();
  const State* const whole = this;
  if (!plan.one_of_several)
    for (auto& notice : notices_of({&whole, 1})) tell(now, notice);
  tell(now, summary(now));
}

ScanSummary TcpEngine::State::summary(Instant now) const {
  auto out = sums;
  out.final = told_end;
  out.resumed = resumed;
  out.elapsed = started ? (told_end ? ended : now) - *started : Duration{};
  const auto estimate = estimate_misses(out.answered_at, plan.retransmissions + 1U);
  if (estimate) {
    out.path_loss = estimate->path_loss;
    out.miss_probability = estimate->miss_probability;
  }
  return out;
}

std::optional<Instant> TcpEngine::State::next_wakeup() const {
  if (told_end && abandons.empty()) return std::nullopt;
  if (!started || !abandons.empty()) return seen;
  auto at = is_syn() ? next_syn_deadline() : next_connect_deadline();
  if (may_ask()) at = at ? std::min(*at, std::max(seen, pace.due())) : std::max(seen, pace.due());
  if (used == 0 && !has_more()) return seen;
  return at;
}

// --------------------------------------------------------------------------------- the contract

TcpEngine::TcpEngine(TcpPlan plan) : state_{std::make_unique<State>(std::move(plan))} {}
TcpEngine::~TcpEngine() = default;

const TcpPlan& TcpEngine::plan() const { return state_->plan; }

Start TcpEngine::start_event() const { return state_->start_event(); }

std::size_t TcpEngine::room_needed() const {
  return state_->is_syn() ? SynBuilder::most_octets : 1;
}

std::optional<Action> TcpEngine::poll_action(Instant now, MutableBytes room) {
  auto& s = *state_;
  s.begin(now);
  auto action = s.is_syn() ? s.poll_syn(now, room) : s.poll_connect(now);
  if (!action) s.finish_if_done(now);
  return action;
}

void TcpEngine::on_sent(Instant now, ProbeId probe, Stamp stamp) {
  auto& s = *state_;
  const auto index = s.slot_of(probe);
  if (index == no_slot) return;
  s.stamp(index, stamp);
  if (s.slots[index].phase == TcpSlot::Phase::asked) s.left(now, index);
}

void TcpEngine::on_refused(Instant now, ProbeId probe, const Failure& failure) {
  auto& s = *state_;
  const auto index = s.slot_of(probe);
  if (index == no_slot) return;
  s.refused(now, index, failure);
  s.finish_if_done(now);
}

void TcpEngine::on_packet(Instant now, const Received& packet) {
  if (state_->is_syn()) state_->on_packet(now, packet);
}

void TcpEngine::on_socket(Instant now, const SocketReport& report) {
  if (!state_->is_syn()) state_->on_socket(now, report);
}

void TcpEngine::on_drops(Instant now, DropPlace place, std::uint64_t count) {
  if (state_->told_end) return;
  state_->sums.drops += count;
  state_->tell(now, Drops{place, count});
}

void TcpEngine::on_time(Instant now) {
  auto& s = *state_;
  s.begin(now);
  if (s.is_syn())
    s.expire_syns(now);
  else
    s.expire_connects(now);
  s.finish_if_done(now);
}

void TcpEngine::on_query(Instant now) {
  if (!state_->told_end) state_->tell(now, state_->summary(now));
}

void TcpEngine::on_stop(Instant now) {
  auto& s = *state_;
  if (s.stopped) return;
  s.stopped = true;
  s.controls.clear();
  for (SlotIndex index = 0; index < s.slots.size(); ++index) {
    const auto phase = s.slots[index].phase;
    if (phase == TcpSlot::Phase::free || phase == TcpSlot::Phase::ending) continue;
    if (phase == TcpSlot::Phase::standing) {
      s.end_standing(now, index, true);
      continue;
    }
    s.forget(index);
    if (s.is_syn())
      s.release(index);
    else
      s.abandon(index, Ending::reset);
  }
  s.finish(now);
}

std::optional<Instant> TcpEngine::next_wakeup() const { return state_->next_wakeup(); }

bool TcpEngine::finished() const { return state_->told_end && state_->abandons.empty(); }

void TcpEngine::take_events(std::vector<Event>& events) {
  events.clear();
  events.swap(state_->events);
}

ScanSummary TcpEngine::summary(Instant now) const { return state_->summary(now); }

}  // namespace sonda::inline v0
