// Writes a pcapng file whose every frame can carry comments, and which is valid at any moment.
#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include <sonda/capture/pcapng_block.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>

namespace sonda::inline v0::capture {

using FrameNumber = Strong<struct FrameNumberTag, std::uint64_t>;  // from 1, as Wireshark counts

// Blocks gather in memory, up to 64 KiB of them, and go to the system whole: whoever kills the
// process loses the frames since the last flush() and finds a file that is valid up to its last
// frame. Where the system takes only a part, as a full disk does, what is beyond the last whole
// block is cut off again, if the file can be cut: the first failure is final, and every later call
// returns it.
//
// The descriptor has to be a blocking one; a signal handler that interrupts a write does no harm.
// Writing into a pipe that nobody reads raises SIGPIPE; where that is ignored, it is a failure.
class PcapngWriter {
 public:
  // Makes or empties the file; a FIFO or a device may be there already. The section is in it when
  // this returns. Failure: EACCES, ENOENT, ENOSPC ...
  [[nodiscard]] static std::expected<PcapngWriter, Failure> create(const std::string& path,
                                                                   const Section& section);
  // Writes into an open descriptor, which belongs to the writer from now on, even if this fails.
  // `name` is what failures call it: "standard output".
  [[nodiscard]] static std::expected<PcapngWriter, Failure> adopt(int descriptor, std::string name,
                                                                  const Section& section);
  PcapngWriter(PcapngWriter&&) noexcept;
  PcapngWriter& operator=(PcapngWriter&&) noexcept;
  // Without close() the file has everything but its statistics.
  ~PcapngWriter();

  // At any time, also between frames.
  [[nodiscard]] std::expected<InterfaceId, Failure> add_interface(const Interface& interface);
  // Wireshark shows them for the frames behind as well as, once it has read all, those in front.
  [[nodiscard]] std::expected<void, Failure> add_names(const NameTable& names);

  // Octets beyond the interface's snaplen are left out, and the frame's length still told. Returns
  // the number under which Wireshark shows the frame. Of a frame alone, and not final: EINVAL, its
  // interface is none of this file; EMSGSIZE, it would take a block of more than 16 MiB.
  [[nodiscard]] std::expected<FrameNumber, Failure> write(const Frame& frame);

  // How things stand, and what has no frame to be said beside: at any time, also between frames.
  [[nodiscard]] std::expected<void, Failure> add_statistics(const Statistics& statistics);
  // What stands in another file, as it stands there but for the byte order: for copies.
  [[nodiscard]] std::expected<void, Failure> add_other(const OtherBlock& block);
  // To be written for its interface by close(). What it leaves open is filled in as far as the
  // writer knows it: start, end and the moment from the frames' times, `delivered` by counting
  // them. `received` and `dropped` only the caller can know.
  void set_statistics(const Statistics& statistics);

  // Hands all that was written to the system.
  [[nodiscard]] std::expected<void, Failure> flush();
  // Writes each interface's statistics and ends the file. Afterwards every write is refused
  // (EBADF).
  [[nodiscard]] std::expected<void, Failure> close();

 private:
  struct State;
  explicit PcapngWriter(std::unique_ptr<State> state) noexcept;
  [[nodiscard]] static std::expected<PcapngWriter, Failure> begin(std::unique_ptr<State> state,
                                                                  const Section& section);
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::capture
