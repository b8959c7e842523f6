// The raw link between namespaces: routers, absent neighbours, small MTUs, links that go down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/packet_link.hpp>
#include <sonda/net/raw_link.hpp>
#include <sonda/net/route.hpp>
#include <sonda/wire/icmpv4.hpp>

#include "echo_packets.hpp"
#include "netns.hpp"
#include "recording_inbox.hpp"

namespace sonda::net::testing {
namespace {

constexpr Identifier ours{0x51da};

class RawLinkLab : public ::testing::Test {
 protected:
  RawLinkLab() {
    lab_.link("c", "10.0.0.1/24", "r", "10.0.0.2/24");
    lab_.address("c", "r", "2001:db8::1/64");
    lab_.address("r", "c", "2001:db8::2/64");
    lab_.forward("r");
    lab_.route("c", "default via 10.0.0.2");
    lab_.route("c", "default via 2001:db8::2");
    lab_.route("r", "prohibit 192.0.2.0/24");
    lab_.route("r", "prohibit 2001:db8:9::/64");
  }
  RawLink open(IpVersion version, RawLinkOptions options = {}) {
    have_the_kernel_stamp_packets();
    options.identifier = ours;
    const auto inside = lab_.enter("c");
    auto socket = RawIcmpSocket::open(version);
    EXPECT_TRUE(socket) << socket.error().message();
    auto link = RawLink::open(std::move(*socket), options);
    EXPECT_TRUE(link) << link.error().message();
    return std::move(*link);
  }
  void send_v4(RawLink& link, std::string_view to, std::size_t data = 56, bool may_fragment = false,
               bool dont_fragment = false) {
    const auto destination = *Ipv4Address::parse(to);
    const auto packet =
        echo_request_v4({10, 0, 0, 1}, destination, ours, ++sequence_, data, dont_fragment);
    send(link, packet, destination, may_fragment);
  }
  void send_v6(RawLink& link, std::string_view to, std::size_t data = 56, bool may_fragment = false,
               std::string_view from = "2001:db8::1") {
    const auto destination = *Address::parse(to);
    const auto packet =
        echo_request_v6(*Ipv6Address::parse(from), destination.v6(), ours, ++sequence_, data);
    send(link, packet, destination, may_fragment);
  }
  void send(RawLink& link, const std::vector<std::uint8_t>& packet, Address to, bool may_fragment) {
    const auto inside = lab_.enter("c");  // the link looks up MTUs and zones
    const std::array<Action, 1> batch{Send{
        .probe = ProbeId{sequence_}, .octets = packet, .to = to, .may_fragment = may_fragment}};
    link.transmit(now(), batch, inbox_);
  }
  [[nodiscard]] bool wait_for_packets(RawLink& link, std::size_t count,
                                      Duration most = std::chrono::seconds{2}) {
    return drive(link, inbox_, [&] { return inbox_.packets.size() >= count; }, most);
  }

