// The raw link: a socket to send from, a filtered one to hear with.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/net_tstamp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <utility>

#include <sonda/net/icmp_filter.hpp>
#include <sonda/net/raw_link.hpp>
#include <sonda/net/route.hpp>
#include <sonda/net/wait.hpp>
#include <sonda/wire/fragment.hpp>
#include <sonda/wire/icmpv6_type.hpp>
#include <sonda/wire/ipv4.hpp>

#include "error_queue.hpp"
#include "raw_socket.hpp"
#include "received_packet.hpp"
#include "send_queue.hpp"
#include "socket_option.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr std::size_t largest_packet = 65'600;

std::expected<void, Failure> prepare_echo_receiver(int socket, IpVersion version,
                                                   const RawLinkOptions& options) {
  OptionSetter set{socket};
  if (version == IpVersion::v6) {
    // Damaged answers are news: the kernel is not to throw them away. RFC 3542 3.1 forbids
    // switching the check off for ICMPv6, and Linux refuses it at the level of IPv6, but not at
    // that of raw.
    set.if_possible(SOL_RAW, IPV6_CHECKSUM, -1);
    icmp6_filter wanted{};
    ICMP6_FILTER_SETBLOCKALL(&wanted);
    for (const unsigned type : {1U, 2U, 3U, 4U, 100U, 101U, 127U, 129U, 137U})
      ICMP6_FILTER_SETPASS(type, &wanted);
    set(SOL_ICMPV6, ICMP6_FILTER, wanted, "filter ICMPv6 types");
  }
  if (const auto result = set.result(); !result) return result;
  return prepare_receiver(socket, version, options.receive_buffer,
                          echo_filter(version, options.identifier));
}

}  // namespace

std::expected<RawIcmpSocket, Failure> RawIcmpSocket::open(IpVersion version) {
  const bool v4 = version == IpVersion::v4;
  std::array<Descriptor, 2> sockets;
  for (std::size_t i = 0; i < 2; ++i) {
    const int protocol = i == 0 ? int{IPPROTO_RAW} : v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
    auto socket = open_deaf(version, protocol, v4 ? "for ICMP" : "for ICMPv6");
    if (!socket) return std::unexpected{socket.error()};
    sockets[i] = std::move(*socket);
  }
  stamp_received(sockets[1].get());
  return RawIcmpSocket{version, std::move(sockets[0]), std::move(sockets[1]), now()};
}

struct RawLink::State {
  State(RawIcmpSocket socket, const RawLinkOptions& options, std::uint32_t index)
      : version{socket.version()},
        out{std::move(socket.out_)},
        in{std::move(socket.in_)},
        descriptors{out.get(), in.get()},
        interface_name{options.interface},
        interface{index},
        own{options.source},
        clock{options.wall_clock},
        queue{out.get(), options.transmit_stamps,
              [this](const Outgoing& packet) { return cut(packet); }} {
    // A guess at a fragment's identification must not be worth trying.
    static_cast<void>(::getrandom(&identification, sizeof identification, GRND_NONBLOCK));
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] std::expected<SendQueue::Pieces, Failure> cut(const Outgoing& packet);
  [[nodiscard]] Mtu mtu_towards(const Outgoing& packet) const;
  void take_stamps(Instant now, Inbox& inbox);

  IpVersion version;
  Descriptor out, in;
  std::array<int, 2> descriptors;
  std::string interface_name;
  std::uint32_t interface;
  std::optional<Address> own;
  StampConverter clock;
  SendQueue queue;
  ErrorQueue errors{256};
  ReceiveRing ring{largest_packet};
  DropCounter drops;
  std::uint32_t identification = 0;
};

Mtu RawLink::State::mtu_towards(const Outgoing& packet) const {
  const auto by_name =
      packet.interface.value() == 0 ? std::string{} : name_of_interface(packet.interface.value());
  const auto route = find_route(packet.to, std::nullopt, by_name);
  const auto of_interface = route ? route->interface_mtu : Mtu{};
  if (packet.mtu.value() == 0) return of_interface;
  return of_interface.value() == 0 ? packet.mtu : std::min(packet.mtu, of_interface);
}

