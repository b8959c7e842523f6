// What the path changed: each field on its own, what every router does, and what was only cut.
#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <sonda/wire/quotation_changes.hpp>
#include <sonda/wire/udp.hpp>

#include "golden.hpp"
#include "message_support.hpp"
#include "message_vectors.hpp"

namespace sonda {
namespace {

using testing::Octets;
using testing::octets_of;

constexpr std::array datagrams{Bytes{packets::echo_request}, Bytes{packets::udp},
                               Bytes{packets::udp6},         Bytes{packets::echo6_request},
                               Bytes{packets::tcp_syn},      Bytes{packets::tcp_sack}};

static_assert(
    compare(packets::udp, *Quotation::parse_datagram(packets::udp, IpVersion::v4))->empty());

IpVersion version_of(Bytes packet) { return packet[0] >> 4 == 4 ? IpVersion::v4 : IpVersion::v6; }

QuotedChanges changes_between(Bytes sent, Bytes quoted) {
  const auto quotation = Quotation::parse_datagram(quoted, version_of(sent));
  return compare(sent, quotation.value()).value();
}

// A packet with some of its octets replaced.
Octets with(Bytes packet, std::size_t at, std::initializer_list<std::uint8_t> octets) {
  Octets copy = octets_of(packet);
  std::ranges::copy(octets, copy.begin() + static_cast<std::ptrdiff_t>(at));
  return copy;
}
// An IPv4 packet whose header checksum is right again.
Octets repaired(Octets packet) {
  packet[10] = packet[11] = 0;
  store(MutableBytes{packet}, 10, Checksum{}.add(Bytes{packet}.first(20)).finish());
  return packet;
}

// The only change there is.
void expect_only(Bytes sent, Bytes quoted, QuotedField field, std::uint64_t was, std::uint64_t is) {
  const auto changes = changes_between(sent, quoted);
  ASSERT_EQ(changes.size(), 1U) << name(field);
  EXPECT_EQ(changes.begin()->field, field) << name(changes.begin()->field);
  EXPECT_EQ(changes.begin()->was, QuotedValue{was}) << name(field);
  EXPECT_EQ(changes.begin()->is, QuotedValue{is}) << name(field);
  EXPECT_FALSE(changes.begin()->expected) << name(field);
  EXPECT_TRUE(changes.has_unexpected());
}

TEST(QuotedChanges, are_none_in_a_datagram_that_came_back_as_it_went) {
  for (const auto sent : datagrams) {
    EXPECT_TRUE(changes_between(sent, sent).empty());
    EXPECT_FALSE(changes_between(sent, sent).has_unexpected());
  }
}

TEST(QuotedChanges, are_none_wherever_it_was_cut) {
  for (const auto sent : datagrams) {
    const std::size_t header = version_of(sent) == IpVersion::v4 ? 20 : 40;
    for (std::size_t size = header; size < sent.size(); ++size) {
      const testing::ExactCopy cut{sent.first(size)};
      EXPECT_TRUE(changes_between(sent, cut.view()).empty()) << size;
    }
  }
}

TEST(QuotedChanges, expect_a_smaller_ttl_and_the_checksum_that_goes_with_it) {
  const auto quoted = repaired(with(packets::udp, 8, {1}));
  const auto changes = changes_between(packets::udp, quoted);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes.find(QuotedField::ttl)->was, QuotedValue{std::uint64_t{64}});
  EXPECT_EQ(changes.find(QuotedField::ttl)->is, QuotedValue{std::uint64_t{1}});
  EXPECT_TRUE(changes.find(QuotedField::ttl)->expected);
  EXPECT_TRUE(changes.find(QuotedField::header_checksum)->expected);
  EXPECT_FALSE(changes.has_unexpected());
  EXPECT_EQ(changes.find(QuotedField::dscp), nullptr);
}

TEST(QuotedChanges, do_not_expect_a_larger_ttl_or_a_checksum_that_is_wrong) {
  const auto larger = changes_between(packets::udp, repaired(with(packets::udp, 8, {65})));
  EXPECT_FALSE(larger.find(QuotedField::ttl)->expected);
  const auto zeroed = changes_between(packets::udp, with(packets::udp, 10, {0, 0}));
  EXPECT_FALSE(zeroed.find(QuotedField::header_checksum)->expected);
}

TEST(QuotedChanges, name_each_field_of_the_ipv4_header) {
  using enum QuotedField;
  const auto check = [](std::size_t at, std::initializer_list<std::uint8_t> octets,
                        QuotedField field, std::uint64_t was, std::uint64_t is) {
    const auto changes = changes_between(packets::udp, repaired(with(packets::udp, at, octets)));
    ASSERT_NE(changes.find(field), nullptr) << name(field);
    EXPECT_EQ(changes.find(field)->was, QuotedValue{was});
    EXPECT_EQ(changes.find(field)->is, QuotedValue{is});
    EXPECT_EQ(changes.size(), 2U) << "it and the header checksum";
  };
  check(1, {0xb8}, dscp, 0, 46);
  check(1, {0x03}, ecn, 0, 3);
  check(2, {0x05, 0xdc}, length, 33, 1500);
  check(4, {0x43, 0x21}, identification, 0x1234, 0x4321);
  check(6, {0x00}, dont_fragment, 1, 0);
  check(9, {0xfe}, protocol, 17, 254);
}

TEST(QuotedChanges, name_both_halves_of_the_traffic_class) {
  const auto changes =
      changes_between(packets::echo6_request, with(packets::echo6_request, 0, {0x60, 0x31}));
  EXPECT_EQ(changes.find(QuotedField::dscp)->was, QuotedValue{std::uint64_t{46}});
  EXPECT_EQ(changes.find(QuotedField::dscp)->is, QuotedValue{std::uint64_t{0}});
  EXPECT_EQ(changes.find(QuotedField::ecn)->is, QuotedValue{std::uint64_t{3}});
  EXPECT_EQ(changes.size(), 2U);
}

TEST(QuotedChanges, name_addresses_that_a_translator_rewrote) {
  const auto quoted = repaired(with(packets::udp, 12, {10, 0, 0, 9}));
  const auto changes = changes_between(packets::udp, quoted);
  EXPECT_EQ(changes.find(QuotedField::source)->was, (QuotedValue{Ipv4Address{192, 0, 2, 1}}));
  EXPECT_EQ(changes.find(QuotedField::source)->is, (QuotedValue{Ipv4Address{10, 0, 0, 9}}));
  EXPECT_EQ(changes.find(QuotedField::destination), nullptr);
  const auto v6 = changes_between(packets::udp6, with(packets::udp6, 39, {8}));
  EXPECT_EQ(v6.find(QuotedField::destination)->is,
            QuotedValue{Address::parse("2001:db8:7::8").value()});
}

TEST(QuotedChanges, name_each_field_of_ipv6) {
  expect_only(packets::echo6_request, with(packets::echo6_request, 1, {0x80}),
              QuotedField::flow_label, 0x12345, 0x02345);
  expect_only(packets::echo6_request, with(packets::echo6_request, 4, {0x01, 0x00}),
              QuotedField::length, 53, 296);
}

TEST(QuotedChanges, name_each_field_of_an_echo) {
  expect_only(packets::echo_request, with(packets::echo_request, 20, {0}), QuotedField::icmp_type,
              8, 0);
  expect_only(packets::echo_request, with(packets::echo_request, 21, {4}), QuotedField::icmp_code,
              0, 4);
  expect_only(packets::echo_request, with(packets::echo_request, 22, {1, 2}),
              QuotedField::transport_checksum, 0x3f3c, 0x0102);
  expect_only(packets::echo_request, with(packets::echo_request, 24, {1, 2}),
              QuotedField::identifier, 42163, 0x0102);
  expect_only(packets::echo_request, with(packets::echo_request, 26, {0, 2}), QuotedField::sequence,
              1, 2);
}

TEST(QuotedChanges, name_each_field_of_udp) {
  for (const auto& [packet, at] :
       {std::pair{Bytes{packets::udp}, 20U}, std::pair{Bytes{packets::udp6}, 40U}}) {
    const std::uint64_t port = packet.size() == packets::udp.size() ? 33434 : 33435;
    expect_only(packet, with(packet, at, {1, 2}), QuotedField::source_port, 40000, 0x0102);
    expect_only(packet, with(packet, at + 2, {1, 2}), QuotedField::destination_port, port, 0x0102);
    expect_only(packet, with(packet, at + 4, {0, 8}), QuotedField::transport_length, 13, 8);
  }
}

TEST(QuotedChanges, name_each_field_of_tcp) {
  expect_only(packets::tcp_sack, with(packets::tcp_sack, 24, {1, 2, 3, 6}),
              QuotedField::tcp_sequence, 0x01020305, 0x01020306);
  expect_only(packets::tcp_sack, with(packets::tcp_sack, 28, {0, 0, 0, 0}),
              QuotedField::tcp_acknowledgement, 0x0a0b0c0e, 0);
  expect_only(packets::tcp_syn, with(packets::tcp_syn, 33, {0xc2}), QuotedField::tcp_flags, 0x02,
              0xc2);
  expect_only(packets::tcp_syn, with(packets::tcp_syn, 34, {0x10, 0}), QuotedField::tcp_window,
              64240, 4096);
  expect_only(packets::tcp_syn, with(packets::tcp_syn, 36, {1, 2}), QuotedField::transport_checksum,
              0xbecd, 0x0102);
}

TEST(QuotedChanges, call_a_clamped_mss_by_its_name) {
  expect_only(packets::tcp_syn, with(packets::tcp_syn, 42, {0x05, 0x64}), QuotedField::tcp_mss,
              1460, 1380);
}

TEST(QuotedChanges, point_at_an_option_that_was_blotted_out) {
  const auto quoted = with(packets::tcp_syn, 44, {1, 1});  // SACK permitted
  const auto changes = changes_between(packets::tcp_syn, quoted);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes.begin()->field, QuotedField::tcp_options);
  EXPECT_EQ(changes.begin()->at, 44U);
  EXPECT_EQ(changes.begin()->was, QuotedValue{std::uint64_t{4}});
  EXPECT_EQ(changes.begin()->is, QuotedValue{std::uint64_t{1}});
}

