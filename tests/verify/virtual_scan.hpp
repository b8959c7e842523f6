// A scan under virtual time with a tap on the client's link: events and frames as a captured run
// has them, comments and numbers put there as the recorder does it.
#pragma once
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <sonda/evidence/pairing.hpp>
#include <sonda/evidence/tcp_evidence.hpp>
#include <sonda/probe/tcp.hpp>

#include "../support/random_path.hpp"
#include "../support/virtual_run.hpp"

namespace sonda::test {

// client -- tap -- router -- host. Change what differs, then run().
class VirtualScan {
 public:
  static constexpr Port source_port{40'000};

  VirtualScan(const VirtualAddresses& in, std::uint64_t seed, const std::vector<Port>& ports,
              sim::HostPlan host_plan = {}, sim::RouterPlan router_plan = {})
      : addresses{in}, network{seed}, tap{network.add(Tap{&result.frames})} {
    host_plan.addresses = {in.target};
    router_plan.addresses = {in.router};
    network.give_client(in.client);
    network.connect(network.client(), tap, {});
    router = &network.add(sim::Router{std::move(router_plan)});
    host = &network.add(sim::Host{std::move(host_plan)});
    network.connect(tap, *router, {.delay = 5ms});
    network.connect(*router, *host, {.delay = 5ms});
    auto space = std::make_shared<ScanSpace>();
    TargetSet targets;
    static_cast<void>(targets.add(*AddressRange::between(in.target, in.target)));
    static_cast<void>(space->add(targets, ports));
    plan.space = std::move(space);
    plan.key = {seed, ~seed};
    plan.source_port = source_port;
    plan.source_for = [client = in.client](const Address&) { return client; };
  }
  VirtualScan(const VirtualScan&) = delete;
  VirtualScan& operator=(const VirtualScan&) = delete;

  std::function<void(Instant, run::Loop&)> on_step{};

  [[nodiscard]] VirtualRun run() {
    sockets.sources = {addresses.client};
    sockets.source_port = source_port;
    sockets.key = plan.key;
    const bool syn = plan.method == TcpMethod::syn;
    plan.hash_octets = syn;
    auto link = syn ? run::SimLink{network, run::SimRawTcpSocket{source_port}}
                    : run::SimLink{network, sockets};
    TcpEngine engine{plan};
    auto start = engine.start_event();
    start.tool = "tcp", start.target = "example", start.interface = "veth0";
    start.argv = {"sonda-tcp", "example"};
    start.source = addresses.client, start.clock = "simulated", start.ports = {source_port};
    const record::RunContext context{
        .tool = "tcp", .target = "example", .address = addresses.target};
    const auto add = [&](const Occurrence& occurrence) {
      result.events.push_back({context, occurrence});
    };
    add({.event = {Instant{}, start}, .unix_ns = run::VirtualClock::epoch_ns});
    run::Loop loop{engine, link, clock, {.on_event = add}};
    for (std::uint64_t steps = 0; steps < 20'000'000; ++steps) {
      if (on_step) on_step(clock.now(), loop);
      if (!loop.step()) break;
    }
    // What is still under way arrives after the run's last word.
    while (network.take_due(clock.now() + 5s)) {
    }
    annotate(start);
    const auto end = std::max(result.events.back().occurrence.unix_ns,
                              result.frames.empty() ? 0 : result.frames.back().unix_ns);
    result.statistics.push_back({.interface = {},
                                 .unix_ns = end,
                                 .start_ns = run::VirtualClock::epoch_ns,
                                 .end_ns = end,
                                 .received = result.frames.size(),
                                 .dropped = 0,
                                 .delivered = result.frames.size()});
    return std::move(result);
  }

  VirtualAddresses addresses;
  VirtualRun result{};
  sim::Network network;
  Tap& tap;
  sim::Router* router = nullptr;
  sim::Host* host = nullptr;
  TcpPlan plan{};
  run::SimStreamSockets sockets{};
  run::VirtualClock clock{};

 private:
  void annotate(const Start& start) {
    const std::vector<evidence::TcpPath> paths{{"veth0", addresses.client}};
    const auto recognizer = evidence::tcp_recognizer(
        start, paths, [this](const Address& address, Port port) -> std::optional<ProbeId> {
          const auto place = plan.space->place_of({address, port});
          return place ? std::optional{ProbeId{*place}} : std::nullopt;
        });
    std::ranges::stable_sort(result.frames, {}, &VirtualFrame::unix_ns);
    evidence::Pairing pairing;
    std::size_t written = 0;
    const auto pass = [&](std::int64_t now, bool at_once) {
      while (const auto ready = pairing.next(instant(now), at_once)) {
        auto& frame = result.frames[written];
        frame.number = ++written;
        if (!ready->comment.empty()) frame.comments = {ready->comment};
        pairing.written(frame.number);
      }
      for (auto& [entry, frames] : pairing.take_shown())
        result.events[entry].occurrence.frames = std::move(frames);
      static_cast<void>(pairing.give_up(instant(now)));
    };
    std::size_t seen = 0;
    const auto see = [&] {
      const auto& frame = result.frames[seen++];
      pass(frame.unix_ns, false);
      const capture::NetworkLayer layer{.protocol = frame.octets[0] >> 4 == 4
                                                        ? capture::NetworkProtocol::ipv4
                                                        : capture::NetworkProtocol::ipv6,
                                        .octets = frame.octets};
      pairing.see(instant(frame.unix_ns), {.unix_ns = frame.unix_ns, .octets = frame.octets},
                  recognizer->see(layer));
    };
    for (std::size_t i = 0; i < result.events.size(); ++i) {
      const auto& occurrence = result.events[i].occurrence;
      while (seen < result.frames.size() && result.frames[seen].unix_ns <= occurrence.unix_ns)
        see();
      pass(occurrence.unix_ns, false);
      if (auto mention = recognizer->mention(occurrence))
        pairing.hear(instant(occurrence.unix_ns), i, occurrence.unix_ns, std::move(*mention));
    }
    while (seen < result.frames.size()) see();
    pass(result.events.back().occurrence.unix_ns, true);
  }
  static Instant instant(std::int64_t unix_ns) {
    return Instant{} + Duration{unix_ns - run::VirtualClock::epoch_ns};
  }
};

}  // namespace sonda::test
