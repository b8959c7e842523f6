// Packets that broke other programs: what we say of each, and that no cut or flipped bit of them
// takes us where it took them.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire.hpp>

#include "packets.hpp"

namespace sonda::testing {
namespace {

Ipv4View ipv4(const Vector& packet) {
  const auto ip = Ipv4View::parse(packet.packet);
  EXPECT_TRUE(ip.has_value());
  return *ip;
}

std::optional<ParseError> fault_of(const Vector& packet) {
  const ExactCopy copy{packet.packet};
  const auto ip = Ipv4View::parse(copy.view());
  return ip ? std::nullopt : std::optional{ip.error()};
}

Parsed<Quotation> quotation_of(const Vector& packet) {
  return Quotation::parse(ipv4(packet).payload(), IpVersion::v4);
}

std::vector<std::uint32_t> labels_of(const Quotation& quotation) {
  std::vector<std::uint32_t> labels;
  if (!quotation.extensions()) return labels;
  for (const auto object : *quotation.extensions())
    if (const auto stack = MplsStackView::parse(object))
      for (std::size_t i = 0; i < stack->size(); ++i) labels.push_back((*stack)[i].label);
  return labels;
}

TEST(Peers, are_described_as_tcpdump_does) {
  for (const auto& packet : peers::all)
    EXPECT_EQ(describe(packet.packet).view(), packet.line) << packet.shows;
}

TEST(Peers, an_echo_may_be_without_data) {
  const auto echo = Echo::parse_icmpv4(ipv4(peers::echo_without_data).payload());
  ASSERT_TRUE(echo);
  EXPECT_TRUE(echo->data.empty());
  EXPECT_EQ(echo->size(), 8U);
}

TEST(Peers, options_may_end_before_the_header_does) {
  const auto ip = ipv4(peers::options_end_and_padding);
  EXPECT_TRUE(ip.checksum_ok());
  const auto options = Ipv4Options::parse(ip.options());
  ASSERT_TRUE(options);
  EXPECT_EQ(std::ranges::distance(*options), 1);
  EXPECT_EQ((*options->begin()).type(), Ipv4OptionType::stream_id);
  EXPECT_TRUE(Echo::parse_icmpv4(ip.payload()));
}

TEST(Peers, lengths_that_contradict_each_other_are_refused_with_what_they_lack) {
  EXPECT_EQ(fault_of(peers::total_length_10), (ParseError{Layer::ipv4, Fault::bad_length, 20, 28}));
  EXPECT_EQ(fault_of(peers::header_of_4_words),
            (ParseError{Layer::ipv4, Fault::bad_length, 20, 28}));
  EXPECT_EQ(fault_of(peers::header_of_15_words),
            (ParseError{Layer::ipv4, Fault::too_short, 60, 28}));
  EXPECT_EQ(fault_of(peers::version_6_in_ipv4),
            (ParseError{Layer::ipv4, Fault::bad_version, 4, 28}));
}

TEST(Peers, a_quotation_of_28_octets_names_the_probe) {
  const auto quotation = quotation_of(peers::quotation_cut_to_28);
  ASSERT_TRUE(quotation);
  EXPECT_TRUE(quotation->truncated());
  EXPECT_EQ(quotation->quoted_octets(), 28U);
  EXPECT_EQ(quotation->source_port(), Port{40000});
  EXPECT_EQ(quotation->destination_port(), Port{33434});
}

TEST(Peers, the_length_field_says_where_extensions_begin) {
  const auto sixty = quotation_of(peers::mpls_behind_60_octets);
  ASSERT_TRUE(sixty);
  EXPECT_EQ(sixty->quoted_octets(), 60U);
  EXPECT_EQ(labels_of(*sixty), std::vector<std::uint32_t>{24015});

  const auto more = quotation_of(peers::mpls_behind_160_octets);
  ASSERT_TRUE(more);
  EXPECT_EQ(more->quoted_octets(), 160U);
  EXPECT_EQ(labels_of(*more), (std::vector<std::uint32_t>{24015, 17}));
}

TEST(Peers, payload_at_octet_128_is_no_extension_without_its_checksum) {
  const auto quotation = quotation_of(peers::payload_where_extensions_would_be);
  ASSERT_TRUE(quotation);
  EXPECT_FALSE(quotation->extensions());
  EXPECT_EQ(quotation->quoted_octets(), 160U);
  EXPECT_FALSE(quotation->truncated());
}

TEST(Peers, a_quoted_header_that_did_not_come_back_whole_is_refused) {
  const auto cut = quotation_of(peers::quotation_cut_in_its_header);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error(), (ParseError{Layer::ipv4, Fault::too_short, 20, 12}));
  const auto long_header = quotation_of(peers::quoted_header_of_15_words);
  ASSERT_FALSE(long_header);
  EXPECT_EQ(long_header.error(), (ParseError{Layer::ipv4, Fault::too_short, 60, 28}));
  const auto nothing = quotation_of(peers::quotation_of_nothing);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error(), (ParseError{Layer::ipv4, Fault::too_short, 20, 0}));
}