TEST(QuotedChanges, tell_a_clamped_mss_and_a_lost_option_apart) {
  const auto quoted = with(packets::tcp_syn, 42, {0x05, 0x64, 1, 1});
  const auto changes = changes_between(packets::tcp_syn, quoted);
  EXPECT_EQ(changes.size(), 2U);
  EXPECT_NE(changes.find(QuotedField::tcp_mss), nullptr);
  EXPECT_EQ(changes.find(QuotedField::tcp_options)->at, 44U);
}

TEST(QuotedChanges, point_at_the_first_octet_of_the_payload_that_differs) {
  const auto changes = changes_between(packets::udp, with(packets::udp, 30, {'X', 'Y'}));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes.begin()->field, QuotedField::payload);
  EXPECT_EQ(changes.begin()->at, 30U);
  EXPECT_EQ(changes.begin()->was, QuotedValue{std::uint64_t{'n'}});
  EXPECT_EQ(changes.begin()->is, QuotedValue{std::uint64_t{'X'}});
}

TEST(QuotedChanges, point_into_options_of_ipv4) {
  const Bytes sent = packets::parameter_problem;
  const auto datagram = sent.subspan(28);  // its options are 07 03 04 00
  const auto changes = changes_between(datagram, with(datagram, 22, {8}));
  ASSERT_NE(changes.find(QuotedField::ip_options), nullptr);
  EXPECT_EQ(changes.find(QuotedField::ip_options)->at, 22U);
  EXPECT_EQ(changes.find(QuotedField::ip_options)->was, QuotedValue{std::uint64_t{4}});
  EXPECT_EQ(changes.find(QuotedField::ip_options)->is, QuotedValue{std::uint64_t{8}});
}

