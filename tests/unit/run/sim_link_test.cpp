// The simulated client's system: what reaches a raw and a datagram socket, and what does not.
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/run/sim_link.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/icmp_echo.hpp>

#include "link_inbox.hpp"

namespace sonda::run {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

struct Ends {
  Address client, router, target;
};
const Ends v4{Ipv4Address{192, 0, 2, 2}, Ipv4Address{192, 0, 2, 1}, Ipv4Address{198, 51, 100, 10}};
const Ends v6{*Address::parse("2001:db8::2"), *Address::parse("2001:db8::1"),
              *Address::parse("2001:db8:1::10")};

struct SimLinkOf : testing::TestWithParam<Ends> {
  SimLinkOf() {
    network.connect(network.client(), router, {.delay = 1ms});
    network.connect(router, host, {.delay = 1ms});
  }
  [[nodiscard]] bool is_v4() const { return GetParam().target.is_v4(); }
  [[nodiscard]] sim::Octets message(std::size_t data_size) const {
    const sim::Octets data(data_size, 0x61);
    const Echo echo{.identifier = Identifier{0x1111}, .sequence = Sequence{9}, .data = data};
    sim::Octets octets(echo.size());
    if (is_v4())
      echo.emit(octets);
    else
      echo.emit(octets, GetParam().client.v6(), GetParam().target.v6());
    return octets;
  }
  [[nodiscard]] sim::Octets request(std::size_t data_size, bool dont_fragment = true) const {
    const auto icmp = message(data_size);
    const sim::Envelope envelope{.from = GetParam().client,
                                 .to = GetParam().target,
                                 .protocol = is_v4() ? Protocol::icmp : Protocol::icmpv6,
                                 .traffic_class = TrafficClass{0x20},
                                 .identification = 4,
                                 .dont_fragment = dont_fragment};
    auto octets = envelope.packet(icmp.size());
    std::ranges::copy(icmp, octets.begin() + static_cast<std::ptrdiff_t>(envelope.size()));
    return octets;
  }
  void drain(Link& link) {
    while (const auto at = link.next_wakeup()) link.readable(*at, inbox);
  }
  void send(Link& link, const sim::Octets& octets, bool may_fragment = false, Mtu mtu = {}) {
    const Action action = Send{.probe = ProbeId{5},
                               .octets = octets,
                               .to = GetParam().target,
                               .mtu = mtu,
                               .may_fragment = may_fragment};
    link.transmit(Instant{1s}, {&action, 1}, inbox);
  }
  void send_on(Link& link, const sim::Octets& message, Ttl ttl = {}) {
    const Action action =
        SendOn{.probe = ProbeId{5}, .octets = message, .to = GetParam().target, .ttl = ttl};
    link.transmit(Instant{1s}, {&action, 1}, inbox);
  }

