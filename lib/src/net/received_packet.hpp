// What the control messages of a received packet say, for every kind of link.
#pragma once
#include <cerrno>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <variant>

#include <sonda/event/contract.hpp>

#include "control.hpp"
#include "socket_address.hpp"

namespace sonda::inline v0::net {

struct PacketInfo {
  std::optional<Address> destination{};
  std::optional<Ttl> hop_limit{};
  std::optional<TrafficClass> traffic_class{};
  InterfaceIndex interface{};
  std::optional<std::int64_t> stamp{};   // CLOCK_REALTIME, nanoseconds
  std::optional<std::uint32_t> drops{};  // the socket's count so far
};

[[nodiscard]] inline PacketInfo read_packet_info(const msghdr& message) {
  PacketInfo info;
  for_each_control(message, [&info](int level, int type, Bytes data) {
    const auto number = [&data] { return value_in<int>(data); };
    if (level == SOL_SOCKET && type == SCM_TIMESTAMPING) {
      info.stamp = software_stamp(data);
    } else if (level == SOL_SOCKET && type == SO_RXQ_OVFL) {
      info.drops = value_in<std::uint32_t>(data);
    } else if (level == SOL_IP && type == IP_PKTINFO) {
      const auto packet = value_in<in_pktinfo>(data);
      info.interface = InterfaceIndex{packet.ipi_ifindex};
      info.destination = to_address(packet.ipi_addr);
    } else if (level == SOL_IP && type == IP_TTL) {
      info.hop_limit = Ttl{number()};
    } else if (level == SOL_IP && type == IP_TOS) {
      info.traffic_class = TrafficClass{data.empty() ? 0 : data[0]};
    } else if (level == SOL_IPV6 && type == IPV6_PKTINFO) {
      const auto packet = value_in<in6_pktinfo>(data);
      info.interface = InterfaceIndex{packet.ipi6_ifindex};
      info.destination = to_address(packet.ipi6_addr, packet.ipi6_ifindex);
    } else if (level == SOL_IPV6 && type == IPV6_HOPLIMIT) {
      info.hop_limit = Ttl{number()};
    } else if (level == SOL_IPV6 && type == IPV6_TCLASS) {
      info.traffic_class = TrafficClass{number()};
    }
  });
  return info;
}

// The kernel counts a socket's drops from 0 and lets the count wrap; we want the increases.
class DropCounter {
 public:
  [[nodiscard]] std::uint32_t count(std::optional<std::uint32_t> so_far) noexcept {
    if (!so_far) return 0;
    return *so_far - std::exchange(seen_, *so_far);
  }

 private:
  std::uint32_t seen_ = 0;
};

// An action that this kind of link cannot carry out.
inline void refuse_action(Instant now, const Action& action, Inbox& inbox, const char* where) {
  const auto refuse = [&](ProbeId probe, const char* operation) {
    inbox.on_refused(now, probe, Failure{operation, EOPNOTSUPP, where});
  };
  if (const auto* send = std::get_if<Send>(&action)) refuse(send->probe, "send a whole packet");
  if (const auto* on = std::get_if<SendOn>(&action)) refuse(on->probe, "send a payload");
  if (const auto* connect = std::get_if<Connect>(&action)) refuse(connect->probe, "connect");
}

}  // namespace sonda::inline v0::net
