// Where a simulated router sends packets: its routes, its links' prefixes, equal ways, neighbours.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/router.hpp>

#include "checksums.hpp"
#include "segments.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct RoutesOf : testing::TestWithParam<Ends> {
  RoutesOf() {
    out.ways[ends().from] = Side{0};
    out.ways[ends().to] = Side{1};
    out.at = Instant{1h};
  }
  [[nodiscard]] static const Ends& ends() { return GetParam(); }
  [[nodiscard]] static bool is_v4() { return ends().to.is_v4(); }
  [[nodiscard]] static Prefix to(unsigned v4_length, unsigned v6_length) {
    return {ends().to, is_v4() ? v4_length : v6_length};
  }
  [[nodiscard]] static RouterPlan plan(std::vector<Route> routes,
                                       std::vector<OnLink> on_link = {}) {
    return {.addresses = {Ipv4Address{192, 0, 2, 1}, *Address::parse("2001:db8::1")},
            .routes = std::move(routes),
            .on_link = std::move(on_link)};
  }
  void deliver(const Octets& octets) { router.on_packet({out.at, Side{0}, octets}, out); }
  // The type and code of the last error, which went back.
  [[nodiscard]] std::pair<int, int> last_error() const {
    EXPECT_FALSE(out.sent.empty());
    EXPECT_EQ(out.sent.back().side, Side{0});
    EXPECT_TRUE(test::checksums_right(out.sent.back().octets));
    const auto message = IpPacket::read(out.sent.back().octets)->payload();
    return {message[0], message[1]};
  }
  [[nodiscard]] std::vector<Side> sides() const {
    std::vector<Side> all;
    for (const auto& one : out.sent) all.push_back(one.side);
    return all;
  }

  RecordingOutbox out{};
  Router router{plan({})};
};
INSTANTIATE_TEST_SUITE_P(Versions, RoutesOf, testing::Values(v4, v6), version_name);

TEST_P(RoutesOf, each_kind_that_leads_nowhere_says_what_linux_says) {
  const std::vector<std::tuple<RouteKind, std::pair<int, int>, Deed>> kinds{
      {RouteKind::unreachable, is_v4() ? std::pair{3, 1} : std::pair{1, 0}, Deed::refused},
      {RouteKind::prohibit, is_v4() ? std::pair{3, 13} : std::pair{1, 1}, Deed::refused},
      {RouteKind::missing, is_v4() ? std::pair{3, 0} : std::pair{1, 0}, Deed::no_route}};
  for (const auto& [kind, error, deed] : kinds) {
    out.sent.clear(), out.deeds.clear();
    router = Router{plan({{.to = to(24, 64), .kind = kind}})};
    deliver(echo_request(ends()));
    EXPECT_EQ(last_error(), error);
    EXPECT_THAT(out.deeds, ElementsAre(deed));
  }
}

TEST_P(RoutesOf, a_black_hole_tells_nobody) {
  router = Router{plan({{.to = to(24, 64), .kind = RouteKind::blackhole}})};
  deliver(echo_request(ends()));
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::swallowed));
}

TEST_P(RoutesOf, the_route_is_asked_before_the_ttl) {
  router = Router{plan({{.to = to(24, 64), .kind = RouteKind::prohibit}})};
  deliver(echo_request(ends(), 16, Ttl{1}));
  EXPECT_EQ(last_error(), is_v4() ? std::pair(3, 13) : std::pair(1, 1));
}

TEST_P(RoutesOf, a_route_of_its_own_comes_before_the_shortest_way) {
  router = Router{plan({{.to = to(24, 64), .via = Side{7}}})};
  deliver(echo_request(ends()));
  EXPECT_THAT(sides(), ElementsAre(Side{7}));
}

