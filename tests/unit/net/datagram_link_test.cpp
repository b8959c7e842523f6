// The datagram link in a namespace whose ping_group_range lets us in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/datagram_link.hpp>
#include <sonda/wire/icmp_echo.hpp>

#include "netns.hpp"
#include "recording_inbox.hpp"

namespace sonda::net::testing {
namespace {

Address address(std::string_view text) { return *Address::parse(text); }

std::vector<std::uint8_t> echo_message(std::uint16_t sequence, std::size_t data = 56) {
  const std::vector<std::uint8_t> payload(data, 0x5a);
  const Echo echo{.sequence = Sequence{sequence}, .data = Bytes{payload}};
  std::vector<std::uint8_t> message(echo.size());
  echo.emit(message);
  return message;
}

std::vector<std::uint8_t> echo_message_v6(std::uint16_t sequence, std::size_t data = 56) {
  auto message = echo_message(sequence, data);
  message[0] = 128;
  return message;
}

class DatagramLab : public ::testing::Test {
 protected:
  DatagramLab() {
    have_the_kernel_stamp_packets();
    lab_.link("c", "10.0.0.1/24", "r", "10.0.0.2/24");
    lab_.address("c", "r", "2001:db8::1/64");
    lab_.address("r", "c", "2001:db8::2/64");
    lab_.forward("r");
    lab_.route("c", "default via 10.0.0.2");
    lab_.route("c", "default via 2001:db8::2");
    lab_.route("r", "prohibit 192.0.2.0/24");
    lab_.route("r", "prohibit 2001:db8:9::/64");
    lab_.sysctl("c", "net.ipv4.ping_group_range", "0 2147483647");
  }
  DatagramLink open(IpVersion version, const DatagramLinkOptions& options = {}) {
    const auto inside = lab_.enter("c");
    auto link = DatagramLink::open(version, options);
    EXPECT_TRUE(link) << link.error().message();
    return std::move(*link);
  }
  void send(DatagramLink& link, std::uint64_t probe, const std::vector<std::uint8_t>& message,
            std::string_view to, Ttl ttl = Ttl{64}, bool dont_fragment = false) {
    const auto inside = lab_.enter("c");
    const std::array<Action, 1> batch{SendOn{.flow = FlowId{5},
                                             .probe = ProbeId{probe},
                                             .octets = message,
                                             .to = address(to),
                                             .ttl = ttl,
                                             .traffic_class = TrafficClass{0x20},
                                             .path_mtu_discovery = dont_fragment ? PathMtuDiscovery::keep
                                                                           : PathMtuDiscovery::want}};
    link.transmit(now(), batch, inbox_);
  }

