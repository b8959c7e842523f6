// Questions to a topology; the one without a file; and whether sentences fit it.
#include <algorithm>
#include <iterator>
#include <unordered_set>

#include <fmt/format.h>

#include <sonda/lab/topology.hpp>

#include "wording.hpp"

namespace sonda::inline v0::lab {
namespace {

template <typename Node>
const Node* find(const std::vector<Node>& nodes, std::string_view name) {
  const auto found = std::ranges::find(nodes, name, &Node::name);
  return found == nodes.end() ? nullptr : &*found;
}

Read<void> wrong_name(std::string_view name, const Topology& topology) {
  return std::unexpected{instead_of(name, "the name of a machine") + meant(name, topology.names())};
}

Read<void> not_of(std::string_view name, std::string_view verb, std::string_view accepted) {
  return std::unexpected{fmt::format("found {} of {}, accepted: {}", verb, name, accepted)};
}

Read<void> check_rule(const Rule& rule, const Topology& topology) {
  for (const auto& party : {rule.which.from, rule.which.to})
    if (!party.name.empty() && !topology.knows(party.name)) return wrong_name(party.name, topology);
  return {};
}

}  // namespace

const RouterNode* Topology::router(std::string_view name) const { return find(routers, name); }
const HostNode* Topology::host(std::string_view name) const { return find(hosts, name); }

const HostNode& Topology::client() const {
  const auto* called = host("client");
  return called != nullptr && called->kernel ? *called
                                             : *std::ranges::find(hosts, true, &HostNode::kernel);
}

const RouterNode* Topology::clients_router() const {
  const auto& name = client().name;
  for (const auto& link : links) {
    if (link.lower.machine == name) return router(link.upper.machine);
    if (link.upper.machine == name) return router(link.lower.machine);
  }
  return nullptr;
}

const Link* Topology::link_between(std::string_view a, std::string_view b) const {
  const auto found =
      std::ranges::find_if(links, [&](const Link& link) { return link.joins(a, b); });
  return found == links.end() ? nullptr : &*found;
}

std::vector<Address> Topology::addresses_of(std::string_view name) const {
  std::vector<Address> all;
  for (const auto& link : links)
    for (const auto* end : {&link.lower, &link.upper})
      if (end->machine == name)
        std::ranges::transform(end->addresses, std::back_inserter(all), &InterfaceAddress::address);
  // A file that gives a router an address of its link is to hear of it; others are only once here.
  const auto add_once = [&all](const Address& more) {
    if (std::ranges::find(all, more) == all.end()) all.push_back(more);
  };
  if (const auto* node = router(name)) {
    all.insert(all.end(), node->plan.addresses.begin(), node->plan.addresses.end());
    if (node->nat) add_once(node->nat->address);
    if (node->plan.answers_from) add_once(*node->plan.answers_from);
  }
  if (const auto* node = host(name)) std::ranges::for_each(node->plan.addresses, add_once);
  return all;
}

std::vector<std::string> Topology::names() const {
  std::vector<std::string> all;
  std::unordered_set<std::string_view> seen;
  for (const auto& link : links)
    for (const auto* end : {&link.lower, &link.upper})
      if (seen.insert(end->machine).second) all.push_back(end->machine);
  return all;
}

std::string to_text(const Complaint& complaint) {
  return fmt::format("{}:{}:{}: {}", complaint.file, complaint.line, complaint.column,
                     complaint.message);
}

Topology menu_topology() {
  constexpr std::string_view text = R"(
title = "The error menu: the destination says what happens"
menu = true
path = "client - r1"
[router.r1]
icmp_limit = "none"
)";
  return std::move(*read_topology(text, "built in"));
}

Read<void> check(const Sentence& sentence, const Topology& topology) {
  const auto& name = sentence.machine;
  if (!topology.knows(name)) return wrong_name(name, topology);
  const auto* router = topology.router(name);
  const auto* host = topology.host(name);
  if (const auto* link = std::get_if<SetLink>(&sentence.verb)) {
    if (!topology.knows(link->towards)) return wrong_name(link->towards, topology);
    if (topology.link_between(name, link->towards)) return {};
    std::vector<std::string> known;
    for (const auto& other : topology.links) known.push_back(other.name());
    return std::unexpected{
        instead_of(fmt::format("{}-{}", name, link->towards), "a link of this network") +
        meant(fmt::format("{}-{}", name, link->towards), known)};
  }
  const bool of_host = std::holds_alternative<SetUdp>(sentence.verb) ||
                       std::holds_alternative<SetTcp>(sentence.verb);
  if (host && host->kernel)
    return not_of(name, "a change", "one of routers and simulated hosts, not of a kernel host");
  if (std::holds_alternative<SetSilent>(sentence.verb)) return {};
  if (router && of_host) return not_of(name, "a service", "services of hosts, not of routers");
  if (host && !of_host)
    return not_of(name, "a verb of routers", "tcp, udp or silent, as it is a host");
  if (const auto* rule = std::get_if<Rule>(&sentence.verb)) return check_rule(*rule, topology);
  return {};
}

}  // namespace sonda::inline v0::lab
