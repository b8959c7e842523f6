// The Internet checksum against a naive oracle: every length, alignment, cut and fold.
#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/checksum.hpp>

#include "golden.hpp"

namespace sonda {
namespace {

using testing::ExactCopy;
using testing::hex;
using testing::Octets;

// RFC 1071 3, worked example: the sum of these octets is ddf2.
static_assert(Checksum{}.add(hex<"00 01 f2 03 f4 f5 f6 f7">()).finish() == 0x220d);
// An IPv4 header with its checksum b861 in place.
constexpr auto header = hex<"45000073 00004000 4011b861 c0a80001 c0a800c7">();
static_assert(Checksum{}.add(header).finish() == 0);

// As RFC 1071 words it: add 16-bit words, and each carry at once.
std::uint16_t oracle(Bytes octets) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    sum += i % 2 == 0 ? static_cast<std::uint32_t>(octets[i]) << 8 : octets[i];
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<std::uint16_t>(~sum);
}

Octets random_octets(std::mt19937_64& random, std::size_t size) {
  Octets octets(size);
  for (auto& octet : octets) octet = static_cast<std::uint8_t>(random());
  return octets;
}

TEST(Checksum, has_two_paths_that_agree_at_every_length_and_alignment) {
  std::mt19937_64 random{7};
  const auto octets = random_octets(random, 400);
  for (std::size_t from = 0; from < 17; ++from)
    for (std::size_t size = 0; from + size <= octets.size(); ++size) {
      const auto piece = Bytes{octets}.subspan(from, size);
      ASSERT_EQ(detail::sum_words(piece), detail::sum_pairwise(piece)) << from << '+' << size;
      ASSERT_EQ(Checksum{}.add(piece).finish(), oracle(piece));
    }
}

TEST(Checksum, agrees_with_the_oracle_on_random_octets_of_random_length) {
  std::mt19937_64 random{11};
  for (int i = 0; i < 20'000; ++i) {
    const ExactCopy octets{random_octets(random, random() % 1600)};
    ASSERT_EQ(Checksum{}.add(octets.view()).finish(), oracle(octets.view()));
  }
}

TEST(Checksum, of_extreme_octets_carries_as_often_as_it_must) {
  for (const int fill : {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff})
    for (const std::size_t size : {1U, 2U, 3U, 20U, 1480U, 65'535U, 1U << 20}) {
      const Octets octets(size, static_cast<std::uint8_t>(fill));
      ASSERT_EQ(Checksum{}.add(octets).finish(), oracle(octets)) << fill << " x " << size;
      ASSERT_EQ(detail::sum_words(octets), detail::sum_pairwise(octets));
    }
}

TEST(Checksum, is_the_same_however_the_octets_are_cut) {
  std::mt19937_64 random{13};
  for (int i = 0; i < 5'000; ++i) {
    const auto octets = random_octets(random, random() % 200);
    Checksum sum;
    for (Bytes left{octets}; !left.empty();) {
      const auto size = std::min<std::size_t>(left.size(), random() % 9);
      sum.add(ExactCopy{left.first(size)}.view());
      left = left.subspan(size);
    }
    ASSERT_EQ(sum.finish(), oracle(octets));
  }
}

TEST(Checksum, takes_words_in_the_middle_of_an_octet_pair) {
  const auto octets = hex<"ab 12 34 cd 56 78 9a bc ef">();
  const Bytes all{octets};
  EXPECT_EQ(Checksum{}.add(all.first(1)).add16(0x1234).add(all.subspan(3)).finish(), oracle(all));
  EXPECT_EQ(Checksum{}.add(all.first(3)).add32(0xcd56'789a).add(all.subspan(7)).finish(),
            oracle(all));
}

// Folding once leaves a carry behind for one header in some 37,000.
TEST(Checksum, folds_until_no_carry_is_left) {
  for (std::uint64_t high = 0; high < 0x1'0000; high += 0x101)
    for (const std::uint64_t low : {0x0000U, 0x0001U, 0xfffeU, 0xffffU}) {
      const auto sum = high << 16 | low;
      const auto expected = sum == 0 ? 0 : (sum - 1) % 0xffff + 1;
      ASSERT_EQ(detail::fold(sum), expected) << sum;
      ASSERT_EQ(detail::fold(sum << 32 | sum), sum == 0 ? 0 : (2 * expected - 1) % 0xffff + 1);
    }
  EXPECT_EQ(detail::fold(0xffff'ffff'ffff'ffff), 0xffff);
  EXPECT_EQ(detail::fold(0xffff'ffff'0000'0001), 1);
  EXPECT_EQ(detail::fold(0x0001'ffff'ffff'ffff), 1);
}

TEST(Checksum, of_nothing_is_ffff) { EXPECT_EQ(Checksum{}.finish(), 0xffff); }

TEST(Checksum, for_udp_is_never_zero) {
  const auto octets = hex<"ff fe 00 01">();
  EXPECT_EQ(Checksum{}.add(octets).finish(), 0);
  EXPECT_EQ(Checksum{}.add(octets).finish_udp(), 0xffff);
  EXPECT_EQ(Checksum{}.add(header).add16(1).finish_udp(), 0xfffe);
}

// A datagram that a kernel sent: 127.0.0.1.1234 > 127.0.0.1.53, "hi".
TEST(Checksum, covers_the_pseudo_header_of_ipv4) {
  const auto udp = hex<"04d2 0035 000a 0000 6869">();
  const auto pseudo = hex<"7f000001 7f000001 0011 000a">();
  const Ipv4Address loopback{127, 0, 0, 1};
  EXPECT_EQ(
      Checksum{}.add_pseudo_header(loopback, loopback, Protocol::udp, udp.size()).add(udp).finish(),
      Checksum{}.add(pseudo).add(udp).finish());
}

TEST(Checksum, covers_the_pseudo_header_of_ipv6_with_its_32_bit_length) {
  const auto source = *Ipv6Address::parse("2001:db8::1"), to = *Ipv6Address::parse("fe80::2");
  const auto pseudo =
      hex<"20010db8 00000000 00000000 00000001 fe800000 00000000 00000000 00000002"
          "0001 2345 0000 003a">();
  EXPECT_EQ(Checksum{}.add_pseudo_header(source, to, Protocol::icmpv6, 0x1'2345).finish(),
            oracle(pseudo));
}

TEST(Checksum, covers_the_same_pseudo_header_whichever_type_names_the_addresses) {
  const Ipv4Address a{192, 0, 2, 1}, b{198, 51, 100, 2};
  const auto c = *Ipv6Address::parse("2001:db8::1"), d = *Ipv6Address::parse("2001:db8::2");
  const auto zone = *Zone::parse("eth0");
  EXPECT_EQ(Checksum{}.add_pseudo_header(a, b, Protocol::tcp, 20).finish(),
            Checksum{}.add_pseudo_header(Address{a}, Address{b}, Protocol::tcp, 20).finish());
  EXPECT_EQ(Checksum{}.add_pseudo_header(c, d, Protocol::tcp, 20).finish(),
            Checksum{}.add_pseudo_header(Address{c, zone}, Address{d}, Protocol::tcp, 20).finish());
}

TEST(Checksum, updated_for_a_word_is_what_a_new_sum_would_be) {
  std::mt19937_64 random{17};
  for (int i = 0; i < 20'000; ++i) {
    auto octets = random_octets(random, 24);
    octets[0] |= 1;  // a packet is never all zeros
    const auto before = Checksum{}.add(octets).finish();
    const auto at = random() % 11 * 2;
    if (i % 2 == 0) {
      const auto old = load<std::uint16_t>(octets, at);
      const auto now = static_cast<std::uint16_t>(i % 16 == 0 ? 0xffff : random());
      store(MutableBytes{octets}, at, now);
      octets[0] |= 1;
      const auto written = load<std::uint16_t>(octets, at);
      ASSERT_EQ(Checksum::update(before, old, written), Checksum{}.add(octets).finish());
    } else {
      const auto old = load<std::uint32_t>(octets, at);
      const auto now = static_cast<std::uint32_t>(i % 16 == 1 ? 0 : random());
      store(MutableBytes{octets}, at, now);
      octets[0] |= 1;
      const auto written = load<std::uint32_t>(octets, at);
      ASSERT_EQ(Checksum::update(before, old, written), Checksum{}.add(octets).finish());
    }
  }
}

// RFC 1624 3 and 4: the example that RFC 1141's equation gets wrong.
TEST(Checksum, updated_as_in_rfc_1624_gives_0000_and_not_ffff) {
  EXPECT_EQ(Checksum::update(0xdd2f, std::uint16_t{0x5555}, std::uint16_t{0x3285}), 0x0000);
}

TEST(Checksum, becomes_any_wanted_value_through_two_octets_of_payload) {
  const auto before = hex<"12 34 56 78 9a">();
  for (std::uint32_t wanted = 0; wanted < 0xffff; ++wanted) {
    for (const std::size_t size : {4U, 5U}) {
      const auto so_far = Checksum{}.add(Bytes{before}.first(size));
      const auto octets = Checksum::payload_for(so_far, static_cast<std::uint16_t>(wanted));
      ASSERT_EQ(Checksum{so_far}.add(octets).finish(), wanted) << size;
    }
  }
}

TEST(Checksum, cannot_become_ffff_but_in_udp) {
  const auto so_far = Checksum{}.add(hex<"12 34">());
  const auto octets = Checksum::payload_for(so_far, 0xffff);
  EXPECT_EQ(Checksum{so_far}.add(octets).finish(), 0);
  EXPECT_EQ(Checksum{so_far}.add(octets).finish_udp(), 0xffff);
}

TEST(ChecksumField, is_computed_unless_a_value_was_given) {
  EXPECT_EQ(ChecksumField{}.value_or(0x1234), 0x1234);
  EXPECT_TRUE(ChecksumField::computed().is_computed());
  EXPECT_EQ(ChecksumField{0}.value_or(0x1234), 0);
  EXPECT_FALSE(ChecksumField{0xbeef}.is_computed());
}

}  // namespace
}  // namespace sonda
