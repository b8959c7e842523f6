// Puts the kernel's stamps on the monotonic line, and distrusts them around a step of the clock.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <sonda/core/time.hpp>
#include <sonda/net/clock.hpp>

namespace sonda::inline v0::net {

class StampConverter {
 public:
  explicit StampConverter(std::shared_ptr<WallClock> clock)
      : clock_{clock ? std::move(clock) : std::make_shared<WallClock>()}, seen_{clock_->watch()} {}

  // To be called after stamps were read and before they are converted: what was stamped before a
  // step and read after it is of an unknown time.
  void check() {
    if (const auto steps = clock_->watch(); steps != seen_) {
      seen_ = steps;
      ambiguous_ = true;
    }
  }
  // Everything that was stamped before the step has been read.
  void queues_are_empty() noexcept { ambiguous_ = false; }

  [[nodiscard]] std::optional<std::int64_t> monotonic(std::int64_t realtime_ns) const noexcept {
    if (ambiguous_) return std::nullopt;
    return clock_->monotonic_ns(realtime_ns);
  }
  // Of a received packet. Without a stamp of the kernel's it arrived some time before `woken`,
  // when the program was told: how long before is a guess at the scheduler's delay.
  [[nodiscard]] Stamp received(std::optional<std::int64_t> realtime_ns, Instant woken) const {
    constexpr std::int64_t scheduling_delay = 1'000'000;
    if (realtime_ns)
      if (const auto ns = monotonic(*realtime_ns)) return {*ns, 0, StampClock::kernel};
    const auto ns = woken.time_since_epoch().count();
    return {ns, scheduling_delay, StampClock::user};
  }

 private:
  std::shared_ptr<WallClock> clock_;
  std::uint64_t seen_;
  bool ambiguous_ = false;
};

}  // namespace sonda::inline v0::net
