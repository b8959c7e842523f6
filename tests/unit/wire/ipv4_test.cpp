// IPv4 headers: golden octets, every cut and flip of them, and what a view refuses.
#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/ipv4.hpp>

#include "golden.hpp"

namespace sonda {
namespace {

using testing::ExactCopy;
using testing::hex;
using testing::Octets;

// IP (tos 0xb9,ECT(1), ttl 3, id 4660, offset 0, flags [DF], proto UDP (17), length 32)
//     192.0.2.1.1 > 198.51.100.2.2: UDP, length 4
constexpr auto plain =
    hex<"45b90020 12344000 031178a9 c0000201 c6336402"
        "00010002 000c0000 736f6e64">();
// IP (tos 0x0, ttl 64, id 7, offset 1480, flags [+], proto ICMP (1), length 32, options (RA,EOL))
//     10.0.0.1 > 10.0.0.2: ip-proto-1
constexpr auto fragment =
    hex<"47000020 000720b9 4001b016 0a000001 0a000002 94040000 00000000 01020304">();

static_assert(Ipv4View::parse(plain)->checksum_ok());
static_assert(Ipv4View::parse(fragment)->fragment_offset() == 1480);
static_assert(Ipv4View::parse(Bytes{plain}.first(19)).error() ==
              ParseError{Layer::ipv4, Fault::too_short, 20, 19});
static_assert(std::is_same_v<decltype(Ipv4View::parse(plain)->ttl()), Ttl>);

template <typename T>
concept parses = requires(T&& octets) { Ipv4View::parse(std::forward<T>(octets)); };
static_assert(parses<const Octets&> && !parses<Octets>, "a view would outlive its octets");

TEST(Ipv4View, reads_every_field) {
  const auto ip = Ipv4View::parse(plain);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->header_size(), 20U);
  EXPECT_EQ(ip->traffic_class(), TrafficClass{0xb9});
  EXPECT_EQ(ip->total_length(), 32);
  EXPECT_EQ(ip->identification(), 0x1234);
  EXPECT_TRUE(ip->dont_fragment());
  EXPECT_FALSE(ip->more_fragments() || ip->reserved_flag() || ip->is_fragment());
  EXPECT_EQ(ip->ttl(), Ttl{3});
  EXPECT_EQ(ip->protocol(), Protocol::udp);
  EXPECT_EQ(ip->checksum(), 0x78a9);
  EXPECT_TRUE(ip->checksum_ok());
  EXPECT_EQ(ip->source(), (Ipv4Address{192, 0, 2, 1}));
  EXPECT_EQ(ip->destination(), (Ipv4Address{198, 51, 100, 2}));
  EXPECT_TRUE(ip->options().empty());
  EXPECT_EQ(ip->payload().size(), 12U);
  EXPECT_EQ(ip->payload().data(), plain.data() + 20);
  EXPECT_FALSE(ip->truncated());
}

TEST(Ipv4View, reads_a_fragment_with_options) {
  const auto ip = Ipv4View::parse(fragment);
  ASSERT_TRUE(ip);
  EXPECT_TRUE(ip->more_fragments() && ip->is_fragment());
  EXPECT_FALSE(ip->dont_fragment());
  EXPECT_EQ(ip->options().size(), 8U);
  EXPECT_EQ(ip->payload().size(), 4U);
}

TEST(Ipv4View, calls_the_first_and_the_last_fragment_fragments_too) {
  auto octets = plain;
  octets[6] = 0x20;
  EXPECT_TRUE(Ipv4View::parse(octets)->is_fragment());
  octets[6] = 0x00, octets[7] = 0x01;
  EXPECT_TRUE(Ipv4View::parse(octets)->is_fragment());
  EXPECT_EQ(Ipv4View::parse(octets)->fragment_offset(), 8U);
}

TEST(Ipv4View, cuts_off_what_lies_behind_the_total_length) {
  Octets padded(plain.begin(), plain.end());
  padded.resize(46);
  const auto ip = Ipv4View::parse(padded);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->octets().size(), 32U);
  EXPECT_EQ(ip->payload().size(), 12U);
  EXPECT_EQ(Ipv4View::parse_quoted(padded)->payload().size(), 12U);
}

TEST(Ipv4View, refuses_every_truncation_of_a_whole_packet) {
  const auto parse = [](Bytes octets) { return Ipv4View::parse(octets); };
  testing::refuses_every_truncation(plain, parse);
  testing::refuses_every_truncation(fragment, parse);
}

TEST(Ipv4View, quoted_needs_its_whole_header_and_nothing_more) {
  testing::on_every_truncation(fragment, [](Bytes cut) {
    const auto ip = Ipv4View::parse_quoted(cut);
    ASSERT_EQ(ip.has_value(), cut.size() >= 28);
    if (!ip) return;
    EXPECT_TRUE(ip->truncated());
    EXPECT_EQ(ip->payload().size(), cut.size() - 28);
  });
  EXPECT_FALSE(Ipv4View::parse_quoted(fragment)->truncated());
}

TEST(Ipv4View, quoted_does_not_believe_a_length_shorter_than_the_header) {
  auto octets = plain;
  octets[3] = 12;
  EXPECT_EQ(testing::error_of(Ipv4View::parse(octets)),
            (ParseError{Layer::ipv4, Fault::bad_length, 20, 32}));
  const auto ip = Ipv4View::parse_quoted(octets);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->total_length(), 12);
  EXPECT_EQ(ip->payload().size(), 12U);
}

