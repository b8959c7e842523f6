// PROBE, the echo that asks about an interface: request and reply for ICMPv4 and ICMPv6.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/icmp_extension.hpp>
#include <sonda/wire/icmp_interface.hpp>
#include <sonda/wire/icmpv4_type.hpp>
#include <sonda/wire/icmpv6_type.hpp>

namespace sonda::inline v0 {

// How a reply answers (RFC 8335 section 3); any octet is a value.
enum class ExtendedEchoCode : std::uint8_t {
  no_error = 0,
  malformed_query = 1,
  no_such_interface = 2,
  no_such_table_entry = 3,  // L was not set, and no neighbor has the address
  multiple_interfaces = 4   // satisfy the query
};

// What the probed node knows of a neighbor, if L was not set (RFC 8335 section 3, after the states
// of RFC 4861 section 7.3.2). Three bits; 0 and 7 mean nothing.
enum class ExtendedEchoState : std::uint8_t {
  none = 0,
  incomplete = 1,
  reachable = 2,
  stale = 3,
  delay = 4,
  probe = 5,
  failed = 6
};

[[nodiscard]] constexpr std::string_view name(ExtendedEchoState state) noexcept {
  switch (state) {
    case ExtendedEchoState::none:
      return "none";
    case ExtendedEchoState::incomplete:
      return "incomplete";
    case ExtendedEchoState::reachable:
      return "reachable";
    case ExtendedEchoState::stale:
      return "stale";
    case ExtendedEchoState::delay:
      return "delay";
    case ExtendedEchoState::probe:
      return "probe";
    case ExtendedEchoState::failed:
      return "failed";
  }
  return {};
}

// RFC 8335 sections 2 and 3
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Type      |     Code      |          Checksum             |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |           Identifier          |Sequence Number|   Reserved  |L|  request
//    |           Identifier          |Sequence Number|State|Res|A|4|6|  reply
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |   ICMP Extension Structure
struct ExtendedEchoReply {
  ExtendedEchoCode code = ExtendedEchoCode::no_error;
  Identifier identifier{};
  std::uint8_t sequence = 0;
  ExtendedEchoState state = ExtendedEchoState::none;
  bool active = false;  // A: the interface is up. The three say nothing unless L was set.
  bool ipv4 = false;    // 4: IPv4 runs on it
  bool ipv6 = false;    // 6: IPv6 runs on it
  ChecksumField checksum{};

  [[nodiscard]] static constexpr std::size_t size() noexcept { return 8; }

  // Of both: the checksum is judged by the view of the message. What lies behind the eight octets
  // is not looked at. Errors: too_short, bad_type.
  [[nodiscard]] static constexpr Parsed<ExtendedEchoReply> parse_icmpv4(Bytes message) noexcept {
    return read(message, Layer::icmpv4, static_cast<std::uint8_t>(IcmpType::extended_echo_reply));
  }
  [[nodiscard]] static constexpr Parsed<ExtendedEchoReply> parse_icmpv6(Bytes message) noexcept {
    return read(message, Layer::icmpv6, static_cast<std::uint8_t>(Icmpv6Type::extended_echo_reply));
  }

  // Writes an ICMPv4 message. Precondition: `message` has room for eight octets.
  constexpr void emit(MutableBytes message) const noexcept {
    write(message, static_cast<std::uint8_t>(IcmpType::extended_echo_reply));
    detail::sum_icmpv4(message.first(size()), checksum);
  }
  // Writes an ICMPv6 message, summed with the pseudo header. Precondition as above.
  constexpr void emit(MutableBytes message, const Ipv6Address& source,
                      const Ipv6Address& destination) const noexcept {
    write(message, static_cast<std::uint8_t>(Icmpv6Type::extended_echo_reply));
    detail::sum_icmpv6(message.first(size()), source, destination, checksum);
  }

 private:
  static constexpr unsigned active_bit = 0x04, ipv4_bit = 0x02, ipv6_bit = 0x01;

