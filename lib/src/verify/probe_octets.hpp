// The octets of probes, kept once where they are the same in all.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <sonda/core/bytes.hpp>

#include "slot.hpp"

namespace sonda::inline v0::verify {

class ProbeOctets {
 public:
  // Takes in what is seen of a probe.
  void keep(const SeenPacket& seen, ProbeSighting& out);
  // The packet as it left, with the checksum it should have where a card completes it. It lives
  // until the next call.
  [[nodiscard]] MutableBytes packet(const ProbeSighting& probe);
  // The data of a probe against what came back: the first octet that differs.
  struct Difference {
    std::size_t at = 0;
    std::uint8_t was = 0, is = 0;
  };
  [[nodiscard]] std::optional<Difference> compare(const ProbeSighting& probe, Bytes data) const;

 private:
  // Probes that are unlike the first are kept whole, up to so many octets of them in all.
  static constexpr std::size_t most_octets = std::size_t{64} << 20;

  std::vector<std::uint8_t> filling_;  // what follows the tag
  bool has_filling_ = false;
  std::vector<std::uint8_t> room_;
  std::size_t kept_ = 0;
};

}  // namespace sonda::inline v0::verify
