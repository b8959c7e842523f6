// Sending in batches: stamps asked for, packets kept while the system's queues are full.
#pragma once
#include <array>
#include <cstddef>
#include <deque>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <sys/socket.h>
#include <vector>

#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/contract.hpp>

#include "control.hpp"
#include "socket_address.hpp"
#include "transmit_stamps.hpp"

namespace sonda::inline v0::net {

// One system call's worth of sending.
struct Outgoing {
  ProbeId probe{};
  Bytes octets{};  // borrowed, until the packet has left or has been kept
  Address to{};    // as a failure names it
  SocketAddress name{};
  ControlWriter<160> control{};
  InterfaceIndex interface{};
  Mtu mtu{};
  bool may_fragment = false;
  bool piece = false;     // a fragment
  bool concludes = true;  // false: a fragment with others behind it
};

class SendQueue {
 public:
  using Pieces = std::vector<std::vector<std::uint8_t>>;
  // Cuts what the system finds too long (EMSGSIZE).
  using Cutter = std::function<std::expected<Pieces, Failure>(const Outgoing&)>;

  SendQueue(int socket, bool stamps, Cutter cutter,
            TransmitStamps::Keys keys = TransmitStamps::Keys::named_if_possible)
      : socket_{socket}, stamps_{socket, stamps, keys}, cutter_{std::move(cutter)} {}

  [[nodiscard]] bool full() const noexcept { return !kept_.empty(); }
  [[nodiscard]] std::optional<Instant> retry_at() const noexcept {
    return full() ? std::optional{retry_at_} : std::nullopt;
  }
  // ICMP errors about one packet fail the next send on this socket: try again before believing it.
  void expect_errors_of_others() noexcept { tries_ = 3; }
  [[nodiscard]] TransmitStamps& stamps() noexcept { return stamps_; }

  // Takes the outcome of each to `inbox`. What the system has no room for is copied and kept.
  void send(Instant now, std::span<const Outgoing> batch, Inbox& inbox);
  // Tries again what was kept, if it is time to.
  void retry(Instant now, Inbox& inbox);

 private:
  static constexpr std::size_t batch_size = 64;
  static constexpr std::size_t most_kept = 4096;  // whoever sends on although full() is refused
  static constexpr Duration first_delay = std::chrono::milliseconds{1};
  static constexpr Duration longest_delay = std::chrono::milliseconds{50};

  struct Kept {
    Outgoing packet;
    std::vector<std::uint8_t> octets;
  };
  struct Call {
    std::size_t asked = 0, sent = 0;
    int error = 0;
    Instant before{}, after{};
  };

  [[nodiscard]] Call call_until_believed(std::span<const Outgoing> batch);
  [[nodiscard]] Call call(std::span<const Outgoing> batch);
  void attempt(Instant now, std::span<const Outgoing> batch, Inbox& inbox, std::deque<Kept>& left);
  void cut(Instant now, const Outgoing& packet, Inbox& inbox, std::deque<Kept>& left);
  void refuse(Instant now, const Outgoing& packet, const Failure& failure, Inbox& inbox);
  void accept(Instant now, const Outgoing& packet, const Call& call, Inbox& inbox);

  int socket_;
  TransmitStamps stamps_;
  Cutter cutter_;
  int tries_ = 1;
  std::deque<Kept> kept_;
  std::optional<ProbeId> broken_{};  // one of its fragments was refused: the others need not go
  Duration delay_ = first_delay;
  Instant retry_at_{};
  std::array<mmsghdr, batch_size> messages_{};
  std::array<iovec, batch_size> parts_{};
  std::array<ControlWriter<160>, batch_size> controls_{};
};

}  // namespace sonda::inline v0::net
