// Whole connections to a simulated server, across links that lose, double, damage and reorder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/host.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/router.hpp>

#include "tcp_client.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;

Octets text(std::size_t size) {
  Octets octets(size);
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  return octets;
}

// client -- router -- host
struct Transfer : testing::TestWithParam<Ends> {
  void build(TcpService service, TcpClient::Plan plan, const LinkModel& link = {},
             std::uint64_t seed = 1) {
    network = Network{seed};
    host = &network.add(Host{{.addresses = {GetParam().to}, .services = {.other_tcp = service}}});
    const auto& router = network.add(
        Router{{.addresses = {Ipv4Address{192, 0, 2, 1}, *Address::parse("2001:db8::1")}}});
    network.give_client(GetParam().from);
    network.connect(network.client(), router, {});
    network.connect(router, *host, link);
    client = TcpClient{GetParam(), std::move(plan)};
  }
  // A second without an answer, and the client says it again.
  void run(Duration length) {
    const auto end = now + length;
    send(client->again());
    while (now < end) {
      const auto due = std::min({network.next_due().value_or(end), says_again, end});
      now = std::max(now, due);
      while (const auto packet = network.take_due(now)) send(client->hear(packet->octets));
      if (now >= says_again) send(client->again());
    }
  }
  void send(const std::vector<Octets>& packets) {
    for (const auto& packet : packets) network.send(now, packet);
    if (!packets.empty() || now >= says_again) says_again = now + 1s;
  }

  Instant now{};
  Instant says_again{};
  Network network{1};
  Host* host = nullptr;
  std::optional<TcpClient> client{};
};
INSTANTIATE_TEST_SUITE_P(Versions, Transfer, testing::Values(v4, v6),
                         [](const auto& run) { return run.param.to.is_v4() ? "v4" : "v6"; });

const LinkModel bad{.delay = 20ms,
                    .jitter = 5ms,
                    .loss = 0.15,
                    .duplication = 0.1,
                    .reordering = 0.1,
                    .corruption = 0.05};

TEST_P(Transfer, a_long_banner_arrives_at_once_where_nothing_is_lost) {
  const auto banner = text(200'000);
  build({.kind = TcpKind::open, .banner = banner}, {.wants = banner.size()}, {.delay = 10ms});
  run(900ms);
  EXPECT_EQ(client->received, banner);
  EXPECT_TRUE(client->done());
  EXPECT_FALSE(client->reset);
  EXPECT_EQ(host->tcp().size(), 0U) << "who is closed first forgets at once";
}

TEST_P(Transfer, a_long_banner_arrives_whole_whatever_is_lost) {
  const auto banner = text(30'000);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    build({.kind = TcpKind::open, .banner = banner}, {.wants = banner.size()}, bad, seed);
    run(15min);
    EXPECT_EQ(client->received, banner) << "seed " << seed;
    EXPECT_TRUE(client->peer_closed) << "seed " << seed;
    EXPECT_FALSE(client->reset && client->received != banner) << "seed " << seed;
    EXPECT_EQ(host->tcp().size(), 0U) << "seed " << seed;
  }
}

TEST_P(Transfer, a_server_that_closes_first_does_so_across_losses) {
  const auto banner = text(5'000);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    build({.kind = TcpKind::open, .banner = banner, .closes = true}, {.wants = banner.size()}, bad,
          seed);
    run(10min);
    EXPECT_EQ(client->received, banner) << "seed " << seed;
    EXPECT_TRUE(client->done()) << "seed " << seed;
    EXPECT_EQ(host->tcp().size(), 0U) << "seed " << seed;
  }
}

TEST_P(Transfer, an_echo_gives_back_what_came_in_order_and_once) {
  const auto said = text(40'000);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    build({.kind = TcpKind::echo}, {.sends = said, .wants = said.size()}, bad, seed);
    run(30min);
    EXPECT_EQ(client->received, said) << "seed " << seed;
    EXPECT_TRUE(client->peer_closed) << "seed " << seed;
    EXPECT_EQ(host->tcp().size(), 0U) << "seed " << seed;
  }
}

TEST_P(Transfer, nothing_is_larger_than_the_peer_takes) {
  build({.kind = TcpKind::open, .banner = text(20'000)}, {.wants = 20'000, .mss = 700});
  run(5s);
  EXPECT_EQ(client->largest, 700U);
  EXPECT_EQ(client->received.size(), 20'000U);
}

TEST_P(Transfer, a_smaller_mtu_on_the_way_is_heard_of) {
  const std::size_t mtu = GetParam().to.is_v4() ? 600 : 1'280;
  build({.kind = TcpKind::open, .banner = text(20'000)}, {.wants = 20'000});
  for (const bool back : {false, true}) network.set_link(LinkIndex{0}, back, {.mtu = Mtu{mtu}});
  run(20s);
  EXPECT_EQ(client->received, text(20'000));
  EXPECT_EQ(client->largest, mtu - (GetParam().to.is_v4() ? 40 : 60));
}

TEST_P(Transfer, a_closed_window_is_asked_until_it_opens) {
  build({.kind = TcpKind::open, .banner = text(3'000)}, {.wants = 3'000});
  client->window = 0;
  run(5min);
  EXPECT_TRUE(client->connected);
  EXPECT_EQ(client->received.size(), 0U);
  client->window = 500;
  run(2min);
  EXPECT_EQ(client->received, text(3'000));
  EXPECT_LE(client->largest, 500U);
}

TEST_P(Transfer, a_tarpit_holds_whoever_has_something_to_say) {
  build({.kind = TcpKind::tarpit, .banner = text(10)}, {.sends = text(10), .wants = 1});
  run(2h);
  EXPECT_TRUE(client->connected);
  EXPECT_EQ(client->largest_window, 0U);
  EXPECT_FALSE(client->reset);
  EXPECT_TRUE(client->received.empty());
  EXPECT_EQ(host->tcp().size(), 1U);
}

TEST_P(Transfer, the_same_seed_gives_the_same_packets) {
  std::vector<std::uint64_t> hops;
  for (int i = 0; i < 2; ++i) {
    build({.kind = TcpKind::open, .banner = text(30'000)}, {.wants = 30'000}, bad, 7);
    now = says_again = {};
    run(10min);
    hops.push_back(network.hops());
  }
  EXPECT_EQ(hops[0], hops[1]);
}

}  // namespace
}  // namespace sonda::sim
