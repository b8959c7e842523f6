// IPv6 neighbor discovery: the five messages, each as a value that is read and written.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/ethernet.hpp>
#include <sonda/wire/icmpv6_type.hpp>
#include <sonda/wire/neighbor_discovery_options.hpp>

namespace sonda::inline v0 {

// What parse() refuses here is what RFC 4861 has every node discard (sections 6.1, 7.1 and 8.1) and
// a message alone can show: too_short, bad_type, bad_value (a code that is not 0, or an address
// that must not be), and bad_length of an option (Layer::neighbor_option). The caller, who has
// the packet, looks at the rest:
// - the hop limit is 255: no router has passed it on;
// - the checksum is right: Icmpv6View::checksum_ok();
// - a solicitation from :: brings no source link-layer address, and one for a neighbor went to the
//   target's solicited-node address;
// - an advertisement to a group does not claim to be solicited;
// - a router's advertisement and its redirect come from a link-local address.

// ff02::1:ff00:0 and the last 24 bits of `address` (RFC 4291 section 2.7.1): where the solicitation
// for it goes.
[[nodiscard]] constexpr Ipv6Address solicited_node(const Ipv6Address& address) noexcept {
  const auto& last = address.octets();
  return Ipv6Address{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, last[13], last[14], last[15]}};
}
inline constexpr Ipv6Address all_nodes{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
inline constexpr Ipv6Address all_routers{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

// The link-local address that an Ethernet interface makes of its own (RFC 2464 sections 4 and 5).
[[nodiscard]] constexpr Ipv6Address link_local_of(const MacAddress& mac) noexcept {
  const auto& m = mac.octets();
  const auto first = static_cast<std::uint8_t>(m[0] ^ 2U);
  return Ipv6Address{
      {0xfe, 0x80, 0, 0, 0, 0, 0, 0, first, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]}};
}

namespace detail {

// What the five have in common: ICMPv6's first four octets, a fixed part, options.
struct NeighborMessage {
  Icmpv6Type type;
  std::size_t fixed;  // octets before the options

  // The options of `message`, which are whole.
  [[nodiscard]] constexpr Parsed<Bytes> options_of(Bytes message) const noexcept {
    const auto fail = [&message](Layer layer, Fault fault, std::size_t needed) {
      return parse_fault(layer, fault, needed, message.size());
    };
    if (message.size() < fixed) return fail(Layer::icmpv6, Fault::too_short, fixed);
    if (Icmpv6Type{message[0]} != type)
      return fail(Layer::icmpv6, Fault::bad_type, static_cast<std::uint8_t>(type));
    if (message[1] != 0) return fail(Layer::icmpv6, Fault::bad_value, 0);
    const auto options = message.subspan(fixed);
    if (NeighborOptions{options}.malformed())
      return fail(Layer::neighbor_option, Fault::bad_length, NeighborOption::word);
    return options;
  }
  // Everything but the fixed part's fields, which become zeros.
  constexpr void begin(MutableBytes message, Bytes options) const noexcept {
    std::ranges::fill(message.first(fixed), std::uint8_t{0});
    message[0] = static_cast<std::uint8_t>(type);
    if (options.data() != message.data() + fixed)
      std::ranges::copy(options, message.begin() + static_cast<std::ptrdiff_t>(fixed));
  }
};

[[nodiscard]] constexpr std::unexpected<ParseError> forbidden_address(Bytes message) noexcept {
  return parse_fault(Layer::icmpv6, Fault::bad_value, 0, message.size());
}

}  // namespace detail

// In all of them `options` are whole options as NeighborOptionsWriter makes them, borrowed, and may
// already lie in their place. emit() writes size() octets, summed with the pseudo header of RFC
// 8200 section 8.1, for a packet whose hop limit is 255. Precondition: `message` has room.

// RFC 4861 section 4.3. Who has `target`?
struct NeighborSolicitation {
  Ipv6Address target{};
  Bytes options{};
  ChecksumField checksum{};

  static constexpr detail::NeighborMessage layout{Icmpv6Type::neighbor_solicitation, 24};
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return layout.fixed + options.size();
  }

  // The asker's, unless it asks whether its own address is anybody else's.
  [[nodiscard]] constexpr std::optional<MacAddress> link_address() const noexcept {
    return NeighborOptions{options}.link_address(NeighborOptionType::source_link_address);
  }
  [[nodiscard]] static constexpr Parsed<NeighborSolicitation> parse(Bytes message) noexcept {
    const auto options = layout.options_of(message);
    if (!options) return std::unexpected{options.error()};
    const auto target = Ipv6Address::from_wire(message, 8);
    if (target.is_multicast()) return detail::forbidden_address(message);
    return NeighborSolicitation{.target = target,
                                .options = *options,
                                .checksum = ChecksumField{load<std::uint16_t>(message, 2)}};
  }
  constexpr void emit(MutableBytes message, const Ipv6Address& source,
                      const Ipv6Address& destination) const noexcept {
    layout.begin(message, options);
    target.emit(message, 8);
    detail::sum_icmpv6(message.first(size()), source, destination, checksum);
  }
};

