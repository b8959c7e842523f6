// The raw TCP link: of each version a socket to send from, one for segments, one for ICMP errors.
#include <array>
#include <cerrno>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string>
#include <utility>

#include <sonda/net/icmp_filter.hpp>
#include <sonda/net/raw_tcp_link.hpp>
#include <sonda/net/wait.hpp>

#include "error_queue.hpp"
#include "raw_socket.hpp"
#include "socket_option.hpp"
#include "source_port.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr std::size_t largest_answer = 4096;  // SYN-ACKs, RSTs and ICMP errors are far smaller

struct VersionSockets {
  Descriptor out{}, tcp{}, icmp{};
};

std::expected<VersionSockets, Failure> open_version(IpVersion version) {
  const bool v4 = version == IpVersion::v4;
  const char* purpose = v4 ? "for TCP over IPv4" : "for TCP over IPv6";
  VersionSockets made;
  for (auto [socket, protocol] :
       {std::pair{&made.out, int{IPPROTO_RAW}}, std::pair{&made.tcp, int{IPPROTO_TCP}},
        std::pair{&made.icmp, v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6}}}) {
    auto opened = open_deaf(version, protocol, purpose);
    if (!opened) return std::unexpected{opened.error()};
    *socket = std::move(*opened);
  }
  stamp_received(made.tcp.get());
  stamp_received(made.icmp.get());
  return made;
}

std::expected<void, Failure> prepare(const VersionSockets& sockets, IpVersion version, Port port,
                                     std::size_t receive_buffer) {
  if (const auto ready = prepare_sender(sockets.out.get(), version, {}); !ready) return ready;
  if (const auto ready = prepare_receiver(sockets.tcp.get(), version, receive_buffer,
                                          segment_filter(version, port));
      !ready)
    return ready;
  if (version == IpVersion::v6) {
    icmp6_filter wanted{};
    ICMP6_FILTER_SETBLOCKALL(&wanted);
    for (const unsigned type : {1U, 2U, 3U, 4U}) ICMP6_FILTER_SETPASS(type, &wanted);
    OptionSetter set{sockets.icmp.get()};
    set(SOL_ICMPV6, ICMP6_FILTER, wanted, "filter ICMPv6 types");
    if (const auto ready = set.result(); !ready) return ready;
  }
  return prepare_receiver(sockets.icmp.get(), version, receive_buffer,
                          segment_error_filter(version, port));
}

std::expected<SendQueue::Pieces, Failure> cannot_be_cut(const Outgoing& packet) {
  return std::unexpected{send_failure(packet.to, EMSGSIZE)};
}

}  // namespace

struct RawTcpSockets::State {
  std::array<VersionSockets, 2> versions;  // IPv4 first; without sockets where the system has none
  Instant opened{};
};

