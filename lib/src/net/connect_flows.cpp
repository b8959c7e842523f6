// Connections on their way out: which socket each gets, and what has to wait.
#include <algorithm>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

#include <sonda/net/clock.hpp>

#include "connect_link_state.hpp"
#include "transmit_stamps.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr Duration longest_delay = std::chrono::milliseconds{50};
// How long our system may remember a connection (TIME_WAIT is 60 s).
constexpr Duration memory_of_connections = std::chrono::seconds{65};

bool waits_for_descriptors(int error) { return error == EMFILE || error == ENFILE; }
bool waits_for_memory(int error) { return error == ENOBUFS || error == EAGAIN || error == ENOMEM; }
bool port_is_busy(int error) { return error == EADDRNOTAVAIL || error == EADDRINUSE; }

// What EADDRNOTAVAIL means where no port is asked for: that there is no address to speak from.
bool lacks_address(const Address& to, const InterfaceIndex& interface) {
  const Descriptor socket{::socket(to.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const auto name = socket_address(to, Port{9}, interface);
  return socket && ::connect(socket.get(), name.get(), name.size) != 0 && errno == EADDRNOTAVAIL;
}

}  // namespace

// ------------------------------------------------------------------------------------- sockets

std::expected<std::uint32_t, int> ConnectLink::State::make_slot(IpVersion version, Port source) {
  auto socket = ConnectSocket::open(plan, version, source);
  if (!socket) return std::unexpected{socket.error()};
  std::uint32_t index = static_cast<std::uint32_t>(slots.size());
  if (closed.empty()) {
    slots.emplace_back();
  } else {
    index = closed.back();
    closed.pop_back();
  }
  slots[index].socket = std::move(*socket);
  ++open_sockets;
  epoll_event wanted{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u32 = index}};
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, slots[index].socket.get(), &wanted) != 0) {
    const int error = errno;
    close_slot(index);
    return std::unexpected{error == ENOSPC ? EMFILE : error};  // a limit of watches
  }
  return index;
}

std::expected<std::uint32_t, int> ConnectLink::State::acquire(IpVersion version, Port source) {
  const bool v4 = version == IpVersion::v4;
  auto& same = idle[v4 ? 0 : 1];
  auto& other = idle[v4 ? 1 : 0];
  if (source == ports[0].port && !same.empty()) {
    const auto index = same.back();
    same.pop_back();
    return index;
  }
  auto made = make_slot(version, source);
  if (made || !waits_for_descriptors(made.error())) return made;
  auto& spare = other.empty() ? same : other;
  if (spare.empty()) return made;
  close_slot(spare.back());
  spare.pop_back();
  return make_slot(version, source);
}

void ConnectLink::State::close_slot(std::uint32_t index) {
  slots[index].socket.close();
  slots[index].phase = Phase::idle;
  closed.push_back(index);
  --open_sockets;
}

void ConnectLink::State::free_slot(std::uint32_t index) {
  auto& slot = slots[index];
  if (slot.phase != Phase::idle) slot_by_flow[slot.flow.value()] = none;
  slot.phase = Phase::idle;
  if (!slot.socket.is_open() || slot.socket.source() != ports[0].port)
    close_slot(index);
  else
    idle[slot.to.is_v4() ? 0 : 1].push_back(index);
}

ConnectLink::State::Slot* ConnectLink::State::slot_of(FlowId flow) {
  if (flow.value() >= slot_by_flow.size() || slot_by_flow[flow.value()] == none) return nullptr;
  return &slots[slot_by_flow[flow.value()]];
}

// ------------------------------------------------------------------------------------- outwards

void ConnectLink::State::begin(Instant now, const Connect& action, std::uint32_t index,
                               Instant before, Inbox& inbox) {
  auto& slot = slots[index];
  slot.phase = Phase::connecting;
  slot.ended = false;
  slot.flow = action.flow;
  slot.probe = action.probe;
  slot.began = before;
  if (action.flow.value() >= slot_by_flow.size())
    slot_by_flow.resize(action.flow.value() + 1, none);
  slot_by_flow[action.flow.value()] = index;
  inbox.on_sent(now, action.probe,
                bracket(before.time_since_epoch().count(), net::now().time_since_epoch().count(),
                        StampClock::user));
}

