// The packet link: what the kernel would repair arrives unrepaired.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/icmp_filter.hpp>
#include <sonda/net/packet_link.hpp>
#include <sonda/wire/icmpv4.hpp>

#include "echo_packets.hpp"
#include "netns.hpp"
#include "recording_inbox.hpp"

namespace sonda::net::testing {
namespace {

constexpr Identifier ours{0x51da};
constexpr Ipv4Address client{10, 0, 0, 1};
constexpr Ipv4Address router{10, 0, 0, 2};

class PacketLab : public ::testing::Test {
 protected:
  PacketLab() {
    have_the_kernel_stamp_packets();
    lab_.link("c", "10.0.0.1/24", "r", "10.0.0.2/24");
    lab_.forward("r");
    lab_.route("c", "default via 10.0.0.2");
    lab_.route("r", "prohibit 192.0.2.0/24");
  }
  PacketLink open(const std::string& host = "c", const std::string& interface = "r",
                  std::vector<sock_filter> filter = {}) {
    const auto inside = lab_.enter(host);
    auto socket = PacketSocket::open();
    EXPECT_TRUE(socket) << socket.error().message();
    auto link =
        PacketLink::open(std::move(*socket), {.interface = interface, .filter = std::move(filter)});
    EXPECT_TRUE(link) << link.error().message();
    return std::move(*link);
  }
  std::expected<void, Failure> learn(PacketLink& link, Address to,
                                     Duration most = std::chrono::seconds{2}) {
    const auto inside = lab_.enter("c");
    return link.learn_next_hop(to, most);
  }
  void send(PacketLink& link, std::uint64_t probe, const std::vector<std::uint8_t>& packet,
            Address to) {
    const std::array<Action, 1> batch{Send{.probe = ProbeId{probe}, .octets = packet, .to = to}};
    link.transmit(now(), batch, inbox_);
  }

  sonda::testing::Namespaces lab_;
  RecordingInbox inbox_;
};

TEST_F(PacketLab, sends_to_a_neighbour_and_hears_its_answer_through_the_filter) {
  auto link = open("c", "r", echo_filter(IpVersion::v4, ours));
  ASSERT_TRUE(learn(link, router));
  send(link, 1, echo_request_v4(client, router, ours, 1), router);
  ASSERT_TRUE(drive(link, inbox_, [&] { return !inbox_.packets.empty(); }));
  const auto& received = inbox_.packets[0].received;
  EXPECT_EQ(received.source, Address{router});
  EXPECT_EQ(received.stamp.clock, StampClock::kernel);
  EXPECT_EQ(inbox_.last_stamp(ProbeId{1}).clock, StampClock::kernel);
  EXPECT_GE(received.stamp.ns, inbox_.last_stamp(ProbeId{1}).ns);
}

TEST_F(PacketLab, leaves_a_wrong_checksum_and_an_identification_of_0_as_they_are) {
  auto link = open();
  auto listener = open("r", "c");
  ASSERT_TRUE(learn(link, router));
  auto packet = echo_request_v4(client, router, ours, 1);
  store<std::uint16_t>(packet, 4, 0);
  store<std::uint16_t>(packet, 10, 0xbad1);
  send(link, 1, packet, router);
  RecordingInbox heard;
  ASSERT_TRUE(drive(listener, heard, [&] { return !heard.packets.empty(); }));
  EXPECT_EQ(heard.packets[0].octets, packet);
}

TEST_F(PacketLab, sends_what_lies_behind_a_gateway_to_the_gateway) {
  auto link = open("c", "r", echo_filter(IpVersion::v4, ours));
  const Ipv4Address far{192, 0, 2, 1};
  ASSERT_TRUE(learn(link, far));
  send(link, 1, echo_request_v4(client, far, ours, 1), far);
  ASSERT_TRUE(drive(link, inbox_, [&] { return !inbox_.packets.empty(); }));
  const auto ip = Ipv4View::parse(inbox_.packets[0].received.octets);
  EXPECT_EQ(Icmpv4View::parse(ip->payload())->code(), 13);
}

TEST_F(PacketLab, refuses_a_target_whose_next_hop_nobody_has_found) {
  auto link = open();
  send(link, 4, echo_request_v4(client, router, ours, 1), router);
  ASSERT_EQ(inbox_.refused.size(), 1U);
  EXPECT_EQ(inbox_.refused[0].second.message(),
            "send to 10.0.0.2: No route to host (EHOSTUNREACH)");
  const auto absent = learn(link, Ipv4Address{10, 0, 0, 77}, std::chrono::milliseconds{100});
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().message(),
            "find the link address of 10.0.0.77: No route to host (EHOSTUNREACH)");
}

TEST_F(PacketLab, refuses_what_is_longer_than_the_interface_takes) {
  auto link = open();
  ASSERT_TRUE(learn(link, router));
  send(link, 1, echo_request_v4(client, router, ours, 1, 1473), router);
  ASSERT_EQ(inbox_.refused.size(), 1U);
  EXPECT_EQ(inbox_.refused[0].second.message(),
            "send to 10.0.0.2, 1501 octets where the MTU is 1500: Message too long (EMSGSIZE)");
}

// The kernel does not answer there: to it, a packet that came in over the device from one of its
// own addresses is forged.
TEST_F(PacketLab, needs_no_link_address_on_loopback) {
  auto link = open("c", "lo");
  auto listener = open("c", "lo");
  const auto packet = echo_request_v4(loopback_v4, loopback_v4, ours, 1);
  send(link, 1, packet, loopback_v4);
  RecordingInbox heard;
  ASSERT_TRUE(drive(listener, heard, [&] { return !heard.packets.empty(); }));
  EXPECT_EQ(heard.packets[0].octets, packet);
}

TEST_F(PacketLab, survives_its_interface_going_down) {
  auto link = open();
  ASSERT_TRUE(learn(link, router));
  lab_.down("c", "r");
  int rounds = 0;
  EXPECT_FALSE(drive(link, inbox_, [&] { return ++rounds > 50; }, std::chrono::milliseconds{200}));
  send(link, 1, echo_request_v4(client, router, ours, 1), router);
  ASSERT_EQ(inbox_.refused.size(), 1U);
  EXPECT_EQ(inbox_.refused[0].second.error_code, ENETDOWN);
}

TEST(PacketLink, needs_an_interface_that_exists) {
  auto socket = PacketSocket::open();
  ASSERT_TRUE(socket);
  const auto link = PacketLink::open(std::move(*socket), {.interface = "sonda-none"});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().message(), "use interface sonda-none: No such device (ENODEV)");
}

}  // namespace
}  // namespace sonda::net::testing