RawTcpSockets::RawTcpSockets(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
RawTcpSockets::RawTcpSockets(RawTcpSockets&&) noexcept = default;
RawTcpSockets& RawTcpSockets::operator=(RawTcpSockets&&) noexcept = default;
RawTcpSockets::~RawTcpSockets() = default;

std::expected<RawTcpSockets, Failure> RawTcpSockets::open() {
  auto state = std::make_unique<State>();
  std::optional<Failure> lacking;
  for (const auto version : {IpVersion::v4, IpVersion::v6}) {
    auto opened = open_version(version);
    if (opened)
      state->versions[version == IpVersion::v4 ? 0 : 1] = std::move(*opened);
    else if (opened.error().error_code != EAFNOSUPPORT || lacking)
      return std::unexpected{opened.error()};
    else
      lacking = opened.error();
  }
  state->opened = now();
  return RawTcpSockets{std::move(state)};
}

struct RawTcpLink::State {
  // One version's sockets and what waits in them.
  struct Side {
    Side(VersionSockets its, IpVersion its_version, bool stamps)
        : sockets{std::move(its)},
          version{its_version},
          queue{sockets.out.get(), stamps, cannot_be_cut} {}
    VersionSockets sockets;
    IpVersion version;
    SendQueue queue;
    DropCounter tcp_drops{}, icmp_drops{};
    bool used = false;  // nothing can have come before something was sent
    std::vector<Outgoing> batch{};
  };

  State(SourcePort held, const RawTcpLinkOptions& options, std::uint32_t index)
      : port{std::move(held)},
        interface{index},
        stamps{options.transmit_stamps},
        clock{options.wall_clock} {}

  void take_stamps(Side& side, Instant now, Inbox& inbox);
  void receive(Side& side, int socket, DropCounter& drops, Instant now, Inbox& inbox);

  SourcePort port;
  InterfaceIndex interface;
  bool stamps;
  StampConverter clock;
  std::array<std::unique_ptr<Side>, 2> sides;
  std::vector<int> descriptors;
  ErrorQueue errors{256};
  ReceiveRing ring{largest_answer};
  bool noted = false;
  std::vector<Notice> notices;
};

void RawTcpLink::State::take_stamps(Side& side, Instant now, Inbox& inbox) {
  errors.drain(side.sockets.out.get(), clock, side.queue.stamps(), [](const QueuedIcmpError&) {});
  side.queue.stamps().report(now, inbox);
}

void RawTcpLink::State::receive(Side& side, int socket, DropCounter& drops, Instant now,
                                Inbox& inbox) {
  // A bound, so that a flood cannot keep the loop from its other duties.
  for (int round = 0; round < 256; ++round) {
    const auto count = ring.receive(socket, 0);
    if (count == 0) return;
    clock.check();
    if (stamps) take_stamps(side, now, inbox);  // of the probe, before its answer
    for (std::size_t i = 0; i < count; ++i)
      deliver_raw(ring, i, side.version, clock, drops, now, inbox);
    if (count < ReceiveRing::slots) return;
  }
}

std::expected<RawTcpLink, Failure> RawTcpLink::open(RawTcpSockets sockets,
                                                    const RawTcpLinkOptions& options) {
  const auto interface = index_of(options.interface);
  if (interface == 0 && !options.interface.empty())
    return std::unexpected{Failure{"use interface", ENODEV, options.interface}};
  auto port = hold_port(options.source_port, Sharing::exclusive);
  if (!port) return std::unexpected{port.error()};
  const auto number = port->port;
  auto state = std::make_unique<State>(std::move(*port), options, interface);
  for (std::size_t i = 0; i < 2; ++i) {
    auto& opened = sockets.state_->versions[i];
    if (!opened.out) continue;
    const auto version = i == 0 ? IpVersion::v4 : IpVersion::v6;
    if (const auto ready = prepare(opened, version, number, options.receive_buffer); !ready)
      return std::unexpected{ready.error()};
    for (const auto* socket : {&opened.out, &opened.tcp, &opened.icmp})
      state->descriptors.push_back(socket->get());
    state->sides[i] =
        std::make_unique<State::Side>(std::move(opened), version, options.transmit_stamps);
  }
  constexpr auto until_stamped = std::chrono::milliseconds{2};  // as with the raw link for ICMP
  static_cast<void>(wait_readable({}, sockets.state_->opened + until_stamped));
  return RawTcpLink{std::move(state)};
}

RawTcpLink::RawTcpLink(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
RawTcpLink::RawTcpLink(RawTcpLink&&) noexcept = default;
RawTcpLink& RawTcpLink::operator=(RawTcpLink&&) noexcept = default;
RawTcpLink::~RawTcpLink() = default;

Port RawTcpLink::source_port() const noexcept { return state_->port.port; }

std::vector<Notice> RawTcpLink::take_notices() { return std::exchange(state_->notices, {}); }

bool RawTcpLink::writable(Instant) const {
  for (const auto& side : state_->sides)
    if (side && side->queue.full()) return false;
  return true;
}

void RawTcpLink::transmit(Instant now, std::span<const Action> batch, Inbox& inbox) {
  for (const auto& action : batch) {
    const auto* send = std::get_if<Send>(&action);
    if (send == nullptr) {
      refuse_action(now, action, inbox, "on a raw socket");
      continue;
    }
    auto& side = state_->sides[send->to.is_v4() ? 0 : 1];
    if (!side) {
      inbox.on_refused(now, send->probe, send_failure(send->to, EAFNOSUPPORT));
      continue;
    }
    side->batch.push_back(outgoing(*send, state_->interface, std::nullopt));
  }
  for (auto& side : state_->sides) {
    if (!side || side->batch.empty()) continue;
    side->used = true;
    side->queue.send(now, side->batch, inbox);
    side->batch.clear();
    if (state_->stamps) state_->take_stamps(*side, now, inbox);
    if (!side->queue.full() || state_->noted) continue;
    state_->noted = true;
    state_->notices.push_back({.what = NoticeKind::queue_full});
  }
}

void RawTcpLink::readable(Instant now, Inbox& inbox) {
  for (auto& side : state_->sides) {
    if (!side || !side->used) continue;
    side->queue.retry(now, inbox);
    state_->take_stamps(*side, now, inbox);
    // ICMP first: what it says of a probe is from before a later answer.
    state_->receive(*side, side->sockets.icmp.get(), side->icmp_drops, now, inbox);
    state_->receive(*side, side->sockets.tcp.get(), side->tcp_drops, now, inbox);
  }
  state_->clock.queues_are_empty();
}

std::span<const int> RawTcpLink::descriptors() const { return state_->descriptors; }

std::optional<Instant> RawTcpLink::next_wakeup() const {
  std::optional<Instant> next;
  for (const auto& side : state_->sides)
    if (const auto at = side ? side->queue.retry_at() : std::nullopt)
      next = next ? std::min(*next, *at) : *at;
  return next;
}

}  // namespace sonda::inline v0::net
