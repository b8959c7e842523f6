// What a topology file says: machines, the links between them, and what happens when. Plain values;
// docs/topology.md describes the file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/core/time.hpp>
#include <sonda/lab/selection.hpp>
#include <sonda/lab/sentence.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/link_model.hpp>
#include <sonda/sim/router_plan.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/prefix.hpp>

namespace sonda::inline v0::lab {

// An address of an interface, with the length of its link's prefix.
struct InterfaceAddress {
  Address address{};
  unsigned length = 0;
  [[nodiscard]] Prefix prefix() const { return {address, length}; }
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

// One end of a link.
struct LinkEnd {
  std::string machine{};
  std::vector<InterfaceAddress> addresses{};
};

struct Link {
  LinkEnd lower{};  // the machine that is named first
  LinkEnd upper{};
  sim::LinkModel there{};  // from lower to upper
  sim::LinkModel back{};

  [[nodiscard]] std::string name() const { return lower.machine + '-' + upper.machine; }
  [[nodiscard]] bool joins(std::string_view a, std::string_view b) const {
    return (lower.machine == a && upper.machine == b) || (lower.machine == b && upper.machine == a);
  }
};

struct NamedRoute {
  Prefix to;
  sim::RouteKind kind = sim::RouteKind::via;
  std::string via{};  // the neighbour's name
};

struct NamedNat {
  std::string outside{};  // the neighbour's name
  Address address{};
};

struct RouterNode {
  std::string name{};
  // Without what needs the links: of addresses only the further ones; no rules, routes, NAT.
  sim::RouterPlan plan{.limit = sim::LinuxIcmpLimit{}};
  std::vector<Rule> rules{};
  std::vector<NamedRoute> routes{};
  std::optional<NamedNat> nat{};
};

struct HostNode {
  std::string name{};
  bool kernel = false;  // a real network stack: the plan does not count
  // With no addresses but its links', and those the file gives it.
  sim::HostPlan plan{.limit = sim::LinuxIcmpLimit{}};
};

// Sentences that count from some moment on.
struct Event {
  std::optional<Duration> at{};      // since the start
  std::optional<Selection> after{};  // or behind the `count`-th packet like this
  std::uint64_t count = 1;
  Duration delay{};  // after that packet
  std::vector<Sentence> sentences{};
};

struct Topology {
  std::string title{};
  bool menu = false;  // the error menu lies behind the client's router
  std::vector<RouterNode> routers{};
  std::vector<HostNode> hosts{};
  std::vector<Link> links{};  // in order of appearance, with every address
  std::vector<Event> events{};

  [[nodiscard]] const RouterNode* router(std::string_view name) const;
  [[nodiscard]] const HostNode* host(std::string_view name) const;
  [[nodiscard]] bool knows(std::string_view name) const { return router(name) || host(name); }
  // The kernel host called "client", or else the first. Precondition: the topology comes from
  // read_topology.
  [[nodiscard]] const HostNode& client() const;
  // The router at the other end of the client's first link; null where a host is there.
  [[nodiscard]] const RouterNode* clients_router() const;
  [[nodiscard]] const Link* link_between(std::string_view a, std::string_view b) const;
  // Every address that ends at this machine, those of its links first.
  [[nodiscard]] std::vector<Address> addresses_of(std::string_view name) const;
  // All machines, in order of appearance on links.
  [[nodiscard]] std::vector<std::string> names() const;
};

// What is wrong with a file, and where. Lines and columns count from 1.
struct Complaint {
  std::string file{};
  std::size_t line = 0;
  std::size_t column = 0;
  std::string message{};  // "found …, accepted: …"
  friend bool operator==(const Complaint&, const Complaint&) = default;
};

// "FILE:LINE:COLUMN: found …, accepted: …"
[[nodiscard]] std::string to_text(const Complaint& complaint);

inline constexpr std::size_t most_text = std::size_t{1} << 20;  // octets of a file
inline constexpr std::size_t most_machines = 1'024;
inline constexpr std::size_t most_links = 4'096;
inline constexpr std::size_t most_entries = 1'024;  // of each list: rules, routes, events, ports

[[nodiscard]] std::expected<Topology, Complaint> read_topology(std::string_view text,
                                                               std::string_view file_name);

// The lab without a file: a client, its router, and the error menu behind it.
[[nodiscard]] Topology menu_topology();

// Whether the names in a sentence are machines and links of this topology, and the verb is theirs.
[[nodiscard]] Read<void> check(const Sentence& sentence, const Topology& topology);

}  // namespace sonda::inline v0::lab
