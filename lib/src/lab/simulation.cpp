// A topology at work.
#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include <sonda/lab/simulation.hpp>
#include <sonda/sim/error_menu.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/router.hpp>

#include "simulation_parts.hpp"

namespace sonda::inline v0::lab {
namespace {

constexpr Port dns{53};  // RFC 1035 4.2

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

}  // namespace

class Simulation::State final : public sim::Observer {
 public:
  State(Topology from, std::uint64_t seed, Instant start)
      : network{seed}, topology{std::move(from)}, interfaces{interfaces_of(topology)} {
    add_machines();
    for (const auto& link : topology.links)
      network.connect(*nodes.at(link.lower.machine), *nodes.at(link.upper.machine), link.there,
                      link.back);
    if (const auto* router = topology.clients_router(); router && topology.menu) {
      // Behind all machines: it owns whole networks, and theirs lie within.
      const auto& menu = network.add(sim::ErrorMenu{});
      names.emplace(&menu, "menu");
      network.connect(*nodes.at(router->name), menu, sim::LinkModel{});
    }
    network.set_observer(this);
    for (const auto& event : topology.events) {
      if (event.after)
        watches.push_back(
            {.event = &event, .matches = matches(*event.after, [this](const std::string& name) {
                                return topology.addresses_of(name);
                              })});
      else
        schedule(event, start + *event.at);
    }
  }
  ~State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void on_crossing(const sim::Crossing& crossing) override {
    if (observer) observer->on_crossing(crossing);
    for (auto& watch : watches) look(watch, crossing);
  }
  void on_note(const sim::Note& note) override {
    if (observer) observer->on_note(note);
  }

  void apply(Instant now, const Sentence& sentence) {
    const auto& name = sentence.machine;
    std::visit(Overloaded{[&](const Rule& rule) {
                            const auto addresses = [this](const std::string& machine) {
                              return topology.addresses_of(machine);
                            };
                            for (auto& one : router_rules(rule, addresses))
                              routers.at(name)->add_rule(std::move(one));
                          },
                          [&](const Release&) {
                            auto* router = routers.at(name);
                            network.act_at(now, *router,
                                           [router](sim::Outbox& out) { router->release(out); });
                          },
                          [&](const Clear&) { routers.at(name)->clear(); },
                          [&](const SetSilent& set) { set_silent(name, set.on); },
                          [&](const SetLimit& set) { routers.at(name)->set_limit(set.limit); },
                          [&](const SetUdp& set) {
                            auto services = hosts.at(name)->plan().services;
                            services.udp[set.port] = {.kind = set.kind};
                            hosts.at(name)->set_services(std::move(services));
                          },
                          [&](const SetTcp& set) {
                            auto services = hosts.at(name)->plan().services;
                            services.tcp[set.port] = {.kind = set.kind};
                            hosts.at(name)->set_services(std::move(services));
                          },
                          [&](const SetLink& set) { set_link(name, set); }},
               sentence.verb);
  }

  sim::Network network;
  const Topology topology;
  const Interfaces interfaces;
  std::unordered_map<std::string, const sim::Node*> nodes;
  std::unordered_map<const sim::Node*, std::string> names;
  std::unordered_map<std::string, sim::Router*> routers;
  std::unordered_map<std::string, sim::Host*> hosts;
  std::vector<KernelHost> kernel_hosts;
  std::shared_ptr<const NameServer> server;
  std::vector<Address> servers;
  sim::Observer* observer = nullptr;

 private:
  struct Watch {  // an event that waits for packets
    const Event* event = nullptr;
    std::vector<sim::Match> matches{};
    std::uint64_t seen = 0;
    // Counted where the first was seen, not on each link that it crosses.
    std::optional<std::pair<sim::LinkIndex, bool>> where{};
  };

  void enter(const std::string& name, const sim::Node& node) {
    nodes.emplace(name, &node);
    names.emplace(&node, name);
  }

  void add_machines() {
    server = std::make_shared<const NameServer>(named_addresses(topology));
    servers = name_servers(topology);
    const auto* asked = topology.clients_router();
    for (const auto& router : topology.routers) {
      sim::HostPlan own{.limit = router.plan.limit};
      if (&router == asked)
        own.services.udp[dns] = {
            .kind = sim::UdpKind::answer,
            .respond = [names = server](Bytes query) { return names->answer(query); }};
      auto& node = network.add(sim::Router{plan_of(router, topology, interfaces), std::move(own)});
      routers.emplace(router.name, &node);
      enter(router.name, node);
    }
    for (const auto& host : topology.hosts) {
      if (host.kernel) {
        add_outlet(host);
        continue;
      }
      auto& node = network.add(sim::Host{plan_of(host, topology, interfaces)});
      hosts.emplace(host.name, &node);
      enter(host.name, node);
    }
  }

