// Network address and port translation of one address (RFC 3022 2.2, RFC 4787, RFC 5508).
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/rewrite.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0::sim {

// Mappings are endpoint-independent and keep the port where it is free. ICMP errors are translated
// with what they quote, in both directions.
class SONDA_EXPORT Nat {
 public:
  static constexpr std::size_t most_mappings = 16'384;  // more, and the oldest goes
  static constexpr Duration patience = std::chrono::minutes{5};  // RFC 4787 4.3, for all protocols

  explicit Nat(const Address& address) : address_{address} {}

  [[nodiscard]] const Address& address() const { return address_; }
  // The packet as it leaves; nothing if it cannot be translated: no port is free, or it is a later
  // fragment.
  [[nodiscard]] std::optional<Octets> outwards(Instant now, Bytes packet);
  // The packet as it goes on inside; nothing if no mapping fits.
  [[nodiscard]] std::optional<Octets> inwards(Instant now, Bytes packet);

 private:
  using Key = std::tuple<Protocol, Endpoint>;
  struct Mapping {
    Endpoint inside{};
    Instant used{};
  };

  [[nodiscard]] std::optional<Endpoint> outside_of(Instant now, Protocol protocol,
                                                   const Endpoint& inside);
  [[nodiscard]] std::optional<Endpoint> inside_of(Instant now, Protocol protocol,
                                                  const Endpoint& outside);
  [[nodiscard]] std::optional<std::uint16_t> free_number(Protocol protocol,
                                                         std::uint16_t wanted) const;
  [[nodiscard]] std::optional<Octets> translate_error(Instant now, Bytes packet, bool outwards);
  void make_room(Instant now);

  Address address_;
  std::map<Key, Endpoint> by_inside_;
  std::map<Key, Mapping> by_outside_;
};

}  // namespace sonda::inline v0::sim
