// A scan's workers, made ready one by one and then let loose together; their events as one stream.
#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include <sonda/net/connect_link.hpp>
#include <sonda/net/random.hpp>
#include <sonda/net/route.hpp>
#include <sonda/net/wait.hpp>
#include <sonda/probe/miss_estimate.hpp>
#include <sonda/probe/tcp.hpp>
#include <sonda/run/scan_session.hpp>

#include "scan_worker.hpp"
#include "session_state.hpp"

namespace sonda::inline v0 {
namespace {

class ScanState final : public Session::State {
 public:
  ScanState(net::Bell outbox, std::function<void(const Occurrence&)> on_event,
            std::vector<int> also_watch, std::uint32_t tries)
      : outbox_{std::move(outbox)},
        on_event_{std::move(on_event)},
        also_watch_{std::move(also_watch)},
        tries_{tries} {}

  [[nodiscard]] std::expected<void, Failure> add(run::WorkerParts parts) {
    engines_.push_back(dynamic_cast<const TcpEngine*>(parts.engine.get()));
    auto wake = net::Bell::make();
    if (!wake) return std::unexpected{wake.error()};
    workers_.push_back(
        {std::make_unique<run::ScanWorker>(std::move(parts), std::move(*wake), outbox_)});
    return {};
  }
  [[nodiscard]] std::expected<void, Failure> start(Start event, std::optional<Notice> notice) {
    began_ = clock_.now();
    report({.event = {began_, std::move(event)}, .unix_ns = clock_.unix_ns(began_)});
    if (notice) {
      noticed_.emplace(notice->what, notice->address);
      report({.event = {began_, std::move(*notice)}, .unix_ns = clock_.unix_ns(began_)});
    }
    for (auto& worker : workers_)
      if (const auto started = worker.thread->start(); !started) return started;
    return {};
  }

  bool step(std::optional<Instant> deadline) override {
    turn();
    if (finished_) return false;
    auto watched = also_watch_;
    watched.push_back(outbox_.fd());
    clock_.wait(watched, deadline);
    return true;
  }
  // Nothing leaves before the first of them.
  void turn() override {
    if (finished_) return;
    if (!std::exchange(going_, true))
      for (auto& worker : workers_) worker.thread->let_go();
    outbox_.silence();
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      batch_.clear();
      const auto delivery = workers_[i].thread->take(batch_);
      for (auto& one : batch_) deliver(i, one);
      workers_[i].ended = delivery.ended;
      if (delivery.error) std::rethrow_exception(delivery.error);
    }
    const auto ended = [](const Worker& one) { return one.ended; };
    const auto answered = [](const Worker& one) { return one.answered || one.ended; };
    if (std::ranges::all_of(workers_, ended)) {
      finished_ = true;
      report_hosts();
      report_summary(true);
    } else if (asked_ && std::ranges::all_of(workers_, answered)) {
      asked_ = false;
      report_summary(false);
    }
  }
  [[nodiscard]] std::vector<int> descriptors() const override { return {outbox_.fd()}; }
  [[nodiscard]] std::optional<Instant> next_wakeup() const override {
    return going_ ? std::nullopt : std::optional{began_};
  }
  void query() override {
    if (asked_ || finished_) return;  // the one that is on its way answers both
    asked_ = true;
    for (auto& worker : workers_) {
      worker.answered = false;
      worker.thread->query();
    }
  }
  void stop() override {
    for (auto& worker : workers_) worker.thread->stop();
  }
  [[nodiscard]] bool finished() const override { return finished_; }

 private:
  struct Worker {
    std::unique_ptr<run::ScanWorker> thread;
    ScanSummary summary{};
    bool answered = false, ended = false;
  };

  // Each says what it knows of its own part; what all of them would say is said once.
  void deliver(std::size_t from, const Occurrence& one) {
    const auto& what = one.event.what;
    if (const auto* summary = std::get_if<ScanSummary>(&what)) {
      workers_[from].summary = *summary;
      workers_[from].answered = true;
      return;
    }
    if (std::holds_alternative<ClockStep>(what) && from != 0) return;
    if (const auto* notice = std::get_if<Notice>(&what))
      if (!noticed_.emplace(notice->what, notice->address).second) return;
    report(one);
  }
  // The engines' threads have ended.
  void report_hosts() {
    if (engines_.size() < 2) return;  // the only one has told by itself
    const auto now = clock_.now();
    for (const auto& notice : TcpEngine::notices_of_hosts(engines_))
      if (noticed_.emplace(notice.what, notice.address).second)
        report({.event = {now, notice}, .unix_ns = clock_.unix_ns(now)});
  }
  void report_summary(bool final) {
    ScanSummary sum = workers_[0].summary;
    for (std::size_t i = 1; i < workers_.size(); ++i) add_summary(sum, workers_[i].summary, tries_);
    const auto now = clock_.now();
    sum.final = final;
    sum.elapsed = now - began_;
    report({.event = {now, std::move(sum)}, .unix_ns = clock_.unix_ns(now)});
  }
  void report(const Occurrence& one) {
    if (on_event_) on_event_(one);
  }

