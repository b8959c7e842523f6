// Flows and their sockets, what each is waiting for, and what the system has no room for just now.
#include <algorithm>
#include <array>
#include <bitset>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <limits>
#include <string>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

#include <sonda/net/clock.hpp>
#include <sonda/net/connect_link.hpp>

#include "connect_socket.hpp"
#include "connection_gauge.hpp"
#include "error_queue.hpp"
#include "received_packet.hpp"
#include "socket_address.hpp"
#include "source_port.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr std::uint8_t tcp_established = 1, tcp_syn_sent = 2, tcp_close = 7;
constexpr Duration first_delay = std::chrono::milliseconds{1};
constexpr Duration longest_delay = std::chrono::milliseconds{50};
// How long our system may remember a connection (TIME_WAIT is 60 s).
constexpr Duration memory_of_connections = std::chrono::seconds{65};
// Who answered earlier than this answered the first SYN: the second leaves after 1 s.
constexpr Duration surely_first = std::chrono::milliseconds{900};

Failure connect_failure(const Connect& action, int error) {
  std::string subject{"to "};
  subject.append(to_text(action.to).view()).append(" port ");
  return {"connect", error, subject + std::to_string(action.port.value())};
}

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

struct ConnectLink::State {
  enum class Phase : std::uint8_t { idle, connecting, standing };
  struct Slot {
    ConnectSocket socket;
    Phase phase = Phase::idle;
    bool ended = false;  // the other side's direction
    FlowId flow{};
    Port port{};
    Address to{};
    Instant began{};
  };
  // One that meets a connection which our system still remembers.
  struct Waiting {
    Connect action{};
    Instant since{}, due{};
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  State(const ConnectLinkOptions& options, Descriptor epoll_descriptor, SourcePort first,
        SourcePort second)
      : plan{options.source, options.interface, InterfaceIndex{index_of(options.interface)}},
        flows{options.flows},
        epoll{std::move(epoll_descriptor)},
        descriptors{epoll.get()},
        ports{std::move(first), std::move(second)},
        gauge{options.conntrack} {
    for (const auto& port : ports) ours.set(port.port.value());
    octets.resize(16'384);
  }

  // False: the system has no room; the caller keeps it.
  [[nodiscard]] bool start(Instant now, const Connect& action, Inbox& inbox);
  [[nodiscard]] std::expected<std::uint32_t, int> acquire(IpVersion version, Port source);
  [[nodiscard]] std::expected<std::uint32_t, int> make_slot(IpVersion version, Port source);
  void begin(Instant now, const Connect& action, std::uint32_t index, Instant before, Inbox& inbox);
  void free_slot(std::uint32_t index);
  void close_slot(std::uint32_t index);
  [[nodiscard]] Slot* slot_of(FlowId flow);

  void connect(Instant now, const Connect& action, Inbox& inbox);
  void abandon(const Abandon& action);
  void send(Instant now, const SendOn& action, Inbox& inbox);
  void hold(Instant now, const Connect& action);
  void retry(Instant now, Inbox& inbox);
  [[nodiscard]] bool table_is_full(Instant now);

  void look_at(Instant now, std::uint32_t index, std::uint32_t mask, Inbox& inbox);
  void look_at_connecting(Instant now, std::uint32_t index, std::uint32_t mask, Inbox& inbox);
  void look_at_standing(Instant now, std::uint32_t index, Inbox& inbox);
  void fail(Instant now, std::uint32_t index, SocketReport report, Inbox& inbox);
  // What the error queue says of the slot's connection; its octets live until the next call.
  [[nodiscard]] std::span<const QueuedError> drain(const Slot& slot);
  [[nodiscard]] Stamp stamp(const Slot& slot) const;

  void note(NoticeKind what, std::uint64_t count = 0, std::uint64_t of = 0);

  ConnectSocketPlan plan;
  std::uint32_t flows;
  Descriptor epoll;
  std::array<int, 1> descriptors;
  std::array<SourcePort, 2> ports;
  std::bitset<65'536> ours;  // ports that connections of this run leave from
  ConnectionGauge gauge;

  std::vector<Slot> slots;
  std::vector<std::uint32_t> slot_by_flow;
  std::array<std::vector<std::uint32_t>, 2> idle;  // by version, bound to the first port
  std::vector<std::uint32_t> closed;               // slots without a socket
  std::uint32_t open_sockets = 0;

  std::deque<Connect> held;  // until there is room
  Instant retry_at{};
  Duration delay = first_delay;
  std::vector<Waiting> waiting;
  std::vector<Notice> notices;

  std::vector<std::uint8_t> octets;
  std::vector<QueuedError> queue;
  std::array<std::array<std::uint8_t, 576>, 4> quotations{};
  Instant woken{};
};

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
  inbox.on_refused(now, action.probe, connect_failure(action, error));
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
      inbox.on_refused(now, one.action.probe, connect_failure(one.action, EADDRNOTAVAIL));
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

// -------------------------------------------------------------------------------------- inwards

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
  // Before anybody asks what became of it, which makes the socket forget.
  if (woken - slot.began >= surely_first)
    if (const auto info = slot.socket.info()) report.transmissions = info->transmissions;
  const int outcome = slot.socket.outcome();
  if (outcome == EALREADY || outcome == EINTR) {
    // An ICMP error that came while connect() had the socket in its hands ends nothing.
    if ((mask & EPOLLERR) == 0) return;
    report.queue = drain(slot);
    report.tcp_state = tcp_syn_sent;
    if (!report.queue.empty()) inbox.on_socket(now, report);
    return;
  }
  if (outcome != 0 && outcome != EISCONN) {
    report.error_code = outcome;
    return fail(now, index, report, inbox);
  }
  slot.phase = Phase::standing;
  report.tcp_state = tcp_established;
  if (const auto info = slot.socket.info()) {
    report.transmissions = info->transmissions;
    report.handshake = info->rtt;
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

// ------------------------------------------------------------------------------------- the link

std::expected<ConnectLink, Failure> ConnectLink::open(const ConnectLinkOptions& options) {
  if (!options.interface.empty() && index_of(options.interface) == 0)
    return std::unexpected{Failure{"use interface", ENODEV, options.interface}};
  Descriptor epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll) return std::unexpected{Failure{"watch sockets", errno, ""}};
  auto first = hold_port(options.source_port, Sharing::shared);
  if (!first) return std::unexpected{first.error()};
  auto second = hold_port(std::nullopt, Sharing::shared);
  if (!second) return std::unexpected{second.error()};
  // What concerns all of them, and not one target, is told at once.
  const auto version = options.source && options.source->is_v6() ? IpVersion::v6 : IpVersion::v4;
  const ConnectSocketPlan plan{options.source, options.interface,
                               InterfaceIndex{index_of(options.interface)}};
  if (const auto trial = ConnectSocket::open(plan, version, first->port);
      !trial && options.source && trial.error() != EMFILE)
    return std::unexpected{
        Failure{"use source", trial.error(), std::string{to_text(*options.source).view()}}};
  return ConnectLink{
      std::make_unique<State>(options, std::move(epoll), std::move(*first), std::move(*second))};
}

std::uint32_t ConnectLink::raise_descriptor_limit(std::uint32_t flows) {
  constexpr rlim_t others = 64;  // of the program itself
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const auto wanted = std::min<rlim_t>(limit.rlim_max, flows + others);
  if (limit.rlim_cur < wanted) {
    const rlimit more{wanted, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &more) == 0) limit = more;
  }
  return static_cast<std::uint32_t>(
      std::min<rlim_t>(limit.rlim_cur > others ? limit.rlim_cur - others : 0, flows));
}

std::uint32_t ConnectLink::flows_that_fit() {
  constexpr std::uint64_t others = 16;  // epolls, bells, ports held, and a log yet to be opened
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return most;
  std::error_code error;
  std::uint64_t used = others;
  for (std::filesystem::directory_iterator each{"/proc/self/fd", error}, end; !error && each != end;
       each.increment(error))
    ++used;
  const std::uint64_t all = limit.rlim_cur;
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(all > used ? all - used : 0, 1, most));
}

