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

}  // namespace sonda::testing
