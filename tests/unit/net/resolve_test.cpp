// From names to addresses, without asking any server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/resolve.hpp>

namespace sonda::net::testing {
namespace {

Address address(std::string_view text) { return *Address::parse(text); }

std::string refusal(std::string_view target, Family family = Family::any) {
  const auto addresses = resolve(target, family);
  return addresses ? "found" : addresses.error().message();
}

TEST(Resolve, takes_an_address_as_it_is) {
  EXPECT_THAT(*resolve("192.0.2.1"), ::testing::ElementsAre(address("192.0.2.1")));
  EXPECT_THAT(*resolve("2001:DB8::1"), ::testing::ElementsAre(address("2001:db8::1")));
}

TEST(Resolve, keeps_the_zone_of_an_address) {
  const auto found = resolve("fe80::1%lo");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(to_text(found->front()).view(), "fe80::1%lo");
  EXPECT_EQ(refusal("fe80::1%sonda-none"), "fe80::1%sonda-none: no such interface");
}

TEST(Resolve, finds_this_machine_by_name) {
  EXPECT_THAT(*resolve("localhost", Family::ipv4), ::testing::ElementsAre(address("127.0.0.1")));
}

TEST(Resolve, refuses_an_address_of_the_version_that_was_not_asked_for) {
  EXPECT_EQ(refusal("192.0.2.1", Family::ipv6),
            "192.0.2.1: an IPv4 address, where IPv6 was asked for");
  EXPECT_EQ(refusal("::1", Family::ipv4), "::1: an IPv6 address, where IPv4 was asked for");
}

TEST(Resolve, refuses_what_only_looks_like_an_address) {
  for (const auto* target :
       {"10.1", "010.0.0.1", "0x7f000001", "1234", "10.0.0.256", "1.2.3.4.5", "10.0.0.1."})
    EXPECT_EQ(refusal(target), std::string{target} + ": not an IPv4 address (four numbers)");
  EXPECT_EQ(refusal("2001:db8:::1"), "2001:db8:::1: not an IPv6 address");
  EXPECT_EQ(refusal(""), ": the name is empty");
}

TEST(Resolve, says_what_became_of_a_name_that_does_not_exist) {
  EXPECT_THAT(refusal("no-such-name.invalid"), ::testing::StartsWith("no-such-name.invalid: "));
}

}  // namespace
}  // namespace sonda::net::testing
