// The Ethernet frame's header, with the VLAN tags that may stand in it.
#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/address_text.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

// Six octets as they lie on the wire (alignment 1).
class MacAddress {
 public:
  constexpr MacAddress() = default;
  constexpr explicit MacAddress(std::array<std::uint8_t, 6> octets) noexcept : octets_{octets} {}

  // "02:00:5e:10:00:01", or with dashes; two digits each, upper or lower case.
  [[nodiscard]] static constexpr Parsed<MacAddress> parse(std::string_view text) noexcept {
    if (text.size() < text_size) return detail::text_fault(Fault::too_short, text, text_size);
    if (text.size() > text_size) return detail::text_fault(Fault::too_many, text, text_size);
    MacAddress address;
    for (std::size_t i = 0; i < 6; ++i) {
      const auto octet = detail::parse_group(text.substr(3 * i, 2));
      const bool parted = i == 5 || text[3 * i + 2] == ':' || text[3 * i + 2] == '-';
      if (!octet || !parted) return detail::text_fault(Fault::bad_value, text);
      address.octets_[i] = static_cast<std::uint8_t>(*octet);
    }
    return address;
  }
  // The address whose first octet lies at `at`. Precondition: six octets lie there.
  [[nodiscard]] static constexpr MacAddress from_wire(Bytes octets, std::size_t at) noexcept {
    MacAddress address;
    for (std::size_t i = 0; i < 6; ++i) address.octets_[i] = octets[at + i];
    return address;
  }
  [[nodiscard]] static constexpr MacAddress broadcast() noexcept {
    return MacAddress{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
  }

  [[nodiscard]] constexpr const std::array<std::uint8_t, 6>& octets() const noexcept {
    return octets_;
  }
  constexpr void emit(MutableBytes out, std::size_t at) const noexcept {
    for (std::size_t i = 0; i < octets_.size(); ++i) out[at + i] = octets_[i];
  }
  [[nodiscard]] constexpr bool is_broadcast() const noexcept { return *this == broadcast(); }
  // A group of receivers, broadcast among them.
  [[nodiscard]] constexpr bool is_multicast() const noexcept { return (octets_[0] & 1) != 0; }

  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;

 private:
  static constexpr std::size_t text_size = 17;

  std::array<std::uint8_t, 6> octets_{};
};

// "02:00:5e:10:00:01"
[[nodiscard]] constexpr AddressText to_text(const MacAddress& address) noexcept {
  AddressText text;
  for (std::size_t i = 0; i < 6; ++i) {
    if (i != 0) text.append(":");
    text.append_hexadecimal(address.octets()[i] >> 4U)
        .append_hexadecimal(address.octets()[i] & 15U);
  }
  return text;
}

// Where a frame for a group goes: RFC 1112 section 6.4 for IPv4, RFC 2464 section 7 for IPv6, and
// IPv4's broadcast address. Nothing for one machine's address: ARP or neighbor discovery knows it.
[[nodiscard]] constexpr std::optional<MacAddress> mapped_mac(const Address& address) noexcept {
  const auto octets = address.octets();
  if (address.is_v4() && address.v4().is_broadcast()) return MacAddress::broadcast();
  if (!address.is_multicast()) return std::nullopt;
  if (address.is_v6())
    return MacAddress{{0x33, 0x33, octets[12], octets[13], octets[14], octets[15]}};
  return MacAddress{
      {0x01, 0x00, 0x5e, static_cast<std::uint8_t>(octets[1] & 0x7f), octets[2], octets[3]}};
}

// RFC 894 over IEEE 802.3; each VLAN tag (IEEE 802.1Q) is its EtherType and two octets more
//
//   +--------+--------+--------+--------+--------+--------+
//   |                 destination                         |
//   +--------+--------+--------+--------+--------+--------+
//   |                   source                            |
//   +--------+--------+--------+--------+--------+--------+
//   |    EtherType    |  payload …
//   +--------+--------+

// A frame without its check sequence, as AF_PACKET and captures have it.
class EthernetView {
 public:
  static constexpr std::size_t min_header_size = 14;
  static constexpr std::size_t max_vlan_tags = 4;

  [[nodiscard]] static constexpr Parsed<EthernetView> parse(Bytes frame) noexcept {
    if (frame.size() < min_header_size)
      return parse_fault(Layer::ethernet, Fault::too_short, min_header_size, frame.size());
    EthernetView view{frame};
    while (view.type() == EtherType::vlan || view.type() == EtherType::service_vlan) {
      if (view.vlan_tags() == max_vlan_tags)
        return parse_fault(Layer::ethernet, Fault::too_many, max_vlan_tags, frame.size());
      view.header_size_ += 4;
      if (frame.size() < view.header_size_)
        return parse_fault(Layer::ethernet, Fault::too_short, view.header_size_, frame.size());
    }
    return view;
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&) = delete;

  [[nodiscard]] constexpr MacAddress destination() const noexcept {
    return MacAddress::from_wire(data_, 0);
  }
  [[nodiscard]] constexpr MacAddress source() const noexcept {
    return MacAddress::from_wire(data_, 6);
  }
  // Of the payload, behind all VLAN tags. Up to 1,500 it is an IEEE 802.3 length instead.
  [[nodiscard]] constexpr EtherType type() const noexcept {
    return EtherType{load<std::uint16_t>(data_, header_size_ - 2)};
  }
  [[nodiscard]] constexpr std::size_t vlan_tags() const noexcept {
    return (header_size_ - min_header_size) / 4;
  }
  // The VLAN number of tag `i`, the outermost being 0. Precondition: i < vlan_tags().
  [[nodiscard]] constexpr std::uint16_t vlan(std::size_t i) const noexcept {
    return load<std::uint16_t>(data_, min_header_size + 4 * i) & 0x0fff;
  }
  [[nodiscard]] constexpr std::size_t header_size() const noexcept { return header_size_; }
  // With the link's padding: the payload's own header knows where it ends.
  [[nodiscard]] constexpr Bytes payload() const noexcept { return data_.subspan(header_size_); }

 private:
  constexpr explicit EthernetView(Bytes data) noexcept : data_{data} {}

  Bytes data_;
  std::size_t header_size_ = min_header_size;
};

// A header to send; no tags.
struct EthernetHeader {
  MacAddress destination{};
  MacAddress source{};
  EtherType type = EtherType::ipv4;

  [[nodiscard]] static constexpr std::size_t size() noexcept {
    return EthernetView::min_header_size;
  }
  // Precondition: `frame` has room for 14 octets.
  constexpr void emit(MutableBytes frame) const noexcept {
    destination.emit(frame, 0);
    source.emit(frame, 6);
    store(frame, 12, static_cast<std::uint16_t>(type));
  }
};

}  // namespace sonda::inline v0
