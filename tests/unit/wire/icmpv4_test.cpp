// ICMPv4: every error with what its second word means, and both ways through the octets.
#include <array>
#include <cstdint>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <sonda/wire/icmpv4.hpp>

#include "golden.hpp"
#include "message_support.hpp"
#include "message_vectors.hpp"

namespace sonda {
namespace {

using testing::emitted;
using testing::message_in;
using testing::octets_of;

constexpr std::array errors{Bytes{packets::port_unreachable},
                            Bytes{packets::time_exceeded_28_octets},
                            Bytes{packets::fragmentation_needed},
                            Bytes{packets::redirect_host},
                            Bytes{packets::parameter_problem},
                            Bytes{packets::source_quench},
                            Bytes{packets::time_exceeded_mpls_interface},
                            Bytes{packets::time_exceeded_mpls_unstated},
                            Bytes{packets::time_exceeded_later_fragment},
                            Bytes{packets::time_exceeded_tcp_whole}};

static_assert(Icmpv4View::parse(message_in(packets::port_unreachable))->type() ==
              IcmpType::destination_unreachable);
static_assert(Icmpv4View::parse(message_in(packets::port_unreachable))->code() == 3);
static_assert(Icmpv4View::parse(message_in(packets::fragmentation_needed))->next_hop_mtu() ==
              Mtu{1280});
static_assert(Icmpv4View::parse(message_in(packets::redirect_host))->gateway() ==
              Ipv4Address{192, 0, 2, 254});
static_assert(Icmpv4View::parse(message_in(packets::parameter_problem))->pointer() == 20);

Icmpv4View view_of(Bytes packet) { return Icmpv4View::parse(message_in(packet)).value(); }

TEST(Icmpv4View, refuses_less_than_eight_octets) {
  for (std::size_t size = 0; size < 8; ++size) {
    const testing::ExactCopy cut{message_in(packets::redirect_host).first(size)};
    EXPECT_EQ(Icmpv4View::parse(cut.view()).error(),
              (ParseError{Layer::icmpv4, Fault::too_short, 8, static_cast<std::uint32_t>(size)}));
  }
}

TEST(Icmpv4View, has_the_right_checksum_in_every_vector_and_in_no_flipped_one) {
  for (const auto packet : errors) {
    ASSERT_TRUE(view_of(packet).checksum_ok());
    testing::on_every_bit_flip(message_in(packet), [](Bytes flipped) {
      EXPECT_FALSE(Icmpv4View::parse(flipped)->checksum_ok());
    });
  }
}

TEST(Icmpv4View, knows_an_mtu_only_in_fragmentation_needed) {
  EXPECT_EQ(view_of(packets::fragmentation_needed).next_hop_mtu(), Mtu{1280});
  EXPECT_EQ(view_of(packets::port_unreachable).next_hop_mtu(), std::nullopt);
  EXPECT_EQ(view_of(packets::time_exceeded_28_octets).next_hop_mtu(), std::nullopt);
  constexpr auto host_unreachable = testing::hex<"03 01 0000 0000 0500">();
  EXPECT_EQ(Icmpv4View::parse(host_unreachable)->next_hop_mtu(), std::nullopt);
}

TEST(Icmpv4View, takes_an_mtu_of_zero_for_a_router_older_than_rfc_1191) {
  constexpr auto message = testing::hex<"03 04 fc fb 0000 0000">();
  static_assert(Icmpv4View::parse(message)->checksum_ok());
  EXPECT_EQ(Icmpv4View::parse(message)->next_hop_mtu(), std::nullopt);
}

TEST(Icmpv4View, knows_a_gateway_only_in_a_redirect_and_a_pointer_only_in_a_parameter_problem) {
  for (const auto packet : errors) {
    const auto view = view_of(packet);
    EXPECT_EQ(view.gateway().has_value(), view.type() == IcmpType::redirect);
    EXPECT_EQ(view.pointer().has_value(), view.type() == IcmpType::parameter_problem);
  }
}

TEST(Icmpv4View, counts_the_length_field_in_words_of_four_octets) {
  EXPECT_EQ(view_of(packets::time_exceeded_mpls_interface).quoted_length(), 128U);
  EXPECT_EQ(view_of(packets::time_exceeded_mpls_unstated).quoted_length(), 0U);
  EXPECT_EQ(view_of(packets::redirect_host).quoted_length(), 0U)
      << "octet 5 of a redirect is an address";
}

TEST(Icmpv4View, tells_errors_from_the_rest) {
  for (const auto packet : errors) EXPECT_TRUE(view_of(packet).is_error());
  for (const Bytes packet :
       {Bytes{packets::echo_request}, Bytes{packets::echo_reply_odd},
        Bytes{packets::timestamp_reply}, Bytes{packets::information_request},
        Bytes{packets::address_mask_reply}, Bytes{packets::extended_echo_request}})
    EXPECT_FALSE(view_of(packet).is_error());
}

TEST(Icmpv4Error, reads_each_error) {
  const auto port = Icmpv4Error::parse(message_in(packets::port_unreachable)).value();
  EXPECT_EQ(port.type, IcmpType::destination_unreachable);
  EXPECT_EQ(port.code, 3);
  EXPECT_EQ(port.quoted.size(), 33U);
  EXPECT_TRUE(port.extensions.empty());
  EXPECT_EQ(Icmpv4Error::parse(message_in(packets::fragmentation_needed))->mtu, Mtu{1280});
  EXPECT_EQ(Icmpv4Error::parse(message_in(packets::redirect_host))->gateway,
            (Ipv4Address{192, 0, 2, 254}));
  EXPECT_EQ(Icmpv4Error::parse(message_in(packets::redirect_host))->code, 1);
  EXPECT_EQ(Icmpv4Error::parse(message_in(packets::parameter_problem))->pointer, 20);
  EXPECT_EQ(Icmpv4Error::parse(message_in(packets::source_quench))->type, IcmpType::source_quench);
  const auto extended =
      Icmpv4Error::parse(message_in(packets::time_exceeded_mpls_interface)).value();
  EXPECT_EQ(extended.quoted.size(), 128U);
  EXPECT_EQ(extended.extensions.size(), 48U);
}

TEST(Icmpv4Error, is_no_echo) {
  EXPECT_EQ(Icmpv4Error::parse(message_in(packets::echo_request)).error(),
            (ParseError{Layer::icmpv4, Fault::bad_type, 0, 64}));
}

TEST(Icmpv4Error, emits_the_octets_it_was_read_from) {
  for (const auto packet : errors) {
    auto error = Icmpv4Error::parse(message_in(packet)).value();
    error.checksum = ChecksumField::computed();
    EXPECT_EQ(emitted(error.size(), [&](MutableBytes out) { error.emit(out); }),
              octets_of(message_in(packet)));
  }
}

TEST(Icmpv4Error, pads_the_quotation_to_128_octets_before_extensions_and_says_so) {
  const auto extensions = message_in(packets::time_exceeded_mpls_interface).subspan(8 + 128);
  const auto datagram = message_in(packets::time_exceeded_mpls_interface).subspan(8, 33);
  const Icmpv4Error error{
      .type = IcmpType::time_exceeded, .quoted = datagram, .extensions = extensions};
  EXPECT_EQ(emitted(error.size(), [&](MutableBytes out) { error.emit(out); }),
            octets_of(message_in(packets::time_exceeded_mpls_interface)));
}

TEST(Icmpv4Error, pads_a_longer_quotation_to_whole_words) {
  const std::array<std::uint8_t, 131> quoted{};
  const auto extensions = message_in(packets::time_exceeded_mpls_interface).subspan(8 + 128);
  const Icmpv4Error error{
      .type = IcmpType::time_exceeded, .quoted = quoted, .extensions = extensions};
  EXPECT_EQ(error.size(), 8U + 132 + extensions.size());
  const auto message = emitted(error.size(), [&](MutableBytes out) { error.emit(out); });
  EXPECT_EQ(message[5], 33);
  EXPECT_EQ(Icmpv4Error::parse(message)->quoted.size(), 132U);
}

TEST(Icmpv4Error, may_lie_about_its_length_and_its_checksum) {
  const auto quoted = message_in(packets::port_unreachable).subspan(8);
  const Icmpv4Error error{
      .code = 3, .quoted = quoted, .length_field = 200, .checksum = ChecksumField{0xdead}};
  const auto message = emitted(error.size(), [&](MutableBytes out) { error.emit(out); });
  EXPECT_EQ(message[5], 200);
  EXPECT_EQ(Icmpv4View::parse(message)->checksum(), 0xdead);
  const auto body = Icmpv4View::parse(message)->error_body();
  EXPECT_EQ(body.quoted.size(), quoted.size()) << "a length beyond the message takes nothing away";
  EXPECT_EQ(body.fault->fault, Fault::bad_length);
}

TEST(Icmpv4Error, stays_within_any_octets) {
  for (const auto packet : errors)
    testing::on_every_mutilation(message_in(packet), [](Bytes octets) {
      const auto error = Icmpv4Error::parse(octets);
      if (!error) return;
      EXPECT_LE(error->quoted.size() + error->extensions.size(), octets.size() - 8);
      const auto again = emitted(error->size(), [&](MutableBytes out) { error->emit(out); });
      EXPECT_EQ(again[0], octets[0]);
      EXPECT_EQ(again[1], octets[1]);
    });
}

TEST(IcmpType, has_a_name_of_its_own_for_each_assigned_number) {
  std::set<std::string> names;
  int unassigned = 0;
  for (unsigned number = 0; number < 256; ++number) {
    const auto text = name(IcmpType{static_cast<std::uint8_t>(number)});
    if (text.empty())
      ++unassigned;
    else
      EXPECT_TRUE(names.emplace(text).second) << text;
  }
  EXPECT_EQ(names.size(), 32U);
  EXPECT_EQ(unassigned, 256 - 32);
  EXPECT_EQ(name(IcmpType{11}), "time exceeded");
  EXPECT_EQ(name(IcmpType{42}), "extended echo request");
}

}  // namespace
}  // namespace sonda
