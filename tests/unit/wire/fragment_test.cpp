// Fragments: put together they are the packet again, none exceeds the MTU, none is needless.
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/wire/fragment.hpp>
#include <sonda/wire/ipv4_options_builder.hpp>

#include "golden.hpp"

namespace sonda {
namespace {

using testing::emitted;
using testing::hex;
using testing::Octets;

Octets counting(std::size_t size) {
  Octets octets(size);
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return octets;
}

Octets ipv4_packet(Ipv4Header header, std::size_t payload) {
  Octets packet(header.size() + payload);
  header.emit(packet, payload);
  std::ranges::copy(counting(payload), packet.begin() + static_cast<std::ptrdiff_t>(header.size()));
  return packet;
}

template <typename Fragments>
std::vector<Octets> all_of(const Fragments& fragments) {
  std::vector<Octets> all;
  for (std::size_t i = 0; i < fragments.count(); ++i)
    all.push_back(emitted(fragments.size(i), [&](MutableBytes out) { fragments.emit(i, out); }));
  return all;
}

void append(Octets& to, Bytes octets) { to.insert(to.end(), octets.begin(), octets.end()); }

TEST(Ipv4Fragments, put_together_are_the_payload_for_every_size_and_mtu) {
  std::mt19937_64 random{19};
  for (int i = 0; i < 3'000; ++i) {
    const auto options = Ipv4OptionsBuilder{}.record_route(random() % 5).router_alert();
    const auto mtu = 88 + random() % 300;
    const Ipv4Header header{
        .identification = 0x4242, .dont_fragment = false, .options = *options.build()};
    const auto packet = ipv4_packet(header, random() % 2000);
    const auto fragments = Ipv4Fragments::of(packet, Mtu{mtu});
    ASSERT_TRUE(fragments);
    Octets together;
    for (const auto& octets : all_of(*fragments)) {
      const auto ip = Ipv4View::parse(octets);
      ASSERT_TRUE(ip && ip->checksum_ok());
      ASSERT_EQ(ip->octets().size(), octets.size());
      ASSERT_LE(octets.size(), mtu);
      ASSERT_EQ(ip->identification(), 0x4242);
      ASSERT_EQ(ip->fragment_offset(), together.size());
      append(together, ip->payload());
      ASSERT_EQ(ip->more_fragments(), together.size() < packet.size() - header.size());
      if (ip->more_fragments()) {
        ASSERT_GT(octets.size() + 8, mtu) << "a larger piece would have fitted";
      }
    }
    ASSERT_TRUE(std::ranges::equal(together, Bytes{packet}.subspan(header.size())));
  }
}

TEST(Ipv4Fragments, of_a_packet_that_fits_are_the_packet_itself) {
  const auto packet = ipv4_packet({.checksum = ChecksumField{0xdead}}, 80);
  const auto fragments = Ipv4Fragments::of(packet, Mtu{100});
  ASSERT_TRUE(fragments);
  EXPECT_EQ(all_of(*fragments), std::vector<Octets>{packet});
}

TEST(Ipv4Fragments, are_as_few_as_rfc_791_makes) {
  const auto count = [](std::size_t payload, unsigned mtu) {
    const auto packet = ipv4_packet({.dont_fragment = false}, payload);
    return Ipv4Fragments::of(packet, Mtu{mtu})->count();
  };
  EXPECT_EQ(count(1480, 1500), 1U);
  EXPECT_EQ(count(1481, 1500), 2U);
  EXPECT_EQ(count(2960, 1500), 2U);
  EXPECT_EQ(count(2961, 1500), 3U);
  EXPECT_EQ(count(15, 34), 2U);
  EXPECT_EQ(count(8 + 14, 34), 2U) << "only the last may use the odd octets of the room";
  EXPECT_EQ(count(8 + 15, 34), 3U);
  EXPECT_EQ(count(65'515, 28), 8190U);
}

TEST(Ipv4Fragments, carry_on_only_the_options_that_say_so) {
  const auto builder =
      Ipv4OptionsBuilder{}.no_operation().record_route(2).stream_id(7).router_alert();
  const auto packet = ipv4_packet({.dont_fragment = false, .options = *builder.build()}, 200);
  const auto all = all_of(*Ipv4Fragments::of(packet, Mtu{100}));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(std::ranges::equal(Ipv4View::parse(all[0])->options(), *builder.build()));
  for (const std::size_t i : {1U, 2U}) {
    const auto ip = Ipv4View::parse(all[i]);
    EXPECT_EQ(Octets(ip->options().begin(), ip->options().end()),
              (Octets{0x88, 4, 0, 7, 0x94, 4, 0, 0}));
  }
}

TEST(Ipv4Fragments, of_a_fragment_go_on_where_it_begins) {
  const auto packet =
      ipv4_packet({.dont_fragment = false, .more_fragments = true, .fragment_offset = 1480}, 96);
  const auto all = all_of(*Ipv4Fragments::of(packet, Mtu{68}));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(Ipv4View::parse(all[0])->fragment_offset(), 1480U);
  EXPECT_EQ(Ipv4View::parse(all[1])->fragment_offset(), 1528U);
  EXPECT_TRUE(Ipv4View::parse(all[1])->more_fragments()) << "the last piece is not the last";
}

TEST(Ipv4Fragments, of_a_fragment_never_begin_at_the_front_again) {
  const auto packet = ipv4_packet({.dont_fragment = false, .fragment_offset = 65'520}, 60);
  EXPECT_EQ(Ipv4Fragments::of(packet, Mtu{68}).error(),
            (ParseError{Layer::ipv4, Fault::too_many, 65'535, 65'580}));
  EXPECT_EQ(Ipv4Fragments::of(packet, Mtu{80})->count(), 1U) << "it goes on as it came";
  const auto last = ipv4_packet({.dont_fragment = false, .fragment_offset = 65'480}, 55);
  ASSERT_EQ(Ipv4Fragments::of(last, Mtu{68})->count(), 2U);
}

TEST(Ipv4Fragments, are_refused_where_the_packet_forbids_them_or_the_mtu_is_too_small) {
  const auto packet = ipv4_packet({.dont_fragment = false}, 100);
  EXPECT_EQ(testing::error_of(Ipv4Fragments::of(packet, Mtu{27})),
            (ParseError{Layer::ipv4, Fault::too_short, 28, 27}));
  const auto stubborn = ipv4_packet({.dont_fragment = true}, 100);
  EXPECT_EQ(testing::error_of(Ipv4Fragments::of(stubborn, Mtu{119})),
            (ParseError{Layer::ipv4, Fault::bad_value, 120, 119}));
  EXPECT_TRUE(Ipv4Fragments::of(stubborn, Mtu{120}));
  EXPECT_FALSE(Ipv4Fragments::of(Bytes{stubborn}.first(50), Mtu{40}));
  const auto malformed = hex<"9401 0000">();
  const auto broken = ipv4_packet({.dont_fragment = false, .options = malformed}, 100);
  EXPECT_EQ(testing::error_of(Ipv4Fragments::of(broken, Mtu{60})).layer, Layer::ipv4_option);
}

Octets ipv6_packet(Protocol next, Bytes front, std::size_t payload) {
  Octets packet(Ipv6View::size + front.size() + payload);
  Ipv6Header{.next_header = next}.emit(packet, front.size() + payload);
  std::ranges::copy(front, packet.begin() + Ipv6View::size);
  std::ranges::copy(counting(payload), packet.end() - static_cast<std::ptrdiff_t>(payload));
  return packet;
}

// hop-by-hop, destination, routing, destination, UDP: the last two headers are cut with the rest
constexpr auto front =
    hex<"3c00 010400000000 2b00 010400000000 3c00 0000 00000000 1100 010400000000">();

TEST(Ipv6Fragments, put_together_are_the_packet_for_every_size_and_mtu) {
  std::mt19937_64 random{23};
  for (int i = 0; i < 3'000; ++i) {
    const bool extended = i % 2 == 0;
    const auto packet = extended ? ipv6_packet(Protocol::hop_by_hop, front, random() % 2000)
                                 : ipv6_packet(Protocol::udp, Bytes{}, random() % 2000);
    const std::size_t unfragmentable = extended ? 24 : 0;
    const auto mtu = 80 + random() % 300;
    const auto fragments = Ipv6Fragments::of(packet, Mtu{mtu}, 0x01020304);
    ASSERT_TRUE(fragments);
    if (packet.size() <= mtu) {
      ASSERT_EQ(all_of(*fragments), std::vector<Octets>{packet});
      continue;
    }
    Octets together;
    for (const auto& octets : all_of(*fragments)) {
      ASSERT_LE(octets.size(), mtu);
      const auto ip = Ipv6View::parse(octets);
      ASSERT_TRUE(ip);
      const auto chain = ExtensionChain::parse_quoted(*ip);
      ASSERT_TRUE(chain && chain->fragment());
      ASSERT_EQ(chain->fragment()->identification(), 0x01020304U);
      ASSERT_EQ(chain->fragment()->offset(), together.size());
      const auto piece = Bytes{octets}.subspan(40 + unfragmentable + 8);
      append(together, piece);
      ASSERT_EQ(chain->fragment()->more(), together.size() < packet.size() - 40 - unfragmentable);
      if (chain->fragment()->more()) {
        ASSERT_EQ(piece.size() % 8, 0U);
        ASSERT_GT(octets.size() + 8, mtu) << "a larger piece would have fitted";
      }
      const auto header = octets[40 + unfragmentable];
      ASSERT_EQ(header, extended ? 60 : 17) << "what comes behind the fragment header";
    }
    ASSERT_TRUE(std::ranges::equal(together, Bytes{packet}.subspan(40 + unfragmentable)));
  }
}

TEST(Ipv6Fragments, repeat_the_headers_that_routers_read) {
  const auto packet = ipv6_packet(Protocol::hop_by_hop, front, 200);
  for (const auto& octets : all_of(*Ipv6Fragments::of(packet, Mtu{160}, 1))) {
    EXPECT_TRUE(std::equal(packet.begin() + 40, packet.begin() + 56, octets.begin() + 40));
    EXPECT_EQ(octets[56], 44) << "the routing header is followed by the fragment header";
    EXPECT_TRUE(std::equal(packet.begin() + 57, packet.begin() + 64, octets.begin() + 57));
  }
}

TEST(Ipv6Fragments, are_refused_of_fragments_and_for_too_small_an_mtu) {
  const auto fragment = ipv6_packet(Protocol::ipv6_fragment, hex<"1100 0000 00000001">(), 200);
  EXPECT_EQ(testing::error_of(Ipv6Fragments::of(fragment, Mtu{100}, 1)).fault, Fault::bad_value);
  const auto packet = ipv6_packet(Protocol::udp, Bytes{}, 200);
  EXPECT_EQ(testing::error_of(Ipv6Fragments::of(packet, Mtu{55}, 1)),
            (ParseError{Layer::ipv6, Fault::too_short, 56, 55}));
  EXPECT_EQ(Ipv6Fragments::of(packet, Mtu{56}, 1)->count(), 25U);
}

TEST(Fragments, of_mutilated_packets_are_refused_or_fit) {
  const auto options = Ipv4OptionsBuilder{}.router_alert().record_route(1);
  const auto v4 = ipv4_packet({.dont_fragment = false, .options = *options.build()}, 60);
  testing::on_every_mutilation(v4, [](Bytes octets) {
    const auto fragments = Ipv4Fragments::of(octets, Mtu{70});
    if (!fragments) return;
    for (const auto& fragment : all_of(*fragments)) EXPECT_LE(fragment.size(), 70U);
  });
  const auto v6 = ipv6_packet(Protocol::hop_by_hop, front, 60);
  testing::on_every_mutilation(v6, [](Bytes octets) {
    const auto fragments = Ipv6Fragments::of(octets, Mtu{90}, 1);
    if (!fragments) return;
    for (const auto& fragment : all_of(*fragments)) EXPECT_LE(fragment.size(), 90U);
  });
}

}  // namespace
}  // namespace sonda
