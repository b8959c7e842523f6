// What the simulation makes of a topology's parts before its machines stand.
#pragma once
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include <sonda/lab/name_server.hpp>
#include <sonda/lab/simulation.hpp>
#include <sonda/lab/topology.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/router_plan.hpp>

namespace sonda::inline v0::lab {

// One of a machine's interfaces.
struct Interface {
  std::size_t link = 0;  // of the topology
  const LinkEnd* own = nullptr;
  const LinkEnd* peer = nullptr;
  const sim::LinkModel* out = nullptr;
};
// By side: links are connected in the topology's order. It must not outlive the topology.
using Interfaces = std::unordered_map<std::string, std::vector<Interface>>;
[[nodiscard]] Interfaces interfaces_of(const Topology& topology);

[[nodiscard]] sim::RouterPlan plan_of(const RouterNode& router, const Topology& topology,
                                      const Interfaces& interfaces);
[[nodiscard]] sim::HostPlan plan_of(const HostNode& host, const Topology& topology,
                                    const Interfaces& interfaces);
[[nodiscard]] std::vector<KernelInterface> kernel_interfaces(const std::vector<Interface>& mine);
// Every machine's addresses and, with the menu, those of its entries.
[[nodiscard]] std::vector<NamedAddress> named_addresses(const Topology& topology);
// Where the client finds the name server: nowhere where no router is beside it.
[[nodiscard]] std::vector<Address> name_servers(const Topology& topology);

}  // namespace sonda::inline v0::lab
