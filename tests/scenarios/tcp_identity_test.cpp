// Answers that are not ours, come late or twice, or are a firewall's: what a scan by raw SYNs
// believes.
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/core/sha256.hpp>
#include <sonda/sim/icmp_error.hpp>
#include <sonda/wire/tcp.hpp>

#include "tcp_scenario.hpp"

namespace sonda::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Forgery {
  TcpFlags flags{};
  std::uint32_t acknowledges = 0;
};

// A segment as from the port that `syn` was sent to.
sim::Octets segment(Bytes syn, const Forgery& forgery, Ttl ttl = Ttl{64}) {
  const auto packet = *sim::IpPacket::read(syn);
  const auto asked = *TcpView::parse(packet.payload());
  const TcpHeader header{.source_port = asked.destination_port(),
                         .destination_port = asked.source_port(),
                         .acknowledgement = TcpSequence{forgery.acknowledges},
                         .flags = forgery.flags};
  const sim::Envelope envelope{
      .from = packet.destination, .to = packet.source, .protocol = Protocol::tcp, .ttl = ttl};
  auto octets = envelope.packet(header.size());
  header.emit(MutableBytes{octets}.subspan(envelope.size()), envelope.from, envelope.to);
  return octets;
}
std::uint32_t sequence_of(Bytes syn) {
  return TcpView::parse(sim::IpPacket::read(syn)->payload())->sequence().value();
}
bool is_syn(Bytes packet) {
  return TcpView::parse(sim::IpPacket::read(packet)->payload())->flags() == TcpFlags::syn;
}

sim::HostPlan silent() { return {.services = {.other_tcp = {.kind = sim::TcpKind::filtered}}}; }

class Forged : public testing::TestWithParam<const Addresses*> {};

TEST_P(Forged, segments_and_errors_change_nothing_and_are_told_of) {
  TcpScenario scan{silent(), ports({80}), *GetParam()};
  scan.plan.method = TcpMethod::syn;
  scan.plan.retransmissions = 0;
  scan.network.set_witness([](Instant now, Bytes sent, sim::Network& network) {
    if (!is_syn(sent)) return;
    const auto right = sequence_of(sent) + 1;
    sim::Random random{1};
    network.inject(now + 1ms, segment(sent, {TcpFlags::rst | TcpFlags::ack, right + 1}));
    network.inject(now + 2ms, segment(sent, {TcpFlags::syn | TcpFlags::ack, right - 1}));
    network.inject(now + 3ms, segment(sent, {TcpFlags::rst, right}));
    network.inject(now + 4ms, segment(sent, {TcpFlags::ack, right}));
    // An error about a SYN like this one, with another sequence number.
    sim::Octets lie{sent.begin(), sent.end()};
    const auto at = lie.size() - sim::IpPacket::read(sent)->payload().size() + 4;
    store(MutableBytes{lie}, at, right + 7);
    const bool is_v4 = sim::IpPacket::read(sent)->version == IpVersion::v4;
    network.inject(now + 5ms, sim::icmp_error({.type = std::uint8_t(is_v4 ? 3 : 1), .code = 1},
                                              sim::IpPacket::read(sent)->destination, lie, random));
  });
  const auto outcome = scan.run();
  const auto results = outcome.all<PortResult>();
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].state, PortState::filtered);
  EXPECT_EQ(outcome.all<Foreign>().size(), 5U);
  EXPECT_EQ(outcome.summary.foreign, 5U);
}

// A SYN-ACK was lost: what comes after the second SYN is believed, but is no round trip.
TEST_P(Forged, none_are_answers_after_a_retransmission) {
  TcpScenario scan{silent(), ports({80}), *GetParam()};
  scan.plan.method = TcpMethod::syn;
  std::optional<std::uint32_t> first;
  scan.network.set_witness([&first](Instant now, Bytes sent, sim::Network& network) {
    if (!is_syn(sent)) return;
    const auto sequence = sequence_of(sent);
    if (!first) {
      first = sequence;
      return;
    }
    EXPECT_EQ(sequence, *first) << "a half-open connection would refuse another one";
    network.inject(now + 1ms, segment(sent, {TcpFlags::syn | TcpFlags::ack, sequence + 1}));
  });
  const auto outcome = scan.run();
  const auto results = outcome.all<PortResult>();
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].state, PortState::open);
  EXPECT_EQ(results[0].attempts, 2U);
  EXPECT_FALSE(results[0].rtt);
  EXPECT_EQ(outcome.summary.answered_at[1], 1U);
  EXPECT_THAT(outcome.all<Foreign>(), IsEmpty());
}

