// The clocks, and steps of the wall clock that a test makes up.
#include <gtest/gtest.h>

#include <sonda/net/clock.hpp>

namespace sonda::net::testing {
namespace {

constexpr std::int64_t hour = 3'600'000'000'000;

// A machine whose clocks only move when a test says so; each reading takes 40 ns.
std::int64_t monotonic = 0;
std::int64_t distance = 0;

ClockReading read_made_up_clocks() noexcept {
  const ClockReading reading{monotonic, monotonic + 17 + distance, monotonic + 40};
  monotonic += 100;
  return reading;
}

class MadeUpClocks : public ::testing::Test {
 protected:
  MadeUpClocks() { monotonic = 1'000'000, distance = 1'700'000'000 * std::int64_t{1'000'000'000}; }
};

TEST(Clock, never_goes_back) {
  auto before = now();
  for (int i = 0; i < 1000; ++i) {
    const auto after = now();
    ASSERT_GE(after, before);
    before = after;
  }
}

TEST(Clock, finds_the_wall_clock_between_two_readings_of_the_other) {
  const auto reading = read_clocks();
  EXPECT_LE(reading.monotonic_before, reading.monotonic_after);
  EXPECT_GT(reading.realtime, std::int64_t{1'600'000'000} * 1'000'000'000);
}

TEST(WallClock, goes_to_the_monotonic_line_and_back_without_losing_a_nanosecond) {
  WallClock clock;
  const auto reading = read_clocks();
  const auto there = clock.monotonic_ns(reading.realtime);
  EXPECT_EQ(clock.unix_ns(Instant{Duration{there}}), reading.realtime);
  EXPECT_NEAR(static_cast<double>(there), static_cast<double>(reading.monotonic_before), 1e6);
}

TEST(WallClock, sees_no_step_in_a_clock_that_nobody_sets) {
  WallClock clock;
  for (int i = 0; i < 10'000; ++i) ASSERT_FALSE(clock.notice_step()) << i;
}

TEST_F(MadeUpClocks, show_a_step_forward_by_its_size) {
  WallClock clock{read_made_up_clocks};
  EXPECT_FALSE(clock.notice_step());
  distance += hour;
  EXPECT_EQ(clock.notice_step(), hour);
  EXPECT_FALSE(clock.notice_step());
}

TEST_F(MadeUpClocks, show_a_step_backward_by_its_size) {
  WallClock clock{read_made_up_clocks};
  distance -= 250'000;
  EXPECT_EQ(clock.notice_step(), -250'000);
}

TEST_F(MadeUpClocks, keep_a_step_for_the_reporter_when_another_noticed_it_first) {
  WallClock clock{read_made_up_clocks};
  const auto before = clock.watch();
  distance += hour;
  EXPECT_EQ(clock.watch(), before + 1);
  EXPECT_EQ(clock.watch(), before + 1);
  EXPECT_EQ(clock.notice_step(), hour);
}

TEST_F(MadeUpClocks, add_up_what_was_not_reported_in_between) {
  WallClock clock{read_made_up_clocks};
  distance += hour;
  clock.watch();
  distance -= 10'000;
  EXPECT_EQ(clock.notice_step(), hour - 10'000);
}

TEST_F(MadeUpClocks, are_converted_with_the_new_distance_after_a_step) {
  WallClock clock{read_made_up_clocks};
  const Instant at{Duration{5'000'000}};
  const auto before = clock.unix_ns(at);
  distance += hour;
  clock.watch();
  EXPECT_EQ(clock.unix_ns(at), before + hour);
  EXPECT_EQ(clock.monotonic_ns(before + hour), 5'000'000);
}

}  // namespace
}  // namespace sonda::net::testing
