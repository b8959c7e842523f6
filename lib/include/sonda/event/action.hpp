// What an engine asks of the world: one action per call of poll_action.
#pragma once
#include <cstdint>
#include <optional>
#include <variant>

#include <sonda/core/bytes.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0 {

// What happens to a packet larger than the path carries; the words of iputils' -M.
enum class PathMtuDiscovery : std::uint8_t {
  want,  // DF; once a router names an MTU, later probes leave in fragments of it
  keep,  // "do": DF, never fragmented; too large for the interface is refused here
  dont,  // no DF; fragmented for the interface's MTU, routers may cut further
  probe  // DF and the interface's MTU only: what the system knows of the path is ignored
};

// Send this IP packet as it is: header, checksums and all.
struct Send {
  ProbeId probe{};
  Bytes octets{};  // a whole IPv4 or IPv6 packet, inside the room that poll_action was given
  Address to{};
  InterfaceIndex interface{};  // 0: as the routing table says
  Mtu mtu{};                   // cut to fragments of this size; 0: of the interface's
  bool may_fragment = false;   // else what exceeds the MTU is refused with EMSGSIZE
};

// How a TCP connection of ours ends once it stands.
enum class Ending : std::uint8_t {
  half_open,  // RST instead of the handshake's last ACK: the server's program never hears of it
  reset,      // the whole handshake, then RST
  fin         // the whole handshake, then FIN: TIME_WAIT is ours
};

// Connect the link's own socket of this number, a new one or one that is free again. What comes of it
// is a SocketReport: established (tcp_state 1) or an errno, after which the flow is free.
struct Connect {
  FlowId flow{};
  ProbeId probe{};
  Address to{};
  Port port{};
  Ttl ttl{};            // 0: the system's
  Duration deadline{};  // the system gives up then, with its own ETIMEDOUT; 1.02 s at least
  std::uint8_t retransmissions = 2;    // SYNs after the first, if there is time
  Ending ending = Ending::half_open;  // as it is meant to end: half_open holds back the last ACK
};

// Send a payload on a socket; the system writes the headers below it.
struct SendOn {
  FlowId flow{};
  ProbeId probe{};
  Bytes octets{};  // from the transport header on (datagram ICMP) or a payload (UDP)
  Address to{};
  Ttl ttl{};
  TrafficClass traffic_class{};
  PathMtuDiscovery path_mtu_discovery = PathMtuDiscovery::want;
};

// End what Connect opened, standing or not. No report about the flow comes any more.
struct Abandon {
  FlowId flow{};
  Ending ending = Ending::reset;
};

using Action = std::variant<Send, Connect, SendOn, Abandon>;

}  // namespace sonda::inline v0
