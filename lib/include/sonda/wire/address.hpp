// IPv4 and IPv6 addresses, zones, and the one type that is either.
#pragma once
#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/address_text.hpp>

namespace sonda::inline v0 {

// Four octets as they lie on the wire (alignment 1).
class Ipv4Address {
 public:
  constexpr Ipv4Address() = default;
  constexpr Ipv4Address(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) noexcept
      : octets_{a, b, c, d} {}
  constexpr explicit Ipv4Address(std::array<std::uint8_t, 4> octets) noexcept : octets_{octets} {}

  // A strict dotted quad: four decimal numbers, no leading zeros, nothing around them.
  [[nodiscard]] static constexpr Parsed<Ipv4Address> parse(std::string_view text) noexcept {
    const auto number = detail::parse_dotted_quad(text);
    if (!number) return std::unexpected{number.error()};
    return from_number(*number);
  }
  // 192.0.2.1 is 0xc0000201.
  [[nodiscard]] static constexpr Ipv4Address from_number(std::uint32_t number) noexcept {
    Ipv4Address address;
    store(MutableBytes{address.octets_}, 0, number);
    return address;
  }
  // The address whose first octet lies at `at`. Precondition: four octets lie there.
  [[nodiscard]] static constexpr Ipv4Address from_wire(Bytes octets, std::size_t at) noexcept {
    return {octets[at], octets[at + 1], octets[at + 2], octets[at + 3]};
  }

  [[nodiscard]] constexpr const std::array<std::uint8_t, 4>& octets() const noexcept {
    return octets_;
  }
  [[nodiscard]] constexpr std::uint32_t number() const noexcept {
    return load<std::uint32_t>(Bytes{octets_}, 0);
  }
  constexpr void emit(MutableBytes out, std::size_t at) const noexcept {
    for (std::size_t i = 0; i < octets_.size(); ++i) out[at + i] = octets_[i];
  }

  [[nodiscard]] constexpr bool is_unspecified() const noexcept { return number() == 0; }
  [[nodiscard]] constexpr bool is_loopback() const noexcept { return octets_[0] == 127; }
  [[nodiscard]] constexpr bool is_multicast() const noexcept { return octets_[0] >> 4 == 14; }
  [[nodiscard]] constexpr bool is_link_local() const noexcept {  // RFC 3927
    return octets_[0] == 169 && octets_[1] == 254;
  }
  [[nodiscard]] constexpr bool is_broadcast() const noexcept { return number() == 0xffff'ffff; }

  friend constexpr auto operator<=>(const Ipv4Address&, const Ipv4Address&) = default;

 private:
  std::array<std::uint8_t, 4> octets_{};
};

// Sixteen octets as they lie on the wire (alignment 1).
class Ipv6Address {
 public:
  constexpr Ipv6Address() = default;
  constexpr explicit Ipv6Address(const std::array<std::uint8_t, 16>& octets) noexcept
      : octets_{octets} {}

  // RFC 4291 2.2, without a zone.
  [[nodiscard]] static constexpr Parsed<Ipv6Address> parse(std::string_view text) noexcept {
    const auto octets = detail::parse_ipv6(text);
    if (!octets) return std::unexpected{octets.error()};
    return Ipv6Address{*octets};
  }
  // The address whose first octet lies at `at`. Precondition: sixteen octets lie there.
  [[nodiscard]] static constexpr Ipv6Address from_wire(Bytes octets, std::size_t at) noexcept {
    Ipv6Address address;
    for (std::size_t i = 0; i < 16; ++i) address.octets_[i] = octets[at + i];
    return address;
  }

  [[nodiscard]] constexpr const std::array<std::uint8_t, 16>& octets() const noexcept {
    return octets_;
  }
  constexpr void emit(MutableBytes out, std::size_t at) const noexcept {
    for (std::size_t i = 0; i < octets_.size(); ++i) out[at + i] = octets_[i];
  }

  [[nodiscard]] constexpr bool is_unspecified() const noexcept { return *this == Ipv6Address{}; }
  [[nodiscard]] constexpr bool is_loopback() const noexcept {
    return *this == Ipv6Address{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  }
  [[nodiscard]] constexpr bool is_multicast() const noexcept { return octets_[0] == 0xff; }
  [[nodiscard]] constexpr bool is_link_local() const noexcept {  // RFC 4291 2.5.6: fe80::/10
    return octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80;
  }

  friend constexpr auto operator<=>(const Ipv6Address&, const Ipv6Address&) = default;

 private:
  std::array<std::uint8_t, 16> octets_{};
};

// The interface that a link-local address belongs to, as RFC 4007 writes it after a '%'.
class Zone {
 public:
  static constexpr std::size_t max_size = 15;  // Linux: IFNAMSIZ less its NUL

  constexpr Zone() = default;