// RFC 4861 section 4.4
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Type      |     Code      |          Checksum             |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |R|S|O|                     Reserved                            |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |                                                               |
//    +                       Target Address (16)                     +
//    |                                                               |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |   Options ...
struct NeighborAdvertisement {
  bool router = false;     // R: its sender is one
  bool solicited = false;  // S: an answer to a solicitation
  bool overrides = false;  // O: what it says replaces what was known
  Ipv6Address target{};
  Bytes options{};
  ChecksumField checksum{};

  static constexpr detail::NeighborMessage layout{Icmpv6Type::neighbor_advertisement, 24};
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return layout.fixed + options.size();
  }

  // The target's.
  [[nodiscard]] constexpr std::optional<MacAddress> link_address() const noexcept {
    return NeighborOptions{options}.link_address(NeighborOptionType::target_link_address);
  }
  [[nodiscard]] static constexpr Parsed<NeighborAdvertisement> parse(Bytes message) noexcept {
    const auto options = layout.options_of(message);
    if (!options) return std::unexpected{options.error()};
    const auto target = Ipv6Address::from_wire(message, 8);
    if (target.is_multicast()) return detail::forbidden_address(message);
    return NeighborAdvertisement{.router = (message[4] & router_bit) != 0,
                                 .solicited = (message[4] & solicited_bit) != 0,
                                 .overrides = (message[4] & override_bit) != 0,
                                 .target = target,
                                 .options = *options,
                                 .checksum = ChecksumField{load<std::uint16_t>(message, 2)}};
  }
  constexpr void emit(MutableBytes message, const Ipv6Address& source,
                      const Ipv6Address& destination) const noexcept {
    layout.begin(message, options);
    message[4] =
        static_cast<std::uint8_t>((router ? router_bit : 0U) | (solicited ? solicited_bit : 0U) |
                                  (overrides ? override_bit : 0U));
    target.emit(message, 8);
    detail::sum_icmpv6(message.first(size()), source, destination, checksum);
  }

 private:
  static constexpr unsigned router_bit = 0x80, solicited_bit = 0x40, override_bit = 0x20;
};

// RFC 4861 section 4.1. Which routers are there?
struct RouterSolicitation {
  Bytes options{};
  ChecksumField checksum{};

  static constexpr detail::NeighborMessage layout{Icmpv6Type::router_solicitation, 8};
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return layout.fixed + options.size();
  }

  // The asker's.
  [[nodiscard]] constexpr std::optional<MacAddress> link_address() const noexcept {
    return NeighborOptions{options}.link_address(NeighborOptionType::source_link_address);
  }
  [[nodiscard]] static constexpr Parsed<RouterSolicitation> parse(Bytes message) noexcept {
    const auto options = layout.options_of(message);
    if (!options) return std::unexpected{options.error()};
    return RouterSolicitation{.options = *options,
                              .checksum = ChecksumField{load<std::uint16_t>(message, 2)}};
  }
  constexpr void emit(MutableBytes message, const Ipv6Address& source,
                      const Ipv6Address& destination) const noexcept {
    layout.begin(message, options);
    detail::sum_icmpv6(message.first(size()), source, destination, checksum);
  }
};

