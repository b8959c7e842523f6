// A client that scans hosts behind a router, under virtual time: what a scenario is made of.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/event/event.hpp>
#include <sonda/probe/tcp.hpp>
#include <sonda/run/clock.hpp>
#include <sonda/run/loop.hpp>
#include <sonda/run/sim_link.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/address.hpp>

#include "ping_scenario.hpp"

namespace sonda::test {

struct ScanOutcome {
  std::vector<Occurrence> occurrences{};
  ScanSummary summary{};

  template <typename T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& occurrence : occurrences)
      if (const auto* what = std::get_if<T>(&occurrence.event.what)) found.push_back(*what);
    return found;
  }
  // Of the plan's ports. Each was told once, at its place.
  [[nodiscard]] std::map<std::pair<Address, Port>, PortResult> ports(const ScanSpace& space) const {
    std::map<std::pair<Address, Port>, PortResult> out;
    for (const auto& result : all<PortResult>()) {
      if (result.control) continue;
      EXPECT_TRUE(out.emplace(std::pair{result.address, result.port}, result).second)
          << "told twice: " << result.port.value();
      EXPECT_EQ(space.place_of({result.address, result.port}), result.probe.value());
    }
    return out;
  }
  [[nodiscard]] std::vector<NoticeKind> notices() const {
    std::vector<NoticeKind> out;
    for (const auto& notice : all<Notice>()) out.push_back(notice.what);
    return out;
  }
};

inline std::vector<Port> ports(std::initializer_list<int> numbers) {
  std::vector<Port> out;
  for (const int number : numbers) out.emplace_back(number);
  return out;
}
inline std::vector<Port> port_range(std::uint32_t first, std::uint32_t last) {
  std::vector<Port> out;
  for (auto port = first; port <= last; ++port) out.emplace_back(port);
  return out;
}

inline std::shared_ptr<ScanSpace> space_of(const AddressRange& targets,
                                           const std::vector<Port>& ports) {
  auto space = std::make_shared<ScanSpace>();
  TargetSet set;
  EXPECT_TRUE(set.add(targets));
  EXPECT_TRUE(space->add(set, ports));
  return space;
}

// Change what differs, then run(). Round trip 20 ms: 5 ms per link and direction.
class TcpScenario {
 public:
  static constexpr Port source_port{40'000};

  explicit TcpScenario(sim::HostPlan host_plan, std::vector<Port> asked, const Addresses& in = v4,
                       std::uint64_t seed = 1, sim::RouterPlan router_plan = {})
      : addresses{in}, network{seed} {
    host_plan.addresses = {in.target};
    router_plan.addresses = {in.router};
    router = &network.add(sim::Router{std::move(router_plan)});
    host = &network.add(sim::Host{std::move(host_plan)});
    network.give_client(in.client);
    network.connect(network.client(), *router, {.delay = 5ms});
    network.connect(*router, *host, {.delay = 5ms});
    plan.space = space_of(in.target, asked);
    plan.key = {seed, ~seed};
    plan.source_port = source_port;
    plan.source_for = [client = in.client](const Address&) { return client; };
  }
  TcpScenario(const TcpScenario&) = delete;
  TcpScenario& operator=(const TcpScenario&) = delete;

  static constexpr std::uint64_t most_steps = 5'000'000;

  // Called before each step of the loop.
  std::function<void(Instant, run::Loop&)> on_step{};

  [[nodiscard]] ScanOutcome run() {
    sockets.sources = {addresses.client};
    sockets.source_port = source_port;
    sockets.key = plan.key;
    run::SimLink stream{network, sockets}, raw{network, run::SimRawTcpSocket{source_port}};
    Link& link = plan.method == TcpMethod::syn ? raw : stream;
    TcpEngine engine{plan};
    ScanOutcome outcome;
    run::Loop loop{engine, link, clock, {.on_event = [&outcome](const Occurrence& occurrence) {
                     outcome.occurrences.push_back(occurrence);
                     if (const auto* s = std::get_if<ScanSummary>(&occurrence.event.what))
                       outcome.summary = *s;
                   }}};
    for (std::uint64_t steps = 0; steps < most_steps; ++steps) {
      if (on_step) on_step(clock.now(), loop);
      if (!loop.step()) return outcome;
    }
    ADD_FAILURE() << "the engine does not end";
    return outcome;
  }

  Addresses addresses;
  sim::Network network;
  sim::Router* router = nullptr;
  sim::Host* host = nullptr;
  TcpPlan plan{};
  run::SimStreamSockets sockets{};
  run::VirtualClock clock{};
};

}  // namespace sonda::test