std::expected<SendQueue::Pieces, Failure> RawLink::State::cut(const Outgoing& packet) {
  const auto mtu = mtu_towards(packet);
  const auto too_long = [&] {
    return std::unexpected{send_failure(packet.to, EMSGSIZE,
                                        ", " + std::to_string(packet.octets.size()) +
                                            " octets where the MTU is " +
                                            std::to_string(mtu.value()))};
  };
  if (!packet.may_fragment) return too_long();
  SendQueue::Pieces pieces;
  const auto emit = [&pieces](const auto& fragments) {
    for (std::size_t i = 0; i < fragments.count(); ++i)
      fragments.emit(i, pieces.emplace_back(fragments.size(i)));
  };
  if (version == IpVersion::v4) {
    const auto fragments = Ipv4Fragments::of(packet.octets, mtu);
    if (!fragments) return too_long();
    emit(*fragments);
  } else {
    const auto fragments = Ipv6Fragments::of(packet.octets, mtu, identification++);
    if (!fragments) return too_long();
    emit(*fragments);
  }
  return pieces;
}

void RawLink::State::take_stamps(Instant now, Inbox& inbox) {
  // ICMP errors cannot be in this queue; what the system found itself, a send has been told.
  errors.drain(out.get(), clock, queue.stamps(), [](const QueuedIcmpError&) {});
  queue.stamps().report(now, inbox);
}

std::expected<RawLink, Failure> RawLink::open(RawIcmpSocket socket, const RawLinkOptions& options) {
  const auto interface = index_of(options.interface);
  if (interface == 0 && !options.interface.empty())
    return std::unexpected{Failure{"use interface", ENODEV, options.interface}};
  const auto version = socket.version();
  if (const auto ready = prepare_sender(socket.out_.get(), version,
                                        {.broadcast = options.broadcast,
                                         .send_buffer = options.send_buffer,
                                         .error_buffer = options.receive_buffer});
      !ready)
    return std::unexpected{ready.error()};
  if (const auto ready = prepare_echo_receiver(socket.in_.get(), version, options); !ready)
    return std::unexpected{ready.error()};
  // Programs have looked up their target by now; a test that has not would miss the first stamp.
  constexpr auto until_stamped = std::chrono::milliseconds{2};
  static_cast<void>(wait_readable({}, socket.opened_ + until_stamped));
  return RawLink{std::make_unique<State>(std::move(socket), options, interface)};
}

RawLink::RawLink(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
RawLink::RawLink(RawLink&&) noexcept = default;
RawLink& RawLink::operator=(RawLink&&) noexcept = default;
RawLink::~RawLink() = default;

bool RawLink::writable(Instant) const { return !state_->queue.full(); }

void RawLink::transmit(Instant now, std::span<const Action> batch, Inbox& inbox) {
  std::vector<Outgoing> packets;
  packets.reserve(batch.size());
  for (const auto& action : batch) {
    if (const auto* send = std::get_if<Send>(&action))
      packets.push_back(outgoing(*send, InterfaceIndex{state_->interface}, state_->own));
    else
      refuse_action(now, action, inbox, "on a raw socket");
  }
  state_->queue.send(now, packets, inbox);
  state_->take_stamps(now, inbox);
}

void RawLink::readable(Instant now, Inbox& inbox) {
  state_->queue.retry(now, inbox);
  state_->take_stamps(now, inbox);
  // A bound, so that a flood cannot keep the loop from its other duties.
  for (int round = 0; round < 256; ++round) {
    const auto count = state_->ring.receive(state_->in.get(), 0);
    if (count == 0) break;
    state_->clock.check();
    // The stamp of a probe is in its queue before the answer is in ours: report it first.
    state_->take_stamps(now, inbox);
    for (std::size_t i = 0; i < count; ++i)
      deliver_raw(state_->ring, i, state_->version, state_->clock, state_->drops, now, inbox);
    if (count < ReceiveRing::slots) break;
  }
  state_->clock.queues_are_empty();
}

std::span<const int> RawLink::descriptors() const { return state_->descriptors; }

std::optional<Instant> RawLink::next_wakeup() const { return state_->queue.retry_at(); }

}  // namespace sonda::inline v0::net
