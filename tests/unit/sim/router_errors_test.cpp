// What the errors of a simulated router look like, who sends them, and when it sends none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/router.hpp>
#include <sonda/wire/icmp_interface.hpp>
#include <sonda/wire/icmp_mpls.hpp>
#include <sonda/wire/quotation.hpp>

#include "checksums.hpp"
#include "segments.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using test::checksums_right;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct ErrorsOf : testing::TestWithParam<Ends> {
  ErrorsOf() {
    out.ways[ends().from] = Side{0};
    out.ways[ends().to] = Side{1};
  }
  [[nodiscard]] static const Ends& ends() { return GetParam(); }
  [[nodiscard]] static bool is_v4() { return ends().to.is_v4(); }
  [[nodiscard]] static std::size_t header() { return is_v4() ? 20 : 40; }
  [[nodiscard]] static std::vector<Address> own() {
    return {*Address::parse("fe80::1"), Ipv4Address{192, 0, 2, 1}, *Address::parse("2001:db8::1")};
  }
  [[nodiscard]] static Address first_of_version() { return own()[is_v4() ? 1 : 2]; }
  void deliver(const Octets& octets) { router->on_packet({out.at, Side{0}, octets}, out); }
  void become(RouterPlan plan) {
    plan.addresses = own();
    router.emplace(std::move(plan));
  }
  // The error about a packet whose TTL runs out here.
  [[nodiscard]] IpPacket expired(std::size_t data = 16) {
    out.sent.clear();
    deliver(udp_packet_with_ttl_1(data));
    EXPECT_THAT(out.sent, SizeIs(1));
    return *IpPacket::read(out.sent.at(0).octets);
  }
  [[nodiscard]] static Octets udp_packet_with_ttl_1(std::size_t data = 16) {
    auto packet = udp_packet(ends(), {}, data);
    rewrite(packet, {.ttl = Ttl{1}});
    return packet;
  }
  [[nodiscard]] static Quotation quotation(const IpPacket& error) {
    return *Quotation::parse(error.payload(), error.version);
  }

  RecordingOutbox out{};
  std::optional<Router> router{RouterPlan{.addresses = own()}};
};
INSTANTIATE_TEST_SUITE_P(Versions, ErrorsOf, testing::Values(v4, v6), version_name);

