// Stamps of two clocks, and the round-trip time that may lie between them.
#include <chrono>
#include <type_traits>

#include <gtest/gtest.h>

#include <sonda/core/time.hpp>

namespace sonda {
namespace {

template <typename Clock>
concept readable = requires { Clock::now(); };
static_assert(!readable<EngineClock> && readable<std::chrono::steady_clock>);
static_assert(!std::is_same_v<Instant, Stamp>);

TEST(Stamp, of_the_kernel_on_both_sides_makes_a_kernel_sample_with_both_errors) {
  const auto rtt = rtt_between({1'000, 7, StampClock::kernel}, {51'000, 2, StampClock::kernel});
  EXPECT_EQ(rtt, (RttSample{Duration{50'000}, Duration{9}, StampClock::kernel}));
}

TEST(Stamp, of_the_user_makes_the_sample_the_users) {
  const Stamp user{0, 40, StampClock::user}, kernel{100, 1, StampClock::kernel};
  EXPECT_EQ(rtt_between(user, kernel), (RttSample{Duration{100}, Duration{41}, StampClock::user}));
  EXPECT_EQ(rtt_between(kernel, user)->clock, StampClock::user);
}

TEST(Stamp, of_virtual_time_has_no_distance_to_a_real_one) {
  const Stamp real{5, 0, StampClock::kernel}, simulated{9, 0, StampClock::simulated};
  EXPECT_FALSE(rtt_between(real, simulated));
  EXPECT_FALSE(rtt_between(simulated, real));
  EXPECT_EQ(rtt_between(simulated, simulated)->clock, StampClock::simulated);
}

TEST(Stamp, may_lie_before_the_one_it_is_measured_from) {
  EXPECT_EQ(rtt_between({10, 0, StampClock::user}, {4, 0, StampClock::user})->rtt, Duration{-6});
}

}  // namespace
}  // namespace sonda
