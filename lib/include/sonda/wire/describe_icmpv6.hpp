// One packet in tcpdump's words: ICMPv6.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/describe_transport.hpp>
#include <sonda/wire/icmpv6_type.hpp>
#include <sonda/wire/protocol.hpp>
#include <sonda/wire/text_writer.hpp>

namespace sonda::inline v0::detail {

// tcpdump's name of a type; empty for those it does not know, though the RFC does.
[[nodiscard]] constexpr std::string_view icmpv6_word(std::uint8_t type) noexcept {
  switch (type) {
    case 1:
      return "destination unreachable";
    case 2:
      return "packet too big";
    case 3:
      return "time exceeded in-transit";
    case 4:
      return "parameter problem";
    case 128:
      return "echo request";
    case 129:
      return "echo reply";
    case 130:
      return "multicast listener query";
    case 131:
      return "multicast listener report";
    case 132:
      return "multicast listener done";
    case 133:
      return "router solicitation";
    case 134:
      return "router advertisement";
    case 135:
      return "neighbor solicitation";
    case 136:
      return "neighbor advertisement";
    case 137:
      return "redirect";
    case 138:
      return "router renumbering";
    case 139:
      return "node information query";
    case 140:
      return "node information reply";
    case 141:
      return "inverse neighbor solicitation";
    case 142:
      return "inverse neighbor advertisement";
    case 143:
      return "multicast listener report v2";
    case 144:
      return "ha discovery request";
    case 145:
      return "ha discovery reply";
    case 146:
      return "mobile router solicitation";
    case 147:
      return "mobile router advertisement";
    default:
      return {};
  }
}

struct QuotedPort {
  Protocol protocol{};
  std::uint16_t port = 0;
};

// The destination port in a quoted IPv6 packet, behind whatever extension headers came back.
[[nodiscard]] constexpr std::optional<QuotedPort> quoted_port(Bytes quoted) noexcept {
  if (!has(quoted, 0, 40)) return std::nullopt;
  auto next = Protocol{quoted[6]};
  for (std::size_t at = 40;;) {
    switch (next) {
      case Protocol::tcp:
      case Protocol::udp:
        if (!has(quoted, at + 2, 2)) return std::nullopt;
        return QuotedPort{next, load<std::uint16_t>(quoted, at + 2)};
      case Protocol::hop_by_hop:
      case Protocol::destination_options:
      case Protocol::ipv6_routing:
        if (!has(quoted, at, 2)) return std::nullopt;
        next = Protocol{quoted[at]};
        at += (quoted[at + 1] + std::size_t{1}) * 8;
        break;
      case Protocol::ah:
        if (!has(quoted, at, 2)) return std::nullopt;
        next = Protocol{quoted[at]};
        at += (quoted[at + 1] + std::size_t{2}) * 4;
        break;
      case Protocol::ipv6_fragment:
        if (!has(quoted, at, 8) || (load<std::uint16_t>(quoted, at + 2) & 0xfff8) != 0)
          return std::nullopt;
        next = Protocol{quoted[at]};
        at += 8;
        break;
      default:
        return std::nullopt;
    }
  }
}

// How a line ends: with the length, as it is, or where the octets do.
enum class LineEnd : std::uint8_t { length, as_is, cut };

constexpr LineEnd describe_icmpv6_unreachable(TextWriter& out, Bytes message) noexcept {
  constexpr std::array<std::string_view, 5> words{"unreachable route", " unreachable prohibited",
                                                  "beyond scope", "unreachable address",
                                                  "unreachable port"};
  const auto code = message[1];
  if (code >= words.size()) {
    out << ", unknown unreach code (" << code << ")";
    return LineEnd::as_is;
  }
  out << ", " << words[code];
  if (!has(message, 8, 40)) return LineEnd::cut;
  const auto destination = Ipv6Address::from_wire(message, 32);
  if (code == 4) {
    const auto port = quoted_port(message.subspan(8));
    if (!port) return LineEnd::cut;
    out << ", " << destination << (port->protocol == Protocol::tcp ? " tcp" : " udp") << " port "
        << port->port;
    return LineEnd::length;
  }
  out << " " << destination;
  if (code == 2) out << ", source address " << Ipv6Address::from_wire(message, 16);
  return LineEnd::length;
}

constexpr LineEnd describe_icmpv6_problem(TextWriter& out, Bytes message) noexcept {
  if (!has(message, 8, 40)) return LineEnd::cut;
  constexpr std::array<std::string_view, 4> words{"erroneous", "next header", "option",
                                                  "incomplete header chain"};
  const auto code = message[1];
  if (code >= words.size()) {
    out << ", code-#" << code;
    return LineEnd::length;
  }
  out << ", " << words[code] << " - octet " << load<std::uint32_t>(message, 4);
  return LineEnd::length;
}

// RFC 2710 and RFC 3810. The queries of the two differ in nothing but their length.
constexpr LineEnd describe_multicast_listener(TextWriter& out, const Carried& carried) noexcept {
  const auto message = carried.octets;
  if (message[0] == 143) {
    if (carried.length < 8) {
      out << " [invalid len " << carried.length << "]";
      return LineEnd::length;
    }
    if (!has(message, 6, 2)) return LineEnd::cut;
    out << ", " << load<std::uint16_t>(message, 6) << " group record(s)";
    return LineEnd::length;
  }
  if (message[0] == 130 && carried.length != 24) {
    if (carried.length < 28) {
      out << " unknown-version (len " << carried.length << ") ";
      return LineEnd::length;
    }
    out << " v2";
    if (!has(message, 8, 16)) return LineEnd::cut;
    out << " [gaddr " << Ipv6Address::from_wire(message, 8);
    if (!has(message, 26, 2)) return LineEnd::cut;
    const std::size_t sources = load<std::uint16_t>(message, 26);
    if (sources * 16 > carried.length - 28)
      out << " [invalid number of sources]";
    else if (sources != 0)
      out << ", " << sources << " source(s)";
    out << "]";
    return LineEnd::length;
  }
  if (!has(message, 0, 24)) return LineEnd::length;
  out << "max resp delay: " << load<std::uint16_t>(message, 4)
      << " addr: " << Ipv6Address::from_wire(message, 8);
  return LineEnd::length;
}

constexpr LineEnd describe_icmpv6_body(TextWriter& out, const Carried& carried) noexcept {
  const auto message = carried.octets;
  if (!has(message, 0, 2)) return LineEnd::cut;
  const auto with_address = [&](std::string_view words, std::size_t at) {
    if (!has(message, at, 16)) return LineEnd::cut;
    out << words << Ipv6Address::from_wire(message, at);
    return LineEnd::length;
  };
  switch (Icmpv6Type{message[0]}) {
    case Icmpv6Type::destination_unreachable:
      return describe_icmpv6_unreachable(out, message);
    case Icmpv6Type::packet_too_big:
      if (!has(message, 4, 4)) return LineEnd::cut;
      out << ", mtu " << load<std::uint32_t>(message, 4);
      return LineEnd::length;
    case Icmpv6Type::time_exceeded:
      if (message[1] == 0) return with_address(" for ", 32);
      if (message[1] == 1)
        out << " (reassembly)";
      else
        out << ", unknown code (" << message[1] << ")";
      return LineEnd::length;
    case Icmpv6Type::parameter_problem:
      return describe_icmpv6_problem(out, message);
    case Icmpv6Type::echo_request:
    case Icmpv6Type::echo_reply:
      if (!has(message, 4, 4)) return LineEnd::cut;
      out << ", id " << load<std::uint16_t>(message, 4) << ", seq "
          << load<std::uint16_t>(message, 6);
      return LineEnd::length;
    case Icmpv6Type::multicast_listener_query:
    case Icmpv6Type::multicast_listener_report:
    case Icmpv6Type::multicast_listener_done:
    case Icmpv6Type::multicast_listener_report_v2:
      return describe_multicast_listener(out, carried);
    case Icmpv6Type::neighbor_solicitation:
      return with_address(", who has ", 8);
    case Icmpv6Type::neighbor_advertisement:
      return with_address(", tgt is ", 8);
    case Icmpv6Type::redirect:
      if (with_address(", ", 24) == LineEnd::cut) return LineEnd::cut;
      return with_address(" to ", 8);
    case Icmpv6Type::home_agent_address_discovery_request:
    case Icmpv6Type::mobile_prefix_solicitation:
      if (!has(message, 4, 2)) return LineEnd::cut;
      (out << ", id 0x").hexadecimal(load<std::uint16_t>(message, 4), 4);
      return LineEnd::length;
    default:
      return LineEnd::length;
  }
}

constexpr void describe_icmpv6(TextWriter& out, const Carried& carried) noexcept {
  if (carried.length == 0) {
    out << "ICMP6, length 0 (invalid)";
    return;
  }
  if (carried.octets.empty()) {
    out << " [|icmp6]";
    return;
  }
  out << "ICMP6, ";
  if (const auto word = icmpv6_word(carried.octets[0]); !word.empty())
    out << word;
  else
    out << "unknown icmp6 type (" << carried.octets[0] << ")";
  const auto end = describe_icmpv6_body(out, carried);
  if (end == LineEnd::cut) out << " [|icmp6]";
  if (end == LineEnd::length) out << ", length " << carried.length;
}

}  // namespace sonda::inline v0::detail