TEST(Peers, a_quoted_length_of_zero_hides_nothing) {
  const auto quotation = quotation_of(peers::quoted_length_0);
  ASSERT_TRUE(quotation);
  EXPECT_EQ(quotation->quoted_octets(), 28U);
  EXPECT_TRUE(quotation->length_lies());
  EXPECT_EQ(quotation->destination_port(), Port{33434});
}

TEST(Peers, a_quoted_later_fragment_has_no_ports) {
  const auto quotation = quotation_of(peers::quoted_later_fragment);
  ASSERT_TRUE(quotation);
  EXPECT_TRUE(quotation->is_later_fragment());
  EXPECT_EQ(quotation->source_port(), std::nullopt);
  EXPECT_EQ(quotation->destination_port(), std::nullopt);
  EXPECT_TRUE(quotation->transport().empty());
}

TEST(Peers, an_interface_object_without_its_parts_is_refused_and_the_rest_is_kept) {
  const auto quotation = quotation_of(peers::interface_object_without_its_parts);
  ASSERT_TRUE(quotation);
  EXPECT_EQ(quotation->destination_port(), Port{33434});
  ASSERT_TRUE(quotation->extensions());
  const auto object = quotation->extensions()->first(ExtensionClass::interface_information);
  ASSERT_TRUE(object);
  EXPECT_TRUE(object->payload().empty());
  EXPECT_EQ(InterfaceInfo::parse(*object).error(),
            (ParseError{Layer::icmp_extension, Fault::too_short, 8, 4}));
}

TEST(Peers, objects_that_lie_about_their_length_end_the_walk) {
  for (const auto* packet :
       {&peers::extension_object_of_length_0, &peers::extension_object_longer_than_the_rest}) {
    const auto quotation = quotation_of(*packet);
    ASSERT_TRUE(quotation) << packet->shows;
    ASSERT_TRUE(quotation->extensions()) << packet->shows;
    EXPECT_EQ(std::ranges::distance(*quotation->extensions()), 0) << packet->shows;
    EXPECT_TRUE(quotation->extensions()->malformed()) << packet->shows;
    EXPECT_EQ(quotation->destination_port(), Port{33434}) << packet->shows;
  }
}

TEST(Peers, an_odd_octet_behind_a_label_takes_nothing_from_it) {
  const auto quotation = quotation_of(peers::mpls_of_an_odd_length);
  ASSERT_TRUE(quotation);
  EXPECT_EQ(labels_of(*quotation), std::vector<std::uint32_t>{24015});
}

TEST(Peers, options_do_not_move_the_ports_behind_them) {
  const auto ip = ipv4(peers::udp_behind_options);
  const auto udp = UdpView::parse(ip.payload());
  ASSERT_TRUE(udp);
  EXPECT_EQ(udp->source_port(), Port{40000});
  EXPECT_EQ(udp->destination_port(), Port{33434});
  EXPECT_TRUE(udp->checksum_ok(ip.source(), ip.destination()));
}

TEST(Peers, a_udp_sum_of_zero_is_sent_as_ffff) {
  const auto ip = ipv4(peers::udp_sum_of_zero);
  const auto udp = UdpView::parse(ip.payload());
  ASSERT_TRUE(udp);
  EXPECT_EQ(udp->checksum(), 0xffff);
  EXPECT_TRUE(udp->checksum_ok(ip.source(), ip.destination()));
  Octets segment(udp->octets().begin(), udp->octets().end());
  store(MutableBytes{segment}, 6, std::uint16_t{0xa5a5});
  UdpHeader{.source_port = Port{40000}, .destination_port = Port{33434}}.emit(segment, ip.source(),
                                                                              ip.destination());
  EXPECT_TRUE(std::ranges::equal(segment, udp->octets()));
}

TEST(Peers, udp_over_ipv6_without_a_checksum_is_wrong) {
  const auto ip = Ipv6View::parse(peers::udp_ipv6_without_a_sum.packet);
  ASSERT_TRUE(ip);
  const auto udp = UdpView::parse(ip->payload());
  ASSERT_TRUE(udp);
  EXPECT_FALSE(udp->has_checksum());
  EXPECT_FALSE(udp->checksum_ok(ip->source(), ip->destination()));
}

