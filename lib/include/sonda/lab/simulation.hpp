// A topology at work: its machines and links in a simulated network, its events on their way, its
// names known. No operating system: octets and time go in, octets and time come out.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/lab/name_server.hpp>
#include <sonda/lab/sentence.hpp>
#include <sonda/lab/topology.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/sim/observer.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::lab {

// An interface of a kernel host, for whoever makes its namespace.
struct KernelInterface {
  std::string name{};  // "eth0"
  std::vector<InterfaceAddress> addresses{};
  Mtu mtu{};
  std::vector<Address> gateways{};  // the machine at the other end, by one address of each version
  std::string peer{};               // its name
  sim::Side side{};                 // of the outlet
  sim::LinkIndex link{};
};

// A machine outside: the network's outlet, and what its namespace has. Its default routes lead to
// the first interface's gateways.
struct KernelHost {
  std::string name{};
  const sim::Node* outlet = nullptr;
  std::vector<KernelInterface> interfaces{};
};

// The two machines of a crossing.
struct Ends {
  std::string_view from{};
  std::string_view to{};
};

class Simulation {
 public:
  // Events count from `start`. Precondition: the topology comes from read_topology or
  // menu_topology.
  Simulation(Topology topology, std::uint64_t seed, Instant start = {});
  ~Simulation();
  Simulation(Simulation&&) noexcept;
  Simulation& operator=(Simulation&&) noexcept;

  [[nodiscard]] sim::Network& network();
  [[nodiscard]] const Topology& topology() const;

  // Does what a sentence says, or tells why it cannot.
  [[nodiscard]] Read<void> apply(Instant now, const Sentence& sentence);

  // Sees what the network's observer sees; the network's own is taken. Null: nobody.
  void set_observer(sim::Observer* observer);

  // The client first.
  [[nodiscard]] const std::vector<KernelHost>& kernel_hosts() const;
  [[nodiscard]] const sim::Node* find(std::string_view name) const;
  // Empty for a node of somebody else's.
  [[nodiscard]] std::string_view name_of(const sim::Node& node) const;
  // As in "r1-r2".
  [[nodiscard]] std::string name_of(sim::LinkIndex link) const;
  [[nodiscard]] std::size_t links() const;
  [[nodiscard]] Ends ends(sim::LinkIndex link, bool back) const;

  // Asked at port 53 of the client's router.
  [[nodiscard]] const NameServer& names() const;
  [[nodiscard]] std::string hosts_file() const;
  [[nodiscard]] std::string resolv_conf() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

// What a rule is to a simulated router.
[[nodiscard]] std::vector<sim::RouterRule> router_rules(const Rule& rule,
                                                        const AddressesOf& addresses_of);

}  // namespace sonda::inline v0::lab
