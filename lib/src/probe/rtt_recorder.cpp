// Round-trip times gathered into min, mean, percentiles and jitter, in bounded memory.
#include <algorithm>
#include <bit>
#include <cmath>

#include <sonda/probe/rtt_recorder.hpp>

namespace sonda::inline v0 {
namespace {

// `ns` with all but its leading 11 binary digits cleared, rounded to the middle of what they span.
std::int64_t rounded(std::int64_t ns) {
  const auto magnitude = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
  const auto width = static_cast<int>(std::bit_width(magnitude));
  const auto dropped = std::max(width - 11, 0);
  const auto kept = magnitude >> dropped << dropped;
  return static_cast<std::int64_t>(kept + (dropped > 0 ? std::uint64_t{1} << (dropped - 1) : 0));
}

Duration from_double(double ns) { return Duration{static_cast<std::int64_t>(std::llround(ns))}; }

// The nearest-rank position, from 0, of the `percent`-th percentile of `count` samples.
std::uint64_t rank(std::uint64_t count, unsigned percent) {
  return std::max<std::uint64_t>((count * percent + 99) / 100, 1) - 1;
}

}  // namespace

void RttRecorder::add(Duration rtt) {
  const std::int64_t ns = rtt.count();
  if (count_ == 0) {
    min_ = max_ = ns;
  } else {
    min_ = std::min(min_, ns);
    max_ = std::max(max_, ns);
    jitter_ += (std::abs(static_cast<double>(ns - last_)) - jitter_) / 16;
  }
  last_ = ns;
  ++count_;
  const double difference = static_cast<double>(ns) - mean_;
  mean_ += difference / static_cast<double>(count_);
  squares_ += difference * (static_cast<double>(ns) - mean_);

  if (coarse_.empty() && exact_.size() < exact_samples) {
    exact_.push_back(ns);
    return;
  }
  for (const auto sample : exact_) ++coarse_[rounded(sample)];
  exact_.clear();
  ++coarse_[rounded(ns)];
}

std::optional<RttStatistics> RttRecorder::statistics() const {
  if (count_ == 0) return std::nullopt;
  auto percentile = [this, sorted = exact_](unsigned percent) mutable -> Duration {
    const auto wanted = rank(count_, percent);
    if (coarse_.empty()) {
      const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(wanted);
      std::ranges::nth_element(sorted, at);
      return Duration{*at};
    }
    std::uint64_t seen = 0;
    for (const auto& [value, times] : coarse_)
      if ((seen += times) > wanted) return Duration{std::clamp(value, min_, max_)};
    return Duration{max_};
  };
  return RttStatistics{.min = Duration{min_},
                       .mean = from_double(mean_),
                       .median = percentile(50),
                       .p95 = percentile(95),
                       .p99 = percentile(99),
                       .max = Duration{max_},
                       .stddev = from_double(std::sqrt(squares_ / static_cast<double>(count_))),
                       .jitter = from_double(jitter_),
                       .samples = count_};
}

}  // namespace sonda::inline v0
