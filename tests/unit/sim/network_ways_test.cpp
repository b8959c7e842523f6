// Outlets, ways, and what those who look on see of a whole network.
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/host.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/router.hpp>

#include "checksums.hpp"
#include "segments.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Router router(std::uint8_t number, RouterPlan plan = {}) {
  plan.addresses = {Ipv4Address{10, 0, number, 1}};
  return Router{std::move(plan)};
}

std::vector<Delivery> deliveries(Network& network, Instant now = Instant{1h}) {
  std::vector<Delivery> all;
  while (auto delivery = network.take_delivery(now)) all.push_back(std::move(*delivery));
  return all;
}

class Recorder final : public Observer {
 public:
  struct Seen {
    Crossing crossing{};
    Octets octets{};
  };
  struct Told {
    Note note{};
    std::optional<ErrorMessage> error{};
  };
  void on_crossing(const Crossing& crossing) override {
    crossings.push_back({crossing, Octets(crossing.octets.begin(), crossing.octets.end())});
    crossings.back().crossing.octets = {};
  }
  void on_note(const Note& note) override {
    notes.push_back({note, note.error ? std::optional{*note.error} : std::nullopt});
  }
  [[nodiscard]] std::vector<Fate> fates() const {
    std::vector<Fate> all;
    for (const auto& seen : crossings) all.push_back(seen.crossing.fate);
    return all;
  }
  std::vector<Seen> crossings{};
  std::vector<Told> notes{};
};

// ----------------------------------------------------------------------------------------- outlets

struct TwoOutlets : testing::Test {
  TwoOutlets() {
    network.connect(network.client(), middle, {});
    network.connect(middle, server, {.delay = 5ms});
    network.connect(middle, server, {.delay = 7ms});
  }
  Network network{1};
  Router& middle = network.add(router(1));
  Node& server = network.add_outlet({v4.to});
};

TEST_F(TwoOutlets, what_is_for_a_machine_outside_is_delivered_there_with_the_side_it_came_by) {
  network.send(Instant{1s}, udp_packet(v4));
  const auto all = deliveries(network);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].outlet, &server);
  EXPECT_EQ(all[0].side, Side{0}) << "the first of two ways";
  EXPECT_EQ(all[0].packet.at, Instant{1005ms});
  EXPECT_EQ(IpPacket::read(all[0].packet.octets)->ttl, Ttl{63});
}

TEST_F(TwoOutlets, it_answers_by_the_side_it_wants) {
  network.send(Instant{1s}, udp_packet(v4));
  static_cast<void>(deliveries(network));
  network.send(Instant{2s}, server, Side{1}, udp_packet(swapped(v4)));
  const auto all = deliveries(network);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].outlet, &network.client());
  EXPECT_EQ(all[0].packet.at, Instant{2007ms});
  network.send(Instant{3s}, server, Side{2}, udp_packet(swapped(v4)));
  EXPECT_THAT(deliveries(network, Instant{4h}), IsEmpty()) << "it has no such side";
}

TEST_F(TwoOutlets, the_client_alone_loses_what_is_for_others) {
  network.send(Instant{}, udp_packet(v4));
  network.inject(Instant{1s}, Octets{7});
  const auto first = network.take_due(Instant{1h});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->octets, Octets{7});
}

TEST_F(TwoOutlets, a_forged_source_stays_its_owner_s) {
  const auto packet = udp_packet({v4.to, Ipv4Address{203, 0, 113, 9}});
  network.send(Instant{}, packet);
  const auto all = deliveries(network);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].outlet, &server) << "that no route leads there is told to whose address it is";
}

TEST_F(TwoOutlets, sides_are_found_by_whom_they_lead_to) {
  EXPECT_EQ(network.side_towards(middle, server), Side{1});
  EXPECT_EQ(network.side_towards(middle, network.client()), Side{0});
  EXPECT_EQ(network.side_towards(network.client(), server), std::nullopt);
}

// -------------------------------------------------------------------------------------------- ways

