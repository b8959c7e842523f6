// Neighbor discovery: the five messages, their options, and what RFC 4861 has nodes discard.
#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/neighbor_discovery.hpp>

#include "golden.hpp"
#include "message_support.hpp"

namespace sonda {
namespace {

using testing::destination_of;
using testing::emitted;
using testing::ExactCopy;
using testing::hex;
using testing::message_in;
using testing::octets_of;
using testing::source_of;

// IP6 (hlim 255, next-header ICMPv6 (58) payload length: 32)
//   fe80::1 > ff02::1:ff00:2: [icmp6 sum ok] ICMP6, neighbor solicitation, length 32, who has
//   fe80::2
//     source link-address option (1), length 8 (1): 02:00:00:00:00:01
constexpr auto solicitation =
    hex<"6000000000203aff fe800000000000000000000000000001 ff0200000000000000000001ff000002"
        "87007a9700000000 fe800000000000000000000000000002 0101020000000001">();
// IP6 (hlim 255, next-header ICMPv6 (58) payload length: 32)
//   fe80::2 > fe80::1: [icmp6 sum ok] ICMP6, neighbor advertisement, length 32, tgt is fe80::2,
//     Flags [solicited, override]
//     destination link-address option (2), length 8 (1): 02:00:00:00:00:02
constexpr auto advertisement =
    hex<"6000000000203aff fe800000000000000000000000000002 fe800000000000000000000000000001"
        "8800181a60000000 fe800000000000000000000000000002 0201020000000002">();
// IP6 (hlim 255, next-header ICMPv6 (58) payload length: 16)
//   fe80::1 > ff02::2: [icmp6 sum ok] ICMP6, router solicitation, length 16
//     source link-address option (1), length 8 (1): 02:00:00:00:00:01
constexpr auto router_solicitation =
    hex<"6000000000103aff fe800000000000000000000000000001 ff020000000000000000000000000002"
        "85007a2c00000000 0101020000000001">();
// IP6 (hlim 255, next-header ICMPv6 (58) payload length: 48)
//   fe80::2 > ff02::1: [icmp6 sum ok] ICMP6, router advertisement, length 48
//     hop limit 64, Flags [none], pref medium, router lifetime 1800s, reachable time 0ms,
//     retrans timer 0ms
//     prefix info option (3), length 32 (4): 2001:db8::/64, Flags [onlink, auto],
//     valid time 86400s, pref. time 14400s
constexpr auto router_advertisement =
    hex<"6000000000303aff fe800000000000000000000000000002 ff020000000000000000000000000001"
        "860039c7400007080000000000000000"
        "030440c0000151800000384000000000 20010db8000000000000000000000000">();
// IP6 (hlim 255, next-header ICMPv6 (58) payload length: 40)
//   fe80::2 > 2001:db8::1: [icmp6 sum ok] ICMP6, redirect, 2001:db8:1::9 to fe80::3, length 40
constexpr auto redirect =
    hex<"6000000000283aff fe800000000000000000000000000002 20010db8000000000000000000000001"
        "89001e1900000000 fe800000000000000000000000000003 20010db8000100000000000000000009">();

constexpr MacAddress first_mac{{2, 0, 0, 0, 0, 1}}, second_mac{{2, 0, 0, 0, 0, 2}};
constexpr auto first = *Ipv6Address::parse("fe80::1"), second = *Ipv6Address::parse("fe80::2");
constexpr auto router = *Ipv6Address::parse("fe80::3"), far = *Ipv6Address::parse("2001:db8:1::9");

static_assert(NeighborSolicitation::parse(message_in(solicitation))->target == second);
static_assert(NeighborAdvertisement::parse(message_in(advertisement))->solicited);

TEST(NeighborSolicitation, asks_who_has_an_address) {
  const auto asked = NeighborSolicitation::parse(message_in(solicitation));
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->target, second);
  EXPECT_EQ(asked->link_address(), first_mac);
  EXPECT_EQ(destination_of(solicitation), Address{solicited_node(second)});
}

TEST(NeighborAdvertisement, tells_its_three_flags_apart) {
  const auto told = NeighborAdvertisement::parse(message_in(advertisement));
  ASSERT_TRUE(told);
  EXPECT_TRUE(!told->router && told->solicited && told->overrides);
  EXPECT_EQ(told->target, second);
  EXPECT_EQ(told->link_address(), second_mac);
  auto octets = octets_of(message_in(advertisement));
  octets[4] = 0x9f;  // R, and all that is reserved
  const auto other = NeighborAdvertisement::parse(octets);
  EXPECT_TRUE(other->router && !other->solicited && !other->overrides);
}

TEST(RouterAdvertisement, reads_every_field) {
  auto octets = octets_of(message_in(router_advertisement));
  octets[5] = 0x40;
  octets[11] = 7, octets[15] = 9;
  const auto told = RouterAdvertisement::parse(octets);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->hop_limit, Ttl{64});
  EXPECT_TRUE(!told->managed && told->other);
  EXPECT_EQ(told->lifetime_s, 1800);
  EXPECT_EQ(told->reachable_ms, 7U);
  EXPECT_EQ(told->retransmit_ms, 9U);
  EXPECT_FALSE(told->link_address());
  const auto option = NeighborOptions{told->options}.first(NeighborOptionType::prefix_information);
  ASSERT_TRUE(option);
  EXPECT_EQ(PrefixInformation::parse(*option),
            (PrefixInformation{.prefix = *Ipv6Address::parse("2001:db8::"),
                               .length = 64,
                               .valid_s = 86'400,
                               .preferred_s = 14'400}));
}

TEST(Icmpv6Redirect, names_a_better_first_hop) {
  const auto told = Icmpv6Redirect::parse(message_in(redirect));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->target, router);
  EXPECT_EQ(told->destination, far);
  EXPECT_TRUE(told->quoted().empty());
  EXPECT_FALSE(told->link_address());
}

// Round trip, right checksum, every cut, every flip.
template <typename Message>
void survives(Bytes packet) {
  const auto golden = message_in(packet);
  const auto from = source_of(packet).v6(), to = destination_of(packet).v6();
  ASSERT_TRUE(Icmpv6View::parse(golden)->checksum_ok(from, to));
  const auto write = [&](const Message& message) {
    return emitted(message.size(), [&](MutableBytes out) { message.emit(out, from, to); });
  };
  auto message = Message::parse(golden).value();
  message.checksum = ChecksumField::computed();
  EXPECT_EQ(write(message), octets_of(golden));

  // What is cut between two options is a whole message again.
  testing::on_every_truncation(golden, [&](Bytes cut) {
    const auto read = Message::parse(cut);
    EXPECT_EQ(read.has_value(),
              cut.size() >= Message::layout.fixed && cut.size() % 8 == 0 &&
                  !NeighborOptions{cut.subspan(Message::layout.fixed)}.malformed());
    if (read) return;
    EXPECT_EQ(read.error().available, cut.size());
    EXPECT_EQ(read.error().layer,
              cut.size() < Message::layout.fixed ? Layer::icmpv6 : Layer::neighbor_option);
  });
  std::size_t same = 0, other = 0;
  testing::on_every_bit_flip(golden, [&](Bytes flipped) {
    EXPECT_FALSE(Icmpv6View::parse(flipped)->checksum_ok(from, to));
    if (const auto read = Message::parse(flipped))
      ++(write(*read) == octets_of(flipped) ? same : other);
  });
  EXPECT_GT(same, other) << "only reserved bits are not kept";

  message.checksum = ChecksumField{0x1234};
  const auto wrong = write(message);
  EXPECT_EQ(Icmpv6View::parse(wrong)->checksum(), 0x1234);
}

TEST(NeighborDiscovery, survives_cuts_flips_and_the_way_back) {
  survives<NeighborSolicitation>(solicitation);
  survives<NeighborAdvertisement>(advertisement);
  survives<RouterSolicitation>(router_solicitation);
  survives<RouterAdvertisement>(router_advertisement);
  survives<Icmpv6Redirect>(redirect);
}

TEST(NeighborDiscovery, refuses_what_is_another_message) {
  EXPECT_EQ(testing::error_of(NeighborSolicitation::parse(message_in(advertisement))),
            (ParseError{Layer::icmpv6, Fault::bad_type, 135, 32}));
  EXPECT_EQ(testing::error_of(Icmpv6Redirect::parse(message_in(advertisement))),
            (ParseError{Layer::icmpv6, Fault::too_short, 40, 32}));
}

template <typename Message>
ParseError error_with(Bytes packet, std::size_t at, std::uint8_t value) {
  auto octets = octets_of(message_in(packet));
  octets[at] = value;
  return testing::error_of(Message::parse(octets));
}

TEST(NeighborDiscovery, refuses_a_code_that_is_not_zero) {
  constexpr ParseError expected{Layer::icmpv6, Fault::bad_value, 0, 32};
  EXPECT_EQ(error_with<NeighborSolicitation>(solicitation, 1, 1), expected);
  EXPECT_EQ(error_with<NeighborAdvertisement>(advertisement, 1, 1), expected);
  EXPECT_EQ(error_with<RouterSolicitation>(router_solicitation, 1, 1).fault, Fault::bad_value);
  EXPECT_EQ(error_with<RouterAdvertisement>(router_advertisement, 1, 1).fault, Fault::bad_value);
  EXPECT_EQ(error_with<Icmpv6Redirect>(redirect, 1, 1).fault, Fault::bad_value);
}

TEST(NeighborDiscovery, refuses_a_group_as_the_target) {
  EXPECT_EQ(error_with<NeighborSolicitation>(solicitation, 8, 0xff).fault, Fault::bad_value);
  EXPECT_EQ(error_with<NeighborAdvertisement>(advertisement, 8, 0xff).fault, Fault::bad_value);
  EXPECT_EQ(error_with<Icmpv6Redirect>(redirect, 24, 0xff).fault, Fault::bad_value);
}

TEST(Icmpv6Redirect, has_a_link_local_target_or_the_destination_itself) {
  EXPECT_EQ(error_with<Icmpv6Redirect>(redirect, 8, 0x20).fault, Fault::bad_value);
  auto octets = octets_of(message_in(redirect));
  std::copy_n(octets.begin() + 24, 16, octets.begin() + 8);
  EXPECT_EQ(Icmpv6Redirect::parse(octets)->target, far);
}

TEST(NeighborDiscovery, refuses_an_option_of_no_length_and_one_beyond_the_end) {
  constexpr ParseError expected{Layer::neighbor_option, Fault::bad_length, 8, 32};
  EXPECT_EQ(error_with<NeighborSolicitation>(solicitation, 25, 0), expected);
  EXPECT_EQ(error_with<NeighborSolicitation>(solicitation, 25, 2), expected);
}

TEST(NeighborOptions, are_walked_to_the_first_whose_length_lies) {
  constexpr auto octets = hex<"0501000000000578 0e01112233445566 0100020000000001 ffffff">();
  const ExactCopy copy{octets};
  const NeighborOptions options{copy.view()};
  std::vector<int> types;
  for (const auto option : options) types.push_back(static_cast<int>(option.type()));
  EXPECT_EQ(types, (std::vector<int>{5, 14}));
  EXPECT_TRUE(options.malformed());
  EXPECT_FALSE(options.first(NeighborOptionType::source_link_address));
  EXPECT_EQ(MtuOption::parse(*options.begin())->mtu, Mtu{1400});
  EXPECT_FALSE(NeighborOptions{copy.view().first(16)}.malformed());
  EXPECT_FALSE(NeighborOptions{}.malformed());
}

TEST(NeighborOptions, stay_within_their_octets_whatever_they_are) {
  testing::on_every_mutilation(Bytes{router_advertisement}.subspan(56), [](Bytes octets) {
    std::size_t read = 0;
    for (const auto option : NeighborOptions{octets}) {
      ASSERT_EQ(option.octets().data(), octets.data() + read);
      read += option.octets().size();
      ASSERT_LE(read, octets.size());
      if (const auto prefix = PrefixInformation::parse(option)) {
        EXPECT_LE(prefix->length, 128);
      }
    }
    EXPECT_EQ(NeighborOptions{octets}.malformed(), read != octets.size());
  });
}

TEST(NeighborOptions, of_a_wrong_type_or_size_are_not_taken_for_another) {
  const auto error = [](const auto& octets, auto parse) {
    return testing::error_of(parse(NeighborOption{octets}));
  };
  constexpr auto mac = hex<"0101020000000001">();
  constexpr auto long_mac = hex<"0102020000000001 0000000000000000">();
  EXPECT_EQ(error(mac, MtuOption::parse),
            (ParseError{Layer::neighbor_option, Fault::bad_type, 5, 8}));
  EXPECT_EQ(error(long_mac, LinkAddressOption::parse),
            (ParseError{Layer::neighbor_option, Fault::bad_length, 8, 16}));
  EXPECT_EQ(error(mac, RedirectedHeader::parse).fault, Fault::bad_type);
  auto prefix = octets_of(Bytes{router_advertisement}.subspan(56));
  prefix[2] = 129;
  EXPECT_EQ(error(prefix, PrefixInformation::parse),
            (ParseError{Layer::neighbor_option, Fault::bad_value, 128, 32}));
  const NeighborOptions options{long_mac};
  EXPECT_FALSE(options.link_address(NeighborOptionType::source_link_address));
}

TEST(NeighborOptionsWriter, writes_a_routers_options_as_they_are_read) {
  const PrefixInformation prefix{
      .prefix = *Ipv6Address::parse("2001:db8::"), .autonomous = false, .preferred_s = 600};
  constexpr auto expected =
      hex<"0101020000000001 0501000000000578"
          "03044080ffffffff0000025800000000"
          "20010db8000000000000000000000000">();
  std::array<std::uint8_t, expected.size()> room{};
  room.fill(0xa5);
  NeighborOptionsWriter writer{room};
  const auto octets = writer.add(LinkAddressOption{.mac = first_mac})
                          .add(MtuOption{Mtu{1400}})
                          .add(prefix)
                          .finish();
  EXPECT_FALSE(writer.overflowed());
  ASSERT_EQ(octets_of(octets), octets_of(expected));
  const NeighborOptions options{octets};
  EXPECT_EQ(options.link_address(NeighborOptionType::source_link_address), first_mac);
  EXPECT_EQ(PrefixInformation::parse(*options.first(NeighborOptionType::prefix_information)),
            prefix);
}

TEST(NeighborOptionsWriter, leaves_out_what_does_not_fit) {
  std::array<std::uint8_t, 39> room{};
  NeighborOptionsWriter writer{room};
  const auto octets = writer.add(LinkAddressOption{}).add(PrefixInformation{}).finish();
  EXPECT_TRUE(writer.overflowed());
  EXPECT_EQ(octets.size(), 8U);
  std::vector<std::uint8_t> large(4000);
  NeighborOptionsWriter redirected{large};
  EXPECT_EQ(redirected.add(RedirectedHeader{Bytes{large}.first(RedirectedHeader::max_quoted)})
                .finish()
                .size(),
            2040U);
  EXPECT_FALSE(redirected.overflowed());
  redirected.add(RedirectedHeader{Bytes{large}.first(RedirectedHeader::max_quoted + 1)});
  EXPECT_TRUE(redirected.overflowed());
}

TEST(RedirectedHeader, is_padded_with_zeros_to_whole_words) {
  constexpr auto quoted = hex<"600000000005113f aabbcc">();
  const RedirectedHeader header{quoted};
  const auto octets = emitted(header.size(), [&](MutableBytes out) { header.emit(out); });
  constexpr auto expected = hex<"0403000000000000 600000000005113f aabbcc0000000000">();
  EXPECT_EQ(octets, octets_of(expected));
  EXPECT_EQ(RedirectedHeader::parse(NeighborOption{octets})->quoted.size(), 16U);
}

TEST(Icmpv6Redirect, brings_as_much_of_the_packet_as_1280_octets_allow) {
  std::vector<std::uint8_t> packet(1500, 0x60), room(1280), message(1280);
  NeighborOptionsWriter writer{room};
  const auto options =
      writer.add(LinkAddressOption{NeighborOptionType::target_link_address, second_mac})
          .add(RedirectedHeader{Bytes{packet}.first(Icmpv6Redirect::max_quoted)})
          .finish();
  const Icmpv6Redirect told{.target = router, .destination = far, .options = options};
  EXPECT_EQ(40 + told.size(), 1280U);
  told.emit(message, second, first);
  const auto read = Icmpv6Redirect::parse(Bytes{message}.first(told.size()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->link_address(), second_mac);
  EXPECT_EQ(octets_of(read->quoted()), octets_of(Bytes{packet}.first(Icmpv6Redirect::max_quoted)));
}

TEST(NeighborAdvertisement, takes_options_that_already_lie_in_their_place) {
  std::array<std::uint8_t, 32> message{};
  NeighborOptionsWriter writer{MutableBytes{message}.subspan(24)};
  NeighborAdvertisement{
      .solicited = true,
      .overrides = true,
      .target = second,
      .options = writer.add(LinkAddressOption{NeighborOptionType::target_link_address, second_mac})
                     .finish()}
      .emit(message, second, first);
  EXPECT_EQ(octets_of(message), octets_of(message_in(advertisement)));
}

TEST(NeighborDiscovery, knows_the_addresses_of_its_groups_and_of_an_interface) {
  EXPECT_EQ(solicited_node(*Ipv6Address::parse("2001:db8::12:3456")),
            *Ipv6Address::parse("ff02::1:ff12:3456"));
  EXPECT_EQ(all_nodes, *Ipv6Address::parse("ff02::1"));
  EXPECT_EQ(all_routers, *Ipv6Address::parse("ff02::2"));
  EXPECT_EQ(link_local_of(*MacAddress::parse("34:56:78:9a:bc:de")),
            *Ipv6Address::parse("fe80::3656:78ff:fe9a:bcde"));
}

}  // namespace
}  // namespace sonda
