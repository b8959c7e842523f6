// Fragments put together again, in any order, and what never becomes a packet.
#include <algorithm>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/sim/reassembly.hpp>
#include <sonda/wire/checksum.hpp>

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

Octets large_packet(bool v4, std::size_t payload, std::uint16_t identification = 77) {
  const auto from = v4 ? Address::parse("192.0.2.2") : Address::parse("2001:db8::2");
  const auto to = v4 ? Address::parse("198.51.100.10") : Address::parse("2001:db8:1::10");
  const Envelope envelope{.from = *from,
                          .to = *to,
                          .protocol = v4 ? Protocol::icmp : Protocol::icmpv6,
                          .identification = identification};
  auto packet = envelope.packet(payload);
  for (std::size_t i = envelope.size(); i < packet.size(); ++i)
    packet[i] = static_cast<std::uint8_t>(i * 7);
  return packet;
}

class ReassemblyOf : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Versions, ReassemblyOf, testing::Values(true, false),
                         [](const auto& run) { return run.param ? "v4" : "v6"; });

TEST_P(ReassemblyOf, a_whole_packet_passes_at_once) {
  Reassembly reassembly;
  const auto packet = large_packet(GetParam(), 100);
  EXPECT_EQ(reassembly.add(Instant{}, packet), packet);
}

