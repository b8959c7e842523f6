// The hash of a probe's octets, and the header as it was before a path or a liar changed it.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/sha256.hpp>

#include "case.hpp"

namespace sonda::inline v0::verify {

// The same as sha256(), by the processor's own instructions where it has them.
[[nodiscard]] Sha256Digest hash_of(Bytes octets);

struct HeaderChange {
  Claim claim{};
  std::string_view fault{};
  std::string_view what{};
  std::uint64_t was = 0, is = 0;
};

// What was asked for, written into the header of a packet that was seen.
struct RestoredHeader {
  const Identity& told;
  const Asked& asked;

  // Returns what is now different; the IPv4 header's checksum is made right again.
  [[nodiscard]] std::vector<HeaderChange> apply(MutableBytes packet, std::size_t message_at) const;
};

// Puts the right checksums into the packet.
void complete_sums(MutableBytes packet, std::size_t message_at);

}  // namespace sonda::inline v0::verify
