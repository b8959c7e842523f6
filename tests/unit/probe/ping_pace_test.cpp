// The pace: when each probe leaves, and that the engine never asks to be woken in circles.
#include <cerrno>

#include <sonda/core/sha256.hpp>

#include "ping_driver.hpp"

namespace sonda::testing {
namespace {

TEST(PingPace, sends_the_first_probe_at_once) {
  PingDriver ping{plan_v4()};
  ASSERT_TRUE(ping.engine.next_wakeup().has_value());
  EXPECT_LE(*ping.engine.next_wakeup(), ping.now);
  EXPECT_EQ(ping.turn(), 1U);
  EXPECT_EQ(ping.last<Sent>().sequence, 1U);
}

TEST(PingPace, keeps_to_the_interval_without_drifting_however_late_it_is_woken) {
  PingDriver ping{plan_v4()};
  ping.turn();
  std::uint64_t lateness = 1;
  for (int i = 1; i <= 10'000; ++i) {
    lateness = lateness * 6'364'136'223'846'793'005 + 1;
    ping.now = *ping.engine.next_wakeup() + Duration{lateness >> 40};  // up to 17 ms
    ASSERT_EQ(ping.turn(), 1U);
    ping.answer(ping.packets.size() - 1);
  }
  EXPECT_EQ(ping.packets.size(), 10'001U);
  EXPECT_GE(ping.packets.back().at - ping.packets.front().at, seconds{10'000});
  EXPECT_LE(ping.packets.back().at - ping.packets.front().at, seconds{10'000} + milliseconds{17});
}

TEST(PingPace, is_not_woken_before_something_is_due) {
  PingDriver ping{plan_v4()};
  ping.turn();
  EXPECT_EQ(ping.engine.next_wakeup(), ping.now + seconds{1});
  ping.at(milliseconds{999});
  EXPECT_EQ(ping.turn(), 0U);
  ping.at(seconds{1});
  EXPECT_EQ(ping.turn(), 1U);
}

TEST(PingPace, catches_up_after_a_short_delay) {
  auto plan = plan_v4();
  plan.interval = milliseconds{1};
  PingDriver ping{plan};
  ping.turn();
  ping.at(milliseconds{15});
  EXPECT_EQ(ping.turn(), 15U);
  ping.at(milliseconds{16});
  EXPECT_EQ(ping.turn(), 1U);
}

TEST(PingPace, starts_anew_after_a_long_one_instead_of_flooding) {
  auto plan = plan_v4();
  plan.interval = milliseconds{1};
  PingDriver ping{plan};
  ping.turn();
  ping.at(minutes{5});  // the laptop was asleep
  EXPECT_EQ(ping.turn(), 1U);
  EXPECT_EQ(ping.engine.next_wakeup(), ping.now + milliseconds{1});
}

TEST(PingPace, with_interval_0_sends_when_the_last_one_is_answered) {
  auto plan = plan_v4();
  plan.interval = Duration::zero();
  PingDriver ping{plan};
  for (std::size_t i = 0; i < 1'000; ++i) {
    ASSERT_EQ(ping.turn(), 1U);
    ASSERT_GT(*ping.engine.next_wakeup(), ping.now);
    ping.now += microseconds{3};
    ping.answer(i);
    ASSERT_LE(*ping.engine.next_wakeup(), ping.now);
  }
}

TEST(PingPace, with_interval_0_waits_10_ms_for_one_that_is_silent) {
  auto plan = plan_v4();
  plan.interval = Duration::zero();
  PingDriver ping{plan};
  ping.run_until(seconds{1});
  EXPECT_EQ(ping.packets.size(), 101U);
}

TEST(PingPace, with_interval_0_does_not_spin_on_what_the_system_refuses) {
  auto plan = plan_v4();
  plan.interval = Duration::zero();
  PingDriver ping{plan};
  ping.refuse_with = Failure{"send", ENETUNREACH, "to 198.51.100.7"};
  ping.run_until(seconds{1});
  EXPECT_EQ(ping.packets.size(), 101U);
  EXPECT_EQ(ping.summary().refused, 101U);
}

TEST(PingPace, does_not_spin_while_the_link_holds_the_last_probe_back) {
  auto plan = plan_v4();
  plan.count = 2;
  PingDriver ping{plan};
  ping.turn();
  ping.answer(0);
  ping.hold = true;
  ping.run_until(seconds{30});
  EXPECT_FALSE(ping.engine.finished());
  ping.engine.on_sent(ping.now, ProbeId{1}, ping.stamp());
  ping.answer(1);
  ping.turn();
  EXPECT_TRUE(ping.engine.finished());
  expect_counts(ping.summary(), 2, 0, 0, 0);
}

// Whatever happens: once everything due is done, the next thing is in the future.
TEST(PingPace, always_wants_to_be_woken_later_than_now) {
  std::uint64_t state = 42;
  const auto random = [&state](std::uint64_t below) {
    state = state * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    return (state >> 33) % below;
  };
  for (int run = 0; run < 500; ++run) {
    auto plan = plan_v4();
    plan.interval = milliseconds{random(4) * 50};
    plan.timeout = milliseconds{100 + random(3'000)};
    if (random(2) == 0) plan.count = 1 + random(30);
    plan.deadline = seconds{1 + random(5)};
    plan.report_outstanding = random(2) == 0;
    PingDriver ping{plan};
    for (int step = 0; step < 2'000 && !ping.engine.finished(); ++step) {
      ping.hold = false;
      ping.refuse_with.reset();
      if (random(10) == 0) ping.refuse_with = Failure{"send", EPERM, ""};
      ping.turn();
      ping.turn();  // what was refused in the first may have been the last
      if (ping.engine.finished()) break;
      const auto next = ping.engine.next_wakeup();
      ASSERT_TRUE(next.has_value()) << "nothing will ever wake it";
      ASSERT_GT(*next, ping.now) << "run " << run << ", step " << step;
      if (random(3) == 0 && !ping.packets.empty()) {
        ping.now += Duration{random(static_cast<std::uint64_t>((*next - ping.now).count()))};
        ping.answer(random(ping.packets.size()));
      } else {
        ping.now = *next;
      }
    }
    EXPECT_TRUE(ping.engine.finished()) << "run " << run;
    const auto s = ping.last<PingSummary>();
    EXPECT_EQ(s.sent, s.received + s.errors + s.lost + s.waiting);
    EXPECT_EQ(s.sent + s.refused, ping.packets.size());
  }
}

TEST(PingPace, says_what_is_not_answered_when_the_next_is_due) {
  auto plan = plan_v4();
  plan.report_outstanding = true;
  PingDriver ping{plan};
  ping.turn();
  ping.answer(0);
  ping.run_until(seconds{3});
  const auto told = ping.all<Outstanding>();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].sequence, 2U);
  EXPECT_EQ(told[1].sequence, 3U);
}

TEST(PingPace, tells_what_it_sent_and_the_hash_of_it_only_where_asked) {
  auto plan = plan_v4();
  PingDriver plain{plan};
  plain.turn();
  EXPECT_EQ(plain.last<Sent>().octets_sha256, "");
  plan.hash_octets = true;
  PingDriver hashed{plan};
  hashed.turn();
  EXPECT_EQ(hashed.last<Sent>().octets_sha256, sha256_text(Bytes{hashed.packets[0].octets}));
}

}  // namespace
}  // namespace sonda::testing