ConnectLink::ConnectLink(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
ConnectLink::ConnectLink(ConnectLink&&) noexcept = default;
ConnectLink& ConnectLink::operator=(ConnectLink&&) noexcept = default;
ConnectLink::~ConnectLink() = default;

Port ConnectLink::source_port() const noexcept { return state_->ports[0].port; }

std::array<Port, 2> ConnectLink::source_ports() const noexcept {
  return {state_->ports[0].port, state_->ports[1].port};
}

void ConnectLink::avoid(std::span<const Port> ports_of_other_links) {
  for (const auto port : ports_of_other_links) state_->ours.set(port.value());
}

std::vector<Notice> ConnectLink::take_notices() { return std::exchange(state_->notices, {}); }

// What waits is at most one connect a flow; and an Abandon may be what makes room for it.
bool ConnectLink::writable(Instant) const { return true; }

void ConnectLink::transmit(Instant now, std::span<const Action> batch, Inbox& inbox) {
  for (const auto& action : batch) {
    if (const auto* connect = std::get_if<Connect>(&action))
      state_->connect(now, *connect, inbox);
    else if (const auto* abandon = std::get_if<Abandon>(&action))
      state_->abandon(*abandon);
    else if (const auto* send = std::get_if<SendOn>(&action))
      state_->send(now, *send, inbox);
    else
      refuse_action(now, action, inbox, "on a connecting link");
  }
}

void ConnectLink::readable(Instant now, Inbox& inbox) {
  std::array<epoll_event, 256> events;
  for (int round = 0; round < 64; ++round) {
    const int count =
        ::epoll_wait(state_->epoll.get(), events.data(), static_cast<int>(events.size()), 0);
    if (count <= 0) break;
    state_->woken = net::now();
    for (int i = 0; i < count; ++i)
      state_->look_at(now, events[static_cast<std::size_t>(i)].data.u32,
                      events[static_cast<std::size_t>(i)].events, inbox);
    if (count < static_cast<int>(events.size())) break;
  }
  if (!state_->held.empty() || !state_->waiting.empty()) state_->retry(now, inbox);
}

std::span<const int> ConnectLink::descriptors() const { return state_->descriptors; }

std::optional<Instant> ConnectLink::next_wakeup() const {
  std::optional<Instant> next;
  const auto consider = [&next](Instant at) { next = next ? std::min(*next, at) : at; };
  if (!state_->held.empty()) consider(state_->retry_at);
  for (const auto& one : state_->waiting) consider(one.due);
  return next;
}

}  // namespace sonda::inline v0::net
