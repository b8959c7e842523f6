// ICMPv4's other questions and their answers: timestamp, information, address mask.
#pragma once
#include <cstddef>
#include <cstdint>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/icmpv4_type.hpp>

namespace sonda::inline v0 {

namespace detail {

// What the three have in common: a header like an echo's, then `body` octets.
struct Icmpv4Query {
  IcmpType request, reply;
  std::size_t body;

  [[nodiscard]] constexpr std::size_t size() const noexcept { return Echo::header_size + body; }
  [[nodiscard]] constexpr Parsed<EchoKind> kind_of(Bytes message) const noexcept {
    if (message.size() < size())
      return parse_fault(Layer::icmpv4, Fault::too_short, size(), message.size());
    const IcmpType type{message[0]};
    if (type == request) return EchoKind::request;
    if (type == reply) return EchoKind::reply;
    return parse_fault(Layer::icmpv4, Fault::bad_type, static_cast<std::uint8_t>(request),
                       message.size());
  }
  constexpr void emit_header(MutableBytes message, EchoKind kind, Identifier identifier,
                             Sequence sequence) const noexcept {
    message[0] = static_cast<std::uint8_t>(kind == EchoKind::request ? request : reply);
    message[1] = 0;
    store<std::uint16_t>(message, 2, 0);
    store(message, 4, identifier.value());
    store(message, 6, sequence.value());
  }
  constexpr void emit_checksum(MutableBytes message, ChecksumField checksum) const noexcept {
    store(message, 2, checksum.value_or(Checksum{}.add(message.first(size())).finish()));
  }
};

}  // namespace detail

// RFC 792 page 16
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Type      |      Code     |          Checksum             |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |           Identifier          |        Sequence Number        |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Originate Timestamp                                       |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Receive Timestamp                                         |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Transmit Timestamp                                        |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// The three times are milliseconds since midnight UT; the highest bit says that one is not.
struct Timestamp {
  EchoKind kind = EchoKind::request;
  Identifier identifier{};
  Sequence sequence{};
  std::uint32_t originate = 0;
  std::uint32_t receive = 0;
  std::uint32_t transmit = 0;
  ChecksumField checksum{};

  static constexpr std::uint32_t nonstandard = 0x8000'0000;
  static constexpr detail::Icmpv4Query layout{IcmpType::timestamp_request,
                                              IcmpType::timestamp_reply, 12};
  [[nodiscard]] static constexpr std::size_t size() noexcept { return layout.size(); }

  // Errors: too_short, bad_type.
  [[nodiscard]] static constexpr Parsed<Timestamp> parse(Bytes message) noexcept {
    const auto kind = layout.kind_of(message);
    if (!kind) return std::unexpected{kind.error()};
    return Timestamp{.kind = *kind,
                     .identifier = Identifier{load<std::uint16_t>(message, 4)},
                     .sequence = Sequence{load<std::uint16_t>(message, 6)},
                     .originate = load<std::uint32_t>(message, 8),
                     .receive = load<std::uint32_t>(message, 12),
                     .transmit = load<std::uint32_t>(message, 16),
                     .checksum = ChecksumField{load<std::uint16_t>(message, 2)}};
  }
  // Precondition: `message` has room for size() octets.
  constexpr void emit(MutableBytes message) const noexcept {
    layout.emit_header(message, kind, identifier, sequence);
    store(message, 8, originate);
    store(message, 12, receive);
    store(message, 16, transmit);
    layout.emit_checksum(message, checksum);
  }
};

// RFC 792 page 18: "which network is this?", a header without a body. Deprecated by RFC 6918.
struct Information {
  EchoKind kind = EchoKind::request;
  Identifier identifier{};
  Sequence sequence{};
  ChecksumField checksum{};

  static constexpr detail::Icmpv4Query layout{IcmpType::information_request,
                                              IcmpType::information_reply, 0};
  [[nodiscard]] static constexpr std::size_t size() noexcept { return layout.size(); }

  // Errors: too_short, bad_type.
  [[nodiscard]] static constexpr Parsed<Information> parse(Bytes message) noexcept {
    const auto kind = layout.kind_of(message);
    if (!kind) return std::unexpected{kind.error()};
    return Information{.kind = *kind,
                       .identifier = Identifier{load<std::uint16_t>(message, 4)},
                       .sequence = Sequence{load<std::uint16_t>(message, 6)},
                       .checksum = ChecksumField{load<std::uint16_t>(message, 2)}};
  }
  // Precondition: `message` has room for size() octets.
  constexpr void emit(MutableBytes message) const noexcept {
    layout.emit_header(message, kind, identifier, sequence);
    layout.emit_checksum(message, checksum);
  }
};

// RFC 950 appendix I: a header like an echo's, then the mask. Deprecated by RFC 6918.
struct AddressMask {
  EchoKind kind = EchoKind::request;
  Identifier identifier{};
  Sequence sequence{};
  Ipv4Address mask{};
  ChecksumField checksum{};

  static constexpr detail::Icmpv4Query layout{IcmpType::address_mask_request,
                                              IcmpType::address_mask_reply, 4};
  [[nodiscard]] static constexpr std::size_t size() noexcept { return layout.size(); }

  // Errors: too_short, bad_type.
  [[nodiscard]] static constexpr Parsed<AddressMask> parse(Bytes message) noexcept {
    const auto kind = layout.kind_of(message);
    if (!kind) return std::unexpected{kind.error()};
    return AddressMask{.kind = *kind,
                       .identifier = Identifier{load<std::uint16_t>(message, 4)},
                       .sequence = Sequence{load<std::uint16_t>(message, 6)},
                       .mask = Ipv4Address::from_wire(message, 8),
                       .checksum = ChecksumField{load<std::uint16_t>(message, 2)}};
  }
  // Precondition: `message` has room for size() octets.
  constexpr void emit(MutableBytes message) const noexcept {
    layout.emit_header(message, kind, identifier, sequence);
    mask.emit(message, 8);
    layout.emit_checksum(message, checksum);
  }
};

}  // namespace sonda::inline v0
