// Prefixes and ranges: their ends, their sizes, and a walk that also ends at the last address.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/wire/prefix.hpp>

namespace sonda {
namespace {

constexpr auto most = std::numeric_limits<std::uint64_t>::max();
static_assert(Prefix::parse("10.0.0.0/8")->contains(*Address::parse("10.255.0.1")));
static_assert(std::forward_iterator<AddressRange::Iterator>);

Address read(std::string_view text) { return Address::parse(text).value(); }
Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }
AddressRange range(std::string_view text) { return AddressRange::parse(text).value(); }

std::vector<std::string> walked(const AddressRange& addresses) {
  std::vector<std::string> texts;
  for (const auto& address : addresses) texts.emplace_back(to_text(address).view());
  return texts;
}

TEST(Prefix, forgets_the_bits_behind_its_length) {
  EXPECT_EQ(to_text(prefix("192.0.2.77/24")), "192.0.2.0/24");
  EXPECT_EQ(prefix("192.0.2.77/24"), prefix("192.0.2.0/24"));
  EXPECT_EQ(to_text(prefix("2001:db8::ffff:1/65")), "2001:db8::/65");
  EXPECT_EQ(to_text(prefix("fe80::1%eth0/64")), "fe80::%eth0/64");
}

TEST(Prefix, of_every_length_has_the_ends_and_the_size_that_its_length_says) {
  for (unsigned length = 0; length <= 32; ++length) {
    const Prefix p{read("170.85.170.85"), length};
    const auto host = length == 0 ? 0xffff'ffffU : ~(0xffff'ffffU << (32 - length));
    EXPECT_EQ(p.first().v4().number(), 0xaa55'aa55U & ~host);
    EXPECT_EQ(p.last().v4().number(), 0xaa55'aa55U | host);
    EXPECT_EQ(p.size(), std::uint64_t{host} + 1);
  }
  for (unsigned length = 0; length <= 128; ++length) {
    const Prefix p{read("aa55:aa55:aa55:aa55:aa55:aa55:aa55:aa55"), length};
    EXPECT_EQ(p.size(), length <= 64 ? most : std::uint64_t{1} << (128 - length)) << length;
    const auto first = p.first().v6().octets(), last = p.last().v6().octets();
    for (unsigned bit = 0; bit < 128; ++bit) {
      const auto at = [bit](const auto& octets) {
        return (octets[bit / 8] >> (7 - bit % 8) & 1) != 0;
      };
      EXPECT_EQ(at(first) != at(last), bit >= length) << "bit " << bit << " of /" << length;
    }
  }
}

TEST(Prefix, contains_its_ends_and_not_their_neighbours) {
  const auto p = prefix("10.1.0.0/16");
  EXPECT_TRUE(p.contains(read("10.1.0.0")) && p.contains(read("10.1.255.255")));
  EXPECT_FALSE(p.contains(read("10.0.255.255")) || p.contains(read("10.2.0.0")));
  EXPECT_FALSE(p.contains(read("::")));
  EXPECT_TRUE(prefix("0.0.0.0/0").contains(read("255.255.255.255")));
  EXPECT_FALSE(prefix("::/0").contains(read("1.2.3.4")));
}

TEST(Prefix, minds_the_zone_only_if_it_has_one) {
  EXPECT_TRUE(prefix("fe80::/10").contains(read("fe80::1%eth0")));
  EXPECT_TRUE(prefix("fe80::%eth0/10").contains(read("fe80::1%eth0")));
  EXPECT_FALSE(prefix("fe80::%eth0/10").contains(read("fe80::1%eth1")));
  EXPECT_FALSE(prefix("fe80::%eth0/10").contains(read("fe80::1")));
}

TEST(Prefix, is_refused_when_its_length_is_not_one) {
  for (const auto* text : {"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8",
                           "::/129", "/8", "10.0.0.0/a", "10.0.0.0/ 8", "10/8", "::%eth0/x"})
    EXPECT_FALSE(Prefix::parse(text)) << text;
  EXPECT_EQ(prefix("10.0.0.1").length(), 32U);
  EXPECT_EQ(prefix("::1").length(), 128U);
}

TEST(Prefix, has_hosts_without_network_and_broadcast_where_those_exist) {
  EXPECT_EQ(prefix("10.0.0.0/30").hosts(), range("10.0.0.1-10.0.0.2"));
  EXPECT_EQ(prefix("10.0.0.0/31").hosts(), range("10.0.0.0-10.0.0.1"));
  EXPECT_EQ(prefix("10.0.0.7/32").hosts(), range("10.0.0.7"));
  EXPECT_EQ(prefix("2001:db8::/126").hosts().size(), 4U);
}

TEST(AddressRange, is_read_in_all_its_forms) {
  EXPECT_EQ(range("10.0.0.1-20"), range("10.0.0.1-10.0.0.20"));
  EXPECT_EQ(range("10.0.0.0/24"), range("10.0.0.0-255"));
  EXPECT_EQ(range("2001:db8::1-ff"), range("2001:db8::1-2001:db8::ff"));
  EXPECT_EQ(range("10.0.0.1").size(), 1U);
  EXPECT_EQ(range("10.0.0.1-1").size(), 1U);
  EXPECT_EQ(range("fe80::1%br-lan").first().zone().view(), "br-lan");
  const auto zoned = range("fe80::1%br-lan-fe80::3");
  EXPECT_EQ(zoned.size(), 3U);
  EXPECT_EQ(to_text(zoned.last()), "fe80::3%br-lan");
}

TEST(AddressRange, is_refused_backwards_across_versions_and_when_it_is_none) {
  for (const auto* text : {"10.0.0.20-10.0.0.1", "10.0.0.20-1", "10.0.0.1-::1", "::1-10.0.0.1",
                           "10.0.0.1-", "-10.0.0.1", "10.0.0.1-256", "10.0.0.1-20-30", "",
                           "10.0.0.1-0x14", "::1-fffff", "10.0.0.0/24-30", "a-b"})
    EXPECT_FALSE(AddressRange::parse(text)) << text;
}

TEST(AddressRange, is_walked_in_order_across_octets) {
  EXPECT_THAT(walked(range("10.0.0.254-10.0.1.1")),
              ::testing::ElementsAre("10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"));
  EXPECT_THAT(
      walked(range("::ffff:ffff:ffff:fffe-::1:0:0:0:0")),
      ::testing::ElementsAre("::ffff:ffff:ffff:fffe", "::ffff:ffff:ffff:ffff", "0:0:0:1::"));
}

TEST(AddressRange, ends_at_the_last_address_there_is) {
  EXPECT_THAT(walked(range("255.255.255.254-255")),
              ::testing::ElementsAre("255.255.255.254", "255.255.255.255"));
  EXPECT_EQ(walked(range("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe-ffff")).size(), 2U);
  EXPECT_EQ(range("0.0.0.0/0").size(), std::uint64_t{1} << 32);
  EXPECT_EQ(range("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").size(), most);
  EXPECT_EQ(range("::-::ffff:ffff:ffff:ffff").size(), most) << "2^64 do not fit";
  EXPECT_EQ(range("::-::ffff:ffff:ffff:fffe").size(), most) << "2^64 - 1 do";
}

TEST(AddressRange, is_indexed_as_it_is_walked) {
  const auto addresses = range("10.0.255.250-10.1.0.20");
  std::uint64_t i = 0;
  for (const auto& address : addresses) {
    EXPECT_EQ(addresses[i++], address);
    EXPECT_TRUE(addresses.contains(address));
  }
  EXPECT_EQ(i, addresses.size());
}

}  // namespace
}  // namespace sonda
