// Every ICMP error as the answer to a SYN, asked with connect() and with SYNs of our own.
#include <cerrno>

#include <gtest/gtest.h>

#include <sonda/wire/icmp_catalogue.hpp>

#include "tcp_scenario.hpp"

namespace sonda::test {
namespace {

enum class Way : std::uint8_t { connect, soft, syn };

class IcmpErrors : public testing::TestWithParam<Way> {
 protected:
  // What becomes of one port where `error` is the answer, of `from` or of the router.
  static PortResult ask(const sim::ErrorMessage& error, const Addresses& in,
                        std::optional<Address> from = std::nullopt) {
    sim::RouterPlan plan;
    plan.rules.push_back({.match = {.protocol = Protocol::tcp},
                          .action = sim::Answer{.error = error, .from = from}});
    TcpScenario scan{{}, ports({80}), in, 1, plan};
    scan.plan.method = GetParam() == Way::syn ? TcpMethod::syn : TcpMethod::connect;
    scan.sockets.icmp_is_soft = GetParam() == Way::soft;
    const auto results = scan.run().all<PortResult>();
    EXPECT_EQ(results.size(), 1U);
    return results.empty() ? PortResult{} : results[0];
  }
};

TEST_P(IcmpErrors, are_told_with_state_errno_type_code_and_router) {
  for (const auto version : {IpVersion::v4, IpVersion::v6})
    for (const auto& row : icmp_catalogue(version)) {
      SCOPED_TRACE(row.name);
      if (row.senders.empty() && row.standing == IcmpStanding::current) continue;
      const auto& in = version == IpVersion::v4 ? v4 : v6;
      const auto result = ask({.type = row.type, .code = row.last_code, .value = 1'280}, in);
      // Linux keeps some messages from connect(), and a raw socket sees them all.
      const bool heard = GetParam() == Way::syn ? row.state.has_value() : row.connect_errno != 0;
      if (!heard) {
        EXPECT_EQ(result.state, PortState::filtered);
        EXPECT_EQ(result.cause.kind, CauseKind::silence);
        EXPECT_EQ(result.attempts, 3U);
        continue;
      }
      EXPECT_EQ(result.state, row.state);
      EXPECT_EQ(result.error_code, row.connect_errno);
      EXPECT_EQ(result.cause.kind, CauseKind::icmp);
      EXPECT_EQ(result.cause.from, in.router);
      EXPECT_FALSE(result.cause.from_target);
      ASSERT_TRUE(result.cause.icmp);
      EXPECT_EQ(result.cause.icmp->type, row.type);
      EXPECT_EQ(result.cause.icmp->code, row.last_code);
      EXPECT_EQ(result.cause.icmp->name, row.name);
      EXPECT_EQ(result.attempts, 1U);
      ASSERT_TRUE(result.rtt);
      EXPECT_EQ(result.rtt->rtt, 10ms);
      EXPECT_EQ(result.cause.ttl.has_value(), GetParam() == Way::syn);
    }
}

TEST_P(IcmpErrors, of_the_target_itself_are_its_firewall_s_word) {
  const auto result = ask({.type = 3, .code = 3}, v4, v4.target);
  EXPECT_EQ(result.state, PortState::rejected);
  EXPECT_EQ(result.error_code, ECONNREFUSED);
  EXPECT_TRUE(result.cause.from_target);
}

TEST_P(IcmpErrors, suffice_with_eight_quoted_octets) {
  const auto result = ask({.type = 3, .code = 13, .quoted = 28}, v4);
  EXPECT_EQ(result.state, PortState::rejected);
}

TEST_P(IcmpErrors, of_our_own_address_are_the_neighbor_s_silence_or_our_own_doing) {
  for (const auto* in : {&v4, &v6}) {
    const bool is_v4 = in->target.is_v4();
    for (const bool neighbor : {true, false}) {
      sim::ErrorMessage error{.type = std::uint8_t(is_v4 ? 3 : 1),
                              .code = std::uint8_t(neighbor ? (is_v4 ? 1 : 3) : (is_v4 ? 13 : 1))};
      TcpScenario scan{{.manner = {.answering = sim::Answering::error,
                                   .delay = 3s,
                                   .from_client = true,
                                   .error = error}},
                       ports({80}),
                       *in};
      scan.plan.method = GetParam() == Way::syn ? TcpMethod::syn : TcpMethod::connect;
      scan.plan.deadline = 5s;
      scan.plan.retransmissions = 4;
      const auto results = scan.run().all<PortResult>();
      ASSERT_EQ(results.size(), 1U);
      EXPECT_EQ(results[0].state, neighbor ? PortState::unreachable : PortState::unknown);
      EXPECT_EQ(results[0].cause.kind, neighbor ? CauseKind::neighbor : CauseKind::system);
      EXPECT_EQ(results[0].cause.failure.has_value(), !neighbor);
    }
  }
}

TEST_P(IcmpErrors, with_a_wrong_checksum_say_nothing) {
  const auto result = ask({.type = 3, .code = 13, .broken_checksum = true}, v4);
  EXPECT_EQ(result.state, PortState::filtered);
}

INSTANTIATE_TEST_SUITE_P(AllWays, IcmpErrors, testing::Values(Way::connect, Way::soft, Way::syn));

TEST(TcpEngine, tells_the_extensions_of_an_error_where_it_sees_the_packet) {
  sim::RouterPlan router{.labels = {{.label = 24'015, .bottom = true, .ttl = Ttl{1}}}};
  router.rules.push_back({.match = {.protocol = Protocol::tcp},
                          .action = sim::Answer{.error = {.type = 11, .code = 0}}});
  TcpScenario scan{{}, ports({80}), v4, 1, router};
  scan.plan.method = TcpMethod::syn;
  const auto results = scan.run().all<PortResult>();
  ASSERT_EQ(results.size(), 1U);
  ASSERT_TRUE(results[0].cause.icmp && results[0].cause.icmp->extensions);
  EXPECT_EQ(results[0].cause.icmp->extensions->mpls.at(0).label, 24'015U);
}

}  // namespace
}  // namespace sonda::test
