// Very many ports, shared out, interrupted and taken up again, at a rate, in bounded memory.
#include <algorithm>
#include <cerrno>
#include <deque>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/probe/miss_estimate.hpp>

#include "tcp_scenario.hpp"

namespace sonda::test {
namespace {

// Answers each Connect after 20 ms: a port's state depends on its number alone. Counts what it
// holds.
class CheapLink final : public Link {
 public:
  [[nodiscard]] bool writable(Instant) const override { return true; }
  void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) override {
    for (const auto& action : batch) {
      const auto* connect = std::get_if<Connect>(&action);
      if (connect == nullptr) continue;
      waiting_.push_back({now + 20ms, connect->flow});
      inbox.on_sent(now, connect->probe, stamp(now));
    }
    most_waiting = std::max(most_waiting, waiting_.size());
  }
  void readable(Instant now, Inbox& inbox) override {
    while (!waiting_.empty() && waiting_.front().at <= now) {
      const auto flow = waiting_.front().flow;
      waiting_.pop_front();
      inbox.on_socket(
          now, {.flow = flow, .error_code = ECONNREFUSED, .transmissions = 1, .stamp = stamp(now)});
    }
  }
  [[nodiscard]] std::span<const int> descriptors() const override { return {}; }
  [[nodiscard]] std::optional<Instant> next_wakeup() const override {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.front().at;
  }

  std::size_t most_waiting = 0;

