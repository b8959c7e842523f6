// Virtual time, which only waiting moves, and the machine's.
#include <array>
#include <chrono>
#include <memory>

#include <gtest/gtest.h>

#include <sonda/net/clock.hpp>
#include <sonda/run/clock.hpp>

namespace sonda::run {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(VirtualClock, begins_at_0_and_stands_still) {
  VirtualClock clock;
  EXPECT_EQ(clock.now(), Instant{});
  EXPECT_EQ(clock.now(), Instant{});
  EXPECT_EQ(clock.unix_ns(Instant{}), 946'684'800'000'000'000);
}

TEST(VirtualClock, jumps_to_what_it_waits_for) {
  VirtualClock clock;
  clock.wait({}, Instant{hours{1}});
  EXPECT_EQ(clock.now(), Instant{hours{1}});
  EXPECT_EQ(clock.unix_ns(clock.now()), VirtualClock::epoch_ns + 3'600'000'000'000);
}

TEST(VirtualClock, never_goes_back) {
  VirtualClock clock;
  clock.wait({}, Instant{seconds{10}});
  clock.wait({}, Instant{seconds{3}});
  clock.wait({}, Instant::min());
  clock.wait({}, std::nullopt);
  EXPECT_EQ(clock.now(), Instant{seconds{10}});
}

TEST(VirtualClock, tells_of_steps_once_and_of_several_together) {
  VirtualClock clock;
  EXPECT_FALSE(clock.notice_step().has_value());
  clock.step(5);
  clock.step(-7);
  EXPECT_EQ(clock.notice_step(), -2);
  EXPECT_FALSE(clock.notice_step().has_value());
  EXPECT_EQ(clock.unix_ns(Instant{}), VirtualClock::epoch_ns - 2);
  EXPECT_EQ(clock.now(), Instant{}) << "a step of the wall clock is none of virtual time";
}

TEST(SystemClock, moves_by_itself_and_never_back) {
  SystemClock clock{std::make_shared<net::WallClock>()};
  auto before = clock.now();
  for (int i = 0; i < 1'000; ++i) {
    const auto now = clock.now();
    ASSERT_GE(now, before);
    before = now;
  }
}

TEST(SystemClock, agrees_with_the_wall_clock) {
  SystemClock clock{std::make_shared<net::WallClock>()};
  const auto ours = clock.unix_ns(clock.now());
  const auto theirs = std::chrono::duration_cast<std::chrono::nanoseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  EXPECT_NEAR(static_cast<double>(ours), static_cast<double>(theirs), 1e9);
}

TEST(SystemClock, sleeps_until_the_time_it_was_told) {
  SystemClock clock{std::make_shared<net::WallClock>()};
  const auto until = clock.now() + milliseconds{20};
  clock.wait({}, until);
  EXPECT_GE(clock.now(), until);
}

TEST(SystemClock, does_not_sleep_for_what_is_past) {
  SystemClock clock{std::make_shared<net::WallClock>()};
  const auto before = clock.now();
  clock.wait({}, Instant::min());
  clock.wait({}, before - seconds{1});
  EXPECT_LT(clock.now() - before, seconds{5});
}

}  // namespace
}  // namespace sonda::run
