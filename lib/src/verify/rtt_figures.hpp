// The figures of a run's RTTs, reckoned anew from the samples; and how far samples are off.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <sonda/core/time.hpp>
#include <sonda/event/event.hpp>

namespace sonda::inline v0::verify {

// Percentiles by nearest rank. Exact up to 65,536 samples; beyond that samples are known by their
// leading 11 binary digits, as docs/schema says of the summary.
class RttFigures {
 public:
  void add(std::int64_t ns);
  [[nodiscard]] std::optional<RttStatistics> figures() const;

 private:
  static constexpr std::size_t exact = 65'536;
  [[nodiscard]] std::int64_t percentile(unsigned percent) const;

  std::vector<std::int64_t> samples_;
  std::map<std::int64_t, std::uint64_t> rounded_;
  std::uint64_t count_ = 0;
  std::int64_t least_ = 0, most_ = 0, before_ = 0;
  double mean_ = 0, spread_ = 0, jitter_ = 0;
};

// Distances from nothing up, each known to one part in 32; nothing is allocated.
class Distances {
 public:
  void add(std::int64_t ns);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t worst() const { return worst_; }
  [[nodiscard]] std::int64_t percentile(unsigned percent) const;

 private:
  std::array<std::uint64_t, 64 * 32> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t worst_ = 0;
};

}  // namespace sonda::inline v0::verify
