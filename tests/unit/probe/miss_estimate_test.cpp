// The estimated share of missed ports, and the sum of shards.
#include <array>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include <sonda/probe/miss_estimate.hpp>

namespace sonda {
namespace {

using Tries = std::array<std::uint64_t, ScanSummary::most_tries>;

// What is expected of a million ports if each try is lost with this probability.
Tries answers(double loss, std::uint32_t tries) {
  Tries out{};
  for (std::uint32_t i = 0; i < tries; ++i)
    out[i] = static_cast<std::uint64_t>(1e6 * std::pow(loss, i) * (1 - loss));
  return out;
}

TEST(MissEstimate, finds_the_loss_that_the_answers_came_from) {
  for (const double loss : {0.001, 0.01, 0.05, 0.2, 0.5, 0.8})
    for (const std::uint32_t tries : {2U, 3U, 7U, 16U}) {
      const auto estimate = estimate_misses(answers(loss, tries), tries);
      ASSERT_TRUE(estimate);
      EXPECT_NEAR(estimate->path_loss, loss, 0.01 * loss) << tries;
      EXPECT_NEAR(estimate->miss_probability, std::pow(loss, tries), 0.2 * std::pow(loss, tries))
          << loss << ' ' << tries;
    }
}

TEST(MissEstimate, is_zero_where_every_first_try_was_answered) {
  const auto estimate = estimate_misses({1'000}, 3);
  ASSERT_TRUE(estimate);
  EXPECT_EQ(estimate->path_loss, 0);
  EXPECT_EQ(estimate->miss_probability, 0);
}

TEST(MissEstimate, says_nothing_of_few_answers_or_of_a_single_try) {
  EXPECT_FALSE(estimate_misses({19}, 3));
  EXPECT_TRUE(estimate_misses({20}, 3));
  EXPECT_FALSE(estimate_misses({1'000}, 1));
  EXPECT_FALSE(estimate_misses({}, 3));
}

TEST(MissEstimate, stays_below_one_where_late_tries_are_answered_as_often) {
  const auto estimate = estimate_misses({100, 100, 100}, 3);
  ASSERT_TRUE(estimate);
  EXPECT_LT(estimate->path_loss, 1);
  EXPECT_GT(estimate->path_loss, 0.99);
}

TEST(AddSummary, adds_what_is_the_shards_own_and_estimates_anew) {
  const ScanSummary part{.hosts = 4,
                         .ports = 50,
                         .resumed = 2,
                         .by_state = {10, 20, 3, 4, 5, 0, 6},
                         .probes = 60,
                         .answered_at = {9, 1},
                         .drops = 1,
                         .foreign = 2,
                         .elapsed = std::chrono::seconds{3}};
  auto other = part;
  other.elapsed = std::chrono::seconds{2};
  auto sum = part;
  add_summary(sum, other, 3);
  EXPECT_EQ(sum.hosts, 4U) << "each shard has ports of all hosts";
  EXPECT_EQ(sum.ports, 100U);
  EXPECT_EQ(sum.resumed, 4U);
  EXPECT_EQ(std::accumulate(sum.by_state.begin(), sum.by_state.end(), 0U), 96U);
  EXPECT_EQ(sum.probes, 120U);
  EXPECT_EQ(sum.drops, 2U);
  EXPECT_EQ(sum.foreign, 4U);
  EXPECT_EQ(sum.elapsed, std::chrono::seconds{3});
  EXPECT_TRUE(sum.path_loss) << "twenty answers together";
  EXPECT_TRUE(sum.final);
  other.final = false;
  add_summary(sum, other, 3);
  EXPECT_FALSE(sum.final);
}

}  // namespace
}  // namespace sonda
