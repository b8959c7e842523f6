// Round-trip statistics against a naive oracle that keeps and sorts everything.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/probe/rtt_recorder.hpp>

namespace sonda {
namespace {

RttStatistics naive(const std::vector<std::int64_t>& samples) {
  long double sum = 0, squares = 0, jitter = 0;
  for (const auto ns : samples) sum += static_cast<long double>(ns);
  const auto mean = sum / static_cast<long double>(samples.size());
  for (const auto ns : samples)
    squares += (static_cast<long double>(ns) - mean) * (static_cast<long double>(ns) - mean);
  for (std::size_t i = 1; i < samples.size(); ++i)
    jitter += (static_cast<long double>(std::abs(samples[i] - samples[i - 1])) - jitter) / 16;
  auto sorted = samples;
  std::ranges::sort(sorted);
  const auto percentile = [&sorted](std::size_t percent) {
    const auto rank = (sorted.size() * percent + 99) / 100;
    return Duration{sorted[std::max<std::size_t>(rank, 1) - 1]};
  };
  const auto rounded = [](long double ns) { return Duration{std::llround(ns)}; };
  return {.min = Duration{sorted.front()},
          .mean = rounded(mean),
          .median = percentile(50),
          .p95 = percentile(95),
          .p99 = percentile(99),
          .max = Duration{sorted.back()},
          .stddev = rounded(std::sqrt(squares / static_cast<long double>(samples.size()))),
          .jitter = rounded(jitter),
          .samples = samples.size()};
}

RttRecorder recorded(const std::vector<std::int64_t>& samples) {
  RttRecorder out;
  for (const auto ns : samples) out.add(Duration{ns});
  return out;
}

// Times as a path gives them: a floor, a long tail, now and then an outlier.
std::vector<std::int64_t> some(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < count; ++i) {
    auto ns = 10'000'000 + static_cast<std::int64_t>(random() % 3'000'000);
    if (random() % 50 == 0) ns += static_cast<std::int64_t>(random() % 4'000'000'000U);
    out.push_back(ns);
  }
  return out;
}

void expect_near(Duration ours, Duration oracle, std::int64_t most) {
  EXPECT_NEAR(static_cast<double>(ours.count()), static_cast<double>(oracle.count()),
              static_cast<double>(most));
}

TEST(RttRecorder, has_no_statistics_before_the_first_sample) {
  EXPECT_FALSE(RttRecorder{}.statistics().has_value());
}

TEST(RttRecorder, says_the_same_of_one_sample_in_every_column) {
  const auto s = *recorded({1'234'567}).statistics();
  for (const auto value : {s.min, s.mean, s.median, s.p95, s.p99, s.max})
    EXPECT_EQ(value, Duration{1'234'567});
  EXPECT_EQ(s.stddev, Duration{});
  EXPECT_EQ(s.jitter, Duration{});
  EXPECT_EQ(s.samples, 1U);
}

TEST(RttRecorder, agrees_with_an_oracle_that_keeps_everything) {
  for (std::size_t count : {2U, 3U, 4U, 19U, 20U, 21U, 99U, 100U, 101U, 1'000U, 4'321U}) {
    SCOPED_TRACE(count);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto samples = some(count, seed);
      const auto ours = *recorded(samples).statistics();
      const auto oracle = naive(samples);
      EXPECT_EQ(ours.min, oracle.min);
      EXPECT_EQ(ours.median, oracle.median);
      EXPECT_EQ(ours.p95, oracle.p95);
      EXPECT_EQ(ours.p99, oracle.p99);
      EXPECT_EQ(ours.max, oracle.max);
      EXPECT_EQ(ours.samples, oracle.samples);
      expect_near(ours.mean, oracle.mean, 1);
      expect_near(ours.stddev, oracle.stddev, 1);
      expect_near(ours.jitter, oracle.jitter, 1);
    }
  }
}

TEST(RttRecorder, does_not_lose_small_differences_of_large_times) {
  std::vector<std::int64_t> samples;
  for (int i = 0; i < 1'000; ++i) samples.push_back(3'600'000'000'000 + i % 2);
  const auto s = *recorded(samples).statistics();
  EXPECT_EQ(s.min, Duration{3'600'000'000'000});
  EXPECT_EQ(s.max, Duration{3'600'000'000'001});
  EXPECT_LE(s.stddev, Duration{1});
}

TEST(RttRecorder, is_exact_for_65536_samples_and_within_one_part_in_2048_beyond) {
  auto samples = some(65'536, 7);
  auto recorder = recorded(samples);
  auto oracle = naive(samples);
  EXPECT_EQ(recorder.statistics()->median, oracle.median);
  EXPECT_EQ(recorder.statistics()->p95, oracle.p95);
  EXPECT_EQ(recorder.statistics()->p99, oracle.p99);

  for (const auto ns : some(40'000, 8)) {
    samples.push_back(ns);
    recorder.add(Duration{ns});
  }
  const auto s = *recorder.statistics();
  oracle = naive(samples);
  EXPECT_EQ(s.min, oracle.min);
  EXPECT_EQ(s.max, oracle.max);
  EXPECT_EQ(s.samples, 105'536U);
  expect_near(s.mean, oracle.mean, 1);
  expect_near(s.stddev, oracle.stddev, 1'000);
  expect_near(s.median, oracle.median, oracle.median.count() / 2'048);
  expect_near(s.p95, oracle.p95, oracle.p95.count() / 2'048);
  expect_near(s.p99, oracle.p99, oracle.p99.count() / 2'048);
}

TEST(RttRecorder, keeps_its_percentiles_between_min_and_max_when_coarse) {
  RttRecorder recorder;
  for (int i = 0; i < 70'000; ++i) recorder.add(Duration{1'000'003});
  const auto s = *recorder.statistics();
  EXPECT_EQ(s.median, Duration{1'000'003});
  EXPECT_EQ(s.p99, Duration{1'000'003});
}

// RFC 3550 section 6.4.1, by hand: J = J + (|D| - J)/16 with |D| = 16, 32, 0.
TEST(RttRecorder, computes_the_jitter_of_RFC_3550) {
  RttRecorder recorder;
  recorder.add(Duration{1'600});
  recorder.add(Duration{3'200});  // J = 0 + 1600/16 = 100
  EXPECT_EQ(recorder.statistics()->jitter, Duration{100});
  recorder.add(Duration{0});  // J = 100 + (3200 - 100)/16 = 293.75
  EXPECT_EQ(recorder.statistics()->jitter, Duration{294});
  recorder.add(Duration{0});  // J = 293.75 - 293.75/16 = 275.39
  EXPECT_EQ(recorder.statistics()->jitter, Duration{275});
}

// A stamp of the wire may be a little before the one we had to do with: such a sample may be
// below zero by its error, and must neither vanish nor break the others.
TEST(RttRecorder, takes_a_sample_just_below_zero) {
  const auto s = *recorded({-50, 100, 200}).statistics();
  EXPECT_EQ(s.min, Duration{-50});
  EXPECT_EQ(s.median, Duration{100});
}

}  // namespace
}  // namespace sonda
