// The worst of paths, and every count right: loss, duplicates, reordering, damage, forgery.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "forger.hpp"
#include "ping_scenario.hpp"

namespace sonda::test {
namespace {

using sim::Answering;
using sim::Manner;
using testing::AllOf;
using testing::Gt;
using testing::Lt;

sim::Schedule mixed_manners(bool v4_run) {
  const auto error =
      v4_run ? sim::ErrorMessage{.type = 3, .code = 13} : sim::ErrorMessage{.type = 1, .code = 1};
  return sim::in_turn({Manner{}, Manner{}, Manner{.answering = Answering::error, .error = error},
                       Manner{}, Manner{.delay = 300ms}, Manner{.copies = 2}, Manner{},
                       Manner{.wrong_octet = 30}, Manner{}});
}

class PingWorstPath : public testing::TestWithParam<Addresses> {};
INSTANTIATE_TEST_SUITE_P(Versions, PingWorstPath, testing::Values(v4, v6),
                         [](const auto& run) { return run.param.target.is_v4() ? "v4" : "v6"; });

TEST_P(PingWorstPath, every_count_is_right) {
  PingScenario ping{mixed_manners(GetParam().target.is_v4()), GetParam(), 20'240'611};
  const sim::LinkModel bad{.delay = 5ms,
                           .jitter = 4ms,
                           .loss = 0.164,  // on both ways together 30 %
                           .duplication = 0.1,
                           .reordering = 0.05,
                           .corruption = 0.03};
  ping.network.set_link(ping.network.client(), ping.router, bad);
  ping.network.set_link(ping.router, ping.network.client(), bad);
  ping.plan.count = 20'000;
  ping.plan.interval = 1ms;
  ping.plan.timeout = 200ms;
  ping.oracle.emplace(ping.plan);
  Forger forger{0.1, sim::Random{7}};
  ping.network.set_witness([&](Instant now, Bytes sent, sim::Network& network) {
    forger(now, sent, network, ping.oracle->forged);
  });
  const auto outcome = ping.run();
  const auto& counted = outcome.summary;
  const auto expected = ping.oracle->expected();
  EXPECT_EQ(counted.sent, 20'000U);
  EXPECT_EQ(counted.sent, expected.sent);
  EXPECT_EQ(counted.received, expected.received);
  EXPECT_EQ(counted.errors, expected.errors);
  EXPECT_EQ(counted.lost, expected.lost);
  EXPECT_EQ(counted.waiting, 0U);
  EXPECT_EQ(counted.late, expected.late);
  EXPECT_EQ(counted.duplicates, expected.duplicates);
  EXPECT_EQ(counted.corrupt, expected.corrupt);
  EXPECT_EQ(counted.reordered, expected.reordered);
  EXPECT_EQ(counted.foreign, expected.foreign);
  EXPECT_FALSE(ping.oracle->matched_something_forged());

  // The path was as bad as it was meant to be.
  EXPECT_THAT(counted.lost, AllOf(Gt(5'800U), Lt(6'800U)));
  for (const auto count : {counted.received, counted.errors, counted.late, counted.duplicates,
                           counted.corrupt, counted.reordered, counted.foreign})
    EXPECT_THAT(count, Gt(100U));
}

}  // namespace
}  // namespace sonda::test