TEST_P(ReassemblyOf, fragments_in_any_order_give_the_packet_back) {
  const auto packet = large_packet(GetParam(), 4'000);
  auto fragments = pieces(packet, Mtu{1'500}, 5);
  ASSERT_THAT(fragments, SizeIs(3));
  std::ranges::sort(fragments);
  do {
    Reassembly reassembly;
    EXPECT_EQ(reassembly.add(Instant{}, fragments[0]), std::nullopt);
    EXPECT_EQ(reassembly.add(Instant{}, fragments[0]), std::nullopt) << "a copy is no news";
    EXPECT_EQ(reassembly.add(Instant{}, fragments[1]), std::nullopt);
    EXPECT_EQ(reassembly.add(Instant{}, fragments[2]), packet);
  } while (std::ranges::next_permutation(fragments).found);
}

TEST_P(ReassemblyOf, fragments_of_two_packets_are_not_mixed) {
  const auto one = pieces(large_packet(GetParam(), 2'000, 1), Mtu{1'500}, 1);
  const auto other = pieces(large_packet(GetParam(), 2'000, 2), Mtu{1'500}, 2);
  ASSERT_THAT(one, SizeIs(2));
  Reassembly reassembly;
  EXPECT_EQ(reassembly.add(Instant{}, one[0]), std::nullopt);
  EXPECT_EQ(reassembly.add(Instant{}, other[1]), std::nullopt);
  EXPECT_TRUE(reassembly.add(Instant{}, one[1]));
}

TEST_P(ReassemblyOf, overlapping_fragments_spoil_the_packet) {
  const auto packet = large_packet(GetParam(), 4'000);
  const auto wide = pieces(packet, Mtu{1'500}, 5);
  const auto narrow = pieces(packet, Mtu{1'300}, 5);
  Reassembly reassembly;
  EXPECT_EQ(reassembly.add(Instant{}, wide[0]), std::nullopt);
  EXPECT_EQ(reassembly.add(Instant{}, narrow[1]), std::nullopt);
  EXPECT_EQ(reassembly.add(Instant{}, wide[1]), std::nullopt);
  EXPECT_EQ(reassembly.add(Instant{}, wide[2]), std::nullopt);
}

TEST_P(ReassemblyOf, what_never_completes_is_given_up_and_its_first_piece_returned) {
  const auto fragments = pieces(large_packet(GetParam(), 4'000), Mtu{1'500}, 5);
  Reassembly reassembly;
  EXPECT_EQ(reassembly.add(Instant{1s}, fragments[0]), std::nullopt);
  EXPECT_EQ(reassembly.add(Instant{2s}, fragments[2]), std::nullopt);
  EXPECT_THAT(reassembly.expire(Instant{30s}), IsEmpty());
  EXPECT_THAT(reassembly.expire(Instant{31s}), testing::ElementsAre(fragments[0]));
  EXPECT_EQ(reassembly.add(Instant{32s}, fragments[1]), std::nullopt);
}

TEST_P(ReassemblyOf, without_the_first_piece_there_is_nothing_to_return) {
  const auto fragments = pieces(large_packet(GetParam(), 4'000), Mtu{1'500}, 5);
  Reassembly reassembly;
  EXPECT_EQ(reassembly.add(Instant{}, fragments[1]), std::nullopt);
  EXPECT_THAT(reassembly.expire(Instant{1h}), IsEmpty());
}

TEST(Reassembly, keeps_no_more_than_it_says) {
  Reassembly reassembly;
  const auto first = pieces(large_packet(true, 2'000, 1), Mtu{1'500}, 0);
  EXPECT_EQ(reassembly.add(Instant{}, first[0]), std::nullopt);
  for (std::size_t i = 0; i < Reassembly::most_packets; ++i) {
    const auto other =
        pieces(large_packet(true, 2'000, static_cast<std::uint16_t>(i + 2)), Mtu{1'500}, 0);
    EXPECT_EQ(reassembly.add(Instant{1ms}, other[0]), std::nullopt);
  }
  EXPECT_EQ(reassembly.add(Instant{2ms}, first[1]), std::nullopt) << "the oldest made room";
}

TEST(Reassembly, keeps_no_more_octets_than_it_says) {
  Reassembly reassembly;
  const auto first = pieces(large_packet(true, 60'000, 1), Mtu{60'000}, 0);
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(reassembly.add(Instant{}, first[0]), std::nullopt);
  // Each is kept twice: as a piece, and as what an error would quote.
  for (std::uint16_t i = 0; i < Reassembly::most_octets / 120'000; ++i) {
    const auto other =
        pieces(large_packet(true, 60'000, static_cast<std::uint16_t>(i + 2)), Mtu{60'000}, 0);
    EXPECT_EQ(reassembly.add(Instant{1ms}, other[0]), std::nullopt);
  }
  EXPECT_EQ(reassembly.add(Instant{2ms}, first[1]), std::nullopt) << "the oldest made room";
  const auto last = pieces(large_packet(true, 60'000, 3), Mtu{60'000}, 0);
  EXPECT_TRUE(reassembly.add(Instant{2ms}, last[1])) << "the others are still there";
}

TEST(Reassembly, octets_are_given_back_whatever_becomes_of_their_packet) {
  Reassembly reassembly;
  for (std::uint16_t i = 1; i < 200; ++i) {
    const auto parts = pieces(large_packet(true, 60'000, i), Mtu{30'000}, 0);
    const auto other = pieces(large_packet(true, 60'000, i), Mtu{20'000}, 0);
    EXPECT_EQ(reassembly.add(Instant{}, parts[0]), std::nullopt);
    if (i % 2 == 0) {  // an overlap
      EXPECT_EQ(reassembly.add(Instant{}, other[0]), std::nullopt);
    }
    EXPECT_THAT(reassembly.expire(Instant{} + Reassembly::patience), SizeIs(i % 2));
  }
  const auto parts = pieces(large_packet(true, 60'000, 1), Mtu{30'000}, 0);
  const auto later = Instant{1h};
  for (std::size_t i = 0; i + 1 < parts.size(); ++i)
    EXPECT_EQ(reassembly.add(later, parts[i]), std::nullopt);
  EXPECT_TRUE(reassembly.add(later, parts.back()));
  EXPECT_EQ(reassembly.next_due(), std::nullopt);
}

TEST(Reassembly, its_patience_is_what_it_was_made_with) {
  Reassembly reassembly{5s};
  const auto parts = pieces(large_packet(true, 4'000), Mtu{1'500}, 5);
  EXPECT_EQ(reassembly.add(Instant{1s}, parts[0]), std::nullopt);
  EXPECT_EQ(reassembly.next_due(), Instant{6s});
  EXPECT_THAT(reassembly.expire(Instant{6s}), SizeIs(1));
  EXPECT_EQ(reassembly.next_due(), std::nullopt);
}

}  // namespace
}  // namespace sonda::sim