 private:
  struct Waiting {
    Instant at{};
    FlowId flow{};
  };
  static Stamp stamp(Instant now) {
    return {.ns = now.time_since_epoch().count(), .clock = StampClock::simulated};
  }
  std::deque<Waiting> waiting_;
};

TEST(TcpEngine, asks_a_million_targets_with_no_more_in_flight_than_it_may) {
  TcpPlan plan;
  plan.space = space_of(*AddressRange::parse("10.0.0.0-10.15.66.63"), ports({443}));
  ASSERT_EQ(plan.space->size(), 1'000'000U);
  plan.parallel = 512;
  TcpEngine engine{plan};
  CheapLink link;
  run::VirtualClock clock;
  SettledPlaces seen;
  ScanSummary summary;
  std::size_t most_events = 0, events = 0;
  run::Loop loop{engine, link, clock, {.on_event = [&](const Occurrence& occurrence) {
                   ++events;
                   if (const auto* r = std::get_if<PortResult>(&occurrence.event.what)) {
                     EXPECT_TRUE(seen.add(r->probe.value()));
                   }
                   if (const auto* s = std::get_if<ScanSummary>(&occurrence.event.what))
                     summary = *s;
                 }}};
  for (bool more = true; more; most_events = std::max(most_events, events)) {
    events = 0;
    more = loop.step();
  }
  EXPECT_EQ(seen.size(), 1'000'000U);
  EXPECT_EQ(summary.by_state[1], 1'000'000U);
  EXPECT_LE(link.most_waiting, 512U);
  EXPECT_GT(link.most_waiting, 500U) << "the window opens";
  EXPECT_LE(most_events, 513U);
}

// ------------------------------------------------------------------------ shards and interruptions

sim::Services mixed_services() {
  sim::Services services;
  for (const auto port : port_range(1, 400)) {
    const auto kinds = {sim::TcpKind::open, sim::TcpKind::closed, sim::TcpKind::filtered,
                        sim::TcpKind::closed};
    services.tcp[port] = {.kind = kinds.begin()[port.value() % 4]};
  }
  return services;
}

using States = std::map<std::pair<Address, Port>, PortState>;

void add_states(States& states, const ScanOutcome& outcome, const ScanSpace& space) {
  for (const auto& [port, result] : outcome.ports(space))
    EXPECT_TRUE(states.emplace(port, result.state).second) << "asked twice";
}

class Whole : public testing::TestWithParam<TcpMethod> {
 protected:
  static States all_at_once() {
    TcpScenario scan{{.services = mixed_services()}, port_range(1, 400)};
    scan.plan.method = GetParam();
    States states;
    add_states(states, scan.run(), *scan.plan.space);
    EXPECT_EQ(states.size(), 400U);
    return states;
  }
};

TEST_P(Whole, scans_are_the_sum_of_their_shards) {
  States sum;
  ScanSummary summary;
  for (std::uint64_t i = 0; i < 3; ++i) {
    TcpScenario scan{{.services = mixed_services()}, port_range(1, 400)};
    scan.plan.method = GetParam();
    scan.plan.shard = Shard{}.part(i, 3);
    const auto outcome = scan.run();
    add_states(sum, outcome, *scan.plan.space);
    if (i == 0)
      summary = outcome.summary;
    else
      add_summary(summary, outcome.summary, 3);
  }
  EXPECT_EQ(sum, all_at_once());
  EXPECT_EQ(summary.ports, 400U);
  EXPECT_EQ(summary.hosts, 1U);
  EXPECT_EQ(summary.by_state[0], 100U);
  EXPECT_EQ(summary.by_state[1], 200U);
  EXPECT_EQ(summary.by_state[4], 100U);
}

TEST_P(Whole, scans_are_what_an_interrupted_one_and_its_resumption_find) {
  for (const auto stop_at : {0ms, 15ms, 25ms, 30ms, 50ms, 300ms, 1'500ms}) {
    TcpScenario first{{.services = mixed_services()}, port_range(1, 400)};
    first.plan.method = GetParam();
    first.on_step = [&](Instant now, run::Loop& loop) {
      if (now >= Instant{stop_at}) loop.stop();
    };
    const auto half = first.run();
    EXPECT_TRUE(half.summary.final);
    States sum;
    add_states(sum, half, *first.plan.space);
    if (stop_at < 500ms) {
      EXPECT_LT(sum.size(), 400U);
    }

    auto settled = std::make_shared<SettledPlaces>();
    for (const auto& result : half.all<PortResult>())
      if (!result.control) (void)settled->add(result.probe.value());
    TcpScenario second{{.services = mixed_services()}, port_range(1, 400)};
    second.plan.method = GetParam();
    second.plan.settled = settled;
    const auto rest = second.run();
    EXPECT_EQ(rest.summary.resumed, sum.size());
    add_states(sum, rest, *second.plan.space);
    EXPECT_EQ(sum, all_at_once());
  }
}

TEST_P(Whole, scans_end_at_once_where_all_is_settled_or_there_is_nothing) {
  auto settled = std::make_shared<SettledPlaces>();
  for (std::uint64_t place = 0; place < 400; ++place) (void)settled->add(place);
  TcpScenario scan{{.services = mixed_services()}, port_range(1, 400)};
  scan.plan.method = GetParam();
  scan.plan.settled = settled;
  const auto outcome = scan.run();
  EXPECT_EQ(outcome.occurrences.size(), 1U);
  EXPECT_EQ(outcome.summary.resumed, 400U);
  EXPECT_EQ(scan.network.sent(), 0U);

  TcpScenario empty{{}, {}};
  empty.plan.method = GetParam();
  EXPECT_EQ(empty.run().occurrences.size(), 1U);
}

TEST_P(Whole, scans_leave_no_connection_behind_when_they_are_stopped) {
  TcpScenario scan{{.services = {.other_tcp = {.kind = sim::TcpKind::open}}}, port_range(1, 50)};
  scan.plan.method = GetParam();
  scan.plan.banner = 10s;
  scan.on_step = [](Instant now, run::Loop& loop) {
    if (now >= Instant{100ms}) loop.stop();
  };
  const auto outcome = scan.run();
  EXPECT_TRUE(outcome.summary.final);
  // What was open is known, even where nobody waits for its first words any more.
  EXPECT_EQ(outcome.summary.by_state[0], 50U);
  while (scan.network.take_due(scan.clock.now() + 1s)) {
  }
  EXPECT_EQ(scan.host->tcp().size(), 0U);
}

TEST_P(Whole, scans_tell_how_they_stand_when_asked) {
  TcpScenario scan{{.services = mixed_services()}, port_range(1, 400)};
  scan.plan.method = GetParam();
  bool asked = false;
  scan.on_step = [&asked](Instant now, run::Loop& loop) {
    if (!asked && now >= Instant{100ms}) asked = true, loop.query();
  };
  const auto summaries = scan.run().all<ScanSummary>();
  ASSERT_EQ(summaries.size(), 2U);
  EXPECT_FALSE(summaries[0].final);
  EXPECT_LT(summaries[0].by_state[1], 400U);
  EXPECT_TRUE(summaries[1].final);
}

// -------------------------------------------------------------------------------------------- pace

TEST_P(Whole, scans_keep_to_their_rate) {
  TcpScenario scan{{.services = {.other_tcp = {.kind = sim::TcpKind::closed}}},
                   port_range(1, 1'000)};
  scan.plan.method = GetParam();
  scan.plan.rate = 200;
  std::vector<Instant> sent;
  scan.network.set_witness([&sent](Instant now, Bytes, sim::Network&) { sent.push_back(now); });
  const auto outcome = scan.run();
  ASSERT_EQ(sent.size(), 1'000U);
  for (std::size_t i = 200; i < sent.size(); ++i)
    EXPECT_GE(sent[i] - sent[i - 200], 990ms) << "more than 200 in a second";
  EXPECT_LT(outcome.summary.elapsed, 5'100ms) << "and no slower than that";
}

TEST_P(Whole, scans_do_not_wait_for_the_silent_before_they_ask_others) {
  TcpScenario scan{{.services = {.other_tcp = {.kind = sim::TcpKind::filtered}}},
                   port_range(1, 512)};
  scan.plan.method = GetParam();
  scan.plan.parallel_at_first = 16;
  const auto outcome = scan.run();
  EXPECT_EQ(outcome.summary.by_state[4], 512U);
  EXPECT_LE(outcome.summary.elapsed, 9s) << "32 windows of 16, a second each, would be 32 s";
}

INSTANTIATE_TEST_SUITE_P(BothMethods, Whole, testing::Values(TcpMethod::connect, TcpMethod::syn));

}  // namespace
}  // namespace sonda::test
