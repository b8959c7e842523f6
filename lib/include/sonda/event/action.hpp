// What an engine asks of the world: one action per call of poll_action.
#pragma once
#include <cstdint>
#include <optional>
#include <variant>

#include <sonda/core/bytes.hpp>
#include <sonda/core/strong.hpp>
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

// Open a stream or datagram socket of the link's own and connect it.
struct Connect {
  FlowId flow{};
  ProbeId probe{};
  Address to{};
  Port port{};
  Ttl ttl{};
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

// Forget a flow that Connect opened.
struct Abandon {
  FlowId flow{};
};

using Action = std::variant<Send, Connect, SendOn, Abandon>;

}  // namespace sonda::inline v0
