// The n-th echo request of a plan, octet for octet.
#include <chrono>
#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/probe/echo_builder.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>

#include "ping_driver.hpp"
#include "golden.hpp"

namespace sonda {
namespace {

using ::testing::ElementsAreArray;
using testing::emitted;
using testing::hex;
using testing::Octets;
using testing::plan_v4;
using testing::plan_v6;

Octets packet(const PingPlan& plan, ProbeId probe, bool dont_fragment = true) {
  const EchoBuilder builder{plan};
  return emitted(builder.packet_size(), [&](MutableBytes room) {
    EXPECT_EQ(builder.packet(probe, dont_fragment, room).size(), builder.packet_size());
  });
}

TEST(EchoBuilder, writes_a_whole_ipv4_echo_request) {
  auto plan = plan_v4();
  plan.identifier = Identifier{0x1234};
  plan.data_size = 12;
  plan.ttl = Ttl{7};
  plan.traffic_class = TrafficClass{0xb8};
  const auto octets = packet(plan, ProbeId{4});
  const auto ip = Ipv4View::parse(Bytes{octets});
  ASSERT_TRUE(ip.has_value());
  EXPECT_TRUE(ip->checksum_ok());
  EXPECT_EQ(ip->ttl(), Ttl{7});
  EXPECT_EQ(ip->traffic_class(), TrafficClass{0xb8});
  EXPECT_EQ(ip->protocol(), Protocol::icmp);
  EXPECT_EQ(ip->source(), testing::here_v4);
  EXPECT_EQ(ip->destination(), testing::there_v4);
  EXPECT_TRUE(ip->dont_fragment());
  const auto message = Icmpv4View::parse(ip->payload());
  ASSERT_TRUE(message.has_value());
  EXPECT_TRUE(message->checksum_ok());
  const auto echo = Echo::parse_icmpv4(ip->payload());
  ASSERT_TRUE(echo.has_value());
  EXPECT_EQ(echo->kind, EchoKind::request);
  EXPECT_EQ(echo->identifier, Identifier{0x1234});
  EXPECT_EQ(echo->sequence, Sequence{5});
  ASSERT_EQ(echo->data.size(), 12U);
  const auto tag = EchoIdentity{plan.key, plan.target}.tag(ProbeId{4});
  EXPECT_TRUE(std::ranges::equal(echo->data.first(8), tag));
  EXPECT_TRUE(std::ranges::equal(echo->data.subspan(8), hex<"08 09 0a 0b">()));
}

// Computed apart from this library, from the SipHash paper and RFC 791, 792, 8200 and 4443: key 1,
// 2; the tag, the identifiers and the flow label are SipHash-2-4 over purpose, number and address.
TEST(EchoBuilder, agrees_with_an_independent_computation) {
  auto plan = plan_v4();
  plan.data_size = 16;
  // IP 192.0.2.1 > 198.51.100.7: ICMP echo request, id 40738, seq 1, length 24
  EXPECT_THAT(packet(plan, ProbeId{}),
              ElementsAreArray(hex<"45 00 00 2c 1f ce 40 00 40 01 2e c7 c0 00 02 01 c6 33 64 07"
                                   "08 00 cb 73 9f 22 00 01 84 1b f6 83 d4 ab 11 ed"
                                   "08 09 0a 0b 0c 0d 0e 0f">()));
  plan = plan_v6();
  plan.data_size = 16;
  // IP6 2001:db8::1 > 2001:db8:7::7: ICMP6, echo request, id 5522, seq 1, length 24
  EXPECT_THAT(packet(plan, ProbeId{}),
              ElementsAreArray(hex<"60 00 ad 23 00 18 3a 40 20 01 0d b8 00 00 00 00"
                                   "00 00 00 00 00 00 00 01 20 01 0d b8 00 07 00 00"
                                   "00 00 00 00 00 00 00 07 80 00 62 5b 15 92 00 01"
                                   "e7 a2 f9 c2 92 33 0c 74 08 09 0a 0b 0c 0d 0e 0f">()));
}

TEST(EchoBuilder, writes_a_whole_ipv6_echo_request) {
  auto plan = plan_v6();
  plan.ttl = Ttl{9};
  plan.traffic_class = TrafficClass{0x20};
  const auto octets = packet(plan, ProbeId{70'000});
  const auto ip = Ipv6View::parse(Bytes{octets});
  ASSERT_TRUE(ip.has_value());
  EXPECT_EQ(ip->hop_limit(), Ttl{9});
  EXPECT_EQ(ip->traffic_class(), TrafficClass{0x20});
  EXPECT_EQ(ip->flow_label(), (EchoIdentity{plan.key, plan.target}.flow_label()));
  EXPECT_EQ(ip->next_header(), Protocol::icmpv6);
  const auto echo = Echo::parse_icmpv6(ip->payload());
  ASSERT_TRUE(echo.has_value());
  EXPECT_EQ(echo->sequence, Sequence{70'001 - 65'536});
  EXPECT_EQ(echo->data.size(), 56U);
  Checksum sum;
  sum.add_pseudo_header(ip->source(), ip->destination(), Protocol::icmpv6, ip->payload().size());
  EXPECT_EQ(sum.add(ip->payload()).finish(), 0);
}

TEST(EchoBuilder, builds_the_same_octets_again_and_again) {
  for (const auto& plan : {plan_v4(), plan_v6()})
    EXPECT_EQ(packet(plan, ProbeId{77}), packet(plan, ProbeId{77}));
}

TEST(EchoBuilder, leaves_df_out_where_fragments_are_allowed) {
  const auto octets = packet(plan_v4(), ProbeId{}, false);
  EXPECT_FALSE(Ipv4View::parse(Bytes{octets})->dont_fragment());
}

TEST(EchoBuilder, repeats_a_pattern_behind_the_tag) {
  auto plan = plan_v4();
  plan.data_size = 13;
  plan.pattern = {0xff, 0x00};
  const auto octets = packet(plan, ProbeId{});
  EXPECT_TRUE(std::ranges::equal(Bytes{octets}.last(5), hex<"ff 00 ff 00 ff">()));
}

TEST(EchoBuilder, cuts_the_tag_where_there_is_no_room_for_it) {
  for (std::size_t size = 0; size <= 9; ++size) {
    SCOPED_TRACE(size);
    auto plan = plan_v4();
    plan.data_size = size;
    const auto octets = packet(plan, ProbeId{3});
    ASSERT_EQ(octets.size(), 28 + size);
    const auto tag = EchoIdentity{plan.key, plan.target}.tag(ProbeId{3});
    const auto kept = std::min<std::size_t>(size, 8);
    EXPECT_TRUE(std::ranges::equal(Bytes{octets}.subspan(28, kept), Bytes{tag}.first(kept)));
    EXPECT_EQ(Checksum{}.add(Bytes{octets}.subspan(20)).finish(), 0);
  }
}

TEST(EchoBuilder, fills_the_largest_packet_there_is) {
  auto v4 = plan_v4();
  v4.data_size = 65'507;
  const auto octets = packet(v4, ProbeId{});
  ASSERT_EQ(octets.size(), 65'535U);
  EXPECT_EQ(Ipv4View::parse(Bytes{octets})->total_length(), 65'535U);
  auto v6_plan = plan_v6();
  v6_plan.data_size = 65'527;
  EXPECT_EQ(packet(v6_plan, ProbeId{}).size(), 40U + 65'535U);
}

TEST(EchoBuilder, numbers_from_1_and_wraps_on_the_wire_only) {
  EXPECT_EQ(EchoBuilder::sequence(ProbeId{0}), 1U);
  EXPECT_EQ(EchoBuilder::wire_sequence(ProbeId{65'534}), Sequence{65'535});
  EXPECT_EQ(EchoBuilder::wire_sequence(ProbeId{65'535}), Sequence{0});
  EXPECT_EQ(EchoBuilder::sequence(ProbeId{65'536}), 65'537U);
  EXPECT_EQ(EchoBuilder::wire_sequence(ProbeId{65'536}), Sequence{1});
}

TEST(EchoBuilder, takes_the_identifier_of_the_socket_where_there_is_one) {
  auto plan = plan_v4();
  EXPECT_EQ(EchoBuilder{plan}.identifier(), (EchoIdentity{plan.key, plan.target}.identifier()));
  plan.identifier = Identifier{777};
  EXPECT_EQ(EchoBuilder{plan}.identifier(), Identifier{777});
}

}  // namespace
}  // namespace sonda
