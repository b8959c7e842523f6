// Each kind of port, and what a scan says of it.
#include <cerrno>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/wire/tcp.hpp>

#include "tcp_scenario.hpp"

namespace sonda::test {
namespace {

using testing::ElementsAre;

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

// --------------------------------------------------------------------------------------- endings

// What the server saw of a connection to an open port: flags of each segment of ours, in order.
std::vector<std::string> ending_on_the_wire(Ending ending, std::optional<Duration> banner = {}) {
  sim::HostPlan plan;
  plan.services.tcp[Port{22}] = {.kind = sim::TcpKind::open};
  TcpScenario scan{plan, ports({22})};
  scan.plan.ending = ending;
  scan.plan.banner = banner;
  std::vector<std::string> seen;
  scan.network.set_witness([&seen](Instant, Bytes sent, sim::Network&) {
    const auto segment = *TcpView::parse(sent.subspan(20));
    const auto flags = segment.flags();
    std::string text;
    if (flags.has(TcpFlags::syn)) text += 'S';
    if (flags.has(TcpFlags::fin)) text += 'F';
    if (flags.has(TcpFlags::rst)) text += 'R';
    if (flags.has(TcpFlags::ack)) text += 'A';
    seen.push_back(text);
  });
  EXPECT_EQ(scan.run().summary.by_state[0], 1U);
  return seen;
}

TEST(TcpEngine, ends_half_open_connections_without_their_last_ack) {
  EXPECT_THAT(ending_on_the_wire(Ending::half_open), ElementsAre("S", "RA"));
}
TEST(TcpEngine, resets_after_the_whole_handshake) {
  EXPECT_THAT(ending_on_the_wire(Ending::reset), ElementsAre("S", "A", "RA"));
}
TEST(TcpEngine, ends_with_fin_where_that_is_asked_for) {
  EXPECT_THAT(ending_on_the_wire(Ending::fin), ElementsAre("S", "A", "FA"));
}
TEST(TcpEngine, completes_the_handshake_where_it_waits_for_a_banner) {
  EXPECT_THAT(ending_on_the_wire(Ending::half_open, 100ms), ElementsAre("S", "A", "RA"));
}
TEST(TcpEngine, leaves_the_end_of_a_raw_syn_s_connection_to_the_system) {
  sim::HostPlan plan;
  plan.services.tcp[Port{22}] = {.kind = sim::TcpKind::open};
  TcpScenario scan{plan, ports({22})};
  scan.plan.method = TcpMethod::syn;
  (void)scan.run();
  EXPECT_EQ(scan.network.sent(), 2U) << "a SYN, and a RST";
}

// --------------------------------------------------------------------------------------- banners

PortResult banner_of(const sim::TcpService& service, Duration patience = 1s) {
  sim::HostPlan plan;
  plan.services.tcp[Port{22}] = service;
  TcpScenario scan{plan, ports({22})};
  scan.plan.banner = patience;
  const auto results = scan.run().all<PortResult>();
  EXPECT_EQ(results.size(), 1U);
  return results.empty() ? PortResult{} : results[0];
}

sim::Octets octets_of(std::string_view text) { return {text.begin(), text.end()}; }

TEST(TcpEngine, tells_what_a_service_says_first) {
  const auto result = banner_of({.kind = sim::TcpKind::open, .banner = octets_of("SSH-2.0-x\r\n")});
  EXPECT_EQ(result.banner, "SSH-2.0-x\r\n");
  EXPECT_EQ(result.rtt->rtt, 20ms) << "of the handshake";
  EXPECT_EQ(result.took, 20ms);
}
TEST(TcpEngine, keeps_256_octets_of_what_a_service_says) {
  const auto result =
      banner_of({.kind = sim::TcpKind::open, .banner = sim::Octets(1'000, std::uint8_t{'x'})});
  EXPECT_EQ(result.banner, std::string(256, 'x'));
}
TEST(TcpEngine, tells_of_a_service_that_says_nothing) {
  const auto result = banner_of({.kind = sim::TcpKind::open});
  EXPECT_EQ(result.state, PortState::open);
  EXPECT_EQ(result.banner, "");
}
TEST(TcpEngine, tells_of_a_service_that_hangs_up_without_a_word) {
  const auto result = banner_of({.kind = sim::TcpKind::open, .closes = true}, 1h);
  EXPECT_EQ(result.banner, "");
}
TEST(TcpEngine, has_no_banner_of_a_closed_port) {
  EXPECT_FALSE(banner_of({.kind = sim::TcpKind::closed}).banner);
}

// ----------------------------------------------------------------------------------------- names

TEST(TcpEngine, names_a_target_as_it_was_typed) {
  TcpScenario scan{{}, ports({80})};
  auto space = std::make_shared<ScanSpace>(*scan.plan.space);
  space->names[v4.target] = "web.example";
  scan.plan.space = space;
  EXPECT_EQ(scan.run().all<PortResult>().at(0).target, "web.example");
}

}  // namespace
}  // namespace sonda::test
