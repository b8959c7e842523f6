// IPv6 headers: golden octets, every cut and flip of them, and what a view refuses.
#include <array>
#include <cstdint>
#include <random>
#include <utility>

#include <gtest/gtest.h>

#include <sonda/wire/ipv6.hpp>

#include "golden.hpp"

namespace sonda {
namespace {

using testing::hex;
using testing::Octets;

// IP6 (class 0xb9, flowlabel 0xf1234, hlim 3, next-header UDP (17) payload length: 12)
//     2001:db8::1.1 > 2001:db8::2.2: UDP, length 4
constexpr auto plain =
    hex<"6b9f1234 000c 11 03 20010db8000000000000000000000001 20010db8000000000000000000000002"
        "00010002 000cc28a 736f6e64">();
static_assert(Ipv6View::parse(plain)->flow_label() == FlowLabel{0xf1234});

template <typename T>
concept parses = requires(T&& octets) { Ipv6View::parse(std::forward<T>(octets)); };
static_assert(parses<const Octets&> && !parses<Octets>, "a view would outlive its octets");

TEST(Ipv6View, reads_every_field) {
  const auto ip = Ipv6View::parse(plain);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->traffic_class(), TrafficClass{0xb9});
  EXPECT_EQ(ip->flow_label(), FlowLabel{0xf1234});
  EXPECT_EQ(ip->payload_length(), 12);
  EXPECT_EQ(ip->next_header(), Protocol::udp);
  EXPECT_EQ(ip->hop_limit(), Ttl{3});
  EXPECT_EQ(ip->source(), Ipv6Address::parse("2001:db8::1"));
  EXPECT_EQ(ip->destination(), Ipv6Address::parse("2001:db8::2"));
  EXPECT_EQ(ip->payload().size(), 12U);
  EXPECT_FALSE(ip->truncated());
}

TEST(Ipv6View, cuts_off_what_lies_behind_the_payload_length) {
  Octets padded(plain.begin(), plain.end());
  padded.resize(60);
  EXPECT_EQ(Ipv6View::parse(padded)->payload().size(), 12U);
  EXPECT_EQ(Ipv6View::parse_quoted(padded)->octets().size(), 52U);
}

TEST(Ipv6View, refuses_every_truncation_of_a_whole_packet) {
  testing::refuses_every_truncation(plain, [](Bytes octets) { return Ipv6View::parse(octets); });
  EXPECT_EQ(testing::error_of(Ipv6View::parse(Bytes{plain}.first(39))),
            (ParseError{Layer::ipv6, Fault::too_short, 40, 39}));
  EXPECT_EQ(testing::error_of(Ipv6View::parse(Bytes{plain}.first(51))),
            (ParseError{Layer::ipv6, Fault::too_short, 52, 51}));
}

TEST(Ipv6View, quoted_needs_its_whole_header_and_nothing_more) {
  testing::on_every_truncation(plain, [](Bytes cut) {
    const auto ip = Ipv6View::parse_quoted(cut);
    ASSERT_EQ(ip.has_value(), cut.size() >= 40);
    if (!ip) return;
    EXPECT_TRUE(ip->truncated());
    EXPECT_EQ(ip->payload().size(), cut.size() - 40);
  });
}

TEST(Ipv6View, refuses_every_version_but_its_own) {
  for (unsigned version = 0; version < 16; ++version) {
    auto octets = plain;
    octets[0] = static_cast<std::uint8_t>(version << 4 | 0xb);
    EXPECT_EQ(Ipv6View::parse(octets).has_value(), version == 6);
    EXPECT_EQ(Ipv6View::parse_quoted(octets).has_value(), version == 6);
  }
}

TEST(Ipv6View, stays_within_its_octets_whatever_they_are) {
  testing::on_every_mutilation(plain, [](Bytes octets) {
    for (const auto& ip : {Ipv6View::parse(octets), Ipv6View::parse_quoted(octets)}) {
      if (!ip) continue;
      EXPECT_EQ(ip->header().size() + ip->payload().size(), ip->octets().size());
      EXPECT_LE(ip->octets().size(), octets.size());
    }
  });
}

TEST(Ipv6Header, writes_the_golden_packet) {
  const Ipv6Header ip{.traffic_class = TrafficClass{0xb9},
                      .flow_label = FlowLabel{0xf1234},
                      .next_header = Protocol::udp,
                      .hop_limit = Ttl{3},
                      .source = *Ipv6Address::parse("2001:db8::1"),
                      .destination = *Ipv6Address::parse("2001:db8::2")};
  const auto octets = testing::emitted(ip.size(), [&](MutableBytes out) { ip.emit(out, 12); });
  EXPECT_EQ(octets, Octets(plain.begin(), plain.begin() + 40));
}

TEST(Ipv6Header, keeps_a_flow_label_to_its_twenty_bits) {
  const Ipv6Header ip{.flow_label = FlowLabel{0xffff'ffff}};
  const auto octets = testing::emitted(ip.size(), [&](MutableBytes out) { ip.emit(out, 0); });
  EXPECT_EQ(Ipv6View::parse(octets)->traffic_class(), TrafficClass{0});
  EXPECT_EQ(Ipv6View::parse(octets)->flow_label(), FlowLabel{0xf'ffff});
}

TEST(Ipv6Header, and_view_are_inverses_for_every_header_there_can_be) {
  std::mt19937_64 random{5};
  for (int i = 0; i < 20'000; ++i) {
    Octets packet(40);
    for (auto& octet : packet) octet = static_cast<std::uint8_t>(random());
    packet[0] = static_cast<std::uint8_t>(0x60 | (packet[0] & 0x0f));
    const auto ip = Ipv6View::parse_quoted(packet);
    ASSERT_TRUE(ip);
    const Ipv6Header header{.traffic_class = ip->traffic_class(),
                            .flow_label = ip->flow_label(),
                            .next_header = ip->next_header(),
                            .hop_limit = ip->hop_limit(),
                            .source = ip->source(),
                            .destination = ip->destination()};
    ASSERT_EQ(
        testing::emitted(40, [&](MutableBytes out) { header.emit(out, ip->payload_length()); }),
        packet);
  }
}

}  // namespace
}  // namespace sonda
