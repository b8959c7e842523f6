// Reading a socket's error queue: stamps of what was sent, and ICMP errors where they are wanted.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>

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

// What MSG_ERRQUEUE gave: the message, the name and the octets that came with it.
[[nodiscard]] inline QueuedIcmpError read_queued_error(const msghdr& message,
                                                       const sockaddr_storage& name, Bytes octets) {
  constexpr int packet_transmit_stamp = 16;  // PACKET_TX_TIMESTAMP
  QueuedIcmpError entry{.destination = name, .payload = octets};
  for_each_control(message, [&entry](int level, int type, Bytes data) {
    if (level == SOL_SOCKET && type == SCM_TIMESTAMPING) entry.stamp = software_stamp(data);
    if ((level == SOL_IP && type == IP_RECVERR) || (level == SOL_IPV6 && type == IPV6_RECVERR) ||
        (level == SOL_PACKET && type == packet_transmit_stamp)) {
      entry.error = value_in<sock_extended_err>(data);
      const auto offender = data.subspan(std::min(data.size(), sizeof entry.error));
      const auto sender = value_in<sockaddr_in6>(offender);
      if (!offender.empty()) entry.offender = to_address(static_cast<const void*>(&sender));
    }
  });
  return entry;
}

// As an engine is told of it; nothing of what the system found itself.
[[nodiscard]] inline std::optional<QueuedError> icmp_in(const QueuedIcmpError& entry) {
  if (entry.error.ee_origin != SO_EE_ORIGIN_ICMP && entry.error.ee_origin != SO_EE_ORIGIN_ICMP6)
    return std::nullopt;
  return QueuedError{.origin = ErrorOrigin::icmp,
                     .error_code = static_cast<int>(entry.error.ee_errno),
                     .icmp_type = entry.error.ee_type,
                     .icmp_code = entry.error.ee_code,
                     .offender = entry.offender.value_or(Address{}),
                     .info = entry.error.ee_info,
                     .destination = to_address(&entry.destination).value_or(Address{}),
                     .quoted = entry.payload};
}

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
  [[nodiscard]] QueuedIcmpError read(std::size_t i) const {
    return read_queued_error(ring_.header(i), ring_.name(i), ring_.octets(i));
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
