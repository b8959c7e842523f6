// Packets that other libraries misread, each with what it broke there and what is right here.
//
// The eight of them went through libtins 4.5 and PcapPlusPlus of August 2026.
#include <cstdint>

#include <gtest/gtest.h>

#include <sonda/wire/icmp_mpls.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv4_options.hpp>
#include <sonda/wire/quotation.hpp>

#include "golden.hpp"

namespace sonda {
namespace {

using testing::ExactCopy;
using testing::hex;

// IP (ttl 64, id 1, flags [DF], proto ICMP (1), length 28)
//     10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 8
constexpr auto empty_echo =
    hex<"4500001c 00014000 400126de 0a000001 0a000002"
        "0800f7fd 00010001">();

// PcapPlusPlus: dataLength = 18446744073709551608.
TEST(RivalPackets, an_echo_request_without_data_has_eight_octets_and_no_data) {
  const ExactCopy copy{empty_echo};
  const auto ip = Ipv4View::parse(copy.view());
  ASSERT_TRUE(ip && ip->checksum_ok());
  EXPECT_EQ(ip->payload().size(), 8U);
  EXPECT_EQ(Checksum{}.add(ip->payload()).finish(), 0);
}

// libtins throws on it.
TEST(RivalPackets, options_may_end_in_eol_and_three_octets_of_padding) {
  constexpr auto octets =
      hex<"4700001c 00014000 40019cd8 0a000001 0a000002"
          "88040001 00000000">();
  const ExactCopy copy{octets};
  const auto ip = Ipv4View::parse(copy.view());
  ASSERT_TRUE(ip);
  EXPECT_TRUE(ip->checksum_ok());
  const auto options = Ipv4Options::parse(ip->options());
  ASSERT_TRUE(options);
  EXPECT_EQ(options->octets().size(), 4U);
  EXPECT_EQ(option_value(*options->begin()), 1);
}

// libtins accepts it; PcapPlusPlus sees a trailer of eight octets.
TEST(RivalPackets, a_total_length_of_ten_contradicts_a_header_of_twenty) {
  auto octets = empty_echo;
  octets[3] = 10;
  EXPECT_EQ(testing::error_of(Ipv4View::parse(ExactCopy{octets}.view())),
            (ParseError{Layer::ipv4, Fault::bad_length, 20, 28}));
}

TEST(RivalPackets, a_header_of_four_words_is_none) {
  auto octets = empty_echo;
  octets[0] = 0x44;
  EXPECT_EQ(testing::error_of(Ipv4View::parse(ExactCopy{octets}.view())),
            (ParseError{Layer::ipv4, Fault::bad_length, 20, 28}));
}

// PcapPlusPlus returns a header length of 60 for 28 octets, and the payload's size underflows.
TEST(RivalPackets, a_header_of_sixty_octets_does_not_lie_within_twenty_eight) {
  auto octets = empty_echo;
  octets[0] = 0x4f;
  EXPECT_EQ(testing::error_of(Ipv4View::parse(ExactCopy{octets}.view())),
            (ParseError{Layer::ipv4, Fault::too_short, 60, 28}));
}

// libtins accepts it.
TEST(RivalPackets, version_six_is_not_version_four) {
  auto octets = empty_echo;
  octets[0] = 0x65;
  EXPECT_EQ(testing::error_of(Ipv4View::parse(ExactCopy{octets}.view())),
            (ParseError{Layer::ipv4, Fault::bad_version, 4, 28}));
}

// libtins has no view of the inner datagram; strict parsers refuse it, loose ones run past it.
TEST(RivalPackets, a_datagram_quoted_to_28_of_its_60_octets_still_says_whose_it_was) {
  // 10.0.0.2 > 10.0.0.1: ICMP time exceeded in-transit, length 36
  //     10.0.0.1.40000 > 10.0.0.9.33434: UDP, length 32
  constexpr auto octets =
      hex<"45000038 00070000 400166bc 0a000002 0a000001 0b00d5fc 00000000"
          "4500003c 00014000 011165a7 0a000001 0a000009 9c40829a 00280000">();
  const ExactCopy copy{octets};
  const auto ip = Ipv4View::parse(copy.view());
  ASSERT_TRUE(ip && ip->checksum_ok());
  const auto quotation = Quotation::parse(ip->payload(), IpVersion::v4);
  ASSERT_TRUE(quotation);
  EXPECT_TRUE(quotation->truncated());
  EXPECT_EQ(quotation->quoted_octets(), 28U);
  EXPECT_EQ(quotation->stated_length(), 60U);
  EXPECT_EQ(quotation->source_port(), Port{40000});
  EXPECT_EQ(quotation->destination_port(), Port{33434});
}

// PcapPlusPlus sees a trailer of 80 octets; tcpdump says nothing of the extension.
TEST(RivalPackets, an_mpls_label_may_stand_behind_a_quotation_of_sixty_octets) {
  constexpr auto octets =
      hex<"45000064 00070000 40016690 0a000002 0a000001 0b00d5ed 000f0000"
          "4500003c 00014000 011165a7 0a000001 0a000009 9c40829a 00280000"
          "00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000"
          "200075f5 00080101 18005101">();
  const ExactCopy copy{octets};
  const auto ip = Ipv4View::parse(copy.view());
  ASSERT_TRUE(ip && ip->checksum_ok());
  const auto quotation = Quotation::parse(ip->payload(), IpVersion::v4);
  ASSERT_TRUE(quotation);
  EXPECT_EQ(quotation->quoted_octets(), 60U);
  EXPECT_FALSE(quotation->truncated());
  ASSERT_TRUE(quotation->extensions());
  const auto object = quotation->extensions()->first(ExtensionClass::mpls_label_stack);
  ASSERT_TRUE(object);
  const auto stack = MplsStackView::parse(*object);
  ASSERT_TRUE(stack);
  ASSERT_EQ(stack->size(), 1U);
  EXPECT_EQ((*stack)[0].label, 98309U);
}

}  // namespace
}  // namespace sonda
