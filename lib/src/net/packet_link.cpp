// The packet socket, its next hops, and the same batches and stamps as every link.
#include <array>
#include <cerrno>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <sys/socket.h>
#include <unordered_map>
#include <utility>

#include <sonda/net/icmp_filter.hpp>
#include <sonda/net/packet_link.hpp>
#include <sonda/net/route.hpp>
#include <sonda/net/wait.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/protocol.hpp>

#include "error_queue.hpp"
#include "neighbor.hpp"
#include "received_packet.hpp"
#include "send_queue.hpp"
#include "socket_option.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr std::size_t largest_packet = 65'600;

EtherType ether_type(IpVersion version) noexcept {
  return version == IpVersion::v4 ? EtherType::ipv4 : EtherType::ipv6;
}

// Where a packet goes on the link; without `to`, to whoever is at the other end.
SocketAddress link_name(std::uint32_t interface, EtherType type,
                        const std::optional<MacAddress>& to) {
  sockaddr_ll ll{};
  ll.sll_family = AF_PACKET;
  const std::array<std::uint8_t, 2> protocol{
      static_cast<std::uint8_t>(std::to_underlying(type) >> 8),
      static_cast<std::uint8_t>(std::to_underlying(type))};
  std::memcpy(&ll.sll_protocol, protocol.data(), protocol.size());
  ll.sll_ifindex = static_cast<int>(interface);
  if (to) {
    ll.sll_halen = static_cast<unsigned char>(to->octets().size());
    std::memcpy(ll.sll_addr, to->octets().data(), to->octets().size());
  }
  SocketAddress name;
  std::memcpy(&name.storage, &ll, sizeof ll);
  name.size = sizeof ll;
  return name;
}

std::expected<Interface, Failure> find_interface(const std::string& name) {
  const auto all = interfaces();
  if (!all) return std::unexpected{all.error()};
  for (const auto& interface : *all)
    if (interface.name == name) return interface;
  return std::unexpected{Failure{"use interface", ENODEV, name}};
}

}  // namespace

std::expected<PacketSocket, Failure> PacketSocket::open() {
  // Protocol 0: the socket hears nothing until it is bound to one.
  Descriptor socket{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) return std::unexpected{Failure{"open a packet socket", errno, ""}};
  OptionSetter{socket.get()}.if_possible(SOL_SOCKET, SO_TIMESTAMPING,
                                         TransmitStamps::reporting_flags());
  return PacketSocket{std::move(socket), now()};
}

struct PacketLink::State {
  State(PacketSocket socket_, const PacketLinkOptions& options, Interface interface_)
      : version{options.version},
        interface{std::move(interface_)},
        socket{std::move(socket_.socket_)},
        descriptors{socket.get()},
        clock{options.wall_clock},
        queue{socket.get(), options.transmit_stamps,
              [this](const Outgoing& packet) { return explain_length(packet); }} {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] std::unexpected<Failure> explain_length(const Outgoing& packet) const;
  [[nodiscard]] Address next_hop(const Address& to) const;
  // Nothing where it is not known (yet); an empty optional in it where none is needed.
  [[nodiscard]] std::optional<std::optional<MacAddress>> link_address(const Address& to) const;
  void take_stamps(Instant now, Inbox& inbox);
  void deliver(std::size_t i, Instant now, Inbox& inbox);

  IpVersion version;
  Interface interface;
  Descriptor socket;
  std::array<int, 1> descriptors;
  StampConverter clock;
  SendQueue queue;
  ErrorQueue errors{256};
  ReceiveRing ring{largest_packet};
  std::unordered_map<Address, MacAddress> learned;  // of targets, not of hops
};

std::unexpected<Failure> PacketLink::State::explain_length(const Outgoing& packet) const {
  return std::unexpected{send_failure(packet.to, EMSGSIZE,
                                      ", " + std::to_string(packet.octets.size()) +
                                          " octets where the MTU is " +
                                          std::to_string(interface.mtu.value()))};
}

Address PacketLink::State::next_hop(const Address& to) const {
  const auto route = find_route(to, std::nullopt, interface.name);
  return route && route->gateway ? *route->gateway : to;
}

std::optional<std::optional<MacAddress>> PacketLink::State::link_address(const Address& to) const {
  if (interface.loopback) return MacAddress{};
  if (!interface.neighbor_protocol || interface.point_to_point || !interface.mac)
    return std::optional<MacAddress>{};
  if (const auto mapped = mapped_mac(to)) return mapped;
  const auto known = learned.find(to);
  if (known == learned.end()) return std::nullopt;
  return known->second;
}

std::expected<void, Failure> PacketLink::learn_next_hop(const Address& to, Duration most) {
  auto& state = *state_;
  if (state.link_address(to)) return {};
  const auto route = find_route(to, std::nullopt, state.interface.name);
  if (route && route->type == RouteType::broadcast) {
    state.learned[to] = MacAddress::broadcast();
    return {};
  }
  const auto hop = state.next_hop(to);
  const auto end = now() + most;
  for (bool asked = false;; asked = true) {
    if (const auto address = known_link_address(hop, state.interface.index)) {
      state.learned[to] = *address;
      return {};
    }
    if (!asked) ask_for_link_address(hop, state.interface.index);
    if (now() >= end) break;
    static_cast<void>(wait_readable({}, std::min(end, now() + std::chrono::milliseconds{2})));
  }
  return std::unexpected{Failure{"find the link address", EHOSTUNREACH,
                                 std::string{"of "}.append(to_text(hop).view())}};
}

