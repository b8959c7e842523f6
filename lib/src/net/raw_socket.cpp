// Raw sockets: options, headers of our own, and packets as an engine wants them.
#include "raw_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <sonda/net/icmp_filter.hpp>
#include <sonda/wire/ipv4.hpp>

#include "socket_option.hpp"

namespace sonda::inline v0::net {

std::expected<Descriptor, Failure> open_deaf(IpVersion version, int protocol, const char* purpose) {
  constexpr int kind = SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK;
  Descriptor socket{::socket(version == IpVersion::v4 ? AF_INET : AF_INET6, kind, protocol)};
  if (!socket) return std::unexpected{Failure{"open a raw socket", errno, purpose}};
  if (const auto deaf = attach_filter(socket.get(), refuse_all_filter()); !deaf)
    return std::unexpected{deaf.error()};
  return socket;
}

void stamp_received(int socket) {
  OptionSetter{socket}.if_possible(SOL_SOCKET, SO_TIMESTAMPING,
                                   SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
}

std::expected<void, Failure> prepare_sender(int socket, IpVersion version,
                                            const SenderOptions& options) {
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
  if (options.error_buffer != 0) set.if_possible(SOL_SOCKET, SO_RCVBUF, options.error_buffer);
  return set.result();
}

std::expected<void, Failure> prepare_receiver(int socket, IpVersion version,
                                              std::size_t receive_buffer,
                                              std::span<const sock_filter> filter) {
  OptionSetter set{socket};
  if (version == IpVersion::v4) {
    set(SOL_IP, IP_PKTINFO, 1, "learn the interface of packets");
  } else {
    set(SOL_IPV6, IPV6_RECVPKTINFO, 1, "learn the interface of packets");
    set(SOL_IPV6, IPV6_RECVHOPLIMIT, 1, "learn the hop limit of packets");
    set(SOL_IPV6, IPV6_RECVTCLASS, 1, "learn the traffic class of packets");
  }
  set.if_possible(SOL_SOCKET, SO_RXQ_OVFL, 1);
  set.if_possible(SOL_SOCKET, SO_RCVBUF, receive_buffer);
  if (const auto result = set.result(); !result) return result;

  // What arrived while everything was refused, or before: none of it answers us.
  ReceiveRing ring{64};
  while (ring.receive(socket, MSG_TRUNC) != 0) {
  }
  return attach_filter(socket, filter);
}

Outgoing outgoing(const Send& action, InterfaceIndex interface, const std::optional<Address>& own) {
  Outgoing packet;
  packet.probe = action.probe;
  packet.octets = action.octets;
  packet.to = action.to;
  packet.mtu = action.mtu;
  packet.may_fragment = action.may_fragment;
  packet.interface = action.interface.value() != 0 ? action.interface : interface;
  packet.name = socket_address(action.to, Port{}, packet.interface);
  if (packet.interface.value() == 0 && !own) return packet;
  if (action.to.is_v4()) {
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

void deliver_raw(const ReceiveRing& ring, std::size_t i, IpVersion version,
                 const StampConverter& clock, DropCounter& drops, Instant now, Inbox& inbox) {
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

}  // namespace sonda::inline v0::net
