// Makes the rooms of the kernel hosts, lays the cables, and keeps the network's time.
#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include <sonda/lab/laboratory.hpp>
#include <sonda/net/interface_setup.hpp>

namespace sonda::inline v0::lab {
namespace {

// Runs each step until one fails.
class Steps {
 public:
  void operator()(std::expected<void, Failure> step) {
    if (outcome_ && !step) outcome_ = std::move(step);
  }
  [[nodiscard]] bool fine() const { return outcome_.has_value(); }
  [[nodiscard]] const Failure& failure() const { return outcome_.error(); }

 private:
  std::expected<void, Failure> outcome_{};
};

// The system is quiet and usable at once: nobody looks for duplicates or for other routers. A
// machine without IPv6 has no such settings, and where they cannot be written one can do without.
void calm(Steps& steps) {
  for (const auto* which : {"all", "default"})
    for (const auto* key : {"accept_dad", "accept_ra", "router_solicitations"}) {
      const auto set = net::write_sysctl(fmt::format("net/ipv6/conf/{}/{}", which, key), "0");
      const int error = set ? 0 : set.error().error_code;
      if (error != ENOENT && error != EROFS) steps(set);
    }
}

constexpr Mtu least_for_ipv6{1'280};  // RFC 8200 5: Linux takes IPv6 from a narrower interface

void set_up_interface(Steps& steps, const KernelInterface& interface, const MacAddress& gateway,
                      bool first) {
  const auto& name = interface.name;
  const auto possible = [&interface](const Address& address) {
    return address.is_v4() || interface.mtu >= least_for_ipv6;
  };
  steps(net::switch_off_offloads(name));
  steps(net::set_up(name));
  for (const auto& address : interface.addresses)
    if (possible(address.address)) steps(net::add_address(name, address.address, address.length));
  for (const auto& peer : interface.gateways) {
    if (!possible(peer)) continue;
    steps(net::add_neighbor(name, peer, gateway));
    const auto reaches = [&peer](const InterfaceAddress& own) {
      return own.prefix().contains(peer);
    };
    // An address of the file's own need not be of the link's prefix.
    if (std::ranges::none_of(interface.addresses, reaches))
      steps(net::add_route(name, Prefix{peer, peer.is_v4() ? 32U : 128U}));
    const Prefix everything{peer.is_v4() ? Address{Ipv4Address{}} : Address{Ipv6Address{}}, 0};
    if (first) steps(net::add_route(name, everything, peer));
  }
}

// Of a cable to a kernel host: the simulator's end and the host's.
std::pair<MacAddress, MacAddress> macs_of(const KernelInterface& interface, const std::string& host,
                                          const Simulation& simulation) {
  const bool upper = simulation.ends(interface.link, true).from == host;
  return {link_address(interface.link, !upper), link_address(interface.link, upper)};
}

// Everybody in the network is at the other end of the cable, under one address.
sim::EthernetEnd ethernet_end(const KernelInterface& interface, sim::Network& network,
                              const MacAddress& near, const MacAddress& far) {
  const auto is_somebody = [&network, own = interface.addresses](const Address& address) {
    const auto same = [&](const InterfaceAddress& a) { return a.address == address; };
    return std::ranges::none_of(own, same) && network.exists(address);
  };
  return sim::EthernetEnd{
      {.near = near, .far = far, .holder = sim::EthernetEnd::all_at(near, is_somebody)}};
}

}  // namespace

Laboratory::Laboratory(Simulation simulation, std::vector<Room> rooms, std::vector<Plug> plugs,
                       std::shared_ptr<net::WallClock> wall_clock)
    : simulation_{std::move(simulation)},
      rooms_{std::move(rooms)},
      live_{simulation_.network(), std::move(plugs)},
      wall_clock_{std::move(wall_clock)},
      begin_{net::now()} {
  simulation_.set_observer(&observers_);
}

Laboratory::~Laboratory() = default;

std::expected<std::unique_ptr<Laboratory>, Failure> Laboratory::open(LaboratoryPlan plan) {
  Simulation simulation{std::move(plan.topology), plan.seed};
  std::vector<Room> rooms;
  std::vector<Plug> plugs;
  const auto wall_clock = std::make_shared<net::WallClock>();
  for (const auto& host : simulation.kernel_hosts()) {
    auto room = furnish(host, plan.ping_groups, wall_clock, simulation, plugs);
    if (!room) return std::unexpected{room.error()};
    rooms.push_back(std::move(*room));
  }
  std::unique_ptr<Laboratory> lab{
      new Laboratory{std::move(simulation), std::move(rooms), std::move(plugs), wall_clock}};
  if (plan.capture)
    if (const auto begun = lab->record(std::move(*plan.capture)); !begun)
      return std::unexpected{begun.error()};
  return lab;
}

std::expected<Laboratory::Room, Failure> Laboratory::furnish(
    const KernelHost& host, const std::string& ping_groups,
    const std::shared_ptr<net::WallClock>& wall_clock, Simulation& simulation,
    std::vector<Plug>& plugs) {
  auto network = net::new_network();
  if (!network) return std::unexpected{network.error()};
  const auto number = plugs.size();
  Steps steps;
  {
    const auto inside = net::InsideNamespace::enter(*network);
    if (!inside) return std::unexpected{inside.error()};
    steps(net::set_up("lo"));
    calm(steps);
    if (!ping_groups.empty()) steps(net::write_sysctl("net/ipv4/ping_group_range", ping_groups));
  }
  for (std::size_t i = 0; steps.fine() && i < host.interfaces.size(); ++i) {
    const auto& interface = host.interfaces[i];
    const auto cable = fmt::format("{}.{}", number, i);  // the simulator's end
    const auto [near_mac, far_mac] = macs_of(interface, host.name, simulation);
    steps(net::make_veth_pair({.name = cable, .mac = near_mac, .mtu = interface.mtu},
                              {.name = interface.name, .mac = far_mac, .mtu = interface.mtu},
                              *network));
    steps(net::switch_off_offloads(cable));
    steps(net::set_up(cable));
    if (!steps.fine()) break;
    const auto inside = net::InsideNamespace::enter(*network);
    if (!inside) return std::unexpected{inside.error()};
    set_up_interface(steps, interface, near_mac, i == 0);
  }
  for (std::size_t i = 0; steps.fine() && i < host.interfaces.size(); ++i) {
    const auto& interface = host.interfaces[i];
    auto port = net::FramePort::open(fmt::format("{}.{}", number, i), {.wall_clock = wall_clock});
    if (!port) return std::unexpected{port.error()};
    const auto [near_mac, far_mac] = macs_of(interface, host.name, simulation);
    plugs.push_back({.port = std::move(*port),
                     .end = ethernet_end(interface, simulation.network(), near_mac, far_mac),
                     .outlet = host.outlet,
                     .side = interface.side});
  }
  if (!steps.fine()) return std::unexpected{steps.failure()};
  return Room{host.name, std::move(*network)};
}

std::expected<void, Failure> Laboratory::record(capture::PcapngWriter writer) {
  CaptureNames names{
      .machine = [this](const sim::Node& node) { return std::string{simulation_.name_of(node)}; }};
  for (std::uint32_t link = 0; link < simulation_.links(); ++link) {
    const auto [from, to] = simulation_.ends(sim::LinkIndex{link}, false);
    names.links.push_back({std::string{from}, std::string{to}});
  }
  for (const auto& [name, address] : simulation_.names().entries())
    names.addresses.push_back({address, {name}});
  auto capture = NetworkCapture::begin(std::move(writer), std::move(names), [this](Instant at) {
    return wall_clock_->unix_ns(begin_ + at.time_since_epoch());
  });
  if (!capture) return std::unexpected{capture.error()};
  capture_ = std::make_unique<NetworkCapture>(std::move(*capture));
  observers_.add(*capture_);
  return {};
}

const net::Namespace* Laboratory::network_of(std::string_view host) const {
  const auto room = std::ranges::find(rooms_, host, &Room::name);
  return room == rooms_.end() ? nullptr : &room->network;
}

std::vector<std::string> Laboratory::kernel_hosts() const {
  std::vector<std::string> out;
  for (const auto& room : rooms_) out.push_back(room.name);
  return out;
}

std::optional<Instant> Laboratory::next_wakeup() const {
  auto wakeup = std::optional<Instant>{};
  if (const auto due = live_.next_wakeup()) wakeup = begin_ + due->time_since_epoch();
  if (capture_ && capture_->unsettled()) wakeup = std::min(wakeup.value_or(settle_at_), settle_at_);
  return wakeup;
}

void Laboratory::step(Instant now) {
  live_.step(now, begin_);
  if (!capture_ || now < settle_at_) return;
  wall_clock_->watch();
  constexpr Duration apart = std::chrono::milliseconds{20};
  capture_->settle(network_time(now));
  settle_at_ = now + apart;
}

Read<void> Laboratory::apply(Instant now, const Sentence& sentence) {
  live_.step(now, begin_);  // what came before the sentence is not touched by it
  return simulation_.apply(network_time(now), sentence);
}

std::expected<void, Failure> Laboratory::close() {
  if (!capture_) return {};
  observers_.remove(*capture_);
  return std::exchange(capture_, nullptr)->close();
}

}  // namespace sonda::inline v0::lab
