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
#include "received_packet.hpp"
#include "send_queue.hpp"
#include "socket_option.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr std::size_t largest_packet = 65'600;

// Lets the kernel's own fragmenting and path MTU discovery keep their hands off our packets.
std::expected<void, Failure> prepare_sender(int socket, IpVersion version,
                                            const RawLinkOptions& options) {
  OptionSetter set{socket};
  if (version == IpVersion::v4) {
    set(SOL_IP, IP_HDRINCL, 1, "write own IP headers");
    set(SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, "ignore the path MTU");
    set.if_possible(SOL_IP, IP_NODEFRAG, 1);
    set(SOL_IP, IP_RECVERR, 1, "hear of full queues");
  } else {
    set(SOL_IPV6, IPV6_HDRINCL, 1, "write own IP headers");
    set(SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE, "ignore the path MTU");
    set(SOL_IPV6, IPV6_RECVERR, 1, "hear of full queues");
  }
  if (options.broadcast) set(SOL_SOCKET, SO_BROADCAST, 1, "send to broadcast addresses");
  if (options.send_buffer != 0) set.if_possible(SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  set.if_possible(SOL_SOCKET, SO_RCVBUF, options.receive_buffer);  // the error queue's limit too
  return set.result();
}

std::expected<void, Failure> prepare_receiver(int socket, IpVersion version,
                                              const RawLinkOptions& options) {
  OptionSetter set{socket};
  if (version == IpVersion::v4) {
    set(SOL_IP, IP_PKTINFO, 1, "learn the interface of packets");
  } else {
    set(SOL_IPV6, IPV6_RECVPKTINFO, 1, "learn the interface of packets");
    set(SOL_IPV6, IPV6_RECVHOPLIMIT, 1, "learn the hop limit of packets");
    set(SOL_IPV6, IPV6_RECVTCLASS, 1, "learn the traffic class of packets");
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
  set.if_possible(SOL_SOCKET, SO_RXQ_OVFL, 1);
  set.if_possible(SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  if (const auto result = set.result(); !result) return result;

  // What arrived while everything was refused, or before: none of it answers us.
  ReceiveRing ring{64};
  while (ring.receive(socket, MSG_TRUNC) != 0) {
  }
  return attach_filter(socket, echo_filter(version, options.identifier));
}

}  // namespace

std::expected<RawIcmpSocket, Failure> RawIcmpSocket::open(IpVersion version) {
  const bool v4 = version == IpVersion::v4;
  const int family = v4 ? AF_INET : AF_INET6;
  constexpr int kind = SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK;
  const auto refuse_all = refuse_all_filter();
  std::array<Descriptor, 2> sockets;
  for (std::size_t i = 0; i < 2; ++i) {
    const int protocol = i == 0 ? int{IPPROTO_RAW} : v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
    sockets[i] = Descriptor{::socket(family, kind, protocol)};
    if (!sockets[i])
      return std::unexpected{Failure{"open a raw socket", errno, v4 ? "for ICMP" : "for ICMPv6"}};
    if (const auto deaf = attach_filter(sockets[i].get(), refuse_all); !deaf)
      return std::unexpected{deaf.error()};
  }
  // As early as can be: the kernel begins to stamp packets a moment after it was first asked to.
  OptionSetter{sockets[1].get()}.if_possible(
      SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
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

  [[nodiscard]] Outgoing prepare(const Send& action) const;
  [[nodiscard]] std::expected<SendQueue::Pieces, Failure> cut(const Outgoing& packet);
  [[nodiscard]] Mtu mtu_towards(const Outgoing& packet) const;
  void take_stamps(Instant now, Inbox& inbox);
  void deliver(std::size_t i, Instant now, Inbox& inbox);

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

Outgoing RawLink::State::prepare(const Send& action) const {
  Outgoing packet;
  packet.probe = action.probe;
  packet.octets = action.octets;
  packet.to = action.to;
  packet.mtu = action.mtu;
  packet.may_fragment = action.may_fragment;
  packet.interface =
      InterfaceIndex{action.interface.value() != 0 ? action.interface.value() : interface};
  packet.name = socket_address(action.to, Port{}, packet.interface);
  if (packet.interface.value() == 0 && !own) return packet;
  if (version == IpVersion::v4) {
    in_pktinfo info{.ipi_ifindex = static_cast<int>(packet.interface.value()),
                    .ipi_spec_dst = {},
                    .ipi_addr = {}};
    if (own) std::memcpy(&info.ipi_spec_dst, own->octets().data(), 4);
    packet.control.add(SOL_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{.ipi6_addr = {}, .ipi6_ifindex = packet.interface.value()};
    if (own) std::ranges::copy(own->octets(), std::begin(info.ipi6_addr.s6_addr));
    packet.control.add(SOL_IPV6, IPV6_PKTINFO, info);
  }
  return packet;
}

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

void RawLink::State::deliver(std::size_t i, Instant now, Inbox& inbox) {
  const auto info = read_packet_info(ring.header(i));
  if (const auto lost = drops.count(info.drops); lost != 0)
    inbox.on_drops(now, DropPlace::socket, lost);
  Received packet{.octets = ring.octets(i),
                  .begins = version == IpVersion::v4 ? Begins::ip : Begins::transport,
                  .source = {},
                  .destination = info.destination.value_or(Address{}),
                  .hop_limit = info.hop_limit,
                  .traffic_class = info.traffic_class,
                  .interface = info.interface,
                  .stamp = clock.received(info.stamp, now)};
  if (version == IpVersion::v4) {
    const auto ip = Ipv4View::parse_quoted(packet.octets);
    if (!ip) return;
    packet.source = ip->source();
    packet.destination = ip->destination();
    packet.hop_limit = ip->ttl();
    packet.traffic_class = ip->traffic_class();
  } else if (const auto source = to_address(&ring.name(i))) {
    packet.source = *source;
  }
  inbox.on_packet(now, packet);
}

std::expected<RawLink, Failure> RawLink::open(RawIcmpSocket socket, const RawLinkOptions& options) {
  const auto interface = index_of(options.interface);
  if (interface == 0 && !options.interface.empty())
    return std::unexpected{Failure{"use interface", ENODEV, options.interface}};
  const auto version = socket.version();
  if (const auto ready = prepare_sender(socket.out_.get(), version, options); !ready)
    return std::unexpected{ready.error()};
  if (const auto ready = prepare_receiver(socket.in_.get(), version, options); !ready)
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
      packets.push_back(state_->prepare(*send));
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
    for (std::size_t i = 0; i < count; ++i) state_->deliver(i, now, inbox);
    if (count < ReceiveRing::slots) break;
  }
  state_->clock.queues_are_empty();
}

std::span<const int> RawLink::descriptors() const { return state_->descriptors; }

std::optional<Instant> RawLink::next_wakeup() const { return state_->queue.retry_at(); }

}  // namespace sonda::inline v0::net
