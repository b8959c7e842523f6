// The quotation: whose probe it was, how much came back, and never an octet outside of it.
#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>

#include <sonda/wire/icmp_mpls.hpp>
#include <sonda/wire/quotation.hpp>

#include "golden.hpp"
#include "message_support.hpp"
#include "message_vectors.hpp"

namespace sonda {
namespace {

using testing::hex;
using testing::message_in;

constexpr std::array errors4{Bytes{packets::port_unreachable},
                             Bytes{packets::time_exceeded_28_octets},
                             Bytes{packets::fragmentation_needed},
                             Bytes{packets::redirect_host},
                             Bytes{packets::parameter_problem},
                             Bytes{packets::source_quench},
                             Bytes{packets::time_exceeded_mpls_interface},
                             Bytes{packets::time_exceeded_mpls_unstated},
                             Bytes{packets::time_exceeded_later_fragment},
                             Bytes{packets::time_exceeded_tcp_8_octets},
                             Bytes{packets::time_exceeded_tcp_whole}};
constexpr std::array errors6{Bytes{packets::port_unreachable6},
                             Bytes{packets::packet_too_big},
                             Bytes{packets::time_exceeded6_extension_headers},
                             Bytes{packets::time_exceeded6_later_fragment},
                             Bytes{packets::time_exceeded6_first_fragment},
                             Bytes{packets::parameter_problem6},
                             Bytes{packets::time_exceeded6_mpls_interface}};

constexpr Ipv4Address our4{192, 0, 2, 1}, target4{198, 51, 100, 7};
constexpr Address our6 = *Address::parse("2001:db8::1");
constexpr Address target6 = *Address::parse("2001:db8:7::7");

static_assert(Quotation::parse(message_in(packets::port_unreachable), IpVersion::v4)
                  ->destination_port() == Port{33434});
static_assert(Quotation::parse(message_in(packets::time_exceeded_28_octets), IpVersion::v4)
                  ->sequence() == Sequence{3});
static_assert(
    Quotation::parse(message_in(packets::time_exceeded_28_octets), IpVersion::v4)->truncated());

Quotation quotation_in(Bytes packet) {
  const auto version = packet[0] >> 4 == 4 ? IpVersion::v4 : IpVersion::v6;
  return Quotation::parse(message_in(packet), version).value();
}

// What must hold of any quotation that was accepted.
void stays_within(Bytes message, const Quotation& q) {
  const auto inside = [](Bytes outer, Bytes inner) {
    return inner.empty() || (inner.data() >= outer.data() &&
                             inner.data() + inner.size() <= outer.data() + outer.size());
  };
  EXPECT_TRUE(inside(message, q.octets()));
  EXPECT_TRUE(inside(q.octets(), q.transport()));
  EXPECT_TRUE(inside(q.transport(), q.payload()));
  EXPECT_LE(q.transport_offset(), q.octets().size());
  EXPECT_EQ(q.transport_offset() + q.transport().size(), q.quoted_octets());
  EXPECT_FALSE(q.truncated() && q.length_lies());
  EXPECT_EQ(q.ipv4().has_value(), q.version() == IpVersion::v4);
  EXPECT_EQ(q.ipv6().has_value(), q.version() == IpVersion::v6);
  const auto size = q.transport().size();
  EXPECT_TRUE(!q.source_port() || size >= 2);
  EXPECT_TRUE(!q.destination_port() || size >= 4);
  EXPECT_TRUE(!q.tcp_sequence() || size >= 8);
  EXPECT_TRUE(!q.identifier() || size >= 6);
  EXPECT_TRUE(!q.sequence() || size >= 8);
  EXPECT_TRUE(!q.icmp_type() || size >= 1);
  EXPECT_TRUE(!q.icmp_code() || size >= 2);
  EXPECT_TRUE(!q.transport_checksum() || size >= 4);
  EXPECT_FALSE(q.source_port() && q.icmp_type());
  EXPECT_TRUE(!q.is_later_fragment() || size == 0);
  EXPECT_TRUE(q.protocol() || size == 0);
  if (q.extensions()) {
    EXPECT_TRUE(inside(message, q.extensions()->octets()));
    EXPECT_FALSE(q.extension_fault());
    std::size_t octets = IcmpExtensions::header_size;
    for (const auto object : *q.extensions()) octets += object.octets().size();
    EXPECT_EQ(octets == q.extensions()->octets().size(), !q.extensions()->malformed());
  }
}

TEST(Quotation, tells_whose_udp_probe_it_was) {
  for (const Bytes packet : {Bytes{packets::port_unreachable}, Bytes{packets::port_unreachable6}}) {
    const auto q = quotation_in(packet);
    EXPECT_EQ(q.source(), testing::source_of(packet));
    EXPECT_EQ(q.destination(), testing::source_of(packet));
    EXPECT_EQ(q.protocol(), Protocol::udp);
    EXPECT_EQ(q.source_port(), Port{40000});
    EXPECT_EQ(q.destination_port(), Port{33434});
    EXPECT_EQ(q.ttl(), Ttl{64});
    EXPECT_EQ(q.payload().size(), 5U);
    EXPECT_FALSE(q.truncated());
    EXPECT_FALSE(q.identifier());
    EXPECT_FALSE(q.tcp_sequence());
    EXPECT_FALSE(q.extensions());
    EXPECT_FALSE(q.extension_fault());
  }
  EXPECT_EQ(quotation_in(packets::port_unreachable).transport_checksum(), 0x8421);
  EXPECT_EQ(quotation_in(packets::port_unreachable6).flow_label(), FlowLabel{0xce1c7});
}

TEST(Quotation, tells_whose_echo_it_was_from_eight_octets) {
  const auto q = quotation_in(packets::time_exceeded_28_octets);
  EXPECT_EQ(q.source(), our4);
  EXPECT_EQ(q.destination(), target4);
  EXPECT_EQ(q.protocol(), Protocol::icmp);
  EXPECT_EQ(q.echo_kind(), EchoKind::request);
  EXPECT_EQ(q.icmp_code(), 0);
  EXPECT_EQ(q.identifier(), Identifier{0xbeef});
  EXPECT_EQ(q.sequence(), Sequence{3});
  EXPECT_EQ(q.transport_checksum(), 0x804c);
  EXPECT_EQ(q.quoted_octets(), 28U);
  EXPECT_EQ(q.stated_length(), 44U);
  EXPECT_TRUE(q.truncated());
  EXPECT_TRUE(q.payload().empty());
  EXPECT_FALSE(q.source_port());
}

TEST(Quotation, tells_whose_syn_it_was_from_eight_octets) {
  const auto q = quotation_in(packets::time_exceeded_tcp_8_octets);
  EXPECT_EQ(q.source_port(), Port{40000});
  EXPECT_EQ(q.destination_port(), Port{443});
  EXPECT_EQ(q.tcp_sequence(), 0x01020304U);
  EXPECT_FALSE(q.transport_checksum());
  EXPECT_TRUE(q.payload().empty());
  EXPECT_EQ(quotation_in(packets::time_exceeded_tcp_whole).transport_checksum(), 0xbecd);
}

TEST(Quotation, reads_every_error_that_quotes) {
  for (const auto packet : errors4) {
    EXPECT_EQ(quotation_in(packet).source(), testing::destination_of(packet));
    stays_within(message_in(packet), quotation_in(packet));
  }
  for (const auto packet : errors6) {
    EXPECT_EQ(quotation_in(packet).source(), testing::destination_of(packet));
    stays_within(message_in(packet), quotation_in(packet));
  }
  EXPECT_EQ(quotation_in(packets::parameter_problem).transport_offset(), 24U)
      << "behind the options";
  EXPECT_EQ(quotation_in(packets::parameter_problem).sequence(), Sequence{3});
}

TEST(Quotation, of_a_later_fragment_has_no_transport_header) {
  const auto v4 = quotation_in(packets::time_exceeded_later_fragment);
  EXPECT_TRUE(v4.is_later_fragment());
  EXPECT_EQ(v4.protocol(), Protocol::udp);
  EXPECT_TRUE(v4.transport().empty());
  EXPECT_FALSE(v4.source_port());
  const auto v6 = quotation_in(packets::time_exceeded6_later_fragment);
  EXPECT_TRUE(v6.is_later_fragment());
  EXPECT_EQ(v6.protocol(), Protocol::udp);
  EXPECT_TRUE(v6.transport().empty());
  EXPECT_FALSE(v6.source_port());
}

TEST(Quotation, of_a_first_fragment_has_one) {
  const auto q = quotation_in(packets::time_exceeded6_first_fragment);
  EXPECT_TRUE(q.is_fragment());
  EXPECT_FALSE(q.is_later_fragment());
  EXPECT_EQ(q.destination_port(), Port{33435});
  EXPECT_EQ(q.transport_offset(), 48U);
  testing::ExactCopy copy{message_in(packets::time_exceeded_28_octets)};
  store<std::uint16_t>(copy.mutable_view(), 8 + 6, 0x2000);
  const auto v4 = Quotation::parse(copy.view(), IpVersion::v4).value();
  EXPECT_TRUE(v4.is_fragment());
  EXPECT_FALSE(v4.is_later_fragment());
  EXPECT_EQ(v4.sequence(), Sequence{3});
}

TEST(Quotation, goes_through_extension_headers) {
  const auto q = quotation_in(packets::time_exceeded6_extension_headers);
  EXPECT_EQ(q.source(), our6);
  EXPECT_EQ(q.destination(), target6);
  EXPECT_EQ(q.protocol(), Protocol::udp);
  EXPECT_EQ(q.transport_offset(), 56U);
  EXPECT_EQ(q.destination_port(), Port{33435});
}

TEST(Quotation, says_nothing_of_a_transport_behind_a_cut_extension_header) {
  const auto message = message_in(packets::time_exceeded6_extension_headers);
  for (std::size_t size = 8 + 40; size < 8 + 56; ++size) {
    const auto q = Quotation::parse(message.first(size), IpVersion::v6).value();
    EXPECT_EQ(q.protocol(), std::nullopt) << size;
    EXPECT_TRUE(q.transport().empty());
    EXPECT_TRUE(q.truncated());
    EXPECT_EQ(q.destination(), target6) << "the header still says where it went";
  }
}

TEST(Quotation, gives_each_field_as_soon_as_all_of_it_is_there) {
  const auto message = message_in(packets::time_exceeded_tcp_whole);
  const auto cut_to = [&](std::size_t transport) {
    return Quotation::parse(message.first(8 + 20 + transport), IpVersion::v4).value();
  };
  EXPECT_FALSE(cut_to(1).source_port());
  EXPECT_TRUE(cut_to(2).source_port());
  EXPECT_FALSE(cut_to(3).destination_port());
  EXPECT_TRUE(cut_to(4).destination_port());
  EXPECT_FALSE(cut_to(7).tcp_sequence());
  EXPECT_TRUE(cut_to(8).tcp_sequence());
  EXPECT_FALSE(cut_to(17).transport_checksum());
  EXPECT_TRUE(cut_to(18).transport_checksum());
  const auto echo = message_in(packets::redirect_host);
  EXPECT_FALSE(Quotation::parse(echo.first(8 + 25), IpVersion::v4)->identifier());
  EXPECT_TRUE(Quotation::parse(echo.first(8 + 26), IpVersion::v4)->identifier());
  EXPECT_FALSE(Quotation::parse(echo.first(8 + 27), IpVersion::v4)->sequence());
}

TEST(Quotation, refuses_one_that_is_shorter_than_its_ip_header) {
  const auto v4 = message_in(packets::parameter_problem);  // 24 octets of header
  for (std::size_t size = 0; size < 8 + 24; ++size) {
    const testing::ExactCopy cut{v4.first(size)};
    ASSERT_FALSE(Quotation::parse(cut.view(), IpVersion::v4)) << size;
    EXPECT_EQ(Quotation::parse(cut.view(), IpVersion::v4).error().fault, Fault::too_short);
  }
  EXPECT_TRUE(Quotation::parse(v4.first(8 + 24), IpVersion::v4));
  const auto v6 = message_in(packets::packet_too_big);
  for (std::size_t size = 0; size < 8 + 40; ++size) {
    const testing::ExactCopy cut{v6.first(size)};
    ASSERT_FALSE(Quotation::parse(cut.view(), IpVersion::v6)) << size;
    EXPECT_EQ(Quotation::parse(cut.view(), IpVersion::v6).error().fault, Fault::too_short);
  }
  EXPECT_TRUE(Quotation::parse(v6.first(8 + 40), IpVersion::v6));
}

TEST(Quotation, refuses_a_message_that_is_no_error) {
  EXPECT_EQ(Quotation::parse(message_in(packets::echo_request), IpVersion::v4).error(),
            (ParseError{Layer::quotation, Fault::bad_type, 0, 64}));
  EXPECT_EQ(Quotation::parse(message_in(packets::echo6_reply), IpVersion::v6).error(),
            (ParseError{Layer::quotation, Fault::bad_type, 0, 8}));
}

TEST(Quotation, refuses_the_other_ip_version_inside) {
  constexpr auto v6_in_v4 =
      hex<"0b000000 00000000 6000000000001140 00000000000000000000000000000000"
          "00000000000000000000000000000000">();
  EXPECT_EQ(Quotation::parse(v6_in_v4, IpVersion::v4).error().fault, Fault::bad_version);
  constexpr auto v4_in_v6 =
      hex<"03000000 00000000 4500001c1234400001017b61c0000201c6336407 08003900beef0003"
          "0000000000000000000000000000000000000000">();
  EXPECT_EQ(Quotation::parse(v4_in_v6, IpVersion::v6).error().fault, Fault::bad_version);
}

// A router that has already taken the header's length off, or swapped it, or zeroed it.
TEST(Quotation, keeps_its_octets_when_the_quoted_length_lies) {
  for (const auto lie : std::to_array<std::uint16_t>({0, 8, 19, 20, 27})) {
    testing::ExactCopy copy{message_in(packets::time_exceeded_28_octets)};
    store(copy.mutable_view(), 8 + 2, lie);
    const auto q = Quotation::parse(copy.view(), IpVersion::v4);
    ASSERT_TRUE(q) << lie;
    EXPECT_EQ(q->sequence(), Sequence{3}) << lie;
    EXPECT_TRUE(q->length_lies());
    EXPECT_FALSE(q->truncated());
    EXPECT_EQ(q->stated_length(), lie);
    stays_within(copy.view(), *q);
  }
  testing::ExactCopy v6{message_in(packets::port_unreachable6)};
  store<std::uint16_t>(v6.mutable_view(), 8 + 4, 0);
  const auto q = Quotation::parse(v6.view(), IpVersion::v6);
  ASSERT_TRUE(q);
  EXPECT_EQ(q->destination_port(), Port{33434});
  EXPECT_TRUE(q->length_lies());
}

TEST(Quotation, believes_a_swapped_length_as_far_as_it_goes) {
  testing::ExactCopy copy{message_in(packets::port_unreachable)};
  store<std::uint16_t>(copy.mutable_view(), 8 + 2, 0x2100);
  const auto q = Quotation::parse(copy.view(), IpVersion::v4).value();
  EXPECT_TRUE(q.truncated());
  EXPECT_EQ(q.stated_length(), 0x2100U);
  EXPECT_EQ(q.destination_port(), Port{33434});
}

TEST(Quotation, leaves_the_padding_before_extensions_out) {
  const auto q = quotation_in(packets::time_exceeded_mpls_interface);
  EXPECT_EQ(q.quoted_octets(), 33U);
  EXPECT_FALSE(q.truncated());
  EXPECT_EQ(q.payload().size(), 5U);
  EXPECT_EQ(q.extensions()->octets().size(), 48U);
  EXPECT_EQ(quotation_in(packets::time_exceeded6_mpls_interface).quoted_octets(), 53U);
}

// Four octets of data only: less than any transport header, and 104 octets of zeros behind them.
TEST(Quotation, takes_zeros_behind_a_short_datagram_for_padding_and_not_for_ports) {
  testing::Octets body(128, 0);
  constexpr auto datagram = hex<"45000018 12344000 0111 0000 c0000201 c6336407 9c40829a">();
  std::ranges::copy(datagram, body.begin());
  const auto q = Quotation::parse_datagram(body, IpVersion::v4).value();
  EXPECT_EQ(q.quoted_octets(), 24U);
  EXPECT_FALSE(q.length_lies());
  EXPECT_EQ(q.destination_port(), Port{33434});
  EXPECT_FALSE(q.transport_checksum());
}

TEST(Quotation, finds_mpls_with_and_without_a_length_field) {
  for (const Bytes packet :
       {Bytes{packets::time_exceeded_mpls_interface}, Bytes{packets::time_exceeded_mpls_unstated},
        Bytes{packets::time_exceeded6_mpls_interface}}) {
    const auto q = quotation_in(packet);
    ASSERT_TRUE(q.extensions());
    const auto object = q.extensions()->first(ExtensionClass::mpls_label_stack);
    ASSERT_TRUE(object);
    EXPECT_EQ((MplsStackView::parse(*object).value()[0].label), 24003U);
    EXPECT_EQ(q.destination_port(), Port{33435});
  }
}

TEST(Quotation, says_why_promised_extensions_are_missing) {
  testing::ExactCopy copy{message_in(packets::time_exceeded_mpls_interface)};
  copy.mutable_view()[8 + 128 + 2] ^= 1;  // the structure's checksum
  const auto q = Quotation::parse(copy.view(), IpVersion::v4).value();
  EXPECT_FALSE(q.extensions());
  ASSERT_TRUE(q.extension_fault());
  EXPECT_EQ(*q.extension_fault(), (ParseError{Layer::icmp_extension, Fault::bad_checksum, 0, 48}));
  EXPECT_EQ(q.destination_port(), Port{33435}) << "and still knows whose probe it was";
}

TEST(Quotation, reads_a_datagram_that_the_kernel_kept) {
  const auto whole = Quotation::parse_datagram(packets::echo_request, IpVersion::v4).value();
  EXPECT_EQ(whole.identifier(), Identifier{42163});
  EXPECT_FALSE(whole.truncated());
  EXPECT_EQ(whole.payload().size(), 56U);
  EXPECT_FALSE(Quotation::parse_datagram(packets::echo_request, IpVersion::v6));
}

TEST(Quotation, of_icmpv4_questions_has_their_identifier) {
  for (const Bytes packet : {Bytes{packets::timestamp_reply}, Bytes{packets::information_request},
                             Bytes{packets::address_mask_reply}}) {
    const auto q = Quotation::parse_datagram(packet, IpVersion::v4).value();
    EXPECT_EQ(q.identifier(), Identifier{0xbeef});
    EXPECT_FALSE(q.echo_kind());
  }
  const auto error = Quotation::parse_datagram(packets::redirect_host, IpVersion::v4).value();
  EXPECT_FALSE(error.identifier()) << "a redirect has a gateway there";
}

TEST(Quotation, stays_within_any_octets) {
  const auto look = [](IpVersion version) {
    return [version](Bytes octets) {
      if (const auto q = Quotation::parse(octets, version)) stays_within(octets, *q);
    };
  };
  for (const auto packet : errors4)
    testing::on_every_mutilation(message_in(packet), look(IpVersion::v4));
  for (const auto packet : errors6)
    testing::on_every_mutilation(message_in(packet), look(IpVersion::v6));
}

TEST(Quotation, stays_within_octets_that_a_stranger_invented) {
  std::mt19937 random{4884};
  const auto octet = [&] { return static_cast<std::uint8_t>(random()); };
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    const bool v4 = round % 2 == 0;
    const auto golden = v4 ? message_in(errors4[random() % errors4.size()])
                           : message_in(errors6[random() % errors6.size()]);
    testing::ExactCopy copy{golden.first(random() % (golden.size() + 1))};
    for (auto changes = random() % 8; changes > 0 && !copy.view().empty(); --changes)
      copy.mutable_view()[random() % copy.view().size()] = octet();
    const auto q = Quotation::parse(copy.view(), v4 ? IpVersion::v4 : IpVersion::v6);
    if (!q) continue;
    ++accepted;
    stays_within(copy.view(), *q);
  }
  EXPECT_GT(accepted, 2'000U);
}

}  // namespace
}  // namespace sonda