TEST(Ipv4View, refuses_a_header_longer_than_the_packet) {
  auto octets = plain;
  octets[0] = 0x4f;
  EXPECT_EQ(testing::error_of(Ipv4View::parse(octets)),
            (ParseError{Layer::ipv4, Fault::too_short, 60, 32}));
  octets[0] = 0x44;
  EXPECT_EQ(testing::error_of(Ipv4View::parse(octets)),
            (ParseError{Layer::ipv4, Fault::bad_length, 20, 32}));
  EXPECT_EQ(testing::error_of(Ipv4View::parse_quoted(octets)).fault, Fault::bad_length);
}

TEST(Ipv4View, refuses_every_version_but_its_own) {
  for (unsigned version = 0; version < 16; ++version) {
    auto octets = plain;
    octets[0] = static_cast<std::uint8_t>(version << 4 | 5);
    EXPECT_EQ(Ipv4View::parse(octets).has_value(), version == 4);
    if (version != 4) {
      EXPECT_EQ(testing::error_of(Ipv4View::parse(octets)).fault, Fault::bad_version);
    }
  }
}

TEST(Ipv4View, notices_every_single_bit_that_flips_in_the_header) {
  testing::on_every_bit_flip(plain, [](Bytes octets) {
    const auto ip = Ipv4View::parse(octets);
    if (!ip) return;
    const bool in_header = !std::equal(plain.begin(), plain.begin() + 20, octets.begin());
    EXPECT_EQ(ip->checksum_ok(), !in_header);
  });
}

TEST(Ipv4View, stays_within_its_octets_whatever_they_are) {
  const auto look = [](Bytes octets) {
    for (const auto& ip : {Ipv4View::parse(octets), Ipv4View::parse_quoted(octets)}) {
      if (!ip) continue;
      EXPECT_EQ(ip->header().size() + ip->payload().size(), ip->octets().size());
      EXPECT_EQ(ip->header().size(), 20 + ip->options().size());
      EXPECT_LE(ip->octets().size(), octets.size());
    }
    const auto whole = Ipv4View::parse(octets);
    if (whole) {
      EXPECT_FALSE(whole->truncated());
    }
  };
  testing::on_every_mutilation(plain, look);
  testing::on_every_mutilation(fragment, look);
}

TEST(Ipv4Header, writes_the_golden_packet) {
  const Ipv4Header ip{.traffic_class = TrafficClass{0xb9},
                      .identification = 0x1234,
                      .ttl = Ttl{3},
                      .protocol = Protocol::udp,
                      .source = {192, 0, 2, 1},
                      .destination = {198, 51, 100, 2}};
  const auto octets = testing::emitted(ip.size(), [&](MutableBytes out) { ip.emit(out, 12); });
  EXPECT_EQ(octets, Octets(plain.begin(), plain.begin() + 20));
}

TEST(Ipv4Header, pads_options_with_zeros_to_whole_words) {
  const auto alert = hex<"94040000 01">();
  const Ipv4Header ip{.options = alert};
  EXPECT_EQ(ip.size(), 28U);
  const auto octets = testing::emitted(ip.size(), [&](MutableBytes out) { ip.emit(out, 0); });
  EXPECT_EQ(Octets(octets.begin() + 20, octets.end()), (Octets{0x94, 4, 0, 0, 1, 0, 0, 0}));
  EXPECT_TRUE(Ipv4View::parse(octets)->checksum_ok());
}

TEST(Ipv4Header, leaves_a_checksum_wrong_on_purpose) {
  const Ipv4Header ip{.checksum = ChecksumField{0xdead}, .source = {10, 0, 0, 1}};
  const auto octets = testing::emitted(ip.size(), [&](MutableBytes out) { ip.emit(out, 0); });
  EXPECT_EQ(Ipv4View::parse(octets)->checksum(), 0xdead);
  EXPECT_FALSE(Ipv4View::parse(octets)->checksum_ok());
}

Ipv4Header header_of(const Ipv4View& ip) {
  return {.traffic_class = ip.traffic_class(),
          .identification = ip.identification(),
          .reserved_flag = ip.reserved_flag(),
          .dont_fragment = ip.dont_fragment(),
          .more_fragments = ip.more_fragments(),
          .fragment_offset = ip.fragment_offset(),
          .ttl = ip.ttl(),
          .protocol = ip.protocol(),
          .source = ip.source(),
          .destination = ip.destination(),
          .options = ip.options()};
}

TEST(Ipv4Header, and_view_are_inverses_for_every_header_there_can_be) {
  std::mt19937_64 random{3};
  for (int i = 0; i < 20'000; ++i) {
    Octets packet(20 + random() % 11 * 4);
    for (auto& octet : packet) octet = static_cast<std::uint8_t>(random());
    packet[0] = static_cast<std::uint8_t>(0x40 | packet.size() / 4);
    store(MutableBytes{packet}, 2, static_cast<std::uint16_t>(packet.size()));
    store(MutableBytes{packet}, 10, std::uint16_t{0});
    store(MutableBytes{packet}, 10, Checksum{}.add(packet).finish());
    const auto ip = Ipv4View::parse(packet);
    ASSERT_TRUE(ip && ip->checksum_ok());
    ASSERT_EQ(
        testing::emitted(packet.size(), [&](MutableBytes out) { header_of(*ip).emit(out, 0); }),
        packet);
  }
}

}  // namespace
}  // namespace sonda