  static constexpr Parsed<ExtendedEchoReply> read(Bytes message, Layer layer,
                                                  std::uint8_t type) noexcept {
    if (message.size() < size())
      return parse_fault(layer, Fault::too_short, size(), message.size());
    if (message[0] != type) return parse_fault(layer, Fault::bad_type, type, message.size());
    return ExtendedEchoReply{.code = ExtendedEchoCode{message[1]},
                             .identifier = Identifier{load<std::uint16_t>(message, 4)},
                             .sequence = message[6],
                             .state = ExtendedEchoState{static_cast<std::uint8_t>(message[7] >> 5)},
                             .active = (message[7] & active_bit) != 0,
                             .ipv4 = (message[7] & ipv4_bit) != 0,
                             .ipv6 = (message[7] & ipv6_bit) != 0,
                             .checksum = ChecksumField{load<std::uint16_t>(message, 2)}};
  }
  constexpr void write(MutableBytes message, std::uint8_t type) const noexcept {
    message[0] = type;
    message[1] = static_cast<std::uint8_t>(code);
    store<std::uint16_t>(message, 2, 0);
    store(message, 4, identifier.value());
    message[6] = sequence;
    message[7] = static_cast<std::uint8_t>((static_cast<unsigned>(state) & 7U) << 5 |
                                           (active ? active_bit : 0U) | (ipv4 ? ipv4_bit : 0U) |
                                           (ipv6 ? ipv6_bit : 0U));
  }
};

struct ExtendedEchoRequest {
  std::uint8_t code = 0;  // 0 by the RFC; with another it is no query and gets no answer
  Identifier identifier{};
  std::uint8_t sequence = 0;
  bool local = true;   // L: the interface is the probed node's own, not its neighbor's
  Bytes extensions{};  // a whole structure, as ExtensionsWriter makes it; borrowed
  ChecksumField checksum{};

  static constexpr std::size_t header_size = 8;
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return header_size + extensions.size();
  }

  // Which interface is meant: of the structure's one object. Any error is a malformed query: those
  // of IcmpExtensions and InterfaceIdentification; bad_length for octets that are no object;
  // too_short and too_many for other than one of them.
  [[nodiscard]] constexpr Parsed<InterfaceIdentification> interface() const noexcept {
    const auto fail = [this](Fault fault, std::size_t needed) {
      return parse_fault(Layer::icmp_extension, fault, needed, extensions.size());
    };
    const auto structure = IcmpExtensions::parse(extensions);
    if (!structure) return std::unexpected{structure.error()};
    if (structure->malformed()) return fail(Fault::bad_length, ExtensionObject::header_size);
    auto object = structure->begin();
    if (object == structure->end())
      return fail(Fault::too_short, IcmpExtensions::header_size + ExtensionObject::header_size);
    const auto interface = InterfaceIdentification::parse(*object);
    if (++object != structure->end()) return fail(Fault::too_many, 1);
    return interface;
  }
  // A reply to it, its other fields to be filled in.
  [[nodiscard]] constexpr ExtendedEchoReply answered(ExtendedEchoCode with) const noexcept {
    return {.code = with, .identifier = identifier, .sequence = sequence};
  }

  // Of both: neither the checksum nor the extensions are judged. Errors: too_short, bad_type.
  [[nodiscard]] static constexpr Parsed<ExtendedEchoRequest> parse_icmpv4(Bytes message) noexcept {
    return read(message, Layer::icmpv4, static_cast<std::uint8_t>(IcmpType::extended_echo_request));
  }
  [[nodiscard]] static constexpr Parsed<ExtendedEchoRequest> parse_icmpv6(Bytes message) noexcept {
    return read(message, Layer::icmpv6,
                static_cast<std::uint8_t>(Icmpv6Type::extended_echo_request));
  }

  // Writes an ICMPv4 message of size() octets. Precondition: `message` has room for them.
  // `extensions` may already lie in their place behind the header.
  constexpr void emit(MutableBytes message) const noexcept {
    write(message, static_cast<std::uint8_t>(IcmpType::extended_echo_request));
    detail::sum_icmpv4(message.first(size()), checksum);
  }
  // Writes an ICMPv6 message, summed with the pseudo header. Precondition as above.
  constexpr void emit(MutableBytes message, const Ipv6Address& source,
                      const Ipv6Address& destination) const noexcept {
    write(message, static_cast<std::uint8_t>(Icmpv6Type::extended_echo_request));
    detail::sum_icmpv6(message.first(size()), source, destination, checksum);
  }

 private:
  static constexpr Parsed<ExtendedEchoRequest> read(Bytes message, Layer layer,
                                                    std::uint8_t type) noexcept {
    if (message.size() < header_size)
      return parse_fault(layer, Fault::too_short, header_size, message.size());
    if (message[0] != type) return parse_fault(layer, Fault::bad_type, type, message.size());
    return ExtendedEchoRequest{.code = message[1],
                               .identifier = Identifier{load<std::uint16_t>(message, 4)},
                               .sequence = message[6],
                               .local = (message[7] & 1) != 0,
                               .extensions = message.subspan(header_size),
                               .checksum = ChecksumField{load<std::uint16_t>(message, 2)}};
  }
  constexpr void write(MutableBytes message, std::uint8_t type) const noexcept {
    message[0] = type;
    message[1] = code;
    store<std::uint16_t>(message, 2, 0);
    store(message, 4, identifier.value());
    message[6] = sequence;
    message[7] = local ? 1 : 0;
    if (extensions.data() != message.data() + header_size)
      std::ranges::copy(extensions, message.begin() + header_size);
  }
};

}  // namespace sonda::inline v0
