// The end of a ping: count, deadline, linger, stop; and what its sum says then.
#include <cerrno>

#include "ping_driver.hpp"

namespace sonda::testing {
namespace {

PingPlan counted(std::uint64_t count) {
  auto plan = plan_v4();
  plan.count = count;
  return plan;
}

TEST(PingEnd, comes_with_the_answer_to_the_last_probe) {
  PingDriver ping{counted(3)};
  for (std::size_t i = 0; i < 3; ++i) {
    ping.at(seconds{i});
    EXPECT_EQ(ping.turn(), 1U);
    EXPECT_FALSE(ping.engine.finished());
    ping.now += milliseconds{20};
    ping.answer(i);
    ping.turn();
  }
  EXPECT_TRUE(ping.engine.finished());
  EXPECT_FALSE(ping.engine.next_wakeup().has_value());
  const auto s = ping.last<PingSummary>();
  EXPECT_TRUE(s.final);
  expect_counts(s, 3, 0, 0, 0);
  EXPECT_EQ(s.elapsed, seconds{2} + milliseconds{20});
  EXPECT_EQ(s.rtt->median, milliseconds{20});
  EXPECT_EQ(ping.count<PingSummary>(), 1U);
}

TEST(PingEnd, never_sends_more_than_the_count) {
  PingDriver ping{counted(5)};
  ping.run_until(minutes{5});
  EXPECT_EQ(ping.packets.size(), 5U);
}

TEST(PingEnd, waits_for_the_timeout_where_nothing_ever_answered) {
  auto plan = counted(2);
  plan.timeout = seconds{4};
  PingDriver ping{plan};
  ping.run_until(seconds{5} - milliseconds{1});
  EXPECT_FALSE(ping.engine.finished());
  ping.run_until(seconds{5});
  EXPECT_TRUE(ping.engine.finished());
  expect_counts(ping.last<PingSummary>(), 0, 0, 2, 0);
  EXPECT_EQ(ping.count<Lost>(), 2U);
  EXPECT_FALSE(ping.last<PingSummary>().rtt.has_value());
}

TEST(PingEnd, lingers_twice_the_longest_round_trip_once_something_answered) {
  auto plan = counted(3);
  plan.interval = milliseconds{100};
  PingDriver ping{plan};
  ping.turn();
  ping.at(milliseconds{80});
  ping.answer(0);
  ping.run_until(milliseconds{200} + milliseconds{159});
  EXPECT_FALSE(ping.engine.finished());
  ping.run_until(milliseconds{200} + milliseconds{160});
  EXPECT_TRUE(ping.engine.finished());
  expect_counts(ping.last<PingSummary>(), 1, 0, 2, 0);
}

TEST(PingEnd, lingers_one_interval_at_least) {
  PingDriver ping{counted(2)};
  ping.turn();
  ping.answer(0);
  ping.run_until(seconds{2} - milliseconds{1});
  EXPECT_FALSE(ping.engine.finished());
  ping.run_until(seconds{2});
  EXPECT_TRUE(ping.engine.finished());
}

TEST(PingEnd, loses_each_probe_after_its_own_timeout_while_it_goes_on) {
  auto plan = plan_v4();
  plan.timeout = milliseconds{1'500};
  PingDriver ping{plan};
  ping.run_until(milliseconds{1'499});
  EXPECT_EQ(ping.count<Lost>(), 0U);
  ping.run_until(milliseconds{1'500});
  ASSERT_EQ(ping.count<Lost>(), 1U);
  EXPECT_EQ(ping.last<Lost>().sequence, 1U);
  ping.run_until(milliseconds{2'500});
  EXPECT_EQ(ping.last<Lost>().sequence, 2U);
  expect_counts(ping.summary(), 0, 0, 2, 1);
}

TEST(PingEnd, comes_at_the_deadline_whatever_waits) {
  auto plan = plan_v4();
  plan.deadline = milliseconds{2'500};
  PingDriver ping{plan};
  ping.run_until(milliseconds{2'499});
  EXPECT_FALSE(ping.engine.finished());
  ping.run_until(milliseconds{2'500});
  EXPECT_TRUE(ping.engine.finished());
  expect_counts(ping.last<PingSummary>(), 0, 0, 0, 3);
  EXPECT_EQ(ping.last<PingSummary>().elapsed, milliseconds{2'500});
}

// iputils stops at the first ICMP error; this one does what its manual says.
TEST(PingEnd, with_a_deadline_does_not_come_with_the_first_error) {
  auto plan = plan_v4();
  plan.deadline = seconds{3};
  PingDriver ping{plan};
  ping.turn();
  Octets error(8);
  error[0] = 3, error[1] = 1;
  error.insert(error.end(), ping.packets[0].octets.begin(), ping.packets[0].octets.end());
  store<std::uint16_t>(error, 2, Checksum{}.add(error).finish());
  ping.deliver(error, router_v4);
  ping.run_until(seconds{1});
  EXPECT_FALSE(ping.engine.finished());
  EXPECT_EQ(ping.packets.size(), 2U);
}

TEST(PingEnd, with_a_deadline_counts_answers_and_goes_on_until_it_has_them) {
  auto plan = counted(2);
  plan.deadline = seconds{60};
  PingDriver ping{plan};
  ping.run_until(seconds{9});
  EXPECT_EQ(ping.packets.size(), 10U);
  ping.answer(8);
  ping.turn();
  EXPECT_FALSE(ping.engine.finished());
  ping.answer(9);
  EXPECT_LE(*ping.engine.next_wakeup(), ping.now);
  ping.turn();
  EXPECT_TRUE(ping.engine.finished());
  EXPECT_EQ(ping.last<PingSummary>().received, 2U);
}

TEST(PingEnd, comes_although_the_last_probe_could_not_leave) {
  PingDriver ping{counted(1)};
  ping.refuse_with = Failure{"send", ENETUNREACH, "to 198.51.100.7"};
  ping.turn();
  ASSERT_TRUE(ping.engine.next_wakeup().has_value()) << "would sleep for ever";
  EXPECT_LE(*ping.engine.next_wakeup(), ping.now);
  ping.turn();
  EXPECT_TRUE(ping.engine.finished());
  const auto s = ping.last<PingSummary>();
  EXPECT_EQ(s.sent, 0U);
  EXPECT_EQ(s.refused, 1U);
  EXPECT_EQ(ping.last<Refused>().failure.error_code, ENETUNREACH);
}

TEST(PingEnd, comes_when_somebody_stops_it_and_only_once) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.at(seconds{1});
  ping.turn();
  ping.answer(0);
  ping.now += milliseconds{5};
  ping.engine.on_stop(ping.now);
  ping.engine.on_stop(ping.now + seconds{1});
  ping.collect();
  EXPECT_TRUE(ping.engine.finished());
  EXPECT_EQ(ping.count<PingSummary>(), 1U);
  expect_counts(ping.last<PingSummary>(), 1, 0, 0, 1);
  EXPECT_EQ(ping.last<PingSummary>().elapsed, seconds{1} + milliseconds{5});
  EXPECT_EQ(ping.turn(), 0U);
}

TEST(PingEnd, comes_when_it_is_stopped_before_it_began) {
  PingDriver ping{plan_v4()};
  ping.engine.on_stop(ping.now);
  ping.collect();
  EXPECT_TRUE(ping.engine.finished());
  EXPECT_EQ(ping.last<PingSummary>().sent, 0U);
  EXPECT_EQ(ping.last<PingSummary>().elapsed, Duration{});
  EXPECT_EQ(ping.turn(), 0U);
}

TEST(PingEnd, is_not_brought_about_by_a_question) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.now += milliseconds{7};
  ping.answer(0);
  ping.engine.on_query(ping.now);
  ping.collect();
  const auto s = ping.last<PingSummary>();
  EXPECT_FALSE(s.final);
  expect_counts(s, 1, 0, 0, 0);
  EXPECT_EQ(s.elapsed, milliseconds{7});
  EXPECT_FALSE(ping.engine.finished());
  ping.run_until(seconds{1});
  EXPECT_EQ(ping.packets.size(), 2U);
}

TEST(PingEnd, ignores_what_arrives_afterwards) {
  PingDriver ping{counted(1)};
  ping.turn();
  ping.answer(0);
  ping.turn();
  ASSERT_TRUE(ping.engine.finished());
  const auto before = ping.events.size();
  ping.answer(0);
  EXPECT_EQ(ping.events.size(), before);
}

TEST(PingEnd, counts_packets_that_our_own_system_dropped) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.engine.on_drops(ping.now, DropPlace::socket, 3);
  ping.engine.on_drops(ping.now, DropPlace::interface, 4);
  ping.collect();
  EXPECT_EQ(ping.count<Drops>(), 2U);
  EXPECT_EQ(ping.summary().drops, 7U);
}

TEST(PingEnd, bears_100000_probes_in_flight_and_every_answer_finds_its_own) {
  auto plan = counted(100'000);
  plan.interval = Duration{100'000};  // 0.1 ms: all leave within 10 s
  plan.timeout = seconds{60};
  plan.data_size = 8;
  PingDriver ping{plan};
  ping.run_until(seconds{10});
  ASSERT_EQ(ping.packets.size(), 100'000U);
  EXPECT_EQ(ping.summary().waiting, 100'000U);
  for (std::size_t i = 0; i < 100'000; ++i) ping.answer(i);
  ping.turn();
  EXPECT_TRUE(ping.engine.finished());
  const auto s = ping.last<PingSummary>();
  expect_counts(s, 100'000, 0, 0, 0);
  EXPECT_EQ(s.duplicates, 0U);
  EXPECT_EQ(s.reordered, 0U);
  EXPECT_EQ(s.foreign, 0U);
  EXPECT_EQ(ping.last<Reply>().sequence, 100'000U);
}

}  // namespace
}  // namespace sonda::testing
