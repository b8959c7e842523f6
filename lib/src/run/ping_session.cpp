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

Start start_event(const PingEngine& engine, const net::Route& route, Start asked) {
  auto start = engine.start_event();
  start.tool = std::move(asked.tool);
  start.argv = std::move(asked.argv);
  start.target = std::move(asked.target);
  start.seed = asked.seed;
  start.interface = route.interface_name;
  start.clock = "kernel";
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
        Occurrence{.event = {now, start_event(*engine, *route, std::move(options.start))},
                   .unix_ns = clock->unix_ns(now)});
  }
  return Session{
      std::make_unique<LoopSession>(std::move(engine), std::move(opened->link), std::move(clock),
                                    run::LoopOptions{.on_event = std::move(options.on_event),
                                                     .name_of = std::move(options.name_of),
                                                     .also_watch = std::move(options.also_watch)})};
}

}  // namespace sonda::inline v0
