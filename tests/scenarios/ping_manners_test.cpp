// A ping of hosts that behave, and of hosts that do not: one manner per scenario.
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/wire/icmp_catalogue.hpp>

#include "ping_scenario.hpp"

namespace sonda::test {
namespace {

using sim::Answering;
using sim::Manner;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

class PingBothVersions : public testing::TestWithParam<Addresses> {};
INSTANTIATE_TEST_SUITE_P(Versions, PingBothVersions, testing::Values(v4, v6),
                         [](const auto& run) { return run.param.target.is_v4() ? "v4" : "v6"; });

TEST_P(PingBothVersions, an_echo_takes_as_long_as_the_links_say) {
  PingScenario ping{Manner{}, GetParam()};
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<Reply>(), SizeIs(1));
  const auto reply = outcome.all<Reply>().front();
  EXPECT_EQ(reply.from, GetParam().target);
  EXPECT_EQ(reply.rtt, (RttSample{.rtt = 20ms, .clock = StampClock::simulated}));
  EXPECT_EQ(reply.ttl, Ttl{63});
  EXPECT_EQ(reply.bytes, 64U);
  EXPECT_EQ(outcome.summary.received, 1U);
  EXPECT_EQ(outcome.summary.elapsed, 20ms);
}

TEST_P(PingBothVersions, silence_is_loss_after_the_timeout) {
  PingScenario ping{Manner{.answering = Answering::silence}, GetParam()};
  ping.plan.count = 3;
  const auto outcome = ping.run();
  EXPECT_THAT(outcome.all<Lost>(), SizeIs(3));
  EXPECT_EQ(outcome.summary.lost, 3U);
  EXPECT_EQ(outcome.summary.elapsed, 3s);
}

TEST_P(PingBothVersions, what_comes_after_the_timeout_is_late_and_still_an_answer) {
  PingScenario ping{sim::only(0, Manner{.delay = 1500ms}), GetParam()};
  ping.plan.count = 3;
  const auto outcome = ping.run();
  EXPECT_THAT(outcome.all<Lost>(), ElementsAre(Field(&Lost::sequence, 1)));
  ASSERT_THAT(outcome.all<Reply>(), SizeIs(3));
  EXPECT_TRUE(outcome.all<Reply>()[1].late);
  EXPECT_EQ(outcome.all<Reply>()[1].rtt->rtt, 1520ms);
  EXPECT_EQ(outcome.summary.late, 1U);
  EXPECT_EQ(outcome.summary.received, 3U);
  EXPECT_EQ(outcome.summary.lost, 0U);
}

TEST_P(PingBothVersions, an_answer_given_twice_counts_once) {
  PingScenario ping{Manner{.copies = 3, .between_copies = 1ms}, GetParam()};
  ping.plan.count = 2;
  const auto outcome = ping.run();
  EXPECT_EQ(outcome.summary.received, 2U);
  EXPECT_GE(outcome.summary.duplicates, 2U);
  EXPECT_TRUE(outcome.all<Reply>()[1].duplicate);
}

TEST_P(PingBothVersions, a_wrong_octet_is_named) {
  PingScenario ping{Manner{.wrong_octet = 20}, GetParam()};
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<Reply>(), SizeIs(1));
  const auto reply = outcome.all<Reply>().front();
  EXPECT_EQ(reply.corrupt_octet, 20U);
  EXPECT_EQ(reply.corrupt_was, 20);
  EXPECT_EQ(reply.corrupt_is, 0xff - 20);
  EXPECT_EQ(outcome.summary.corrupt, 1U);
  EXPECT_EQ(outcome.summary.received, 1U);
}

TEST_P(PingBothVersions, a_wrong_octet_in_the_tag_makes_the_answer_foreign) {
  PingScenario ping{Manner{.wrong_octet = 3}, GetParam()};
  const auto outcome = ping.run();
  EXPECT_THAT(outcome.all<Reply>(), IsEmpty());
  EXPECT_EQ(outcome.summary.foreign, 1U);
  EXPECT_EQ(outcome.summary.lost, 1U);
}

