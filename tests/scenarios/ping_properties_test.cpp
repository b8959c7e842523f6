// What holds for every ping, tried on ten thousand random paths, hosts and plans.
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "forger.hpp"
#include "ping_scenario.hpp"
#include "random_path.hpp"

namespace sonda::test {
namespace {

using sim::Manner;
using sim::Random;

// SONDA_SEEDS asks for more: the soak does.
const std::uint64_t seeds = [] {
  const char* asked = std::getenv("SONDA_SEEDS");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : 12'000;
}();

void make_random(PingPlan& plan, Random& random) {
  plan.count = random.below(25);
  plan.interval = random.chance(0.2) ? 0ms : random.up_to(200ms);
  plan.timeout = 1ms + random.up_to(700ms);
  plan.data_size = random.chance(0.2) ? random.below(8) : 8 + random.below(90);
  if (random.chance(0.2)) plan.pattern = {0xde, 0xad, 0xbe};
  if (random.chance(0.1)) plan.ttl = Ttl{random.below(3) + 1};
  plan.report_outstanding = random.chance(0.3);
}

run::FaultPlan random_faults(Random& random) {
  run::FaultPlan faults{.seed = random.next()};
  if (random.chance(0.2)) faults.refuse_share = 0.2;
  if (random.chance(0.2)) faults.hold_share = 0.2, faults.hold_for = random.up_to(300ms);
  if (random.chance(0.3)) faults.better_stamp_after = random.up_to(50ms);
  faults.better_stamp_lost = 0.3;
  if (random.chance(0.1)) faults.drops = {{Instant{100ms}, DropPlace::socket, 3}};
  return faults;
}

struct Run {
  Outcome outcome{};
  PingSummary expected{};
  bool matched_something_forged = false;
  bool gave_up_early = false;
  Duration most_overdue{};
  bool held_up = false;    // by a full queue: then timeouts wait for it, too
  bool cut_short = false;  // by a deadline or a stop: then some may still wait
};

Run run_seed(std::uint64_t seed, IcmpMode mode = IcmpMode::raw) {
  Random random{seed};
  const auto& addresses = random.chance(0.5) ? v4 : v6;
  const auto schedule = [&addresses](std::uint64_t, Random& of_host) {
    return of_host.chance(0.5) ? Manner{} : random_manner(addresses, of_host);
  };
  PingScenario ping{sim::Schedule{schedule}, addresses, seed};
  for (auto* node : {static_cast<sim::Node*>(&ping.host), &ping.network.client()}) {
    ping.network.set_link(ping.router, *node, random_link(random));
    ping.network.set_link(*node, ping.router, random_link(random));
  }
  make_random(ping.plan, random);
  ping.faults = random_faults(random);

  Run result;
  std::optional<Instant> stop_at;
  if (random.chance(0.1)) ping.plan.deadline = random.up_to(3s);
  if (random.chance(0.1)) stop_at = Instant{random.up_to(2s)};
  result.cut_short = ping.plan.deadline || stop_at;
  ping.on_step = [&](Instant now, run::Loop& loop) {
    if (stop_at && now >= *stop_at) loop.stop();
  };

  ping.plan.mode = mode;
  ping.oracle.emplace(ping.plan);
  Forger forger{ping.plan.data_size >= 8 ? 0.3 : 0.0, random.fork()};
  ping.network.set_witness([&](Instant now, Bytes sent, sim::Network& network) {
    forger(now, sent, network, ping.oracle->forged);
  });
  result.outcome = ping.run();
  result.expected = ping.oracle->expected();
  result.matched_something_forged = ping.oracle->matched_something_forged();
  result.gave_up_early = ping.oracle->gave_up_early();
  result.most_overdue = ping.oracle->most_overdue();
  result.held_up = ping.faults.hold_share > 0;
  return result;
}

void expect_same_counts(const Run& run) {
  const auto& counted = run.outcome.summary;
  const auto& expected = run.expected;
  EXPECT_EQ(counted.sent, counted.received + counted.errors + counted.lost + counted.waiting);
  EXPECT_EQ(counted.sent, expected.sent);
  EXPECT_EQ(counted.received, expected.received);
  EXPECT_EQ(counted.errors, expected.errors);
  EXPECT_EQ(counted.lost + counted.waiting, expected.lost);
  EXPECT_TRUE(run.cut_short || counted.waiting == 0);
  EXPECT_EQ(counted.refused, expected.refused);
  EXPECT_EQ(counted.late, expected.late);
  EXPECT_EQ(counted.duplicates, expected.duplicates);
  EXPECT_EQ(counted.corrupt, expected.corrupt);
  EXPECT_EQ(counted.reordered, expected.reordered);
  EXPECT_EQ(counted.foreign, expected.foreign);
  EXPECT_FALSE(run.matched_something_forged);
  EXPECT_FALSE(run.gave_up_early);
  EXPECT_TRUE(run.held_up || run.most_overdue == Duration::zero()) << run.most_overdue.count();
}

// The events alone give the summary's counts, and no probe is answered twice.
void expect_consistent_events(const Outcome& outcome) {
  std::map<std::uint64_t, int> answers;
  std::uint64_t duplicates = 0, late = 0;
  for (const auto& reply : outcome.all<Reply>()) {
    reply.duplicate ? ++duplicates : static_cast<std::uint64_t>(++answers[reply.sequence]);
    late += reply.late;
  }
  for (const auto& error : outcome.all<IcmpError>()) late += error.late && error.ends_probe;
  for (const auto& [sequence, count] : answers) EXPECT_EQ(count, 1) << "sequence " << sequence;
  EXPECT_EQ(answers.size(), outcome.summary.received);
  EXPECT_EQ(duplicates, outcome.summary.duplicates);
  EXPECT_EQ(late, outcome.summary.late);
  EXPECT_EQ(outcome.all<Sent>().size(), outcome.summary.sent);
  EXPECT_EQ(outcome.all<Foreign>().size(), outcome.summary.foreign);
  EXPECT_EQ(outcome.all<Refused>().size(), outcome.summary.refused);

  ASSERT_EQ(outcome.all<PingSummary>().size(), 1U);
  EXPECT_TRUE(std::holds_alternative<PingSummary>(outcome.occurrences.back().event.what));
  Instant last{};
  for (const auto& occurrence : outcome.occurrences) {
    EXPECT_GE(occurrence.event.at, last) << "events out of order";
    last = occurrence.event.at;
  }
}

void add(PingSummary& total, const PingSummary& one) {
  total.received += one.received, total.errors += one.errors, total.lost += one.lost;
  total.waiting += one.waiting, total.late += one.late, total.duplicates += one.duplicates;
  total.corrupt += one.corrupt, total.reordered += one.reordered, total.foreign += one.foreign;
  total.refused += one.refused, total.drops += one.drops;
}

// A datagram socket shows no wrong checksums, so what is corrupt was so when it was summed.
std::size_t count_corrupt(const Outcome& outcome) {
  EXPECT_THAT(outcome.all<Corrupt>(), testing::IsEmpty());
  const auto replies = outcome.all<Reply>();
  return static_cast<std::size_t>(std::ranges::count_if(
      replies, [](const Reply& reply) { return reply.corrupt_octet.has_value(); }));
}

TEST(PingProperties, every_count_is_right_on_any_path) {
  PingSummary total;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto run = run_seed(seed);
    expect_same_counts(run);
    expect_consistent_events(run.outcome);
    if (HasFailure()) return;
    add(total, run.outcome.summary);
  }
  // All of it has been tried, and not only once.
  for (const auto count :
       {total.received, total.errors, total.lost, total.waiting, total.late, total.duplicates,
        total.corrupt, total.reordered, total.foreign, total.refused, total.drops})
    EXPECT_GT(count, 500U);
}

TEST(PingProperties, the_sum_is_right_without_privilege_too) {
  for (std::uint64_t seed = 0; seed < seeds / 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto outcome = run_seed(seed, IcmpMode::datagram).outcome;
    const auto& counted = outcome.summary;
    EXPECT_EQ(counted.sent, counted.received + counted.errors + counted.lost + counted.waiting);
    EXPECT_EQ(counted.corrupt, count_corrupt(outcome));
    expect_consistent_events(outcome);
    if (HasFailure()) return;
  }
}

TEST(PingProperties, the_same_seed_gives_the_same_events) {
  for (std::uint64_t seed = 0; seed < seeds; seed += 50) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto first = run_seed(seed).outcome.occurrences;
    const auto second = run_seed(seed).outcome.occurrences;
    ASSERT_EQ(first.size(), second.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      ASSERT_EQ(first[i].event.at, second[i].event.at);
      ASSERT_TRUE(first[i].event.what == second[i].event.what);
    }
  }
}

TEST(PingProperties, another_seed_gives_another_path) {
  EXPECT_NE(run_seed(1).outcome.occurrences.size(), run_seed(2).outcome.occurrences.size());
}

}  // namespace
}  // namespace sonda::test