void PacketLink::State::take_stamps(Instant now, Inbox& inbox) {
  errors.drain(socket.get(), clock, queue.stamps(), [](const QueuedIcmpError&) {});
  queue.stamps().report(now, inbox);
}

void PacketLink::State::deliver(std::size_t i, Instant now, Inbox& inbox) {
  const auto from = [this, i] {
    sockaddr_ll ll{};
    std::memcpy(&ll, &ring.name(i), sizeof ll);
    return ll;
  }();
  if (from.sll_pkttype == PACKET_OUTGOING || from.sll_pkttype == PACKET_OTHERHOST) return;
  Received packet{.octets = ring.octets(i),
                  .begins = Begins::ip,
                  .source = {},
                  .destination = {},
                  .hop_limit = std::nullopt,
                  .traffic_class = std::nullopt,
                  .interface = interface.index,
                  .stamp = clock.received(read_packet_info(ring.header(i)).stamp, now)};
  if (const auto v4 = Ipv4View::parse_quoted(packet.octets); v4 && version == IpVersion::v4) {
    packet.source = v4->source();
    packet.destination = v4->destination();
    packet.hop_limit = v4->ttl();
    packet.traffic_class = v4->traffic_class();
  }
  if (const auto v6 = Ipv6View::parse_quoted(packet.octets); v6 && version == IpVersion::v6) {
    const auto zone = Zone::parse(interface.name);
    const auto zoned = [&zone](const Address& address) {
      return zone && address.is_link_local() ? address.with_zone(*zone) : address;
    };
    packet.source = zoned(v6->source());
    packet.destination = zoned(v6->destination());
    packet.hop_limit = v6->hop_limit();
    packet.traffic_class = v6->traffic_class();
  }
  inbox.on_packet(now, packet);
}

std::expected<PacketLink, Failure> PacketLink::open(PacketSocket socket,
                                                    const PacketLinkOptions& options) {
  auto interface = find_interface(options.interface);
  if (!interface) return std::unexpected{interface.error()};
  const int number = socket.socket_.get();
  OptionSetter set{number};
  if (options.send_buffer != 0) set.if_possible(SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  set.if_possible(SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  if (!options.filter.empty())
    if (const auto attached = attach_filter(number, options.filter); !attached)
      return std::unexpected{attached.error()};
  const auto name = link_name(interface->index.value(), ether_type(options.version), std::nullopt);
  if (::bind(number, name.get(), name.size) != 0)
    return std::unexpected{Failure{"listen", errno, "on " + options.interface}};
  static_cast<void>(wait_readable({}, socket.opened_ + std::chrono::milliseconds{2}));
  return PacketLink{std::make_unique<State>(std::move(socket), options, std::move(*interface))};
}

PacketLink::PacketLink(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
PacketLink::PacketLink(PacketLink&&) noexcept = default;
PacketLink& PacketLink::operator=(PacketLink&&) noexcept = default;
PacketLink::~PacketLink() = default;

bool PacketLink::writable(Instant) const { return !state_->queue.full(); }

void PacketLink::transmit(Instant now, std::span<const Action> batch, Inbox& inbox) {
  std::vector<Outgoing> packets;
  for (const auto& action : batch) {
    const auto* send = std::get_if<Send>(&action);
    if (send == nullptr) {
      refuse_action(now, action, inbox, "on a packet socket");
      continue;
    }
    const auto link_address = state_->link_address(send->to);
    if (!link_address) {
      inbox.on_refused(now, send->probe, send_failure(send->to, EHOSTUNREACH));
      continue;
    }
    Outgoing packet;
    packet.probe = send->probe;
    packet.octets = send->octets;
    packet.to = send->to;
    packet.mtu = state_->interface.mtu;
    packet.name = link_name(state_->interface.index.value(),
                            send->to.is_v4() ? EtherType::ipv4 : EtherType::ipv6, *link_address);
    packets.push_back(packet);
  }
  state_->queue.send(now, packets, inbox);
  state_->take_stamps(now, inbox);
}

void PacketLink::readable(Instant now, Inbox& inbox) {
  state_->queue.retry(now, inbox);
  state_->take_stamps(now, inbox);
  for (int round = 0; round < 256; ++round) {
    const auto count = state_->ring.receive(state_->socket.get(), 0);
    if (count == 0) break;
    state_->clock.check();
    state_->take_stamps(now, inbox);
    for (std::size_t i = 0; i < count; ++i) state_->deliver(i, now, inbox);
    if (count < ReceiveRing::slots) break;
  }
  state_->clock.queues_are_empty();
  // Asking for the count sets it to 0: no difference to keep.
  tpacket_stats drops{};
  socklen_t size = sizeof drops;
  if (::getsockopt(state_->socket.get(), SOL_PACKET, PACKET_STATISTICS, &drops, &size) == 0 &&
      drops.tp_drops != 0)
    inbox.on_drops(now, DropPlace::socket, drops.tp_drops);
}

std::span<const int> PacketLink::descriptors() const { return state_->descriptors; }

std::optional<Instant> PacketLink::next_wakeup() const { return state_->queue.retry_at(); }

}  // namespace sonda::inline v0::net
