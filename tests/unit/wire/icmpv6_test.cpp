// ICMPv6: every error with what its second word means, and both ways through the octets.
#include <array>
#include <cstdint>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <sonda/wire/icmpv6.hpp>

#include "golden.hpp"
#include "message_support.hpp"
#include "message_vectors.hpp"

namespace sonda {
namespace {

using testing::destination_of;
using testing::emitted;
using testing::message_in;
using testing::octets_of;
using testing::source_of;

constexpr std::array errors{Bytes{packets::port_unreachable6},
                            Bytes{packets::packet_too_big},
                            Bytes{packets::time_exceeded6_extension_headers},
                            Bytes{packets::time_exceeded6_later_fragment},
                            Bytes{packets::time_exceeded6_first_fragment},
                            Bytes{packets::parameter_problem6},
                            Bytes{packets::time_exceeded6_mpls_interface}};

static_assert(Icmpv6View::parse(message_in(packets::packet_too_big))->mtu() == Mtu{1280});
static_assert(Icmpv6View::parse(message_in(packets::parameter_problem6))->pointer() == 6U);
static_assert(Icmpv6View::parse(message_in(packets::port_unreachable6))->code() == 4);

Icmpv6View view_of(Bytes packet) { return Icmpv6View::parse(message_in(packet)).value(); }

TEST(Icmpv6View, refuses_less_than_eight_octets) {
  for (std::size_t size = 0; size < 8; ++size) {
    const testing::ExactCopy cut{message_in(packets::packet_too_big).first(size)};
    EXPECT_EQ(Icmpv6View::parse(cut.view()).error(),
              (ParseError{Layer::icmpv6, Fault::too_short, 8, static_cast<std::uint32_t>(size)}));
  }
}

TEST(Icmpv6View, has_the_right_checksum_in_every_vector_and_in_no_flipped_one) {
  for (const auto packet : errors) {
    const auto from = source_of(packet).v6(), to = destination_of(packet).v6();
    ASSERT_TRUE(view_of(packet).checksum_ok(from, to));
    testing::on_every_bit_flip(message_in(packet), [&](Bytes flipped) {
      EXPECT_FALSE(Icmpv6View::parse(flipped)->checksum_ok(from, to));
    });
  }
}

TEST(Icmpv6View, sums_the_addresses_too) {
  const auto from = source_of(packets::packet_too_big).v6();
  EXPECT_FALSE(view_of(packets::packet_too_big).checksum_ok(from, from));
}

TEST(Icmpv6View, knows_an_mtu_and_a_pointer_only_where_they_are) {
  for (const auto packet : errors) {
    const auto view = view_of(packet);
    EXPECT_EQ(view.mtu().has_value(), view.type() == Icmpv6Type::packet_too_big);
    EXPECT_EQ(view.pointer().has_value(), view.type() == Icmpv6Type::parameter_problem);
  }
}

TEST(Icmpv6View, counts_the_length_field_in_words_of_eight_octets) {
  EXPECT_EQ(view_of(packets::time_exceeded6_mpls_interface).quoted_length(), 128U);
  EXPECT_EQ(view_of(packets::packet_too_big).quoted_length(), 0U)
      << "its first octet is part of the MTU";
}

TEST(Icmpv6Error, takes_every_type_below_128_for_an_error) {
  for (unsigned type = 0; type < 256; ++type)
    EXPECT_EQ(is_error(Icmpv6Type{static_cast<std::uint8_t>(type)}), type < 128);
  constexpr auto reserved = testing::hex<"7f 05 0000 01020304 aabb">();
  const auto error = Icmpv6Error::parse(reserved);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->type, Icmpv6Type::reserved_error);
  EXPECT_EQ(error->quoted.size(), 2U);
  EXPECT_EQ(Icmpv6Error::parse(message_in(packets::echo6_reply)).error(),
            (ParseError{Layer::icmpv6, Fault::bad_type, 0, 8}));
}

TEST(Icmpv6Error, emits_the_octets_it_was_read_from) {
  for (const auto packet : errors) {
    auto error = Icmpv6Error::parse(message_in(packet)).value();
    error.checksum = ChecksumField::computed();
    const auto from = source_of(packet).v6(), to = destination_of(packet).v6();
    EXPECT_EQ(emitted(error.size(), [&](MutableBytes out) { error.emit(out, from, to); }),
              octets_of(message_in(packet)));
  }
}

TEST(Icmpv6Error, pads_the_quotation_to_whole_words_of_eight_before_extensions) {
  const auto extensions = message_in(packets::time_exceeded6_mpls_interface).subspan(8 + 128);
  for (const std::size_t size : {0U, 53U, 128U, 129U, 136U}) {
    const testing::Octets quoted(size, 0x11);
    const Icmpv6Error error{
        .type = Icmpv6Type::time_exceeded, .quoted = quoted, .extensions = extensions};
    const std::size_t padded = size <= 128 ? 128 : 136;
    ASSERT_EQ(error.size(), 8 + padded + extensions.size());
    const auto message = emitted(error.size(), [&](MutableBytes out) { error.emit(out, {}, {}); });
    EXPECT_EQ(message[4], padded / 8);
    const auto body = Icmpv6View::parse(message)->error_body();
    EXPECT_EQ(body.boundary, IcmpErrorBody::Boundary::stated);
    EXPECT_EQ(body.quoted.size(), padded);
    ASSERT_TRUE(body.extensions);
    EXPECT_EQ(octets_of(body.extensions->octets()), octets_of(extensions));
  }
}

TEST(Icmpv6Error, stays_within_any_octets) {
  for (const auto packet : errors)
    testing::on_every_mutilation(message_in(packet), [](Bytes octets) {
      const auto error = Icmpv6Error::parse(octets);
      if (!error) return;
      EXPECT_LE(error->quoted.size() + error->extensions.size(), octets.size() - 8);
    });
}

TEST(Icmpv6Type, has_a_name_of_its_own_for_each_assigned_number) {
  std::set<std::string> names;
  for (unsigned number = 0; number < 256; ++number) {
    const auto text = name(Icmpv6Type{static_cast<std::uint8_t>(number)});
    if (text.empty()) continue;
    EXPECT_TRUE(names.emplace(text).second) << text;
  }
  EXPECT_EQ(names.size(), 44U);
  EXPECT_EQ(name(Icmpv6Type{136}), "neighbor advertisement");
  EXPECT_EQ(name(Icmpv6Type{199}), "");
}

}  // namespace
}  // namespace sonda
