// Ethernet frames, with and without VLAN tags.
#include <algorithm>
#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include <sonda/wire/ethernet.hpp>

#include "golden.hpp"

namespace sonda {
namespace {

using testing::hex;

// 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806)
constexpr auto arp = hex<"ffffffffffff 020000000001 0806 0001">();
static_assert(EthernetView::parse(arp)->type() == EtherType::arp);

// 802.1ad VLAN 100, 802.1Q VLAN 4095 with priority 7, IPv6
constexpr auto tagged = hex<"020000000002 020000000001 88a8 0064 8100 efff 86dd 60">();

TEST(EthernetView, reads_addresses_type_and_payload) {
  const auto frame = EthernetView::parse(arp);
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->destination().is_broadcast() && frame->destination().is_multicast());
  EXPECT_EQ(frame->source(), MacAddress::parse("02:00:00:00:00:01"));
  EXPECT_FALSE(frame->source().is_multicast());
  EXPECT_EQ(frame->header_size(), 14U);
  EXPECT_EQ(frame->payload().size(), 2U);
  EXPECT_EQ(frame->vlan_tags(), 0U);
}

TEST(EthernetView, looks_behind_vlan_tags) {
  const auto frame = EthernetView::parse(tagged);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->type(), EtherType::ipv6);
  ASSERT_EQ(frame->vlan_tags(), 2U);
  EXPECT_EQ(frame->vlan(0), 100);
  EXPECT_EQ(frame->vlan(1), 4095);
  EXPECT_EQ(frame->payload().size(), 1U);
}

TEST(EthernetView, refuses_a_frame_cut_within_its_header) {
  testing::refuses_every_truncation(Bytes{arp}.first(14),
                                    [](Bytes b) { return EthernetView::parse(b); });
  testing::refuses_every_truncation(Bytes{tagged}.first(22),
                                    [](Bytes b) { return EthernetView::parse(b); });
  EXPECT_EQ(testing::error_of(EthernetView::parse(Bytes{tagged}.first(17))),
            (ParseError{Layer::ethernet, Fault::too_short, 18, 17}));
}

TEST(EthernetView, refuses_tags_without_end) {
  std::array<std::uint8_t, 64> frame{};
  for (std::size_t at = 12; at + 4 <= frame.size(); at += 4) frame[at] = 0x81;
  EXPECT_EQ(testing::error_of(EthernetView::parse(frame)),
            (ParseError{Layer::ethernet, Fault::too_many, 4, 64}));
}

TEST(EthernetView, stays_within_its_octets_whatever_they_are) {
  testing::on_every_mutilation(tagged, [](Bytes octets) {
    const auto frame = EthernetView::parse(octets);
    if (!frame) return;
    EXPECT_EQ(frame->header_size() + frame->payload().size(), octets.size());
    for (std::size_t i = 0; i < frame->vlan_tags(); ++i) EXPECT_LT(frame->vlan(i), 4096);
  });
}

TEST(EthernetHeader, writes_what_the_view_reads) {
  const EthernetHeader header{.destination = MacAddress::broadcast(),
                              .source = *MacAddress::parse("02-00-00-00-00-01"),
                              .type = EtherType::arp};
  const auto octets = testing::emitted(header.size(), [&](MutableBytes out) { header.emit(out); });
  EXPECT_TRUE(std::equal(octets.begin(), octets.end(), arp.begin()));
}

TEST(MacAddress, is_read_and_written_with_two_digits_each) {
  EXPECT_EQ(to_text(*MacAddress::parse("0A:0b:0C:d0:e0:F0")), "0a:0b:0c:d0:e0:f0");
  for (const auto* text :
       {"", "02:00:00:00:00", "02:00:00:00:00:01:", "02:00:00:00:00:0g", "2:0:0:0:0:1:00:00",
        "020000000001", "02 00 00 00 00 01", "02:00:00:00:00:1 "})
    EXPECT_FALSE(MacAddress::parse(text)) << text;
}

TEST(MacAddress, of_a_group_is_mapped_and_of_one_machine_is_not) {
  const auto mapped = [](std::string_view address) { return mapped_mac(*Address::parse(address)); };
  EXPECT_EQ(mapped("224.0.0.251"), MacAddress::parse("01:00:5e:00:00:fb").value());
  EXPECT_EQ(mapped("239.129.2.3"), MacAddress::parse("01:00:5e:01:02:03").value());
  EXPECT_EQ(mapped("255.255.255.255"), MacAddress::broadcast());
  EXPECT_EQ(mapped("ff02::1:ff12:3456"), MacAddress::parse("33:33:ff:12:34:56").value());
  for (const auto* one : {"192.0.2.255", "fe80::1", "2001:db8::1"})
    EXPECT_FALSE(mapped(one)) << one;
}

TEST(Protocol, and_ether_type_are_named_if_known_and_kept_if_not) {
  EXPECT_EQ(name(Protocol::icmpv6), "ICMPv6");
  EXPECT_EQ(name(Protocol{200}), "");
  EXPECT_EQ(static_cast<int>(Protocol{200}), 200);
  EXPECT_EQ(name(EtherType::vlan), "802.1Q");
  EXPECT_EQ(name(EtherType{0x9000}), "");
}

}  // namespace
}  // namespace sonda
