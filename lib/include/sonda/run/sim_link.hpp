// The simulated internet as a link: what a raw or a datagram socket on its client would see.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/contract.hpp>
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

// Everything that Linux does between its network card and the socket: reassembly, wrong IPv4 and
// ICMPv6 checksums thrown away, a raw IPv6 socket without IP header, ICMP errors of a datagram
// socket in its error queue. The network outlives the link.
class SONDA_EXPORT SimLink final : public Link {
 public:
  // A raw socket for either version.
  explicit SimLink(sim::Network& network) : network_{network} {}
  SimLink(sim::Network& network, const SimDatagramSocket& socket)
      : network_{network}, socket_{socket} {}

  [[nodiscard]] bool writable(Instant) const override { return true; }
  void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) override;
  void readable(Instant now, Inbox& inbox) override;
  [[nodiscard]] std::span<const int> descriptors() const override { return {}; }
  [[nodiscard]] std::optional<Instant> next_wakeup() const override { return network_.next_due(); }

 private:
  void transmit(Instant now, const Send& action, Inbox& inbox);
  void transmit(Instant now, const SendOn& action, Inbox& inbox);
  void transmit(Instant now, const Connect& action, Inbox& inbox);
  void transmit(Instant, const Abandon&, Inbox&) {}
  void put(Instant now, ProbeId probe, const Address& to, Bytes packet, Mtu mtu, bool may_fragment,
           Inbox& inbox);
  void deliver(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox) const;
  void deliver_to_socket(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox) const;
  void queue_error(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox) const;

  sim::Network& network_;
  std::optional<SimDatagramSocket> socket_;
  sim::Reassembly reassembly_;
  std::uint32_t identification_ = 0;
};

}  // namespace sonda::inline v0::run
