// A pcap file by libpcap, from a file of which the front was looked at already.
#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include <sonda/capture/pcapng_reader.hpp>
#include <sonda/core/failure.hpp>

#include "input_file.hpp"

namespace sonda::inline v0::capture {

// Of a file that begins so; nothing: it is no pcap file. 6: times in microseconds, 9: nanoseconds.
[[nodiscard]] std::optional<std::uint8_t> pcap_resolution(Bytes front) noexcept;

class PcapFile {
 public:
  [[nodiscard]] static std::expected<PcapFile, Failure> open(InputFile input,
                                                             std::uint8_t resolution);
  PcapFile(PcapFile&&) noexcept;
  PcapFile& operator=(PcapFile&&) noexcept;
  ~PcapFile();

  // As CaptureSource::next().
  [[nodiscard]] std::expected<std::optional<Block>, Failure> next();
  [[nodiscard]] bool ended_inside_frame() const noexcept;
  [[nodiscard]] const std::vector<KnownInterface>& interfaces() const noexcept;

 private:
  struct State;
  explicit PcapFile(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::capture