TEST_P(ErrorsOf, as_much_comes_back_as_the_plan_says) {
  for (const std::size_t quoted : std::initializer_list<std::size_t>{8, 28, 48, 128, 100'000}) {
    become({.quoted = quoted});
    const auto error = expired(1'000);
    const auto whole = header() + 8 + 1'000;
    EXPECT_EQ(error.payload().size(), 8 + std::min(quoted, whole));
    EXPECT_TRUE(checksums_right(out.sent[0].octets));
  }
  become({});
  EXPECT_EQ(expired(1'300).octets.size(), is_v4() ? 576U : 1'280U) << "and else what Linux sends";
}

TEST_P(ErrorsOf, it_quotes_the_packet_as_it_came) {
  EXPECT_TRUE(std::ranges::equal(quotation(expired()).octets(), udp_packet_with_ttl_1()));
}

TEST_P(ErrorsOf, a_stack_of_labels_comes_behind_it) {
  const std::vector<MplsLabel> labels{{.label = 24'005, .traffic_class = 3, .ttl = Ttl{1}},
                                      {.label = 77, .bottom = true, .ttl = Ttl{254}}};
  become({.labels = labels});
  const auto error = expired();
  ASSERT_TRUE(quotation(error).extensions());
  const auto object = quotation(error).extensions()->first(ExtensionClass::mpls_label_stack);
  ASSERT_TRUE(object);
  const auto stack = MplsStackView::parse(*object);
  ASSERT_EQ(stack->size(), 2U);
  EXPECT_EQ((*stack)[0], labels[0]);
  EXPECT_EQ((*stack)[1], labels[1]);
  EXPECT_TRUE(checksums_right(out.sent[0].octets));
}

TEST_P(ErrorsOf, the_interface_it_came_in_by_is_told) {
  out.link_mtu = Mtu{1'492};
  become({.interface_names = {{Side{0}, "eth7"}}, .tells_interface = true});
  const auto error = expired();
  ASSERT_TRUE(quotation(error).extensions());
  const auto object = quotation(error).extensions()->first(ExtensionClass::interface_information);
  ASSERT_TRUE(object);
  const auto info = InterfaceInfo::parse(*object);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->role, InterfaceRole::incoming);
  EXPECT_EQ(info->index, InterfaceIndex{1});
  EXPECT_EQ(info->address, first_of_version());
  EXPECT_EQ(info->name, InterfaceName{"eth7"});
  EXPECT_EQ(info->mtu, Mtu{1'492});
}

TEST_P(ErrorsOf, what_has_no_length_field_gets_no_extensions) {
  become({.labels = {{.label = 5, .bottom = true}}});
  out.link_mtu = Mtu{1'300};
  deliver(udp_packet(ends(), {}, 1'400));
  const auto error = *IpPacket::read(out.sent.at(0).octets);
  EXPECT_EQ(quotation(error).extensions().has_value(), is_v4()) << "3/4 has one, type 2 has none";
  EXPECT_EQ(error.octets.size(), is_v4() ? 20U + 8 + 128 + 4 + 8 : 1'280U);
}

TEST_P(ErrorsOf, a_long_quotation_with_extensions_stays_within_what_its_length_can_say) {
  become({.quoted = 100'000, .labels = {{.label = 5, .bottom = true}}});
  out.link_mtu = Mtu{9'000};
  const auto error = expired(1'400);
  ASSERT_TRUE(quotation(error).extensions());
  EXPECT_EQ(quotation(error).quoted_octets(), is_v4() ? 1'020U : header() + 8 + 1'400);
}

TEST_P(ErrorsOf, it_may_answer_from_another_of_its_addresses) {
  const auto other = is_v4() ? Address{Ipv4Address{10, 2, 2, 2}} : *Address::parse("2001:db8:b::2");
  become({.error_sources = {{Side{0}, own()[1]}, {Side{0}, own()[2]}}, .answers_from = other});
  EXPECT_EQ(expired().source, other);
  become({.answers_from = own()[is_v4() ? 2 : 1]});
  EXPECT_EQ(expired().source, first_of_version()) << "that was one of the other version";
}

TEST_P(ErrorsOf, a_broken_checksum_is_only_the_message_s) {
  become({.broken_checksum = true});
  const auto error = expired();
  EXPECT_EQ(test::transport_checksum_right(error), false);
}

TEST_P(ErrorsOf, they_may_be_late) {
  become({.error_delay = 300ms});
  static_cast<void>(expired());
  EXPECT_EQ(out.sent.at(0).wait, 300ms);
}

TEST_P(ErrorsOf, a_silent_router_says_so_to_those_who_look_on_only) {
  router->set_silent(true);
  deliver(udp_packet_with_ttl_1());
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::expired, Deed::kept_silent));
  router->set_silent(false);
  deliver(udp_packet_with_ttl_1());
  EXPECT_THAT(out.sent, SizeIs(1));
}

TEST_P(ErrorsOf, a_silent_router_answers_echoes_but_refuses_no_port) {
  router->set_silent(true);
  deliver(udp_packet({ends().from, first_of_version()}));
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, Contains(Deed::kept_silent));
  deliver(echo_request({ends().from, first_of_version()}));
  EXPECT_THAT(out.sent, SizeIs(1));
}

TEST_P(ErrorsOf, too_many_are_not_sent) {
  router->set_limit(LinuxIcmpLimit{});
  for (int i = 0; i < 40; ++i) deliver(udp_packet_with_ttl_1());
  EXPECT_THAT(out.sent, SizeIs(6));
  EXPECT_EQ(std::ranges::count(out.deeds, Deed::expired), 40);
  EXPECT_EQ(std::ranges::count(out.deeds, Deed::rate_limited), 34);
}

TEST_P(ErrorsOf, a_limit_counts_for_its_own_ports_too) {
  router->set_limit(LinuxIcmpLimit{});
  for (int i = 0; i < 40; ++i) deliver(udp_packet({ends().from, first_of_version()}));
  EXPECT_THAT(out.sent, SizeIs(6));
}

TEST_P(ErrorsOf, a_tunnel_hides_its_routers) {
  become({.counts_hops = false});
  deliver(udp_packet_with_ttl_1());
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(out.sent[0].side, Side{1});
  EXPECT_EQ(out.sent[0].octets, udp_packet_with_ttl_1());
}

TEST_P(ErrorsOf, a_ttl_that_is_set_never_runs_out) {
  become({.rewriting = {.ttl = Ttl{9}}});
  deliver(udp_packet_with_ttl_1());
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(IpPacket::read(out.sent[0].octets)->ttl, Ttl{9});
  EXPECT_TRUE(checksums_right(out.sent[0].octets));
  EXPECT_THAT(out.deeds, ElementsAre(Deed::rewritten));
}

TEST_P(ErrorsOf, an_mtu_black_hole_swallows_what_is_too_big) {
  become({.tells_mtu = false});
  out.link_mtu = Mtu{1'300};
  deliver(udp_packet(ends(), {}, 1'400));
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::too_big));
  deliver(udp_packet(ends(), {}, 1'000));
  EXPECT_THAT(out.sent, SizeIs(1));
}

TEST_P(ErrorsOf, nobody_is_told_about_groups_and_senders_that_are_none) {
  const auto group = is_v4() ? Address{Ipv4Address{224, 0, 0, 5}} : *Address::parse("ff02::5");
  const auto none = is_v4() ? Address{Ipv4Address{}} : Address{Ipv6Address{}};
  deliver(udp_packet({ends().from, group}));
  deliver(udp_packet({none, ends().to}));
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::unroutable, Deed::unroutable));
}

TEST_P(ErrorsOf, what_cannot_be_read_is_thrown_away) {
  auto packet = udp_packet(ends());
  packet.resize(packet.size() - 1);
  deliver(packet);
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::unreadable));
}

TEST(ErrorsV6, a_link_local_sender_is_out_of_scope) {
  RecordingOutbox out;
  out.ways = {{v6.to, Side{1}}};
  Router router{{.addresses = {*Address::parse("2001:db8::1"), *Address::parse("fe80::1")}}};
  const auto sender = *Address::parse("fe80::77");
  router.on_packet({Instant{}, Side{3}, udp_packet({sender, v6.to})}, out);
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(out.sent[0].side, Side{3}) << "where it came from, for such addresses name no link";
  const auto error = *IpPacket::read(out.sent[0].octets);
  EXPECT_EQ(error.source, *Address::parse("fe80::1"));
  EXPECT_EQ(error.destination, sender);
  EXPECT_EQ(error.payload()[0], 1);
  EXPECT_EQ(error.payload()[1], 2);
}

TEST(ErrorsV4, clearing_dont_fragment_lets_large_packets_be_cut) {
  RecordingOutbox out;
  out.ways = {{v4.to, Side{1}}};
  out.link_mtu = Mtu{600};
  Router router{
      {.addresses = {Ipv4Address{192, 0, 2, 1}}, .rewriting = {.clear_dont_fragment = true}}};
  router.on_packet({Instant{}, Side{0}, udp_packet(v4, {}, 1'000)}, out);
  EXPECT_THAT(out.sent, SizeIs(2));
}

}  // namespace
}  // namespace sonda::sim
