// Any capture file, block after block: pcapng by our own reader, pcap (either byte order, micro- or
// nanoseconds) by libpcap.
#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonda/capture/pcapng_reader.hpp>
#include <sonda/core/bytes.hpp>
#include <sonda/core/failure.hpp>

namespace sonda::inline v0::capture {

enum class FileKind : std::uint8_t { pcapng, pcap, neither };
// Of a file that begins so; four octets are enough.
[[nodiscard]] FileKind kind_of(Bytes front) noexcept;

class CaptureSource {
 public:
  // "-": standard input. Error: what open(2) says; a file that is no capture, in one sentence.
  [[nodiscard]] static std::expected<CaptureSource, Failure> open(const std::string& path);
  CaptureSource(CaptureSource&&) noexcept;
  CaptureSource& operator=(CaptureSource&&) noexcept;
  ~CaptureSource();

  // The next block, whose octets live until the next call; nothing at the end. A pcap file begins
  // with an empty Section and its one interface. A failure is final; ended_inside_block() tells a
  // file whose writer was killed from a broken one.
  [[nodiscard]] std::expected<std::optional<Block>, Failure> next();
  [[nodiscard]] bool ended_inside_block() const noexcept;

  [[nodiscard]] const std::vector<KnownInterface>& interfaces() const noexcept;
  // How finely the frames' times of this interface are counted, in ns; 0: there is no such one.
  [[nodiscard]] std::int64_t resolution_ns(InterfaceId interface) const noexcept;
  // Of the frame that next() gave last, as Wireshark counts: from 1, on across sections, and with
  // the blocks that it shows as frames though they are none (custom ones, systemd's journal).
  [[nodiscard]] std::uint64_t frame_number() const noexcept;

 private:
  struct State;
  explicit CaptureSource(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::capture
