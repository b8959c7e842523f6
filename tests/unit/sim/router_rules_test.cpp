// What a simulated router's rules do with packets: drop, answer, reset, hold, redirect.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/router.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/neighbor_discovery.hpp>
#include <sonda/wire/quotation.hpp>

#include "checksums.hpp"
#include "segments.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using test::checksums_right;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct RulesOf : testing::TestWithParam<Ends> {
  RulesOf() {
    out.ways[ends().from] = Side{0};
    out.ways[ends().to] = Side{1};
    out.at = Instant{1h};
  }
  [[nodiscard]] static const Ends& ends() { return GetParam(); }
  [[nodiscard]] static bool is_v4() { return ends().to.is_v4(); }
  [[nodiscard]] static std::vector<Address> own() {
    return {Ipv4Address{192, 0, 2, 1}, *Address::parse("2001:db8::1"), *Address::parse("fe80::1")};
  }
  [[nodiscard]] static ErrorMessage prohibited() {
    return is_v4() ? ErrorMessage{.type = 3, .code = 13} : ErrorMessage{.type = 1, .code = 1};
  }
  void deliver(const Octets& octets) { router.on_packet({out.at, Side{0}, octets}, out); }
  void forget() { out.sent.clear(), out.deeds.clear(), out.wakes.clear(); }

  RecordingOutbox out{};
  Router router{{.addresses = own()}};
};
INSTANTIATE_TEST_SUITE_P(Versions, RulesOf, testing::Values(v4, v6), version_name);

TEST_P(RulesOf, the_first_that_fits_counts) {
  router.set_rules({{.match = {.protocol = Protocol::tcp}, .action = Pass{}},
                    {.match = {.to = Prefix{ends().to, 16}}, .action = Drop{}},
                    {.action = Reset{}}});
  deliver(tcp_packet(ends()));
  EXPECT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(out.sent[0].side, Side{1});
  forget();
  deliver(udp_packet(ends()));
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::dropped));
}

TEST_P(RulesOf, one_that_is_added_comes_first_until_it_is_cleared) {
  router.set_rules({{.match = {.protocol = Protocol::udp}, .action = Pass{}}});
  router.add_rule({.match = {.protocol = Protocol::udp}, .action = Pass{}});
  router.add_rule({.match = {.protocol = Protocol::udp}, .action = Drop{}});
  deliver(udp_packet(ends()));
  EXPECT_THAT(out.sent, IsEmpty()) << "the last added is the first";
  router.clear();
  deliver(udp_packet(ends()));
  EXPECT_THAT(out.sent, SizeIs(1));
}

TEST_P(RulesOf, an_answer_is_late_from_whom_it_says_and_quotes_the_ttl_counted_down) {
  const auto somebody =
      is_v4() ? Address{Ipv4Address{10, 1, 1, 1}} : *Address::parse("2001:db8:a::1");
  router.set_rules({{.action = Answer{.error = prohibited(), .from = somebody, .delay = 2s}}});
  deliver(udp_packet(ends()));
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(out.sent[0].wait, 2s);
  EXPECT_EQ(out.sent[0].side, Side{0});
  const auto error = *IpPacket::read(out.sent[0].octets);
  EXPECT_EQ(error.source, somebody);
  EXPECT_EQ(error.payload()[0], prohibited().type);
  EXPECT_EQ(error.payload()[1], prohibited().code);
  EXPECT_EQ(Quotation::parse(error.payload(), error.version)->ttl(), Ttl{63});
  EXPECT_TRUE(checksums_right(out.sent[0].octets));
  EXPECT_THAT(out.deeds, ElementsAre(Deed::answered));
}

TEST_P(RulesOf, some_routers_quote_the_ttl_as_it_came) {
  router = Router{{.addresses = own(),
                   .rules = {{.action = Answer{.error = prohibited()}}},
                   .quoted_as_sent = true}};
  deliver(udp_packet(ends()));
  const auto error = *IpPacket::read(out.sent.at(0).octets);
  EXPECT_EQ(Quotation::parse(error.payload(), error.version)->ttl(), Ttl{64});
}