  // Printable ASCII without '%', '/' and ':', 1 to 15 characters: harmless on a terminal.
  [[nodiscard]] static constexpr Parsed<Zone> parse(std::string_view text) noexcept {
    if (text.empty()) return detail::text_fault(Fault::too_short, text, 1);
    if (text.size() > max_size) return detail::text_fault(Fault::too_many, text, max_size);
    Zone zone;
    for (const char c : text) {
      if (c <= ' ' || c > '~' || c == '%' || c == '/' || c == ':')
        return detail::text_fault(Fault::bad_value, text);
      zone.text_[zone.size_++] = c;
    }
    return zone;
  }

  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }

  friend constexpr auto operator<=>(const Zone&, const Zone&) = default;

 private:
  std::array<char, max_size> text_{};
  std::uint8_t size_ = 0;
};

// An IPv4 address, or an IPv6 address with the zone it may have. IPv4 sorts before IPv6.
class Address {
 public:
  constexpr Address() = default;                // 0.0.0.0
  constexpr Address(Ipv4Address v4) noexcept {  // NOLINT: implicit on purpose, nothing is lost
    for (std::size_t i = 0; i < 4; ++i) octets_[i] = v4.octets()[i];
  }
  constexpr Address(const Ipv6Address& v6, Zone zone = {}) noexcept  // NOLINT: likewise
      : is_v6_{true}, octets_{v6.octets()}, zone_{zone} {}

  // Either version; an IPv6 address may end in "%zone".
  [[nodiscard]] static constexpr Parsed<Address> parse(std::string_view text) noexcept;

  [[nodiscard]] constexpr bool is_v4() const noexcept { return !is_v6_; }
  [[nodiscard]] constexpr bool is_v6() const noexcept { return is_v6_; }
  // Precondition: is_v4().
  [[nodiscard]] constexpr Ipv4Address v4() const noexcept {
    return Ipv4Address::from_wire(Bytes{octets_}, 0);
  }
  // Precondition: is_v6().
  [[nodiscard]] constexpr Ipv6Address v6() const noexcept { return Ipv6Address{octets_}; }
  [[nodiscard]] constexpr const Zone& zone() const noexcept { return zone_; }
  // The same address in `zone`; an IPv4 address has none and stays as it is.
  [[nodiscard]] constexpr Address with_zone(Zone zone) const noexcept {
    return is_v6_ ? Address{v6(), zone} : *this;
  }
  [[nodiscard]] constexpr Address without_zone() const noexcept { return with_zone({}); }

  // 4 or 16 octets, as on the wire; they live as long as the address does.
  [[nodiscard]] constexpr Bytes octets() const& noexcept {
    return Bytes{octets_}.first(is_v6_ ? 16 : 4);
  }
  constexpr Bytes octets() const&& = delete;

  [[nodiscard]] constexpr bool is_unspecified() const noexcept {
    return is_v6_ ? v6().is_unspecified() : v4().is_unspecified();
  }
  [[nodiscard]] constexpr bool is_loopback() const noexcept {
    return is_v6_ ? v6().is_loopback() : v4().is_loopback();
  }
  [[nodiscard]] constexpr bool is_multicast() const noexcept {
    return is_v6_ ? v6().is_multicast() : v4().is_multicast();
  }
  [[nodiscard]] constexpr bool is_link_local() const noexcept {
    return is_v6_ ? v6().is_link_local() : v4().is_link_local();
  }

  friend constexpr auto operator<=>(const Address&, const Address&) = default;

 private:
  bool is_v6_ = false;
  std::array<std::uint8_t, 16> octets_{};  // IPv4: the first four, the rest stays zero
  Zone zone_{};
};

constexpr Parsed<Address> Address::parse(std::string_view text) noexcept {
  if (text.find(':') == std::string_view::npos) {
    const auto v4 = Ipv4Address::parse(text);
    if (!v4) return std::unexpected{v4.error()};
    return Address{*v4};
  }
  const auto percent = text.find('%');
  const auto v6 = Ipv6Address::parse(text.substr(0, percent));
  if (!v6) return std::unexpected{v6.error()};
  if (percent == std::string_view::npos) return Address{*v6};
  const auto zone = Zone::parse(text.substr(percent + 1));
  if (!zone) return std::unexpected{zone.error()};
  return Address{*v6, *zone};
}

// RFC 5952, with "%zone" where there is one.
[[nodiscard]] constexpr AddressText to_text(const Address& address) noexcept {
  AddressText text;
  if (address.is_v4()) return text.append_dotted_quad(address.v4().octets());
  text.append_ipv6(address.v6().octets());
  if (!address.zone().empty()) text.append("%").append(address.zone().view());
  return text;
}

}  // namespace sonda::inline v0

template <>
struct std::hash<sonda::Address> {
  [[nodiscard]] std::size_t operator()(const sonda::Address& address) const noexcept {
    const auto octets = address.octets();
    std::uint64_t mixed = octets.size();
    const auto stir = [&mixed](std::uint64_t word) {
      mixed = (mixed ^ word) * 0x9e37'79b9'7f4a'7c15U;
      mixed ^= mixed >> 32;
    };
    for (std::size_t at = 0; at < octets.size(); at += 4)
      stir(sonda::load<std::uint32_t>(octets, at));
    if (!address.zone().empty()) stir(std::hash<std::string_view>{}(address.zone().view()));
    return static_cast<std::size_t>(mixed);
  }
};
