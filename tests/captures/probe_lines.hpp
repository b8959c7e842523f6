// The lines of a block ```probes: what is sent into a network to make a golden capture.
//   ping web count 3                  echo requests
//   udp web port 33434 ttl 1..9       one datagram a TTL
//   tcp web port 80                   a SYN
//   talk web port 80 data 900         a SYN, an ACK for what comes back, and data where one may be
//   sent proto web number 253              a packet of that IP protocol
// with further words
//   size N                            octets of the packet
//   sport N, port N                   `port N+`: one more for each probe
//   df, no-df                         whether routers may cut it; usually not
//   first-fragment                    only the first piece of what does not fit into 1,280 octets
//   every 10ms                        between probes
//   ipv6                              to the target's IPv6 address
// and, on lines of their own,
//   wait 3s                           nothing for a while
//   r1 drop udp                       a sentence for the network
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <sonda/core/time.hpp>
#include <sonda/lab/quantity.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/tcp.hpp>

namespace sonda::testing {

enum class ProbeKind : std::uint8_t { ping, udp, tcp, talk, proto };

struct Probe {
  ProbeKind kind = ProbeKind::ping;
  std::string target{};
  unsigned count = 1;
  unsigned first_ttl = 64, last_ttl = 64;
  std::uint16_t port = 33'434, source_port = 40'000;
  bool rising_port = false;
  std::uint8_t number = 253;  // RFC 3692: for experiments
  std::size_t size = 0, data = 0;
  bool dont_fragment = true, first_fragment = false, ipv6 = false;
  Duration every = std::chrono::milliseconds{100};
};

// Nothing for a line that is no probe's.
[[nodiscard]] lab::Read<std::optional<Probe>> read_probe(const std::string& line);

// The lines of README's block ```probes.
[[nodiscard]] std::vector<std::string> probe_lines(const std::string& readme);

// What is told apart between packets of one probe.
struct Shot {
  Address from{};
  Address to{};
  unsigned ttl = 64;
  unsigned number = 0;  // of all packets sent, from 1
  unsigned nth = 0;     // of this probe, from 0
};

[[nodiscard]] sim::Octets packet_of(const Probe& probe, const Shot& shot);

// What a client without a system of its own answers to a segment that has come for it: an ACK for
// what needs one, and `data` octets behind that of a SYN-ACK if a window is open.
[[nodiscard]] std::vector<sim::Octets> replies_to(Bytes packet, std::size_t data);

}  // namespace sonda::testing