  net::Bell outbox_;
  std::function<void(const Occurrence&)> on_event_;
  std::vector<int> also_watch_;
  std::uint32_t tries_;
  run::SystemClock clock_{std::make_shared<net::WallClock>()};
  Instant began_{};
  std::vector<Worker> workers_;
  std::vector<const TcpEngine*> engines_;  // the workers'
  std::vector<Occurrence> batch_;
  std::set<std::pair<NoticeKind, std::optional<Address>>> noticed_;
  bool going_ = false, asked_ = false, finished_ = false;
};

// The routing table's answer for one target, remembered for the next question about it.
class RouteCache {
 public:
  RouteCache(std::optional<Address> source, std::string interface)
      : source_{std::move(source)}, interface_{std::move(interface)} {}

  const std::expected<net::Route, Failure>& to(const Address& target) {
    constexpr std::size_t most = 4096;
    if (const auto known = routes_.find(target); known != routes_.end()) return known->second;
    if (routes_.size() >= most) routes_.clear();
    const auto from =
        source_ && source_->is_v4() == target.is_v4() ? source_ : std::optional<Address>{};
    return routes_.emplace(target, net::find_route(target, from, interface_)).first->second;
  }

 private:
  std::optional<Address> source_;
  std::string interface_;
  std::map<Address, std::expected<net::Route, Failure>> routes_;
};

// A worker for each core, but none for the sake of a handful of ports.
std::uint32_t workers_for(const TcpPlan& plan, const ScanOptions& options) {
  constexpr std::uint64_t worth_a_thread = 256;
  if (options.source_port) return 1;
  const auto wanted =
      options.workers != 0
          ? options.workers
          : std::min<std::uint64_t>(std::max(std::thread::hardware_concurrency(), 1U),
                                    plan.shard.size(plan.space->size()) / worth_a_thread + 1);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(wanted, 1, plan.parallel));
}

TcpPlan part_of(const TcpPlan& plan, std::uint32_t index, std::uint32_t count) {
  TcpPlan part = plan;
  const auto share = [&](std::uint32_t all) {
    return std::max(all / count + (index < all % count ? 1 : 0), 1U);
  };
  part.shard = plan.shard.part(index, count);
  part.one_of_several = count > 1;
  part.parallel = share(plan.parallel);
  part.parallel_at_first = std::min(share(plan.parallel_at_first), part.parallel);
  if (plan.rate) part.rate = *plan.rate / count;
  return part;
}

// The one address of ours that all packets to these few targets leave from, if there is one. A
// socket that is bound to it spares the system one of two look-ups of the route for each SYN.
std::optional<Address> common_source(const ScanSpace& space, const std::string& interface) {
  constexpr std::uint64_t few = 16;
  std::optional<Address> common;
  if (space.hosts() > few) return common;
  for (const auto& group : space.groups())
    for (std::uint64_t i = 0; i < group.targets.size(); ++i) {
      const auto route = net::find_route(group.targets.at(i), std::nullopt, interface);
      if (!route || (common && *common != route->source)) return std::nullopt;
      common = route->source;
    }
  return common;
}

// The engine of raw SYNs writes our address; the one of connect() knows by it which errors our own
// system reports.
void give_routes(TcpPlan& plan, const ScanOptions& options) {
  const auto routes = std::make_shared<RouteCache>(options.source, options.interface);
  if (!plan.source_for)
    plan.source_for = [routes](const Address& to) -> std::expected<Address, Failure> {
      const auto& route = routes->to(to);
      if (!route) return std::unexpected{route.error()};
      return route->source;
    };
  if (!plan.mtu_for)
    plan.mtu_for = [routes](const Address& to) {
      const auto& route = routes->to(to);
      return route ? route->path_mtu.value_or(route->interface_mtu) : Mtu{1500};
    };
}

struct Links {
  std::vector<run::WorkerParts> parts;
  std::vector<Port> ports;
};

