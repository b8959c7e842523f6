// The extended echo: what it asks, what it answers, both versions.
#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include <sonda/wire/icmp_extended_echo.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>

#include "golden.hpp"
#include "message_support.hpp"

namespace sonda {
namespace {

using testing::emitted;
using testing::error_of;
using testing::hex;
using testing::octets_of;

// Internet Control Message Protocol
//   Type: 42 (Extended Echo request), Identifier 0x1234, Sequence Number 1, Local bit True
//   Interface Identification Object, c-type 2: interface index 2
constexpr auto request4 = hex<"2a00 c2ca 1234 01 01  2000 dcf3 0008 0302 00000002">();
// Internet Control Message Protocol v6, 2001:db8::1 > 2001:db8:1::9
//   Type: 160 (Extended Echo request), the same
constexpr auto request6 = hex<"a000 f0fe 1234 01 01  2000 dcf3 0008 0302 00000002">();
// Type: 43 (Extended Echo reply), Code: 0, Identifier 0x1234, Sequence Number 1
//   State: Reachable, Active, IPv4, no IPv6
constexpr auto reply4 = hex<"2b00 c185 1234 01 46">();
// Type: 161 (Extended Echo reply), Code: 2 (No Such Interface), 2001:db8:1::9 > 2001:db8::1
constexpr auto reply6 = hex<"a102 f009 1234 01 00">();
constexpr auto near = *Ipv6Address::parse("2001:db8::1");
constexpr auto far = *Ipv6Address::parse("2001:db8:1::9");

static_assert(ExtendedEchoRequest::parse_icmpv4(request4)->interface() ==
              InterfaceIdentification{InterfaceIndex{2}});
static_assert(ExtendedEchoReply::parse_icmpv4(reply4)->state == ExtendedEchoState::reachable);

TEST(ExtendedEchoRequest, asks_about_one_interface) {
  for (const auto& asked :
       {ExtendedEchoRequest::parse_icmpv4(request4), ExtendedEchoRequest::parse_icmpv6(request6)}) {
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->code, 0);
    EXPECT_EQ(asked->identifier, Identifier{0x1234});
    EXPECT_EQ(asked->sequence, 1);
    EXPECT_TRUE(asked->local);
    EXPECT_EQ(asked->interface(), InterfaceIdentification{InterfaceIndex{2}});
  }
}

TEST(ExtendedEchoReply, says_how_the_interface_is) {
  const auto told = ExtendedEchoReply::parse_icmpv4(reply4);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, ExtendedEchoCode::no_error);
  EXPECT_EQ(told->sequence, 1);
  EXPECT_EQ(told->state, ExtendedEchoState::reachable);
  EXPECT_TRUE(told->active && told->ipv4 && !told->ipv6);
  EXPECT_EQ(ExtendedEchoReply::parse_icmpv6(reply6)->code, ExtendedEchoCode::no_such_interface);
}

TEST(ExtendedEcho, of_the_other_type_or_version_is_refused) {
  EXPECT_EQ(error_of(ExtendedEchoRequest::parse_icmpv4(request6)),
            (ParseError{Layer::icmpv4, Fault::bad_type, 42, 20}));
  EXPECT_EQ(error_of(ExtendedEchoRequest::parse_icmpv6(reply6)),
            (ParseError{Layer::icmpv6, Fault::bad_type, 160, 8}));
  EXPECT_EQ(error_of(ExtendedEchoReply::parse_icmpv4(request4)),
            (ParseError{Layer::icmpv4, Fault::bad_type, 43, 20}));
  EXPECT_EQ(error_of(ExtendedEchoReply::parse_icmpv6(reply4)),
            (ParseError{Layer::icmpv6, Fault::bad_type, 161, 8}));
}

TEST(ExtendedEcho, refuses_seven_octets) {
  testing::refuses_every_truncation(Bytes{request4}.first(8), ExtendedEchoRequest::parse_icmpv4);
  testing::refuses_every_truncation(Bytes{request6}.first(8), ExtendedEchoRequest::parse_icmpv6);
  testing::refuses_every_truncation(reply4, ExtendedEchoReply::parse_icmpv4);
  testing::refuses_every_truncation(reply6, ExtendedEchoReply::parse_icmpv6);
}

