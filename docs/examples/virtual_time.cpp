// An hour of pings over a bad link, in the simulated internet: the same answer every time, at once.
#include <iostream>

#include <sonda/probe/ping.hpp>
#include <sonda/run/clock.hpp>
#include <sonda/run/loop.hpp>
#include <sonda/run/sim_link.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/router.hpp>

int main() {
  using namespace sonda;
  using namespace std::chrono_literals;
  const Ipv4Address client{192, 0, 2, 1}, gateway{192, 0, 2, 254}, server{198, 51, 100, 9};

  sim::Network network{2024};  // the seed
  auto& router = network.add(sim::Router{{.addresses = {gateway}}});
  auto& host = network.add(sim::Host{{.addresses = {server}}});
  network.connect(network.client(), router, {.delay = 5ms, .jitter = 2ms});
  network.connect(router, host,
                  {.delay = 20ms, .loss = 0.1, .duplication = 0.01, .reordering = 0.01});

  PingEngine engine{{.source = client, .target = server, .key = {1, 2}, .count = 3600}};
  run::SimLink link{network};
  run::VirtualClock clock;
  const auto tell = [](const Occurrence& occurrence) {
    const auto* sum = std::get_if<PingSummary>(&occurrence.event.what);
    if (sum == nullptr || !sum->rtt) return;
    std::cout << sum->elapsed / 1s << " s of virtual time: " << sum->sent << " sent, "
              << sum->received << " answered, " << sum->lost << " lost, " << sum->duplicates
              << " duplicates, median " << sum->rtt->median / 1us << " us\n";
  };
  run::Loop{engine, link, clock, {.on_event = tell}}.run();
}