TEST_P(Forged, ones_do_not_disturb_a_connect) {
  TcpScenario scan{silent(), ports({80}), *GetParam()};
  scan.plan.retransmissions = 0;
  scan.network.set_witness([](Instant now, Bytes sent, sim::Network& network) {
    if (!is_syn(sent)) return;
    const auto right = sequence_of(sent) + 1;
    network.inject(now + 1ms, segment(sent, {TcpFlags::rst | TcpFlags::ack, right + 1}));
    network.inject(now + 2ms, segment(sent, {TcpFlags::rst, right}));
  });
  EXPECT_EQ(scan.run().all<PortResult>().at(0).state, PortState::filtered);
}

INSTANTIATE_TEST_SUITE_P(BothVersions, Forged, testing::Values(&v4, &v6));

TEST(TcpEngine, passes_over_second_and_late_answers_without_a_word) {
  sim::HostPlan plan{.manner = {.copies = 3, .between_copies = 5ms}};
  plan.services.tcp[Port{23}] = {.kind = sim::TcpKind::filtered};
  TcpScenario scan{plan, ports({80, 81, 82, 23})};
  scan.network.set_link(*scan.host, *scan.router, {.delay = 5ms, .duplication = 1});
  scan.plan.method = TcpMethod::syn;
  const auto outcome = scan.run();
  EXPECT_EQ(outcome.ports(*scan.plan.space).size(), 4U);
  EXPECT_THAT(outcome.all<Foreign>(), IsEmpty());
  EXPECT_EQ(outcome.summary.by_state[1], 3U);
}

// ------------------------------------------------------------------------------------ firewalls

// Port 80 open; 81 closed; 25 reset by the router in the target's name.
sim::RouterPlan resetting_router() {
  sim::RouterPlan plan;
  plan.rules.push_back(
      {.match = {.protocol = Protocol::tcp, .destination_port = Port{25}}, .action = sim::Reset{}});
  return plan;
}

TEST(TcpEngine, knows_a_firewall_s_rst_by_its_hops) {
  for (const auto* in : {&v4, &v6})
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
      sim::HostPlan host;
      host.services.tcp[Port{80}] = {.kind = sim::TcpKind::open};
      TcpScenario scan{host, ports({80, 81, 25}), *in, seed, resetting_router()};
      scan.plan.method = TcpMethod::syn;
      const auto results = scan.run().ports(*scan.plan.space);
      const auto of = [&](int port) { return results.at({in->target, Port{port}}); };
      EXPECT_EQ(of(25).state, PortState::closed);
      EXPECT_EQ(of(25).cause.hops_nearer, 1);
      EXPECT_EQ(of(81).cause.hops_nearer, 0);
      EXPECT_FALSE(of(80).cause.hops_nearer);
      EXPECT_EQ(of(80).cause.ttl, Ttl{63});
    }
}

TEST(TcpEngine, does_not_know_whose_rst_it_was_without_a_syn_ack) {
  TcpScenario scan{{}, ports({81, 25}), v4, 1, resetting_router()};
  scan.plan.method = TcpMethod::syn;
  const auto outcome = scan.run();
  for (const auto& result : outcome.all<PortResult>()) {
    EXPECT_FALSE(result.cause.hops_nearer);
    EXPECT_TRUE(result.cause.ttl);
  }
  EXPECT_EQ(outcome.all<PortResult>().size(), 2U);
}