TEST(QuotedChanges, notice_options_that_are_gone) {
  const auto datagram = Bytes{packets::parameter_problem}.subspan(28);
  Octets stripped = octets_of(datagram);
  stripped.erase(stripped.begin() + 20, stripped.begin() + 24);
  stripped[0] = 0x45;
  const auto changes = changes_between(datagram, stripped);
  ASSERT_NE(changes.find(QuotedField::header_length), nullptr);
  EXPECT_EQ(changes.find(QuotedField::header_length)->was, QuotedValue{std::uint64_t{24}});
  EXPECT_EQ(changes.find(QuotedField::header_length)->is, QuotedValue{std::uint64_t{20}});
  EXPECT_EQ(changes.find(QuotedField::ip_options), nullptr);
  EXPECT_EQ(changes.find(QuotedField::sequence), nullptr) << "the echo itself is unharmed";
}

TEST(QuotedChanges, say_that_the_path_made_a_fragment_and_nothing_of_its_length) {
  const auto first = repaired(with(packets::echo_request, 2, {0, 44, 0xeb, 0x4c, 0x20, 0}));
  const auto changes = changes_between(packets::echo_request, Bytes{first}.first(44));
  EXPECT_EQ(changes.find(QuotedField::fragment)->is, QuotedValue{std::uint64_t{1}});
  EXPECT_NE(changes.find(QuotedField::dont_fragment), nullptr);
  EXPECT_EQ(changes.find(QuotedField::length), nullptr);
  EXPECT_EQ(changes.find(QuotedField::payload), nullptr);
}

