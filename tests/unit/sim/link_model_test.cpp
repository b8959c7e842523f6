// What one direction of a simulated link does to packets, one property at a time.
#include <bit>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/link_model.hpp>

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

Packet packet(std::size_t size, std::uint8_t filling = 0) {
  return {.octets = Octets(size, filling), .provenance = {.cause = 3}};
}

std::vector<Packet> arriving(LinkDirection& link, Instant now, Packet packet) {
  auto carried = link.carry(now, std::move(packet));
  return {carried.arriving.begin(), carried.arriving.end()};
}

int differing_bits(const Octets& a, const Octets& b) {
  int bits = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    bits += std::popcount(static_cast<unsigned>(a[i] ^ b[i]));
  return bits;
}

TEST(LinkDirection, a_packet_arrives_after_the_delay_as_it_was) {
  LinkDirection link{{.delay = 5ms}, Random{1}};
  const auto arrived = arriving(link, Instant{1s}, packet(100, 7));
  ASSERT_THAT(arrived, SizeIs(1));
  EXPECT_EQ(arrived[0].at, Instant{1005ms});
  EXPECT_EQ(arrived[0].octets, Octets(100, 7));
  EXPECT_EQ(arrived[0].provenance, (Provenance{.cause = 3}));
}

TEST(LinkDirection, jitter_varies_the_delay_and_keeps_the_order) {
  LinkDirection link{{.delay = 5ms, .jitter = 20ms}, Random{2}};
  Instant last{}, earliest = Instant::max(), latest{};
  for (int i = 0; i < 1'000; ++i) {
    const Instant sent{i * 100ms};
    const auto arrived = arriving(link, sent, packet(10)).at(0).at;
    EXPECT_GE(arrived, last);
    last = arrived;
    earliest = std::min(earliest, Instant{arrived - sent});
    latest = std::max(latest, Instant{arrived - sent});
  }
  EXPECT_GE(earliest, Instant{5ms});
  EXPECT_LT(earliest, Instant{6ms});
  EXPECT_LE(latest, Instant{25ms});
  EXPECT_GT(latest, Instant{24ms});
}

TEST(LinkDirection, loses_as_many_as_it_says) {
  LinkDirection link{{.loss = 0.3}, Random{3}};
  int lost = 0;
  for (int i = 0; i < 10'000; ++i) lost += arriving(link, Instant{}, packet(10)).empty();
  EXPECT_NEAR(lost, 3'000, 150);
}

TEST(LinkDirection, duplicates_are_alike) {
  LinkDirection link{{.duplication = 1}, Random{4}};
  const auto arrived = arriving(link, Instant{}, packet(10, 9));
  ASSERT_THAT(arrived, SizeIs(2));
  EXPECT_EQ(arrived[0].octets, arrived[1].octets);
}

TEST(LinkDirection, what_is_reordered_is_overtaken) {
  LinkDirection link{{.delay = 1ms, .reordering = 0.2, .held_back = 10ms}, Random{5}};
  int overtaken = 0;
  Instant last{};
  for (int i = 0; i < 1'000; ++i) {
    const auto arrived = arriving(link, Instant{i * 1ms}, packet(10)).at(0).at;
    overtaken += arrived == Instant{i * 1ms + 11ms};
    if (arrived == Instant{i * 1ms + 1ms}) {
      EXPECT_GE(arrived, last) << "a packet that is not held back waited";
      last = arrived;
    }
  }
  EXPECT_NEAR(overtaken, 200, 50);
}

TEST(LinkDirection, corruption_flips_one_bit_and_says_so_behind_the_scenes) {
  LinkDirection link{{.corruption = 1}, Random{6}};
  std::array<bool, 80> hit{};
  for (int i = 0; i < 2'000; ++i) {
    const auto arrived = arriving(link, Instant{}, packet(10)).at(0);
    EXPECT_EQ(differing_bits(arrived.octets, Octets(10)), 1);
    EXPECT_TRUE(arrived.provenance.damaged);
    for (std::size_t bit = 0; bit < hit.size(); ++bit)
      hit[bit] |= (arrived.octets[bit / 8] >> bit % 8 & 1) != 0;
  }
  EXPECT_THAT(hit, testing::Each(true));
}

TEST(LinkDirection, a_rate_puts_packets_one_behind_the_other) {
  LinkDirection link{{.delay = 10ms, .rate = 8'000'000}, Random{7}};  // an octet per microsecond
  EXPECT_EQ(arriving(link, Instant{}, packet(1'000)).at(0).at, Instant{11ms});
  EXPECT_EQ(arriving(link, Instant{}, packet(500)).at(0).at, Instant{11'500us});
  EXPECT_EQ(arriving(link, Instant{1s}, packet(500)).at(0).at, Instant{1'010'500us});
}

TEST(LinkDirection, a_packet_beyond_the_mtu_is_lost) {
  LinkDirection link{{.mtu = Mtu{1'280}}, Random{8}};
  EXPECT_THAT(arriving(link, Instant{}, packet(1'280)), SizeIs(1));
  EXPECT_THAT(arriving(link, Instant{}, packet(1'281)), IsEmpty());
}

}  // namespace
}  // namespace sonda::sim
