// ICMPv4: a view of any message, and the errors as values.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/icmp_error_layout.hpp>
#include <sonda/wire/icmp_extension.hpp>
#include <sonda/wire/icmpv4_type.hpp>

namespace sonda::inline v0 {

// RFC 792, as RFC 1191 section 4 and RFC 4884 section 4 have given meaning to unused octets
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Type      |     Code      |          Checksum             |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    | Pointer (12)  |    Length     |     Next-Hop MTU (3/4)        |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |      Internet Header + leading octets of original datagram    |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// The length counts the quotation's 32-bit words. A redirect has its gateway's address in place of
// the whole second word.

// Any message. It must not outlive its octets.
class Icmpv4View {
 public:
  static constexpr std::size_t header_size = 8;

  // Error: too_short. The checksum is a question of its own: checksum_ok().
  [[nodiscard]] static constexpr Parsed<Icmpv4View> parse(Bytes message) noexcept {
    if (message.size() < header_size)
      return parse_fault(Layer::icmpv4, Fault::too_short, header_size, message.size());
    return Icmpv4View{message};
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&) = delete;

  [[nodiscard]] constexpr IcmpType type() const noexcept { return IcmpType{data_[0]}; }
  [[nodiscard]] constexpr std::uint8_t code() const noexcept { return data_[1]; }
  [[nodiscard]] constexpr std::uint16_t checksum() const noexcept {
    return load<std::uint16_t>(data_, 2);
  }
  [[nodiscard]] constexpr bool checksum_ok() const noexcept {
    return Checksum{}.add(data_).finish() == 0;
  }
  [[nodiscard]] constexpr bool is_error() const noexcept { return sonda::is_error(type()); }

  // The second four octets, whose meaning the type decides.
  [[nodiscard]] constexpr Bytes rest_of_header() const noexcept { return data_.subspan(4, 4); }
  // What follows the first eight octets.
  [[nodiscard]] constexpr Bytes body() const noexcept { return data_.subspan(header_size); }
  [[nodiscard]] constexpr Bytes octets() const noexcept { return data_; }

  [[nodiscard]] constexpr Parsed<Echo> echo() const noexcept { return Echo::parse_icmpv4(data_); }

  // RFC 1191 section 4: of a "fragmentation needed" whose router knew; older ones sent 0.
  [[nodiscard]] constexpr std::optional<Mtu> next_hop_mtu() const noexcept {
    if (type() != IcmpType::destination_unreachable || code() != 4) return std::nullopt;
    const auto mtu = load<std::uint16_t>(data_, 6);
    return mtu == 0 ? std::nullopt : std::optional{Mtu{mtu}};
  }
  // Of a parameter problem: the octet of the quoted datagram that is at fault.
  [[nodiscard]] constexpr std::optional<std::uint8_t> pointer() const noexcept {
    if (type() != IcmpType::parameter_problem) return std::nullopt;
    return data_[4];
  }
  // Of a redirect: where to send instead.
  [[nodiscard]] constexpr std::optional<Ipv4Address> gateway() const noexcept {
    if (type() != IcmpType::redirect) return std::nullopt;
    return Ipv4Address::from_wire(data_, 4);
  }
  // RFC 4884's length field, in octets; 0 for a type that has none.
  [[nodiscard]] constexpr std::size_t quoted_length() const noexcept {
    return may_be_extended(type()) ? std::size_t{data_[5]} * 4 : 0;
  }
  // An error's quotation and extensions. Of other messages: everything is quotation.
  [[nodiscard]] constexpr IcmpErrorBody error_body() const noexcept {
    if (!may_be_extended(type())) return {.quoted = body()};
    return IcmpExtensions::find(body(), quoted_length());
  }

 private:
  constexpr explicit Icmpv4View(Bytes data) noexcept : data_{data} {}

  Bytes data_;
};

// Any ICMPv4 error: destination unreachable, source quench, redirect, time exceeded, parameter
// problem. A field that the type does not have is neither read nor written.
struct Icmpv4Error {
  IcmpType type = IcmpType::destination_unreachable;
  std::uint8_t code = 0;
  Mtu mtu{};                 // 3/4: of the next hop, 16 bits; 0 says that the router is an old one
  std::uint8_t pointer = 0;  // 12
  Ipv4Address gateway{};     // 5
  Bytes quoted{};            // the datagram, as much of it as comes back; borrowed
  Bytes extensions{};        // a whole structure, as ExtensionsWriter makes it; borrowed
  // Words of four octets, as on the wire. Nothing: the padded quotation's with extensions, else 0.
  std::optional<std::uint8_t> length_field{};
  ChecksumField checksum{};

  static constexpr std::size_t header_size = Icmpv4View::header_size;
  static constexpr detail::IcmpErrorLayout layout{.word = 4};

  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return header_size + layout.padded(quoted, extensions) + extensions.size();
  }

  // Errors: too_short, bad_type. `quoted` has its padding; neither it nor `extensions` is judged.
  [[nodiscard]] static constexpr Parsed<Icmpv4Error> parse(Bytes message) noexcept {
    const auto view = Icmpv4View::parse(message);
    if (!view) return std::unexpected{view.error()};
    if (!view->is_error()) return parse_fault(Layer::icmpv4, Fault::bad_type, 0, message.size());
    const auto body = view->error_body();
    const bool extended = may_be_extended(view->type());
    return Icmpv4Error{.type = view->type(),
                       .code = view->code(),
                       .mtu = view->next_hop_mtu().value_or(Mtu{}),
                       .pointer = view->pointer().value_or(std::uint8_t{0}),
                       .gateway = view->gateway().value_or(Ipv4Address{}),
                       .quoted = body.quoted,
                       .extensions = body.extensions ? body.extensions->octets() : Bytes{},
                       .length_field = extended ? std::optional{message[5]} : std::nullopt,
                       .checksum = ChecksumField{view->checksum()}};
  }

  // Writes size() octets. With extensions the quotation is padded with zeros to 128 octets at
  // least and to whole words (RFC 4884 section 5). Precondition: `message` has room.
  constexpr void emit(MutableBytes message) const noexcept {
    message[0] = static_cast<std::uint8_t>(type);
    message[1] = code;
    store<std::uint16_t>(message, 2, 0);
    store<std::uint32_t>(message, 4, 0);
    if (may_be_extended(type)) message[5] = layout.length_field(quoted, extensions, length_field);
    if (type == IcmpType::destination_unreachable && code == 4)
      store(message, 6, static_cast<std::uint16_t>(mtu.value()));
    if (type == IcmpType::parameter_problem) message[4] = pointer;
    if (type == IcmpType::redirect) gateway.emit(message, 4);
    layout.emit(message.subspan(header_size), quoted, extensions);
    store(message, 2, checksum.value_or(Checksum{}.add(message.first(size())).finish()));
  }
};

}  // namespace sonda::inline v0
