// Hosts on which everything is open, that hold connections fast, or say nothing at all.
#include <array>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tcp_scenario.hpp"

namespace sonda::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Notices : public testing::TestWithParam<TcpMethod> {
 protected:
  static ScanOutcome scan_of(sim::Services services, const std::vector<Port>& asked,
                             const std::function<void(TcpPlan&)>& change = {}) {
    TcpScenario scan{{.services = std::move(services)}, asked};
    scan.plan.method = GetParam();
    if (change) change(scan.plan);
    return scan.run();
  }
};

TEST_P(Notices, tell_of_a_host_on_which_everything_is_open) {
  const auto outcome = scan_of({.other_tcp = {.kind = sim::TcpKind::open}}, port_range(1, 20));
  EXPECT_THAT(outcome.notices(), ElementsAre(NoticeKind::everything_open));
  const auto notice = outcome.all<Notice>().at(0);
  EXPECT_EQ(notice.address, v4.target);
  EXPECT_EQ(notice.count, 3U);
  EXPECT_EQ(notice.of, 3U);
  int controls = 0;
  for (const auto& result : outcome.all<PortResult>()) {
    if (!result.control) continue;
    ++controls;
    EXPECT_GT(result.port, Port{1'024});
    EXPECT_GE(result.probe.value(), 20U) << "its number is no place of the plan";
  }
  EXPECT_EQ(controls, 3);
  EXPECT_EQ(outcome.summary.by_state[0], 20U) << "control ports are not counted";
  EXPECT_EQ(outcome.summary.answered_at[0], 20U);
}

TEST_P(Notices, do_not_ask_control_ports_where_nobody_wants_them) {
  const auto outcome = scan_of({.other_tcp = {.kind = sim::TcpKind::open}}, port_range(1, 20),
                               [](TcpPlan& plan) { plan.notice_everything_open = false; });
  EXPECT_THAT(outcome.notices(), IsEmpty());
  EXPECT_EQ(outcome.all<PortResult>().size(), 20U);
}

TEST_P(Notices, do_not_suspect_a_host_with_many_services) {
  sim::Services services;
  for (const auto port : port_range(1, 20)) services.tcp[port] = {.kind = sim::TcpKind::open};
  const auto outcome = scan_of(services, port_range(1, 20));
  EXPECT_THAT(outcome.notices(), IsEmpty());
  EXPECT_EQ(outcome.all<PortResult>().size(), 23U) << "it was asked";
}

TEST_P(Notices, do_not_suspect_a_host_with_a_closed_port) {
  sim::Services services{.other_tcp = {.kind = sim::TcpKind::open}};
  for (const auto port : port_range(1, 13)) services.tcp[port] = {.kind = sim::TcpKind::closed};
  const auto outcome = scan_of(services, port_range(1, 20));
  EXPECT_EQ(outcome.all<PortResult>().size(), 20U) << "no control port was asked";
}

TEST_P(Notices, tell_of_everything_open_where_no_port_is_left_to_compare_with) {
  const auto outcome =
      scan_of({.other_tcp = {.kind = sim::TcpKind::syn_ack}}, port_range(1, 65'535),
              [](TcpPlan& plan) { plan.parallel = plan.parallel_at_first = 2'000; });
  EXPECT_THAT(outcome.notices(), ElementsAre(NoticeKind::everything_open));
  EXPECT_EQ(outcome.all<Notice>().at(0).count, 65'535U);
  EXPECT_EQ(outcome.summary.by_state[0], 65'535U);
}

TEST_P(Notices, tell_once_of_a_tarpit) {
  const auto outcome = scan_of({.other_tcp = {.kind = sim::TcpKind::tarpit}}, port_range(1, 7));
  EXPECT_THAT(outcome.notices(), ElementsAre(NoticeKind::tarpit));
  EXPECT_EQ(outcome.all<Notice>().at(0).count, 7U);
  EXPECT_EQ(outcome.all<Notice>().at(0).of, 7U);
}

TEST_P(Notices, say_how_many_of_the_open_ports_are_tarpits) {
  sim::Services services{.other_tcp = {.kind = sim::TcpKind::open}};
  services.tcp[Port{3}] = {.kind = sim::TcpKind::tarpit};
  services.tcp[Port{4}] = {.kind = sim::TcpKind::closed};
  const auto outcome = scan_of(services, port_range(1, 5));
  EXPECT_THAT(outcome.notices(), ElementsAre(NoticeKind::tarpit));
  EXPECT_EQ(outcome.all<Notice>().at(0).count, 1U);
  EXPECT_EQ(outcome.all<Notice>().at(0).of, 4U);
}

TEST_P(Notices, do_not_call_a_host_silent_of_which_a_shard_has_asked_a_part) {
  const auto outcome = scan_of({.other_tcp = {.kind = sim::TcpKind::filtered}}, port_range(1, 60),
                               [](TcpPlan& plan) { plan.shard = Shard{}.part(0, 2); });
  EXPECT_EQ(outcome.summary.by_state[4], 30U);
  EXPECT_THAT(outcome.notices(), IsEmpty());
}

TEST_P(Notices, tell_of_a_host_that_says_nothing) {
  const auto outcome = scan_of({.other_tcp = {.kind = sim::TcpKind::filtered}}, port_range(1, 20));
  EXPECT_THAT(outcome.notices(), ElementsAre(NoticeKind::silent_host));
  EXPECT_EQ(outcome.all<Notice>().at(0).of, 20U);
  EXPECT_FALSE(outcome.summary.miss_probability);
}

TEST_P(Notices, do_not_call_a_host_silent_that_has_said_one_thing) {
  sim::Services services{.other_tcp = {.kind = sim::TcpKind::filtered}};
  services.tcp[Port{7}] = {.kind = sim::TcpKind::closed};
  EXPECT_THAT(scan_of(services, port_range(1, 30)).notices(), IsEmpty());
  EXPECT_THAT(scan_of({.other_tcp = {.kind = sim::TcpKind::filtered}}, port_range(1, 19)).notices(),
              IsEmpty())
      << "too few were asked";
}

// 24 silent ports and an open one, shared out among two engines.
TEST(TcpEngine, leaves_what_only_the_whole_shows_to_who_has_the_whole) {
  for (const bool one_is_open : {false, true}) {
    std::vector<std::unique_ptr<TcpEngine>> engines;
    for (std::uint64_t part = 0; part < 2; ++part) {
      sim::Services services{.other_tcp = {.kind = sim::TcpKind::filtered}};
      if (one_is_open) services.tcp[Port{7}] = {.kind = sim::TcpKind::open};
      TcpScenario scan{{.services = services}, port_range(1, 24)};
      scan.plan.shard = Shard{}.part(part, 2);
      scan.plan.one_of_several = true;
      scan.sockets.sources = {v4.client};
      engines.push_back(std::make_unique<TcpEngine>(scan.plan));
      run::SimLink link{scan.network, scan.sockets};
      int notices = 0;
      run::Loop loop{
          *engines.back(), link, scan.clock, {.on_event = [&](const Occurrence& occurrence) {
            notices += std::holds_alternative<Notice>(occurrence.event.what) ? 1 : 0;
          }}};
      loop.run();
      EXPECT_EQ(notices, 0);
    }
    const std::array<const TcpEngine*, 2> parts{engines[0].get(), engines[1].get()};
    const auto notices = TcpEngine::notices_of_hosts(parts);
    ASSERT_EQ(notices.size(), one_is_open ? 0U : 1U);
    if (one_is_open) continue;
    EXPECT_EQ(notices[0].what, NoticeKind::silent_host);
    EXPECT_EQ(notices[0].of, 24U);
  }
}

INSTANTIATE_TEST_SUITE_P(BothMethods, Notices, testing::Values(TcpMethod::connect, TcpMethod::syn));

}  // namespace
}  // namespace sonda::test