  void add_outlet(const HostNode& host) {
    const auto addresses = topology.addresses_of(host.name);
    const bool client = &host == &topology.client();
    auto& node = client ? network.client() : network.add_outlet(addresses);
    if (client)
      for (const auto& address : addresses) network.give_client(address);
    enter(host.name, node);
    kernel_hosts.insert(client ? kernel_hosts.begin() : kernel_hosts.end(),
                        {.name = host.name,
                         .outlet = &node,
                         .interfaces = kernel_interfaces(interfaces.at(host.name))});
  }

  void schedule(const Event& event, Instant at) {
    network.call_at(at, [this, &event](Instant now, sim::Network&) {
      for (const auto& sentence : event.sentences) apply(now, sentence);
    });
  }

  void look(Watch& watch, const sim::Crossing& crossing) {
    const std::pair place{crossing.link, crossing.back};
    if (watch.seen >= watch.event->count || (watch.where && *watch.where != place)) return;
    const auto packet = sim::IpPacket::read(crossing.octets);
    if (!packet || std::ranges::none_of(watch.matches, [&packet](const sim::Match& match) {
          return match.fits(*packet);
        }))
      return;
    watch.where = place;
    if (++watch.seen == watch.event->count)
      schedule(*watch.event, crossing.at + watch.event->delay);
  }

  void set_silent(const std::string& name, bool on) {
    if (const auto router = routers.find(name); router != routers.end())
      return router->second->set_silent(on);
    auto* host = hosts.at(name);
    auto manner = host->plan().manner;
    const auto usual = topology.host(name)->plan.manner.answering;
    manner.answering = on                                 ? sim::Answering::silence
                       : usual == sim::Answering::silence ? sim::Answering::as_linux
                                                          : usual;
    host->set_manner(std::move(manner));
  }

  void set_link(const std::string& name, const SetLink& set) {
    const auto* link = topology.link_between(name, set.towards);
    const sim::LinkIndex index{static_cast<std::uint32_t>(link - topology.links.data())};
    for (const bool back : {false, true}) {
      const auto& from = back ? link->upper.machine : link->lower.machine;
      if (set.both_ways || from == name)
        network.set_link(index, back, changed(network.link(index, back), set.change));
    }
  }

  std::vector<Watch> watches;
};

Simulation::Simulation(Topology topology, std::uint64_t seed, Instant start)
    : state_{std::make_unique<State>(std::move(topology), seed, start)} {}
Simulation::~Simulation() = default;
Simulation::Simulation(Simulation&&) noexcept = default;
Simulation& Simulation::operator=(Simulation&&) noexcept = default;

sim::Network& Simulation::network() { return state_->network; }
const Topology& Simulation::topology() const { return state_->topology; }

Read<void> Simulation::apply(Instant now, const Sentence& sentence) {
  if (auto right = check(sentence, state_->topology); !right) return right;
  state_->apply(now, sentence);
  return {};
}

void Simulation::set_observer(sim::Observer* observer) { state_->observer = observer; }

const std::vector<KernelHost>& Simulation::kernel_hosts() const { return state_->kernel_hosts; }

const sim::Node* Simulation::find(std::string_view name) const {
  const auto found = state_->nodes.find(std::string{name});
  return found == state_->nodes.end() ? nullptr : found->second;
}

std::string_view Simulation::name_of(const sim::Node& node) const {
  const auto found = state_->names.find(&node);
  return found == state_->names.end() ? std::string_view{} : found->second;
}

Ends Simulation::ends(sim::LinkIndex link, bool back) const {
  const auto& links = state_->topology.links;
  const auto index = static_cast<std::size_t>(link);
  if (index >= links.size()) {  // the menu's link comes behind the topology's
    const auto* router = state_->topology.clients_router();
    const std::string_view name = router ? std::string_view{router->name} : std::string_view{};
    return back ? Ends{"menu", name} : Ends{name, "menu"};
  }
  const std::string_view lower = links[index].lower.machine;
  const std::string_view upper = links[index].upper.machine;
  return back ? Ends{upper, lower} : Ends{lower, upper};
}

std::string Simulation::name_of(sim::LinkIndex link) const {
  const auto [from, to] = ends(link, false);
  return std::string{from}.append("-").append(to);
}

std::size_t Simulation::links() const {
  return state_->topology.links.size() + (state_->topology.menu ? 1U : 0U);
}

const NameServer& Simulation::names() const { return *state_->server; }
std::string Simulation::hosts_file() const { return lab::hosts_file(state_->server->entries()); }
std::string Simulation::resolv_conf() const { return lab::resolv_conf(state_->servers); }

}  // namespace sonda::inline v0::lab
