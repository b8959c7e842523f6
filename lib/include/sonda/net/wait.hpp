// Sleeping until a descriptor stirs, a time comes, or a signal arrives.
#pragma once
#include <csignal>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/time.hpp>
#include <sonda/net/descriptor.hpp>

namespace sonda::inline v0::net {

enum class Woken : std::uint8_t { by_descriptor, by_time, by_signal };

// Sleeps until one of `descriptors` has input, an error or a hang-up, or until `until` (nothing:
// for as long as it takes; the past: not at all). To the nanosecond, as far as the kernel can.
[[nodiscard]] SONDA_EXPORT std::expected<Woken, Failure> wait_readable(
    std::span<const int> descriptors, std::optional<Instant> until);

// From now on this thread, and what it starts, wakes from sleep as exactly as the system can, and
// not up to 50 us later to save energy.
SONDA_EXPORT void sleep_precisely() noexcept;

// Signals as input of a loop instead of interruptions. Only programs make one, and only one.
// The calling thread has the signals blocked while it lives.
class SONDA_EXPORT SignalDescriptor {
 public:
  [[nodiscard]] static std::expected<SignalDescriptor, Failure> open(std::span<const int> signals);
  SignalDescriptor(SignalDescriptor&& other) noexcept;
  SignalDescriptor& operator=(SignalDescriptor&& other) noexcept = delete;
  ~SignalDescriptor();

  [[nodiscard]] int fd() const noexcept { return descriptor_.get(); }
  struct Arrival {
    int number = 0;
    bool from_terminal = false;  // typed, and so sent to the whole process group
  };
  [[nodiscard]] std::optional<Arrival> take_arrival() noexcept;
  // The number of a signal that has arrived, if one has.
  [[nodiscard]] std::optional<int> take() noexcept;

 private:
  SignalDescriptor(Descriptor descriptor, const sigset_t& before) noexcept
      : descriptor_{std::move(descriptor)}, before_{before} {}

  Descriptor descriptor_;
  sigset_t before_;
};

}  // namespace sonda::inline v0::net
