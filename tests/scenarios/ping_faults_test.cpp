// A ping whose own system goes wrong: refused and held-back sends, drops, stamps, a clock that is
// set; and one whose user asks, stops, or sends more than 16 bits can number.
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ping_scenario.hpp"

namespace sonda::test {
namespace {

using sim::Manner;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

TEST(PingFaults, a_refused_send_is_neither_sent_nor_lost) {
  PingScenario ping{Manner{}};
  ping.plan.count = 3;
  ping.faults.refuse = {{1, EPERM}};
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<Refused>(), SizeIs(1));
  EXPECT_EQ(outcome.all<Refused>().front().sequence, 2U);
  EXPECT_EQ(outcome.all<Refused>().front().failure.message(),
            "send to 198.51.100.10: Operation not permitted (EPERM)");
  EXPECT_EQ(outcome.summary.refused, 1U);
  EXPECT_EQ(outcome.summary.sent, 2U);
  EXPECT_EQ(outcome.summary.received, 2U);
  EXPECT_EQ(outcome.summary.lost, 0U);
}

TEST(PingFaults, a_ping_whose_every_send_is_refused_ends) {
  PingScenario ping{Manner{}};
  ping.plan.count = 5;
  ping.faults.refuse_share = 1;
  ping.faults.refuse_error = ENETUNREACH;
  const auto outcome = ping.run();
  EXPECT_EQ(outcome.summary.refused, 5U);
  EXPECT_EQ(outcome.summary.sent, 0U);
  EXPECT_LE(outcome.summary.elapsed, 5s);
}

TEST(PingFaults, what_is_too_large_to_send_unfragmented_is_refused_with_the_mtu) {
  PingScenario ping{Manner{}};
  ping.plan.data_size = 2'000;
  ping.plan.path_mtu_discovery = PathMtuDiscovery::keep;
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<Refused>(), SizeIs(1));
  EXPECT_EQ(outcome.all<Refused>().front().failure.error_code, EMSGSIZE);
  EXPECT_EQ(outcome.summary.sent, 0U);
}

TEST(PingFaults, a_probe_held_back_by_a_full_queue_is_timed_from_when_it_left) {
  PingScenario ping{Manner{}};
  ping.plan.count = 3;
  ping.faults.hold = {{1, 300ms}};
  const auto outcome = ping.run();
  EXPECT_THAT(outcome.all<Refused>(), IsEmpty());
  ASSERT_THAT(outcome.all<Reply>(), SizeIs(3));
  for (const auto& reply : outcome.all<Reply>()) EXPECT_EQ(reply.rtt->rtt, 20ms);
  EXPECT_EQ(outcome.summary.sent, 3U);
}

