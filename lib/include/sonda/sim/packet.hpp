// A packet on its way through the simulated internet, and what only the simulation knows of it.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include <sonda/core/time.hpp>

namespace sonda::inline v0::sim {

using Octets = std::vector<std::uint8_t>;

// Where a packet comes from. It is not on the wire: tests hold what an engine concluded against it.
struct Provenance {
  std::optional<std::uint64_t> cause{};  // the client's packet that brought it about, from 0
  bool damaged = false;                  // a link flipped a bit of it, or of what brought it about
  bool forged = false;                   // injected, or brought about by what was injected
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

// What a machine is being called for, so that it can go on with it later.
struct Origin {
  Provenance provenance{};
  std::uint64_t crossing = 0;   // by which the packet came, from 1; 0: none
  std::uint16_t crossings = 0;  // of it and of what brought it about
};

struct Packet {
  Instant at{};  // when it is due where it goes
  Octets octets{};
  Provenance provenance{};
  std::uint64_t crossing = 0;   // the number of its last crossing of a link, from 1; 0: none yet
  std::uint16_t crossings = 0;  // of it and of what brought it about
};

}  // namespace sonda::inline v0::sim
