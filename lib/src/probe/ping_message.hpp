// What the ping engine sees of an ICMP message, whichever way it came. Private to the engine.
#pragma once
#include <optional>

#include <sonda/event/input.hpp>
#include <sonda/probe/ping.hpp>
#include <sonda/wire/ip_version.hpp>

namespace sonda::inline v0 {

struct PingEngine::Message {
  Bytes octets{};  // from the ICMP header on
  IpVersion version = IpVersion::v4;
  Address source{};
  Address destination{};  // unspecified where the socket did not say
  std::optional<Ttl> ttl{};
  Stamp stamp{};
  bool checksum_ok = true;
};

// The echo request inside an ICMP error or an error queue, as far as it came back.
struct PingEngine::QuotedEcho {
  Identifier identifier{};
  Sequence sequence{};
  std::uint16_t checksum = 0;
  Bytes data{};
};

}  // namespace sonda::inline v0