  LinkInbox inbox{};
  sim::Network network{1};
  sim::Router& router{network.add(sim::Router{{.addresses = {GetParam().router}}})};
  sim::Host& host{network.add(sim::Host{{.addresses = {GetParam().target}}})};
};
INSTANTIATE_TEST_SUITE_P(Versions, SimLinkOf, testing::Values(v4, v6),
                         [](const auto& run) { return run.param.target.is_v4() ? "v4" : "v6"; });

TEST_P(SimLinkOf, a_send_is_stamped_by_the_virtual_clock) {
  SimLink link{network};
  send(link, request(8));
  const Stamp stamp{.ns = 1'000'000'000, .error_ns = 0, .clock = StampClock::simulated};
  EXPECT_EQ(inbox.sent, (std::vector{LinkInbox::Sent{Instant{1s}, ProbeId{5}, stamp}}));
  EXPECT_TRUE(link.writable(Instant{1s}));
  EXPECT_THAT(link.descriptors(), IsEmpty());
}

TEST_P(SimLinkOf, a_raw_socket_gets_ipv4_with_and_ipv6_without_its_header) {
  SimLink link{network};
  send(link, request(8));
  drain(link);
  ASSERT_THAT(inbox.packets, SizeIs(1));
  const auto& received = inbox.packets[0].received;
  EXPECT_EQ(received.begins, is_v4() ? Begins::ip : Begins::transport);
  EXPECT_EQ(inbox.packets[0].octets.size(), is_v4() ? 36U : 16U);
  EXPECT_EQ(received.source, GetParam().target);
  EXPECT_EQ(received.destination, GetParam().client);
  EXPECT_EQ(received.hop_limit, Ttl{63});
  EXPECT_EQ(received.traffic_class, TrafficClass{0x20});
  EXPECT_EQ(received.stamp.ns, 1'004'000'000);
  EXPECT_EQ(received.stamp.clock, StampClock::simulated);
}

TEST_P(SimLinkOf, what_exceeds_the_mtu_leaves_in_fragments_and_arrives_whole) {
  SimLink link{network};
  send(link, request(3'000, false), true);
  EXPECT_EQ(network.sent(), 3U);
  EXPECT_THAT(inbox.sent, SizeIs(1));
  drain(link);
  ASSERT_THAT(inbox.packets, SizeIs(1));
  EXPECT_EQ(inbox.packets[0].octets.size(), is_v4() ? 3'028U : 3'008U);
}

TEST_P(SimLinkOf, the_plan_may_know_a_smaller_mtu) {
  SimLink link{network};
  send(link, request(1'400, false), true, Mtu{1'280});
  EXPECT_EQ(network.sent(), 2U);
}

TEST_P(SimLinkOf, what_may_not_be_fragmented_is_refused_and_the_mtu_named) {
  SimLink link{network};
  send(link, request(3'000));
  ASSERT_THAT(inbox.refused, SizeIs(1));
  EXPECT_EQ(inbox.refused[0].first, ProbeId{5});
  EXPECT_EQ(inbox.refused[0].second.error_code, EMSGSIZE);
  EXPECT_THAT(inbox.refused[0].second.subject, testing::EndsWith("(MTU 1500)"));
  EXPECT_EQ(network.sent(), 0U);
}

TEST_P(SimLinkOf, a_system_throws_away_what_is_not_for_it_or_damaged) {
  SimLink link{network};
  network.give_client(GetParam().client);
  const auto good = request(8);
  for (std::size_t size = 0; size < good.size(); ++size)
    network.inject(Instant{1s}, {good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)});
  network.inject(Instant{1s}, good);  // to the target, not to the client
  drain(link);
  EXPECT_THAT(inbox.packets, IsEmpty());
}

// rawv6_rcv verifies ICMPv6's checksum; a raw IPv4 socket gets what the IP header lets through.
TEST_P(SimLinkOf, a_wrong_icmp_checksum_reaches_a_raw_ipv4_socket_only) {
  host.set_manner({.broken_checksum = true});
  SimLink link{network};
  send(link, request(8));
  drain(link);
  EXPECT_THAT(inbox.packets, SizeIs(is_v4() ? 1 : 0));
}

TEST_P(SimLinkOf, other_protocols_do_not_reach_an_icmp_socket) {
  network.give_client(GetParam().client);
  const sim::Envelope envelope{
      .from = GetParam().target, .to = GetParam().client, .protocol = Protocol::udp};
  network.inject(Instant{1s}, envelope.packet(8));
  SimLink link{network};
  drain(link);
  EXPECT_THAT(inbox.packets, IsEmpty());
}

TEST_P(SimLinkOf, a_datagram_socket_has_its_own_identifier) {
  SimLink link{network, {.source = GetParam().client, .identifier = Identifier{0x7777}}};
  send_on(link, message(8));
  drain(link);
  ASSERT_THAT(inbox.packets, SizeIs(1));
  EXPECT_EQ(inbox.packets[0].received.begins, Begins::transport);
  const auto echo = is_v4() ? Echo::parse_icmpv4(inbox.packets[0].octets)
                            : Echo::parse_icmpv6(inbox.packets[0].octets);
  EXPECT_EQ(echo->identifier, Identifier{0x7777});
  EXPECT_EQ(echo->sequence, Sequence{9});
}

TEST_P(SimLinkOf, a_datagram_socket_hears_only_its_own_replies) {
  SimLink raw{network};
  send(raw, request(8));  // with another identifier
  SimLink link{network, {.source = GetParam().client, .identifier = Identifier{0x7777}}};
  drain(link);
  EXPECT_THAT(inbox.packets, IsEmpty());
}

TEST_P(SimLinkOf, an_icmp_error_lies_in_the_error_queue_of_a_datagram_socket) {
  SimLink link{network, {.source = GetParam().client, .identifier = Identifier{0x7777}}};
  send_on(link, message(8), Ttl{1});
  drain(link);
  EXPECT_THAT(inbox.packets, IsEmpty());
  ASSERT_THAT(inbox.queued, SizeIs(1));
  const auto& error = inbox.queued[0].error;
  EXPECT_EQ(error.origin, ErrorOrigin::icmp);
  EXPECT_EQ(error.error_code, EHOSTUNREACH);
  EXPECT_EQ(error.icmp_type, is_v4() ? 11 : 3);
  EXPECT_EQ(error.offender, GetParam().router);
  EXPECT_EQ(error.destination, GetParam().target);
  EXPECT_EQ(inbox.queued[0].quoted.size(), 16U) << "from the ICMP header on";
}

TEST_P(SimLinkOf, the_error_queue_tells_the_mtu) {
  network.set_link(router, host, {.mtu = Mtu{1'300}});
  SimLink link{network, {.source = GetParam().client, .identifier = Identifier{0x7777}}};
  const auto large = message(1'400);
  const Action action =
      SendOn{.probe = ProbeId{1}, .octets = large, .to = GetParam().target, .path_mtu_discovery = PathMtuDiscovery::keep};
  link.transmit(Instant{}, {&action, 1}, inbox);
  drain(link);
  ASSERT_THAT(inbox.queued, SizeIs(1));
  EXPECT_EQ(inbox.queued[0].error.error_code, EMSGSIZE);
  EXPECT_EQ(inbox.queued[0].error.info, 1'300U);
}

TEST_P(SimLinkOf, what_a_socket_of_this_kind_cannot_do_is_refused) {
  SimLink raw{network};
  send_on(raw, message(8));
  ASSERT_THAT(inbox.refused, SizeIs(1));
  EXPECT_EQ(inbox.refused[0].second.error_code, EINVAL);
  const Action connect = Connect{.probe = ProbeId{6}, .to = GetParam().target, .port = Port{80}};
  raw.transmit(Instant{}, {&connect, 1}, inbox);
  ASSERT_THAT(inbox.refused, SizeIs(2));
  EXPECT_EQ(inbox.refused[1].second.error_code, EOPNOTSUPP);
}

}  // namespace
}  // namespace sonda::run
