// Time as an argument: a clock nobody can read, and the stamps that others' clocks left.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

namespace sonda::inline v0 {

// The clock of engines and simulations. Time comes in as an argument; nobody can ask for it.
struct EngineClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<EngineClock>;
  static constexpr bool is_steady = true;
  static time_point now() = delete;
};
using Instant = EngineClock::time_point;
using Duration = EngineClock::duration;

enum class StampClock : std::uint8_t {
  kernel,    // the kernel, while it handled the packet
  user,      // the program, around its system call
  simulated  // the simulated network's virtual time
};

// When a packet passed, according to one clock. Not an Instant: it says how far it may be off.
//
// `ns` counts nanoseconds on the time line of CLOCK_MONOTONIC (simulated: of virtual time), so a
// step of the wall clock between two stamps does not show in their difference. A packet that was
// bracketed by two readings has their midpoint in `ns` and half their distance in `error_ns`.
struct Stamp {
  std::int64_t ns = 0;
  std::int64_t error_ns = 0;
  StampClock clock = StampClock::user;
  friend constexpr bool operator==(const Stamp&, const Stamp&) = default;
};

// A round-trip time with the most by which it may be wrong, and the poorer of its two clocks.
struct RttSample {
  Duration rtt{};
  Duration error{};
  StampClock clock = StampClock::user;
  friend constexpr bool operator==(const RttSample&, const RttSample&) = default;
};

// The time between two stamps; nothing if one is of virtual time and the other is not.
[[nodiscard]] constexpr std::optional<RttSample> rtt_between(Stamp sent, Stamp received) noexcept {
  if ((sent.clock == StampClock::simulated) != (received.clock == StampClock::simulated))
    return std::nullopt;
  const bool same = sent.clock == received.clock;
  return RttSample{.rtt = Duration{received.ns - sent.ns},
                   .error = Duration{sent.error_ns + received.error_ns},
                   .clock = same ? sent.clock : StampClock::user};
}

}  // namespace sonda::inline v0
