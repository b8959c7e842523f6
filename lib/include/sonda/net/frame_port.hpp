// A simulator's plug: whole Ethernet frames from and to one interface.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/time.hpp>
#include <sonda/net/clock.hpp>

namespace sonda::inline v0::net {

struct FramePortOptions {
  // Octets; beyond what the system allows everybody only as far as it may be forced.
  std::size_t receive_buffer = std::size_t{16} << 20;
  std::size_t send_buffer = std::size_t{4} << 20;
  std::shared_ptr<WallClock> wall_clock{};  // shared between the ports of a lab; none: its own
};

struct ReceivedFrame {
  MutableBytes octets{};  // the port's own room, which the reader may change
  Stamp stamp{};          // when the kernel handed it to the interface
};

struct FramesSent {
  std::size_t sent = 0;
  std::size_t dropped = 0;  // no room in the system's queues, or `error`
  int error = 0;  // the first errno that has nothing to do with room: EMSGSIZE, ENETDOWN, ENXIO
};

// Hears every frame that comes in through the interface, to whomever it is addressed, and none
// that left through it. A checksum that the sender's kernel left to hardware is completed, and a
// VLAN tag that the kernel took off stands in its place again. What it sends passes the interface's
// queue and with it all captures on this end of the cable.
class SONDA_EXPORT FramePort {
 public:
  // In the network namespace that the calling thread is in; the port stays there. Needs
  // CAP_NET_RAW. Errors: ENODEV, EPERM.
  [[nodiscard]] static std::expected<FramePort, Failure> open(const std::string& interface,
                                                              const FramePortOptions& options = {});
  FramePort(FramePort&&) noexcept;
  FramePort& operator=(FramePort&&) noexcept;
  ~FramePort();

  [[nodiscard]] int fd() const noexcept;
  static constexpr std::size_t most_at_once = 16;
  // What is there, some frames at a time; none when there is nothing (any more). They are good
  // until the next call. `now` serves where the kernel left no stamp.
  [[nodiscard]] std::span<const ReceivedFrame> receive(Instant now);
  // Each frame once, in order, without waiting.
  FramesSent send(std::span<const Bytes> frames);
  // How many frames the kernel had no room for since this was last called.
  [[nodiscard]] std::uint64_t take_drops();

 private:
  struct State;
  explicit FramePort(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

// A packet socket, also one of libpcap's, hears no longer what leaves. On loopback each packet comes
// twice otherwise, takes room twice and is counted twice. False: a kernel before 4.20.
[[nodiscard]] SONDA_EXPORT bool ignore_outgoing(int packet_socket) noexcept;

}  // namespace sonda::inline v0::net
