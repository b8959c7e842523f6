// What the simulation makes of a topology's parts before its machines stand.
#include "simulation_parts.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <sonda/sim/error_menu.hpp>
#include <sonda/sim/menu_address.hpp>

namespace sonda::inline v0::lab {
namespace {

std::string interface_name(std::size_t side) { return fmt::format("eth{}", side); }

sim::Side side_towards(const std::vector<Interface>& mine, std::string_view neighbour) {
  const auto found = std::ranges::find_if(
      mine, [&](const Interface& interface) { return interface.peer->machine == neighbour; });
  return sim::Side{static_cast<std::uint32_t>(found - mine.begin())};
}

// The first address of each version.
std::vector<Address> one_of_each(const std::vector<InterfaceAddress>& addresses) {
  std::vector<Address> out;
  for (const bool v4 : {true, false}) {
    const auto found = std::ranges::find_if(addresses, [v4](const InterfaceAddress& interface) {
      return interface.address.is_v4() == v4;
    });
    if (found != addresses.end()) out.push_back(found->address);
  }
  return out;
}

}  // namespace

Interfaces interfaces_of(const Topology& topology) {
  Interfaces all;
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const auto& link = topology.links[i];
    all[link.lower.machine].push_back({i, &link.lower, &link.upper, &link.there});
    all[link.upper.machine].push_back({i, &link.upper, &link.lower, &link.back});
  }
  return all;
}

sim::RouterPlan plan_of(const RouterNode& router, const Topology& topology,
                        const Interfaces& interfaces) {
  const auto& mine = interfaces.at(router.name);
  auto plan = router.plan;
  plan.addresses = topology.addresses_of(router.name);
  for (std::uint32_t i = 0; i < mine.size(); ++i) {
    const sim::Side side{i};
    for (const auto& address : one_of_each(mine[i].own->addresses))
      plan.error_sources.emplace(side, address);
    plan.interface_names.emplace(side, interface_name(i));
    for (const auto& address : mine[i].own->addresses)
      plan.on_link.push_back({address.prefix(), side});
  }
  for (const auto& rule : router.rules)
    std::ranges::move(
        router_rules(rule, [&](const std::string& name) { return topology.addresses_of(name); }),
        std::back_inserter(plan.rules));
  for (const auto& [to, kind, via] : router.routes)
    plan.routes.push_back(
        {.to = to, .kind = kind, .via = via.empty() ? sim::Side{} : side_towards(mine, via)});
  // A route to everywhere is not one to the networks beside the router.
  if (!router.routes.empty())
    for (const auto& [prefix, side] : plan.on_link)
      if (std::ranges::none_of(router.routes,
                               [&prefix](const NamedRoute& r) { return r.to == prefix; }))
        plan.routes.push_back({.to = prefix, .kind = sim::RouteKind::via, .via = side});
  if (const auto& nat = router.nat)
    plan.nat =
        sim::NatPlan{.outside = side_towards(
                         mine, nat->outside.empty() ? mine.back().peer->machine : nat->outside),
                     .address = nat->address};
  return plan;
}

sim::HostPlan plan_of(const HostNode& host, const Topology& topology,
                      const Interfaces& interfaces) {
  const auto& mine = interfaces.at(host.name);
  auto plan = host.plan;
  plan.addresses = topology.addresses_of(host.name);
  for (std::uint32_t i = 0; i < mine.size(); ++i) {
    sim::ProbedInterface probed{.name = interface_name(i), .index = InterfaceIndex{i + 1}};
    for (const auto& address : mine[i].own->addresses) probed.addresses.push_back(address.address);
    plan.interfaces.push_back(std::move(probed));
  }
  return plan;
}

std::vector<KernelInterface> kernel_interfaces(const std::vector<Interface>& mine) {
  std::vector<KernelInterface> all;
  for (std::uint32_t i = 0; i < mine.size(); ++i)
    all.push_back({.name = interface_name(i),
                   .addresses = mine[i].own->addresses,
                   .mtu = mine[i].out->mtu,
                   .gateways = one_of_each(mine[i].peer->addresses),
                   .peer = mine[i].peer->machine,
                   .side = sim::Side{i},
                   .link = sim::LinkIndex{static_cast<std::uint32_t>(mine[i].link)}});
  return all;
}

namespace {

// The first name of an address is the one that it is told by: that of its own version's error.
void add_menu_names(std::vector<NamedAddress>& all) {
  std::set<std::pair<std::string, Address>> there;
  const auto add = [&](const std::string& name, const Address& address) {
    if (there.emplace(name, address).second) all.push_back({name, address});
  };
  add("menu", sim::ErrorMenu::router_v4);
  add("menu", Address{sim::ErrorMenu::router_v6});
  for (const auto version : {IpVersion::v4, IpVersion::v6})
    for (auto entry : sim::menu_entries(version))
      for (std::uint8_t manner = 1; manner <= sim::menu_manners; ++manner) {
        entry.manner = sim::MenuManner{manner};
        if (const auto name = sim::menu_name(entry)) add(*name, sim::menu_address(entry));
      }
  for (const auto& entry : sim::menu_names())
    for (const auto& address : {entry.v4, entry.v6})
      if (address) add(entry.name, *address);
}

}  // namespace

std::vector<NamedAddress> named_addresses(const Topology& topology) {
  std::vector<NamedAddress> all;
  for (const auto& name : topology.names())
    for (const auto& address : topology.addresses_of(name)) all.push_back({name, address});
  if (topology.menu) add_menu_names(all);
  return all;
}

std::vector<Address> name_servers(const Topology& topology) {
  const auto* router = topology.clients_router();
  if (!router) return {};
  const auto* link = topology.link_between(topology.client().name, router->name);
  return one_of_each((link->lower.machine == router->name ? link->lower : link->upper).addresses);
}

}  // namespace sonda::inline v0::lab
