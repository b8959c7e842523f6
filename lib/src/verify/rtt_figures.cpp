// RTTs into figures.
#include "rtt_figures.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sonda::inline v0::verify {
namespace {

// The middle of all numbers that share the leading 11 binary digits of `ns`.
std::int64_t middle(std::int64_t ns) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
  const int width = static_cast<int>(std::bit_width(value));
  if (width <= 11) return static_cast<std::int64_t>(value);
  const int rest = width - 11;
  return static_cast<std::int64_t>(((value >> rest) << rest) | (std::uint64_t{1} << (rest - 1)));
}

// Of `count` samples the one, from 0, that `percent` per cent are not above.
std::uint64_t place(std::uint64_t count, unsigned percent) {
  const auto rank = (count * percent + 99) / 100;
  return rank == 0 ? 0 : rank - 1;
}

Duration whole(double ns) { return Duration{std::llround(ns)}; }

}  // namespace

void RttFigures::add(std::int64_t ns) {
  if (count_ == 0)
    least_ = most_ = ns;
  else
    jitter_ += (std::abs(static_cast<double>(ns) - static_cast<double>(before_)) - jitter_) / 16;
  least_ = std::min(least_, ns), most_ = std::max(most_, ns), before_ = ns;
  ++count_;
  const double away = static_cast<double>(ns) - mean_;
  mean_ += away / static_cast<double>(count_);
  spread_ += away * (static_cast<double>(ns) - mean_);
  if (count_ <= exact) {
    samples_.push_back(ns);
    return;
  }
  for (const auto sample : samples_) ++rounded_[middle(sample)];
  samples_.clear();
  ++rounded_[middle(ns)];
}

std::int64_t RttFigures::percentile(unsigned percent) const {
  auto left = place(count_, percent);
  if (rounded_.empty()) {
    auto sorted = samples_;
    const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(left);
    std::ranges::nth_element(sorted, at);
    return *at;
  }
  for (const auto& [value, times] : rounded_) {
    if (left < times) return std::clamp(value, least_, most_);
    left -= times;
  }
  return most_;
}

std::optional<RttStatistics> RttFigures::figures() const {
  if (count_ == 0) return std::nullopt;
  return RttStatistics{.min = Duration{least_},
                       .mean = whole(mean_),
                       .median = Duration{percentile(50)},
                       .p95 = Duration{percentile(95)},
                       .p99 = Duration{percentile(99)},
                       .max = Duration{most_},
                       .stddev = whole(std::sqrt(spread_ / static_cast<double>(count_))),
                       .jitter = whole(jitter_),
                       .samples = count_};
}

void Distances::add(std::int64_t ns) {
  const auto value = static_cast<std::uint64_t>(ns < 0 ? -(ns + 1) + 1 : ns);
  worst_ = std::max(worst_, static_cast<std::int64_t>(std::min(value, ~std::uint64_t{0} >> 1)));
  const int width = static_cast<int>(std::bit_width(value));
  const auto digits = width <= 6 ? value : value >> (width - 6);
  // Up to 63 by themselves; then 32 of each width.
  const auto bucket = width <= 6 ? digits : static_cast<std::size_t>(width - 5) * 32 + digits - 32;
  ++buckets_[std::min(bucket, buckets_.size() - 1)];
  ++count_;
}

std::int64_t Distances::percentile(unsigned percent) const {
  if (count_ == 0) return 0;
  auto left = place(count_, percent);
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    if (left >= buckets_[bucket]) {
      left -= buckets_[bucket];
      continue;
    }
    if (bucket < 64) return static_cast<std::int64_t>(bucket);
    const auto width = bucket / 32 + 5;
    const auto digits = static_cast<std::uint64_t>(bucket % 32 + 32);
    return std::min(static_cast<std::int64_t>(((digits + 1) << (width - 6)) - 1), worst_);
  }
  return worst_;
}

}  // namespace sonda::inline v0::verify