TEST_P(RoutesOf, the_longest_prefix_counts_in_whatever_order_they_stand) {
  const Route wide{.to = to(0, 0), .via = Side{5}}, narrow{.to = to(32, 128), .via = Side{6}},
      middle{.to = to(16, 48), .kind = RouteKind::blackhole};
  for (const auto& routes : {std::vector{wide, narrow, middle}, {narrow, middle, wide}}) {
    out.sent.clear();
    router = Router{plan(routes)};
    deliver(echo_request(ends()));
    EXPECT_THAT(sides(), ElementsAre(Side{6}));
  }
  out.sent.clear();
  router = Router{plan({wide, middle})};
  deliver(echo_request(ends()));
  EXPECT_THAT(out.sent, IsEmpty());
}

TEST_P(RoutesOf, the_prefix_of_a_link_is_a_route_like_others) {
  const OnLink link{.prefix = to(24, 64), .side = Side{2}};
  router = Router{plan({{.to = to(8, 32), .kind = RouteKind::blackhole}}, {link})};
  deliver(echo_request(ends()));
  EXPECT_THAT(sides(), ElementsAre(Side{1})) << "the machine is there";
  router = Router{plan({{.to = to(32, 128), .via = Side{9}}}, {link})};
  deliver(echo_request(ends()));
  EXPECT_THAT(sides(), ElementsAre(Side{1}, Side{9}));
}

TEST_P(RoutesOf, errors_go_back_by_its_routes_too) {
  const Prefix back{ends().from, is_v4() ? 24U : 64U};
  router = Router{plan({{.to = back, .via = Side{4}}})};
  deliver(echo_request(ends(), 16, Ttl{1}));
  EXPECT_THAT(sides(), ElementsAre(Side{4}));
}

// -------------------------------------------------------------------------------------- neighbours