TEST(PingFaults, nothing_is_sent_twice_or_dropped_while_the_queue_is_full) {
  PingScenario ping{Manner{}};
  ping.plan.count = 1'000;
  ping.plan.interval = 100us;
  ping.faults.hold_share = 0.05;
  const auto outcome = ping.run();
  EXPECT_EQ(ping.network.sent(), 1'000U);
  EXPECT_EQ(outcome.summary.received, 1'000U);
  EXPECT_EQ(outcome.summary.duplicates, 0U);
}

TEST(PingFaults, drops_are_told_and_counted_apart_from_loss) {
  PingScenario ping{Manner{}};
  ping.plan.count = 4;
  ping.faults.drop_received = 1;
  ping.faults.drops = {{Instant{1500ms}, DropPlace::socket, 2},
                       {Instant{2500ms}, DropPlace::interface, 1}};
  const auto outcome = ping.run();
  EXPECT_EQ(outcome.all<Drops>(),
            (std::vector{Drops{DropPlace::socket, 2}, Drops{DropPlace::interface, 1}}));
  EXPECT_EQ(outcome.summary.drops, 3U);
  EXPECT_EQ(outcome.summary.lost, 4U);
}

TEST(PingFaults, a_better_stamp_in_time_makes_the_sample_exact) {
  PingScenario ping{Manner{}};
  ping.faults.better_stamp_after = 1ms;
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<Reply>(), SizeIs(1));
  EXPECT_EQ(outcome.all<Reply>().front().rtt->error, 0ns);
}

TEST(PingFaults, without_its_better_stamp_the_sample_says_how_far_it_may_be_off) {
  for (const double lost : {0.0, 1.0}) {
    PingScenario ping{Manner{}};
    ping.faults.better_stamp_after = 25ms;  // behind the reply
    ping.faults.better_stamp_lost = lost;
    const auto outcome = ping.run();
    ASSERT_THAT(outcome.all<Reply>(), SizeIs(1));
    EXPECT_EQ(outcome.all<Reply>().front().rtt->error, 50us);
    EXPECT_EQ(outcome.summary.received, 1U);
  }
}

TEST(PingFaults, a_step_of_the_wall_clock_shows_in_no_round_trip_time) {
  PingScenario ping{Manner{.delay = 500ms}};
  ping.plan.count = 3;
  bool stepped = false;
  ping.on_step = [&](Instant now, run::Loop&) {
    if (!stepped && now >= Instant{1200ms}) ping.clock.step(3'600'000'000'000), stepped = true;
  };
  const auto outcome = ping.run();
  EXPECT_THAT(outcome.all<ClockStep>(), ElementsAre(ClockStep{3'600'000'000'000}));
  ASSERT_THAT(outcome.all<Reply>(), SizeIs(3));
  for (const auto& reply : outcome.all<Reply>()) EXPECT_EQ(reply.rtt->rtt, 520ms);
  EXPECT_EQ(outcome.summary.lost, 0U);
}

TEST(PingFaults, stopping_says_what_was_still_waiting) {
  PingScenario ping{Manner{.delay = 700ms}};
  ping.plan.count = 10;
  bool asked = false;
  ping.on_step = [&](Instant now, run::Loop& loop) {
    if (!asked && now >= Instant{1s}) asked = true, loop.query();
    if (now >= Instant{2s} + 100ms) loop.stop();
  };
  const auto outcome = ping.run();
  const auto summaries = outcome.all<PingSummary>();
  ASSERT_THAT(summaries, SizeIs(2));
  EXPECT_FALSE(summaries[0].final);
  EXPECT_TRUE(summaries[1].final);
  EXPECT_EQ(summaries[1].sent, 3U);
  EXPECT_EQ(summaries[1].received, 2U);
  EXPECT_EQ(summaries[1].waiting, 1U);
  EXPECT_EQ(summaries[1].lost, 0U);
}

TEST(PingFaults, the_deadline_ends_it_whatever_happened) {
  PingScenario ping{Manner{.answering = sim::Answering::silence}};
  ping.plan.count.reset();
  ping.plan.deadline = 3500ms;
  const auto outcome = ping.run();
  EXPECT_EQ(outcome.summary.elapsed, 3500ms);
  EXPECT_EQ(outcome.summary.sent, 4U);
  EXPECT_EQ(outcome.summary.received, 0U);
}

// iputils' -w stops at the first ICMP error; a deadline is of time and answers only.
TEST(PingFaults, an_icmp_error_does_not_end_a_ping_with_a_deadline) {
  PingScenario ping{Manner{.answering = sim::Answering::error}};
  ping.plan.count = 3;
  ping.plan.deadline = 4500ms;
  const auto outcome = ping.run();
  EXPECT_EQ(outcome.summary.errors, 5U);
  EXPECT_EQ(outcome.summary.elapsed, 4500ms);
}

TEST(PingFaults, a_hundred_thousand_probes_are_in_flight_at_once) {
  PingScenario ping{Manner{.delay = 5s}};
  ping.plan.count = 100'000;
  ping.plan.interval = 10us;
  ping.plan.timeout = 30s;
  std::optional<Instant> all_sent;
  ping.on_step = [&](Instant now, run::Loop&) {
    if (!all_sent && ping.network.sent() == 100'000) all_sent = now;
  };
  const auto outcome = ping.run();
  EXPECT_EQ(outcome.summary.sent, 100'000U);
  EXPECT_EQ(outcome.summary.received, 100'000U);
  EXPECT_EQ(outcome.summary.duplicates, 0U);
  EXPECT_EQ(outcome.summary.foreign, 0U);
  EXPECT_EQ(outcome.summary.reordered, 0U);
  ASSERT_TRUE(all_sent);
  EXPECT_LT(*all_sent, Instant{5s}) << "some were answered before the last one left";
  std::uint64_t expected = 1;
  for (const auto& reply : outcome.all<Reply>()) {
    ASSERT_EQ(reply.sequence, expected++);
    ASSERT_EQ(reply.rtt->rtt, 5'020ms);
  }
}

TEST(PingFaults, without_privilege_the_error_queue_names_the_router) {
  for (const auto& addresses : {v4, v6}) {
    PingScenario ping{Manner{}, addresses};
    ping.plan.mode = IcmpMode::datagram;
    ping.plan.count = 2;
    ping.plan.ttl = Ttl{1};
    const auto outcome = ping.run();
    ASSERT_THAT(outcome.all<IcmpError>(), SizeIs(2));
    EXPECT_THAT(outcome.all<IcmpError>(), Each(Field(&IcmpError::from, addresses.router)));
    EXPECT_THAT(outcome.all<IcmpError>(), Each(Field(&IcmpError::error_code, EHOSTUNREACH)));
    EXPECT_EQ(outcome.summary.errors, 2U);
  }
}

TEST(PingFaults, without_privilege_an_echo_is_an_echo) {
  for (const auto& addresses : {v4, v6}) {
    PingScenario ping{Manner{}, addresses};
    ping.plan.mode = IcmpMode::datagram;
    ping.plan.count = 2;
    const auto outcome = ping.run();
    ASSERT_THAT(outcome.all<Reply>(), SizeIs(2));
    EXPECT_EQ(outcome.all<Reply>().front().rtt->rtt, 20ms);
    EXPECT_EQ(outcome.all<Reply>().front().ttl, Ttl{63});
  }
}

}  // namespace
}  // namespace sonda::test
