// The two clocks of the system: the monotonic one that measures, and the wall clock beside it.
#pragma once
#include <cstdint>
#include <optional>

#include <sonda/core/export.hpp>
#include <sonda/core/time.hpp>

namespace sonda::inline v0::net {

// CLOCK_MONOTONIC.
[[nodiscard]] SONDA_EXPORT Instant now() noexcept;

// The wall clock read between two readings of the monotonic one, all in nanoseconds.
struct ClockReading {
  std::int64_t monotonic_before = 0;
  std::int64_t realtime = 0;
  std::int64_t monotonic_after = 0;
};

[[nodiscard]] SONDA_EXPORT ClockReading read_clocks() noexcept;

// CLOCK_REALTIME as seen from CLOCK_MONOTONIC. Both tick at the same rate, so their distance is
// constant to the nanosecond until somebody sets the wall clock; that is how a step is noticed.
// The distance is read, not known: times of the wall clock may be off by as much as one reading
// takes, about 25 ns, but always by the same amount, so going there and back loses nothing.
class SONDA_EXPORT WallClock {
 public:
  using Reader = ClockReading (*)() noexcept;

  // Another `read` lets a test set the clock.
  explicit WallClock(Reader read = read_clocks) noexcept;

  // Compares the clocks; how many steps there have been so far. Whoever remembers the last answer
  // knows whether a step happened since.
  std::uint64_t watch() noexcept;
  // Compares the clocks; by how many nanoseconds the wall clock was set (later: positive) since
  // this was last called, if it was.
  [[nodiscard]] std::optional<std::int64_t> notice_step() noexcept;

  [[nodiscard]] std::int64_t unix_ns(Instant at) const noexcept {
    return at.time_since_epoch().count() + offset_;
  }
  [[nodiscard]] std::int64_t monotonic_ns(std::int64_t realtime_ns) const noexcept {
    return realtime_ns - offset_;
  }

 private:
  struct Interval {  // the offset lies in it, its ends included
    std::int64_t low = 0;
    std::int64_t high = 0;
  };
  [[nodiscard]] Interval measure() const noexcept;
  void adopt() noexcept;

  Reader read_;
  Interval known_{};
  std::int64_t offset_ = 0;  // realtime less monotonic, as used in every conversion
  std::uint64_t steps_ = 0;
  std::int64_t unreported_ = 0;
  bool stepped_ = false;
};

}  // namespace sonda::inline v0::net
