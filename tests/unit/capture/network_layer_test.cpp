// What lies behind each kind of link's header, and in frames that are cut.
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/capture/network_layer.hpp>

namespace sonda {
namespace {

using capture::Direction;
using capture::LinkType;
using capture::NetworkLayer;
using capture::NetworkProtocol;
using capture::Octets;

const Octets v4{0x45, 0, 0, 20, 0, 1, 0, 0, 64, 1, 0, 0, 192, 0, 2, 1, 198, 51, 100, 9};
const Octets v6{0x60, 0, 0, 0, 0, 0, 58, 64};
const Octets macs{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

Octets joined(std::initializer_list<Octets> parts) {
  Octets all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// A header, what follows it, and what is to be made of both.
struct Case {
  const char* name;
  std::uint16_t link;
  Octets header;
  Octets payload;
  NetworkProtocol protocol;
  Direction direction = Direction::unknown;
};

std::vector<Case> cases() {
  constexpr auto ipv4 = NetworkProtocol::ipv4;
  constexpr auto ipv6 = NetworkProtocol::ipv6;
  constexpr auto arp = NetworkProtocol::arp;
  constexpr auto other = NetworkProtocol::other;
  const Octets cooked{0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0};  // behind the packet type
  const auto sll = [&](std::uint8_t type, const Octets& ether_type) {
    return joined({{0, type}, cooked, ether_type});
  };
  const auto sll2 = [&](std::uint8_t type, const Octets& ether_type) {
    return joined({ether_type, {0, 0, 0, 0, 0, 7, 0, 1, type, 6, 2, 0, 0, 0, 0, 1, 0, 0}});
  };
  return {
      {"Ethernet, IPv4", 1, joined({macs, {8, 0}}), v4, ipv4},
      {"Ethernet, IPv6", 1, joined({macs, {0x86, 0xdd}}), v6, ipv6},
      {"Ethernet, ARP", 1, joined({macs, {8, 6}}), {0, 1, 8, 0}, arp},
      {"Ethernet, LLDP", 1, joined({macs, {0x88, 0xcc}}), {2, 7}, other},
      {"Ethernet, IEEE 802.3 length", 1, joined({macs, {0, 20}}), v4, other},
      {"Ethernet, one tag", 1, joined({macs, {0x81, 0, 0, 5, 8, 0}}), v4, ipv4},
      {"Ethernet, one tag, ARP", 1, joined({macs, {0x81, 0, 0, 5, 8, 6}}), {0, 1}, arp},
      {"Ethernet, two tags", 1, joined({macs, {0x88, 0xa8, 0, 9, 0x81, 0, 0, 5, 0x86, 0xdd}}), v6,
       ipv6},
      {"Ethernet, two tags of one kind", 1, joined({macs, {0x81, 0, 0, 9, 0x81, 0, 0, 5, 8, 0}}),
       v4, ipv4},
      {"raw, IPv4", 101, {}, v4, ipv4},
      {"raw, IPv6", 101, {}, v6, ipv6},
      {"raw, neither", 101, {}, {0x55, 1}, other},
      {"raw as libpcap numbers it", 12, {}, v4, ipv4},
      {"raw as OpenBSD numbers it", 14, {}, v6, ipv6},
      {"IPv4 alone", 228, {}, v4, ipv4},
      {"IPv6 alone", 229, {}, v6, ipv6},
      {"null, little-endian, IPv4", 0, {2, 0, 0, 0}, v4, ipv4},
      {"null, big-endian, IPv4", 0, {0, 0, 0, 2}, v4, ipv4},
      {"null, IPv6 of Linux", 0, {10, 0, 0, 0}, v6, ipv6},
      {"null, IPv6 of OpenBSD", 0, {24, 0, 0, 0}, v6, ipv6},
      {"null, IPv6 of FreeBSD", 0, {0, 0, 0, 28}, v6, ipv6},
      {"null, IPv6 of Darwin", 0, {30, 0, 0, 0}, v6, ipv6},
      {"null, another family", 0, {7, 0, 0, 0}, v4, other},
      {"loop, IPv4", 108, {0, 0, 0, 2}, v4, ipv4},
      {"loop, turned", 108, {2, 0, 0, 0}, v4, ipv4},
      {"loop, IPv6", 108, {0, 0, 0, 24}, v6, ipv6},
      {"cooked, to us", 113, sll(0, {8, 0}), v4, ipv4, Direction::in},
      {"cooked, broadcast", 113, sll(1, {8, 6}), {0, 1}, arp, Direction::in},
      {"cooked, multicast", 113, sll(2, {0x86, 0xdd}), v6, ipv6, Direction::in},
      {"cooked, others' talk", 113, sll(3, {8, 0}), v4, ipv4},
      {"cooked, ours", 113, sll(4, {8, 0}), v4, ipv4, Direction::out},
      {"cooked, tagged", 113, sll(4, {0x81, 0, 0, 5, 8, 0}), v4, ipv4, Direction::out},
      {"cooked, IEEE 802.2", 113, sll(0, {0, 4}), {1}, other, Direction::in},
      {"cooked 2, to us", 276, sll2(0, {0x86, 0xdd}), v6, ipv6, Direction::in},
      {"cooked 2, others' talk", 276, sll2(3, {8, 0}), v4, ipv4},
      {"cooked 2, ours", 276, sll2(4, {8, 0}), v4, ipv4, Direction::out},
      {"cooked 2, ARP", 276, sll2(4, {8, 6}), {0, 1}, arp, Direction::out},
  };
}

TEST(NetworkLayer, finds_the_packet_behind_each_kind_of_header) {
  for (const auto& each : cases()) {
    SCOPED_TRACE(each.name);
    const auto frame = joined({each.header, each.payload});
    const auto layer = network_layer(LinkType{each.link}, frame);
    EXPECT_EQ(layer.protocol, each.protocol);
    EXPECT_EQ(layer.direction, each.direction);
    EXPECT_EQ(layer.octets.data(), frame.data() + each.header.size());
    EXPECT_EQ(layer.octets.size(), each.payload.size());
  }
}

TEST(NetworkLayer, finds_no_packet_where_the_frame_ends_in_front_of_it) {
  for (const auto& each : cases()) {
    SCOPED_TRACE(each.name);
    const auto whole = joined({each.header, each.payload});
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      // Of its own, so that the sanitizer sees who reads beyond it.
      const Octets frame(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const auto layer = network_layer(LinkType{each.link}, frame);
      const auto there = size > each.header.size();
      EXPECT_EQ(layer.protocol, there ? each.protocol : NetworkProtocol::other) << size;
      EXPECT_EQ(layer.octets.size(), there ? size - each.header.size() : 0) << size;
    }
  }
}

TEST(NetworkLayer, tells_the_direction_of_a_cooked_frame_that_carries_nothing) {
  const Octets sent{0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0};
  EXPECT_EQ(network_layer(LinkType{113}, sent).direction, Direction::out);
  EXPECT_EQ(network_layer(LinkType{113}, sent).protocol, NetworkProtocol::other);
}

TEST(NetworkLayer, passes_over_four_tags_and_not_five) {
  auto frame = macs;
  for (int i = 0; i < 4; ++i) frame.insert(frame.end(), {0x81, 0, 0, 5});
  auto five = joined({frame, {0x81, 0, 0, 5, 8, 0}, v4});
  frame = joined({frame, {8, 0}, v4});
  EXPECT_EQ(network_layer(LinkType::ethernet, frame).protocol, NetworkProtocol::ipv4);
  EXPECT_EQ(network_layer(LinkType::ethernet, five).protocol, NetworkProtocol::other);
}

TEST(NetworkLayer, knows_nothing_of_other_links) {
  for (const auto type : {LinkType{105}, LinkType{127}, LinkType{195}, LinkType{65'535}}) {
    const auto layer = network_layer(type, v4);
    EXPECT_EQ(layer.protocol, NetworkProtocol::other);
    EXPECT_TRUE(layer.octets.empty());
  }
}

}  // namespace
}  // namespace sonda
