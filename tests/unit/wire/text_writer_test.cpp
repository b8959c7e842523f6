// Text in a caller's buffer: numbers, addresses, and what happens at the end of the room.
#include <array>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include <sonda/wire/text_writer.hpp>

namespace sonda::testing {
namespace {

TEST(TextWriter, writes_numbers_of_any_width) {
  std::array<char, 100> room{};
  TextWriter out{room};
  out << std::uint8_t{7} << " " << std::uint16_t{65535} << " "
      << std::numeric_limits<std::uint64_t>::max() << " " << 0U;
  EXPECT_EQ(out.view(), "7 65535 18446744073709551615 0");
  EXPECT_FALSE(out.cut());
}

TEST(TextWriter, fills_up_with_zeros) {
  std::array<char, 100> room{};
  TextWriter out{room};
  (out.decimal(7, 3) << " ").hexadecimal(0xbeef, 8) << " ";
  const std::array<std::uint8_t, 3> octets{0, 0x0a, 0xff};
  out.hexadecimal(octets);
  EXPECT_EQ(out.view(), "007 0000beef 000aff");
}

TEST(TextWriter, never_cuts_a_number_to_its_width) {
  std::array<char, 100> room{};
  TextWriter out{room};
  out.decimal(12345, 2) << " ";
  out.hexadecimal(std::numeric_limits<std::uint64_t>::max(), 1);
  EXPECT_EQ(out.view(), "12345 ffffffffffffffff");
}

TEST(TextWriter, writes_addresses_of_both_versions) {
  std::array<char, 100> room{};
  TextWriter out{room};
  out << Ipv4Address{192, 0, 2, 1} << " " << *Address::parse("fe80::1%eth0");
  EXPECT_EQ(out.view(), "192.0.2.1 fe80::1%eth0");
}

TEST(TextWriter, leaves_out_what_does_not_fit_and_says_so) {
  std::array<char, 6> room{'#', '#', '#', '#', '#', '#'};
  TextWriter out{std::span{room}.first(5)};
  out << "abc";
  EXPECT_FALSE(out.cut());
  out << "def" << "g";
  EXPECT_TRUE(out.cut());
  EXPECT_EQ(out.view(), "abcde");
  EXPECT_EQ(out.size(), 5U);
  EXPECT_EQ(room[5], '#');
}

TEST(TextWriter, works_without_any_room) {
  TextWriter out{std::span<char>{}};
  out << "a" << 1U;
  EXPECT_TRUE(out.cut());
  EXPECT_TRUE(out.view().empty());
}

}  // namespace
}  // namespace sonda::testing
