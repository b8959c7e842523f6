// UDP ports of every kind, what a host keeps to itself, and how many errors it sends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/host.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/wire/udp.hpp>

#include "recording_outbox.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Octets datagram(const Ends& ends, Bytes data, Port to = Port{53}) {
  const Envelope envelope{.from = ends.from, .to = ends.to, .protocol = Protocol::udp};
  auto packet = envelope.packet(UdpHeader::size() + data.size());
  const auto room = MutableBytes{packet}.subspan(envelope.size());
  std::ranges::copy(data, room.subspan(UdpHeader::size()).begin());
  UdpHeader{.source_port = Port{4'000}, .destination_port = to}.emit(room, ends.from, ends.to);
  return packet;
}

struct Answer {
  Port from{}, to{};
  Octets data{};
};

struct HostServicesOf : testing::TestWithParam<Ends> {
  [[nodiscard]] bool is_v4() const { return GetParam().to.is_v4(); }
  void build(HostPlan plan) {
    plan.addresses = {GetParam().to};
    host = Host{std::move(plan)};
  }
  void build(const UdpService& service) { build({.services = {.udp = {{Port{53}, service}}}}); }
  void deliver(const Octets& packet, Instant at = Instant{1s}) {
    host.on_packet({at, Side{2}, packet}, out);
  }
  void ask(Octets data = {1, 2, 3}, Port to = Port{53}) {
    out.sent.clear();
    deliver(datagram(GetParam(), data, to));
  }
  Answer answer() {
    EXPECT_THAT(out.sent, SizeIs(1));
    const auto ip = IpPacket::read(out.sent.at(0).octets);
    EXPECT_EQ(ip->protocol, Protocol::udp);
    EXPECT_EQ(ip->source, GetParam().to);
    const auto udp = UdpView::parse(ip->payload());
    EXPECT_TRUE(udp && udp->checksum_ok(ip->source, ip->destination));
    return {udp->source_port(), udp->destination_port(),
            Octets(udp->payload().begin(), udp->payload().end())};
  }
  int error_type() {
    EXPECT_THAT(out.sent, SizeIs(1));
    return IpPacket::read(out.sent.at(0).octets)->payload()[0];
  }

  RecordingOutbox out{};
  Host host{{}};
};
INSTANTIATE_TEST_SUITE_P(Versions, HostServicesOf, testing::Values(v4, v6),
                         [](const auto& run) { return run.param.to.is_v4() ? "v4" : "v6"; });

TEST_P(HostServicesOf, an_echo_port_gives_the_datagram_back) {
  build({.kind = UdpKind::echo});
  ask();
  EXPECT_THAT(answer().data, ElementsAre(1, 2, 3));
  EXPECT_EQ(answer().from, Port{53});
  EXPECT_EQ(answer().to, Port{4'000});
  ask({}, Port{54});
  EXPECT_EQ(error_type(), is_v4() ? 3 : 1) << "the other ports are closed";
}

TEST_P(HostServicesOf, a_large_echo_leaves_in_pieces) {
  build({.kind = UdpKind::echo});
  for (const auto& piece : pieces(datagram(GetParam(), Octets(4'000, 'x')), Mtu{1'500}, 7))
    deliver(piece);
  EXPECT_THAT(out.sent, SizeIs(3));
}

TEST_P(HostServicesOf, an_answer_comes_late_and_from_another_port) {
  build({.kind = UdpKind::answer, .reply = {'o', 'k'}, .from = Port{1'053}, .delay = 20ms});
  ask();
  EXPECT_THAT(answer().data, ElementsAre('o', 'k'));
  EXPECT_EQ(answer().from, Port{1'053});
  EXPECT_EQ(out.sent[0].wait, 20ms);
}

TEST_P(HostServicesOf, an_answer_may_be_made_of_the_question) {
  build({.kind = UdpKind::answer,
         .reply = {9},
         .respond = [](Bytes request) -> std::optional<Octets> {
           if (request.empty()) return std::nullopt;
           return Octets{request[0], 7};
         }});
  ask();
  EXPECT_THAT(answer().data, ElementsAre(1, 7));
  ask({});
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::ignored));
}

TEST_P(HostServicesOf, a_silent_port_says_nothing) {
  build({.kind = UdpKind::silent});
  ask();
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::ignored));
  EXPECT_EQ(host.asked(), 1U);
}

TEST_P(HostServicesOf, an_answer_is_never_too_long_for_a_packet) {
  build({.kind = UdpKind::answer, .reply = Octets(100'000)});
  out.link_mtu = Mtu{65'535};
  ask();
  EXPECT_EQ(answer().data.size(), is_v4() ? 65'507U : 65'487U);
}

TEST_P(HostServicesOf, what_is_switched_off_is_not_answered) {
  build(HostPlan{.answers_echo = false, .answers_timestamps = false});
  deliver(echo_request(GetParam()));
  EXPECT_THAT(out.sent, IsEmpty());
  EXPECT_THAT(out.deeds, ElementsAre(Deed::ignored));
  ask();
  EXPECT_EQ(error_type(), is_v4() ? 3 : 1) << "errors are another matter";
}

TEST_P(HostServicesOf, its_ttl_is_on_all_it_sends) {
  build(HostPlan{.services = {.udp = {{Port{53}, {.kind = UdpKind::echo}}}}, .ttl = Ttl{128}});
  deliver(echo_request(GetParam()));
  deliver(datagram(GetParam(), {}));
  deliver(datagram(GetParam(), {}, Port{1}));
  ASSERT_THAT(out.sent, SizeIs(3));
  for (const auto& sent : out.sent) EXPECT_EQ(IpPacket::read(sent.octets)->ttl, Ttl{128});
}

TEST_P(HostServicesOf, errors_come_out_of_a_budget_and_answers_do_not) {
  build(HostPlan{.limit = IcmpBucket{.per_second = 1, .burst = 2}});
  for (int i = 0; i < 4; ++i) deliver(datagram(GetParam(), {}));
  EXPECT_THAT(out.sent, SizeIs(2));
  EXPECT_THAT(out.deeds, ElementsAre(Deed::rate_limited, Deed::rate_limited));
  deliver(echo_request(GetParam()));
  EXPECT_THAT(out.sent, SizeIs(3));
}

TEST_P(HostServicesOf, what_cannot_be_read_is_noted) {
  build(HostPlan{});
  deliver({1, 2, 3});
  auto damaged = echo_request(GetParam());
  damaged.back() ^= 1;
  deliver(damaged);
  EXPECT_THAT(out.deeds, ElementsAre(Deed::unreadable, Deed::unreadable));
}

TEST_P(HostServicesOf, whoever_has_no_address_gets_no_answer) {
  build({.kind = UdpKind::echo});
  Ends nobody = GetParam();
  for (const auto& from : is_v4()
                              ? std::vector<Address>{Ipv4Address{}, Ipv4Address{224, 0, 0, 1}}
                              : std::vector<Address>{Ipv6Address{}, *Address::parse("ff02::1")}) {
    nobody.from = from;
    deliver(datagram(nobody, {}));
    deliver(echo_request(nobody));
  }
  EXPECT_THAT(out.sent, IsEmpty());
}

TEST_P(HostServicesOf, its_patience_with_fragments_is_the_plans_and_one_call_is_enough) {
  build(HostPlan{.reassembly_patience = 3s});
  const auto parts = pieces(echo_request(GetParam(), 4'000, Ttl{64}, false), Mtu{1'500}, 3);
  deliver(parts[0], Instant{1s});
  deliver(parts[1], Instant{2s});
  EXPECT_THAT(out.wakes, ElementsAre(3s));
  host.on_time(Instant{4s}, out);
  EXPECT_EQ(error_type(), is_v4() ? 11 : 3);
  EXPECT_THAT(out.wakes, SizeIs(1));
}

}  // namespace
}  // namespace sonda::sim
