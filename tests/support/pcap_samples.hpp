// pcap files made octet by octet, of either byte order and resolution.
#pragma once
#include <cstdint>
#include <vector>

#include <sonda/capture/pcapng_block.hpp>

namespace sonda::testing {

inline constexpr std::uint32_t pcap_us = 0xa1b2'c3d4;
inline constexpr std::uint32_t pcap_ns = 0xa1b2'3c4d;

// tcpdump.org/pcap.html: a header of 24 octets, one of 16 in front of each frame.
class PcapSample {
 public:
  explicit PcapSample(bool little_endian, std::uint32_t magic = pcap_us, std::uint32_t link = 101,
                      std::uint32_t snaplen = 262'144)
      : little_endian_{little_endian} {
    add<4>(magic), add<2>(2), add<2>(4), add<4>(0), add<4>(0), add<4>(snaplen), add<4>(link);
  }
  // `fraction` in the unit of the file; `original` 0: as long as `octets`.
  PcapSample& frame(std::uint32_t seconds, std::uint32_t fraction, Bytes octets,
                    std::uint32_t original = 0) {
    const auto size = static_cast<std::uint32_t>(octets.size());
    header(seconds, fraction, size, original == 0 ? size : original);
    octets_.insert(octets_.end(), octets.begin(), octets.end());
    return *this;
  }
  PcapSample& header(std::uint32_t seconds, std::uint32_t fraction, std::uint32_t captured,
                     std::uint32_t original) {
    add<4>(seconds), add<4>(fraction), add<4>(captured), add<4>(original);
    return *this;
  }
  [[nodiscard]] const capture::Octets& octets() const noexcept { return octets_; }

 private:
  template <unsigned size>
  void add(std::uint32_t value) {
    for (unsigned i = 0; i < size; ++i)
      octets_.push_back(
          static_cast<std::uint8_t>(value >> 8 * (little_endian_ ? i : size - 1 - i)));
  }

  bool little_endian_;
  capture::Octets octets_{};
};

}  // namespace sonda::testing
