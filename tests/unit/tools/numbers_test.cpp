// Numbers as people type them, and what is said of the rest.
#include "common/numbers.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonda::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Octets = std::vector<std::uint8_t>;

TEST(ReadNumber, takes_decimal_digits_within_its_bounds) {
  EXPECT_EQ(read_number("1", 1, 10), 1U);
  EXPECT_EQ(read_number("10", 1, 10), 10U);
  EXPECT_EQ(read_number("007", 1, 10), 7U);
  EXPECT_EQ(read_number("18446744073709551615", 0, ~0ULL), ~0ULL);
}

TEST(ReadNumber, refuses_everything_else_and_says_what_it_takes) {
  for (const std::string text : {"", "0", "11", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e1", "one",
                                 "18446744073709551616", "99999999999999999999999"}) {
    const auto read = read_number(text, 1, 10);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error(), "'" + text + "' is not a number from 1 to 10");
  }
}

TEST(ReadSeconds, takes_decimals_to_the_nanosecond) {
  EXPECT_EQ(read_seconds("1", Duration{}), seconds{1});
  EXPECT_EQ(read_seconds("0.2", Duration{}), milliseconds{200});
  EXPECT_EQ(read_seconds(".5", Duration{}), milliseconds{500});
  EXPECT_EQ(read_seconds("3.", Duration{}), seconds{3});
  EXPECT_EQ(read_seconds("0.000000001", Duration{1}), Duration{1});
  EXPECT_EQ(read_seconds("10000000", Duration{}), seconds{10'000'000});
  EXPECT_EQ(read_seconds("0", Duration{}), Duration{});
}

TEST(ReadSeconds, refuses_everything_else) {
  for (const std::string text :
       {"", ".", "0,2", "-1", "+1", "1e3", "nan", "inf", "1s", " 1", "1 ", "0.0000000001",
        "10000001", "99999999999999999999", "1.2.3", "1.-2", "0x1"})
    EXPECT_FALSE(read_seconds(text, Duration{}).has_value()) << text;
  EXPECT_THAT(read_seconds("0", Duration{1}).error(), ::testing::HasSubstr("'0' is not"));
  EXPECT_THAT(read_seconds("0", Duration{1}).error(), ::testing::HasSubstr("above 0"));
}

TEST(ReadPattern, takes_one_to_sixteen_octets) {
  EXPECT_EQ(read_pattern("ff"), Octets{0xff});
  EXPECT_EQ(read_pattern("0xFF00"), (Octets{0xff, 0x00}));
  EXPECT_EQ(read_pattern(std::string(32, 'a')), Octets(16, 0xaa));
}

TEST(ReadPattern, refuses_everything_else) {
  for (const std::string text : {"", "0x", "f", "fff", "zz", "f f0", "-1", "+1", "0x0x00", "ff\n"})
    EXPECT_FALSE(read_pattern(text).has_value()) << text;
  EXPECT_FALSE(read_pattern(std::string(34, 'a')).has_value());
}

TEST(ReadTrafficClass, takes_numbers_and_the_names_of_dscps) {
  EXPECT_EQ(read_traffic_class("0"), TrafficClass{0});
  EXPECT_EQ(read_traffic_class("255"), TrafficClass{255});
  EXPECT_EQ(read_traffic_class("0xb8"), TrafficClass{0xb8});
  EXPECT_EQ(read_traffic_class("ef"), TrafficClass{46 << 2});    // RFC 3246
  EXPECT_EQ(read_traffic_class("af41"), TrafficClass{34 << 2});  // RFC 2597
  EXPECT_EQ(read_traffic_class("cs6"), TrafficClass{48 << 2});   // RFC 2474
  EXPECT_EQ(read_traffic_class("le"), TrafficClass{1 << 2});     // RFC 8622
}

TEST(ReadTrafficClass, refuses_everything_else) {
  for (const std::string text : {"", "256", "-1", "0x100", "0x", "EF ", "ef0", "af44", "x"})
    EXPECT_FALSE(read_traffic_class(text).has_value()) << text;
}

}  // namespace
}  // namespace sonda::tools
