// The numbers that say what comes next: IP protocols (and IPv6 next headers), EtherTypes.
#pragma once
#include <cstdint>
#include <string_view>

namespace sonda::inline v0 {

// IANA's "Assigned Internet Protocol Numbers"; a number without a name here is just as valid.
enum class Protocol : std::uint8_t {
  hop_by_hop = 0,            // RFC 8200 4.3
  icmp = 1,                  // RFC 792
  igmp = 2,                  // RFC 9776
  ipv4 = 4,                  // RFC 2003: IPv4 in IP
  tcp = 6,                   // RFC 9293
  udp = 17,                  // RFC 768
  dccp = 33,                 // RFC 4340
  ipv6 = 41,                 // RFC 2473: IPv6 in IP
  ipv6_routing = 43,         // RFC 8200 4.4
  ipv6_fragment = 44,        // RFC 8200 4.5
  gre = 47,                  // RFC 2784
  esp = 50,                  // RFC 4303
  ah = 51,                   // RFC 4302
  icmpv6 = 58,               // RFC 4443
  no_next_header = 59,       // RFC 8200 4.7
  destination_options = 60,  // RFC 8200 4.6
  ospf = 89,                 // RFC 2328
  pim = 103,                 // RFC 7761
  vrrp = 112,                // RFC 9568
  sctp = 132,                // RFC 9260
  mobility = 135,            // RFC 6275
  udp_lite = 136,            // RFC 3828
  hip = 139,                 // RFC 7401
  shim6 = 140,               // RFC 5533
  experimental_1 = 253,      // RFC 3692
  experimental_2 = 254
};

// Empty for a number that has no name here.
[[nodiscard]] constexpr std::string_view name(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::hop_by_hop:
      return "hop-by-hop options";
    case Protocol::icmp:
      return "ICMP";
    case Protocol::igmp:
      return "IGMP";
    case Protocol::ipv4:
      return "IPv4";
    case Protocol::tcp:
      return "TCP";
    case Protocol::udp:
      return "UDP";
    case Protocol::dccp:
      return "DCCP";
    case Protocol::ipv6:
      return "IPv6";
    case Protocol::ipv6_routing:
      return "routing header";
    case Protocol::ipv6_fragment:
      return "fragment header";
    case Protocol::gre:
      return "GRE";
    case Protocol::esp:
      return "ESP";
    case Protocol::ah:
      return "AH";
    case Protocol::icmpv6:
      return "ICMPv6";
    case Protocol::no_next_header:
      return "no next header";
    case Protocol::destination_options:
      return "destination options";
    case Protocol::ospf:
      return "OSPF";
    case Protocol::pim:
      return "PIM";
    case Protocol::vrrp:
      return "VRRP";
    case Protocol::sctp:
      return "SCTP";
    case Protocol::mobility:
      return "mobility header";
    case Protocol::udp_lite:
      return "UDP-Lite";
    case Protocol::hip:
      return "HIP";
    case Protocol::shim6:
      return "shim6";
    case Protocol::experimental_1:
    case Protocol::experimental_2:
      return "experimental";
  }
  return {};
}

// IEEE 802 numbers above 1,535; smaller ones are the length of an IEEE 802.3 frame.
enum class EtherType : std::uint16_t {
  ipv4 = 0x0800,
  arp = 0x0806,
  vlan = 0x8100,  // IEEE 802.1Q customer tag
  ipv6 = 0x86dd,
  mpls = 0x8847,          // RFC 3032
  service_vlan = 0x88a8,  // IEEE 802.1ad
};

[[nodiscard]] constexpr std::string_view name(EtherType type) noexcept {
  switch (type) {
    case EtherType::ipv4:
      return "IPv4";
    case EtherType::arp:
      return "ARP";
    case EtherType::vlan:
      return "802.1Q";
    case EtherType::ipv6:
      return "IPv6";
    case EtherType::mpls:
      return "MPLS";
    case EtherType::service_vlan:
      return "802.1ad";
  }
  return {};
}

}  // namespace sonda::inline v0