TEST_P(PingBothVersions, missing_octets_are_told) {
  PingScenario ping{Manner{.cut = 16}, GetParam()};
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<Reply>(), SizeIs(1));
  EXPECT_TRUE(outcome.all<Reply>().front().truncated);
  EXPECT_EQ(outcome.all<Reply>().front().bytes, 48U);
}

TEST_P(PingBothVersions, another_address_answers) {
  PingScenario ping{Manner{.from = GetParam().stranger}, GetParam()};
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<Reply>(), SizeIs(1));
  EXPECT_EQ(outcome.all<Reply>().front().from, GetParam().stranger);
  EXPECT_TRUE(outcome.all<Reply>().front().other_address);
}

TEST_P(PingBothVersions, the_answer_to_an_older_probe_comes_behind_a_newer_one) {
  PingScenario ping{sim::only(0, Manner{.delay = 250ms}), GetParam()};
  ping.plan.count = 2;
  ping.plan.interval = 200ms;
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<Reply>(), SizeIs(2));
  EXPECT_EQ(outcome.all<Reply>()[0].sequence, 2U);
  EXPECT_TRUE(outcome.all<Reply>()[1].reordered);
  EXPECT_EQ(outcome.summary.reordered, 1U);
}

// A raw IPv4 socket shows the damage; ICMPv6 is verified by the system, so there it is only loss.
TEST_P(PingBothVersions, a_broken_checksum_is_no_answer) {
  PingScenario ping{Manner{.broken_checksum = true}, GetParam()};
  const auto outcome = ping.run();
  EXPECT_THAT(outcome.all<Reply>(), IsEmpty());
  EXPECT_EQ(outcome.summary.lost, 1U);
  EXPECT_EQ(outcome.summary.corrupt, GetParam().target.is_v4() ? 1U : 0U);
}

TEST_P(PingBothVersions, packets_larger_than_the_link_go_and_come_in_fragments) {
  PingScenario ping{Manner{}, GetParam()};
  ping.plan.data_size = 4'000;
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<Reply>(), SizeIs(1));
  EXPECT_EQ(outcome.all<Reply>().front().bytes, 4'008U);
  EXPECT_FALSE(outcome.all<Reply>().front().corrupt_octet);
  EXPECT_EQ(ping.network.sent(), 3U);
}

