// IPv6 extension headers: the walk to the transport, its bounds, and headers written.
#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/wire/ipv6_extensions.hpp>
#include <sonda/wire/ipv6_options.hpp>

#include "golden.hpp"

namespace sonda {
namespace {

using ::testing::ElementsAre;
using testing::emitted;
using testing::hex;
using testing::Octets;

static_assert(std::forward_iterator<ExtensionChain::Iterator>);

// A packet whose extension headers and payload are `rest`.
Octets packet_of(Protocol next, Bytes rest) {
  Octets packet(Ipv6View::size + rest.size());
  Ipv6Header{.next_header = next}.emit(packet, rest.size());
  std::copy(rest.begin(), rest.end(), packet.begin() + Ipv6View::size);
  return packet;
}

std::vector<Protocol> types(const ExtensionChain& chain) {
  std::vector<Protocol> all;
  for (const auto header : chain) all.push_back(header.type());
  return all;
}

// hop-by-hop with router alert, routing type 4 of two units, fragment at 0 with more to come,
// AH of 24 octets, destination options, UDP
constexpr auto every =
    hex<"2b00 05020000 0100"
        "2c01 0402 0000000000000000 00000000"
        "3300 0001 00000007"
        "3c04 0000 00000001 00000002 aaaaaaaaaaaaaaaa aaaaaaaa"
        "1100 010400000000"
        "0001000200080000">();

TEST(ExtensionChain, of_a_plain_packet_is_empty) {
  const auto packet = packet_of(Protocol::icmpv6, hex<"8000">());
  const auto chain = ExtensionChain::parse(*Ipv6View::parse(packet));
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->empty() && chain->complete() && !chain->fragment());
  EXPECT_EQ(chain->protocol(), Protocol::icmpv6);
  EXPECT_EQ(chain->payload().size(), 2U);
}

TEST(ExtensionChain, is_walked_through_every_kind_of_header) {
  const auto packet = packet_of(Protocol::hop_by_hop, every);
  const auto chain = ExtensionChain::parse(*Ipv6View::parse(packet));
  ASSERT_TRUE(chain);
  EXPECT_THAT(types(*chain),
              ElementsAre(Protocol::hop_by_hop, Protocol::ipv6_routing, Protocol::ipv6_fragment,
                          Protocol::ah, Protocol::destination_options));
  EXPECT_TRUE(chain->complete());
  EXPECT_EQ(chain->protocol(), Protocol::udp);
  EXPECT_EQ(chain->payload().size(), 8U);
  EXPECT_EQ(chain->octets().size() + 8, every.size());
  ASSERT_TRUE(chain->fragment());
  EXPECT_EQ(chain->fragment()->identification(), 7U);
  EXPECT_TRUE(chain->fragment()->more());
  EXPECT_FALSE(chain->later_fragment() || chain->fragment()->atomic());
  const auto routing = RoutingView::parse(*std::next(chain->begin()));
  ASSERT_TRUE(routing);
  EXPECT_EQ(routing->type(), 4);
  EXPECT_EQ(routing->segments_left(), 2);
  EXPECT_EQ(routing->data().size(), 12U);
}

TEST(ExtensionChain, stops_behind_a_fragment_header_that_is_not_the_first) {
  // at offset 8 what would be a destination header is only data
  const auto packet = packet_of(Protocol::ipv6_fragment, hex<"3c00 0008 00000007 11ff">());
  const auto chain = ExtensionChain::parse(*Ipv6View::parse(packet));
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->later_fragment() && chain->complete());
  EXPECT_EQ(chain->fragment()->offset(), 8U);
  EXPECT_EQ(chain->protocol(), Protocol::destination_options);
  EXPECT_EQ(chain->payload().size(), 2U);
}

TEST(ExtensionChain, stops_at_esp_and_at_no_next_header) {
  for (const auto last : {Protocol::esp, Protocol::no_next_header, Protocol{200}}) {
    auto rest = hex<"0000 0104 00000000 ffff">();
    rest[0] = static_cast<std::uint8_t>(last);
    const auto packet = packet_of(Protocol::destination_options, rest);
    const auto chain = ExtensionChain::parse(*Ipv6View::parse(packet));
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->protocol(), last);
    EXPECT_EQ(chain->payload().size(), 2U);
  }
}

