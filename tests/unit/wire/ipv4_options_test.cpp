// IPv4 options: each kind read and written, padding in all its forms, and walks that end.
#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv4_options.hpp>
#include <sonda/wire/ipv4_options_builder.hpp>

#include "golden.hpp"

namespace sonda {
namespace {

using ::testing::ElementsAre;
using testing::hex;
using testing::Octets;

constexpr auto alert_octets = hex<"94040000">();
static_assert(std::forward_iterator<Ipv4Options::Iterator>);
static_assert(option_value(*Ipv4Options::parse(alert_octets)->begin()) == 0);

std::vector<Ipv4OptionType> types(const Ipv4Options& options) {
  std::vector<Ipv4OptionType> all;
  for (const auto option : options) all.push_back(option.type());
  return all;
}

Octets built(const Ipv4OptionsBuilder& builder) {
  const auto octets = builder.build();
  EXPECT_TRUE(octets);
  return octets ? Octets(octets->begin(), octets->end()) : Octets{};
}

TEST(Ipv4Options, may_be_none_at_all) {
  const auto options = Ipv4Options::parse(Bytes{});
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->empty());
  EXPECT_EQ(options->begin(), options->end());
}

TEST(Ipv4Options, are_walked_in_order_and_unknown_ones_keep_their_octets) {
  // NOP, router alert, option 222 of five octets, EOL, padding that looks like an option
  constexpr auto octets = hex<"01 94040000 de05aabbcc 00 07">();
  const auto options = Ipv4Options::parse(octets);
  ASSERT_TRUE(options);
  EXPECT_THAT(types(*options), ElementsAre(Ipv4OptionType::no_operation,
                                           Ipv4OptionType::router_alert, Ipv4OptionType{222}));
  const auto unknown = *std::next(options->begin(), 2);
  EXPECT_EQ(unknown.octets().size(), 5U);
  EXPECT_EQ(Octets(unknown.data().begin(), unknown.data().end()), (Octets{0xaa, 0xbb, 0xcc}));
  EXPECT_TRUE(unknown.copied());
  EXPECT_EQ(name(unknown.type()), "");
  EXPECT_TRUE((*options->begin()).data().empty());
}

TEST(Ipv4Options, end_at_eol_whatever_pads_them) {
  constexpr auto padded = hex<"88040001 00 ff01ff">();
  const auto options = Ipv4Options::parse(padded);
  ASSERT_TRUE(options);
  EXPECT_THAT(types(*options), ElementsAre(Ipv4OptionType::stream_id));
  EXPECT_EQ(option_value(*options->begin()), 1);
}

TEST(Ipv4Options, are_refused_when_a_length_is_missing_small_or_too_large) {
  constexpr auto none = hex<"01 01 01 07">();
  EXPECT_EQ(testing::error_of(Ipv4Options::parse(none)),
            (ParseError{Layer::ipv4_option, Fault::too_short, 2, 1}));
  constexpr auto one = hex<"01 0701 00">();
  EXPECT_EQ(testing::error_of(Ipv4Options::parse(one)),
            (ParseError{Layer::ipv4_option, Fault::bad_length, 2, 3}));
  constexpr auto long_one = hex<"01 0704 00">();
  EXPECT_EQ(testing::error_of(Ipv4Options::parse(long_one)),
            (ParseError{Layer::ipv4_option, Fault::too_short, 4, 3}));
  const Octets many(41, 1);
  EXPECT_EQ(testing::error_of(Ipv4Options::parse(many)),
            (ParseError{Layer::ipv4_option, Fault::too_many, 40, 41}));
}

TEST(Ipv4Options, quoted_keep_what_came_before_the_fault) {
  constexpr auto octets = hex<"94040000 01 0700 00">();
  EXPECT_FALSE(Ipv4Options::parse(octets));
  const auto options = Ipv4Options::parse_quoted(octets);
  EXPECT_TRUE(options.malformed());
  EXPECT_THAT(types(options),
              ElementsAre(Ipv4OptionType::router_alert, Ipv4OptionType::no_operation));
}

TEST(Ipv4Options, end_within_their_octets_whatever_they_are) {
  constexpr auto octets =
      hex<"01 94040000 070b0c0a0000010a000002 440c0d010a00000100000001 8303040000">();
  testing::on_every_mutilation(octets, [](Bytes mutilated) {
    const auto options = Ipv4Options::parse_quoted(mutilated);
    EXPECT_EQ(options.malformed(), !Ipv4Options::parse(mutilated).has_value());
    std::size_t size = 0;
    for (const auto option : options) {
      size += option.octets().size();
      if (const auto route = RouteOption::parse(option)) {
        EXPECT_LE(route->visited(), route->slots());
        for (std::size_t i = 0; i < route->slots(); ++i)
          EXPECT_GE(route->address(i), Ipv4Address{});
      }
      if (const auto stamps = TimestampOption::parse(option)) {
        EXPECT_LE(stamps->recorded(), stamps->slots());
        for (std::size_t i = 0; i < stamps->slots(); ++i)
          EXPECT_LE(stamps->entry(i).time, 0x7fff'ffffU);
      }
    }
    EXPECT_EQ(size, options.octets().size());
    EXPECT_LE(size, mutilated.size());
  });
}

TEST(RouteOption, tells_the_recorded_from_the_free_slots) {
  constexpr auto octets = hex<"070f 0c 0a000001 0a000002 00000000 00">();
  const auto options = Ipv4Options::parse(octets);
  const auto route = RouteOption::parse(*options->begin());
  ASSERT_TRUE(route);
  EXPECT_EQ(route->type(), Ipv4OptionType::record_route);
  EXPECT_EQ(route->slots(), 3U);
  EXPECT_EQ(route->visited(), 2U);
  EXPECT_EQ(route->address(1), (Ipv4Address{10, 0, 0, 2}));
  EXPECT_FALSE(route->full());
}

TEST(RouteOption, is_full_when_the_pointer_lies_behind_it) {
  constexpr auto octets = hex<"8307 08 0a000001 00">();
  const auto route = RouteOption::parse(*Ipv4Options::parse(octets)->begin());
  ASSERT_TRUE(route);
  EXPECT_TRUE(route->full());
  EXPECT_EQ(route->visited(), 1U);
}

TEST(RouteOption, believes_no_pointer_beyond_its_slots) {
  constexpr auto octets = hex<"8307 ff 0a000001 00">();
  EXPECT_EQ(RouteOption::parse(*Ipv4Options::parse(octets)->begin())->visited(), 1U);
  constexpr auto low = hex<"8307 03 0a000001 00">();
  EXPECT_EQ(testing::error_of(RouteOption::parse(*Ipv4Options::parse(low)->begin())).fault,
            Fault::bad_value);
  constexpr auto bare = hex<"0702 0000">();
  EXPECT_EQ(testing::error_of(RouteOption::parse(*Ipv4Options::parse(bare)->begin())).fault,
            Fault::too_short);
  EXPECT_EQ(testing::error_of(RouteOption::parse(*Ipv4Options::parse(alert_octets)->begin())).fault,
            Fault::bad_type);
}

TEST(TimestampOption, reads_times_alone) {
  constexpr auto octets = hex<"440c 0d 20 00000001 80000002 ">();
  const auto stamps = TimestampOption::parse(*Ipv4Options::parse(octets)->begin());
  ASSERT_TRUE(stamps);
  EXPECT_EQ(stamps->form(), TimestampForm::time_only);
  EXPECT_EQ(stamps->overflow(), 2U);
  EXPECT_EQ(stamps->slots(), 2U);
  EXPECT_EQ(stamps->recorded(), 2U);
  EXPECT_EQ(stamps->entry(0), (TimestampOption::Entry{{}, 1, true}));
  EXPECT_EQ(stamps->entry(1), (TimestampOption::Entry{{}, 2, false}));
}

TEST(TimestampOption, reads_addresses_with_times) {
  constexpr auto octets = hex<"4414 0d 01 0a000001 05265bff 00000000 00000000">();
  const auto stamps = TimestampOption::parse(*Ipv4Options::parse(octets)->begin());
  ASSERT_TRUE(stamps);
  EXPECT_EQ(stamps->form(), TimestampForm::address_and_time);
  EXPECT_EQ(stamps->slots(), 2U);
  EXPECT_EQ(stamps->recorded(), 1U);
  EXPECT_EQ(stamps->entry(0), (TimestampOption::Entry{{10, 0, 0, 1}, 86'399'999, true}));
}

TEST(TimestampOption, refuses_a_form_that_rfc_791_does_not_have) {
  constexpr auto octets = hex<"4408 05 02 00000000">();
  EXPECT_EQ(testing::error_of(TimestampOption::parse(*Ipv4Options::parse(octets)->begin())).fault,
            Fault::bad_value);
  constexpr auto low = hex<"4408 04 00 00000000">();
  EXPECT_EQ(testing::error_of(TimestampOption::parse(*Ipv4Options::parse(low)->begin())).fault,
            Fault::bad_value);
  constexpr auto bare = hex<"4403 05 00">();
  EXPECT_EQ(testing::error_of(TimestampOption::parse(*Ipv4Options::parse(bare)->begin())).fault,
            Fault::too_short);
}

TEST(OptionValue, is_16_bits_of_router_alert_or_stream_id) {
  constexpr auto octets = hex<"9404 1234 8803 00 00">();
  const auto options = Ipv4Options::parse(octets);
  EXPECT_EQ(option_value(*options->begin()), 0x1234);
  EXPECT_EQ(testing::error_of(option_value(*std::next(options->begin()))).fault, Fault::bad_length);
  constexpr auto route = hex<"0704 0400">();
  EXPECT_EQ(testing::error_of(option_value(*Ipv4Options::parse(route)->begin())).fault,
            Fault::bad_type);
}

TEST(Ipv4OptionsBuilder, writes_the_octets_of_rfc_791) {
  const std::array<Ipv4Address, 2> hops{Ipv4Address{10, 0, 0, 1}, Ipv4Address{10, 0, 0, 2}};
  const auto octets = [](auto array) { return Octets(array.begin(), array.end()); };
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.record_route(2)),
            octets(hex<"070b04 00000000 00000000 00">()));
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.loose_source_route(hops)),
            octets(hex<"830b04 0a000001 0a000002 00">()));
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.no_operation().strict_source_route(hops)),
            octets(hex<"01 890b04 0a000001 0a000002">()));
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.timestamp(1)), octets(hex<"44080500 00000000">()));
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.timestamp_with_address(1)),
            octets(hex<"440c0501 00000000 00000000">()));
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.timestamp_of(hops)),
            octets(hex<"44140503 0a000001 00000000 0a000002 00000000">()));
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.router_alert()), octets(hex<"94040000">()));
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.stream_id(0x0102)), octets(hex<"88040102">()));
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.add(Ipv4OptionType{222}, hex<"aabbcc">())),
            octets(hex<"de05aabbcc 000000">()));
  EXPECT_EQ(built(Ipv4OptionsBuilder{}), Octets{});
}

