// Reading a socket's error queue: stamps of what was sent, and ICMP errors where they are wanted.
#pragma once
#include <cstdint>
#include <vector>

#include "control.hpp"
#include "receive_ring.hpp"
#include "stamp_clock.hpp"
#include "transmit_stamps.hpp"

namespace sonda::inline v0::net {

class ErrorQueue {
 public:
  explicit ErrorQueue(std::size_t slot_size) : ring_{slot_size} {}

  // Empties the queue: stamps go to `stamps`, any other entry to
  // `visit(const sock_extended_err&, Bytes control data, std::size_t slot)`.
  template <typename Visit>
  void drain(int socket, StampConverter& clock, TransmitStamps& stamps, Visit&& visit) {
    for (int round = 0; round < 4096; ++round) {
      const auto count = ring_.receive(socket, MSG_ERRQUEUE);
      if (count == 0) return;
      clock.check();
      for (std::size_t i = 0; i < count; ++i) read(i, clock, stamps, visit);
    }
  }
  void drain(int socket, StampConverter& clock, TransmitStamps& stamps) {
    drain(socket, clock, stamps, [](const auto&, Bytes, std::size_t) {});
  }

  [[nodiscard]] const ReceiveRing& ring() const noexcept { return ring_; }

 private:
  template <typename Visit>
  void read(std::size_t i, StampConverter& clock, TransmitStamps& stamps, Visit& visit) {
    std::optional<std::int64_t> stamp;
    std::optional<sock_extended_err> error;
    Bytes error_octets;
    for_each_control(ring_.header(i), [&](int level, int type, Bytes data) {
      if (level == SOL_SOCKET && type == SCM_TIMESTAMPING) stamp = software_stamp(data);
      if ((level == SOL_IP && type == IP_RECVERR) || (level == SOL_IPV6 && type == IPV6_RECVERR) ||
          (level == SOL_PACKET && type == packet_transmit_stamp)) {
        error = value_in<sock_extended_err>(data);
        error_octets = data;
      }
    });
    if (!error) return;
    if (error->ee_origin != SO_EE_ORIGIN_TIMESTAMPING) return visit(*error, error_octets, i);
    const auto ns = stamp ? clock.monotonic(*stamp) : std::nullopt;
    if (!ns) return;
    if (error->ee_info == SCM_TSTAMP_SCHED)
      stamps.take(TransmitStamps::Kind::scheduled, error->ee_data, *ns);
    else if (error->ee_info == SCM_TSTAMP_SND)
      stamps.take(TransmitStamps::Kind::sent, error->ee_data, *ns);
  }

  static constexpr int packet_transmit_stamp = 16;  // PACKET_TX_TIMESTAMP

  ReceiveRing ring_;
};

}  // namespace sonda::inline v0::net