  sonda::testing::Namespaces lab_;
  RecordingInbox inbox_;
};

TEST_F(DatagramLab, answers_an_ipv4_echo_request_with_ttl_class_and_stamps) {
  auto link = open(IpVersion::v4);
  send(link, 1, echo_message(1), "10.0.0.2");
  ASSERT_TRUE(drive(link, inbox_, [&] { return !inbox_.packets.empty(); }));
  const auto& received = inbox_.packets[0].received;
  EXPECT_EQ(received.begins, Begins::transport);
  EXPECT_EQ(received.source, address("10.0.0.2"));
  EXPECT_EQ(received.destination, address("10.0.0.1"));
  EXPECT_EQ(received.hop_limit, Ttl{64});
  EXPECT_EQ(received.traffic_class, TrafficClass{0x20});
  EXPECT_EQ(received.stamp.clock, StampClock::kernel);
  const auto sent = inbox_.last_stamp(ProbeId{1});
  EXPECT_EQ(sent.clock, StampClock::kernel);
  EXPECT_GE(received.stamp.ns, sent.ns - sent.error_ns);
  const auto echo = Echo::parse_icmpv4(received.octets);
  ASSERT_TRUE(echo);
  EXPECT_EQ(echo->identifier, link.identifier());
  EXPECT_EQ(echo->sequence, Sequence{1});
}

TEST_F(DatagramLab, answers_an_ipv6_echo_request) {
  auto link = open(IpVersion::v6);
  send(link, 1, echo_message_v6(1), "2001:db8::2");
  ASSERT_TRUE(drive(link, inbox_, [&] { return !inbox_.packets.empty(); }));
  const auto& received = inbox_.packets[0].received;
  EXPECT_EQ(received.source, address("2001:db8::2"));
  EXPECT_EQ(received.destination, address("2001:db8::1"));
  EXPECT_EQ(received.hop_limit, Ttl{64});
  EXPECT_EQ(Echo::parse_icmpv6(received.octets)->identifier, link.identifier());
  EXPECT_EQ(inbox_.last_stamp(ProbeId{1}).clock, StampClock::kernel);
}

TEST_F(DatagramLab, reports_who_refused_with_what_and_when) {
  auto link = open(IpVersion::v4);
  send(link, 1, echo_message(7), "192.0.2.1");
  ASSERT_TRUE(drive(link, inbox_, [&] { return !inbox_.reports.empty(); }));
  const auto& report = inbox_.reports[0];
  EXPECT_EQ(report.report.flow, FlowId{5});
  EXPECT_EQ(report.report.stamp.clock, StampClock::kernel);
  ASSERT_EQ(report.queue.size(), 1U);
  const auto& error = report.queue[0];
  EXPECT_EQ(error.origin, ErrorOrigin::icmp);
  EXPECT_EQ(error.error_code, EHOSTUNREACH);
  EXPECT_EQ(error.icmp_type, 3);
  EXPECT_EQ(error.icmp_code, 13);
  EXPECT_EQ(error.offender, address("10.0.0.2"));
  EXPECT_EQ(error.destination, address("192.0.2.1"));
  const auto quoted = Echo::parse_icmpv4(report.quoted[0]);
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->identifier, link.identifier());
  EXPECT_EQ(quoted->sequence, Sequence{7});
}

TEST_F(DatagramLab, reports_an_ipv6_error_likewise) {
  auto link = open(IpVersion::v6);
  send(link, 1, echo_message_v6(7), "2001:db8:9::1");
  ASSERT_TRUE(drive(link, inbox_, [&] { return !inbox_.reports.empty(); }));
  const auto& error = inbox_.reports[0].queue[0];
  EXPECT_EQ(error.error_code, EACCES);
  EXPECT_EQ(error.icmp_type, 1);
  EXPECT_EQ(error.icmp_code, 1);
  EXPECT_EQ(error.offender, address("2001:db8::2"));
  EXPECT_EQ(Echo::parse_icmpv6(inbox_.reports[0].quoted[0])->sequence, Sequence{7});
}

TEST_F(DatagramLab, charges_no_probe_with_the_error_about_another) {
  auto link = open(IpVersion::v4);
  for (std::uint16_t i = 0; i < 4; ++i) {
    send(link, i, echo_message(i), "192.0.2.1");
    send(link, 100U + i, echo_message(i), "10.0.0.2");
  }
  ASSERT_TRUE(drive(link, inbox_,
                    [&] { return inbox_.packets.size() == 4 && inbox_.reports.size() == 4; }));
  EXPECT_TRUE(inbox_.refused.empty());
}

TEST_F(DatagramLab, sends_each_packet_with_the_ttl_that_was_asked_for) {
  lab_.link("r", "10.0.1.1/24", "s", "10.0.1.2/24");
  lab_.route("s", "default via 10.0.1.1");
  auto link = open(IpVersion::v4);
  send(link, 1, echo_message(1), "10.0.1.2", Ttl{1});
  send(link, 2, echo_message(2), "10.0.1.2", Ttl{2});
  ASSERT_TRUE(drive(link, inbox_,
                    [&] { return inbox_.packets.size() == 1 && inbox_.reports.size() == 1; }));
  EXPECT_EQ(inbox_.reports[0].queue[0].icmp_type, 11);
  EXPECT_EQ(Echo::parse_icmpv4(inbox_.packets[0].received.octets)->sequence, Sequence{2});
}

TEST_F(DatagramLab, cuts_long_messages_unless_that_is_forbidden) {
  auto link = open(IpVersion::v4);
  send(link, 1, echo_message(1, 4000), "10.0.0.2", Ttl{64}, false);
  send(link, 2, echo_message(2, 4000), "10.0.0.2", Ttl{64}, true);
  ASSERT_TRUE(drive(link, inbox_, [&] { return inbox_.packets.size() == 1; }));
  ASSERT_EQ(inbox_.refused.size(), 1U);
  EXPECT_EQ(inbox_.refused[0].first, ProbeId{2});
  EXPECT_EQ(inbox_.refused[0].second.message(),
            "send to 10.0.0.2, 4028 octets where the MTU is 1500: Message too long (EMSGSIZE)");
}

TEST_F(DatagramLab, refuses_a_source_that_is_not_ours) {
  const auto inside = lab_.enter("c");
  const auto link = DatagramLink::open(IpVersion::v4, {.source = address("192.0.2.9")});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().message(),
            "use source 192.0.2.9: Cannot assign requested address (EADDRNOTAVAIL)");
}

TEST_F(DatagramLab, says_so_where_the_system_does_not_allow_it) {
  lab_.sysctl("c", "net.ipv4.ping_group_range", "1 0");
  const auto inside = lab_.enter("c");
  const auto link = DatagramLink::open(IpVersion::v4);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().message(), "open a datagram socket for ICMP: Permission denied (EACCES)");
}

}  // namespace
}  // namespace sonda::net::testing
