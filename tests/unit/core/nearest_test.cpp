// What a user probably meant, and when not to guess.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/core/nearest.hpp>

namespace sonda {
namespace {

const std::vector<std::string> words{"--count", "--interval", "--timeout", "--ttl",  "--tos",
                                     "--json",  "--log",      "--ipv4",    "--ipv6", "ENETUNREACH"};

TEST(Nearest, mends_one_typing_mistake_of_each_kind) {
  EXPECT_EQ(nearest("--counts", words), "--count");  // one too many
  EXPECT_EQ(nearest("--cunt", words), "--count");    // one missing
  EXPECT_EQ(nearest("--coont", words), "--count");   // a wrong one
  EXPECT_EQ(nearest("--cuont", words), "--count");   // two swapped
  EXPECT_EQ(nearest("--COUNT", words), "--count");   // the wrong case
  EXPECT_EQ(nearest("--count", words), "--count");
}

TEST(Nearest, mends_more_in_longer_words) {
  EXPECT_EQ(nearest("ENETNOTREACH", words), "ENETUNREACH");
  EXPECT_EQ(nearest("--intrevall", words), "--interval");
}

TEST(Nearest, does_not_guess_wildly) {
  EXPECT_FALSE(nearest("--something-else", words).has_value());
  EXPECT_FALSE(nearest("x", words).has_value());
  EXPECT_FALSE(nearest("", words).has_value());
  EXPECT_FALSE(nearest("--count", {}).has_value());
}

TEST(Nearest, prefers_the_first_of_two_that_are_equally_near) {
  EXPECT_EQ(nearest("--ipv5", words), "--ipv4");
}

}  // namespace
}  // namespace sonda