TEST(ExtendedEcho, emits_the_octets_it_was_read_from) {
  const auto again = [](auto message) {
    message.checksum = ChecksumField::computed();
    return emitted(message.size(), [&](MutableBytes out) { message.emit(out); });
  };
  const auto again6 = [](auto message, const Ipv6Address& from, const Ipv6Address& to) {
    message.checksum = ChecksumField::computed();
    return emitted(message.size(), [&](MutableBytes out) { message.emit(out, from, to); });
  };
  EXPECT_EQ(again(*ExtendedEchoRequest::parse_icmpv4(request4)), octets_of(request4));
  EXPECT_EQ(again6(*ExtendedEchoRequest::parse_icmpv6(request6), near, far), octets_of(request6));
  EXPECT_EQ(again(*ExtendedEchoReply::parse_icmpv4(reply4)), octets_of(reply4));
  EXPECT_EQ(again6(*ExtendedEchoReply::parse_icmpv6(reply6), far, near), octets_of(reply6));
  EXPECT_TRUE(Icmpv4View::parse(request4)->checksum_ok());
  EXPECT_TRUE(Icmpv6View::parse(reply6)->checksum_ok(far, near));
}

TEST(ExtendedEcho, keeps_every_bit_that_is_not_reserved) {
  testing::on_every_bit_flip(request4, [](Bytes flipped) {
    const auto asked = ExtendedEchoRequest::parse_icmpv4(flipped);
    if (!asked) return;
    auto expected = octets_of(flipped);
    expected[7] &= 0x01;
    EXPECT_EQ(emitted(asked->size(), [&](MutableBytes out) { asked->emit(out); }), expected);
  });
  testing::on_every_bit_flip(reply6, [](Bytes flipped) {
    const auto told = ExtendedEchoReply::parse_icmpv6(flipped);
    if (!told) return;
    auto expected = octets_of(flipped);
    expected[7] &= 0xe7;
    EXPECT_EQ(emitted(told->size(), [&](MutableBytes out) { told->emit(out, far, near); }),
              expected);
  });
}

TEST(ExtendedEchoRequest, is_answered_with_its_identifier_and_sequence) {
  auto answer = ExtendedEchoRequest::parse_icmpv4(request4)->answered(ExtendedEchoCode::no_error);
  answer.state = ExtendedEchoState::reachable;
  answer.active = answer.ipv4 = true;
  EXPECT_EQ(emitted(answer.size(), [&](MutableBytes out) { answer.emit(out); }), octets_of(reply4));
}

// RFC 8335 section 4: exactly one object, and it identifies an interface.
TEST(ExtendedEchoRequest, is_malformed_without_one_interface_to_identify) {
  std::array<std::uint8_t, 64> room{};
  const auto error = [](Bytes structure) {
    return error_of(ExtendedEchoRequest{.extensions = structure}.interface());
  };
  EXPECT_EQ(error({}), (ParseError{Layer::icmp_extension, Fault::too_short, 4, 0}));
  EXPECT_EQ(error(ExtensionsWriter{room}.finish()),
            (ParseError{Layer::icmp_extension, Fault::too_short, 8, 4}));
  const InterfaceIdentification one{InterfaceName{"eth0"}};
  EXPECT_EQ(error(ExtensionsWriter{room}.add(one).add(one).finish()),
            (ParseError{Layer::icmp_extension, Fault::too_many, 1, 20}));
  EXPECT_EQ(error(ExtensionsWriter{room}.add(InterfaceInfo{}).finish()).fault, Fault::bad_type);
  EXPECT_EQ(error(Bytes{request4}.subspan(8, 11)).fault, Fault::bad_checksum);
  auto damaged = request4;
  damaged[19] ^= 1;
  EXPECT_EQ(error(Bytes{damaged}.subspan(8)).fault, Fault::bad_checksum);
  constexpr auto longer = hex<"2000 0000 0009 0302 00000002">();
  EXPECT_EQ(error(longer), (ParseError{Layer::icmp_extension, Fault::bad_length, 4, 12}));
}

TEST(ExtendedEchoRequest, asks_by_name_and_by_address_too) {
  std::array<std::uint8_t, 64> room{};
  for (const auto& wanted :
       {InterfaceIdentification{InterfaceName{"xe-0/0/1"}}, InterfaceIdentification{Address{far}},
        InterfaceIdentification{Address{Ipv4Address{192, 0, 2, 1}}}}) {
    const ExtendedEchoRequest asks{.local = false,
                                   .extensions = ExtensionsWriter{room}.add(wanted).finish()};
    const auto message = emitted(asks.size(), [&](MutableBytes out) { asks.emit(out, near, far); });
    const auto read = ExtendedEchoRequest::parse_icmpv6(message);
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->local);
    EXPECT_EQ(read->interface(), wanted);
  }
}

TEST(ExtendedEcho, sends_a_wrong_checksum_when_told_to) {
  const ExtendedEchoReply reply{.state = ExtendedEchoState{15}, .checksum = ChecksumField{0x1234}};
  const auto octets = emitted(reply.size(), [&](MutableBytes out) { reply.emit(out); });
  EXPECT_EQ(Icmpv4View::parse(octets)->checksum(), 0x1234);
  EXPECT_EQ(octets[7], 0xe0) << "a state has three bits";
}

}  // namespace
}  // namespace sonda
