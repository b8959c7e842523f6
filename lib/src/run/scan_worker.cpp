// The worker's own loop around the only loop.
#include "scan_worker.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sonda::inline v0::run {

ScanWorker::ScanWorker(WorkerParts parts, net::Bell wake, const net::Bell& outbox)
    : parts_{std::move(parts)},
      clock_{parts_.wall_clock},
      loop_{*parts_.engine,
            *parts_.link,
            clock_,
            {.on_event = [this](Occurrence&& one) { pending_.push_back(std::move(one)); }}},
      wake_{std::move(wake)},
      outbox_{outbox} {}

ScanWorker::~ScanWorker() {
  quit_ = true;
  wake_.ring();
  if (thread_.joinable()) thread_.join();
}

std::expected<void, Failure> ScanWorker::start() {
  auto thread = net::start_quiet_thread([this] { work(); });
  if (!thread) return std::unexpected{thread.error()};
  thread_ = std::move(*thread);
  return {};
}

void ScanWorker::query() {
  query_ = true;
  wake_.ring();
}

void ScanWorker::stop() {
  stop_ = true;
  wake_.ring();
}

ScanWorker::Delivery ScanWorker::take(std::vector<Occurrence>& occurrences) {
  bool was_crowded = false;
  Delivery state;
  {
    const std::lock_guard lock{mutex_};
    was_crowded = out_.size() >= most_waiting;
    std::swap(out_, occurrences);
    state = state_;
  }
  if (was_crowded) wake_.ring();
  return state;
}

void ScanWorker::work() noexcept {
  std::exception_ptr error;
  try {
    work_until_ended();
  } catch (...) {
    error = std::current_exception();
  }
  {
    const std::lock_guard lock{mutex_};
    state_ = {.ended = true, .error = error};
  }
  outbox_.ring();
}

void ScanWorker::work_until_ended() {
  while (!quit_) {
    obey();
    loop_.turn();
    for (const auto& notice : parts_.take_notices()) {
      const auto now = clock_.now();
      pending_.push_back({.event = {now, notice}, .unix_ns = clock_.unix_ns(now)});
    }
    const auto now = clock_.now();
    const bool ended = loop_.finished();
    if (ended || pending_.size() >= hand_over_at || now - handed_over_ >= hand_over_every) {
      hand_over();
      handed_over_ = now;
    }
    if (ended) return;
    while (crowded() && !quit_) wait(std::nullopt, true);
    auto until = loop_.next_wakeup();
    if (!pending_.empty()) {
      const auto due = handed_over_ + hand_over_every;
      until = until ? std::min(*until, due) : due;
    }
    wait(until, false);
  }
}

// After the bell is silenced, so that what rings it from now on is not missed.
void ScanWorker::obey() {
  wake_.silence();
  if (query_.exchange(false)) loop_.query();
  if (stop_.exchange(false)) loop_.stop();
}

void ScanWorker::hand_over() {
  if (pending_.empty()) return;
  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    first = out_.empty();
    if (first)
      std::swap(out_, pending_);
    else
      out_.insert(out_.end(), std::make_move_iterator(pending_.begin()),
                  std::make_move_iterator(pending_.end()));
  }
  pending_.clear();
  if (first) outbox_.ring();
}

bool ScanWorker::crowded() {
  const std::lock_guard lock{mutex_};
  return out_.size() >= most_waiting;
}

void ScanWorker::wait(std::optional<Instant> until, bool for_caller_only) {
  watched_.assign(1, wake_.fd());
  if (!for_caller_only) {
    const auto descriptors = parts_.link->descriptors();
    watched_.insert(watched_.end(), descriptors.begin(), descriptors.end());
  }
  clock_.wait(watched_, until);
  if (for_caller_only) wake_.silence();
}

}  // namespace sonda::inline v0::run
