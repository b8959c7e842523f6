// describe_frame() against tcpdump's own lines, and against octets that lie.
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/describe_frame.hpp>

#include "../../golden/frame_vectors.hpp"

namespace sonda::testing {
namespace {

void expect_one_line(Bytes frame) {
  const auto text = describe_frame(frame);
  ASSERT_FALSE(text.view().empty());
  for (const char c : text.view()) {
    ASSERT_GE(c, ' ');
    ASSERT_LE(c, '~');
  }
}

TEST(DescribeFrame, says_what_tcpdump_says_of_every_golden_frame) {
  for (const auto& vector : frame_vectors)
    EXPECT_EQ(describe_frame(vector.packet).view(), vector.line) << vector.shows;
}

TEST(DescribeFrame, stays_within_the_octets_of_every_mutilation) {
  for (const auto& vector : frame_vectors) on_every_mutilation(vector.packet, expect_one_line);
}

TEST(DescribeFrame, works_at_compile_time) {
  static_assert(describe_frame(frame_vectors[0].packet).view() == frame_vectors[0].line);
  EXPECT_EQ(describe_frame(frame_vectors[1].packet).view(), frame_vectors[1].line);
}

TEST(DescribeFrame, shows_where_the_room_ended) {
  std::array<char, 12> room{};
  const auto size = describe_frame(frame_vectors[0].packet, room);
  EXPECT_EQ((std::string_view{room.data(), size}), "ARP, Requ...");
}

TEST(DescribeFrame, survives_noise_behind_a_valid_beginning) {
  constexpr std::array<std::uint16_t, 6> types{0x0800, 0x0806, 0x8100, 0x86dd, 0x88a8, 0x1234};
  std::mt19937 random{20262};
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::uint8_t> frame(random() % 100 + 1);
    for (auto& octet : frame) octet = static_cast<std::uint8_t>(random());
    if (frame.size() >= 14) store(MutableBytes{frame}, 12, types[random() % types.size()]);
    if (frame.size() >= 22 && random() % 2 == 0) frame[18] = 6, frame[19] = 4;
    expect_one_line(ExactCopy{frame}.view());
  }
}

struct Line {
  std::string_view line;
  Bytes frame;
};

// Each line is tcpdump's own.
TEST(DescribeFrame, says_what_else_there_is) {
  const std::array lines{
      Line{" [|ether]", octets<"ff ff ff ff ff ff 02 00 00 00 00 01 08">},
      Line{" [|vlan]", octets<"ff ff ff ff ff ff 02 00 00 00 00 01 81 00 00 05">},
      Line{" [|arp]", octets<"ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01">},
      Line{" [|ip]", octets<"ff ff ff ff ff ff 02 00 00 00 00 01 08 00">},
      Line{" [|ip6]", octets<"ff ff ff ff ff ff 02 00 00 00 00 01 86 dd 60">},
      Line{"02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype Unknown (0x1234), length 18: ",
           octets<"ff ff ff ff ff ff 02 00 00 00 00 01 12 34 00 11 22 33">},
      Line{
          "ARP, Ethernet (len 6), IPv6 (len 4), length 28",
          octets<
              "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 86 dd 06 04 00 01 02 00 00 00 00 01 "
              "c0 00 02 01 00 00 00 00 00 00 c0 00 02 02">},
      Line{
          "ARP, Ethernet (len 6), IPv4 (len 0), length 28",
          octets<
              "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 00 00 01 02 00 00 00 00 01 "
              "c0 00 02 01 00 00 00 00 00 00 c0 00 02 02">},
      Line{
          "ARP, NACK Reply ",
          octets<
              "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 0a 02 00 00 00 00 01 "
              "c0 00 02 01 00 00 00 00 00 00 c0 00 02 02">},
      Line{
          "ARP, Unknown (25) ",
          octets<
              "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 19 02 00 00 00 00 01 "
              "c0 00 02 01 00 00 00 00 00 00 c0 00 02 02">}};
  for (const auto& [line, frame] : lines) EXPECT_EQ(describe_frame(frame).view(), line);
}

// Simpler than tcpdump, which would name the logical link's parts.
TEST(DescribeFrame, says_of_what_it_does_not_read_between_whom_it_goes) {
  EXPECT_EQ(describe_frame(octets<"01 80 c2 00 00 00 02 00 00 00 00 01 00 03 42 42 03">).view(),
            "02:00:00:00:00:01 > 01:80:c2:00:00:00, 802.3, length 17: ");
  EXPECT_EQ(describe_frame(octets<"ff ff ff ff ff ff 02 00 00 00 00 01 88 47 00">).view(),
            "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype MPLS (0x8847), length 15: ");
  EXPECT_EQ(
      describe_frame(octets<"ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 20 12 34 01 01 00 01 "
                            "02 03 04 05">)
          .view(),
      "ARP, Unknown Hardware (32) (len 1), Unknown Protocol (0x1234) (len 1), length 12");
}

}  // namespace
}  // namespace sonda::testing
