// Addresses: what is read, what is refused, and the one way they are written.
#include <arpa/inet.h>
#include <array>
#include <random>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/address.hpp>

#include "golden.hpp"

namespace sonda {
namespace {

static_assert(sizeof(Ipv4Address) == 4 && alignof(Ipv4Address) == 1);
static_assert(sizeof(Ipv6Address) == 16 && alignof(Ipv6Address) == 1);
static_assert(*Ipv4Address::parse("192.0.2.1") == Ipv4Address{192, 0, 2, 1});
static_assert(to_text(*Address::parse("fe80::1%eth0")).view() == "fe80::1%eth0");

Address read(std::string_view text) {
  const auto address = Address::parse(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(Address{});
}

TEST(Ipv4Address, is_four_decimal_numbers_and_nothing_else) {
  EXPECT_EQ(Ipv4Address::parse("0.0.0.0"), Ipv4Address{});
  EXPECT_EQ(Ipv4Address::parse("255.255.255.255"), (Ipv4Address{255, 255, 255, 255}));
  for (const auto* text : {"",
                           ".",
                           "1",
                           "1.2.3",
                           "1.2.3.",
                           "1.2.3.4.",
                           "1.2.3.4.5",
                           ".1.2.3.4",
                           "1..2.3",
                           "256.1.1.1",
                           "1.2.3.999",
                           "01.2.3.4",
                           "1.2.3.00",
                           "0x7f.0.0.1",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "+1.2.3.4",
                           "1.2.3.-4",
                           "1.2.3.4a",
                           "4294967297.0.0.1",
                           "1.2.3.4%eth0",
                           "2130706433"})
    EXPECT_FALSE(Address::parse(text)) << '"' << text << '"';
}

TEST(Ipv4Address, says_whether_the_text_ended_early_or_is_wrong) {
  EXPECT_EQ(testing::error_of(Ipv4Address::parse("1.2.3")),
            (ParseError{Layer::address, Fault::too_short, 4, 5}));
  EXPECT_EQ(testing::error_of(Ipv4Address::parse("1.2.3.400")).fault, Fault::bad_value);
}

TEST(Ipv4Address, is_a_number_of_32_bits) {
  EXPECT_EQ((Ipv4Address{192, 0, 2, 1}.number()), 0xc000'0201U);
  EXPECT_EQ(Ipv4Address::from_number(0xc000'0201), (Ipv4Address{192, 0, 2, 1}));
}

TEST(Ipv6Address, is_read_in_all_forms_of_rfc_4291) {
  const Ipv6Address expected{{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 8, 8, 0, 0x20, 0xc, 0x41, 0x7a}};
  for (const auto* text :
       {"2001:db8:0:0:8:800:200c:417a", "2001:DB8::8:800:200C:417A",
        "2001:0db8:0000:0000:0008:0800:200c:417a", "2001:db8::8:800:32.12.65.122"})
    EXPECT_EQ(Ipv6Address::parse(text), expected) << text;
  EXPECT_EQ(Ipv6Address::parse("::"), Ipv6Address{});
  EXPECT_EQ(read("::1").v6().octets()[15], 1);
  EXPECT_EQ(read("1::").v6().octets()[1], 1);
}

TEST(Ipv6Address, is_refused_when_it_is_not_one) {
  for (const auto* text : {":",
                           ":::",
                           "1",
                           "1:",
                           ":1",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:",
                           ":1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4::5:6:7:8",
                           "1::2::3",
                           "12345::",
                           "g::",
                           "::1 ",
                           " ::1",
                           "::1.2.3",
                           "::1.2.3.4.5",
                           "::1.2.3.4:1",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "::256.1.1.1",
                           "::1/64",
                           "[::1]",
                           "1:2:3:4:5:6:7:8::",
                           "::1:2:3:4:5:6:7:8",
                           "1:::2"})
    EXPECT_FALSE(Address::parse(text)) << '"' << text << '"';
}

// The examples of RFC 5952, sections 4 and 5.
TEST(AddressText, is_the_one_spelling_of_rfc_5952) {
  const std::vector<std::pair<const char*, const char*>> spellings{
      {"2001:0db8::0001", "2001:db8::1"},
      {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:DB8::AbCd", "2001:db8::abcd"},
      {"0:0:0:0:0:ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"0:0:0:0:0:0:0:0", "::"},
      {"1:0:0:0:0:0:0:0", "1::"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"}};
  for (const auto& [text, canonical] : spellings) EXPECT_EQ(to_text(read(text)), canonical);
  EXPECT_EQ(to_text(Ipv4Address{10, 0, 0, 255}), "10.0.0.255");
}

// Each group is zero or not: 256 shapes, among them every run and every tie.
TEST(AddressText, agrees_with_the_c_library_on_every_pattern_of_zero_groups) {
  for (unsigned pattern = 0; pattern < 256; ++pattern) {
    std::array<std::uint8_t, 16> octets{};
    for (std::size_t i = 0; i < 8; ++i)
      if ((pattern >> i & 1) != 0) octets[2 * i + 1] = static_cast<std::uint8_t>(0x10 + i);
    if ((pattern & 0x3f) == 0) continue;  // ::/96, see the next test
    std::array<char, INET6_ADDRSTRLEN> theirs{};
    ASSERT_NE(inet_ntop(AF_INET6, octets.data(), theirs.data(), theirs.size()), nullptr);
    const Address address{Ipv6Address{octets}};
    EXPECT_EQ(to_text(address), theirs.data());
    EXPECT_EQ(read(to_text(address)), address);
  }
}

// The C library writes ::/96 as a dotted quad; RFC 4291 2.5.5.1 deprecated that form's meaning.
TEST(AddressText, writes_a_dotted_quad_only_for_mapped_addresses) {
  EXPECT_EQ(to_text(read("::0102:0304")), "::102:304");
  EXPECT_EQ(to_text(read("64:ff9b::1.2.3.4")), "64:ff9b::102:304");
  EXPECT_EQ(to_text(read("::ffff:0:1.2.3.4")), "::ffff:0:102:304");
}

TEST(AddressText, is_read_back_as_what_it_was) {
  std::mt19937_64 random{1};
  for (int i = 0; i < 20'000; ++i) {
    std::array<std::uint8_t, 16> octets{};
    const auto zeros = random();
    for (std::size_t j = 0; j < 16; ++j)
      if ((zeros >> j / 2 & 1) != 0) octets[j] = static_cast<std::uint8_t>(random());
    const Address v6{Ipv6Address{octets}};
    ASSERT_EQ(read(to_text(v6)), v6);
    const Address v4{Ipv4Address::from_number(static_cast<std::uint32_t>(random()))};
    ASSERT_EQ(read(to_text(v4)), v4);
  }
}

TEST(AddressText, has_room_for_the_longest_address_there_is) {
  const std::string longest = "1111:2222:3333:4444:5555:6666:7777:8888%fifteen_letters";
  EXPECT_EQ(to_text(read(longest)), longest);
}

TEST(Zone, is_a_printable_name_of_at_most_fifteen_characters) {
  EXPECT_EQ(read("fe80::1%eth0.100").zone().view(), "eth0.100");
  EXPECT_EQ(read("fe80::1%3").zone().view(), "3");
  for (const auto* text :
       {"fe80::1%", "fe80::1%sixteen_letters_", "fe80::1%a b", "fe80::1%a\x1b[31m", "fe80::1%a%b",
        "fe80::1%a/b", "fe80::1%a:b", "fe80::1%\x7f", "fe80::1%\xc3\xa4"})
    EXPECT_FALSE(Address::parse(text)) << text;
}

TEST(Zone, tells_equal_addresses_on_two_links_apart) {
  const auto a = read("fe80::1%eth0"), b = read("fe80::1%eth1");
  EXPECT_NE(a, b);
  EXPECT_EQ(a.without_zone(), b.without_zone());
  EXPECT_EQ(a.without_zone().with_zone(b.zone()), b);
  EXPECT_EQ(read("192.0.2.1").with_zone(b.zone()), read("192.0.2.1")) << "IPv4 has no zones";
}

TEST(Address, knows_which_version_it_is) {
  const Address v4 = Ipv4Address{192, 0, 2, 1}, v6 = *Ipv6Address::parse("2001:db8::1");
  EXPECT_TRUE(v4.is_v4() && !v4.is_v6());
  EXPECT_TRUE(v6.is_v6() && !v6.is_v4());
  EXPECT_EQ(v4.octets().size(), 4U);
  EXPECT_EQ(v6.octets().size(), 16U);
  EXPECT_EQ(v4.v4(), (Ipv4Address{192, 0, 2, 1}));
  EXPECT_NE(v4, read("::ffff:192.0.2.1"));
}

TEST(Address, sorts_by_version_then_by_number) {
  EXPECT_LT(read("9.255.0.0"), read("10.0.0.0"));
  EXPECT_LT(read("255.255.255.255"), read("::"));
  EXPECT_LT(read("::ffff"), read("1::"));
}

TEST(Address, knows_the_special_ones_at_both_ends_of_their_blocks) {
  EXPECT_TRUE(read("127.0.0.0").is_loopback() && read("127.255.255.255").is_loopback());
  EXPECT_FALSE(read("126.255.255.255").is_loopback() || read("128.0.0.0").is_loopback());
  EXPECT_TRUE(read("::1").is_loopback());
  EXPECT_FALSE(read("::2").is_loopback() || read("1::1").is_loopback());
  EXPECT_TRUE(read("224.0.0.0").is_multicast() && read("239.255.255.255").is_multicast());
  EXPECT_FALSE(read("223.255.255.255").is_multicast() || read("240.0.0.0").is_multicast());
  EXPECT_TRUE(read("ff02::1").is_multicast());
  EXPECT_FALSE(read("feff::").is_multicast());
  EXPECT_TRUE(read("169.254.0.0").is_link_local() && read("169.254.255.255").is_link_local());
  EXPECT_FALSE(read("169.253.0.1").is_link_local() || read("170.254.0.1").is_link_local());
  EXPECT_TRUE(read("fe80::").is_link_local() && read("febf:ffff::").is_link_local());
  EXPECT_FALSE(read("fe7f::").is_link_local() || read("fec0::").is_link_local());
  EXPECT_TRUE(read("0.0.0.0").is_unspecified() && read("::").is_unspecified());
  EXPECT_FALSE(read("0.0.0.1").is_unspecified() || read("::1").is_unspecified());
  EXPECT_TRUE((Ipv4Address{255, 255, 255, 255}.is_broadcast()));
}

TEST(Address, hashes_apart_what_differs_in_version_number_or_zone) {
  std::unordered_set<std::size_t> hashes;
  for (std::uint32_t i = 0; i < 10'000; ++i)
    hashes.insert(std::hash<Address>{}(Ipv4Address::from_number(0x0a00'0000 + i)));
  EXPECT_GT(hashes.size(), 9'990U);
  const std::hash<Address> hash{};
  EXPECT_NE(hash(read("0.0.0.0")), hash(read("::")));
  EXPECT_NE(hash(read("fe80::1%a")), hash(read("fe80::1%b")));
  EXPECT_EQ(hash(read("fe80::1%a")), hash(read("fe80:0::1%a")));
}

}  // namespace
}  // namespace sonda
