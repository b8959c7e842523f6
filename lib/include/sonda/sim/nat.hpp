// Network address and port translation of one address (RFC 3022 2.2, RFC 4787, RFC 5508).
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/rewrite.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0::sim {

// Mappings are endpoint-independent and keep the port where it is free. ICMP errors are translated
// with what they quote, in both directions; they neither begin a mapping nor keep one alive (RFC
// 5508 section 4). Fragments are put together before they come here, as Linux does.
class SONDA_EXPORT Nat {
 public:
  static constexpr std::size_t most_mappings = 16'384;  // more, and the one longest unused goes
  static constexpr Duration patience = std::chrono::minutes{5};  // RFC 4787 4.3, for all protocols

  explicit Nat(const Address& address) : address_{address} {}
  ~Nat() = default;
  Nat(Nat&&) = default;  // the indices point into the list, which moves but must not be copied
  Nat& operator=(Nat&&) = default;

  [[nodiscard]] const Address& address() const { return address_; }
  [[nodiscard]] std::size_t mappings() const { return mappings_.size(); }
  // The packet as it leaves; nothing if it cannot be translated: no port is free, no mapping fits
  // an error, or there is no telling whose it is.
  [[nodiscard]] std::optional<Octets> outwards(Instant now, Bytes packet);
  // The packet as it goes on inside; nothing if no mapping fits.
  [[nodiscard]] std::optional<Octets> inwards(Instant now, Bytes packet);

 private:
  struct Key {
    Protocol protocol{};
    Endpoint end{};
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    [[nodiscard]] std::size_t operator()(const Key& key) const noexcept {
      const auto number = key.end.number.value_or(std::uint16_t{0});
      const auto apart = static_cast<std::size_t>(key.protocol) << 16 | number;
      return std::hash<Address>{}(key.end.address) ^ apart * 0x9e37'79b9U;
    }
  };
  struct Mapping {
    Protocol protocol{};
    Endpoint inside{}, outside{};
    Instant used{};
  };
  using Mappings = std::list<Mapping>;
  using Index = std::unordered_map<Key, Mappings::iterator, KeyHash>;

  [[nodiscard]] std::optional<Endpoint> outside_of(Instant now, Protocol protocol,
                                                   const Endpoint& inside);
  void keep_alive(Instant now, Mappings::iterator mapping);
  [[nodiscard]] std::optional<Endpoint> free_outside(Protocol protocol,
                                                     std::optional<std::uint16_t> wanted);
  [[nodiscard]] std::optional<Octets> translate_error(const IpPacket& packet, bool outwards) const;
  void forget_unused(Instant now);
  void forget_first();

  Address address_;
  Mappings mappings_;  // the one longest unused first
  Index by_inside_, by_outside_;
  std::uint16_t next_number_ = 0;
};

}  // namespace sonda::inline v0::sim
