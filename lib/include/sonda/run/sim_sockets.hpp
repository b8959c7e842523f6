// The TCP sockets of the simulated client: what Linux does between connect() and the wire.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/siphash.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/tcp.hpp>

namespace sonda::inline v0::run {

// Sockets that share one source port, as net::ConnectLink's do.
struct SimStreamSockets {
  std::vector<Address> sources{};  // the client's address of each version it has
  Port source_port{40'000};
  SipKey key{};  // of the initial sequence numbers
  // ICMP errors arrive while connect() holds the socket: they are queued, and the connect goes on.
  bool icmp_is_soft = false;
  bool tells_transmissions = true;  // false: as a system that forgets them with the connection
};

// Nothing of a connection but its beginning and its end, and what arrives in between, in order.
class SONDA_EXPORT SimSockets {
 public:
  SimSockets(sim::Network& network, SimStreamSockets plan)
      : network_{network}, plan_{std::move(plan)} {}

  void connect(Instant now, const Connect& action, Inbox& inbox);
  void abandon(Instant now, const Abandon& action);
  // What has come for the client, whole and with a right checksum.
  void on_packet(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox);
  void on_time(Instant now, Inbox& inbox);
  [[nodiscard]] std::optional<Instant> next_due() const;
  // Connections that are wanted or stand.
  [[nodiscard]] std::size_t size() const { return flows_.size(); }

 private:
  using Peer = std::pair<Address, Port>;
  struct Flow {
    Connect wanted{};
    Address source{};
    Instant started{};
    std::uint32_t first_sequence = 0;  // of the SYN
    std::uint32_t receive_next = 0;
    std::uint8_t transmissions = 0;
    bool established = false;
    std::optional<Instant> due{};
    int soft_error = 0;
  };
  using Flows = std::unordered_map<std::uint32_t, Flow>;

  void send(Instant now, const Flow& flow, TcpFlags flags, std::uint32_t sequence) const;
  void send_syn(Instant now, std::uint32_t number, Flow& flow);
  void wake_at(std::uint32_t number, Flow& flow, std::optional<Instant> at);
  void forget(Flows::iterator flow);
  void fail(Flows::iterator flow, Instant now, int error_code, std::span<const QueuedError> queue,
            Stamp stamp, Inbox& inbox);
  void on_segment(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox);
  void on_syn_sent(Instant now, Flows::iterator flow, const TcpView& segment, Stamp stamp,
                   Inbox& inbox);
  void on_established(Instant now, Flows::iterator flow, const TcpView& segment, Stamp stamp,
                      Inbox& inbox);
  void on_stray(Instant now, const sim::IpPacket& packet, const TcpView& segment);
  void on_icmp(Instant now, const sim::IpPacket& packet, Stamp stamp, Inbox& inbox);

  sim::Network& network_;
  SimStreamSockets plan_;
  Flows flows_;
  std::map<Peer, std::uint32_t> by_peer_;
  std::map<Peer, std::uint32_t> closing_;  // our FIN is out: the next sequence number
  std::set<std::pair<Instant, std::uint32_t>> timers_;
};

}  // namespace sonda::inline v0::run
