// One packet in tcpdump's words: ICMPv4.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/describe_transport.hpp>
#include <sonda/wire/icmpv4_type.hpp>
#include <sonda/wire/protocol.hpp>
#include <sonda/wire/text_writer.hpp>

namespace sonda::inline v0::detail {

// What stands before and behind the address of an unreachable destination.
struct UnreachableWords {
  std::string_view before{};
  std::string_view behind{};
};

[[nodiscard]] constexpr UnreachableWords unreachable_words(std::uint8_t code) noexcept {
  switch (code) {
    case 0:
      return {"net ", " unreachable"};
    case 1:
      return {"host ", " unreachable"};
    case 5:
      return {"", " unreachable - source route failed"};
    case 6:
      return {"net ", " unreachable - unknown"};
    case 7:
      return {"host ", " unreachable - unknown"};
    case 8:
      return {"", " unreachable - source host isolated"};
    case 9:
      return {"net ", " unreachable - admin prohibited"};
    case 10:
      return {"host ", " unreachable - admin prohibited"};
    case 11:
      return {"net ", " unreachable - tos prohibited"};
    case 12:
      return {"host ", " unreachable - tos prohibited"};
    case 13:
      return {"host ", " unreachable - admin prohibited filter"};
    case 14:
      return {"host ", " unreachable - host precedence violation"};
    case 15:
      return {"host ", " unreachable - precedence cutoff"};
    default:
      return {"", " unreachable - #"};
  }
}

// The quoted header begins at octet 8; its length nibble is a stranger's.
constexpr bool describe_unreachable(TextWriter& out, Bytes message) noexcept {
  if (!has(message, 8, 20)) return false;
  const auto code = message[1];
  const auto destination = Ipv4Address::from_wire(message, 24);
  const auto protocol = message[17];
  if (code == 3) {
    const std::size_t transport = 8 + (message[8] & 0x0fU) * std::size_t{4};
    if (!has(message, transport + 2, 2)) return false;
    const auto port = load<std::uint16_t>(message, transport + 2);
    out << "ICMP " << destination;
    if (Protocol{protocol} == Protocol::tcp)
      out << " tcp port " << port;
    else if (Protocol{protocol} == Protocol::udp)
      out << " udp port " << port;
    else
      out << " protocol " << protocol << " port " << port;
    out << " unreachable";
  } else if (code == 2) {
    out << "ICMP " << destination << " protocol " << protocol << " unreachable";
  } else if (code == 4) {
    const auto mtu = load<std::uint16_t>(message, 6);
    out << "ICMP " << destination << " unreachable - need to frag";
    if (mtu != 0) out << " (mtu " << mtu << ")";
  } else {
    const auto words = unreachable_words(code);
    out << "ICMP " << words.before << destination << words.behind;
    if (code > 15) out << code;
  }
  return true;
}

constexpr bool describe_redirect(TextWriter& out, Bytes message) noexcept {
  if (!has(message, 8, 20)) return false;
  const auto code = message[1];
  out << "ICMP redirect";
  if (code == 2 || code == 3) out << "-tos";
  if (code > 3) out << "-#" << code;
  out << " " << Ipv4Address::from_wire(message, 24)
      << (code == 1 || code == 3 ? " to host "
          : code > 3             ? " to "
                                 : " to net ")
      << Ipv4Address::from_wire(message, 4);
  return true;
}

// RFC 1256 section 3.1.
constexpr bool describe_router_advertisement(TextWriter& out, Bytes message) noexcept {
  if (!has(message, 0, 8)) return false;
  const std::size_t count = message[4], words = message[5];
  if (words == 2 && !has(message, 8, count * 8)) return false;
  const auto lifetime = load<std::uint16_t>(message, 6);
  const auto seconds = lifetime % 60U, minutes = lifetime / 60U % 60U, hours = lifetime / 3600U;
  out << "ICMP router advertisement lifetime ";
  if (lifetime < 60)
    out << lifetime;
  else if (lifetime < 3600)
    (out << minutes << ":").decimal(seconds, 2);
  else
    ((out << hours << ":").decimal(minutes, 2) << ":").decimal(seconds, 2);
  out << " " << count << ":";
  if (words != 2) {
    out << " [size " << words << "]";
    return true;
  }
  for (std::size_t at = 8; at < 8 + count * 8; at += 8)
    out << " {" << Ipv4Address::from_wire(message, at) << " "
        << load<std::uint32_t>(message, at + 4) << "}";
  return true;
}

// Milliseconds since midnight UT; with the top bit set, of no standard (RFC 792).
constexpr void describe_time_of_day(TextWriter& out, std::uint32_t ms) noexcept {
  out.decimal(ms / 3'600'000, 2) << ":";
  out.decimal(ms / 60'000 % 60, 2) << ":";
  out.decimal(ms / 1'000 % 60, 2) << ".";
  out.decimal(ms % 1'000, 3);
}

constexpr bool describe_timestamp(TextWriter& out, Bytes message) noexcept {
  const bool reply = IcmpType{message[0]} == IcmpType::timestamp_reply;
  if (!has(message, 0, reply ? 20 : 8)) return false;
  out << "ICMP time stamp " << (reply ? "reply" : "query") << " id "
      << load<std::uint16_t>(message, 4) << " seq " << load<std::uint16_t>(message, 6);
  if (!reply) return true;
  describe_time_of_day(out << ": org ", load<std::uint32_t>(message, 8));
  describe_time_of_day(out << ", recv ", load<std::uint32_t>(message, 12));
  describe_time_of_day(out << ", xmit ", load<std::uint32_t>(message, 16));
  return true;
}

// Nothing is written of a message that is cut before what its line says.
constexpr bool describe_icmpv4_message(TextWriter& out, Bytes message) noexcept {
  if (!has(message, 0, 2)) return false;
  const auto code = message[1];
  switch (IcmpType{message[0]}) {
    case IcmpType::echo_request:
    case IcmpType::echo_reply:
      if (!has(message, 0, 8)) return false;
      out << "ICMP " << name(IcmpType{message[0]}) << ", id " << load<std::uint16_t>(message, 4)
          << ", seq " << load<std::uint16_t>(message, 6);
      return true;
    case IcmpType::destination_unreachable:
      return describe_unreachable(out, message);
    case IcmpType::redirect:
      return describe_redirect(out, message);
    case IcmpType::router_advertisement:
      return describe_router_advertisement(out, message);
    case IcmpType::time_exceeded:
      if (!has(message, 8, 20)) return false;
      if (code == 0) out << "ICMP time exceeded in-transit";
      if (code == 1) out << "ICMP ip reassembly time exceeded";
      if (code > 1) out << "ICMP time exceeded-#" << code;
      return true;
    case IcmpType::parameter_problem:
      if (code != 0) return out << "ICMP parameter problem - code " << code, true;
      if (!has(message, 4, 1)) return false;
      out << "ICMP parameter problem - octet " << message[4];
      return true;
    case IcmpType::timestamp_request:
    case IcmpType::timestamp_reply:
      return describe_timestamp(out, message);
    case IcmpType::address_mask_reply:
      if (!has(message, 8, 4)) return false;
      (out << "ICMP address mask is 0x").hexadecimal(load<std::uint32_t>(message, 8), 8);
      return true;
    case IcmpType::source_quench:
    case IcmpType::router_solicitation:
    case IcmpType::information_request:
    case IcmpType::information_reply:
    case IcmpType::address_mask_request:
      out << "ICMP " << name(IcmpType{message[0]});
      return true;
    default:
      out << "ICMP type-#" << message[0];
      return true;
  }
}

constexpr void describe_icmpv4(TextWriter& out, const Carried& carried) noexcept {
  if (describe_icmpv4_message(out, carried.octets))
    out << ", length " << carried.length;
  else
    out << " [|icmp]";
}

}  // namespace sonda::inline v0::detail
