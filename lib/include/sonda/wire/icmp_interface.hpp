// Interfaces named in ICMP extension objects: those a datagram met (RFC 5837), one asked for
// (8335).
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/icmp_extension.hpp>

namespace sonda::inline v0 {

// A name as another machine gave it: UTF-8 by the RFC, any octets in truth. Escape it before it is
// printed.
class InterfaceName {
 public:
  static constexpr std::size_t max_size = 63;

  constexpr InterfaceName() = default;
  // What is longer than 63 octets is cut.
  constexpr explicit InterfaceName(std::string_view text) noexcept {
    for (const char c : text.substr(0, max_size)) text_[size_++] = c;
  }
  // Up to the first NUL, which is padding.
  [[nodiscard]] static constexpr InterfaceName from_wire(Bytes octets) noexcept {
    InterfaceName name;
    for (const auto octet : octets.first(std::min(octets.size(), max_size))) {
      if (octet == 0) break;
      name.text_[name.size_++] = static_cast<char>(octet);
    }
    return name;
  }
  // Fills `out`, which has room for the name, with it and NULs.
  constexpr void emit(MutableBytes out) const noexcept {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = i < size_ ? static_cast<std::uint8_t>(text_[i]) : std::uint8_t{0};
  }

  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  friend constexpr bool operator==(const InterfaceName&, const InterfaceName&) = default;

 private:
  std::array<char, max_size> text_{};
  std::size_t size_ = 0;
};

namespace detail {

// IANA's "Address Family Numbers".
inline constexpr std::uint16_t family_ipv4 = 1, family_ipv6 = 2;

[[nodiscard]] constexpr std::size_t wire_size(const Address& address) noexcept {
  return address.is_v4() ? 4 : 16;
}
[[nodiscard]] constexpr std::uint16_t family_of(const Address& address) noexcept {
  return address.is_v4() ? family_ipv4 : family_ipv6;
}
// Nothing for another family and for too few octets.
[[nodiscard]] constexpr std::optional<Address> address_of_family(std::uint16_t family,
                                                                 Bytes octets) noexcept {
  if (family == family_ipv4 && octets.size() >= 4) return Ipv4Address::from_wire(octets, 0);
  if (family == family_ipv6 && octets.size() >= 16)
    return Address{Ipv6Address::from_wire(octets, 0)};
  return std::nullopt;
}
constexpr void emit_address(const Address& address, MutableBytes out) noexcept {
  std::ranges::copy(address.octets(), out.begin());
}

}  // namespace detail

enum class InterfaceRole : std::uint8_t {
  incoming = 0,  // where the datagram arrived
  sub_ip = 1,    // the component of it below IP where it arrived
  outgoing = 2,  // where it would have left
  next_hop = 3   // whither it would have gone
};

// RFC 5837 section 4: the c-type says the role and which parts follow, in this order
//
//     Bit     0       1       2       3       4       5       6       7
//         +-------+-------+-------+-------+-------+-------+-------+-------+
//         | Interface Role| Rsvd1 | Rsvd2 |ifIndex| IPAddr|  name |  MTU  |
//         +-------+-------+-------+-------+-------+-------+-------+-------+
struct InterfaceInfo {
  InterfaceRole role = InterfaceRole::incoming;
  std::optional<InterfaceIndex> index{};
  std::optional<Address> address{};  // without a zone
  std::optional<InterfaceName> name{};
  std::optional<Mtu> mtu{};

  static constexpr ExtensionClass class_number = ExtensionClass::interface_information;
  static constexpr std::uint8_t has_index = 0x08, has_address = 0x04, has_name = 0x02,
                                has_mtu = 0x01;

  // Errors: bad_type for another object, too_short, bad_length, bad_value (an address family that
  // is neither IPv4 nor IPv6).
  [[nodiscard]] static constexpr Parsed<InterfaceInfo> parse(ExtensionObject object) noexcept {
    if (object.class_number() != class_number)
      return parse_fault(Layer::icmp_extension, Fault::bad_type, 2, object.octets().size());
    InterfaceInfo info{.role = InterfaceRole{static_cast<std::uint8_t>(object.c_type() >> 6)}};
    Bytes rest = object.payload();
    const auto fail = [&object](Fault fault, std::size_t needed) {
      return parse_fault(Layer::icmp_extension, fault, needed, object.octets().size());
    };
    const auto missing = [&](std::size_t octets) {
      return fail(Fault::too_short, object.octets().size() - rest.size() + octets);
    };
    if ((object.c_type() & has_index) != 0) {
      if (rest.size() < 4) return missing(4);
      info.index = InterfaceIndex{load<std::uint32_t>(rest, 0)};
      rest = rest.subspan(4);
    }
    if ((object.c_type() & has_address) != 0) {
      if (rest.size() < 4) return missing(4);
      const auto family = load<std::uint16_t>(rest, 0);
      if (family != detail::family_ipv4 && family != detail::family_ipv6)
        return fail(Fault::bad_value, 0);
      info.address = detail::address_of_family(family, rest.subspan(4));
      const std::size_t size = family == detail::family_ipv4 ? 8 : 20;
      if (!info.address) return missing(size);
      rest = rest.subspan(size);
    }
    if ((object.c_type() & has_name) != 0) {
      if (rest.empty()) return missing(4);
      const std::size_t size = rest[0];  // its own octet included
      if (size < 4 || size % 4 != 0 || size > 64) return fail(Fault::bad_length, 4);
      if (rest.size() < size) return missing(size);
      info.name = InterfaceName::from_wire(rest.subspan(1, size - 1));
      rest = rest.subspan(size);
    }
    if ((object.c_type() & has_mtu) != 0) {
      if (rest.size() < 4) return missing(4);
      info.mtu = Mtu{load<std::uint32_t>(rest, 0)};
    }
    return info;
  }

