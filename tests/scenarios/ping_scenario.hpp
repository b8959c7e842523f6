// A client that pings a host behind a router, under virtual time: what a scenario is made of.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <sonda/event/event.hpp>
#include <sonda/probe/ping.hpp>
#include <sonda/run/clock.hpp>
#include <sonda/run/fault_link.hpp>
#include <sonda/run/loop.hpp>
#include <sonda/run/sim_link.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/address.hpp>

#include "ping_oracle.hpp"
#include "watched_engine.hpp"

namespace sonda::test {

using namespace std::chrono_literals;

struct Addresses {
  Address client, router, target, stranger;
};
inline const Addresses v4{Ipv4Address{192, 0, 2, 2}, Ipv4Address{192, 0, 2, 1},
                          Ipv4Address{198, 51, 100, 10}, Ipv4Address{203, 0, 113, 9}};
inline const Addresses v6{*Address::parse("2001:db8::2"), *Address::parse("2001:db8::1"),
                          *Address::parse("2001:db8:1::10"), *Address::parse("2001:db8:2::9")};

struct Outcome {
  std::vector<Occurrence> occurrences{};
  PingSummary summary{};

  // All events of one kind, in order.
  template <typename T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& occurrence : occurrences)
      if (const auto* what = std::get_if<T>(&occurrence.event.what)) found.push_back(*what);
    return found;
  }
};

// Change what differs, then run(). Round trip 20 ms: 5 ms per link and direction.
class PingScenario {
 public:
  explicit PingScenario(sim::Manner manner, const Addresses& in = v4, std::uint64_t seed = 1)
      : network{seed},
        router{network.add(sim::Router{{.addresses = {in.router}}})},
        host{network.add(sim::Host{{.addresses = {in.target}, .manner = std::move(manner)}})} {
    plan.source = in.client;
    plan.target = in.target;
    plan.key = {seed, ~seed};
    plan.count = 1;
    plan.timeout = 1s;
    network.connect(network.client(), router, {.delay = 5ms});
    network.connect(router, host, {.delay = 5ms});
  }
  explicit PingScenario(sim::Schedule schedule, const Addresses& in = v4, std::uint64_t seed = 1)
      : PingScenario{sim::Manner{}, in, seed} {
    host = sim::Host{{.addresses = {plan.target}, .schedule = std::move(schedule)}};
  }

  static constexpr std::uint64_t most_steps = 1'000'000;

  // Called before each step of the loop.
  std::function<void(Instant, run::Loop&)> on_step{};

  [[nodiscard]] Outcome run() {
    run::SimLink raw{network};
    const run::SimDatagramSocket socket{.source = plan.source, .identifier = Identifier{0x2a2a}};
    run::SimLink datagram{network, socket};
    if (!plan.path_mtu) plan.path_mtu = network.client_mtu();  // as the routing table would say
    if (plan.mode == IcmpMode::datagram) plan.identifier = socket.identifier;
    Link& inner = plan.mode == IcmpMode::datagram ? datagram : raw;
    run::FaultLink link{inner, faults};
    PingEngine ping{plan};
    if (oracle) *oracle = PingOracle{plan};
    WatchedEngine engine{ping, oracle ? &*oracle : nullptr};
    Outcome outcome;
    run::Loop loop{engine, link, clock, {.on_event = [&outcome](const Occurrence& occurrence) {
                     outcome.occurrences.push_back(occurrence);
                     if (const auto* s = std::get_if<PingSummary>(&occurrence.event.what))
                       outcome.summary = *s;
                   }}};
    for (std::uint64_t steps = 0; steps < most_steps; ++steps) {
      if (on_step) on_step(clock.now(), loop);
      if (!loop.step()) return outcome;
    }
    ADD_FAILURE() << "the engine does not end";
    return outcome;
  }

  sim::Network network;
  sim::Router& router;
  sim::Host& host;
  PingPlan plan{};
  run::FaultPlan faults{};
  run::VirtualClock clock{};
  std::optional<PingOracle> oracle{};  // set it to have one; it is made anew by run()
};

}  // namespace sonda::test
