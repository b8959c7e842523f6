// The simulated network in real time: frames from real systems go in, what is due goes out to them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sonda/core/time.hpp>
#include <sonda/net/frame_port.hpp>
#include <sonda/sim/ethernet_end.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/node.hpp>

namespace sonda::inline v0::lab {

// The simulator's end of a cable to a real system.
struct Plug {
  net::FramePort port;
  sim::EthernetEnd end;
  const sim::Node* outlet = nullptr;  // that system, in the network
  sim::Side side{};                   // its link
};

// The network outlives it. A packet enters at the moment the kernel saw it, so that a link's delay
// counts from there and not from when we woke.
class LiveNetwork {
 public:
  LiveNetwork(sim::Network& network, std::vector<Plug> plugs)
      : network_{network}, plugs_{std::move(plugs)}, batches_(plugs_.size()) {}

  // Readable when `step` has something to do; they never change.
  [[nodiscard]] std::vector<int> descriptors() const;
  // In the network's time.
  [[nodiscard]] std::optional<Instant> next_wakeup() const { return network_.next_due(); }
  // Takes in what has come, and sends what is due by `now`. It does not wait. The network's time
  // is 0 at `begin` on the machine's clock.
  void step(Instant now, Instant begin);

  // Frames that the system had no room for, in either direction.
  [[nodiscard]] std::uint64_t drops() const { return drops_; }
  [[nodiscard]] std::uint64_t frames_in() const { return frames_in_; }
  [[nodiscard]] std::uint64_t frames_out() const { return frames_out_; }

 private:
  void take_in(std::size_t plug, Instant now, Instant begin);
  void deliver(Instant now);  // as far as into batches_
  void flush(std::size_t plug);

  sim::Network& network_;
  std::vector<Plug> plugs_;
  std::vector<std::vector<sim::Octets>> batches_;  // frames to be sent, by plug
  Instant last_{};                                 // the network's time never goes back
  std::uint64_t drops_ = 0;
  std::uint64_t frames_in_ = 0;
  std::uint64_t frames_out_ = 0;
};

}  // namespace sonda::inline v0::lab
