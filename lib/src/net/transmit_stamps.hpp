// The kernel's two stamps of each packet we send, matched to probes by a running key.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <sonda/core/time.hpp>
#include <sonda/event/contract.hpp>

namespace sonda::inline v0::net {

// [before, after] as one stamp: the midpoint and half the distance, rounded up.
[[nodiscard]] constexpr Stamp bracket(std::int64_t before, std::int64_t after,
                                      StampClock clock) noexcept {
  return {before + (after - before) / 2, (after - before + 1) / 2, clock};
}

// Asks for stamps, remembers who is still to get one (a bounded number: old ones are forgotten)
// and tells the inbox. A packet crossed the wire's tap between TX_SCHED and TX_SOFTWARE.
class TransmitStamps {
 public:
  // How many packets may wait for their stamps at once.
  static constexpr std::size_t capacity = 4096;

  enum class Keys : std::uint8_t { named_if_possible, counted };

  // Switches the stamps of this socket on, as far as the system has them.
  TransmitStamps(int socket, bool wanted, Keys keys = Keys::named_if_possible);

  [[nodiscard]] bool wanted() const noexcept { return wanted_; }
  // Whether a control message can name the key of a packet (Linux 6.13); else the kernel counts.
  [[nodiscard]] bool named_keys() const noexcept { return named_keys_; }
  // What the socket reports: these stamps, and those of received packets.
  [[nodiscard]] static int reporting_flags() noexcept;
  // SO_TIMESTAMPING flags of one message.
  [[nodiscard]] static std::uint32_t flags() noexcept;
  static constexpr int key_message = 81;  // SCM_TS_OPT_ID

  // The key of the next packet that asks for stamps.
  [[nodiscard]] std::uint32_t next_key() const noexcept { return next_key_; }
  // It left between these two moments (CLOCK_MONOTONIC).
  void sent(ProbeId probe, Instant before, Instant after);
  // A packet that asked for stamps did not leave. A kernel that counts may have counted it or not.
  void failed();

  enum class Kind : std::uint8_t { scheduled, sent };
  void take(Kind kind, std::uint32_t key, std::int64_t monotonic_ns);
  // Every probe that has got a better stamp since the last call.
  void report(Instant now, Inbox& inbox);

 private:
  struct Waiting {
    std::uint32_t key = 0;
    bool used = false, changed = false;
    ProbeId probe{};
    std::int64_t before = 0, after = 0;
    std::optional<std::int64_t> scheduled{}, sent{};
  };
  [[nodiscard]] Waiting& slot(std::uint32_t key) { return waiting_[key % capacity]; }
  void restart_counting();

  int socket_;
  bool wanted_ = false;
  bool named_keys_ = false;
  std::uint32_t next_key_ = 0;
  std::vector<Waiting> waiting_;
  std::vector<std::uint32_t> changed_;
};

}  // namespace sonda::inline v0::net