  [[nodiscard]] constexpr std::uint8_t c_type() const noexcept {
    return static_cast<std::uint8_t>(static_cast<unsigned>(role) << 6 | (index ? has_index : 0U) |
                                     (address ? has_address : 0U) | (name ? has_name : 0U) |
                                     (mtu ? has_mtu : 0U));
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return (index ? 4U : 0U) + (address ? 4 + detail::wire_size(*address) : 0U) + name_size() +
           (mtu ? 4U : 0U);
  }
  // Precondition: `payload` has room for size() octets.
  constexpr void emit(MutableBytes payload) const noexcept {
    const auto take = [&payload](std::size_t octets) {
      const auto part = payload.first(octets);
      payload = payload.subspan(octets);
      return part;
    };
    if (index) store(take(4), 0, index->value());
    if (address) {
      store(take(2), 0, detail::family_of(*address));
      store<std::uint16_t>(take(2), 0, 0);
      detail::emit_address(*address, take(detail::wire_size(*address)));
    }
    if (name) {
      const auto part = take(name_size());
      part[0] = static_cast<std::uint8_t>(part.size());
      name->emit(part.subspan(1));
    }
    if (mtu) store(take(4), 0, mtu->value());
  }

  friend constexpr bool operator==(const InterfaceInfo&, const InterfaceInfo&) = default;

 private:
  [[nodiscard]] constexpr std::size_t name_size() const noexcept {
    return name ? (name->size() + 1 + 3) / 4 * 4 : 0;
  }
};

// RFC 8335 section 2.1: which interface of the probed node an extended echo request asks about. Its
// c-type is 1 for a name, 2 for an index, 3 for an address.
struct InterfaceIdentification {
  std::variant<InterfaceName, InterfaceIndex, Address> interface{};

  static constexpr ExtensionClass class_number = ExtensionClass::interface_identification;

  // Errors: bad_type for another object or c-type, too_short, bad_value (an address family that is
  // neither IPv4 nor IPv6, or a length that is not its own).
  [[nodiscard]] static constexpr Parsed<InterfaceIdentification> parse(
      ExtensionObject object) noexcept {
    const auto payload = object.payload();
    const auto fail = [&object](Fault fault, std::size_t needed) {
      return parse_fault(Layer::icmp_extension, fault, needed, object.octets().size());
    };
    if (object.class_number() != class_number) return fail(Fault::bad_type, 3);
    switch (object.c_type()) {
      case 1:
        return InterfaceIdentification{InterfaceName::from_wire(payload)};
      case 2:
        if (payload.size() < 4) return fail(Fault::too_short, 8);
        return InterfaceIdentification{InterfaceIndex{load<std::uint32_t>(payload, 0)}};
      case 3: {
        if (payload.size() < 4) return fail(Fault::too_short, 8);
        const std::size_t stated = payload[2];
        if (payload.size() < 4 + stated) return fail(Fault::too_short, 8 + stated);
        const auto address =
            detail::address_of_family(load<std::uint16_t>(payload, 0), payload.subspan(4, stated));
        if (!address || detail::wire_size(*address) != stated) return fail(Fault::bad_value, 0);
        return InterfaceIdentification{*address};
      }
      default:
        return fail(Fault::bad_type, 3);
    }
  }

  [[nodiscard]] constexpr std::uint8_t c_type() const noexcept {
    return static_cast<std::uint8_t>(interface.index() + 1);
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    if (const auto* name = std::get_if<InterfaceName>(&interface))
      return (name->size() + 3) / 4 * 4;
    if (const auto* address = std::get_if<Address>(&interface))
      return 4 + detail::wire_size(*address);
    return 4;
  }
  // Precondition: `payload` has room for size() octets.
  constexpr void emit(MutableBytes payload) const noexcept {
    if (const auto* name = std::get_if<InterfaceName>(&interface))
      return name->emit(payload.first(size()));
    if (const auto* index = std::get_if<InterfaceIndex>(&interface))
      return store(payload, 0, index->value());
    const auto& address = *std::get_if<Address>(&interface);
    store(payload, 0, detail::family_of(address));
    payload[2] = static_cast<std::uint8_t>(detail::wire_size(address));
    payload[3] = 0;
    detail::emit_address(address, payload.subspan(4));
  }

  friend constexpr bool operator==(const InterfaceIdentification&,
                                   const InterfaceIdentification&) = default;
};

}  // namespace sonda::inline v0
