// The datagram ICMP ("ping") socket and its error queue.
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

#include <sonda/net/datagram_link.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/net/route.hpp>
#include <sonda/net/wait.hpp>

#include "error_queue.hpp"
#include "received_packet.hpp"
#include "send_queue.hpp"
#include "socket_option.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr std::size_t largest_message = 65'600;
constexpr std::size_t largest_quotation = 2048;

std::expected<void, Failure> prepare(int socket, IpVersion version,
                                     const DatagramLinkOptions& options) {
  OptionSetter set{socket};
  if (version == IpVersion::v4) {
    set(SOL_IP, IP_RECVERR, 1, "hear of ICMP errors");
    set(SOL_IP, IP_PKTINFO, 1, "learn the interface of packets");
    set(SOL_IP, IP_RECVTTL, 1, "learn the TTL of packets");
    set(SOL_IP, IP_RECVTOS, 1, "learn the traffic class of packets");
  } else {
    set(SOL_IPV6, IPV6_RECVERR, 1, "hear of ICMP errors");
    set(SOL_IPV6, IPV6_RECVPKTINFO, 1, "learn the interface of packets");
    set(SOL_IPV6, IPV6_RECVHOPLIMIT, 1, "learn the hop limit of packets");
    set(SOL_IPV6, IPV6_RECVTCLASS, 1, "learn the traffic class of packets");
  }
  if (options.broadcast) set(SOL_SOCKET, SO_BROADCAST, 1, "send to broadcast addresses");
  if (options.send_buffer != 0) set.if_possible(SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  set.if_possible(SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  set.if_possible(SOL_SOCKET, SO_RXQ_OVFL, 1);
  set.if_possible(SOL_SOCKET, SO_TIMESTAMPING, TransmitStamps::reporting_flags());
  return set.result();
}

// The identifier is what the system calls the socket's port.
std::expected<Identifier, Failure> bind_to(int socket, const Address& source,
                                           InterfaceIndex interface) {
  auto name = socket_address(source, Port{}, interface);
  if (::bind(socket, name.get(), name.size) != 0)
    return std::unexpected{Failure{"use source", errno, std::string{to_text(source).view()}}};
  if (::getsockname(socket, name.get(), &name.size) != 0)
    return std::unexpected{Failure{"learn the identifier", errno, "of a datagram socket"}};
  return Identifier{port_of(name).value()};
}

}  // namespace

struct DatagramLink::State {
  State(IpVersion version_, Descriptor socket_, Identifier identifier_, InterfaceIndex interface_,
        const DatagramLinkOptions& options)
      : version{version_},
        socket{std::move(socket_)},
        descriptors{socket.get()},
        identifier{identifier_},
        interface{interface_},
        clock{options.wall_clock},
        queue{socket.get(), options.transmit_stamps,
              [this](const Outgoing& packet) { return explain_length(packet); }} {
    queue.expect_errors_of_others();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] Outgoing prepare(const SendOn& action) const;
  [[nodiscard]] std::unexpected<Failure> explain_length(const Outgoing& packet) const;
  void discover(PathMtuDiscovery discovery);
  void take_errors(Instant now, Inbox& inbox);
  void report(const QueuedIcmpError& entry, Instant now, Inbox& inbox);
  void deliver(std::size_t i, Instant now, Inbox& inbox);

  IpVersion version;
  Descriptor socket;
  std::array<int, 1> descriptors;
  Identifier identifier;
  InterfaceIndex interface;
  StampConverter clock;
  SendQueue queue;
  ErrorQueue errors{largest_quotation};
  ReceiveRing ring{largest_message};
  DropCounter drops;
  FlowId flow{};
  std::optional<PathMtuDiscovery> path_mtu_discovery{};
};

Outgoing DatagramLink::State::prepare(const SendOn& action) const {
  Outgoing packet;
  packet.probe = action.probe;
  packet.octets = action.octets;
  packet.to = action.to;
  packet.interface = interface;
  packet.name = socket_address(action.to, Port{}, interface);
  const int ttl = action.ttl.value(), traffic_class = action.traffic_class.value();
  if (version == IpVersion::v4) {
    if (ttl != 0) packet.control.add(SOL_IP, IP_TTL, ttl);
    packet.control.add(SOL_IP, IP_TOS, traffic_class);
    if (interface.value() != 0)
      packet.control.add(SOL_IP, IP_PKTINFO,
                         in_pktinfo{.ipi_ifindex = static_cast<int>(interface.value()),
                                    .ipi_spec_dst = {},
                                    .ipi_addr = {}});
  } else {
    if (ttl != 0) packet.control.add(SOL_IPV6, IPV6_HOPLIMIT, ttl);
    packet.control.add(SOL_IPV6, IPV6_TCLASS, traffic_class);
    if (interface.value() != 0)
      packet.control.add(SOL_IPV6, IPV6_PKTINFO,
                         in6_pktinfo{.ipi6_addr = {}, .ipi6_ifindex = interface.value()});
  }
  return packet;
}

std::unexpected<Failure> DatagramLink::State::explain_length(const Outgoing& packet) const {
  const auto name = interface.value() == 0 ? std::string{} : name_of_interface(interface.value());
  const auto route = find_route(packet.to, std::nullopt, name);
  const auto headers = version == IpVersion::v4 ? std::size_t{20} : std::size_t{40};
  std::string why = ", " + std::to_string(packet.octets.size() + headers) + " octets";
  if (route) why += " where the MTU is " + std::to_string(route->interface_mtu.value());
  return std::unexpected{send_failure(packet.to, EMSGSIZE, why)};
}

// A matter of the whole socket, not of a packet.
void DatagramLink::State::discover(PathMtuDiscovery discovery) {
  if (std::exchange(path_mtu_discovery, discovery) == discovery) return;
  struct Words {
    int v4, v6;
  };
  const auto words = [discovery]() -> Words {
    switch (discovery) {
      case PathMtuDiscovery::keep:
        return {IP_PMTUDISC_DO, IPV6_PMTUDISC_DO};
      case PathMtuDiscovery::dont:
        return {IP_PMTUDISC_DONT, IPV6_PMTUDISC_DONT};
      case PathMtuDiscovery::probe:
        return {IP_PMTUDISC_PROBE, IPV6_PMTUDISC_PROBE};
      case PathMtuDiscovery::want:
        break;
    }
    return {IP_PMTUDISC_WANT, IPV6_PMTUDISC_WANT};
  }();
  OptionSetter set{socket.get()};
  if (version == IpVersion::v4) {
    set.if_possible(SOL_IP, IP_MTU_DISCOVER, words.v4);
  } else {
    set.if_possible(SOL_IPV6, IPV6_MTU_DISCOVER, words.v6);
    const bool whole = discovery == PathMtuDiscovery::keep || discovery == PathMtuDiscovery::probe;
    set.if_possible(SOL_IPV6, IPV6_DONTFRAG, whole ? 1 : 0);
  }
}

void DatagramLink::State::report(const QueuedIcmpError& entry, Instant now, Inbox& inbox) {
  // A local entry repeats what the send call has already been told.
  const auto error = icmp_in(entry);
  if (!error) return;
  inbox.on_socket(now, SocketReport{.flow = flow,
                                    .error_code = 0,
                                    .tcp_state = 0,
                                    .data = {},
                                    .queue = std::span{&*error, 1},
                                    .stamp = clock.received(entry.stamp, now)});
}

void DatagramLink::State::take_errors(Instant now, Inbox& inbox) {
  errors.drain(socket.get(), clock, queue.stamps(),
               [&](const QueuedIcmpError& entry) { report(entry, now, inbox); });
  queue.stamps().report(now, inbox);
}

void DatagramLink::State::deliver(std::size_t i, Instant now, Inbox& inbox) {
  const auto info = read_packet_info(ring.header(i));
  if (const auto lost = drops.count(info.drops); lost != 0)
    inbox.on_drops(now, DropPlace::socket, lost);
  inbox.on_packet(now, Received{.octets = ring.octets(i),
                                .begins = Begins::transport,
                                .source = to_address(&ring.name(i)).value_or(Address{}),
                                .destination = info.destination.value_or(Address{}),
                                .hop_limit = info.hop_limit,
                                .traffic_class = info.traffic_class,
                                .interface = info.interface,
                                .stamp = clock.received(info.stamp, now)});
}

std::expected<DatagramLink, Failure> DatagramLink::open(IpVersion version,
                                                        const DatagramLinkOptions& options) {
  const bool v4 = version == IpVersion::v4;
  const InterfaceIndex interface{index_of(options.interface)};
  if (interface.value() == 0 && !options.interface.empty())
    return std::unexpected{Failure{"use interface", ENODEV, options.interface}};
  Descriptor socket{::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                             v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6})};
  if (!socket)
    return std::unexpected{
        Failure{"open a datagram socket", errno, v4 ? "for ICMP" : "for ICMPv6"}};
  if (const auto ready = net::prepare(socket.get(), version, options); !ready)
    return std::unexpected{ready.error()};
  const auto any = v4 ? Address{} : Address{Ipv6Address{}};
  const auto identifier = bind_to(socket.get(), options.source.value_or(any), interface);
  if (!identifier) return std::unexpected{identifier.error()};
  // The kernel begins to stamp packets a moment after it was first asked to.
  static_cast<void>(wait_readable({}, now() + std::chrono::milliseconds{2}));
  return DatagramLink{
      std::make_unique<State>(version, std::move(socket), *identifier, interface, options)};
}

