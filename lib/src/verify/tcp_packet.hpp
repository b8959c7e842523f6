// What a frame's packet is to a TCP scan: a segment, an ICMP error about one, or nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ip_version.hpp>
#include <sonda/wire/quotation.hpp>
#include <sonda/wire/tcp.hpp>

#include "seen_packet.hpp"

namespace sonda::inline v0::verify {

struct TcpPacket {
  enum class Kind : std::uint8_t { other, neighbor, segment, error };

  Kind kind = Kind::other;
  IpVersion version = IpVersion::v4;
  Address source{};
  Address destination{};
  Ttl ttl{};
  bool header_sum_ok = true;
  Sum sum = Sum::unknown;
  Bytes packet{};   // without what a link has added
  Bytes message{};  // from the transport header on
  std::size_t message_size = 0;
  std::optional<TcpView> segment{};
  std::optional<Quotation> quotation{};  // of an error, about a segment
};

// `packet` begins with an IP header and is no fragment. `cut`: the capture kept less than there
// was.
[[nodiscard]] TcpPacket look_at_tcp(Bytes packet, bool cut);

}  // namespace sonda::inline v0::verify
