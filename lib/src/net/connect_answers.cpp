// What comes of connections: refusals, ICMP errors, handshakes, what a server says.
#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

#include "connect_link_state.hpp"
#include "error_queue.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr std::uint8_t tcp_established = 1, tcp_syn_sent = 2, tcp_close = 7;
// Who answered earlier than this answered the first SYN: the second leaves after 1 s.
constexpr Duration surely_first = std::chrono::milliseconds{900};

}  // namespace

Stamp ConnectLink::State::stamp(const Slot& slot) const {
  // It came before we were told, by no more than a scheduler's delay, and after the connection
  // began.
  constexpr Duration scheduling_delay = std::chrono::milliseconds{1};
  const auto error = std::clamp(woken - slot.began, Duration{}, scheduling_delay);
  return {woken.time_since_epoch().count(), error.count(), StampClock::user};
}

std::span<const QueuedError> ConnectLink::State::drain(const Slot& slot) {
  queue.clear();
  for (std::size_t i = 0; i < 64; ++i) {
    struct alignas(cmsghdr) Control : std::array<std::uint8_t, 512> {};
    Control control;
    SocketAddress name;
    auto& room = quotations[std::min(i, quotations.size() - 1)];
    iovec part{room.data(), room.size()};
    msghdr message{.msg_name = &name.storage,
                   .msg_namelen = sizeof name.storage,
                   .msg_iov = &part,
                   .msg_iovlen = 1,
                   .msg_control = control.data(),
                   .msg_controllen = control.size(),
                   .msg_flags = 0};
    const auto got = ::recvmsg(slot.socket.get(), &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (got < 0) break;
    const auto entry =
        read_queued_error(message, name.storage, Bytes{room}.first(static_cast<std::size_t>(got)));
    const auto error = icmp_in(entry);
    // Of a connection that was here before, it says nothing of this one.
    if (error && queue.size() < quotations.size() && port_of(name) == slot.port &&
        error->destination.without_zone() == slot.to.without_zone())
      queue.push_back(*error);
  }
  return queue;
}

void ConnectLink::State::fail(Instant now, std::uint32_t index, SocketReport report, Inbox& inbox) {
  auto& slot = slots[index];
  report.flow = slot.flow;
  report.tcp_state = tcp_close;
  report.queue = drain(slot);
  report.stamp = stamp(slot);
  free_slot(index);
  inbox.on_socket(now, report);
}

void ConnectLink::State::look_at_connecting(Instant now, std::uint32_t index, std::uint32_t mask,
                                            Inbox& inbox) {
  auto& slot = slots[index];
  SocketReport report{.flow = slot.flow, .transmissions = 1, .stamp = stamp(slot)};
  bool held_back_here = false;
  // Before anybody asks what became of it, which makes the socket forget.
  if (woken - slot.began >= surely_first)
    if (const auto info = slot.socket.info()) {
      report.transmissions = info->transmissions;
      held_back_here = info->held_back_here;
    }
  const int outcome = slot.socket.outcome();
  if (outcome == EALREADY || outcome == EINTR) {
    // An ICMP error that came while connect() had the socket in its hands ends nothing.
    if ((mask & EPOLLERR) == 0) return;
    report.queue = drain(slot);
    report.tcp_state = tcp_syn_sent;
    if (!report.queue.empty()) inbox.on_socket(now, report);
    return;
  }
  if (outcome == ETIMEDOUT && held_back_here) {
    const auto failure =
        connect_failure(slot.to, slot.port, outcome, ", whose SYNs did not leave this machine");
    static_cast<void>(drain(slot));
    free_slot(index);
    return inbox.on_refused(now, slot.probe, failure);
  }
  if (outcome != 0 && outcome != EISCONN) {
    report.error_code = outcome;
    // The deadline may be earlier than the system's third question.
    report.neighbor_silent = outcome == ETIMEDOUT && neighbors.waits(slot.to, now);
    return fail(now, index, report, inbox);
  }
  slot.phase = Phase::standing;
  report.tcp_state = tcp_established;
  if (const auto info = slot.socket.info()) {
    report.transmissions = info->transmissions;
    // Of a retransmitted SYN the system takes no sample (RFC 6298 3), and says 0.
    if (info->transmissions == 1 && info->rtt > Duration{}) report.handshake = info->rtt;
    report.window = info->window;
  }
  inbox.on_socket(now, report);
  if ((mask & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
    look_at_standing(now, index, inbox);
}

void ConnectLink::State::look_at_standing(Instant now, std::uint32_t index, Inbox& inbox) {
  auto& slot = slots[index];
  for (int round = 0; round < 16 && !slot.ended; ++round) {
    const auto got = ::recv(slot.socket.get(), octets.data(), octets.size(), MSG_DONTWAIT);
    const int error = errno;
    if (got < 0 && error == EINTR) continue;
    if (got < 0 && error == EAGAIN) return;
    SocketReport report{.flow = slot.flow, .tcp_state = tcp_established, .stamp = stamp(slot)};
    if (got < 0) {
      report.error_code = error;
      slot.socket.disconnect();
      return fail(now, index, report, inbox);
    }
    report.data = Bytes{octets}.first(static_cast<std::size_t>(got));
    report.end_of_data = slot.ended = got == 0;
    inbox.on_socket(now, report);
  }
}

void ConnectLink::State::look_at(Instant now, std::uint32_t index, std::uint32_t mask,
                                 Inbox& inbox) {
  if (slots[index].phase == Phase::connecting) look_at_connecting(now, index, mask, inbox);
  // An idle socket tells of what has been seen already.
  else if (slots[index].phase == Phase::standing)
    look_at_standing(now, index, inbox);
}

void ConnectLink::State::note(NoticeKind what, std::uint64_t count, std::uint64_t of) {
  for (auto& notice : notices)
    if (notice.what == what) return;
  notices.push_back({.what = what, .count = count, .of = of});
}

}  // namespace sonda::inline v0::net