TEST(Ipv4OptionsBuilder, fills_forty_octets_and_refuses_more) {
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.record_route(9)).size(), 40U);
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.timestamp(9)).size(), 40U);
  EXPECT_EQ(built(Ipv4OptionsBuilder{}.timestamp_with_address(4)).size(), 36U);
  const auto too_many = Ipv4OptionsBuilder{}.record_route(10);
  EXPECT_EQ(testing::error_of(too_many.build()),
            (ParseError{Layer::ipv4_option, Fault::too_many, 40, 43}));
  const auto both = Ipv4OptionsBuilder{}.record_route(9).router_alert();
  EXPECT_EQ(testing::error_of(both.build()).fault, Fault::too_many);
}

TEST(Ipv4OptionsBuilder, makes_a_header_that_reads_back) {
  const auto options = Ipv4OptionsBuilder{}.router_alert().record_route(3);
  const Ipv4Header header{.protocol = Protocol::icmp, .options = *options.build()};
  const auto octets =
      testing::emitted(header.size(), [&](MutableBytes out) { header.emit(out, 0); });
  const auto ip = Ipv4View::parse(octets);
  ASSERT_TRUE(ip && ip->checksum_ok());
  EXPECT_THAT(types(*Ipv4Options::parse(ip->options())),
              ElementsAre(Ipv4OptionType::router_alert, Ipv4OptionType::record_route));
}

}  // namespace
}  // namespace sonda
