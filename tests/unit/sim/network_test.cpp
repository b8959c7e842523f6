// Nodes and links together: who gets what, when, and in which order.
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/host.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/router.hpp>

#include "recording_outbox.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

std::vector<Packet> all_due(Network& network, Instant now = Instant{1h}) {
  std::vector<Packet> packets;
  while (auto packet = network.take_due(now)) packets.push_back(std::move(*packet));
  return packets;
}

TEST(Network, an_echo_goes_there_and_back) {
  Network network{1};
  auto& host = network.add(Host{{.addresses = {v4.to}}});
  network.connect(network.client(), host, {.delay = 3ms}, {.delay = 4ms});
  network.send(Instant{1s}, echo_request(v4));
  EXPECT_EQ(network.next_due(), Instant{1003ms});
  EXPECT_EQ(network.take_due(Instant{1006ms}), std::nullopt);
  EXPECT_EQ(network.next_due(), Instant{1007ms});
  const auto reply = network.take_due(Instant{1007ms});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->at, Instant{1007ms});
  EXPECT_EQ(reply->provenance, (Provenance{.cause = 0}));
  EXPECT_EQ(network.next_due(), std::nullopt);
}

TEST(Network, late_looking_changes_no_times) {
  Network network{1};
  auto& host = network.add(Host{{.addresses = {v4.to}}});
  network.connect(network.client(), host, {.delay = 3ms});
  network.send(Instant{}, echo_request(v4));
  EXPECT_EQ(network.take_due(Instant{1h})->at, Instant{6ms});
}

TEST(Network, ways_lead_over_as_many_routers_as_there_are_the_shortest_first) {
  Network network{1};
  std::vector<Router*> routers;
  for (std::uint8_t i = 1; i <= 4; ++i)
    routers.push_back(&network.add(Router{{.addresses = {Ipv4Address{10, 0, i, 1}}}}));
  auto& host = network.add(Host{{.addresses = {v4.to}}});
  network.connect(network.client(), *routers[0], {});
  network.connect(*routers[0], *routers[1], {});
  network.connect(*routers[1], *routers[2], {});
  network.connect(*routers[2], *routers[3], {});
  network.connect(*routers[3], host, {});
  network.send(Instant{}, echo_request(v4));
  EXPECT_EQ(IpPacket::read(all_due(network).at(0).octets)->ttl, Ttl{60});

  network.connect(*routers[0], *routers[3], {});
  network.send(Instant{2h}, echo_request(v4));
  EXPECT_EQ(IpPacket::read(all_due(network, Instant{3h}).at(0).octets)->ttl, Ttl{62});

  for (std::uint8_t ttl = 1; ttl <= 2; ++ttl) {
    network.send(Instant{4h}, echo_request(v4, 16, Ttl{ttl}));
    const auto error = IpPacket::read(all_due(network, Instant{4h}).at(0).octets);
    EXPECT_EQ(error->source,
              (Address{Ipv4Address{10, 0, ttl == 1 ? std::uint8_t{1} : std::uint8_t{4}, 1}}));
  }
}

TEST(Network, what_is_due_at_once_comes_in_the_order_it_was_put_in) {
  Network network{1};
  for (std::uint8_t i = 0; i < 100; ++i) network.inject(Instant{1s}, Octets{i});
  network.inject(Instant{500ms}, Octets{200});
  const auto due = all_due(network);
  ASSERT_EQ(due.size(), 101U);
  EXPECT_EQ(due[0].octets, Octets{200});
  for (std::uint8_t i = 0; i < 100; ++i) EXPECT_EQ(due[i + 1U].octets, Octets{i});
  EXPECT_TRUE(due[0].provenance.forged);
}

TEST(Network, what_a_forged_packet_brings_about_is_forged) {
  Network network{1};
  auto& host = network.add(Host{{.addresses = {v4.to}}});
  network.connect(network.client(), host, {});
  network.give_client(v4.from);
  network.inject(Instant{1s}, host, echo_request(v4));
  EXPECT_EQ(all_due(network).at(0).provenance, (Provenance{.forged = true}));
}

TEST(Network, a_witness_sees_each_packet_and_may_answer_before_the_host) {
  Network network{1};
  auto& host = network.add(Host{{.addresses = {v4.to}}});
  network.connect(network.client(), host, {.delay = 10ms});
  network.set_witness([](Instant now, Bytes sent, Network& net) {
    net.inject(now + 1ms, Octets(sent.begin(), sent.end()));
  });
  const auto request = echo_request(v4);
  network.send(Instant{}, request);
  const auto due = all_due(network);
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].octets, request);
  EXPECT_EQ(due[1].at, Instant{20ms});
}

TEST(Network, without_a_link_packets_vanish) {
  Network network{1};
  network.send(Instant{}, echo_request(v4));
  EXPECT_THAT(all_due(network), IsEmpty());
  EXPECT_EQ(network.client_mtu(), Mtu{65'535});
  EXPECT_EQ(network.sent(), 1U);
}

TEST(Network, a_changed_link_counts_for_what_is_sent_from_then_on) {
  Network network{1};
  auto& host = network.add(Host{{.addresses = {v4.to}}});
  network.connect(network.client(), host, {.delay = 5ms});
  network.send(Instant{}, echo_request(v4));
  network.set_link(network.client(), host, {.loss = 1});
  network.send(Instant{}, echo_request(v4));
  EXPECT_EQ(all_due(network).size(), 1U);
}

std::vector<Octets> bad_weather(std::uint64_t seed) {
  Network network{seed};
  auto& host = network.add(Host{{.addresses = {v4.to}}});
  network.connect(network.client(), host,
                  {.delay = 5ms,
                   .jitter = 20ms,
                   .loss = 0.2,
                   .duplication = 0.2,
                   .reordering = 0.2,
                   .corruption = 0.2});
  std::vector<Octets> arrived;
  for (int i = 0; i < 200; ++i) network.send(Instant{i * 1ms}, echo_request(v4));
  for (auto& packet : all_due(network)) {
    packet.octets.push_back(static_cast<std::uint8_t>(packet.at.time_since_epoch().count()));
    arrived.push_back(std::move(packet.octets));
  }
  return arrived;
}

TEST(Network, the_same_seed_gives_the_same_packets_at_the_same_times) {
  EXPECT_EQ(bad_weather(5), bad_weather(5));
  EXPECT_NE(bad_weather(5), bad_weather(6));
}

}  // namespace
}  // namespace sonda::sim
