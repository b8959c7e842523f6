// What a frame's packet is to a run: its probe, an answer, an error about it, or nothing.
#pragma once
#include <cstdint>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ip_version.hpp>
#include <sonda/wire/quotation.hpp>

namespace sonda::inline v0::verify {

// What the run says of itself, and the frames are recognised by.
struct Identity {
  Address source{};
  Address target{};
  Identifier identifier{};
  bool raw = true;
  [[nodiscard]] bool v4() const { return target.is_v4(); }
};

enum class PacketKind : std::uint8_t {
  other,
  neighbor,   // neighbour discovery
  probe,      // our echo request
  candidate,  // an echo request that has two of our source, target and identifier
  reply,      // an echo reply with our identifier, to us
  error       // an ICMP error that quotes an echo request with our identifier, to us
};

enum class Sum : std::uint8_t {
  right,
  partial,  // the pseudo-header's sum: the interface card is to complete it
  wrong,
  unknown  // not all of the octets are there
};

struct SeenPacket {
  PacketKind kind = PacketKind::other;
  IpVersion version = IpVersion::v4;
  Address source{};
  Address destination{};
  Ttl ttl{};
  TrafficClass traffic_class{};
  bool dont_fragment = false;
  bool header_sum_ok = true;
  bool icmp = false;
  Bytes packet{};                // without what a link has added
  Bytes message{};               // from the ICMP header on
  std::size_t message_size = 0;  // as the header promises
  Sum sum = Sum::unknown;
  Identifier identifier{};
  Sequence sequence{};                   // of the echo, or of the echo that is quoted
  std::optional<Quotation> quotation{};  // of an error
};

// `packet` begins with an IP header and is no fragment. `cut`: the capture kept less than there
// was.
[[nodiscard]] SeenPacket look_at(Bytes packet, bool cut, const Identity& run);

}  // namespace sonda::inline v0::verify
