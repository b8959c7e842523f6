// Durations, shares and rates as people write them.
#include <string_view>

#include <gtest/gtest.h>

#include <sonda/lab/quantity.hpp>

namespace sonda::lab {
namespace {

using namespace std::chrono_literals;

TEST(Quantity, reads_durations_exactly) {
  EXPECT_EQ(read_duration("5ms"), 5ms);
  EXPECT_EQ(read_duration("1.5s"), 1500ms);
  EXPECT_EQ(read_duration("200us"), 200us);
  EXPECT_EQ(read_duration("0.000000001s"), 1ns);
  EXPECT_EQ(read_duration("0"), 0ns);
  EXPECT_EQ(read_duration("86400s"), 24h);
  for (const std::string_view wrong : {"", "5", "ms", "-5ms", "5m", "1.s", ".5s", "1..5s", "86401s",
                                       "0.1ns", "99999999999999999999s", "18446744074s", "5ms "})
    EXPECT_FALSE(read_duration(wrong)) << wrong;
}

TEST(Quantity, reads_shares_and_rates) {
  EXPECT_EQ(read_share("1%"), 0.01);
  EXPECT_EQ(read_share("0.05%"), 0.0005);
  EXPECT_EQ(read_share("0.25"), 0.25);
  EXPECT_EQ(read_share("100%"), 1.0);
  for (const std::string_view wrong : {"", "%", "101%", "1.1", "-1%", "0.00001%", "nan"})
    EXPECT_FALSE(read_share(wrong)) << wrong;
  EXPECT_EQ(read_rate("10Mbit"), 10'000'000U);
  EXPECT_EQ(read_rate("1.5 kbit"), 1'500U);
  EXPECT_EQ(read_rate("9600"), 9'600U);
  for (const std::string_view wrong : {"", "fast", "10MB", "1001Gbit"})
    EXPECT_FALSE(read_rate(wrong)) << wrong;
}

TEST(Quantity, writes_what_it_reads) {
  for (const std::string_view text : {"1ns", "1.5us", "250us", "2ms", "1.000001ms", "1s", "90.5s"})
    EXPECT_EQ(duration_text(*read_duration(text)), text);
  for (const std::string_view text : {"0%", "0.0001%", "0.05%", "7%", "33.3333%", "100%"})
    EXPECT_EQ(share_text(*read_share(text)), text);
  for (const std::string_view text : {"1bit", "9.6kbit", "10Mbit", "1Gbit", "0"})
    EXPECT_EQ(rate_text(*read_rate(text)), text);
}

}  // namespace
}  // namespace sonda::lab
