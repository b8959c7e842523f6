// describe() against tcpdump's own lines, and against octets that lie.
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/describe.hpp>
#include <sonda/wire/ipv4.hpp>

#include "../../golden/vectors.hpp"

namespace sonda::testing {
namespace {

// One line of printable text that says how far it got.
void expect_one_line(Bytes packet) {
  const auto text = describe(packet);
  ASSERT_FALSE(text.view().empty());
  ASSERT_LE(text.view().size(), DescribeText::capacity);
  for (const char c : text.view()) {
    ASSERT_GE(c, ' ');
    ASSERT_LE(c, '~');
  }
}

TEST(Describe, says_what_tcpdump_says_of_every_golden_packet) {
  for_each_vector(
      [](const Vector& vector) { EXPECT_EQ(describe(vector.packet).view(), vector.line); });
}

TEST(Describe, stays_within_the_octets_of_every_mutilation) {
  for_each_vector(
      [](const Vector& vector) { on_every_mutilation(vector.packet, expect_one_line); });
}

TEST(Describe, works_at_compile_time) {
  static_assert(describe(icmpv4_vectors[0].packet).view() == icmpv4_vectors[0].line);
  static_assert(describe(tcp_vectors[0].packet).view() == tcp_vectors[0].line);
  EXPECT_EQ(describe(udp_vectors[0].packet).view(), udp_vectors[0].line);
}

TEST(Describe, survives_noise_behind_a_valid_beginning) {
  constexpr std::array<std::uint8_t, 6> v4_carries{1, 4, 6, 17, 41, 58};
  constexpr std::array<std::uint8_t, 6> v6_carries{0, 43, 44, 51, 58, 60};
  std::mt19937 random{20261};
  const auto octet = [&random] { return static_cast<std::uint8_t>(random()); };
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::uint8_t> packet(random() % 200 + 1);
    for (auto& each : packet) each = octet();
    packet[0] = static_cast<std::uint8_t>(random() % 2 == 0 ? 0x45 : 0x60);
    if (packet.size() > 9 && packet[0] == 0x45)
      packet[9] = v4_carries[random() % v4_carries.size()];
    if (packet.size() > 6 && packet[0] == 0x60)
      packet[6] = v6_carries[random() % v6_carries.size()];
    expect_one_line(ExactCopy{packet}.view());
  }
}

struct Cut {
  std::string_view line;
  Bytes packet;
};

// Each line is tcpdump's own.
TEST(Describe, says_where_a_cut_or_contradictory_packet_ends) {
  const std::array cuts{
      Cut{"IP  [|ip]", octets<"45 00 00 24">},
      Cut{" [|ip6]", octets<"60 00 00 00 00 10 3a 40">},
      Cut{"unknown ip 5", octets<"55 00 00 24">},
      Cut{"IP bad-hlen 16", octets<"44 00 00 24 00 01 00 00 40 01 66 d6 0a 00 00 01 0a 00 00 02">},
      Cut{"IP bad-len 10", octets<"45 00 00 0a 00 01 00 00 40 01 66 d6 0a 00 00 01 0a 00 00 02">},
      Cut{"IP truncated-ip - 8 bytes missing! 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 2, "
          "length 16",
          octets<"45 00 00 24 00 01 00 00 40 01 66 d6 0a 00 00 01 0a 00 00 02 08 00 66 67 00 01 00 "
                 "02">},
      Cut{"IP 10.0.0.1 > 10.0.0.2:  [|icmp]",
          octets<"45 00 00 18 00 01 00 00 40 01 66 d6 0a 00 00 01 0a 00 00 02 08 00 66 67">},
      Cut{"IP 10.0.0.1.1000 > 10.0.0.2.33434: truncated-udp 4",
          octets<"45 00 00 18 00 01 00 00 40 11 66 d6 0a 00 00 01 0a 00 00 02 03 e8 82 9a">},
      Cut{"IP 10.0.0.1.1000 > 10.0.0.2.33434: truncated-udplength 7",
          octets<"45 00 00 1c 00 01 00 00 40 11 66 d6 0a 00 00 01 0a 00 00 02 03 e8 82 9a 00 07 00 "
                 "00">},
      Cut{"IP 10.0.0.1.1000 > 10.0.0.2.33434: UDP, bad length 92 > 0",
          octets<"45 00 00 1c 00 01 00 00 40 11 66 d6 0a 00 00 01 0a 00 00 02 03 e8 82 9a 00 64 00 "
                 "00">},
      Cut{"IP 10.0.0.1.1000 > 10.0.0.2.8000:  tcp 4 [bad hdr length 16 - too short, < 20]",
          octets<"45 00 00 28 00 01 00 00 40 06 66 d6 0a 00 00 01 0a 00 00 02 03 e8 1f 40 00 00 03 "
                 "e8 00 00 00 00 40 02 fa f0 00 00 00 00">},
      Cut{"IP 10.0.0.1.1000 > 10.0.0.2.8000: Flags [S], seq 1000, win 64240, options [[bad opt]",
          octets<"45 00 00 2c 00 01 00 00 40 06 66 d6 0a 00 00 01 0a 00 00 02 03 e8 1f 40 00 00 03 "
                 "e8 00 00 00 00 60 02 fa f0 00 00 00 00 02 01 01 01">},
      Cut{"IP6 2001:db8::1 > 2001:db8::2: ICMP6, length 0 (invalid)",
          octets<"60 00 00 00 00 00 3a 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d "
                 "b8 00 00 00 00 00 00 00 00 00 00 00 02">},
      Cut{"IP6 2001:db8::1 > 2001:db8::2:  [|hbhopt]",
          octets<"60 00 00 00 00 08 00 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d "
                 "b8 00 00 00 00 00 00 00 00 00 00 00 02 3a 01 01 04 00 00 00 00">},
      Cut{"IP6 2001:db8::1 > 2001:db8::2: [ICMP requires IPv4] (invalid)",
          octets<"60 00 00 00 00 04 01 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d "
                 "b8 00 00 00 00 00 00 00 00 00 00 00 02 08 00 00 00">},
  };
  for (const auto& cut : cuts) EXPECT_EQ(describe(ExactCopy{cut.packet}.view()).view(), cut.line);
}

TEST(Describe, says_truncated_of_no_octets_at_all) {
  EXPECT_EQ(describe(Bytes{}).view(), "truncated-ip 0");
}

TEST(Describe, ends_in_dots_what_does_not_fit_the_callers_room) {
  std::array<char, 16> room{};
  const auto size = describe(icmpv4_vectors[0].packet, room);
  EXPECT_EQ((std::string_view{room.data(), size}), "IP 192.0.2.1 ...");

  std::array<char, 2> tiny{};
  EXPECT_EQ(describe(icmpv4_vectors[0].packet, tiny), 2U);
  EXPECT_EQ((std::string_view{tiny.data(), 2}), "IP");
}

TEST(Describe, ends_in_dots_an_advertisement_of_more_routers_than_fit) {
  std::vector<std::uint8_t> packet(28 + 255 * 8, 0xff);
  const Ipv4Header ip{
      .protocol = Protocol::icmp, .source = {192, 0, 2, 1}, .destination = {224, 0, 0, 1}};
  ip.emit(packet, packet.size() - 20);
  const std::array<std::uint8_t, 8> advertisement{9, 0, 0, 0, 255, 2, 0, 9};
  std::copy(advertisement.begin(), advertisement.end(), packet.begin() + 20);
  const auto text = describe(packet);
  EXPECT_EQ(text.view().size(), DescribeText::capacity);
  EXPECT_TRUE(text.view().ends_with("...")) << text.view();
}

TEST(Describe, unfolds_no_more_than_four_tunnels) {
  // Each header promises the rest and carries an IPv4 packet: the last one is of twenty octets.
  std::vector<std::uint8_t> packet(20 * 12);
  for (std::size_t at = 0; at < packet.size(); at += 20) {
    const Ipv4Header ip{
        .protocol = Protocol::ipv4, .source = {10, 0, 0, 1}, .destination = {10, 0, 0, 2}};
    ip.emit(MutableBytes{packet}.subspan(at), packet.size() - at - 20);
  }
  const auto text = std::string{describe(packet).view()};
  EXPECT_TRUE(text.ends_with("ip-proto-4 140")) << text;
}

}  // namespace
}  // namespace sonda::testing
