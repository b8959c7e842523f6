// The simulated internet as a link: what a raw or a datagram socket on its client would see.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/run/sim_sockets.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/reassembly.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::run {

// An ICMP datagram socket of the simulated client (SOCK_DGRAM, IPPROTO_ICMP or IPPROTO_ICMPV6).
struct SimDatagramSocket {
  Address source{};         // the client's address; its version is the socket's
  Identifier identifier{};  // the system writes it into every echo request
};

// A raw TCP socket of the simulated client whose port is held by a socket that does not listen, as
// net::RawTcpLink's is. ICMP errors come, too.
struct SimRawTcpSocket {
  Port source_port{};
};

// Everything that Linux does between its network card and the socket: reassembly, wrong IPv4 and
// ICMPv6 checksums thrown away, a raw IPv6 socket without IP header, ICMP errors of a datagram
// socket in its error queue. The network outlives the link.
class SONDA_EXPORT SimLink final : public Link {
 public:
  // A raw socket for either version.
  explicit SimLink(sim::Network& network) : network_{network} {}
  SimLink(sim::Network& network, const SimDatagramSocket& socket)
      : network_{network}, socket_{socket} {}
  SimLink(sim::Network& network, const SimRawTcpSocket& socket)
      : network_{network}, raw_tcp_{socket} {}
  // Sockets for Connect and Abandon.
  SimLink(sim::Network& network, SimStreamSockets sockets)
      : network_{network}, sockets_{std::in_place, network, std::move(sockets)} {}

  [[nodiscard]] bool writable(Instant) const override { return true; }
  void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) override;
  void readable(Instant now, Inbox& inbox) override;
  [[nodiscard]] std::span<const int> descriptors() const override { return {}; }
  [[nodiscard]] std::optional<Instant> next_wakeup() const override;

 private:
  void transmit(Instant now, const Send& action, Inbox& inbox);
  void transmit(Instant now, const SendOn& action, Inbox& inbox);
  void transmit(Instant now, const Connect& action, Inbox& inbox);
  void transmit(Instant now, const Abandon& action, Inbox& inbox);
  void put(Instant now, ProbeId probe, const Address& to, Bytes packet, Mtu mtu, bool may_fragment,
           Inbox& inbox);
  void deliver(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox);
  [[nodiscard]] bool is_for_raw_tcp(const sim::IpPacket& packet) const;
  void reset_half_open(Instant now, const sim::IpPacket& packet);
  void deliver_to_socket(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox) const;
  void queue_error(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox) const;

  sim::Network& network_;
  std::optional<SimDatagramSocket> socket_;
  std::optional<SimRawTcpSocket> raw_tcp_;
  std::optional<SimSockets> sockets_;
  sim::Reassembly reassembly_;
  std::uint32_t identification_ = 0;
};

}  // namespace sonda::inline v0::run
