// Reading the clocks, and noticing that somebody has set one of them.
#include <algorithm>
#include <time.h>
#include <utility>

#include <sonda/net/clock.hpp>

namespace sonda::inline v0::net {
namespace {

std::int64_t read_clock(clockid_t clock) noexcept {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Instant now() noexcept { return Instant{Duration{read_clock(CLOCK_MONOTONIC)}}; }

ClockReading read_clocks() noexcept {
  ClockReading reading;
  reading.monotonic_before = read_clock(CLOCK_MONOTONIC);
  reading.realtime = read_clock(CLOCK_REALTIME);
  reading.monotonic_after = read_clock(CLOCK_MONOTONIC);
  return reading;
}

WallClock::WallClock(Reader read) noexcept : read_{read} { adopt(); }

WallClock::Interval WallClock::measure() const noexcept {
  const auto reading = read_();
  return {reading.realtime - reading.monotonic_after, reading.realtime - reading.monotonic_before};
}

void WallClock::adopt() noexcept {
  // The narrowest of several, since any of them may have been interrupted halfway. One that
  // contradicts the others saw a step: what came before it no longer counts.
  known_ = measure();
  for (int i = 0; i < 15; ++i) {
    const auto again = measure();
    if (again.low > known_.high || again.high < known_.low)
      known_ = again;
    else
      known_ = {std::max(known_.low, again.low), std::min(known_.high, again.high)};
  }
  offset_ = known_.low + (known_.high - known_.low) / 2;
}

std::uint64_t WallClock::watch() noexcept {
  const auto seen = measure();
  if (seen.low <= known_.high && seen.high >= known_.low) {
    // The offset in use stays: events that were converted with it must not move.
    known_ = {std::max(known_.low, seen.low), std::min(known_.high, seen.high)};
    return steps_;
  }
  const auto before = offset_;
  adopt();
  ++steps_;
  stepped_ = true;
  unreported_ += offset_ - before;
  return steps_;
}

std::optional<std::int64_t> WallClock::notice_step() noexcept {
  watch();
  if (!std::exchange(stepped_, false)) return std::nullopt;
  return std::exchange(unreported_, 0);
}

}  // namespace sonda::inline v0::net
