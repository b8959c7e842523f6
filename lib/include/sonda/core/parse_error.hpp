// Why octets were refused: which layer, which fault, how many octets it took and how many there
// were.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <string_view>

namespace sonda::inline v0 {

enum class Layer : std::uint8_t {
  ethernet,
  arp,
  ipv4,
  ipv4_option,
  ipv6,
  ipv6_extension,
  icmpv4,
  icmpv6,
  icmp_extension,
  neighbor_option,
  udp,
  tcp,
  tcp_option,
  dns,
  quotation,
  address
};

enum class Fault : std::uint8_t {
  too_short,    // the octets end before `needed`
  bad_version,  // the version nibble is not `needed`
  bad_length,   // a length field contradicts the header (less than `needed`) or the octets
  bad_checksum,
  bad_type,   // a message of another type than the one asked for
  bad_value,  // a field whose value the RFC forbids
  too_many    // more than `needed` of a thing that is bounded
};

struct ParseError {
  Layer layer{};
  Fault fault{};
  std::uint32_t needed = 0;     // what would have satisfied the check
  std::uint32_t available = 0;  // octets that were there
  friend constexpr bool operator==(const ParseError&, const ParseError&) = default;
};

template <typename T>
using Parsed = std::expected<T, ParseError>;

[[nodiscard]] constexpr std::unexpected<ParseError> parse_fault(Layer layer, Fault fault,
                                                                std::size_t needed,
                                                                std::size_t available) noexcept {
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
  return std::unexpected{ParseError{layer, fault,
                                    static_cast<std::uint32_t>(std::min(needed, most)),
                                    static_cast<std::uint32_t>(std::min(available, most))}};
}

[[nodiscard]] constexpr std::string_view name(Layer layer) noexcept {
  switch (layer) {
    case Layer::ethernet:
      return "Ethernet";
    case Layer::arp:
      return "ARP";
    case Layer::ipv4:
      return "IPv4";
    case Layer::ipv4_option:
      return "IPv4 option";
    case Layer::ipv6:
      return "IPv6";
    case Layer::ipv6_extension:
      return "IPv6 extension header";
    case Layer::icmpv4:
      return "ICMPv4";
    case Layer::icmpv6:
      return "ICMPv6";
    case Layer::icmp_extension:
      return "ICMP extension";
    case Layer::neighbor_option:
      return "neighbor discovery option";
    case Layer::udp:
      return "UDP";
    case Layer::tcp:
      return "TCP";
    case Layer::tcp_option:
      return "TCP option";
    case Layer::dns:
      return "DNS";
    case Layer::quotation:
      return "quotation";
    case Layer::address:
      return "address";
  }
  return "layer";
}

[[nodiscard]] constexpr std::string_view name(Fault fault) noexcept {
  switch (fault) {
    case Fault::too_short:
      return "too short";
    case Fault::bad_version:
      return "wrong version";
    case Fault::bad_length:
      return "wrong length";
    case Fault::bad_checksum:
      return "wrong checksum";
    case Fault::bad_type:
      return "wrong type";
    case Fault::bad_value:
      return "forbidden value";
    case Fault::too_many:
      return "too many";
  }
  return "fault";
}

}  // namespace sonda::inline v0
