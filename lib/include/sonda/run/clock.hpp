// Time for the loop: the machine's, or a virtual one that jumps to the next thing that happens.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <sonda/core/export.hpp>
#include <sonda/core/time.hpp>

namespace sonda::inline v0::net {
class WallClock;
}

namespace sonda::inline v0::run {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() = 0;
  // The wall clock at `at`: nanoseconds since 1970 (UTC).
  [[nodiscard]] virtual std::int64_t unix_ns(Instant at) const = 0;
  // By how much the wall clock was set since the last call, in ns; nothing if it was not.
  [[nodiscard]] virtual std::optional<std::int64_t> notice_step() = 0;
  // Sleeps until one of `descriptors` is readable, until `until`, or until a signal arrives.
  virtual void wait(std::span<const int> descriptors, std::optional<Instant> until) = 0;
};

// CLOCK_MONOTONIC, and CLOCK_REALTIME beside it.
class SONDA_EXPORT SystemClock final : public Clock {
 public:
  // The wall clock is shared with the link, which converts the kernel's stamps with it.
  explicit SystemClock(std::shared_ptr<net::WallClock> wall) : wall_{std::move(wall)} {}
  [[nodiscard]] Instant now() override;
  [[nodiscard]] std::int64_t unix_ns(Instant at) const override;
  [[nodiscard]] std::optional<std::int64_t> notice_step() override;
  void wait(std::span<const int> descriptors, std::optional<Instant> until) override;

 private:
  std::shared_ptr<net::WallClock> wall_;
};

// Starts at 0 and moves only when the loop waits: an hour costs nothing.
class SONDA_EXPORT VirtualClock final : public Clock {
 public:
  // Virtual time 0 is this moment of the wall clock; the default is 2000-01-01.
  static constexpr std::int64_t epoch_ns = 946'684'800'000'000'000;

  [[nodiscard]] Instant now() override { return now_; }
  [[nodiscard]] std::int64_t unix_ns(Instant at) const override {
    return epoch_ns + stepped_ns_ + at.time_since_epoch().count();
  }
  [[nodiscard]] std::optional<std::int64_t> notice_step() override {
    return std::exchange(pending_step_, std::nullopt);
  }
  void wait(std::span<const int>, std::optional<Instant> until) override {
    if (until && *until > now_) now_ = *until;
  }
  // The wall clock is set by `ns` now.
  void step(std::int64_t ns) {
    stepped_ns_ += ns;
    pending_step_ = pending_step_.value_or(0) + ns;
  }

 private:
  Instant now_{};
  std::int64_t stepped_ns_ = 0;
  std::optional<std::int64_t> pending_step_;
};

}  // namespace sonda::inline v0::run
