// Whole echo requests as a raw link sends them.
#pragma once
#include <cstdint>
#include <vector>

#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>

namespace sonda::net::testing {

inline std::vector<std::uint8_t> echo_request_v4(Ipv4Address source, Ipv4Address destination,
                                                 Identifier identifier, std::uint16_t sequence,
                                                 std::size_t data = 56,
                                                 bool dont_fragment = false) {
  const std::vector<std::uint8_t> payload(data, 0x5a);
  const Echo echo{.identifier = identifier, .sequence = Sequence{sequence}, .data = Bytes{payload}};
  const Ipv4Header ip{.identification = static_cast<std::uint16_t>(0x4000 + sequence),
                      .dont_fragment = dont_fragment,
                      .ttl = Ttl{63},
                      .protocol = Protocol::icmp,
                      .source = source,
                      .destination = destination};
  std::vector<std::uint8_t> packet(ip.size() + echo.size());
  ip.emit(packet, echo.size());
  echo.emit(MutableBytes{packet}.subspan(ip.size()));
  return packet;
}

inline std::vector<std::uint8_t> echo_request_v6(Ipv6Address source, Ipv6Address destination,
                                                 Identifier identifier, std::uint16_t sequence,
                                                 std::size_t data = 56) {
  const std::vector<std::uint8_t> payload(data, 0x5a);
  const Echo echo{.identifier = identifier, .sequence = Sequence{sequence}, .data = Bytes{payload}};
  const Ipv6Header ip{.next_header = Protocol::icmpv6,
                      .hop_limit = Ttl{63},
                      .source = source,
                      .destination = destination};
  std::vector<std::uint8_t> packet(ip.size() + echo.size());
  ip.emit(packet, echo.size());
  echo.emit(MutableBytes{packet}.subspan(ip.size()), source, destination);
  return packet;
}

inline constexpr Ipv4Address loopback_v4{127, 0, 0, 1};
inline constexpr Ipv6Address loopback_v6{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

}  // namespace sonda::net::testing
