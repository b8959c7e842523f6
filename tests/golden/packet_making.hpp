// How packets are made for the judges: addresses, headers around what an emitter writes, a list.
#pragma once
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <sonda/wire.hpp>

#include "emitted_packets.hpp"

namespace sonda::testing {

inline constexpr Ipv4Address near4{192, 0, 2, 1}, far4{198, 51, 100, 9}, router4{203, 0, 113, 33};
inline constexpr auto near6 = *Ipv6Address::parse("2001:db8::1");
inline constexpr auto far6 = *Ipv6Address::parse("2001:db8:1::9");
inline constexpr auto router6 = *Ipv6Address::parse("2001:db8:2::33");

inline Octets counting(std::size_t size) {
  Octets octets(size);
  std::iota(octets.begin(), octets.end(), std::uint8_t{0x21});
  return octets;
}

// A packet of `header` and a payload of `size` octets that `emit` writes. Every octet that neither
// of them writes shows as 0xa5.
template <typename Header, typename Emit>
inline Octets packet_of(const Header& header, std::size_t size, Emit&& emit) {
  Octets packet(header.size() + size, 0xa5);
  header.emit(packet, size);
  emit(MutableBytes{packet}.subspan(header.size()));
  return packet;
}

inline Octets icmpv4(const auto& message, Ipv4Address from = near4, Ipv4Address to = far4) {
  const Ipv4Header ip{
      .identification = 0x1001, .protocol = Protocol::icmp, .source = from, .destination = to};
  return packet_of(ip, message.size(), [&](MutableBytes out) { message.emit(out); });
}

inline Octets icmpv6(const auto& message, const Ipv6Address& from = near6,
                     const Ipv6Address& to = far6) {
  const Ipv6Header ip{.next_header = Protocol::icmpv6, .source = from, .destination = to};
  return packet_of(ip, message.size(), [&](MutableBytes out) { message.emit(out, from, to); });
}

inline Octets copy_of(Bytes octets) { return {octets.begin(), octets.end()}; }

inline void put(MutableBytes segment, std::size_t at, Bytes payload) {
  std::ranges::copy(payload, segment.subspan(at).begin());
}

// `arrives` differs from far4 where a source route leads on from there.
inline Octets udp4(const UdpHeader& udp, Bytes payload, Ipv4Header ip = {},
                   Ipv4Address arrives = far4) {
  ip.protocol = Protocol::udp, ip.source = near4, ip.destination = far4;
  return packet_of(ip, udp.size() + payload.size(), [&](MutableBytes out) {
    put(out, udp.size(), payload);
    udp.emit(out, near4, arrives);
  });
}

inline Octets udp6(const UdpHeader& udp, Bytes payload, Ipv6Header ip = {}) {
  ip.next_header = Protocol::udp, ip.source = near6, ip.destination = far6;
  return packet_of(ip, udp.size() + payload.size(), [&](MutableBytes out) {
    put(out, udp.size(), payload);
    udp.emit(out, near6, far6);
  });
}

inline constexpr UdpHeader probe{.source_port = Port{41017}, .destination_port = Port{33434}};

class Collection {
 public:
  void add(std::string shows, Octets octets) {
    packets_.push_back({std::move(shows), std::move(octets)});
  }
  [[nodiscard]] std::vector<EmittedPacket> take() { return std::move(packets_); }

 private:
  std::vector<EmittedPacket> packets_;
};

}  // namespace sonda::testing
