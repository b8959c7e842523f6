// Integers that cannot be mistaken for one another: a Ttl is not a Port.
#pragma once
#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>

namespace sonda::inline v0 {

// A number of kind `Tag`. Construction is explicit; there is no arithmetic.
template <typename Tag, std::unsigned_integral T>
class Strong {
 public:
  using Rep = T;
  static constexpr T max = std::numeric_limits<T>::max();

  constexpr Strong() = default;
  template <std::integral U>
  constexpr explicit Strong(U value) noexcept : value_{static_cast<T>(value)} {}
  template <std::floating_point U>
  explicit Strong(U value) = delete;

  [[nodiscard]] constexpr T value() const noexcept { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  T value_ = 0;
};

using Ttl = Strong<struct TtlTag, std::uint8_t>;                    // RFC 791; IPv6's hop limit
using TrafficClass = Strong<struct TrafficClassTag, std::uint8_t>;  // RFC 2474: DSCP and ECN
using FlowLabel = Strong<struct FlowLabelTag, std::uint32_t>;       // RFC 6437, 20 bits
using Port = Strong<struct PortTag, std::uint16_t>;                 // RFC 768, RFC 9293
using Identifier = Strong<struct IdentifierTag, std::uint16_t>;     // RFC 792: of an echo
using Sequence = Strong<struct SequenceTag, std::uint16_t>;         // RFC 792: of an echo
using Mtu = Strong<struct MtuTag, std::uint32_t>;                   // octets, IP header included
using InterfaceIndex = Strong<struct InterfaceIndexTag, std::uint32_t>;  // 0: any interface
using ProbeId = Strong<struct ProbeIdTag, std::uint64_t>;  // counts from 0 in each run
using FlowId = Strong<struct FlowIdTag, std::uint32_t>;    // a socket of the link's

}  // namespace sonda::inline v0
