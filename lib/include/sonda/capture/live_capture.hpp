// What really crosses an interface, by libpcap: the kernel's tap, not what we believe we sent.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sonda/capture/pcapng_block.hpp>
#include <sonda/core/failure.hpp>

namespace sonda::inline v0::capture {

struct LiveOptions {
  std::vector<std::string> interfaces{};
  std::string filter{};  // in libpcap's language; attached before the first frame is seen
  // Octets kept of each frame; 0: tcpdump's default. Each frame takes that much of the ring, but
  // not more than its interface's MTU where the system merges no segments: ask for no more than is
  // needed, and a burst finds room.
  std::uint32_t snaplen = default_snaplen;
  std::size_t buffer = std::size_t{8} << 20;  // octets of the kernel's ring, for each interface
};

struct LiveFrame {
  std::size_t interface = 0;  // of LiveOptions::interfaces
  std::int64_t unix_ns = 0;   // when the tap had it, by the kernel's CLOCK_REALTIME
  std::uint32_t original_length = 0;
  Octets octets{};
};

struct LiveCounts {            // since the capture began
  std::uint64_t received = 0;  // by the tap; of loopback each packet twice, unless told not to
  // For want of room in the ring. Of what an interface drops before, libpcap knows in promiscuous
  // mode alone.
  std::uint64_t dropped = 0;
};

// Immediate mode, nanosecond stamps where the system has them, not promiscuous. One thread at a
// time.
class LiveCapture {
 public:
  // Needs CAP_NET_RAW effective. Error: EPERM; an unknown interface; a filter that libpcap refuses.
  [[nodiscard]] static std::expected<LiveCapture, Failure> open(const LiveOptions& options);
  LiveCapture(LiveCapture&&) noexcept;
  LiveCapture& operator=(LiveCapture&&) noexcept;
  ~LiveCapture();

  // As pcapng describes them: name, link type, snaplen, filter.
  [[nodiscard]] const std::vector<Interface>& interfaces() const noexcept;
  // What poll(2) should watch for input, one for each interface.
  [[nodiscard]] std::span<const int> descriptors() const noexcept;
  // Appends what is waiting, oldest first, without waiting itself. An interface that goes down is
  // taken from again once it is up. Error: one that is gone; what was read before is appended.
  [[nodiscard]] std::expected<void, Failure> take(std::vector<LiveFrame>& frames);
  [[nodiscard]] LiveCounts counts(std::size_t interface) const;

 private:
  struct State;
  explicit LiveCapture(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::capture
