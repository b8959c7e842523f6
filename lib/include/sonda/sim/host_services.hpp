// What a simulated host's UDP and TCP ports do, as plain values.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/packet.hpp>

namespace sonda::inline v0::sim {

enum class UdpKind : std::uint8_t {
  closed,  // port unreachable
  silent,  // takes everything and says nothing
  echo,    // RFC 862
  answer   // `reply` to every datagram, or what `respond` makes of it
};

struct UdpService {
  UdpKind kind = UdpKind::closed;
  Octets reply{};
  std::function<std::optional<Octets>(Bytes request)> respond{};  // comes before `reply`
  std::optional<Port> from{};  // answers from another port than the one that was asked
  Duration delay{};
};

enum class TcpKind : std::uint8_t {
  closed,    // a RST
  filtered,  // silence
  open,      // completes the handshake, sends `banner`, and takes what comes
  echo,      // the same, and sends back what comes (RFC 862)
  tarpit,    // completes the handshake, then opens no window and never ends: a sender hangs
  syn_ack    // answers each SYN and nothing else: looks open, is not
};

struct TcpService {
  TcpKind kind = TcpKind::closed;
  Octets banner{};
  bool closes = false;  // ends the connection once the banner is out, as daytime does (RFC 867)
  Duration delay{};     // before the SYN-ACK: a slow server
};

struct Services {
  std::map<Port, UdpService> udp{};
  std::map<Port, TcpService> tcp{};
  UdpService other_udp{};  // of every port that is not listed
  TcpService other_tcp{};  // kind open: everything is open

  [[nodiscard]] const UdpService& of_udp(Port port) const {
    const auto found = udp.find(port);
    return found == udp.end() ? other_udp : found->second;
  }
  [[nodiscard]] const TcpService& of_tcp(Port port) const {
    const auto found = tcp.find(port);
    return found == tcp.end() ? other_tcp : found->second;
  }
};

}  // namespace sonda::inline v0::sim
