// Lossy and disorderly paths: is what a scan says of its misses true?
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include <sonda/probe/miss_estimate.hpp>

#include "tcp_scenario.hpp"

namespace sonda::test {
namespace {

// SONDA_SEEDS asks for more, or for fewer: a twelfth of the ping properties' runs, which are
// shorter.
const std::uint64_t seeds = [] {
  const char* asked = std::getenv("SONDA_SEEDS");
  return asked != nullptr ? std::max<std::uint64_t>(std::strtoull(asked, nullptr, 10) / 12, 30)
                          : 1'000;
}();

sim::Services half_open_half_closed() {
  sim::Services services;
  for (std::uint32_t port = 2; port <= 400; port += 2)
    services.tcp[Port{port}] = {.kind = sim::TcpKind::open};
  return services;
}

struct Lossy {
  double loss = 0;  // of each packet on the way there, and on the way back
  TcpMethod method{};
};

class LossyPaths : public testing::TestWithParam<Lossy> {};

// Every port of the host answers, so what is called filtered was missed.
TEST_P(LossyPaths, miss_as_many_ports_as_the_scan_says) {
  const auto& [loss, method] = GetParam();
  const std::uint32_t count = loss < 0.02 ? 600 : 150;  // so that some are missed
  std::uint64_t asked = 0, missed = 0, stated = 0;
  double sum = 0;
  std::array<std::uint64_t, ScanSummary::most_tries> answered_at{};
  // One loss a round trip is what is stated; it is made on one link, each way half of it.
  const double each_way = 1 - std::sqrt(1 - loss);
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const std::uint32_t retransmissions = loss > 0.1 ? 2 : 1;
    TcpScenario scan{{.services = half_open_half_closed()}, port_range(1, count), v4, seed};
    scan.network.set_link(*scan.router, *scan.host, {.delay = 5ms, .loss = each_way});
    scan.network.set_link(*scan.host, *scan.router, {.delay = 5ms, .loss = each_way});
    scan.plan.method = method;
    scan.plan.retransmissions = static_cast<std::uint8_t>(retransmissions);
    const auto summary = scan.run().summary;
    asked += summary.ports;
    missed += summary.by_state[static_cast<std::size_t>(PortState::filtered)];
    EXPECT_EQ(summary.by_state[0] + summary.by_state[1] + summary.by_state[4], count);
    if (!summary.miss_probability) continue;
    ++stated;
    sum += *summary.miss_probability;
    for (std::size_t i = 0; i < answered_at.size(); ++i) answered_at[i] += summary.answered_at[i];
  }
  ASSERT_GT(stated, seeds * 9 / 10);
  const double truth = static_cast<double>(missed) / static_cast<double>(asked);
  const double mean = sum / static_cast<double>(stated);
  const auto together = estimate_misses(answered_at, loss > 0.1 ? 3 : 2);
  RecordProperty("true_share", std::to_string(truth));
  RecordProperty("stated_mean", std::to_string(mean));
  std::printf("loss %.2f: missed %.6f, stated %.6f (of all %.6f, path loss %.4f)\n", loss, truth,
              mean, together->miss_probability, together->path_loss);
  // Within a factor of 2, and what chance may do to so few.
  const double expected = together->miss_probability * static_cast<double>(asked);
  const double chance = 3 * std::sqrt(expected) * (expected < 30 ? 1 : 0);
  EXPECT_LE(static_cast<double>(missed), 2 * expected + chance);
  EXPECT_GE(static_cast<double>(missed), expected / 2 - chance);
}

INSTANTIATE_TEST_SUITE_P(OneFiveAndTwenty, LossyPaths,
                         testing::Values(Lossy{0.01, TcpMethod::connect},
                                         Lossy{0.05, TcpMethod::connect},
                                         Lossy{0.2, TcpMethod::connect},
                                         Lossy{0.01, TcpMethod::syn}, Lossy{0.05, TcpMethod::syn},
                                         Lossy{0.2, TcpMethod::syn}));

// Whatever a path does to packets, a port is never called what it is not.
class DisorderlyPaths : public testing::TestWithParam<TcpMethod> {};

TEST_P(DisorderlyPaths, never_make_a_port_what_it_is_not) {
  for (std::uint64_t seed = 1; seed <= std::max<std::uint64_t>(seeds / 4, 30); ++seed) {
    sim::Random random{seed};
    sim::HostPlan plan;
    for (std::uint32_t port = 1; port <= 40; ++port) {
      const auto kinds = {sim::TcpKind::open, sim::TcpKind::closed, sim::TcpKind::filtered,
                          sim::TcpKind::syn_ack, sim::TcpKind::tarpit};
      plan.services.tcp[Port{port}] = {.kind = kinds.begin()[port % 5]};
    }
    const auto& in = random.chance(0.5) ? v4 : v6;
    TcpScenario scan{plan, port_range(1, 40), in, seed};
    for (auto* node : {static_cast<sim::Node*>(scan.host), &scan.network.client()}) {
      for (const bool back : {false, true}) {
        const sim::LinkModel link{.delay = random.up_to(200ms),
                                  .jitter = random.up_to(30ms),
                                  .loss = random.chance(0.5) ? 0.2 : 0,
                                  .duplication = random.chance(0.5) ? 0.3 : 0,
                                  .reordering = random.chance(0.5) ? 0.3 : 0,
                                  .corruption = random.chance(0.5) ? 0.2 : 0};
        if (back)
          scan.network.set_link(*scan.router, *node, link);
        else
          scan.network.set_link(*node, *scan.router, link);
      }
    }
    scan.plan.method = GetParam();
    scan.plan.parallel_at_first = 1 + static_cast<std::uint32_t>(random.below(64));
    scan.plan.ending = random.chance(0.5)   ? Ending::half_open
                       : random.chance(0.5) ? Ending::reset
                                            : Ending::fin;
    if (random.chance(0.3)) scan.plan.banner = random.up_to(1s);
    const auto results = scan.run().ports(*scan.plan.space);
    ASSERT_EQ(results.size(), 40U) << "seed " << seed;
    for (const auto& [point, result] : results) {
      const auto kind = plan.services.of_tcp(point.second).kind;
      if (result.state == PortState::open) {
        EXPECT_TRUE(kind != sim::TcpKind::closed && kind != sim::TcpKind::filtered)
            << "seed " << seed << " port " << point.second.value();
      } else if (result.state == PortState::closed) {
        EXPECT_EQ(kind, sim::TcpKind::closed)
            << "seed " << seed << " port " << point.second.value();
      } else if (result.state == PortState::filtered) {
        EXPECT_EQ(result.cause.kind, CauseKind::silence);
      } else {
        EXPECT_EQ(result.cause.kind, CauseKind::icmp) << "seed " << seed;
      }
      if (result.rtt) {
        EXPECT_GE(result.rtt->rtt, Duration::zero());
        EXPECT_LE(result.rtt->rtt, result.took);
      }
      EXPECT_LE(result.attempts, 3U);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(BothMethods, DisorderlyPaths,
                         testing::Values(TcpMethod::connect, TcpMethod::syn));

}  // namespace
}  // namespace sonda::test
