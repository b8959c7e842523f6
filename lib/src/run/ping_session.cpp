// A ping on this machine's sockets: route, socket, engine, and the first event.
#include <cerrno>

#include <sonda/net/clock.hpp>
#include <sonda/net/datagram_link.hpp>
#include <sonda/net/random.hpp>
#include <sonda/net/route.hpp>
#include <sonda/probe/ping.hpp>
#include <sonda/run/session.hpp>
#include <sonda/wire/address_text.hpp>

#include "session_state.hpp"

namespace sonda::inline v0 {
namespace {

struct OpenLink {
  std::unique_ptr<Link> link;
  std::optional<Identifier> identifier;  // where the system picked it
};

std::string text(const Address& address) { return std::string{to_text(address).view()}; }

std::string_view word(PathMtuDiscovery discovery) {
  switch (discovery) {
    case PathMtuDiscovery::want:
      return "want";
    case PathMtuDiscovery::keep:
      return "do";
    case PathMtuDiscovery::dont:
      return "dont";
    case PathMtuDiscovery::probe:
      return "probe";
  }
  return {};
}

double ms(Duration value) { return static_cast<double>(value.count()) / 1e6; }

// Takes what the plan leaves open from the routing table.
std::expected<net::Route, Failure> complete(PingPlan& plan, const PingOptions& options) {
  auto route = net::find_route(plan.target, options.source, options.interface);
  if (!route) return route;
  if (route->type == net::RouteType::broadcast)
    return std::unexpected{Failure{"ping " + text(plan.target), 0,
                                   "is a broadcast address: everybody would answer; not done"}};
  plan.source = options.source.value_or(route->source);
  if (!options.interface.empty() || plan.target.is_link_local() || plan.target.is_multicast())
    plan.interface = route->interface;
  if (plan.target.is_v6() && plan.target.is_link_local() && plan.target.zone().empty())
    if (const auto zone = Zone::parse(route->interface_name))
      plan.target = plan.target.with_zone(*zone);
  if (!plan.path_mtu) plan.path_mtu = route->path_mtu.value_or(route->interface_mtu);
  if (plan.key == SipKey{}) plan.key = net::random_key();
  return route;
}

std::expected<OpenLink, Failure> open_raw(PingPlan& plan, PingOptions& options,
                                          const std::shared_ptr<net::WallClock>& wall) {
  if (!options.socket) {
    auto socket = net::RawIcmpSocket::open(plan.target.is_v4() ? IpVersion::v4 : IpVersion::v6);
    if (!socket) return std::unexpected{socket.error()};
    options.socket.emplace(std::move(*socket));
  }
  const auto wanted = plan.target.is_v4() ? IpVersion::v4 : IpVersion::v6;
  if (options.socket->version() != wanted)
    return std::unexpected{Failure{"use a socket of the other IP version", EINVAL, {}}};
  plan.mode = IcmpMode::raw;
  auto link =
      net::RawLink::open(std::move(*options.socket), {.identifier = EchoBuilder{plan}.identifier(),
                                                      .interface = options.interface,
                                                      .source = options.source,
                                                      .send_buffer = options.send_buffer,
                                                      .wall_clock = wall});
  if (!link) return std::unexpected{link.error()};
  return OpenLink{std::make_unique<net::RawLink>(std::move(*link)), std::nullopt};
}

std::expected<OpenLink, Failure> open_datagram(PingPlan& plan, const PingOptions& options,
                                               const std::shared_ptr<net::WallClock>& wall) {
  plan.mode = IcmpMode::datagram;
  auto link = net::DatagramLink::open(plan.target.is_v4() ? IpVersion::v4 : IpVersion::v6,
                                      {.source = options.source,
                                       .interface = options.interface,
                                       .send_buffer = options.send_buffer,
                                       .wall_clock = wall});
  if (!link) return std::unexpected{link.error()};
  const auto identifier = link->identifier();
  return OpenLink{std::make_unique<net::DatagramLink>(std::move(*link)), identifier};
}

std::expected<OpenLink, Failure> open_link(PingPlan& plan, PingOptions& options,
                                           const std::shared_ptr<net::WallClock>& wall) {
  if (options.without_privilege) return open_datagram(plan, options, wall);
  auto raw = open_raw(plan, options, wall);
  if (raw || (raw.error().error_code != EPERM && raw.error().error_code != EACCES)) return raw;
  auto datagram = open_datagram(plan, options, wall);
  return datagram ? std::move(datagram) : std::move(raw);
}

Start start_event(const PingPlan& plan, const PingEngine& engine, const net::Route& route,
                  Start start) {
  start.address = plan.target;
  start.source = plan.source;
  start.interface = route.interface_name;
  start.mode = plan.mode == IcmpMode::raw ? "raw" : "datagram";
  start.clock = "kernel";
  start.identifiers = {engine.identifier().value()};
  if (plan.count) start.plan.emplace_back("count", static_cast<std::int64_t>(*plan.count));
  start.plan.emplace_back("interval_ms", ms(plan.interval));
  start.plan.emplace_back("timeout_ms", ms(plan.timeout));
  if (plan.deadline) start.plan.emplace_back("deadline_ms", ms(*plan.deadline));
  start.plan.emplace_back("data_octets", static_cast<std::int64_t>(plan.data_size));
  start.plan.emplace_back("ttl", std::int64_t{plan.ttl.value()});
  start.plan.emplace_back("traffic_class", std::int64_t{plan.traffic_class.value()});
  start.plan.emplace_back("path_mtu_discovery", std::string{word(plan.path_mtu_discovery)});
  if (plan.mode == IcmpMode::datagram)
    start.unknowable = {
        "without CAP_NET_RAW: the kernel writes the IP header and keeps damaged and foreign "
        "replies to itself",
        "what routers add to their errors, and what the path changes in our packets, cannot be "
        "seen"};
  if (plan.data_size < EchoIdentity::tag_size)
    start.unknowable.emplace_back(
        "fewer than 8 octets of data leave no room for the whole tag: a forged reply could pass "
        "for a real one");
  return start;
}

}  // namespace

std::expected<Session, Failure> ping(PingPlan plan, PingOptions options) {
  const auto route = complete(plan, options);
  if (!route) return std::unexpected{route.error()};
  const auto wall = std::make_shared<net::WallClock>();
  auto opened = open_link(plan, options, wall);
  if (!opened) return std::unexpected{opened.error()};
  if (opened->identifier) plan.identifier = opened->identifier;

  auto engine = std::make_unique<PingEngine>(plan);
  auto clock = std::make_unique<run::SystemClock>(wall);
  if (options.on_event) {
    const auto now = clock->now();
    options.on_event(
        Occurrence{.event = {now, start_event(plan, *engine, *route, std::move(options.start))},
                   .unix_ns = clock->unix_ns(now)});
  }
  return Session{std::make_unique<Session::State>(
      std::move(engine), std::move(opened->link), std::move(clock),
      run::LoopOptions{.on_event = std::move(options.on_event),
                       .name_of = std::move(options.name_of),
                       .also_watch = std::move(options.also_watch)})};
}

}  // namespace sonda::inline v0
