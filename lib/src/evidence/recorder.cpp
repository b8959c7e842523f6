// The program's side of a recorder: events in, events out.
#include <cerrno>
#include <utility>

#include <sonda/evidence/recorder.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/route.hpp>

#include "recorder_state.hpp"

namespace sonda::inline v0::evidence {
namespace {

// Events that wait for a file which takes nothing; what comes beyond is not in it.
constexpr std::size_t most_held = 262'144;

}  // namespace

std::vector<OwnEnd> own_ends(const std::vector<capture::Interface>& interfaces) {
  std::vector<OwnEnd> ends(interfaces.size());
  const auto known = net::interfaces();
  if (!known) return ends;
  for (std::size_t i = 0; i < ends.size(); ++i)
    for (const auto& own : *known)
      if (own.name == interfaces[i].name) ends[i] = {.mac = own.mac, .loopback = own.loopback};
  return ends;
}

std::expected<Recorder, Failure> Recorder::make() {
  auto work = net::Bell::make();
  if (!work) return std::unexpected{work.error()};
  auto results = net::Bell::make();
  if (!results) return std::unexpected{results.error()};
  return Recorder{std::make_shared<State>(std::move(*work), std::move(*results))};
}

Recorder::Recorder(std::shared_ptr<State> state) noexcept : state_{std::move(state)} {}
Recorder::Recorder(Recorder&&) noexcept = default;

Recorder::~Recorder() {
  if (!state_ || !state_->thread.joinable()) return;
  end();
  if (state_->abandoned)
    state_->thread.detach();
  else
    state_->thread.join();
}

std::expected<void, Failure> Recorder::record(RecorderPlan plan) {
  for (const auto& interface : plan.source->interfaces())
    if (const auto added = plan.file.add_interface(interface); !added)
      return std::unexpected{added.error()};
  if (!plan.names.empty())
    if (const auto added = plan.file.add_names(plan.names); !added) return added;
  if (const auto flushed = plan.file.flush(); !flushed) return flushed;
  state_->began_ns = net::read_clocks().realtime;
  state_->plan.emplace(std::move(plan));
  return {};
}

std::expected<void, Failure> Recorder::start() {
  if (!state_->plan) return {};
  auto thread = net::start_quiet_thread([state = state_] { state->run(); });
  if (!thread) return std::unexpected{thread.error()};
  state_->started = true;
  state_->thread = std::move(*thread);
  return {};
}

void Recorder::offer(const Occurrence& occurrence) {
  auto entry = std::make_shared<Entry>();
  entry->occurrence = occurrence;
  if (state_->plan) entry->mention = state_->plan->recognizer->mention(occurrence);
  entry->made = net::now();
  {
    const std::lock_guard lock{state_->guard};
    entry->number = state_->next_number++;
    if (state_->offered.size() >= most_held) entry->mention.reset();
    entry->waits = entry->mention.has_value();
    if (entry->mention) state_->offered.push_back(entry);
    state_->waiting.push_back(std::move(entry));
  }
  state_->work.ring();
}

int Recorder::descriptor() const noexcept { return state_->results.fd(); }

std::optional<Instant> Recorder::next_due() const {
  const std::lock_guard lock{state_->guard};
  if (!state_->decided.empty()) return state_->decided.front()->made;
  if (state_->waiting.empty()) return std::nullopt;
  return state_->waiting.front()->made + state_->patience();
}

void Recorder::release(Instant now, std::vector<Occurrence>& out) {
  auto& state = *state_;
  state.results.silence();
  const std::lock_guard lock{state.guard};
  // The thread decides in time, unless the file holds it up.
  while (!state.waiting.empty() &&
         (state.waiting.front()->made + state.patience() <= now || state.ended)) {
    auto& front = state.waiting.front();
    if (!std::exchange(front->fixed, true) && !state.ended) {
      if (state.unwritten.size() < most_held)
        state.unwritten.push_back(front);
      else if (!state.failure)
        state.failure = Failure{"record", ENOBUFS, "every event"};
    }
    state.decided.push_back(std::move(front));
    state.waiting.pop_front();
  }
  for (; !state.decided.empty(); state.decided.pop_front())
    out.push_back(state.decided.front()->occurrence);
}

std::optional<Failure> Recorder::take_failure() {
  const std::lock_guard lock{state_->guard};
  if (!state_->failure || std::exchange(state_->told_failure, true)) return std::nullopt;
  return state_->failure;
}

void Recorder::end() {
  {
    const std::lock_guard lock{state_->guard};
    if (!state_->started) state_->ended = true;
    if (!std::exchange(state_->ending, true)) state_->end_due = net::now() + max_delay;
  }
  state_->work.ring();
}

bool Recorder::ended() const {
  const std::lock_guard lock{state_->guard};
  return state_->ended && state_->waiting.empty() && state_->decided.empty();
}

void Recorder::abandon() {
  const std::lock_guard lock{state_->guard};
  state_->abandoned = true;
}

}  // namespace sonda::inline v0::evidence
