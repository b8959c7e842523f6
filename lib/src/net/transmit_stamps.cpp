// SO_TIMESTAMPING of what is sent.
#include "transmit_stamps.hpp"

#include <algorithm>
#include <cerrno>
#include <linux/net_tstamp.h>
#include <sys/socket.h>

#include <sonda/net/descriptor.hpp>

#include "control.hpp"
#include "socket_address.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr int reporting = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
                          SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;

bool set_timestamping(int socket, int flags) {
  return ::setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) == 0;
}

// A message to the broadcast address is refused without SO_BROADCAST, but only after its control
// messages were looked at: nothing leaves, and an unknown one shows as EINVAL.
bool system_takes_named_keys() {
  const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket || !set_timestamping(socket.get(), reporting)) return false;
  auto to = socket_address(Ipv4Address{255, 255, 255, 255}, Port{9});
  ControlWriter<64> control;
  control.add(SOL_SOCKET, TransmitStamps::key_message, std::uint32_t{0});
  msghdr message{};
  message.msg_name = &to.storage;
  message.msg_namelen = to.size;
  control.attach_to(message);
  return ::sendmsg(socket.get(), &message, MSG_DONTWAIT) < 0 && errno != EINVAL;
}

}  // namespace

TransmitStamps::TransmitStamps(int socket, bool wanted, Keys keys) : socket_{socket} {
  if (!wanted || !set_timestamping(socket, reporting)) return;
  wanted_ = true;
  named_keys_ = keys == Keys::named_if_possible && system_takes_named_keys();
  waiting_.resize(capacity);
}

int TransmitStamps::reporting_flags() noexcept { return reporting; }

std::uint32_t TransmitStamps::flags() noexcept {
  return SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE;
}

void TransmitStamps::sent(ProbeId probe, Instant before, Instant after) {
  const auto key = next_key_++;
  slot(key) = {.key = key,
               .used = true,
               .probe = probe,
               .before = before.time_since_epoch().count(),
               .after = after.time_since_epoch().count()};
}

void TransmitStamps::failed() {
  if (wanted_ && !named_keys_) restart_counting();
}

// Switching the keys off and on sets the kernel's count to 0. Those who still wait go without.
void TransmitStamps::restart_counting() {
  set_timestamping(socket_, reporting & ~SOF_TIMESTAMPING_OPT_ID);
  set_timestamping(socket_, reporting);
  next_key_ = 0;
  changed_.clear();
  std::ranges::fill(waiting_, Waiting{});
}

void TransmitStamps::take(Kind kind, std::uint32_t key, std::int64_t monotonic_ns) {
  if (!wanted_) return;
  auto& entry = slot(key);
  // Of a packet that was forgotten, or of one that had this key before the count began anew.
  if (!entry.used || entry.key != key || monotonic_ns < entry.before) return;
  (kind == Kind::scheduled ? entry.scheduled : entry.sent) = monotonic_ns;
  if (!std::exchange(entry.changed, true)) changed_.push_back(key);
}

void TransmitStamps::report(Instant now, Inbox& inbox) {
  for (const auto key : changed_) {
    auto& entry = slot(key);
    if (!entry.used || entry.key != key) continue;
    entry.changed = false;
    const auto low = entry.scheduled.value_or(entry.before);
    const auto high = entry.sent.value_or(entry.after);
    if (low > high) continue;  // scheduled after the call had returned: wait for the other stamp
    const bool both = entry.scheduled && entry.sent;
    if (both) entry.used = false;
    inbox.on_sent(now, entry.probe,
                  bracket(low, high, both ? StampClock::kernel : StampClock::user));
  }
  changed_.clear();
}

}  // namespace sonda::inline v0::net