TEST_P(RoutesOf, an_absent_neighbour_is_given_up_after_three_seconds_with_at_most_three_waiting) {
  router = Router{plan({}, {{.prefix = to(24, 64), .side = Side{2}}})};
  out.absent.insert(ends().to);
  for (std::uint16_t port = 1; port <= 5; ++port) {
    deliver(udp_packet(ends(), {port, 1}));
    out.at += 100ms;
  }
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.wakes, ElementsAre(3s));
  EXPECT_THAT(out.deeds, ElementsAre(Deed::absent, Deed::absent)) << "two too many";

  router.on_time(Instant{1h + 2'999ms}, out);
  EXPECT_THAT(out.sent, IsEmpty());
  out.at = Instant{1h + 3s};
  router.on_time(out.at, out);
  ASSERT_THAT(out.sent, SizeIs(3));
  EXPECT_EQ(last_error(), is_v4() ? std::pair(3, 1) : std::pair(1, 3));
  EXPECT_THAT(sides(), ElementsAre(Side{0}, Side{0}, Side{0}));

  deliver(udp_packet(ends()));
  EXPECT_THAT(out.sent, SizeIs(3)) << "asked anew";
  EXPECT_THAT(out.wakes.back(), 3s);
}

TEST_P(RoutesOf, ttl_and_rules_come_before_the_neighbour) {
  auto a_plan = plan({}, {{.prefix = to(24, 64), .side = Side{2}}});
  a_plan.rules = {{.match = {.protocol = Protocol::tcp}, .action = Drop{}}};
  router = Router{a_plan};
  out.absent.insert(ends().to);
  deliver(echo_request(ends(), 16, Ttl{1}));
  EXPECT_EQ(last_error(), is_v4() ? std::pair(11, 0) : std::pair(3, 0));
  deliver(tcp_packet(ends()));
  EXPECT_THAT(out.deeds, ElementsAre(Deed::expired, Deed::dropped));
}

TEST_P(RoutesOf, it_asks_for_so_many_neighbours_and_no_more) {
  router = Router{plan({}, {{.prefix = to(0, 0), .side = Side{2}}})};
  for (std::uint32_t i = 0; i < Router::most_asked_for + 10; ++i) {
    auto octets = v6.to.v6().octets();
    store(MutableBytes{octets}, 12, i + 1);
    const auto absent = is_v4() ? Address{Ipv4Address::from_number(0x0a00'0000U + i)}
                                : Address{Ipv6Address{octets}};
    out.absent.insert(absent);
    deliver(udp_packet({ends().from, absent}));
  }
  EXPECT_THAT(out.deeds, SizeIs(10));
  router.on_time(out.at + 3s, out);
  EXPECT_THAT(out.sent, SizeIs(Router::most_asked_for));
}

TEST_P(RoutesOf, it_attracts_what_is_on_its_links) {
  router = Router{plan({}, {{.prefix = to(24, 64), .side = Side{2}}})};
  EXPECT_TRUE(router.attracts(ends().to));
  EXPECT_FALSE(router.attracts(ends().from));
}

// ----------------------------------------------------------------------------------------
// balancing

struct Balanced : RoutesOf {
  void balance(Balancing how) {
    auto a_plan = plan({});
    a_plan.balancing = how;
    router = Router{a_plan};
    out.balanced[ends().to] = {Side{1}, Side{2}, Side{3}};
  }
  [[nodiscard]] Side side_of(const Octets& packet) {
    out.sent.clear();
    deliver(packet);
    return out.sent.at(0).side;
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, Balanced, testing::Values(v4, v6), version_name);

TEST_P(Balanced, without_it_the_first_way_is_taken) {
  balance(Balancing::none);
  for (std::uint16_t port = 1; port < 100; ++port)
    EXPECT_EQ(side_of(udp_packet(ends(), {port, 1})), Side{1});
}

TEST_P(Balanced, per_packet_takes_them_in_turn) {
  balance(Balancing::per_packet);
  for (int round = 0; round < 4; ++round)
    for (std::uint32_t side = 1; side <= 3; ++side)
      EXPECT_EQ(side_of(udp_packet(ends())), Side{side});
}

TEST_P(Balanced, per_flow_keeps_a_flow_on_its_way_and_spreads_flows) {
  balance(Balancing::per_flow);
  std::map<Side, int> flows;
  for (std::uint16_t port = 1; port <= 300; ++port) {
    const auto side = side_of(udp_packet(ends(), {port, 33'434}, 10));
    EXPECT_EQ(side_of(udp_packet(ends(), {port, 33'434}, 20)), side) << "its data do not matter";
    EXPECT_EQ(side_of(echo_request(ends())), side_of(echo_request(ends(), 16, Ttl{9})));
    ++flows[side];
  }
  ASSERT_EQ(flows.size(), 3U);
  for (const auto& [side, count] : flows) EXPECT_GT(count, 60);
}

TEST_P(Balanced, per_flow_tells_echoes_apart_by_their_checksum_as_paris_traceroute_found) {
  balance(Balancing::per_flow);
  std::set<Side> sides;
  for (std::size_t size = 1; size < 40; ++size) sides.insert(side_of(echo_request(ends(), size)));
  EXPECT_EQ(sides.size(), 3U);
}

TEST_P(Balanced, per_destination_looks_at_nothing_else) {
  balance(Balancing::per_destination);
  const auto side = side_of(udp_packet(ends()));
  for (std::uint16_t port = 1; port < 50; ++port)
    EXPECT_EQ(side_of(tcp_packet(ends(), {port, port})), side);
}

TEST(BalancedV4, all_fragments_of_a_datagram_take_one_way) {
  RecordingOutbox out;
  out.balanced[v4.to] = {Side{1}, Side{2}, Side{3}};
  Router router{{.addresses = {Ipv4Address{192, 0, 2, 1}}, .balancing = Balancing::per_flow}};
  std::set<Side> sides;
  for (std::uint16_t port = 1; port < 30; ++port) {
    auto first = udp_packet(v4, {port, 1}, 24, {}, false);
    store<std::uint16_t>(first, 6, 0x2000);
    store<std::uint16_t>(first, 10, 0);
    store(first, 10, Checksum{}.add(Bytes{first}.first(20)).finish());
    router.on_packet({Instant{}, Side{0}, first}, out);
    sides.insert(out.sent.back().side);
  }
  EXPECT_EQ(sides.size(), 1U) << "the ports of a first fragment do not count";
}

}  // namespace
}  // namespace sonda::sim
