// What the world tells an engine: packets, reports of sockets, stamps.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include <sonda/core/bytes.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0 {

// Where the octets of a received packet begin.
enum class Begins : std::uint8_t {
  ip,        // at the IP header (raw IPv4 sockets, AF_PACKET)
  transport  // behind it (raw IPv6 and datagram sockets)
};

struct Received {
  Bytes octets{};
  Begins begins = Begins::ip;
  Address source{};
  Address destination{};
  std::optional<Ttl> hop_limit{};
  std::optional<TrafficClass> traffic_class{};
  InterfaceIndex interface{};
  Stamp stamp{};
};

// Who put an entry into a socket's error queue.
enum class ErrorOrigin : std::uint8_t { local, icmp };

struct QueuedError {
  ErrorOrigin origin = ErrorOrigin::local;
  int error_code = 0;  // the errno that goes with it
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  Address offender{};      // who sent the ICMP message
  std::uint32_t info = 0;  // MTU or pointer, where the message has one
  Address destination{};   // of the datagram that caused it
  Bytes quoted{};          // what came back of that datagram, from its transport header on
};

struct SocketReport {
  FlowId flow{};
  int error_code = 0;          // what the call got; 0 where it got none
  std::uint8_t tcp_state = 0;  // tcpi_state, 0 where the socket is not of TCP
  Bytes data{};
  bool end_of_data = false;  // the other side has ended its direction
  // Of a connect: how many SYNs left, 0 where nobody knows; the system's own measure of the round
  // trip of SYN and SYN-ACK, to the microsecond; the receive window of the SYN-ACK.
  std::uint8_t transmissions = 0;
  std::optional<Duration> handshake{};
  std::optional<std::uint32_t> window{};
  bool neighbor_silent = false;  // the SYNs still wait for an answer to our ARP or ND
  std::span<const QueuedError> queue{};
  Stamp stamp{};
};

// Where received packets were dropped before a program could see them.
enum class DropPlace : std::uint8_t { socket, interface, capture };

}  // namespace sonda::inline v0
