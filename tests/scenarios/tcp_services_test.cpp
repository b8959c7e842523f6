// Each kind of port, and what a scan says of it.
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tcp_scenario.hpp"

namespace sonda::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

sim::HostPlan one_of_each() {
  sim::HostPlan plan;
  plan.services.tcp[Port{22}] = {.kind = sim::TcpKind::open};
  plan.services.tcp[Port{23}] = {.kind = sim::TcpKind::filtered};
  plan.services.tcp[Port{24}] = {.kind = sim::TcpKind::tarpit};
  plan.services.tcp[Port{25}] = {.kind = sim::TcpKind::syn_ack};
  return plan;
}

class Services : public testing::TestWithParam<TcpMethod> {};

TEST_P(Services, are_told_apart) {
  for (const auto* in : {&v4, &v6}) {
    TcpScenario scan{one_of_each(), ports({22, 23, 24, 25, 80}), *in};
    scan.plan.method = GetParam();
    const auto outcome = scan.run();
    auto results = outcome.ports(*scan.plan.space);
    ASSERT_EQ(results.size(), 5U);
    const auto of = [&](int port) { return results.at({in->target, Port{port}}); };
    for (const int open : {22, 24, 25}) {
      EXPECT_EQ(of(open).state, PortState::open);
      EXPECT_EQ(of(open).cause.kind, CauseKind::answer);
      EXPECT_EQ(of(open).error_code, 0);
      ASSERT_TRUE(of(open).rtt);
      EXPECT_EQ(of(open).rtt->rtt, 20ms);
    }
    EXPECT_EQ(of(80).state, PortState::closed);
    EXPECT_EQ(of(80).cause.kind, CauseKind::rst);
    EXPECT_EQ(of(80).error_code, ECONNREFUSED);
    EXPECT_EQ(of(80).cause.from, in->target);
    EXPECT_EQ(of(80).attempts, 1U);
    EXPECT_EQ(of(23).state, PortState::filtered);
    EXPECT_EQ(of(23).cause.kind, CauseKind::silence);
    EXPECT_EQ(of(23).attempts, 3U);
    EXPECT_EQ(of(23).cause.tries.size(), 3U);
    EXPECT_EQ(outcome.summary.ports, 5U);
    EXPECT_EQ(outcome.summary.by_state[0], 3U);
    EXPECT_TRUE(outcome.summary.final);
  }
}

INSTANTIATE_TEST_SUITE_P(BothMethods, Services,
                         testing::Values(TcpMethod::connect, TcpMethod::syn));

TEST(TcpEngine, leaves_etimedout_to_the_system) {
  TcpScenario scan{one_of_each(), ports({23})};
  const auto results = scan.run().all<PortResult>();
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].error_code, ETIMEDOUT);
  EXPECT_EQ(results[0].cause.deadline, Whose::system);
  EXPECT_EQ(results[0].took, 2'500ms);
  EXPECT_THAT(results[0].cause.tries, ElementsAre(0s, 1s, 2s));
}

}  // namespace
}  // namespace sonda::test