bool ConnectLink::State::start(Instant now, const Connect& action, Inbox& inbox) {
  const auto version = action.to.is_v4() ? IpVersion::v4 : IpVersion::v6;
  // From a port of this run to itself, or to and fro between two of them, connections would stand
  // that nobody answered.
  const bool meets_ours = ours.test(action.port.value());
  std::size_t first = meets_ours ? 1 : 0;
  if (action.port == ports[first].port) first = 0;
  int error = 0;
  for (std::size_t i = first; i < ports.size(); ++i) {
    if (ports[i].port == action.port) continue;
    const auto acquired = acquire(version, ports[i].port);
    if (!acquired) {
      error = acquired.error();
      break;
    }
    auto& slot = slots[*acquired];
    slot.port = action.port;
    slot.to = action.to;
    const auto before = net::now();
    error = slot.socket.connect(action, plan.interface_index);
    if (error == EINPROGRESS) {
      begin(now, action, *acquired, before, inbox);
      return true;
    }
    free_slot(*acquired);
    if (!port_is_busy(error)) break;
  }
  if (waits_for_descriptors(error)) {
    note(NoticeKind::descriptors, open_sockets, flows);
    return false;
  }
  if (waits_for_memory(error)) {
    note(NoticeKind::queue_full);
    return false;
  }
  if (port_is_busy(error) && !lacks_address(action.to, plan.interface_index)) {
    note(NoticeKind::source_ports);
    waiting.push_back({action, now, now + longest_delay});
    return true;
  }
  inbox.on_refused(now, action.probe, connect_failure(action.to, action.port, error));
  return true;
}

void ConnectLink::State::connect(Instant now, const Connect& action, Inbox& inbox) {
  if (held.empty() && !table_is_full(now) && start(now, action, inbox)) return;
  hold(now, action);
}

void ConnectLink::State::hold(Instant now, const Connect& action) {
  if (held.empty()) retry_at = now + delay;
  held.push_back(action);
}

bool ConnectLink::State::table_is_full(Instant now) {
  if (!gauge.nearly_full(now)) return false;
  note(NoticeKind::conntrack, gauge.used(), gauge.most());
  return true;
}

void ConnectLink::State::retry(Instant now, Inbox& inbox) {
  for (std::size_t i = 0; i < waiting.size();) {
    if (waiting[i].due > now) {
      ++i;
      continue;
    }
    const auto one = waiting[i];
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
    if (now - one.since > memory_of_connections) {
      inbox.on_refused(now, one.action.probe,
                       connect_failure(one.action.to, one.action.port, EADDRNOTAVAIL));
      continue;
    }
    const auto before = waiting.size();
    if (!start(now, one.action, inbox)) {
      hold(now, one.action);
    } else if (waiting.size() > before) {
      waiting.back().since = one.since;
    }
  }
  // A free socket, or the time to ask the system again.
  while (!held.empty() && (now >= retry_at || !idle[0].empty() || !idle[1].empty())) {
    if (table_is_full(now)) {
      retry_at = gauge.next_look();
      return;
    }
    if (!start(now, held.front(), inbox)) {
      delay = std::min(delay * 2, longest_delay);
      retry_at = now + delay;
      return;
    }
    held.pop_front();
    delay = first_delay;
  }
}

void ConnectLink::State::abandon(const Abandon& action) {
  const auto of_flow = [&](const Connect& one) { return one.flow == action.flow; };
  if (!held.empty()) std::erase_if(held, of_flow);
  if (!waiting.empty())
    std::erase_if(waiting, [&](const Waiting& one) { return of_flow(one.action); });
  auto* slot = slot_of(action.flow);
  if (slot == nullptr) return;
  if (slot->phase == Phase::standing && action.ending == Ending::fin) {
    slot->socket.finish();
  } else {
    const bool unanswered = slot->phase == Phase::connecting;
    slot->socket.disconnect();
    if (unanswered) static_cast<void>(drain(*slot));  // it would be told of the next connection
  }
  free_slot(slot_by_flow[action.flow.value()]);
}

void ConnectLink::State::send(Instant now, const SendOn& action, Inbox& inbox) {
  const auto* slot = slot_of(action.flow);
  const bool stands = slot != nullptr && slot->phase == Phase::standing;
  const auto before = net::now();
  const auto sent = stands ? ::send(slot->socket.get(), action.octets.data(), action.octets.size(),
                                    MSG_DONTWAIT | MSG_NOSIGNAL)
                           : -1;
  const int error = stands ? errno : ENOTCONN;
  if (sent != static_cast<ssize_t>(action.octets.size()))
    return inbox.on_refused(now, action.probe,
                            send_failure(action.to, sent < 0 ? error : int{ENOBUFS}));
  inbox.on_sent(now, action.probe,
                bracket(before.time_since_epoch().count(), net::now().time_since_epoch().count(),
                        StampClock::user));
}

}  // namespace sonda::inline v0::net
