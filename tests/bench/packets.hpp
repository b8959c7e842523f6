// The packets that the benchmarks and the allocation test work on.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

#include <sonda/wire.hpp>

namespace sonda::bench {

inline constexpr Ipv4Address client{192, 0, 2, 1}, server{198, 51, 100, 9}, router{203, 0, 113, 5};

// Ethernet, IPv4, TCP with timestamps and 730 octets of data: 796 together.
[[nodiscard]] inline std::array<std::uint8_t, 796> tcp_frame() {
  std::array<std::uint8_t, 796> frame{};
  const MutableBytes all{frame};
  for (std::size_t i = 66; i < frame.size(); ++i) frame[i] = static_cast<std::uint8_t>(i * 7);
  const EthernetHeader ethernet{.destination = MacAddress{{2, 0, 0, 0, 0, 2}},
                                .source = MacAddress{{2, 0, 0, 0, 0, 1}}};
  const Ipv4Header ip{
      .identification = 4711, .protocol = Protocol::tcp, .source = client, .destination = server};
  TcpOptions options;
  options.no_operation().no_operation().timestamps({.value = 1'000'000, .echo_reply = 999'000});
  const TcpHeader tcp{.source_port = Port{44'321},
                      .destination_port = Port{443},
                      .sequence = TcpSequence{1'000},
                      .acknowledgement = TcpSequence{2'000},
                      .flags = TcpFlags::ack | TcpFlags::psh,
                      .options = options};
  ethernet.emit(all);
  ip.emit(all.subspan(14), 796 - 14 - 20);
  tcp.emit(all.subspan(34), client, server);
  return frame;
}

// An echo request with 56 octets of data, from the IP header on.
[[nodiscard]] inline std::array<std::uint8_t, 84> echo_request() {
  std::array<std::uint8_t, 84> packet{};
  const MutableBytes all{packet};
  for (std::size_t i = 28; i < packet.size(); ++i) packet[i] = static_cast<std::uint8_t>(i - 28);
  const Ipv4Header ip{
      .identification = 1, .protocol = Protocol::icmp, .source = client, .destination = server};
  const Echo echo{
      .identifier = Identifier{7}, .sequence = Sequence{9}, .data = Bytes{packet}.subspan(28)};
  ip.emit(all, echo.size());
  echo.emit(all.subspan(20));
  return packet;
}

// The time exceeded message that quotes it whole, from the ICMP header on.
[[nodiscard]] inline std::array<std::uint8_t, 92> time_exceeded() {
  auto quoted = echo_request();
  quoted[8] = 1;
  std::array<std::uint8_t, 92> message{};
  Icmpv4Error{.type = IcmpType::time_exceeded, .quoted = quoted}.emit(message);
  return message;
}

}  // namespace sonda::bench