TEST(QuotedChanges, say_nothing_of_a_fragment_header_that_was_cut_off) {
  Octets sent(40 + 8 + 8, 0);  // an IPv6 header, a fragment header, eight octets of UDP
  sent[0] = 0x60, sent[5] = 16, sent[6] = 44, sent[7] = 64;
  sent[40] = 17, sent[43] = 1;
  for (const std::size_t kept : {40U, 47U})
    EXPECT_TRUE(changes_between(sent, Bytes{sent}.first(kept)).empty()) << kept;
}

TEST(QuotedChanges, look_only_at_the_ip_header_of_a_later_fragment) {
  const auto later = repaired(with(packets::echo_request, 6, {0x00, 0x05}));
  const auto changes = changes_between(packets::echo_request, later);
  EXPECT_EQ(changes.find(QuotedField::fragment)->is, QuotedValue{std::uint64_t{1}});
  EXPECT_EQ(changes.find(QuotedField::identifier), nullptr);
  EXPECT_EQ(changes.find(QuotedField::payload), nullptr);
}

TEST(QuotedChanges, see_a_changed_extension_header_but_not_a_cut_one) {
  const auto sent = testing::message_in(packets::time_exceeded6_extension_headers).subspan(8);
  for (std::size_t size = 40; size < sent.size(); ++size)
    EXPECT_TRUE(changes_between(sent, sent.first(size)).empty()) << size;
  const auto changes = changes_between(sent, with(sent, 44, {9}));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes.begin()->field, QuotedField::ip_options);
  EXPECT_EQ(changes.begin()->at, 44U);
}

TEST(QuotedChanges, need_a_datagram_of_the_version_that_was_quoted) {
  const auto quoted = Quotation::parse_datagram(packets::udp6, IpVersion::v6).value();
  EXPECT_EQ(compare(packets::udp, quoted).error().fault, Fault::too_short);
  EXPECT_EQ(compare(packets::echo_request, quoted).error().fault, Fault::bad_version);
}

// Every flipped bit of what is compared is somebody's change; the version, a header length and a
// data offset that no longer fit are refusals or cuts.
TEST(QuotedChanges, miss_no_flipped_bit_of_a_udp_probe) {
  std::size_t unnoticed = 0, refused = 0;
  testing::on_every_bit_flip(packets::udp, [&](Bytes flipped) {
    const auto quoted = Quotation::parse_datagram(flipped, IpVersion::v4);
    if (!quoted) {
      ++refused;
      return;
    }
    if (compare(packets::udp, *quoted)->empty()) ++unnoticed;
  });
  EXPECT_EQ(refused, 7U) << "four of the version, three of the header length";
  EXPECT_EQ(unnoticed, 1U) << "the reserved flag of the IP header";
}

TEST(QuotedChanges, come_in_order_without_repetition_whatever_a_stranger_quotes) {
  std::mt19937 random{791};
  for (int round = 0; round < 20'000; ++round) {
    const auto sent = datagrams[random() % datagrams.size()];
    testing::ExactCopy copy{sent.first(random() % (sent.size() + 1))};
    for (auto flips = random() % 12; flips > 0 && !copy.view().empty(); --flips)
      copy.mutable_view()[random() % copy.view().size()] = static_cast<std::uint8_t>(random());
    const auto quoted = Quotation::parse_datagram(copy.view(), version_of(sent));
    if (!quoted) continue;
    const auto changes = compare(sent, *quoted).value();
    EXPECT_TRUE(std::ranges::is_sorted(changes, {}, &QuotedChange::field));
    EXPECT_EQ(std::ranges::adjacent_find(changes, {}, &QuotedChange::field), changes.end());
    for (const auto& change : changes) {
      EXPECT_NE(change.was, change.is) << name(change.field);
      EXPECT_LE(change.at, std::max(sent.size(), copy.view().size()));
    }
  }
}

TEST(QuotedField, has_a_name_of_its_own) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < quoted_field_count; ++i)
    EXPECT_TRUE(names.emplace(name(QuotedField{static_cast<std::uint8_t>(i)})).second);
  EXPECT_FALSE(names.contains("field"));
}

}  // namespace
}  // namespace sonda
