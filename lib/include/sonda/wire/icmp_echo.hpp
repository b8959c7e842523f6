// The echo request and reply, one value for ICMPv4 and ICMPv6.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/icmpv4_type.hpp>
#include <sonda/wire/icmpv6_type.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

enum class EchoKind : std::uint8_t { request, reply };

// RFC 792 page 14 and RFC 4443 sections 4.1 and 4.2:
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Type      |     Code      |          Checksum             |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |           Identifier          |        Sequence Number        |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Data ...
//    +-+-+-+-+-
struct Echo {
  EchoKind kind = EchoKind::request;
  std::uint8_t code = 0;  // 0 by both RFCs; some answer with another
  Identifier identifier{};
  Sequence sequence{};
  Bytes data{};  // borrowed
  ChecksumField checksum{};

  static constexpr std::size_t header_size = 8;
  [[nodiscard]] constexpr std::size_t size() const noexcept { return header_size + data.size(); }

  // Reads an ICMPv4 message. The checksum is not judged here but by Icmpv4View::checksum_ok().
  // Errors: too_short, bad_type.
  [[nodiscard]] static constexpr Parsed<Echo> parse_icmpv4(Bytes message) noexcept {
    return read(message, Layer::icmpv4, static_cast<std::uint8_t>(IcmpType::echo_request),
                static_cast<std::uint8_t>(IcmpType::echo_reply));
  }
  // Reads an ICMPv6 message. The checksum is not judged here but by Icmpv6View::checksum_ok().
  // Errors: too_short, bad_type.
  [[nodiscard]] static constexpr Parsed<Echo> parse_icmpv6(Bytes message) noexcept {
    return read(message, Layer::icmpv6, static_cast<std::uint8_t>(Icmpv6Type::echo_request),
                static_cast<std::uint8_t>(Icmpv6Type::echo_reply));
  }

  // Writes an ICMPv4 message of size() octets. Precondition: `message` has room for them.
  // `data` may already lie in its place behind the header.
  constexpr void emit(MutableBytes message) const noexcept {
    const auto type = kind == EchoKind::request ? IcmpType::echo_request : IcmpType::echo_reply;
    write(message, static_cast<std::uint8_t>(type));
    const auto octets = message.first(size());
    store<std::uint16_t>(message, 2, checksum.value_or(Checksum{}.add(octets).finish()));
  }
  // Writes an ICMPv6 message of size() octets, summed with the pseudo header of RFC 8200 section
  // 8.1. Precondition: `message` has room for them.
  constexpr void emit(MutableBytes message, const Ipv6Address& source,
                      const Ipv6Address& destination) const noexcept {
    const auto type = kind == EchoKind::request ? Icmpv6Type::echo_request : Icmpv6Type::echo_reply;
    write(message, static_cast<std::uint8_t>(type));
    auto sum = Checksum{};
    sum.add_pseudo_header(source, destination, Protocol::icmpv6, size());
    sum.add(message.first(size()));
    store<std::uint16_t>(message, 2, checksum.value_or(sum.finish()));
  }

 private:
  static constexpr Parsed<Echo> read(Bytes message, Layer layer, std::uint8_t request,
                                     std::uint8_t reply) noexcept {
    if (message.size() < header_size)
      return parse_fault(layer, Fault::too_short, header_size, message.size());
    if (message[0] != request && message[0] != reply)
      return parse_fault(layer, Fault::bad_type, request, message.size());
    return Echo{.kind = message[0] == request ? EchoKind::request : EchoKind::reply,
                .code = message[1],
                .identifier = Identifier{load<std::uint16_t>(message, 4)},
                .sequence = Sequence{load<std::uint16_t>(message, 6)},
                .data = message.subspan(header_size),
                .checksum = ChecksumField{load<std::uint16_t>(message, 2)}};
  }
  constexpr void write(MutableBytes message, std::uint8_t type) const noexcept {
    message[0] = type;
    message[1] = code;
    store<std::uint16_t>(message, 2, 0);
    store<std::uint16_t>(message, 4, identifier.value());
    store<std::uint16_t>(message, 6, sequence.value());
    if (data.data() != message.data() + header_size)
      std::ranges::copy(data, message.begin() + header_size);
  }
};

}  // namespace sonda::inline v0
