// How fast a scan may go: a window that finds its size, and a rate that is not to be exceeded.
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>

#include <sonda/core/time.hpp>

namespace sonda::inline v0 {

// The window counts probes that may still be in the network: those younger than `patience`. Who has
// been silent for longer occupies a socket and nothing else.
class TcpPace {
 public:
  TcpPace(std::uint32_t at_first, std::uint32_t at_most, std::optional<double> rate)
      : window_{std::clamp<double>(at_first, 1, std::max(at_most, 1U))},
        threshold_{static_cast<double>(std::max(at_most, 1U))},
        least_{std::max(1.0, window_ / 4)},
        most_{threshold_} {
    if (rate) interval_ = Duration{static_cast<std::int64_t>(std::ceil(1e9 / *rate))};
  }

  [[nodiscard]] bool has_room(std::size_t young) const {
    return static_cast<double>(young) < window_;
  }
  [[nodiscard]] double window() const { return window_; }

  // When the rate lets the next SYN leave; the past, if now.
  [[nodiscard]] Instant due() const { return due_; }
  void sent(Instant now, std::uint32_t syns = 1) {
    if (interval_ == Duration::zero()) return;
    due_ = std::max(due_, now - burst) + syns * interval_;
  }

  // RFC 5681 3.1: one more for each answer until the window has once been too large, then one more
  // for each window.
  void answered() { window_ = std::min(most_, window_ + (window_ < threshold_ ? 1 : 1 / window_)); }
  // An answer to a retransmission: something was lost of what left at `sent`. Halved once for what
  // was on its way together.
  void lost(Instant now, Instant sent) {
    if (halved_at_ && sent <= *halved_at_) return;
    halved_at_ = now;
    threshold_ = window_ = std::max(least_, window_ / 2);
  }

  // Nothing was heard of one for as long as an answer takes. While nothing speaks of loss, that is
  // a filter, and the next ones need not wait for each other.
  void unheard() {
    if (!halved_at_) answered();
  }

  // RFC 6298 2.
  void measured(Duration rtt) {
    least_rtt_ = std::min(least_rtt_.value_or(rtt), rtt);
    const auto value = static_cast<double>(rtt.count());
    if (!smoothed_) {
      smoothed_ = value, variation_ = value / 2;
      return;
    }
    variation_ += (std::abs(*smoothed_ - value) - variation_) / 4;
    *smoothed_ += (value - *smoothed_) / 8;
  }
  [[nodiscard]] std::optional<Duration> least_rtt() const { return least_rtt_; }
  // RFC 6298 gives a connection a second at least, for the sake of delayed acknowledgements. A SYN
  // has none, and a retransmission that was not needed costs a packet and no truth: 200 ms at
  // least, which is above the jitter of a path that is scanned, and at most the second that it
  // begins with.
  [[nodiscard]] Duration timeout() const {
    constexpr Duration least = std::chrono::milliseconds{200}, most = std::chrono::seconds{1};
    if (!smoothed_) return most;
    const Duration wanted{static_cast<std::int64_t>(*smoothed_ + 4 * variation_)};
    return std::clamp(wanted, least, most);
  }

 private:
  static constexpr Duration burst = std::chrono::milliseconds{5};  // what a late wake-up catches up

  double window_, threshold_, least_, most_;
  std::optional<Instant> halved_at_{};
  Duration interval_{};
  Instant due_ = Instant::min() + std::chrono::hours{1};
  std::optional<Duration> least_rtt_{};
  std::optional<double> smoothed_{};
  double variation_ = 0;
};

}  // namespace sonda::inline v0
