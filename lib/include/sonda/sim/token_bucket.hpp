// A token bucket as Linux keeps it: what has been saved up is time, not tokens.
#pragma once
#include <algorithm>

#include <sonda/core/time.hpp>

namespace sonda::inline v0::sim {

// One token comes each `each`, and it holds `burst` of them. Nanoseconds add up exactly in a double
// where fractions of a token would not: ten times 10 ms are one token of 100 ms.
class TokenBucket {
 public:
  TokenBucket() = default;
  // Full at `now`.
  TokenBucket(Instant now, double each_ns, double burst)
      : each_{each_ns}, most_{each_ns * burst}, saved_{most_}, filled_{now} {}
  TokenBucket(Instant now, Duration each, double burst)
      : TokenBucket{now, static_cast<double>(each.count()), burst} {}
  // One into which nothing comes.
  [[nodiscard]] static TokenBucket never_filled(double burst) {
    TokenBucket bucket{Instant::max(), 1.0, burst};
    return bucket;
  }

  [[nodiscard]] bool has(Instant now) {
    if (now > filled_) {
      saved_ = std::min(most_, saved_ + static_cast<double>((now - filled_).count()));
      filled_ = now;
    }
    return saved_ >= each_;
  }
  // Takes a token, if there is one.
  [[nodiscard]] bool take(Instant now) {
    if (!has(now)) return false;
    saved_ -= each_;
    return true;
  }

 private:
  double each_ = 1;
  double most_ = 0;
  double saved_ = 0;
  Instant filled_{};
};

}  // namespace sonda::inline v0::sim
