// Which packets a rule, an event or a filter of the simulated internet speaks of.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/wire/ip_version.hpp>
#include <sonda/wire/prefix.hpp>
#include <sonda/wire/protocol.hpp>
#include <sonda/wire/tcp.hpp>

namespace sonda::inline v0::sim {

// Every field that is set must fit; an empty one fits every packet.
struct SONDA_EXPORT Match {
  std::optional<IpVersion> version{};
  std::optional<Prefix> from{};
  std::optional<Prefix> to{};
  std::optional<Protocol> protocol{};  // icmp fits ICMPv6 too, each in its own version of IP
  std::optional<Port> source_port{};   // of UDP and TCP
  std::optional<Port> destination_port{};
  // Of SYN, ACK, FIN and RST exactly these are set; PSH and the others do not matter.
  std::optional<TcpFlags> flags{};
  bool with_data = false;  // a TCP or UDP payload that is not empty
  std::optional<std::uint8_t> icmp_type{};
  std::optional<std::uint8_t> icmp_code{};
  std::optional<std::size_t> longer_than{};  // octets, IP header included
  std::optional<Ttl> ttl{};

  [[nodiscard]] bool fits(const IpPacket& packet) const;
  friend bool operator==(const Match&, const Match&) = default;
};

}  // namespace sonda::inline v0::sim
