// Round-trip times gathered into min, mean, percentiles and jitter, in bounded memory.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/event.hpp>

namespace sonda::inline v0 {

// Percentiles are exact for the first 65,536 samples; beyond that each sample keeps its leading
// 11 binary digits, so a percentile is off by at most one part in 2,048.
class SONDA_EXPORT RttRecorder {
 public:
  void add(Duration rtt);
  [[nodiscard]] std::uint64_t samples() const { return count_; }
  [[nodiscard]] Duration max() const { return Duration{max_}; }
  // Nothing before the first sample. The standard deviation is the population's, as iputils' mdev.
  [[nodiscard]] std::optional<RttStatistics> statistics() const;

 private:
  static constexpr std::size_t exact_samples = 65'536;

  std::vector<std::int64_t> exact_;               // in order of arrival, until there are too many
  std::map<std::int64_t, std::uint64_t> coarse_;  // then: rounded sample → how many
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0, max_ = 0, last_ = 0;
  double mean_ = 0, squares_ = 0;  // Welford's running mean and sum of squared differences
  double jitter_ = 0;              // RFC 3550, section 6.4.1
};

}  // namespace sonda::inline v0