TEST_P(PingBothVersions, a_narrow_link_behind_the_router_names_its_mtu_and_the_next_probe_fits) {
  PingScenario ping{Manner{}, GetParam()};
  ping.plan.count = 2;
  ping.plan.data_size = 1'400;
  ping.network.set_link(ping.router, ping.host, {.delay = 5ms, .mtu = Mtu{1'280}});
  ping.network.set_link(ping.host, ping.router, {.delay = 5ms, .mtu = Mtu{1'280}});
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<IcmpError>(), SizeIs(1));
  EXPECT_EQ(outcome.all<IcmpError>().front().icmp.mtu, 1'280U);
  EXPECT_EQ(outcome.all<IcmpError>().front().error_code, EMSGSIZE);
  EXPECT_THAT(outcome.all<Reply>(), ElementsAre(Field(&Reply::sequence, 2)));
}

TEST_P(PingBothVersions, too_few_hops_end_at_the_router) {
  PingScenario ping{Manner{}, GetParam()};
  ping.plan.ttl = Ttl{1};
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<IcmpError>(), SizeIs(1));
  const auto error = outcome.all<IcmpError>().front();
  EXPECT_EQ(error.from, GetParam().router);
  EXPECT_EQ(error.icmp.name, GetParam().target.is_v4() ? "ttl-exceeded" : "hop-limit-exceeded");
  EXPECT_EQ(error.rtt->rtt, 10ms);
  EXPECT_THAT(error.quoted_changes, IsEmpty());
  EXPECT_EQ(outcome.summary.errors, 1U);
}

TEST_P(PingBothVersions, an_absent_neighbour_is_told_by_our_own_system) {
  const bool v4_run = GetParam().target.is_v4();
  PingScenario ping{Manner{.answering = Answering::error,
                           .delay = 3s,
                           .from_client = true,
                           .error = v4_run ? sim::ErrorMessage{.type = 3, .code = 1}
                                           : sim::ErrorMessage{.type = 1, .code = 3}},
                    GetParam()};
  ping.plan.timeout = 10s;
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<IcmpError>(), SizeIs(1));
  EXPECT_TRUE(outcome.all<IcmpError>().front().neighbor);
  EXPECT_EQ(outcome.all<IcmpError>().front().error_code, EHOSTUNREACH);
  EXPECT_THAT(outcome.summary.errors_by_sender,
              ElementsAre(Field(&IcmpErrorCount::neighbor, true)));
}

TEST_P(PingBothVersions, an_error_with_extensions_says_what_they_are) {
  auto error = GetParam().target.is_v4() ? sim::ErrorMessage{.type = 11, .code = 0}
                                         : sim::ErrorMessage{.type = 3, .code = 0};
  error.extensions = sim::example_extensions();
  PingScenario ping{
      Manner{.answering = Answering::error, .from = GetParam().router, .error = error}, GetParam()};
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<IcmpError>(), SizeIs(1));
  const auto extensions = outcome.all<IcmpError>().front().icmp.extensions;
  ASSERT_TRUE(extensions);
  EXPECT_THAT(extensions->mpls,
              ElementsAre(MplsReport{.label = 24'001, .bottom_of_stack = true, .ttl = Ttl{1}}));
  ASSERT_THAT(extensions->interfaces, SizeIs(1));
  EXPECT_EQ(extensions->interfaces.front().index, 7U);
  EXPECT_EQ(extensions->interfaces.front().mtu, 1'500U);
}

TEST_P(PingBothVersions, an_error_given_twice_ends_the_probe_once) {
  const auto error = GetParam().target.is_v4() ? sim::ErrorMessage{.type = 3, .code = 13}
                                               : sim::ErrorMessage{.type = 1, .code = 1};
  PingScenario ping{Manner{.answering = Answering::error, .copies = 2, .error = error}, GetParam()};
  ping.plan.count = 2;
  const auto outcome = ping.run();
  EXPECT_EQ(outcome.summary.errors, 2U);
  EXPECT_EQ(outcome.summary.lost, 0U);
  EXPECT_TRUE(outcome.all<IcmpError>()[1].duplicate);
}

TEST_P(PingBothVersions, an_error_whose_checksum_is_wrong_is_not_believed) {
  const auto error = GetParam().target.is_v4() ? sim::ErrorMessage{.type = 3, .code = 13}
                                               : sim::ErrorMessage{.type = 1, .code = 1};
  PingScenario ping{Manner{.answering = Answering::error, .broken_checksum = true, .error = error},
                    GetParam()};
  const auto outcome = ping.run();
  EXPECT_THAT(outcome.all<IcmpError>(), IsEmpty());
  EXPECT_EQ(outcome.summary.lost, 1U);
}

// RFC 792: the IP header and 64 bits of what follows is all that must come back.
TEST_P(PingBothVersions, eight_quoted_octets_are_enough_to_know_the_probe) {
  const bool v4_run = GetParam().target.is_v4();
  sim::ErrorMessage error{.type = v4_run ? std::uint8_t{3} : std::uint8_t{1}, .code = 0};
  error.quoted = v4_run ? 28 : 48;
  PingScenario ping{Manner{.answering = Answering::error, .error = error}, GetParam()};
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<IcmpError>(), SizeIs(1));
  EXPECT_EQ(outcome.all<IcmpError>().front().quoted_octets, *error.quoted);
  EXPECT_EQ(outcome.summary.errors, 1U);
}

// Older than RFC 4884: eight octets of the datagram, zeros up to octet 128, then the labels.
TEST_P(PingBothVersions, zeros_between_eight_quoted_octets_and_the_extensions_are_not_our_data) {
  const bool v4_run = GetParam().target.is_v4();
  sim::ErrorMessage error{.type = v4_run ? std::uint8_t{11} : std::uint8_t{3}, .code = 0};
  error.quoted = v4_run ? 28 : 48;
  error.extensions = sim::example_extensions();
  PingScenario ping{Manner{.answering = Answering::error, .error = error}, GetParam()};
  const auto outcome = ping.run();
  ASSERT_THAT(outcome.all<IcmpError>(), SizeIs(1));
  EXPECT_TRUE(outcome.all<IcmpError>().front().icmp.extensions);
  EXPECT_EQ(outcome.summary.foreign, 0U);
}

TEST_P(PingBothVersions, a_quotation_without_the_sequence_number_belongs_to_nobody) {
  const bool v4_run = GetParam().target.is_v4();
  sim::ErrorMessage error{.type = v4_run ? std::uint8_t{3} : std::uint8_t{1}, .code = 0};
  error.quoted = v4_run ? 26 : 46;
  PingScenario ping{Manner{.answering = Answering::error, .error = error}, GetParam()};
  const auto outcome = ping.run();
  EXPECT_THAT(outcome.all<IcmpError>(), IsEmpty());
  EXPECT_EQ(outcome.summary.lost, 1U);
}

// Every row of the catalogue, from a router and from the target itself.
TEST_P(PingBothVersions, every_icmp_error_comes_out_with_its_name_and_its_errno) {
  const bool v4_run = GetParam().target.is_v4();
  for (const auto& row : icmp_catalogue(v4_run ? IpVersion::v4 : IpVersion::v6)) {
    const bool is_an_error = v4_run ? is_error(IcmpType{row.type}) : row.type < 128;
    if (!is_an_error) continue;
    for (const auto& from : {GetParam().router, GetParam().target}) {
      PingScenario ping{Manner{.answering = Answering::error,
                               .from = from,
                               .error = {.type = row.type, .code = row.code, .value = 1'300}},
                        GetParam()};
      const auto outcome = ping.run();
      SCOPED_TRACE(row.name);
      ASSERT_THAT(outcome.all<IcmpError>(), SizeIs(1));
      const auto error = outcome.all<IcmpError>().front();
      EXPECT_EQ(error.from, from);
      EXPECT_EQ(error.icmp.type, row.type);
      EXPECT_EQ(error.icmp.code, row.code);
      EXPECT_EQ(error.icmp.name, row.name);
      EXPECT_EQ(error.error_code, row.recverr_errno);
      EXPECT_EQ(outcome.summary.errors, error.ends_probe ? 1U : 0U);
      EXPECT_EQ(outcome.summary.lost, error.ends_probe ? 0U : 1U);
    }
  }
}

TEST(PingV4, a_redirect_and_a_source_quench_do_not_end_the_probe) {
  for (const auto type : {std::uint8_t{4}, std::uint8_t{5}}) {
    PingScenario ping{Manner{}};
    ping.network.set_witness([&](Instant now, Bytes sent, sim::Network& network) {
      sim::Random random{type};
      network.inject(now + 1ms, sim::icmp_error({.type = type, .code = 0, .value = 0xc0000207},
                                                v4.router, sent, random));
    });
    const auto outcome = ping.run();
    ASSERT_THAT(outcome.all<IcmpError>(), SizeIs(1));
    EXPECT_FALSE(outcome.all<IcmpError>().front().ends_probe);
    EXPECT_EQ(outcome.all<IcmpError>().front().icmp.gateway.has_value(), type == 5);
    EXPECT_EQ(outcome.summary.received, 1U);
    EXPECT_EQ(outcome.summary.errors, 0U);
  }
}

}  // namespace
}  // namespace sonda::test
