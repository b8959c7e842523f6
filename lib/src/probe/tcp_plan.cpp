// When the system's SYNs leave, and when a silent port is given up.
#include <algorithm>
#include <chrono>

#include <sonda/probe/tcp_plan.hpp>

namespace sonda::inline v0 {

using std::chrono::milliseconds;
using std::chrono::seconds;

Duration syn_time(std::uint8_t retransmission) {
  // Linux: tcp_syn_linear_timeouts = 4 time-outs of one second follow the first, then each one
  // doubles until it is two minutes (TCP_RTO_MAX).
  constexpr std::uint8_t linear = 5;
  Duration at = seconds{std::min(retransmission, linear)}, gap = seconds{1};
  for (auto i = linear; i < retransmission; ++i) {
    gap = std::min<Duration>(2 * gap, seconds{120});
    at += gap;
  }
  return at;
}

Duration connect_deadline(const TcpPlan& plan) {
  constexpr Duration patience = milliseconds{500};
  constexpr Duration least = milliseconds{1'020};  // the system's first time-out is one second
  return std::max(plan.deadline.value_or(syn_time(plan.retransmissions) + patience), least);
}

}  // namespace sonda::inline v0