TEST(ExtensionChain, allows_hop_by_hop_options_only_in_front) {
  const auto packet =
      packet_of(Protocol::destination_options, hex<"0000 010400000000 3b00 010400000000">());
  EXPECT_EQ(testing::error_of(ExtensionChain::parse(*Ipv6View::parse(packet))).fault,
            Fault::bad_value);
  EXPECT_TRUE(ExtensionChain::parse_quoted(*Ipv6View::parse(packet)));
}

TEST(ExtensionChain, ends_even_where_headers_do_not) {
  const Octets zeros(1200);  // hop-by-hop options of eight octets, without end
  auto packet = packet_of(Protocol::destination_options, zeros);
  for (std::size_t at = 40; at < packet.size(); at += 8) packet[at] = 60;
  for (const auto& chain : {ExtensionChain::parse(*Ipv6View::parse(packet)),
                            ExtensionChain::parse_quoted(*Ipv6View::parse(packet))}) {
    ASSERT_FALSE(chain);
    EXPECT_EQ(testing::error_of(chain),
              (ParseError{Layer::ipv6_extension, Fault::too_many, 16, 1200}));
  }
}

TEST(ExtensionChain, of_exactly_as_many_headers_as_are_allowed_is_walked) {
  Octets rest(16 * 8);
  for (std::size_t at = 0; at < rest.size(); at += 8) rest[at] = 60;
  rest[15 * 8] = 59;
  const auto packet = packet_of(Protocol::destination_options, rest);
  const auto chain = ExtensionChain::parse(*Ipv6View::parse(packet));
  ASSERT_TRUE(chain);
  EXPECT_EQ(types(*chain).size(), 16U);
}

TEST(ExtensionChain, refuses_a_header_that_reaches_past_the_packet) {
  const auto packet = packet_of(Protocol::hop_by_hop, hex<"3a01 010400000000">());
  EXPECT_EQ(testing::error_of(ExtensionChain::parse(*Ipv6View::parse(packet))),
            (ParseError{Layer::ipv6_extension, Fault::too_short, 16, 8}));
  const auto none = packet_of(Protocol::ipv6_fragment, Bytes{});
  EXPECT_EQ(testing::error_of(ExtensionChain::parse(*Ipv6View::parse(none))),
            (ParseError{Layer::ipv6_extension, Fault::too_short, 8, 0}));
}

TEST(ExtensionChain, quoted_says_where_it_was_cut) {
  const auto packet = packet_of(Protocol::hop_by_hop, every);
  const std::size_t transport = packet.size() - 8;
  testing::on_every_truncation(packet, [&](Bytes cut) {
    const auto ip = Ipv6View::parse_quoted(cut);
    if (!ip) return;
    const auto chain = ExtensionChain::parse_quoted(*ip);
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->complete(), cut.size() >= transport);
    EXPECT_EQ(is_extension_header(chain->protocol()), !chain->complete());
    EXPECT_EQ(40 + chain->octets().size() + chain->payload().size(), cut.size());
  });
}

TEST(ExtensionChain, stays_within_its_octets_whatever_they_are) {
  testing::on_every_mutilation(packet_of(Protocol::hop_by_hop, every), [](Bytes octets) {
    const auto ip = Ipv6View::parse_quoted(octets);
    if (!ip) return;
    for (const auto& chain : {ExtensionChain::parse(*ip), ExtensionChain::parse_quoted(*ip)}) {
      if (!chain) continue;
      EXPECT_EQ(chain->octets().size() + chain->payload().size(), ip->payload().size());
      std::size_t size = 0;
      for (const auto header : *chain) {
        size += header.octets().size();
        const auto options = Ipv6Options::parse(header);
        if (!options) continue;
        std::size_t inside = 0;
        for (const auto option : *options) inside += option.octets().size();
        EXPECT_EQ(inside, header.data().size());
      }
      EXPECT_EQ(size, chain->octets().size());
    }
  });
}