std::expected<Links, Failure> open_connecting(std::vector<TcpPlan>& plans,
                                              const ScanOptions& options) {
  Links made;
  std::vector<std::unique_ptr<net::ConnectLink>> links;
  const auto source =
      options.source ? options.source : common_source(*plans[0].space, options.interface);
  for (const auto& plan : plans) {
    auto link = net::ConnectLink::open({.flows = plan.parallel,
                                        .source_port = options.source_port,
                                        .source = source,
                                        .interface = options.interface});
    if (!link) return std::unexpected{link.error()};
    links.push_back(std::make_unique<net::ConnectLink>(std::move(*link)));
    for (const auto port : links.back()->source_ports()) made.ports.push_back(port);
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    links[i]->avoid(made.ports);
    auto* link = links[i].get();
    made.parts.push_back({.engine = std::make_unique<TcpEngine>(plans[i]),
                          .link = std::move(links[i]),
                          .take_notices = [link] { return link->take_notices(); },
                          .wall_clock = std::make_shared<net::WallClock>()});
  }
  return made;
}

std::expected<Links, Failure> open_raw(std::vector<TcpPlan>& plans, ScanOptions& options) {
  Links made;
  while (options.sockets.size() < plans.size()) {
    auto sockets = net::RawTcpSockets::open();
    if (!sockets) return std::unexpected{sockets.error()};
    options.sockets.push_back(std::move(*sockets));
  }
  for (std::size_t i = 0; i < plans.size(); ++i) {
    auto wall = std::make_shared<net::WallClock>();
    auto opened = net::RawTcpLink::open(
        std::move(options.sockets[i]),
        {.source_port = options.source_port, .interface = options.interface, .wall_clock = wall});
    if (!opened) return std::unexpected{opened.error()};
    auto link = std::make_unique<net::RawTcpLink>(std::move(*opened));
    plans[i].source_port = link->source_port();
    made.ports.push_back(link->source_port());
    auto* raw = link.get();
    made.parts.push_back({.engine = std::make_unique<TcpEngine>(plans[i]),
                          .link = std::move(link),
                          .take_notices = [raw] { return raw->take_notices(); },
                          .wall_clock = wall});
  }
  return made;
}

Start start_event(const TcpEngine& engine, const TcpPlan& plan, const ScanOptions& options,
                  std::vector<Port> ports) {
  auto start = engine.start_event();
  start.tool = options.start.tool;
  start.argv = options.start.argv;
  start.target = options.start.target;
  start.address = options.start.address;
  start.seed = options.start.seed;
  start.ports = std::move(ports);
  start.mode = plan.method == TcpMethod::connect ? "connect" : "syn";
  start.clock = plan.method == TcpMethod::connect ? "user" : "kernel";
  start.interface = options.interface;
  if (options.source) start.source = *options.source;
  if (plan.space->size() == 0) return start;
  if (const auto route =
          net::find_route(plan.space->at(0).address, options.source, options.interface)) {
    start.source = route->source;
    start.interface = route->interface_name;
  }
  return start;
}

}  // namespace

std::expected<Session, Failure> tcp(TcpPlan plan, ScanOptions options) {
  if (!plan.space) return std::unexpected{Failure{"scan", EINVAL, "nothing"}};
  if (plan.key == SipKey{}) plan.key = net::random_key();
  std::optional<Notice> notice;
  if (plan.method == TcpMethod::connect)
    if (const auto fit = net::ConnectLink::flows_that_fit(); fit < plan.parallel) {
      notice = Notice{.what = NoticeKind::descriptors, .count = fit, .of = plan.parallel};
      plan.parallel = fit;
    }
  const auto count = workers_for(plan, options);
  std::vector<TcpPlan> plans;
  for (std::uint32_t i = 0; i < count; ++i) {
    plans.push_back(part_of(plan, i, count));
    give_routes(plans.back(), options);
  }

  auto links = plan.method == TcpMethod::connect ? open_connecting(plans, options)
                                                 : open_raw(plans, options);
  if (!links) return std::unexpected{links.error()};
  const auto event = start_event(TcpEngine{plan}, plan, options, links->ports);

  auto outbox = net::Bell::make();
  if (!outbox) return std::unexpected{outbox.error()};
  auto state =
      std::make_unique<ScanState>(std::move(*outbox), std::move(options.on_event),
                                  std::move(options.also_watch), plan.retransmissions + 1U);
  for (auto& parts : links->parts)
    if (const auto added = state->add(std::move(parts)); !added)
      return std::unexpected{added.error()};
  if (const auto started = state->start(event, notice); !started)
    return std::unexpected{started.error()};
  return Session{std::move(state)};
}

}  // namespace sonda::inline v0