DatagramLink::DatagramLink(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
DatagramLink::DatagramLink(DatagramLink&&) noexcept = default;
DatagramLink& DatagramLink::operator=(DatagramLink&&) noexcept = default;
DatagramLink::~DatagramLink() = default;

Identifier DatagramLink::identifier() const noexcept { return state_->identifier; }

bool DatagramLink::writable(Instant) const { return !state_->queue.full(); }

void DatagramLink::transmit(Instant now, std::span<const Action> batch, Inbox& inbox) {
  std::vector<Outgoing> packets;
  const auto flush = [&] {
    state_->queue.send(now, packets, inbox);
    packets.clear();
  };
  for (const auto& action : batch) {
    const auto* send = std::get_if<SendOn>(&action);
    if (send == nullptr) {
      refuse_action(now, action, inbox, "on a datagram socket");
      continue;
    }
    if (state_->path_mtu_discovery != send->path_mtu_discovery) {
      flush();
      state_->discover(send->path_mtu_discovery);
    }
    state_->flow = send->flow;
    packets.push_back(state_->prepare(*send));
  }
  flush();
  state_->take_errors(now, inbox);
}

void DatagramLink::readable(Instant now, Inbox& inbox) {
  state_->queue.retry(now, inbox);
  state_->take_errors(now, inbox);
  for (int round = 0; round < 256; ++round) {
    const auto count = state_->ring.receive(state_->socket.get(), 0);
    if (count == 0) break;
    state_->clock.check();
    state_->take_errors(now, inbox);
    for (std::size_t i = 0; i < count; ++i) state_->deliver(i, now, inbox);
    if (count < ReceiveRing::slots) break;
  }
  state_->clock.queues_are_empty();
}

std::span<const int> DatagramLink::descriptors() const { return state_->descriptors; }

std::optional<Instant> DatagramLink::next_wakeup() const { return state_->queue.retry_at(); }

}  // namespace sonda::inline v0::net