TEST(Ipv6Options, are_walked_with_their_padding) {
  // Pad1, router alert, jumbo payload, PadN of three octets, Pad1
  const auto packet =
      packet_of(Protocol::hop_by_hop, hex<"3b01 00 05020000 c20400010000 010100">());
  const auto chain = ExtensionChain::parse(*Ipv6View::parse(packet));
  ASSERT_TRUE(chain);
  const auto options = Ipv6Options::parse(*chain->begin());
  ASSERT_TRUE(options);
  std::vector<Ipv6OptionType> all;
  for (const auto option : *options) all.push_back(option.type());
  EXPECT_THAT(all, ElementsAre(Ipv6OptionType::pad1, Ipv6OptionType::router_alert,
                               Ipv6OptionType::jumbo, Ipv6OptionType::pad_n));
  const auto jumbo = *std::next(options->begin(), 2);
  EXPECT_EQ(jumbo.if_unknown(), Ipv6Option::IfUnknown::report_unless_multicast);
  EXPECT_FALSE(jumbo.may_change());
  EXPECT_EQ(load<std::uint32_t>(jumbo.data(), 0), 0x1'0000U);
  EXPECT_TRUE((*options->begin()).data().empty());
}

TEST(Ipv6Options, are_refused_past_their_header_and_in_other_headers) {
  const auto packet = packet_of(Protocol::hop_by_hop, hex<"2b00 05020000 0101 3b00000000000000">());
  const auto chain = ExtensionChain::parse(*Ipv6View::parse(packet));
  ASSERT_TRUE(chain);
  EXPECT_EQ(testing::error_of(Ipv6Options::parse(*chain->begin())).fault, Fault::bad_length);
  EXPECT_EQ(testing::error_of(Ipv6Options::parse(*std::next(chain->begin()))).fault,
            Fault::bad_type);
}

TEST(OptionsHeader, is_padded_to_units_of_eight) {
  const auto octets = hex<"05020000 05020000 05020000">();
  for (std::size_t size = 0; size <= octets.size(); ++size) {
    const OptionsHeader header{.next_header = Protocol::udp, .options = Bytes{octets}.first(size)};
    const auto out = emitted(header.size(), [&](MutableBytes m) { header.emit(m); });
    ASSERT_EQ(out.size() % 8, 0U);
    ASSERT_LE(out.size(), size + 2 + 7);
    if (size % 4 != 0) continue;
    const auto packet = packet_of(Protocol::hop_by_hop, out);
    const auto chain = ExtensionChain::parse(*Ipv6View::parse(packet));
    ASSERT_TRUE(chain && Ipv6Options::parse(*chain->begin())) << size;
    EXPECT_EQ(chain->protocol(), Protocol::udp);
  }
  const auto empty = emitted(8, [](MutableBytes m) { OptionsHeader{}.emit(m); });
  EXPECT_EQ(empty, (Octets{59, 0, 1, 4, 0, 0, 0, 0}));
}

TEST(ExtensionHeaders, written_are_the_octets_of_their_rfcs) {
  const auto data = hex<"aaaaaaaaaaaaaaaa aaaaaaaa">();
  const RoutingHeader routing{
      .next_header = Protocol::udp, .type = 4, .segments_left = 2, .data = Bytes{data}.first(4)};
  EXPECT_EQ(emitted(routing.size(), [&](MutableBytes m) { routing.emit(m); }),
            (Octets{17, 0, 4, 2, 0xaa, 0xaa, 0xaa, 0xaa}));
  const FragmentHeader fragment{
      .next_header = Protocol::udp, .offset = 1480, .more = true, .identification = 0x01020304};
  EXPECT_EQ(emitted(8, [&](MutableBytes m) { fragment.emit(m); }),
            (Octets{17, 0, 0x05, 0xc9, 1, 2, 3, 4}));
  const AuthenticationHeader ah{.next_header = Protocol::destination_options,
                                .security_parameters = 1,
                                .sequence = 2,
                                .check_value = data};
  const auto out = emitted(ah.size(), [&](MutableBytes m) { ah.emit(m); });
  EXPECT_EQ(out, Octets(every.begin() + 32, every.begin() + 56));
}

}  // namespace
}  // namespace sonda