TEST(TcpEngine, holds_no_result_of_a_host_for_longer_than_a_second) {
  sim::HostPlan host;
  host.services.tcp[Port{23}] = {.kind = sim::TcpKind::filtered};
  TcpScenario scan{host, ports({23, 81, 82})};
  scan.plan.method = TcpMethod::syn;
  scan.plan.deadline = 10s;
  std::vector<Instant> at;
  scan.on_step = [&](Instant now, run::Loop&) { at.push_back(now); };
  const auto outcome = scan.run();
  // The order of events is the order in which they were told: the closed ones long before the last.
  const auto results = outcome.all<PortResult>();
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].state, PortState::closed);
  EXPECT_EQ(results[1].state, PortState::closed);
  EXPECT_THAT(at, testing::Contains(Instant{1'020ms}));
}

TEST(TcpEngine, cannot_know_whose_rst_it_was_with_connect) {
  TcpScenario scan{{}, ports({25}), v4, 1, resetting_router()};
  const auto result = scan.run().all<PortResult>().at(0);
  EXPECT_EQ(result.state, PortState::closed);
  EXPECT_FALSE(result.cause.hops_nearer);
  EXPECT_FALSE(result.cause.ttl);
}

// --------------------------------------------------------------------------------- what is sent

TEST(TcpEngine, names_the_octets_of_each_syn_where_that_is_asked_for) {
  TcpScenario scan{silent(), ports({80, 81})};
  scan.plan.method = TcpMethod::syn;
  scan.plan.hash_octets = true;
  std::vector<std::string> seen;
  scan.network.set_witness(
      [&seen](Instant, Bytes sent, sim::Network&) { seen.push_back(sha256_text(sent)); });
  std::vector<std::string> told;
  const auto outcome = scan.run();
  for (const auto& sent : outcome.all<Sent>()) told.push_back(sent.octets_sha256);
  EXPECT_EQ(told.size(), 6U);
  EXPECT_EQ(told, seen);
  EXPECT_EQ(outcome.all<Sent>().back().sequence, 2U);
}

TEST(TcpEngine, sends_the_syn_that_linux_sends) {
  for (const auto* in : {&v4, &v6}) {
    TcpScenario scan{silent(), ports({80}), *in};
    scan.plan.method = TcpMethod::syn;
    scan.plan.retransmissions = 0;
    sim::Octets sent;
    scan.network.set_witness([&sent](Instant, Bytes octets, sim::Network&) {
      sent.assign(octets.begin(), octets.end());
    });
    (void)scan.run();
    const auto packet = *sim::IpPacket::read(sent);
    EXPECT_TRUE(packet.dont_fragment);
    EXPECT_EQ(packet.ttl, Ttl{64});
    const auto syn = *TcpView::parse(packet.payload());
    EXPECT_TRUE(syn.checksum_ok(packet.source, packet.destination));
    EXPECT_EQ(syn.window(), in == &v4 ? 64'240 : 64'800);
    EXPECT_EQ(syn.header_size(), 40U);
    EXPECT_EQ(syn.options().mss(), in == &v4 ? 1'460 : 1'440);
    std::vector<TcpOptionKind> kinds;
    for (const auto option : syn.options()) kinds.push_back(option.kind());
    EXPECT_THAT(kinds, ElementsAre(TcpOptionKind::mss, TcpOptionKind::sack_permitted,
                                   TcpOptionKind::timestamps, TcpOptionKind::no_operation,
                                   TcpOptionKind::window_scale));
  }
}

TEST(TcpEngine, calls_a_port_unknown_where_no_way_leads) {
  TcpScenario scan{silent(), port_range(1, 200)};
  scan.plan.method = TcpMethod::syn;
  const Failure failure{"find a route", ENETUNREACH, "to 198.51.100.10"};
  scan.plan.source_for = [&failure](const Address&) { return std::unexpected{failure}; };
  const auto outcome = scan.run();
  const auto results = outcome.all<PortResult>();
  ASSERT_EQ(results.size(), 200U);
  for (const auto& result : results) {
    EXPECT_EQ(result.state, PortState::unknown);
    EXPECT_EQ(result.cause.kind, CauseKind::system);
    EXPECT_EQ(result.cause.failure, failure);
    EXPECT_EQ(result.attempts, 0U);
  }
  EXPECT_EQ(outcome.summary.probes, 0U);
}

TEST(TcpEngine, takes_what_the_link_refuses_for_our_own_doing) {
  TcpScenario scan{{}, ports({80}), v6};
  scan.addresses.client = v4.client;  // no address of the target's version
  const auto result = scan.run().all<PortResult>().at(0);
  EXPECT_EQ(result.state, PortState::unknown);
  EXPECT_EQ(result.cause.kind, CauseKind::system);
  EXPECT_EQ(result.error_code, ENETUNREACH);
  EXPECT_EQ(result.attempts, 0U);
}

// Between namespaces of one machine a checksum may be left to a card that is not there.
TEST(TcpEngine, takes_a_checksum_that_was_only_begun) {
  TcpScenario scan{silent(), ports({80})};
  scan.plan.method = TcpMethod::syn;
  scan.plan.retransmissions = 0;
  scan.network.set_witness([](Instant now, Bytes sent, sim::Network& network) {
    if (!is_syn(sent)) return;
    const TcpFlags opens = TcpFlags::syn | TcpFlags::ack;
    auto begun = segment(sent, {opens, sequence_of(sent) + 1});
    auto wrong = begun;
    const auto packet = *sim::IpPacket::read(sent);
    const auto sum = static_cast<std::uint16_t>(
        ~Checksum{}
             .add_pseudo_header(packet.destination, packet.source, Protocol::tcp, 20)
             .finish());
    store(MutableBytes{begun}, 36, sum);
    store(MutableBytes{wrong}, 36, static_cast<std::uint16_t>(sum + 1));
    network.inject(now + 1ms, wrong);
    network.inject(now + 2ms, begun);
  });
  const auto outcome = scan.run();
  EXPECT_EQ(outcome.all<PortResult>().at(0).state, PortState::open);
  EXPECT_EQ(outcome.all<PortResult>().at(0).rtt->rtt, 2ms);
}

}  // namespace
}  // namespace sonda::test