TEST(Peers, an_odd_octet_counts_as_the_first_of_two) {
  const ExactCopy copy{peers::odd_octets_of_icmpv6.packet};
  const auto ip = Ipv6View::parse(copy.view());
  ASSERT_TRUE(ip);
  const auto icmp = Icmpv6View::parse(ip->payload());
  ASSERT_TRUE(icmp);
  EXPECT_EQ(icmp->octets().size() % 2, 1U);
  EXPECT_TRUE(icmp->checksum_ok(ip->source(), ip->destination()));
}

TEST(Peers, a_sum_is_folded_until_nothing_is_carried) {
  const auto ip = ipv4(peers::sum_that_folds_twice);
  EXPECT_TRUE(ip.checksum_ok());
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < 20; at += 2)
    if (at != 10) sum += load<std::uint16_t>(ip.header(), at);
  EXPECT_GT((sum & 0xffff) + (sum >> 16), 0xffffU) << "one fold would do, so it shows nothing";

  Octets header(20, 0xa5);
  Ipv4Header{.identification = ip.identification(),
             .dont_fragment = ip.dont_fragment(),
             .ttl = ip.ttl(),
             .protocol = ip.protocol(),
             .source = ip.source(),
             .destination = ip.destination()}
      .emit(header, ip.payload().size());
  EXPECT_TRUE(std::ranges::equal(header, ip.header()));
}

TEST(Peers, extension_headers_do_not_count_in_the_sum_behind_them) {
  const auto ip = Ipv6View::parse(peers::sum_behind_extension_headers.packet);
  ASSERT_TRUE(ip);
  const auto chain = ExtensionChain::parse(*ip);
  ASSERT_TRUE(chain);
  ASSERT_EQ(chain->protocol(), Protocol::udp);
  const auto udp = UdpView::parse(chain->payload());
  ASSERT_TRUE(udp);
  EXPECT_TRUE(udp->checksum_ok(ip->source(), ip->destination()));
}

// 150 destination options, each saying that another follows.
TEST(Peers, a_walk_along_extension_headers_has_an_end) {
  Octets packet(Ipv6View::size + 150 * 8);
  const Ipv6Header ip{.next_header = Protocol::destination_options};
  ip.emit(packet, packet.size() - Ipv6View::size);
  const OptionsHeader options{.next_header = Protocol::destination_options};
  for (std::size_t at = Ipv6View::size; at < packet.size(); at += options.size())
    options.emit(MutableBytes{packet}.subspan(at));
  const auto view = Ipv6View::parse(packet);
  ASSERT_TRUE(view);
  const auto chain = ExtensionChain::parse(*view);
  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().fault, Fault::too_many);
  EXPECT_TRUE(describe(packet).view().starts_with("IP6 :: > ::: DSTOPT DSTOPT "));
}

// Everything that reads a packet, on everything that can become of it.
void read_all(Bytes packet) {
  const auto text = describe(packet);
  EXPECT_FALSE(packet.empty() || text.view().empty());
  const auto read_message = [](Bytes message, IpVersion version) {
    const auto quotation = Quotation::parse(message, version);
    if (!quotation) return;
    EXPECT_LE(quotation->transport().size(), quotation->quoted_octets());
    EXPECT_LE(quotation->payload().size(), quotation->transport().size());
    EXPECT_FALSE(quotation->is_later_fragment() && quotation->source_port());
    EXPECT_LE(labels_of(*quotation).size(), message.size() / 4);
  };
  if (const auto ip = Ipv4View::parse(packet)) read_message(ip->payload(), IpVersion::v4);
  if (const auto ip = Ipv6View::parse(packet)) {
    if (const auto chain = ExtensionChain::parse(*ip)) {
      EXPECT_LE(chain->payload().size(), ip->payload().size());
      read_message(chain->payload(), IpVersion::v6);
    }
  }
}

TEST(Peers, stay_harmless_whatever_becomes_of_them) {
  for (const auto& packet : peers::all) {
    SCOPED_TRACE(packet.shows);
    read_all(ExactCopy{packet.packet}.view());
    on_every_bit_flip(packet.packet, read_all);
    for (std::size_t size = 1; size < packet.packet.size(); ++size)
      read_all(ExactCopy{packet.packet.first(size)}.view());
  }
}

}  // namespace
}  // namespace sonda::testing
