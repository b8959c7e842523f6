// Raw SYNs over loopback and between namespaces, where kernels answer.
#include <cerrno>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/raw_tcp_link.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/tcp.hpp>

#include "in_a_child.hpp"
#include "netns.hpp"
#include "tcp_ends.hpp"

namespace sonda::net::testing {
namespace {

RawTcpLink open_link(RawTcpLinkOptions options = {}) {
  have_the_kernel_stamp_packets();
  auto sockets = RawTcpSockets::open();
  EXPECT_TRUE(sockets) << sockets.error().message();
  auto link = RawTcpLink::open(std::move(*sockets), options);
  EXPECT_TRUE(link) << link.error().message();
  return std::move(*link);
}

std::vector<std::uint8_t> syn(const Address& from, const Address& to, Port source, Port port,
                              std::uint8_t ttl = 64) {
  const TcpHeader tcp{.source_port = source,
                      .destination_port = port,
                      .sequence = TcpSequence{0x01020304U},
                      .flags = TcpFlags{0x02},
                      .window = 64'240};
  const auto head = to.is_v4() ? Ipv4View::min_size : Ipv6View::size;
  std::vector<std::uint8_t> packet(head + tcp.size());
  if (to.is_v4())
    Ipv4Header{.identification = 7,
               .ttl = Ttl{ttl},
               .protocol = Protocol::tcp,
               .source = from.v4(),
               .destination = to.v4()}
        .emit(packet, tcp.size());
  else
    Ipv6Header{.next_header = Protocol::tcp,
               .hop_limit = Ttl{ttl},
               .source = from.v6(),
               .destination = to.v6()}
        .emit(packet, tcp.size());
  tcp.emit(MutableBytes{packet}.subspan(head), from, to);
  return packet;
}

// Where the link's packets have no IP header.
Bytes segment_of(const RecordingInbox::Packet& packet) {
  const Bytes octets{packet.octets};
  return packet.received.begins == Begins::ip ? Ipv4View::parse_quoted(octets)->payload() : octets;
}

void send(RawTcpLink& link, Inbox& inbox, std::uint64_t probe, const Address& to,
          const std::vector<std::uint8_t>& packet) {
  transmit(link, inbox, Send{.probe = ProbeId{probe}, .octets = packet, .to = to});
}

class RawTcpLinkTest : public ::testing::TestWithParam<const char*> {
 protected:
  const Address local = *Address::parse(GetParam());
};

INSTANTIATE_TEST_SUITE_P(BothVersions, RawTcpLinkTest, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& address) {
                           return std::string{address.param}.find(':') == std::string::npos ? "v4"
                                                                                            : "v6";
                         });

TEST_P(RawTcpLinkTest, hears_the_rst_of_a_closed_port_with_its_ttl) {
  auto link = open_link();
  RecordingInbox inbox;
  const ClosedPort closed;
  const auto before = now();
  send(link, inbox, 5, local, syn(local, local, link.source_port(), closed.port()));
  ASSERT_EQ(inbox.sent.size(), 1U);
  EXPECT_EQ(inbox.sent[0].first, ProbeId{5});
  ASSERT_TRUE(drive(link, inbox, [&] { return !inbox.packets.empty(); }));
  const auto& packet = inbox.packets[0];
  EXPECT_EQ(packet.received.source, local);
  EXPECT_EQ(packet.received.destination, local);
  EXPECT_EQ(packet.received.hop_limit, Ttl{64});
  EXPECT_EQ(packet.received.begins, local.is_v4() ? Begins::ip : Begins::transport);
  EXPECT_EQ(packet.received.stamp.clock, StampClock::kernel);
  EXPECT_GE(packet.received.stamp.ns, before.time_since_epoch().count());
  const auto tcp = TcpView::parse(segment_of(packet));
  ASSERT_TRUE(tcp);
  EXPECT_EQ(tcp->flags().octet(), 0x14);
  EXPECT_EQ(tcp->acknowledgement(), TcpSequence{0x01020305U});
  EXPECT_EQ(tcp->source_port(), closed.port());
}

TEST_P(RawTcpLinkTest, hears_the_syn_ack_of_an_open_port_and_leaves_nothing_in_its_queue) {
  auto link = open_link();
  RecordingInbox inbox;
  const auto open = listen_at({}, 4);
  for (int i = 0; i < 100; ++i) {
    send(link, inbox, 5, local, syn(local, local, link.source_port(), open.port));
    ASSERT_TRUE(drive(link, inbox, [&] { return inbox.packets.size() > std::size_t(i); })) << i;
    const auto tcp = TcpView::parse(segment_of(inbox.packets.back()));
    ASSERT_TRUE(tcp);
    EXPECT_EQ(tcp->flags().octet(), 0x12) << i;
  }
  EXPECT_FALSE(open.has_visitor(50));
}

TEST_P(RawTcpLinkTest, hears_nothing_of_other_connections) {
  auto link = open_link();
  auto other = open_link();
  RecordingInbox inbox, others;
  const ClosedPort closed;
  send(link, inbox, 1, local, syn(local, local, link.source_port(), closed.port()));
  send(other, others, 1, local, syn(local, local, other.source_port(), closed.port()));
  ASSERT_TRUE(drive(link, inbox, [&] { return !inbox.packets.empty(); }));
  ASSERT_TRUE(drive(other, others, [&] { return !others.packets.empty(); }));
  EXPECT_FALSE(
      drive(link, inbox, [&] { return inbox.packets.size() > 1; }, std::chrono::milliseconds{50}));
}

TEST_P(RawTcpLinkTest, holds_its_port_for_as_long_as_it_lives) {
  std::optional<RawTcpLink> link = open_link();
  const auto port = link->source_port();
  auto taken = RawTcpLink::open(*RawTcpSockets::open(), {.source_port = port});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().error_code, EADDRINUSE);
  link.reset();
  EXPECT_TRUE(RawTcpLink::open(*RawTcpSockets::open(), {.source_port = port}));
}

TEST(RawTcpLink, sends_a_batch_of_both_versions_and_loses_no_answer) {
  auto link = open_link();
  RecordingInbox inbox;
  const ClosedPort closed;
  const Address v4 = Ipv4Address{127, 0, 0, 1}, v6 = *Address::parse("::1");
  for (int round = 0; round < 50; ++round) {
    std::vector<std::vector<std::uint8_t>> packets;
    std::vector<Action> batch;
    for (int i = 0; i < 64; ++i) {
      const auto& to = i % 2 == 0 ? v4 : v6;
      packets.push_back(syn(to, to, link.source_port(), closed.port()));
      batch.push_back(Send{.probe = ProbeId{i}, .octets = packets.back(), .to = to});
    }
    link.transmit(now(), batch, inbox);
  }
  EXPECT_TRUE(drive(link, inbox, [&] { return inbox.packets.size() == 3200; }));
  EXPECT_EQ(inbox.sent.size(), 3200U);
  EXPECT_EQ(inbox.drops, 0U);
}

TEST(RawTcpLink, tells_of_what_it_had_no_room_for) {
  auto link = open_link({.receive_buffer = 4096});
  RecordingInbox inbox;
  const ClosedPort closed;
  const Address v4 = Ipv4Address{127, 0, 0, 1};
  for (int i = 0; i < 500; ++i)
    send(link, inbox, 1, v4, syn(v4, v4, link.source_port(), closed.port()));
  static_cast<void>(drive(link, inbox, [&] { return false; }, std::chrono::milliseconds{50}));
  send(link, inbox, 1, v4, syn(v4, v4, link.source_port(), closed.port()));  // brings the count
  ASSERT_TRUE(drive(link, inbox, [&] { return inbox.drops > 0; }));
  // While it is full the system counts what the filter would have refused, too: our own SYNs.
  EXPECT_GE(inbox.packets.size() + inbox.drops, 501U);
  EXPECT_LT(inbox.packets.size(), 501U);
}

TEST(RawTcpLink, needs_privilege_to_be_opened_and_none_to_be_used) {
  EXPECT_EQ(in_a_child(nobody,
                       [] {
                         const auto sockets = RawTcpSockets::open();
                         SONDA_HOLDS(!sockets && sockets.error().error_code == EPERM);
                         return std::string{};
                       }),
            "");
  EXPECT_EQ(in_a_child(0,
                       [] {
                         auto sockets = RawTcpSockets::open();
                         SONDA_DEMAND(sockets);
                         SONDA_HOLDS(::setresuid(nobody, nobody, nobody) == 0);
                         auto link = RawTcpLink::open(std::move(*sockets), {});
                         SONDA_DEMAND(link);
                         RecordingInbox inbox;
                         const ClosedPort closed;
                         const Address v4 = Ipv4Address{127, 0, 0, 1};
                         send(*link, inbox, 1, v4, syn(v4, v4, link->source_port(), closed.port()));
                         SONDA_HOLDS(drive(*link, inbox, [&] { return !inbox.packets.empty(); }));
                         return std::string{};
                       }),
            "");
}

TEST(RawTcpLink, refuses_what_it_is_not_made_for) {
  auto link = open_link();
  RecordingInbox inbox;
  transmit(link, inbox, Connect{.probe = ProbeId{4}});
  ASSERT_EQ(inbox.refused.size(), 1U);
  EXPECT_EQ(inbox.refused[0].second.error_code, EOPNOTSUPP);
  EXPECT_EQ(RawTcpLink::open(*RawTcpSockets::open(), {.interface = "nosuch0"}).error().error_code,
            ENODEV);
}

TEST(RawTcpLinkLab, hears_of_icmp_errors_about_its_own_segments_and_of_our_firewalls_refusal) {
  sonda::testing::Namespaces lab;
  lab.link("c", "10.0.0.1/24", "r", "10.0.0.2/24");
  lab.address("c", "r", "2001:db8::1/64");
  lab.address("r", "c", "2001:db8::2/64");
  lab.forward("r");
  lab.route("c", "default via 10.0.0.2");
  lab.route("c", "default via 2001:db8::2");
  lab.route("r", "prohibit 192.0.2.0/24");
  lab.route("r", "prohibit 2001:db8:9::/64");
  lab.rules(
      "c",
      "table inet t {\nchain c {\ntype filter hook output priority 0\ntcp dport 81 drop\n}\n}\n");
  const auto inside = lab.enter("c");
  auto link = open_link();
  auto other = open_link();
  RecordingInbox inbox, others;
  const Address c4 = *Address::parse("10.0.0.1"), c6 = *Address::parse("2001:db8::1");
  const Address far4 = *Address::parse("192.0.2.1"), far6 = *Address::parse("2001:db8:9::1");
  send(link, inbox, 1, far4, syn(c4, far4, link.source_port(), Port{80}));
  send(link, inbox, 2, far6, syn(c6, far6, link.source_port(), Port{80}));
  ASSERT_TRUE(drive(link, inbox, [&] { return inbox.packets.size() == 2; }));
  for (const auto& packet : inbox.packets) {
    const bool v4 = packet.received.begins == Begins::ip;
    EXPECT_EQ(packet.received.source, *Address::parse(v4 ? "10.0.0.2" : "2001:db8::2"));
    EXPECT_EQ(segment_of(packet)[0], v4 ? 3 : 1);
    EXPECT_EQ(segment_of(packet)[1], v4 ? 13 : 1);
  }
  EXPECT_FALSE(
      drive(other, others, [&] { return !others.packets.empty(); }, std::chrono::milliseconds{20}));
  send(link, inbox, 3, far4, syn(c4, far4, link.source_port(), Port{81}));
  ASSERT_EQ(inbox.refused.size(), 1U);
  EXPECT_EQ(inbox.refused[0].second.message(),
            "send to 192.0.2.1: Operation not permitted (EPERM)");
}

}  // namespace
}  // namespace sonda::net::testing
