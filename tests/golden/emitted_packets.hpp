// Packets that our own emitters make, one of everything they can, for the judges.
#pragma once
#include <golden.hpp>
#include <string>
#include <vector>

namespace sonda::testing {

struct EmittedPacket {
  std::string shows;
  Octets octets;
};

[[nodiscard]] std::vector<EmittedPacket> emitted_packets();
// Those of them that neighbors exchange, and whole frames.
[[nodiscard]] std::vector<EmittedPacket> emitted_link_packets();
[[nodiscard]] std::vector<EmittedPacket> emitted_frames();
// Two addresses; a name for an address; no such name.
[[nodiscard]] std::vector<EmittedPacket> dns_responses();

}  // namespace sonda::testing
