// Moments as text: against known ones, and there and back.
#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <sonda/record/json_lines.hpp>

namespace sonda::record {
namespace {

TEST(Rfc3339, writes_moments_that_everybody_knows) {
  EXPECT_EQ(to_rfc3339(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(to_rfc3339(1'700'000'000'123'456'789), "2023-11-14T22:13:20.123456789Z");
  EXPECT_EQ(to_rfc3339(951'782'400'000'000'000), "2000-02-29T00:00:00.000000000Z");
  EXPECT_EQ(to_rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(to_rfc3339(946'684'799'000'000'001), "1999-12-31T23:59:59.000000001Z");
}

TEST(Rfc3339, brings_moments_back_to_the_nanosecond) {
  for (std::int64_t ns = -2'000'000'000'000'000'000; ns < 8'000'000'000'000'000'000;
       ns += 9'999'999'999'999'937)
    ASSERT_EQ(from_rfc3339(to_rfc3339(ns)), ns);
}

TEST(Rfc3339, refuses_what_is_no_moment) {
  for (const std::string text :
       {"", "2026-03-01", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000000001+00:00",
        "2026-13-01T12:00:00.000000000Z", "2026-02-29T12:00:00.000000000Z",
        "2026-00-01T12:00:00.000000000Z", "2026-03-00T12:00:00.000000000Z",
        "2026-03-01T24:00:00.000000000Z", "2026-03-01T12:60:00.000000000Z",
        "2026-03-01T12:00:61.000000000Z", "2026-03-01t12:00:00.000000000Z",
        "2026-03-01T12:00:00.00000000 Z", "+026-03-01T12:00:00.000000000Z",
        "2026-03-01T12:00:00.000000000Zx"})
    EXPECT_FALSE(from_rfc3339(text).has_value()) << text;
}

TEST(Rfc3339, refuses_moments_that_64_bits_of_nanoseconds_do_not_reach) {
  for (const std::string text :
       {"0000-01-01T00:00:00.000000000Z", "1600-01-01T00:00:00.000000000Z",
        "2263-01-01T00:00:00.000000000Z", "9999-12-31T23:59:59.999999999Z"})
    EXPECT_FALSE(from_rfc3339(text).has_value()) << text;
}

TEST(Rfc3339, writes_the_first_and_the_last_moment_of_64_bits) {
  using Limits = std::numeric_limits<std::int64_t>;
  EXPECT_EQ(to_rfc3339(Limits::min()), "1677-09-21T00:12:43.145224192Z");
  EXPECT_EQ(to_rfc3339(Limits::max()), "2262-04-11T23:47:16.854775807Z");
}

TEST(Rfc3339, refuses_without_repeating_a_terminal_escape) {
  const auto refused = from_rfc3339("\x1b]0;owned\x07");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().find('\x1b'), std::string::npos) << refused.error();
}

TEST(Rfc3339, takes_a_leap_second) {
  EXPECT_EQ(from_rfc3339("2016-12-31T23:59:60.000000000Z"),
            from_rfc3339("2017-01-01T00:00:00.000000000Z"));
}

}  // namespace
}  // namespace sonda::record
