// One frame's payload in tcpdump's words: ARP.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/arp.hpp>
#include <sonda/wire/describe_transport.hpp>
#include <sonda/wire/ethernet.hpp>
#include <sonda/wire/protocol.hpp>
#include <sonda/wire/text_writer.hpp>

namespace sonda::inline v0::detail {

// What is asked of neither Ethernet nor IPv4: only what it is.
constexpr void describe_foreign_arp(TextWriter& out, Bytes payload) noexcept {
  const auto hardware = load<std::uint16_t>(payload, 0);
  const auto protocol = load<std::uint16_t>(payload, 2);
  if (hardware == ArpView::ethernet)
    out << "Ethernet";
  else
    out << "Unknown Hardware (" << hardware << ")";
  out << " (len " << payload[4] << "), ";
  if (const auto word = name(EtherType{protocol}); !word.empty())
    out << word;
  else
    (out << "Unknown Protocol (0x").hexadecimal(protocol, 4) << ")";
  out << " (len " << payload[5] << ")";
}

// RFC 826; 903 for the reverse ones; 2390 for the inverse ones. Whether the line is whole.
constexpr bool describe_arp_operation(TextWriter& out, const ArpMessage& arp) noexcept {
  const auto mac = [](const MacAddress& address) { return to_text(address); };
  switch (static_cast<std::uint16_t>(arp.operation)) {
    case 1:
      out << "Request who-has " << arp.target;
      if (arp.target_mac != MacAddress{}) out << " (" << mac(arp.target_mac) << ")";
      out << " tell " << arp.sender;
      return true;
    case 2:
      out << "Reply " << arp.sender << " is-at " << mac(arp.sender_mac);
      return true;
    case 3:
      out << "Reverse Request who-is " << mac(arp.target_mac) << " tell " << mac(arp.sender_mac);
      return true;
    case 4:
      out << "Reverse Reply " << mac(arp.target_mac) << " at " << arp.target;
      return true;
    case 8:
      out << "Inverse Request who-is " << mac(arp.target_mac) << " tell " << mac(arp.sender_mac);
      return true;
    case 9:
      out << "Inverse Reply " << mac(arp.sender_mac) << " at " << arp.sender;
      return true;
    case 10:
      out << "NACK Reply ";
      return false;
    default:
      out << "Unknown (" << static_cast<std::uint16_t>(arp.operation) << ") ";
      return false;
  }
}

constexpr void describe_arp(TextWriter& out, Bytes payload) noexcept {
  const auto needed = [&payload] { return 8 + 2 * (std::size_t{payload[4]} + payload[5]); };
  if (!has(payload, 0, 8) || !has(payload, 0, needed())) {
    out << " [|arp]";
    return;
  }
  out << "ARP, ";
  // Whose lengths are Ethernet's is read like one, whatever hardware it says it is of: tcpdump
  // does, and IEEE 802 (6) is Ethernet by another name.
  const bool lengths = payload[4] == 6 && payload[5] == 4;
  if (!lengths || EtherType{load<std::uint16_t>(payload, 2)} != EtherType::ipv4) {
    describe_foreign_arp(out, payload);
  } else {
    std::array<std::uint8_t, ArpMessage::size()> octets{};
    std::ranges::copy(payload.first(octets.size()), octets.begin());
    store(MutableBytes{octets}, 0, ArpView::ethernet);
    if (!describe_arp_operation(out, ArpView::parse(octets)->message())) return;
  }
  out << ", length " << payload.size();
}

}  // namespace sonda::inline v0::detail
