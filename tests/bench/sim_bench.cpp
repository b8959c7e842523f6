// The simulated internet at speed: how many times a second a packet crosses a link.
#include <functional>
#include <optional>
#include <vector>

#include <benchmark/benchmark.h>

#include <sonda/sim/host.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/icmp_echo.hpp>

#include "allocations.hpp"

namespace sonda::bench {
namespace {

using namespace std::chrono_literals;
using namespace sonda::sim;

constexpr std::uint8_t routers = 8;
const Address client{Ipv4Address{192, 0, 2, 2}}, target{Ipv4Address{198, 51, 100, 10}};

Octets echo_request() {
  const Octets data(56, 0x5a);
  const Echo echo{.identifier = Identifier{0x1234}, .sequence = Sequence{7}, .data = data};
  const Envelope envelope{.from = client, .to = target, .protocol = Protocol::icmp};
  auto packet = envelope.packet(echo.size());
  echo.emit(MutableBytes{packet}.subspan(envelope.size()));
  return packet;
}

// What a lab has between its client and its server.
class Counting final : public Observer {
 public:
  void on_crossing(const Crossing& crossing) override { octets_ += crossing.octets.size(); }
  void on_note(const Note& note) override { octets_ += note.packet.size(); }
  [[nodiscard]] std::size_t octets() const { return octets_; }

 private:
  std::size_t octets_ = 0;
};

// A chain of routers with a host at its end; `plan` says what the router of that number is like.
Network chain(const LinkModel& link, const std::function<RouterPlan(std::uint8_t)>& plan) {
  Network network{1};
  const Node* last = &network.client();
  for (std::uint8_t i = 1; i <= routers; ++i) {
    const auto& router = network.add(Router{plan(i)});
    network.connect(*last, router, link);
    last = &router;
  }
  network.connect(*last, network.add(Host{{.addresses = {target}}}), link);
  return network;
}

// So many echoes under way at any time, spread over a round trip; a turn of the loop ends when one
// has come back and the next has left.
void echoes(benchmark::State& state, Network& network) {
  const auto request = echo_request();
  const auto under_way = state.range(0);
  const auto apart = Duration{18ms} / under_way;
  Instant now{1s};
  std::uint64_t replies = 0;
  for (std::int64_t i = 0; i < under_way; ++i) network.send(now + i * apart, request);
  const auto step = [&] {
    while (const auto due = network.next_due()) {
      now = *due;
      const auto reply = network.take_due(now);
      if (!reply) continue;
      benchmark::DoNotOptimize(reply->octets.data());
      network.send(now, request);
      ++replies;
      return;
    }
  };
  for (std::int64_t i = 0; i < under_way + 1'000; ++i) step();
  const auto hops = network.hops();
  const auto before = allocations();
  for (auto _ : state) step();
  const auto crossed = static_cast<double>(network.hops() - hops);
  if (replies == 0) state.SkipWithError("nothing came back");
  state.counters["hops"] = benchmark::Counter(crossed, benchmark::Counter::kIsRate);
  state.counters["ns_per_hop"] =
      benchmark::Counter(crossed / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["allocations"] = static_cast<double>(allocations() - before) / crossed;
}

RouterPlan plain(std::uint8_t number) { return {.addresses = {Ipv4Address{10, 0, number, 1}}}; }

void sim_plain(benchmark::State& state) {
  auto network = chain({.delay = 1ms}, plain);
  echoes(state, network);
}
BENCHMARK(sim_plain)->Arg(1)->Arg(1'000)->Arg(100'000)->MinWarmUpTime(0.2);

// Every router has five rules that do not fit, a limit, routes and links of its own; the first one
// translates, one rewrites; links vary, and somebody looks on.
RouterPlan busy(std::uint8_t number) {
  auto plan = plain(number);
  for (std::uint16_t port = 1; port <= 5; ++port)
    plan.rules.push_back({.match = {.protocol = Protocol::tcp, .destination_port = Port{port}}});
  plan.limit = LinuxIcmpLimit{};
  plan.on_link = {{.prefix = {Ipv4Address{10, 0, number, 0}, 24}}};
  plan.routes = {{.to = {Ipv4Address{10, 9, 0, 0}, 16}, .kind = RouteKind::blackhole}};
  plan.balancing = Balancing::per_flow;
  if (number == 1) plan.nat = NatPlan{.outside = Side{1}, .address = Ipv4Address{203, 0, 113, 1}};
  if (number == 4) plan.rewriting = {.dscp = std::uint8_t{10}, .most_mss = std::uint16_t{1'400}};
  return plan;
}

void sim_busy(benchmark::State& state) {
  auto network = chain({.delay = 1ms,
                        .jitter = 1ms,

                        .reordering = 0.01,
                        .rate = 100'000'000'000},
                       busy);
  Counting observer;
  network.set_observer(&observer);
  echoes(state, network);
  benchmark::DoNotOptimize(observer.octets());
}
BENCHMARK(sim_busy)->Arg(1)->Arg(1'000)->Arg(100'000)->MinWarmUpTime(0.2);

}  // namespace
}  // namespace sonda::bench
