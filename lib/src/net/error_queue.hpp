// Reading a socket's error queue: stamps of what was sent, and ICMP errors where they are wanted.
#pragma once
#include <cstdint>
#include <vector>

#include "control.hpp"
#include "receive_ring.hpp"
#include "stamp_clock.hpp"
#include "transmit_stamps.hpp"

namespace sonda::inline v0::net {

// An entry that is not a stamp of something we sent.
struct QueuedIcmpError {
  sock_extended_err error{};
  std::optional<Address> offender{};
  const sockaddr_storage& destination;  // of the datagram that caused it
  Bytes payload{};                      // of that datagram, as much as came back
  std::optional<std::int64_t> stamp{};  // CLOCK_REALTIME, nanoseconds
};

class ErrorQueue {
 public:
  explicit ErrorQueue(std::size_t slot_size) : ring_{slot_size} {}

  // Empties the queue: stamps go to `stamps`, any other entry to `visit(const QueuedIcmpError&)`.
  template <typename Visit>
  void drain(int socket, StampConverter& clock, TransmitStamps& stamps, Visit&& visit) {
    for (int round = 0; round < 4096; ++round) {
      const auto count = ring_.receive(socket, MSG_ERRQUEUE);
      if (count == 0) return;
      clock.check();
      for (std::size_t i = 0; i < count; ++i) {
        const auto entry = read(i);
        if (entry.error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING)
          take(entry, clock, stamps);
        else
          visit(entry);
      }
    }
  }

 private:
  static constexpr int packet_transmit_stamp = 16;  // PACKET_TX_TIMESTAMP

  [[nodiscard]] QueuedIcmpError read(std::size_t i) const {
    QueuedIcmpError entry{.destination = ring_.name(i), .payload = ring_.octets(i)};
    for_each_control(ring_.header(i), [&entry](int level, int type, Bytes data) {
      if (level == SOL_SOCKET && type == SCM_TIMESTAMPING) entry.stamp = software_stamp(data);
      if ((level == SOL_IP && type == IP_RECVERR) || (level == SOL_IPV6 && type == IPV6_RECVERR) ||
          (level == SOL_PACKET && type == packet_transmit_stamp)) {
        entry.error = value_in<sock_extended_err>(data);
        const auto offender = data.subspan(std::min(data.size(), sizeof entry.error));
        const auto name = value_in<sockaddr_in6>(offender);
        if (!offender.empty()) entry.offender = to_address(static_cast<const void*>(&name));
      }
    });
    return entry;
  }
  static void take(const QueuedIcmpError& entry, const StampConverter& clock,
                   TransmitStamps& stamps) {
    const auto ns = entry.stamp ? clock.monotonic(*entry.stamp) : std::nullopt;
    if (!ns) return;
    if (entry.error.ee_info == SCM_TSTAMP_SCHED)
      stamps.take(TransmitStamps::Kind::scheduled, entry.error.ee_data, *ns);
    else if (entry.error.ee_info == SCM_TSTAMP_SND)
      stamps.take(TransmitStamps::Kind::sent, entry.error.ee_data, *ns);
  }

  ReceiveRing ring_;
};

}  // namespace sonda::inline v0::net
