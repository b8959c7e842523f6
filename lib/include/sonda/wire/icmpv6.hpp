// ICMPv6: a view of any message, and the errors as values.
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
#include <sonda/wire/icmpv6_type.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

// RFC 4443 sections 2.1 and 3, the length field of types 1 and 3 by RFC 4884 section 4
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Type      |     Code      |          Checksum             |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    | Length (1, 3), or 32 bits of MTU (2) or of Pointer (4)        |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |                    As much of invoking packet                 |
//    +               as possible without the ICMPv6 packet           +
//    |               exceeding the minimum IPv6 MTU                  |
//
// The length is the first octet and counts the quotation's 64-bit words.

// Any message. It must not outlive its octets.
class Icmpv6View {
 public:
  static constexpr std::size_t header_size = 8;

  // Error: too_short. RFC 4443 allows messages of four octets, but defines none.
  [[nodiscard]] static constexpr Parsed<Icmpv6View> parse(Bytes message) noexcept {
    if (message.size() < header_size)
      return parse_fault(Layer::icmpv6, Fault::too_short, header_size, message.size());
    return Icmpv6View{message};
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&) = delete;

  [[nodiscard]] constexpr Icmpv6Type type() const noexcept { return Icmpv6Type{data_[0]}; }
  [[nodiscard]] constexpr std::uint8_t code() const noexcept { return data_[1]; }
  [[nodiscard]] constexpr std::uint16_t checksum() const noexcept {
    return load<std::uint16_t>(data_, 2);
  }
  // The sum covers the addresses of the packet as well (RFC 4443 section 2.3).
  [[nodiscard]] constexpr bool checksum_ok(const Ipv6Address& source,
                                           const Ipv6Address& destination) const noexcept {
    return Checksum{}
               .add_pseudo_header(source, destination, Protocol::icmpv6, data_.size())
               .add(data_)
               .finish() == 0;
  }
  [[nodiscard]] constexpr bool is_error() const noexcept { return sonda::is_error(type()); }

  // The second four octets, whose meaning the type decides.
  [[nodiscard]] constexpr Bytes rest_of_header() const noexcept { return data_.subspan(4, 4); }
  // What follows the first eight octets.
  [[nodiscard]] constexpr Bytes body() const noexcept { return data_.subspan(header_size); }
  [[nodiscard]] constexpr Bytes octets() const noexcept { return data_; }

  [[nodiscard]] constexpr Parsed<Echo> echo() const noexcept { return Echo::parse_icmpv6(data_); }

  // Of "packet too big": the next link's MTU.
  [[nodiscard]] constexpr std::optional<Mtu> mtu() const noexcept {
    if (type() != Icmpv6Type::packet_too_big) return std::nullopt;
    return Mtu{load<std::uint32_t>(data_, 4)};
  }
  // Of a parameter problem: the octet of the quoted packet that is at fault. It may lie beyond
  // what came back.
  [[nodiscard]] constexpr std::optional<std::uint32_t> pointer() const noexcept {
    if (type() != Icmpv6Type::parameter_problem) return std::nullopt;
    return load<std::uint32_t>(data_, 4);
  }
  // RFC 4884's length field, in octets; 0 for a type that has none.
  [[nodiscard]] constexpr std::size_t quoted_length() const noexcept {
    return may_be_extended(type()) ? std::size_t{data_[4]} * 8 : 0;
  }
  // An error's quotation and extensions. Of other messages: everything is quotation.
  [[nodiscard]] constexpr IcmpErrorBody error_body() const noexcept {
    if (!may_be_extended(type())) return {.quoted = body()};
    return IcmpExtensions::find(body(), quoted_length());
  }

 private:
  constexpr explicit Icmpv6View(Bytes data) noexcept : data_{data} {}

  Bytes data_;
};

// Any ICMPv6 error: destination unreachable, packet too big, time exceeded, parameter problem, the
// private and the reserved ones. A field that the type does not have is neither read nor written.
struct Icmpv6Error {
  Icmpv6Type type = Icmpv6Type::destination_unreachable;
  std::uint8_t code = 0;
  Mtu mtu{};                  // 2
  std::uint32_t pointer = 0;  // 4
  Bytes quoted{};             // the packet, as much of it as comes back; borrowed
  Bytes extensions{};         // a whole structure, as ExtensionsWriter makes it; borrowed
  // Words of eight octets, as on the wire. Nothing: the padded quotation's with extensions, else 0.
  std::optional<std::uint8_t> length_field{};
  ChecksumField checksum{};

  static constexpr std::size_t header_size = Icmpv6View::header_size;
  static constexpr detail::IcmpErrorLayout layout{.word = 8};

  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return header_size + layout.padded(quoted, extensions) + extensions.size();
  }

  // Errors: too_short, bad_type. `quoted` has its padding; neither it nor `extensions` is judged.
  [[nodiscard]] static constexpr Parsed<Icmpv6Error> parse(Bytes message) noexcept {
    const auto view = Icmpv6View::parse(message);
    if (!view) return std::unexpected{view.error()};
    if (!view->is_error()) return parse_fault(Layer::icmpv6, Fault::bad_type, 0, message.size());
    const auto body = view->error_body();
    const bool extended = may_be_extended(view->type());
    return Icmpv6Error{.type = view->type(),
                       .code = view->code(),
                       .mtu = view->mtu().value_or(Mtu{}),
                       .pointer = view->pointer().value_or(0),
                       .quoted = body.quoted,
                       .extensions = body.extensions ? body.extensions->octets() : Bytes{},
                       .length_field = extended ? std::optional{message[4]} : std::nullopt,
                       .checksum = ChecksumField{view->checksum()}};
  }

  // Writes size() octets, summed with the pseudo header. With extensions the quotation is padded
  // with zeros to 128 octets at least and to whole words (RFC 4884 section 5).
  // Precondition: `message` has room.
  constexpr void emit(MutableBytes message, const Ipv6Address& source,
                      const Ipv6Address& destination) const noexcept {
    message[0] = static_cast<std::uint8_t>(type);
    message[1] = code;
    store<std::uint16_t>(message, 2, 0);
    store<std::uint32_t>(message, 4, 0);
    if (may_be_extended(type)) message[4] = layout.length_field(quoted, extensions, length_field);
    if (type == Icmpv6Type::packet_too_big) store(message, 4, mtu.value());
    if (type == Icmpv6Type::parameter_problem) store(message, 4, pointer);
    layout.emit(message.subspan(header_size), quoted, extensions);
    const auto sum = Checksum{}
                         .add_pseudo_header(source, destination, Protocol::icmpv6, size())
                         .add(message.first(size()))
                         .finish();
    store(message, 2, checksum.value_or(sum));
  }
};

}  // namespace sonda::inline v0