  sonda::testing::Namespaces lab_;
  RecordingInbox inbox_;
  std::uint16_t sequence_ = 0;
};

TEST_F(RawLinkLab, hears_a_routers_error_about_our_request) {
  auto link = open(IpVersion::v4);
  send_v4(link, "192.0.2.1");
  ASSERT_TRUE(wait_for_packets(link, 1));
  const auto& received = inbox_.packets[0].received;
  EXPECT_EQ(received.source, (Address{Ipv4Address{10, 0, 0, 2}}));
  const auto ip = Ipv4View::parse(received.octets);
  const auto message = Icmpv4View::parse(ip->payload());
  EXPECT_EQ(message->type(), IcmpType::destination_unreachable);
  EXPECT_EQ(message->code(), 13);
  EXPECT_TRUE(message->checksum_ok());
}

TEST_F(RawLinkLab, hears_a_routers_ipv6_error_and_learns_its_hop_limit) {
  auto link = open(IpVersion::v6);
  send_v6(link, "2001:db8:9::1");
  ASSERT_TRUE(wait_for_packets(link, 1));
  const auto& received = inbox_.packets[0].received;
  EXPECT_EQ(received.source, *Address::parse("2001:db8::2"));
  EXPECT_EQ(received.destination, *Address::parse("2001:db8::1"));
  EXPECT_EQ(received.hop_limit, Ttl{64});
  EXPECT_EQ(received.octets[0], 1);
  EXPECT_EQ(received.octets[1], 1);
}

TEST_F(RawLinkLab, charges_no_probe_with_the_error_about_another) {
  auto link = open(IpVersion::v4);
  for (int i = 0; i < 4; ++i) {  // Linux answers a burst of five per destination
    send_v4(link, "192.0.2.1");
    send_v4(link, "10.0.0.2");
  }
  ASSERT_TRUE(wait_for_packets(link, 8));
  EXPECT_TRUE(inbox_.refused.empty());
}

TEST_F(RawLinkLab, hears_our_own_system_about_an_absent_neighbour_even_when_bound_to_an_interface) {
  lab_.sysctl("c", "net.ipv4.neigh.r.retrans_time_ms", "50");
  auto link = open(IpVersion::v4);
  RawLink bound = [&] {
    const auto inside = lab_.enter("c");
    return *RawLink::open(*RawIcmpSocket::open(IpVersion::v4),
                          {.identifier = ours, .interface = "r"});
  }();
  send_v4(bound, "10.0.0.77");
  ASSERT_TRUE(wait_for_packets(bound, 1, std::chrono::seconds{5}));
  const auto& received = inbox_.packets[0].received;
  EXPECT_EQ(received.source, (Address{Ipv4Address{10, 0, 0, 1}}));
  EXPECT_EQ(Icmpv4View::parse(Ipv4View::parse(received.octets)->payload())->code(), 1);
}

TEST_F(RawLinkLab, cuts_to_the_interfaces_mtu_and_gets_the_whole_answer) {
  auto v4 = open(IpVersion::v4);
  send_v4(v4, "10.0.0.2", 6000, true);
  ASSERT_TRUE(wait_for_packets(v4, 1));
  EXPECT_EQ(inbox_.packets[0].octets.size(), 6028U);
  auto v6 = open(IpVersion::v6);
  send_v6(v6, "2001:db8::2", 6000, true);
  ASSERT_TRUE(wait_for_packets(v6, 2));
  EXPECT_EQ(inbox_.packets[1].octets.size(), 6008U);
  EXPECT_TRUE(inbox_.refused.empty());
}

TEST_F(RawLinkLab, refuses_what_the_interface_cannot_take_whole) {
  auto v4 = open(IpVersion::v4);
  send_v4(v4, "10.0.0.2", 1473, false, true);
  auto v6 = open(IpVersion::v6);
  send_v6(v6, "2001:db8::2", 1453);
  ASSERT_EQ(inbox_.refused.size(), 2U);
  EXPECT_EQ(inbox_.refused[0].second.message(),
            "send to 10.0.0.2, 1501 octets where the MTU is 1500: Message too long (EMSGSIZE)");
  EXPECT_EQ(inbox_.refused[1].second.message(),
            "send to 2001:db8::2, 1501 octets where the MTU is 1500: Message too long (EMSGSIZE)");
}

TEST_F(RawLinkLab, goes_on_sending_whole_packets_after_a_router_named_a_smaller_mtu) {
  lab_.link("r", "10.0.1.1/24", "s", "10.0.1.2/24");
  lab_.route("s", "default via 10.0.1.1");
  lab_.mtu("r", "s", 1280);
  auto link = open(IpVersion::v4);
  for (std::size_t i = 1; i <= 3; ++i) {
    send_v4(link, "10.0.1.2", 1400, false, true);
    ASSERT_TRUE(wait_for_packets(link, i)) << i;
    const auto message =
        Icmpv4View::parse(Ipv4View::parse(inbox_.packets[i - 1].octets)->payload());
    EXPECT_EQ(message->next_hop_mtu(), Mtu{1280});
  }
  EXPECT_TRUE(inbox_.refused.empty());
}

TEST_F(RawLinkLab, reaches_a_link_local_address_by_its_zone_and_reports_the_zone) {
  lab_.ip("c", "address add fe80::c/64 dev r nodad");
  lab_.ip("r", "address add fe80::d/64 dev c nodad");
  auto link = open(IpVersion::v6);
  send_v6(link, "fe80::d%r", 56, false, "fe80::c");
  ASSERT_TRUE(drive(link, inbox_, [&] {
    const auto inside = lab_.enter("c");
    return !inbox_.packets.empty();
  }));
  const auto inside = lab_.enter("c");
  const auto& received = inbox_.packets[0].received;
  EXPECT_EQ(received.source.without_zone(), *Address::parse("fe80::d"));
  EXPECT_FALSE(received.source.zone().empty());
}

TEST_F(RawLinkLab, hears_answers_that_were_damaged_on_their_way) {
  auto v4 = open(IpVersion::v4);
  auto v6 = open(IpVersion::v6);
  const auto inside = lab_.enter("r");
  auto forger = PacketLink::open(*PacketSocket::open(), {.interface = "c"});
  ASSERT_TRUE(forger) << forger.error().message();
  const Address client = Ipv4Address{10, 0, 0, 1}, client_v6 = *Address::parse("2001:db8::1");
  ASSERT_TRUE(forger->learn_next_hop(client));
  ASSERT_TRUE(forger->learn_next_hop(client_v6));
  auto reply = echo_request_v4({10, 0, 0, 2}, client.v4(), ours, 1);
  reply[20] = 0;
  auto reply_v6 = echo_request_v6(*Ipv6Address::parse("2001:db8::2"), client_v6.v6(), ours, 1);
  reply_v6[40] = 129;
  const std::array<Action, 2> batch{Send{.octets = reply, .to = client},
                                    Send{.octets = reply_v6, .to = client_v6}};
  forger->transmit(now(), batch, inbox_);
  ASSERT_TRUE(wait_for_packets(v4, 1));
  EXPECT_FALSE(
      Icmpv4View::parse(Ipv4View::parse(inbox_.packets[0].octets)->payload())->checksum_ok());
  ASSERT_TRUE(wait_for_packets(v6, 2));
  EXPECT_EQ(inbox_.packets[1].octets,
            (std::vector<std::uint8_t>{reply_v6.begin() + 40, reply_v6.end()}));
}

TEST_F(RawLinkLab, survives_its_interface_going_down_and_up_again) {
  auto link = open(IpVersion::v4);
  send_v4(link, "10.0.0.2");
  ASSERT_TRUE(wait_for_packets(link, 1));
  lab_.down("c", "r");
  send_v4(link, "10.0.0.2");
  ASSERT_EQ(inbox_.refused.size(), 1U);
  EXPECT_EQ(inbox_.refused[0].second.message(),
            "send to 10.0.0.2: Network is unreachable (ENETUNREACH)");
  int rounds = 0;  // a link that spins comes by here far more often
  EXPECT_FALSE(drive(link, inbox_, [&] { return ++rounds > 50; }, std::chrono::milliseconds{200}));
  lab_.up("c", "r");
  send_v4(link, "10.0.0.2");
  EXPECT_TRUE(wait_for_packets(link, 2));
}

TEST_F(RawLinkLab, waits_out_a_full_queue_and_loses_nothing) {
  lab_.host("c");
  const auto shaped =
      sonda::testing::run(lab_.inside("c", {"tc", "qdisc", "add", "dev", "r", "root", "tbf", "rate",
                                            "2mbit", "burst", "1600", "limit", "4000"}));
  ASSERT_EQ(shaped.status, 0) << shaped.err;
  auto link = open(IpVersion::v4);
  bool waited = false;
  for (std::size_t i = 0; i < 60; ++i) {
    send_v4(link, "10.0.0.2", 500);
    waited = waited || !link.writable(now());
  }
  EXPECT_TRUE(waited);
  ASSERT_TRUE(link.next_wakeup());
  ASSERT_TRUE(wait_for_packets(link, 60, std::chrono::seconds{5}));
  EXPECT_TRUE(link.writable(now()));
  EXPECT_TRUE(inbox_.refused.empty());
  for (std::uint64_t probe = 1; probe <= 60; ++probe)
    EXPECT_EQ(inbox_.last_stamp(ProbeId{probe}).clock, StampClock::kernel) << probe;
}

}  // namespace
}  // namespace sonda::net::testing
