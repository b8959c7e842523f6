// The raw link over loopback, where our own kernel answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/raw_link.hpp>

#include "echo_packets.hpp"
#include "recording_inbox.hpp"

namespace sonda::net::testing {
namespace {

constexpr Identifier ours{0x51da};

RawLink open_link(IpVersion version, RawLinkOptions options = {}) {
  have_the_kernel_stamp_packets();
  if (options.identifier == Identifier{}) options.identifier = ours;
  auto socket = RawIcmpSocket::open(version);
  EXPECT_TRUE(socket) << socket.error().message();
  auto link = RawLink::open(std::move(*socket), options);
  EXPECT_TRUE(link) << link.error().message();
  return std::move(*link);
}

Action send(std::uint64_t probe, const std::vector<std::uint8_t>& octets, Address to) {
  return Send{.probe = ProbeId{probe}, .octets = octets, .to = to};
}

TEST(RawLink, delivers_the_kernels_answer_to_an_ipv4_echo_request) {
  auto link = open_link(IpVersion::v4);
  RecordingInbox inbox;
  const auto packet = echo_request_v4(loopback_v4, loopback_v4, ours, 1);
  const std::array batch{send(7, packet, loopback_v4)};
  const auto before = now();
  link.transmit(before, batch, inbox);
  ASSERT_TRUE(drive(link, inbox, [&] { return inbox.packets.size() == 1; }));

  const auto& received = inbox.packets[0].received;
  EXPECT_EQ(received.begins, Begins::ip);
  EXPECT_EQ(received.source, Address{loopback_v4});
  EXPECT_EQ(received.destination, Address{loopback_v4});
  EXPECT_EQ(received.hop_limit, Ttl{64});
  EXPECT_EQ(received.interface, InterfaceIndex{1});
  EXPECT_EQ(received.stamp.clock, StampClock::kernel);
  EXPECT_GE(received.stamp.ns, before.time_since_epoch().count());
  EXPECT_LE(received.stamp.ns, now().time_since_epoch().count());
  const auto ip = Ipv4View::parse(received.octets);
  ASSERT_TRUE(ip);
  const auto echo = Echo::parse_icmpv4(ip->payload());
  ASSERT_TRUE(echo);
  EXPECT_EQ(echo->kind, EchoKind::reply);
  EXPECT_EQ(echo->identifier, ours);
  EXPECT_EQ(echo->data.size(), 56U);
}

TEST(RawLink, brackets_each_packet_between_two_kernel_stamps) {
  auto link = open_link(IpVersion::v4);
  RecordingInbox inbox;
  std::vector<std::vector<std::uint8_t>> packets;
  std::vector<Action> batch;
  for (std::uint16_t i = 0; i < 100; ++i)
    packets.push_back(echo_request_v4(loopback_v4, loopback_v4, ours, i));
  for (std::uint16_t i = 0; i < 100; ++i) batch.push_back(send(i, packets[i], loopback_v4));
  link.transmit(now(), batch, inbox);
  ASSERT_TRUE(drive(link, inbox, [&] { return inbox.packets.size() == 100; }));

  std::int64_t previous = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto stamp = inbox.last_stamp(ProbeId{i});
    EXPECT_EQ(stamp.clock, StampClock::kernel) << i;
    EXPECT_GT(stamp.ns, previous) << i;
    EXPECT_LT(stamp.error_ns, 1'000'000) << i;
    // The answer was stamped after the request had left.
    EXPECT_GE(inbox.packets[i].received.stamp.ns, stamp.ns - stamp.error_ns) << i;
    previous = stamp.ns;
  }
}

TEST(RawLink, tells_the_users_stamp_at_once_and_only_that_where_no_other_is_wanted) {
  RawLinkOptions options;
  options.transmit_stamps = false;
  auto link = open_link(IpVersion::v4, options);
  RecordingInbox inbox;
  const auto packet = echo_request_v4(loopback_v4, loopback_v4, ours, 1);
  const std::array batch{send(3, packet, loopback_v4)};
  const auto before = now();
  link.transmit(before, batch, inbox);
  const auto after = now();
  ASSERT_TRUE(drive(link, inbox, [&] { return inbox.packets.size() == 1; }));

  ASSERT_EQ(inbox.sent.size(), 1U);
  const auto stamp = inbox.sent[0].second;
  EXPECT_EQ(stamp.clock, StampClock::user);
  EXPECT_GE(stamp.ns - stamp.error_ns, before.time_since_epoch().count());
  EXPECT_LE(stamp.ns + stamp.error_ns, after.time_since_epoch().count() + 1);
}

TEST(RawLink, does_not_see_answers_to_other_programs) {
  auto link = open_link(IpVersion::v4);
  auto other = open_link(IpVersion::v4, {.identifier = Identifier{0x1234}});
  RecordingInbox inbox, other_inbox;
  const auto packet = echo_request_v4(loopback_v4, loopback_v4, Identifier{0x1234}, 1);
  const std::array batch{send(1, packet, loopback_v4)};
  other.transmit(now(), batch, other_inbox);
  ASSERT_TRUE(drive(other, other_inbox, [&] { return !other_inbox.packets.empty(); }));
  link.readable(now(), inbox);
  EXPECT_TRUE(inbox.packets.empty());
}

TEST(RawLink, cuts_what_is_longer_than_the_asked_for_mtu_and_stamps_the_last_fragment) {
  auto link = open_link(IpVersion::v4);
  RecordingInbox inbox;
  const auto packet = echo_request_v4(loopback_v4, loopback_v4, ours, 1, 4000);
  const std::array<Action, 1> batch{Send{.probe = ProbeId{9},
                                         .octets = packet,
                                         .to = loopback_v4,
                                         .mtu = Mtu{1280},
                                         .may_fragment = true}};
  link.transmit(now(), batch, inbox);
  ASSERT_TRUE(drive(link, inbox, [&] { return inbox.packets.size() == 1; }));
  EXPECT_EQ(inbox.packets[0].octets.size(), 4028U);
  EXPECT_EQ(inbox.last_stamp(ProbeId{9}).clock, StampClock::kernel);
  EXPECT_TRUE(inbox.refused.empty());
}

TEST(RawLink, refuses_to_cut_what_must_stay_whole_and_names_the_mtu) {
  auto link = open_link(IpVersion::v4);
  RecordingInbox inbox;
  const auto packet = echo_request_v4(loopback_v4, loopback_v4, ours, 1, 1300, true);
  const std::array<Action, 1> batch{
      Send{.probe = ProbeId{9}, .octets = packet, .to = loopback_v4, .mtu = Mtu{1280}}};
  link.transmit(now(), batch, inbox);
  ASSERT_EQ(inbox.refused.size(), 1U);
  EXPECT_EQ(inbox.refused[0].first, ProbeId{9});
  EXPECT_EQ(inbox.refused[0].second.message(),
            "send to 127.0.0.1, 1328 octets where the MTU is 1280: Message too long (EMSGSIZE)");
}

TEST(RawLink, refuses_what_is_not_a_whole_packet) {
  auto link = open_link(IpVersion::v4);
  RecordingInbox inbox;
  const std::array<Action, 2> batch{SendOn{.probe = ProbeId{1}}, Connect{.probe = ProbeId{2}}};
  link.transmit(now(), batch, inbox);
  ASSERT_EQ(inbox.refused.size(), 2U);
  EXPECT_EQ(inbox.refused[0].second.error_code, EOPNOTSUPP);
  EXPECT_EQ(inbox.refused[1].second.message(),
            "connect on a raw socket: Operation not supported (EOPNOTSUPP)");
}

TEST(RawLink, refuses_one_packet_and_sends_those_around_it) {
  auto link = open_link(IpVersion::v4);
  RecordingInbox inbox;
  const auto good = echo_request_v4(loopback_v4, loopback_v4, ours, 1);
  const Ipv4Address everybody{255, 255, 255, 255};
  const auto bad = echo_request_v4(loopback_v4, everybody, ours, 2);
  const std::array batch{send(1, good, loopback_v4), send(2, bad, everybody),
                         send(3, good, loopback_v4)};
  link.transmit(now(), batch, inbox);
  ASSERT_TRUE(drive(link, inbox, [&] { return inbox.packets.size() == 2; }));
  ASSERT_EQ(inbox.refused.size(), 1U);
  EXPECT_EQ(inbox.refused[0].first, ProbeId{2});
  EXPECT_EQ(inbox.last_stamp(ProbeId{1}).clock, StampClock::kernel);
  EXPECT_EQ(inbox.last_stamp(ProbeId{3}).clock, StampClock::kernel);
}

TEST(RawLink, reports_its_own_drops_when_the_buffer_overflows) {
  RawLinkOptions options;
  options.receive_buffer = 4096;
  options.transmit_stamps = false;
  auto link = open_link(IpVersion::v4, options);
  RecordingInbox inbox;
  const auto packet = echo_request_v4(loopback_v4, loopback_v4, ours, 1, 1000);
  const std::vector<Action> batch(64, send(1, packet, loopback_v4));
  for (int i = 0; i < 4; ++i) link.transmit(now(), batch, inbox);
  link.readable(now(), inbox);  // makes room; the count comes with the next packet
  link.transmit(now(), std::span{batch}.first(1), inbox);
  ASSERT_TRUE(drive(link, inbox, [&] { return inbox.drops != 0; }));
  // While the buffer is full the kernel counts what the filter would have refused as well: our own
  // requests, which a raw socket on loopback is offered too.
  EXPECT_LT(inbox.packets.size(), 257U);
  EXPECT_GE(inbox.packets.size() + inbox.drops, 257U);
  EXPECT_LE(inbox.packets.size() + inbox.drops, 2U * 257U);
}

TEST(RawLink, delivers_the_kernels_answer_to_an_ipv6_echo_request) {
  auto link = open_link(IpVersion::v6);
  RecordingInbox inbox;
  const auto packet = echo_request_v6(loopback_v6, loopback_v6, ours, 1);
  const std::array batch{send(7, packet, Address{loopback_v6})};
  link.transmit(now(), batch, inbox);
  ASSERT_TRUE(drive(link, inbox, [&] { return inbox.packets.size() == 1; }));

  const auto& received = inbox.packets[0].received;
  EXPECT_EQ(received.begins, Begins::transport);
  EXPECT_EQ(received.source, Address{loopback_v6});
  EXPECT_EQ(received.destination, Address{loopback_v6});
  EXPECT_EQ(received.hop_limit, Ttl{64});
  EXPECT_EQ(received.traffic_class, TrafficClass{0});
  EXPECT_EQ(received.stamp.clock, StampClock::kernel);
  EXPECT_EQ(inbox.last_stamp(ProbeId{7}).clock, StampClock::kernel);
  const auto echo = Echo::parse_icmpv6(received.octets);
  ASSERT_TRUE(echo);
  EXPECT_EQ(echo->kind, EchoKind::reply);
  EXPECT_EQ(echo->sequence, Sequence{1});
}

TEST(RawLink, cuts_an_ipv6_packet_that_is_longer_than_the_mtu) {
  auto link = open_link(IpVersion::v6);
  RecordingInbox inbox;
  const auto packet = echo_request_v6(loopback_v6, loopback_v6, ours, 1, 4000);
  const std::array<Action, 1> batch{Send{.probe = ProbeId{9},
                                         .octets = packet,
                                         .to = Address{loopback_v6},
                                         .mtu = Mtu{1280},
                                         .may_fragment = true}};
  link.transmit(now(), batch, inbox);
  ASSERT_TRUE(drive(link, inbox, [&] { return inbox.packets.size() == 1; }));
  EXPECT_EQ(inbox.packets[0].octets.size(), 4008U);
}

// A wall clock that a test can set, in front of the real one.
std::int64_t set_forward = 0;
ClockReading read_set_clocks() noexcept {
  auto reading = read_clocks();
  reading.realtime += set_forward;
  return reading;
}

TEST(RawLink, distrusts_the_kernels_stamps_in_the_drain_that_notices_a_step) {
  set_forward = 0;
  RawLinkOptions options;
  options.wall_clock = std::make_shared<WallClock>(read_set_clocks);
  auto link = open_link(IpVersion::v4, options);
  RecordingInbox inbox;
  const auto packet = echo_request_v4(loopback_v4, loopback_v4, ours, 1);
  const std::array batch{send(1, packet, loopback_v4)};
  const auto answer = [&](std::size_t count) {
    link.transmit(now(), batch, inbox);
    EXPECT_TRUE(drive(link, inbox, [&] { return inbox.packets.size() == count; }));
    return inbox.packets.back().received.stamp;
  };
  EXPECT_EQ(answer(1).clock, StampClock::kernel);
  set_forward = 3'600'000'000'000;
  const auto before = now();
  const auto doubtful = answer(2);
  EXPECT_EQ(doubtful.clock, StampClock::user);
  EXPECT_GT(doubtful.error_ns, 0);
  EXPECT_GE(doubtful.ns + doubtful.error_ns, before.time_since_epoch().count());
  EXPECT_LE(doubtful.ns, now().time_since_epoch().count());
  EXPECT_NEAR(static_cast<double>(options.wall_clock->notice_step().value_or(0)), 3600e9, 1e6);
  EXPECT_EQ(answer(3).clock, StampClock::kernel);
}

TEST(RawLink, says_which_interface_it_does_not_know) {
  auto socket = RawIcmpSocket::open(IpVersion::v4);
  ASSERT_TRUE(socket);
  const auto link = RawLink::open(std::move(*socket), {.interface = "sonda-none"});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().message(), "use interface sonda-none: No such device (ENODEV)");
}

}  // namespace
}  // namespace sonda::net::testing
