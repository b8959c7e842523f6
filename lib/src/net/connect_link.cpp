// The connecting link as its users see it.
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <system_error>
#include <utility>

#include <sonda/net/clock.hpp>
#include <sonda/net/connect_link.hpp>

#include "connect_link_state.hpp"
#include "received_packet.hpp"

namespace sonda::inline v0::net {

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