TEST_P(RulesOf, an_answer_from_the_other_version_is_none) {
  router.set_rules({{.action = Answer{.error = prohibited(), .from = own()[is_v4() ? 1 : 0]}}});
  deliver(udp_packet(ends()));
  EXPECT_THAT(out.sent, IsEmpty());
}

TEST_P(RulesOf, a_reset_comes_as_from_the_destination) {
  router.set_rules({{.action = Reset{}}});
  deliver(tcp_packet(ends(), {40'000, 80}));
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(out.sent[0].side, Side{0});
  EXPECT_TRUE(checksums_right(out.sent[0].octets));
  const auto answer = *IpPacket::read(out.sent[0].octets);
  EXPECT_EQ(answer.source, ends().to);
  EXPECT_EQ(answer.destination, ends().from);
  const auto tcp = TcpView::parse(answer.payload());
  ASSERT_TRUE(tcp);
  EXPECT_EQ(tcp->flags(), TcpFlags::rst | TcpFlags::ack);
  EXPECT_EQ(tcp->source_port(), Port{80});
  EXPECT_EQ(tcp->acknowledgement().value(), 1U);
  EXPECT_THAT(out.deeds, ElementsAre(Deed::reset));
}

TEST_P(RulesOf, a_reset_is_no_answer_to_a_reset_to_what_is_not_tcp_or_to_what_is_damaged) {
  router.set_rules({{.action = Reset{}}});
  auto damaged = tcp_packet(ends(), {}, TcpFlags::ack, 5);
  damaged.back() ^= 1;
  for (const auto& packet :
       {tcp_packet(ends(), {}, TcpFlags::rst), udp_packet(ends()), echo_request(ends()), damaged})
    deliver(packet);
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::dropped, Deed::dropped, Deed::dropped, Deed::dropped));
}

TEST_P(RulesOf, what_is_held_goes_on_when_its_time_has_come) {
  router.set_rules({{.action = Hold{.most = 2s}}});
  const auto first = udp_packet(ends(), {1, 1}), second = udp_packet(ends(), {2, 2});
  deliver(first);
  out.at += 1s;
  deliver(second);
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_EQ(router.held(), 2U);
  EXPECT_THAT(out.wakes, ElementsAre(2s)) << "one call is enough until it comes";
  out.at += 1s;
  router.on_time(out.at, out);
  ASSERT_THAT(out.sent, SizeIs(1));
  EXPECT_EQ(out.sent[0].side, Side{1});
  EXPECT_EQ(IpPacket::read(out.sent[0].octets)->ttl, Ttl{63});
  EXPECT_EQ(source_of(out.sent[0].octets)->number, 1);
  EXPECT_THAT(out.wakes, ElementsAre(2s, 1s));
  out.at += 1s;
  router.on_time(out.at, out);
  EXPECT_THAT(out.sent, SizeIs(2));
  EXPECT_EQ(router.held(), 0U);
  EXPECT_THAT(out.deeds, ElementsAre(Deed::held, Deed::held, Deed::released, Deed::released));
}

TEST_P(RulesOf, release_lets_all_go_in_their_order_and_ends_the_holding) {
  router.set_rules({{.match = {.protocol = Protocol::udp}, .action = Hold{}},
                    {.match = {.protocol = Protocol::tcp}, .action = Drop{}}});
  router.add_rule({.match = {.protocol = Protocol::icmp}, .action = Hold{}});
  deliver(udp_packet(ends(), {1, 1}));
  deliver(echo_request(ends()));
  deliver(udp_packet(ends(), {2, 2}));
  EXPECT_THAT(out.wakes, IsEmpty());
  router.on_time(out.at + 24h, out);
  EXPECT_EQ(router.held(), 3U);
  router.release(out);
  ASSERT_THAT(out.sent, SizeIs(3));
  EXPECT_EQ(source_of(out.sent[0].octets)->number, 1);
  EXPECT_EQ(source_of(out.sent[2].octets)->number, 2);
  forget();
  deliver(udp_packet(ends()));
  EXPECT_THAT(out.sent, SizeIs(1));
  deliver(tcp_packet(ends()));
  EXPECT_THAT(out.sent, SizeIs(1)) << "the other rules stay";
}

TEST_P(RulesOf, more_than_it_can_hold_drops_the_oldest) {
  router.set_rules({{.action = Hold{}}});
  for (std::size_t i = 0; i <= Router::most_held; ++i)
    deliver(udp_packet(ends(), {static_cast<std::uint16_t>(i), 1}, 0));
  EXPECT_EQ(router.held(), Router::most_held);
  EXPECT_EQ(out.deeds.at(Router::most_held), Deed::dropped);
  router.release(out);
  EXPECT_EQ(source_of(out.sent.at(0).octets)->number, 1);
}

TEST_P(RulesOf, a_rule_is_asked_after_ttl_and_mtu) {
  router.set_rules({{.action = Drop{}}});
  deliver(udp_packet(ends(), {}, 1'400));
  EXPECT_THAT(out.sent, IsEmpty());
  out.link_mtu = Mtu{1'300};
  deliver(udp_packet(ends(), {}, 1'400));
  deliver(echo_request(ends(), 16, Ttl{1}));
  EXPECT_THAT(out.sent, SizeIs(2));
  EXPECT_THAT(out.deeds, ElementsAre(Deed::dropped, Deed::too_big, Deed::expired));
}

TEST(RedirectV4, the_packet_goes_on_and_its_sender_is_told_of_the_gateway) {
  RecordingOutbox out;
  out.ways = {{v4.from, Side{0}}, {v4.to, Side{1}}};
  const Ipv4Address gateway{192, 0, 2, 9};
  Router router{
      {.addresses = {Ipv4Address{192, 0, 2, 1}}, .rules = {{.action = Redirect{gateway}}}}};
  router.on_packet({Instant{}, Side{0}, udp_packet(v4)}, out);
  ASSERT_THAT(out.sent, SizeIs(2));
  EXPECT_EQ(out.sent[0].side, Side{0});
  const auto message = IpPacket::read(out.sent[0].octets)->payload();
  EXPECT_EQ(message[0], 5);
  EXPECT_EQ(message[1], 1);
  EXPECT_EQ(Icmpv4View::parse(message)->gateway(), gateway);
  EXPECT_TRUE(checksums_right(out.sent[0].octets));
  EXPECT_EQ(out.sent[1].side, Side{1});
  EXPECT_THAT(out.deeds, ElementsAre(Deed::redirected));
}

int redirects(Router& router, RecordingOutbox& out, const Ends& ends, Instant now) {
  out.at = now;
  const auto before = out.deeds.size();
  router.on_packet({now, Side{0}, udp_packet(ends)}, out);
  return out.deeds.at(before) == Deed::redirected ? 1 : 0;
}

TEST(RedirectV4, there_are_nine_ever_farther_apart_until_there_was_silence) {
  RecordingOutbox out;
  Router router{{.addresses = {Ipv4Address{192, 0, 2, 1}},
                 .rules = {{.action = Redirect{Ipv4Address{192, 0, 2, 9}}}}}};
  out.ways = {{v4.from, Side{0}}, {v4.to, Side{1}}};
  std::vector<int> told_at;
  int ms = 0;
  for (; ms < 30'000; ms += 10)
    if (redirects(router, out, v4, Instant{ms * 1ms}) == 1) told_at.push_back(ms);
  EXPECT_THAT(told_at, ElementsAre(0, 50, 140, 310, 640, 1'290, 2'580, 5'150, 10'280));
  ms += 20'470;
  EXPECT_EQ(redirects(router, out, v4, Instant{ms * 1ms}), 0) << "20.48 s have not passed";
  ms += 20'490;
  EXPECT_EQ(redirects(router, out, v4, Instant{ms * 1ms}), 1);
}

TEST(RedirectV4, each_sender_has_its_own_count_and_a_silent_router_sends_none) {
  RecordingOutbox out;
  Router router{{.addresses = {Ipv4Address{192, 0, 2, 1}},
                 .rules = {{.action = Redirect{Ipv4Address{192, 0, 2, 9}}}}}};
  out.ways = {{v4.to, Side{1}}};
  EXPECT_EQ(redirects(router, out, v4, Instant{}), 1);
  EXPECT_EQ(redirects(router, out, v4, Instant{}), 0);
  EXPECT_EQ(redirects(router, out, {Ipv4Address{192, 0, 2, 3}, v4.to}, Instant{}), 1);
  router.set_silent(true);
  EXPECT_EQ(redirects(router, out, {Ipv4Address{192, 0, 2, 4}, v4.to}, Instant{}), 0);
}

struct RedirectV6 : testing::Test {
  RedirectV6() { out.ways = {{v6.from, Side{0}}, {v6.to, Side{1}}}; }
  [[nodiscard]] static RouterPlan plan() {
    return {.addresses = {*Address::parse("2001:db8::1"), *Address::parse("fe80::1")},
            .rules = {{.action = Redirect{gateway}}}};
  }
  static inline const Address gateway = *Address::parse("fe80::9");
  RecordingOutbox out{};
  Router router{plan()};
};

TEST_F(RedirectV6, it_is_neighbor_discovery_s_from_the_link_local_address) {
  const auto packet = udp_packet(v6, {}, 300);
  router.on_packet({Instant{}, Side{0}, packet}, out);
  ASSERT_THAT(out.sent, SizeIs(2));
  EXPECT_TRUE(checksums_right(out.sent[0].octets));
  const auto ip = *IpPacket::read(out.sent[0].octets);
  EXPECT_EQ(ip.ttl, Ttl{255});
  EXPECT_EQ(ip.source, *Address::parse("fe80::1"));
  EXPECT_EQ(ip.destination, v6.from);
  const auto redirect = Icmpv6Redirect::parse(ip.payload());
  ASSERT_TRUE(redirect);
  EXPECT_EQ(redirect->target, gateway.v6());
  EXPECT_EQ(redirect->destination, v6.to.v6());
  EXPECT_TRUE(
      std::ranges::equal(redirect->quoted().first(40), Bytes{out.sent[1].octets}.first(40)));
  EXPECT_GE(redirect->quoted().size(), packet.size());
}

TEST_F(RedirectV6, it_is_never_larger_than_1280_octets) {
  router.on_packet({Instant{}, Side{0}, udp_packet(v6, {}, 1'400)}, out);
  ASSERT_THAT(out.sent, SizeIs(2));
  EXPECT_LE(out.sent[0].octets.size(), 1'280U);
  EXPECT_GE(out.sent[0].octets.size(), 1'264U);
  EXPECT_TRUE(Icmpv6Redirect::parse(IpPacket::read(out.sent[0].octets)->payload()));
}

TEST_F(RedirectV6, without_a_link_local_address_it_comes_from_another) {
  auto other = plan();
  other.addresses.pop_back();
  router = Router{other};
  router.on_packet({Instant{}, Side{0}, udp_packet(v6)}, out);
  EXPECT_EQ(IpPacket::read(out.sent.at(0).octets)->source, *Address::parse("2001:db8::1"));
}

TEST_F(RedirectV6, there_are_six_at_once_and_then_one_a_second) {
  int count = 0;
  for (int i = 0; i < 40; ++i) count += redirects(router, out, v6, Instant{5s});
  EXPECT_EQ(count, 6);
  for (int ms = 0; ms < 3'000; ms += 100)
    count += redirects(router, out, v6, Instant{6s + ms * 1ms});
  EXPECT_EQ(count, 9);
}

}  // namespace
}  // namespace sonda::sim
