// The generator against its authors' numbers, and its own distributions.
#include <algorithm>
#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include <sonda/sim/random.hpp>

namespace sonda::sim {
namespace {

// The first outputs of the reference implementation (prng.di.unimi.it) from this state.
TEST(Random, is_xoshiro256_starstar) {
  Random random{std::array<std::uint64_t, 4>{1, 2, 3, 4}};
  EXPECT_EQ(random.next(), 11'520U);
  EXPECT_EQ(random.next(), 0U);
  EXPECT_EQ(random.next(), 1'509'978'240U);
  EXPECT_EQ(random.next(), 1'215'971'899'390'074'240U);
}

TEST(Random, is_seeded_by_splitmix64) {
  std::uint64_t state = 1'234'567;
  EXPECT_EQ(splitmix64(state), 6'457'827'717'110'365'317U);
  EXPECT_EQ(splitmix64(state), 3'203'168'211'198'807'973U);
  EXPECT_EQ(splitmix64(state), 9'817'491'932'198'370'423U);
}

static_assert(Random{42}.next() == Random{42}.next());
static_assert(Random{42}.next() != Random{43}.next());
static_assert(Random{1}.below(0) == 0 && Random{1}.below(1) == 0);

TEST(Random, below_gives_every_number_about_as_often) {
  Random random{5};
  std::array<int, 6> seen{};
  for (int i = 0; i < 60'000; ++i) ++seen[random.below(6)];
  const auto [least, most] = std::ranges::minmax(seen);
  EXPECT_GT(least, 9'600);
  EXPECT_LT(most, 10'400);
}

TEST(Random, chance_is_true_as_often_as_it_says) {
  Random random{6};
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) hits += random.chance(0.3);
  EXPECT_NEAR(hits, 30'000, 600);
}

TEST(Random, what_is_certain_draws_no_number) {
  Random asked{7}, untouched{7};
  EXPECT_FALSE(asked.chance(0));
  EXPECT_TRUE(asked.chance(1));
  EXPECT_EQ(asked.up_to(Duration::zero()), Duration::zero());
  EXPECT_EQ(asked.next(), untouched.next());
}

TEST(Random, up_to_reaches_both_ends_and_nothing_beyond) {
  Random random{8};
  bool least = false, most = false;
  for (int i = 0; i < 1'000; ++i) {
    const auto drawn = random.up_to(Duration{3});
    ASSERT_TRUE(drawn >= Duration{0} && drawn <= Duration{3});
    least |= drawn == Duration{0};
    most |= drawn == Duration{3};
  }
  EXPECT_TRUE(least && most);
}

TEST(Random, a_fork_goes_its_own_way) {
  Random parent{9};
  auto child = parent.fork();
  EXPECT_NE(parent.next(), child.next());
}

}  // namespace
}  // namespace sonda::sim