// client - a - (b | c) - d - host
struct Diamond : testing::Test {
  explicit Diamond(RouterPlan first = {}) : a{network.add(router(1, std::move(first)))} {
    network.connect(network.client(), a, {});
    left = network.connect(a, b, {});
    network.connect(a, c, {});
    network.connect(b, d, {});
    network.connect(c, d, {});
    network.connect(d, host, {});
  }
  // Which router the second hop is.
  [[nodiscard]] Address second_hop(std::uint16_t port = 1) {
    auto packet = udp_packet(v4, {port, 33'434});
    rewrite(packet, {.ttl = Ttl{2}});
    network.send(now += 1s, packet);
    const auto due = network.take_due(now);
    return due ? IpPacket::read(due->octets)->source : Address{};
  }
  Instant now{};
  Network network{1};
  Router& a;
  Router& b = network.add(router(2));
  Router& c = network.add(router(3));
  Router& d = network.add(router(4));
  Host& host = network.add(Host{{.addresses = {v4.to}}});
  LinkIndex left{};
  static inline const Address at_b{Ipv4Address{10, 0, 2, 1}}, at_c{Ipv4Address{10, 0, 3, 1}};
};

TEST_F(Diamond, of_equal_ways_the_first_is_taken_until_its_link_goes_down) {
  EXPECT_EQ(second_hop(), at_b);
  network.set_link(left, false, {.down = true});
  EXPECT_EQ(second_hop(), at_c);
  network.set_link(left, false, {});
  EXPECT_EQ(second_hop(), at_b);
}

TEST_F(Diamond, directions_go_down_one_by_one) {
  Recorder seen;
  network.set_observer(&seen);
  network.set_link(left, true, {.down = true});
  EXPECT_EQ(second_hop(), at_b) << "whose error takes the long way back";
  EXPECT_EQ(seen.crossings.size(), 6U);
}

TEST_F(Diamond, nothing_leads_anywhere_when_all_are_down) {
  network.set_link(a, b, {.down = true});
  network.set_link(a, c, {.down = true});
  network.send(now, echo_request(v4));
  const auto error = network.take_due(now);
  ASSERT_TRUE(error);
  EXPECT_EQ(IpPacket::read(error->octets)->payload()[0], 3);
  EXPECT_EQ(IpPacket::read(error->octets)->payload()[1], 0);
}

struct BalancedDiamond : Diamond {
  BalancedDiamond() : Diamond{{.balancing = Balancing::per_flow}} {}
};
TEST_F(BalancedDiamond, flows_stay_on_one_of_the_equal_ways) {
  std::set<Address> seen;
  for (std::uint16_t port = 1; port < 20; ++port) {
    const auto hop = second_hop(port);
    EXPECT_EQ(second_hop(port), hop);
    seen.insert(hop);
  }
  EXPECT_THAT(seen, ElementsAre(at_b, at_c));
}

TEST(NetworkWays, machines_that_do_not_forward_are_no_way) {
  Network network{1};
  auto& first = network.add(router(1));
  auto& second = network.add(router(2));
  auto& shortcut = network.add(Host{{.addresses = {Ipv4Address{10, 9, 9, 9}}}});
  auto& host = network.add(Host{{.addresses = {v4.to}}});
  network.connect(network.client(), first, {});
  network.connect(first, shortcut, {});
  network.connect(shortcut, host, {});
  network.connect(first, second, {});
  network.connect(second, host, {});
  network.send(Instant{}, echo_request(v4));
  EXPECT_EQ(IpPacket::read(network.take_due(Instant{})->octets)->ttl, Ttl{62});
}

TEST(NetworkWays, an_absent_neighbour_is_told_of_after_three_seconds) {
  Network network{1};
  auto& last = network.add(router(1, {.on_link = {{.prefix = {v4.to, 24}, .side = Side{1}}}}));
  auto& host = network.add(Host{{.addresses = {Ipv4Address{198, 51, 100, 99}}}});
  network.connect(network.client(), last, {});
  network.connect(last, host, {});
  network.send(Instant{1s}, udp_packet(v4));
  const auto error = network.take_due(Instant{1h});
  ASSERT_TRUE(error);
  EXPECT_EQ(error->at, Instant{4s});
  EXPECT_EQ(error->provenance.cause, 0U);
  EXPECT_EQ(IpPacket::read(error->octets)->payload()[1], 1);
}

// ------------------------------------------------------------------------------------- looking on

TEST(NetworkObserver, sees_every_crossing_its_fate_and_what_came_of_which) {
  Network network{1};
  Recorder seen;
  network.set_observer(&seen);
  auto& middle = network.add(router(1));
  auto& host = network.add(Host{{.addresses = {v4.to}}});
  const auto near = network.connect(network.client(), middle, {.delay = 1ms});
  const auto far = network.connect(middle, host, {.delay = 2ms}, {.delay = 2ms, .loss = 1});
  const auto request = echo_request(v4);
  network.send(Instant{1s}, request);
  EXPECT_FALSE(network.take_due(Instant{1h}));
  ASSERT_THAT(seen.crossings, SizeIs(3));
  const auto& [first, second, third] =
      std::tie(seen.crossings[0], seen.crossings[1], seen.crossings[2]);
  EXPECT_EQ(first.octets, request);
  EXPECT_EQ(first.crossing.link, near);
  EXPECT_EQ(first.crossing.arrives, Instant{1001ms});
  EXPECT_EQ(first.crossing.provenance.cause, 0U);
  EXPECT_EQ(second.crossing.link, far);
  EXPECT_EQ(IpPacket::read(second.octets)->ttl, Ttl{63});
  EXPECT_FALSE(second.crossing.back);
  EXPECT_TRUE(third.crossing.back);
  EXPECT_EQ(third.crossing.after, second.crossing.number);
  EXPECT_EQ(second.crossing.after, first.crossing.number);
  EXPECT_THAT(seen.fates(), ElementsAre(Fate::carried, Fate::carried, Fate::lost));
}

TEST(NetworkObserver, each_fate_is_told) {
  const std::vector<std::pair<LinkModel, Fate>> cases{{{}, Fate::carried},
                                                      {{.duplication = 1}, Fate::doubled},
                                                      {{.corruption = 1}, Fate::damaged},
                                                      {{.reordering = 1}, Fate::held_back},
                                                      {{.loss = 1}, Fate::lost},
                                                      {{.mtu = Mtu{50}}, Fate::too_large},
                                                      {{.down = true}, Fate::down}};
  for (const auto& [model, fate] : cases) {
    Network network{1};
    Recorder seen;
    auto& other = network.add_outlet({v4.to});
    network.connect(network.client(), other, model);
    network.set_observer(&seen);
    const auto packet = udp_packet(v4, {}, 100);
    network.send(Instant{}, packet);
    EXPECT_THAT(seen.fates(), ElementsAre(fate)) << name(fate);
    EXPECT_EQ(seen.crossings.at(0).octets, packet) << "as it was put on the link";
  }
}

TEST(NetworkObserver, a_slow_link_s_queue_is_full_at_last) {
  Network network{1};
  Recorder seen;
  auto& other = network.add_outlet({v4.to});
  network.connect(network.client(), other, {.rate = 8'000, .queue = 2});
  network.set_observer(&seen);
  for (int i = 0; i < 4; ++i) network.send(Instant{}, udp_packet(v4));
  EXPECT_THAT(seen.fates(),
              ElementsAre(Fate::carried, Fate::carried, Fate::carried, Fate::queue_full));
}

TEST(NetworkObserver, is_told_what_machines_did_and_which_error_they_send) {
  Network network{1};
  Recorder seen;
  network.set_observer(&seen);
  auto& middle = network.add(router(1));
  network.connect(network.client(), middle, {});
  network.send(Instant{}, echo_request(v4));
  static_cast<void>(network.take_due(Instant{}));
  ASSERT_THAT(seen.notes, SizeIs(1));
  EXPECT_EQ(seen.notes[0].note.node, &middle);
  EXPECT_EQ(seen.notes[0].note.deed, Deed::no_route);
  EXPECT_EQ(seen.notes[0].note.crossing, seen.crossings.at(0).crossing.number);
  ASSERT_TRUE(seen.notes[0].error);
  EXPECT_EQ(seen.notes[0].error->type, 3);
}

// -------------------------------------------------------------------------------- calls and bounds

TEST(NetworkCalls, come_at_their_time_in_their_order_between_the_packets) {
  Network network{1};
  std::string order;
  network.call_at(Instant{2s}, [&](Instant now, Network& net) {
    EXPECT_EQ(now, Instant{2s});
    order += 'b';
    net.call_at(Instant{2s}, [&](Instant, Network&) { order += 'd'; });
  });
  network.call_at(Instant{1s}, [&](Instant, Network&) { order += 'a'; });
  network.call_at(Instant{2s}, [&](Instant, Network&) { order += 'c'; });
  network.inject(Instant{1500ms}, Octets{1});
  EXPECT_EQ(network.next_due(), Instant{1s});
  EXPECT_TRUE(network.take_due(Instant{1h}));
  EXPECT_EQ(order, "a") << "the packet is due before the others";
  EXPECT_FALSE(network.take_due(Instant{1h}));
  EXPECT_EQ(order, "abcd");
  EXPECT_EQ(network.next_due(), std::nullopt);
}

TEST(NetworkCalls, an_act_may_do_what_the_node_may) {
  Network network{1};
  Recorder seen;
  network.set_observer(&seen);
  auto& middle = network.add(router(1, {.rules = {{.action = Hold{}}}}));
  auto& other = network.add_outlet({v4.to});
  network.connect(network.client(), middle, {});
  network.connect(middle, other, {});
  network.send(Instant{}, udp_packet(v4));
  EXPECT_THAT(deliveries(network), IsEmpty());
  network.act_at(Instant{2h}, middle, [&](Outbox& out) { middle.release(out); });
  const auto all = deliveries(network, Instant{2h});
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].packet.at, Instant{2h});
  EXPECT_EQ(all[0].packet.provenance.cause, 0U) << "it is still the client's first packet";
  EXPECT_EQ(seen.crossings.at(1).crossing.after, seen.crossings.at(0).crossing.number);
}

TEST(NetworkBounds, what_is_under_way_is_bounded_and_gets_free_again) {
  Network network{1};
  Recorder seen;
  auto& other = network.add_outlet({v4.to});
  network.connect(network.client(), other, {.delay = 1h, .mtu = Mtu{65'535}});
  const auto large = udp_packet(v4, {}, 65'000);
  for (int i = 0; i < 3'000; ++i) network.send(Instant{}, large);
  EXPECT_LT(deliveries(network).size() * large.size(), Network::most_octets);
  network.set_observer(&seen);
  network.send(Instant{1h}, large);
  EXPECT_THAT(seen.fates(), ElementsAre(Fate::carried));
}

TEST(NetworkBounds, small_packets_count_with_what_keeps_them) {
  Network network{1};
  auto& other = network.add_outlet({v4.to});
  network.connect(network.client(), other, {.delay = 1h});
  const auto small = udp_packet(v4, {}, 0);
  for (int i = 0; i < 10; ++i) network.send(Instant{}, small);
  EXPECT_EQ(network.under_way(), 10 * (small.size() + sizeof(Packet)));
  EXPECT_THAT(deliveries(network), SizeIs(10));
  EXPECT_EQ(network.under_way(), 0U);
}

TEST(NetworkBounds, late_answers_count_as_well) {
  Network network{1};
  auto& host = network.add(Host{{.addresses = {v4.to}, .manner = {.delay = 1h}}});
  network.connect(network.client(), host, {.mtu = Mtu{65'535}});
  const auto large = echo_request(v4, 65'000);
  for (int i = 0; i < 3'000; ++i) {
    network.send(Instant{}, large);
    static_cast<void>(network.take_due(Instant{}));
  }
  int replies = 0;
  while (network.take_due(Instant{2h})) ++replies;
  EXPECT_LT(static_cast<std::size_t>(replies) * large.size(), Network::most_octets);
  EXPECT_GT(replies, 500);
}

TEST(NetworkBounds, a_loop_that_no_ttl_ends_ends_all_the_same) {
  Network network{1};
  Recorder seen;
  network.set_observer(&seen);
  auto& one = network.add(
      router(1, {.routes = {{.to = {v4.to, 24}, .via = Side{1}}}, .counts_hops = false}));
  auto& two = network.add(
      router(2, {.routes = {{.to = {v4.to, 24}, .via = Side{0}}}, .rewriting = {.ttl = Ttl{64}}}));
  network.connect(network.client(), one, {});
  network.connect(one, two, {});
  network.send(Instant{}, udp_packet(v4));
  EXPECT_THAT(deliveries(network), IsEmpty());
  ASSERT_THAT(seen.crossings, SizeIs(Network::most_crossings + 1U));
  EXPECT_EQ(seen.crossings.back().crossing.fate, Fate::endless);
}

TEST(NetworkBounds, a_loop_with_a_rest_in_it_ends_too) {
  Network network{1};
  auto& one = network.add(router(1, {.rules = {{.action = Hold{.most = 20ms}}},
                                     .routes = {{.to = {v4.to, 24}, .via = Side{1}}},
                                     .counts_hops = false}));
  auto& two = network.add(
      router(2, {.routes = {{.to = {v4.to, 24}, .via = Side{0}}}, .counts_hops = false}));
  network.connect(network.client(), one, {});
  network.connect(one, two, {});
  network.send(Instant{}, udp_packet(v4));
  EXPECT_THAT(deliveries(network, Instant{24h}), IsEmpty());
  EXPECT_EQ(network.next_due(), std::nullopt);
  EXPECT_EQ(network.hops(), Network::most_crossings + 1U);
}

TEST(NetworkBounds, a_loop_that_a_ttl_ends_is_told_of) {
  Network network{1};
  auto& one = network.add(router(1, {.routes = {{.to = {v4.to, 24}, .via = Side{1}}}}));
  auto& two = network.add(router(2, {.routes = {{.to = {v4.to, 24}, .via = Side{0}}}}));
  network.connect(network.client(), one, {});
  network.connect(one, two, {});
  network.send(Instant{}, udp_packet(v4));
  const auto all = deliveries(network);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(IpPacket::read(all[0].packet.octets)->payload()[0], 11);
}

}  // namespace
}  // namespace sonda::sim
