// Honest pings on random paths, of every kind that the simulated internet has.
#pragma once
#include <memory>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/menu_address.hpp>

#include "../scenarios/forger.hpp"
#include "../support/virtual_run.hpp"
#include "random_path.hpp"

namespace sonda::test {

inline sim::LinkModel random_way(sim::Random& random) {
  auto model = random_link(random);
  model.mtu = random.chance(0.15) ? Mtu{1'300} : Mtu{1'500};
  return model;
}

inline sim::RouterPlan random_router(sim::Random& random) {
  sim::RouterPlan plan;
  if (random.chance(0.2)) plan.quoted = 28 + random.below(60);
  plan.quoted_as_sent = random.chance(0.2);
  if (random.chance(0.2)) plan.labels = {{.label = 24'015, .ttl = Ttl{3}}};
  plan.tells_interface = random.chance(0.2);
  if (random.chance(0.2)) plan.rewriting.dscp = std::uint8_t{10};
  plan.rewriting.clear_dont_fragment = random.chance(0.1);
  plan.rewriting.bleach_ecn = random.chance(0.1);
  return plan;
}

inline void make_random(PingPlan& plan, sim::Random& random) {
  plan.count = random.below(25);
  plan.interval = random.chance(0.2) ? 0ms : random.up_to(200ms);
  plan.timeout = 1ms + random.up_to(700ms);
  plan.data_size = random.chance(0.2) ? random.below(8) : 8 + random.below(90);
  if (random.chance(0.15)) plan.data_size = 1'200 + random.below(2'500);  // in fragments
  if (random.chance(0.2)) plan.pattern = {0xde, 0xad, 0xbe};
  if (random.chance(0.2)) plan.ttl = Ttl{random.below(3) + 1};
  if (random.chance(0.2)) plan.traffic_class = TrafficClass{random.below(256)};
  plan.report_outstanding = random.chance(0.3);
  constexpr std::array discoveries{PathMtuDiscovery::want, PathMtuDiscovery::want,
                                   PathMtuDiscovery::keep, PathMtuDiscovery::dont,
                                   PathMtuDiscovery::probe};
  plan.path_mtu_discovery = discoveries[random.below(discoveries.size())];
}

inline std::unique_ptr<VirtualPing> random_menu_ping(bool v4, std::uint64_t seed,
                                                     sim::Random& random) {
  const auto entries = sim::menu_entries(v4 ? IpVersion::v4 : IpVersion::v6);
  auto entry = entries[random.below(entries.size())];
  entry.manner = sim::MenuManner{static_cast<std::uint8_t>(1 + random.below(11))};
  auto ping = std::make_unique<VirtualPing>(VirtualPing::Menu{sim::menu_address(entry)}, seed);
  if (random.chance(0.5)) ping->plan.data_size = random.below(2'000);
  return ping;
}

inline std::unique_ptr<VirtualPing> random_path_ping(const VirtualAddresses& addresses,
                                                     std::uint64_t seed, sim::Random& random) {
  const auto schedule = [&addresses](std::uint64_t, sim::Random& of_host) {
    return of_host.chance(0.5) ? sim::Manner{} : random_manner(addresses, of_host);
  };
  auto ping = std::make_unique<VirtualPing>(
      addresses, seed, sim::HostPlan{.schedule = sim::Schedule{schedule}}, random_router(random));
  auto& network = ping->network;
  network.set_link(ping->tap, *ping->router, random_way(random));
  network.set_link(*ping->router, ping->tap, random_way(random));
  network.set_link(*ping->host, *ping->router, random_way(random));
  network.set_link(*ping->router, *ping->host, random_way(random));
  make_random(ping->plan, random);
  auto forger = std::make_shared<Forger>(ping->plan.data_size >= 8 ? 0.3 : 0.0, random.fork());
  ping->witness = [forger, &router = *ping->router](Instant now, Bytes sent, sim::Network& in) {
    if (sent.size() < 1'000) (*forger)(now, sent, in, router);
  };
  return ping;
}

inline VirtualRun random_run(std::uint64_t seed, IcmpMode mode) {
  sim::Random random{seed};
  const auto& addresses = random.chance(0.5) ? virtual_v4 : virtual_v6;
  const auto ping = random.chance(0.3) ? random_menu_ping(addresses.target.is_v4(), seed, random)
                                       : random_path_ping(addresses, seed, random);
  ping->plan.mode = mode;
  auto& faults = ping->faults;
  faults.seed = random.next();
  if (random.chance(0.2)) faults.refuse_share = 0.2;
  if (random.chance(0.2)) faults.hold_share = 0.2, faults.hold_for = random.up_to(300ms);
  if (random.chance(0.3)) faults.better_stamp_after = random.up_to(50ms);
  faults.better_stamp_lost = 0.3;
  if (random.chance(0.05)) faults.drops = {{Instant{100ms}, DropPlace::socket, 3}};
  if (random.chance(0.1)) ping->plan.deadline = random.up_to(3s);
  std::optional<Instant> stop_at, query_at;
  if (random.chance(0.1)) stop_at = Instant{random.up_to(2s)};
  if (random.chance(0.2)) query_at = Instant{random.up_to(1s)};
  ping->annotated = random.chance(0.5);
  ping->on_step = [&](Instant now, run::Loop& loop) {
    if (query_at && now >= *query_at) loop.query(), query_at.reset();
    if (stop_at && now >= *stop_at) loop.stop();
  };
  return ping->run();
}

}  // namespace sonda::test
