// A topology at work under virtual time, for tests: packets by hand, and what comes of them.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/lab/simulation.hpp>
#include <sonda/lab/topology.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/wire/describe.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/tcp.hpp>
#include <sonda/wire/udp.hpp>

namespace sonda::lab {

using namespace std::chrono_literals;

inline Topology topology_of(std::string_view text) {
  auto read = read_topology(text, "test.toml");
  if (read) return std::move(*read);
  ADD_FAILURE() << to_text(read.error());
  return menu_topology();
}

inline Address address(std::string_view text) { return *Address::parse(text); }

// The simulation of a file, from the client's point of view.
class Lab {
 public:
  explicit Lab(std::string_view text) : simulation{topology_of(text), 1} {}

  void say(std::string_view text) {
    const auto sentence = read_sentence(text);
    ASSERT_TRUE(sentence) << sentence.error();
    const auto done = simulation.apply(now, *sentence);
    ASSERT_TRUE(done) << done.error();
  }

  // Sends an IP packet now.
  void send(const sim::Octets& packet) { simulation.network().send(now, packet); }

  void ping(std::string_view to, unsigned ttl = 64, std::size_t size = 56) {
    const auto there = address(to);
    sim::Octets data(size, 0x2a);
    const Echo echo{.identifier = Identifier{7}, .sequence = Sequence{1}, .data = data};
    auto packet = envelope(there, there.is_v4() ? Protocol::icmp : Protocol::icmpv6, ttl);
    auto octets = packet.packet(echo.size());
    const auto message = MutableBytes{octets}.subspan(packet.size());
    if (there.is_v4())
      echo.emit(message);
    else
      echo.emit(message, packet.from.v6(), packet.to.v6());
    send(octets);
  }

  void udp(std::string_view to, std::uint16_t port, std::string_view data = "hello") {
    const auto packet = envelope(address(to), Protocol::udp, 64);
    const sim::Octets payload(data.begin(), data.end());
    const UdpHeader header{.source_port = Port{40'000}, .destination_port = Port{port}};
    auto octets = packet.packet(UdpView::header_size + payload.size());
    const auto segment = MutableBytes{octets}.subspan(packet.size());
    std::ranges::copy(payload, segment.subspan(UdpView::header_size).begin());
    header.emit(segment, packet.from, packet.to);
    send(octets);
  }

  void tcp(std::string_view to, std::uint16_t port, TcpFlags flags, std::size_t data = 0) {
    const auto packet = envelope(address(to), Protocol::tcp, 64);
    const sim::Octets payload(data, 0x2a);
    const TcpHeader header{.source_port = Port{40'000},
                           .destination_port = Port{port},
                           .sequence = TcpSequence{1'000},
                           .acknowledgement = TcpSequence{1},
                           .flags = flags,
                           .window = 64'240};
    auto octets = packet.packet(TcpView::min_size + payload.size());
    const auto segment = MutableBytes{octets}.subspan(packet.size());
    std::ranges::copy(payload, segment.subspan(TcpView::min_size).begin());
    header.emit(segment, packet.from, packet.to);
    send(octets);
  }

  // What has reached the client when `wait` is over, as tcpdump would print it, with its time in
  // ms.
  std::vector<std::string> heard(Duration wait = 1s) {
    now += wait;
    std::vector<std::string> lines;
    while (const auto packet = simulation.network().take_due(now))
      lines.push_back(std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                                         packet->at.time_since_epoch())
                                         .count()) +
                      " " + std::string{describe(packet->octets).view()});
    return lines;
  }

  Simulation simulation;
  Instant now{};

 private:
  [[nodiscard]] static sim::Envelope envelope(const Address& to, Protocol protocol, unsigned ttl) {
    return {.from = address(to.is_v4() ? "192.0.2.2" : "2001:db8::2"),
            .to = to,
            .protocol = protocol,
            .ttl = Ttl{ttl}};
  }
};

inline constexpr std::string_view eight_routers = R"(
title = "Eight routers in a row"
path = "client - r1 - r2 - r3 - r4 - r5 - r6 - r7 - r8 - web"
link.delay = "2ms"
[host.web]
address = ["203.0.113.9", "2001:db8:9::9"]
tcp.80 = "open"
)";

}  // namespace sonda::lab