// RFC 4861 section 4.2. Prefixes and the link's MTU are among the options.
struct RouterAdvertisement {
  Ttl hop_limit{};                 // for what its hosts send; 0: it does not say
  bool managed = false;            // M: addresses by DHCPv6
  bool other = false;              // O: the rest of the configuration by DHCPv6
  std::uint16_t lifetime_s = 0;    // as a default router; 0: it is none
  std::uint32_t reachable_ms = 0;  // 0: it does not say
  std::uint32_t retransmit_ms = 0;
  Bytes options{};
  ChecksumField checksum{};

  static constexpr detail::NeighborMessage layout{Icmpv6Type::router_advertisement, 16};
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return layout.fixed + options.size();
  }

  // The router's.
  [[nodiscard]] constexpr std::optional<MacAddress> link_address() const noexcept {
    return NeighborOptions{options}.link_address(NeighborOptionType::source_link_address);
  }
  [[nodiscard]] static constexpr Parsed<RouterAdvertisement> parse(Bytes message) noexcept {
    const auto options = layout.options_of(message);
    if (!options) return std::unexpected{options.error()};
    return RouterAdvertisement{.hop_limit = Ttl{message[4]},
                               .managed = (message[5] & managed_bit) != 0,
                               .other = (message[5] & other_bit) != 0,
                               .lifetime_s = load<std::uint16_t>(message, 6),
                               .reachable_ms = load<std::uint32_t>(message, 8),
                               .retransmit_ms = load<std::uint32_t>(message, 12),
                               .options = *options,
                               .checksum = ChecksumField{load<std::uint16_t>(message, 2)}};
  }
  constexpr void emit(MutableBytes message, const Ipv6Address& source,
                      const Ipv6Address& destination) const noexcept {
    layout.begin(message, options);
    message[4] = hop_limit.value();
    message[5] = static_cast<std::uint8_t>((managed ? managed_bit : 0U) | (other ? other_bit : 0U));
    store(message, 6, lifetime_s);
    store(message, 8, reachable_ms);
    store(message, 12, retransmit_ms);
    detail::sum_icmpv6(message.first(size()), source, destination, checksum);
  }

 private:
  static constexpr unsigned managed_bit = 0x80, other_bit = 0x40;
};

// RFC 4861 section 4.5. For `destination` there is a better first hop: `target`, which is a
// router's link-local address, or the destination itself where that is a neighbor.
struct Icmpv6Redirect {
  Ipv6Address target{};
  Ipv6Address destination{};
  Bytes options{};
  ChecksumField checksum{};

  static constexpr detail::NeighborMessage layout{Icmpv6Type::redirect, 40};
  // Of a packet of 1,280 octets, which is as much as a redirect may be: what remains for the
  // quotation beside a target link-layer address.
  static constexpr std::size_t max_quoted =
      1280 - 40 - layout.fixed - LinkAddressOption::size() - NeighborOption::word;
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return layout.fixed + options.size();
  }

  // The target's.
  [[nodiscard]] constexpr std::optional<MacAddress> link_address() const noexcept {
    return NeighborOptions{options}.link_address(NeighborOptionType::target_link_address);
  }
  // The packet that was redirected, with its padding; empty if none came back.
  [[nodiscard]] constexpr Bytes quoted() const noexcept {
    const auto option = NeighborOptions{options}.first(NeighborOptionType::redirected_header);
    return option ? RedirectedHeader::parse(*option)->quoted : Bytes{};
  }
  [[nodiscard]] static constexpr Parsed<Icmpv6Redirect> parse(Bytes message) noexcept {
    const auto options = layout.options_of(message);
    if (!options) return std::unexpected{options.error()};
    const auto target = Ipv6Address::from_wire(message, 8);
    const auto destination = Ipv6Address::from_wire(message, 24);
    if (destination.is_multicast() || (!target.is_link_local() && target != destination))
      return detail::forbidden_address(message);
    return Icmpv6Redirect{.target = target,
                          .destination = destination,
                          .options = *options,
                          .checksum = ChecksumField{load<std::uint16_t>(message, 2)}};
  }
  constexpr void emit(MutableBytes message, const Ipv6Address& source,
                      const Ipv6Address& to) const noexcept {
    layout.begin(message, options);
    target.emit(message, 8);
    destination.emit(message, 24);
    detail::sum_icmpv6(message.first(size()), source, to, checksum);
  }
};

}  // namespace sonda::inline v0
