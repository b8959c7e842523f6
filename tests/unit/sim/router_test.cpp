// Forwarding hop by hop, and what a simulated router says when it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/router.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/quotation.hpp>

#include "recording_outbox.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

struct RouterOf : testing::TestWithParam<Ends> {
  RouterOf() {
    out.ways[GetParam().from] = Side{0};
    out.ways[GetParam().to] = Side{1};
  }
  [[nodiscard]] bool is_v4() const { return GetParam().to.is_v4(); }
  [[nodiscard]] static std::vector<Address> own() {
    return {Ipv4Address{192, 0, 2, 1}, *Address::parse("2001:db8::1")};
  }
  void deliver(const Octets& octets) { router.on_packet({Instant{}, Side{0}, octets}, out); }
  std::pair<int, int> error() {
    EXPECT_THAT(out.sent, SizeIs(1));
    EXPECT_EQ(out.sent.at(0).side, Side{0});
    const auto ip = IpPacket::read(out.sent.at(0).octets);
    EXPECT_EQ(ip->source, own()[is_v4() ? 0 : 1]);
    EXPECT_EQ(ip->destination, GetParam().from);
    return {ip->payload()[0], ip->payload()[1]};
  }

  RecordingOutbox out{};
  Router router{{.addresses = own()}};
};
INSTANTIATE_TEST_SUITE_P(Versions, RouterOf, testing::Values(v4, v6),
                         [](const auto& run) { return run.param.to.is_v4() ? "v4" : "v6"; });

TEST_P(RouterOf, forwarding_costs_one_hop_and_changes_nothing_else) {
  const auto packet = echo_request(GetParam());
  deliver(packet);
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(out.sent[0].side, Side{1});
  const auto forwarded = IpPacket::read(out.sent[0].octets);
  ASSERT_TRUE(forwarded) << "the header checksum is right";
  EXPECT_EQ(forwarded->ttl, Ttl{63});
  EXPECT_TRUE(std::ranges::equal(forwarded->payload(), IpPacket::read(packet)->payload()));
}

TEST_P(RouterOf, the_last_hop_is_exceeded_here) {
  for (const auto ttl : {Ttl{0}, Ttl{1}}) {
    out.sent.clear();
    deliver(echo_request(GetParam(), 16, ttl));
    EXPECT_EQ(error(), (std::pair{is_v4() ? 11 : 3, 0}));
  }
  out.sent.clear();
  deliver(echo_request(GetParam(), 16, Ttl{2}));
  EXPECT_EQ(out.sent.at(0).side, Side{1});
}

TEST_P(RouterOf, nowhere_to_go_is_no_route) {
  out.ways.erase(GetParam().to);
  deliver(echo_request(GetParam()));
  EXPECT_EQ(error(), (std::pair{is_v4() ? 3 : 1, 0}));
}

TEST_P(RouterOf, too_large_is_told_with_the_mtu_and_a_long_quotation) {
  out.link_mtu = Mtu{1'300};
  deliver(echo_request(GetParam(), 1'400));
  EXPECT_EQ(error(), is_v4() ? std::pair(3, 4) : std::pair(2, 0));
  const auto packet = IpPacket::read(out.sent[0].octets);
  const auto message = packet->payload();
  if (is_v4())
    EXPECT_EQ(Icmpv4View::parse(message)->next_hop_mtu(), Mtu{1'300});
  else
    EXPECT_EQ(Icmpv6View::parse(message)->mtu(), Mtu{1'300});
  EXPECT_EQ(packet->octets.size(), is_v4() ? 576U : 1'280U);
}

TEST(RouterV4, what_may_be_fragmented_is) {
  RecordingOutbox out;
  out.ways[v4.to] = Side{1};
  out.link_mtu = Mtu{576};
  Router router{{.addresses = {Ipv4Address{192, 0, 2, 1}}}};
  const auto packet = echo_request(v4, 1'000, Ttl{64}, false);
  router.on_packet({Instant{}, Side{0}, packet}, out);
  ASSERT_THAT(out.sent, SizeIs(2));
  for (const auto& piece : out.sent) {
    EXPECT_LE(piece.octets.size(), 576U);
    EXPECT_EQ(IpPacket::read(piece.octets)->ttl, Ttl{63});
  }
}

TEST_P(RouterOf, a_rule_comes_before_the_route) {
  const Prefix all{GetParam().to, 24};
  router.set_rules({{.match = {.to = all},
                     .action = Answer{{.type = std::uint8_t(is_v4() ? 3 : 1),
                                       .code = std::uint8_t(is_v4() ? 13 : 1)}}}});
  deliver(echo_request(GetParam()));
  EXPECT_EQ(error(), is_v4() ? std::pair(3, 13) : std::pair(1, 1));
  router.set_rules({{.match = {.to = all}}});
  out.sent.clear();
  deliver(echo_request(GetParam()));
  EXPECT_THAT(out.sent, IsEmpty());
}

TEST_P(RouterOf, its_own_address_answers_an_echo) {
  auto to_router = GetParam();
  to_router.to = own()[is_v4() ? 0 : 1];
  deliver(echo_request(to_router, 16, Ttl{1}));
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(IpPacket::read(out.sent[0].octets)->payload()[0], is_v4() ? 0 : 129);
}

TEST_P(RouterOf, there_is_no_error_about_an_error) {
  Random random{1};
  const auto error = icmp_error({.type = std::uint8_t(is_v4() ? 3 : 1), .code = 0}, GetParam().to,
                                echo_request({GetParam().from, GetParam().to}), random);
  auto expiring = error;
  expiring[is_v4() ? 8 : 7] = 1;
  if (is_v4()) {
    store<std::uint16_t>(expiring, 10, 0);
    store(expiring, 10, Checksum{}.add(Bytes{expiring}.first(20)).finish());
  }
  deliver(expiring);
  EXPECT_THAT(out.sent, IsEmpty());
}

TEST_P(RouterOf, a_silent_router_forwards_and_says_nothing) {
  router = Router{{.addresses = own(), .silent = true}};
  deliver(echo_request(GetParam(), 16, Ttl{1}));
  EXPECT_THAT(out.sent, IsEmpty());
  deliver(echo_request(GetParam()));
  EXPECT_THAT(out.sent, SizeIs(1));
}

TEST_P(RouterOf, errors_come_from_the_side_the_packet_came_in_by) {
  const auto inner = is_v4() ? Address{Ipv4Address{10, 9, 9, 9}} : *Address::parse("2001:db8:9::9");
  router = Router{{.addresses = own(), .error_sources = {{Side{0}, inner}}}};
  deliver(echo_request(GetParam(), 16, Ttl{1}));
  EXPECT_EQ(IpPacket::read(out.sent.at(0).octets)->source, inner);
}

TEST_P(RouterOf, extensions_stand_behind_the_padded_quotation) {
  router = Router{{.addresses = own(), .extensions = example_extensions()}};
  deliver(echo_request(GetParam(), 16, Ttl{1}));
  const auto message = IpPacket::read(out.sent.at(0).octets)->payload();
  const auto quotation = Quotation::parse(message, is_v4() ? IpVersion::v4 : IpVersion::v6);
  ASSERT_TRUE(quotation);
  ASSERT_TRUE(quotation->extensions());
  EXPECT_TRUE(quotation->extensions()->first(ExtensionClass::mpls_label_stack));
}

}  // namespace
}  // namespace sonda::sim
