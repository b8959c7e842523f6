// A ping under virtual time with a tap on the client's link: events and frames as a captured run
// has them.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <sonda/capture/pcapng_block.hpp>
#include <sonda/core/errno_name.hpp>
#include <sonda/event/event.hpp>
#include <sonda/probe/ping.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/run/clock.hpp>
#include <sonda/run/fault_link.hpp>
#include <sonda/run/loop.hpp>
#include <sonda/run/sim_link.hpp>
#include <sonda/sim/error_menu.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/network.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::test {

using namespace std::chrono_literals;

struct VirtualFrame {
  std::uint64_t number = 0;
  std::int64_t unix_ns = 0;
  sim::Octets octets{};
  capture::Direction direction{};
  std::vector<std::string> comments{};
  std::uint32_t interface = 0;
  bool cut = false, arp = false;
};

struct VirtualEvent {
  record::RunContext context{};
  Occurrence occurrence{};
};

struct VirtualRun {
  std::vector<VirtualEvent> events{};
  std::vector<VirtualFrame> frames{};
  std::vector<capture::Statistics> statistics{};  // at the end of the capture
};

// Passes on whatever comes, and remembers it: the kernel's tap.
class Tap final : public sim::Node {
 public:
  explicit Tap(std::vector<VirtualFrame>* frames) : frames_{frames} {}
  [[nodiscard]] bool owns(const Address&) const override { return false; }
  [[nodiscard]] bool forwards() const override { return true; }
  void on_packet(const sim::Arrival& arrival, sim::Outbox& out) override {
    const bool leaves = arrival.side == sim::Side{0};
    sim::Octets octets{arrival.octets.begin(), arrival.octets.end()};
    frames_->push_back(
        {.number = frames_->size() + 1,
         .unix_ns = run::VirtualClock::epoch_ns + arrival.now.time_since_epoch().count(),
         .octets = octets,
         .direction = leaves ? capture::Direction::out : capture::Direction::in});
    out.send(leaves ? sim::Side{1} : sim::Side{0}, std::move(octets), Duration{});
  }

 private:
  std::vector<VirtualFrame>* frames_;
};

struct VirtualAddresses {
  Address client, router, target, stranger;
};
inline const VirtualAddresses virtual_v4{Ipv4Address{192, 0, 2, 2}, Ipv4Address{192, 0, 2, 1},
                                         Ipv4Address{198, 51, 100, 10},
                                         Ipv4Address{203, 0, 113, 9}};
inline const VirtualAddresses virtual_v6{
    *Address::parse("2001:db8::2"), *Address::parse("2001:db8::1"),
    *Address::parse("2001:db8:1::10"), *Address::parse("2001:db8:2::9")};

// client -- tap -- router -- host, or client -- tap -- error menu. Change what differs, then run().
class VirtualPing {
 public:
  explicit VirtualPing(const VirtualAddresses& in, std::uint64_t seed, sim::HostPlan host_plan = {},
                       sim::RouterPlan router_plan = {})
      : addresses{in}, network{seed}, tap{network.add(Tap{&result.frames})} {
    plan_for(in.target, seed);
    host_plan.addresses = {in.target};
    router_plan.addresses = {in.router};
    network.connect(network.client(), tap, {});
    router = &network.add(sim::Router{std::move(router_plan)});
    host = &network.add(sim::Host{std::move(host_plan)});
    network.connect(tap, *router, {.delay = 5ms});
    network.connect(*router, *host, {.delay = 5ms});
  }
  struct Menu {
    Address target;
  };
  explicit VirtualPing(Menu menu, std::uint64_t seed)
      : addresses{menu.target.is_v4() ? virtual_v4 : virtual_v6},
        network{seed},
        tap{network.add(Tap{&result.frames})} {
    plan_for(menu.target, seed);
    plan.timeout = 3s;
    network.connect(network.client(), tap, {});
    network.connect(tap, network.add(sim::ErrorMenu{}), {.delay = 5ms});
  }
  VirtualPing(const VirtualPing&) = delete;
  VirtualPing& operator=(const VirtualPing&) = delete;

  // Called before each step of the loop.
  std::function<void(Instant, run::Loop&)> on_step{};
  sim::Network::Witness witness{};

  [[nodiscard]] VirtualRun run() {
    const run::SimDatagramSocket socket{.source = plan.source, .identifier = Identifier{0x2a2a}};
    run::SimLink raw{network}, datagram{network, socket};
    if (!plan.path_mtu) plan.path_mtu = network.client_mtu();
    if (plan.mode == IcmpMode::datagram) plan.identifier = socket.identifier;
    Link& inner = plan.mode == IcmpMode::datagram ? datagram : raw;
    run::FaultLink link{inner, faults};
    if (witness) network.set_witness(witness);
    PingEngine engine{plan};
    const record::RunContext context{.tool = "ping", .target = "example", .address = plan.target};
    result.events.push_back(
        {context, {.event = {Instant{}, start(engine)}, .unix_ns = run::VirtualClock::epoch_ns}});
    run::Loop loop{engine, link, clock, {.on_event = [&](const Occurrence& occurrence) {
                     result.events.push_back({context, occurrence});
                   }}};
    for (std::uint64_t steps = 0; steps < 20'000'000; ++steps) {
      if (on_step) on_step(clock.now(), loop);
      if (!loop.step()) break;
    }
    // What is still under way arrives after the run's last word.
    while (network.take_due(clock.now() + 5s)) {
    }
    if (annotated) annotate();
    result.statistics.push_back({.interface = {},
                                 .unix_ns = result.events.back().occurrence.unix_ns,
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
  PingPlan plan{};
  run::FaultPlan faults{};
  run::VirtualClock clock{};
  bool annotated = true;  // comments beside frames, frame numbers in events

 private:
  void plan_for(const Address& target, std::uint64_t seed) {
    plan.source = addresses.client, plan.target = target;
    plan.key = {seed, ~seed};
    plan.count = 5;
    plan.timeout = 1s;
    plan.hash_octets = true;
  }

  [[nodiscard]] Start start(const PingEngine& engine) const {
    auto out = engine.start_event();
    out.tool = "ping";
    out.argv = {"sonda-ping", "example"};
    out.target = "example";
    out.interface = "veth0";
    out.clock = "simulated";
    return out;
  }

  // The frame of an answer is what arrived at its moment, where that leaves no choice.
  void annotate() {
    std::map<std::int64_t, std::vector<VirtualFrame*>> arrived;
    std::map<std::uint16_t, std::vector<VirtualFrame*>> left;
    for (auto& frame : result.frames)
      if (frame.direction == capture::Direction::in)
        arrived[frame.unix_ns].push_back(&frame);
      else if (const auto sequence = sequence_of(frame.octets))
        left[*sequence].push_back(&frame);
    for (auto& event : result.events) {
      auto& occurrence = event.occurrence;
      VirtualFrame* shown = nullptr;
      std::string text;
      if (const auto* sent = std::get_if<Sent>(&occurrence.event.what)) {
        auto& frames = left[static_cast<std::uint16_t>(sent->sequence)];
        if (frames.empty()) continue;
        shown = frames.front();
        frames.erase(frames.begin());
        text = prefix(*sent) + "sent; ttl=" + std::to_string(plan.ttl.value()) + ";";
      } else {
        const auto found = arrived.find(occurrence.unix_ns);
        if (found == arrived.end() || found->second.size() != 1) continue;
        shown = found->second.front();
        if (const auto* reply = std::get_if<Reply>(&occurrence.event.what))
          text = words_of(*reply);
        else if (const auto* error = std::get_if<IcmpError>(&occurrence.event.what))
          text = words_of(*error);
        else
          continue;
      }
      shown->comments.push_back(std::move(text));
      occurrence.frames = {shown->number};
    }
  }
  static std::string words_of(const Reply& reply) {
    auto text = prefix(reply) + "reply;";
    if (reply.ttl) text += " ttl=" + std::to_string(reply.ttl->value()) + ";";
    if (reply.rtt) text += rtt(*reply.rtt);
    if (reply.duplicate) text += " duplicate;";
    if (reply.late) text += " late;";
    if (reply.reordered) text += " reordered;";
    if (reply.truncated) text += " truncated;";
    if (reply.corrupt_octet) text += " corrupt;";
    return text;
  }
  static std::string words_of(const IcmpError& error) {
    auto text = prefix(error) + "icmp_error; icmp=" + std::to_string(error.icmp.type) + "/" +
                std::to_string(error.icmp.code) + ";";
    if (error.error_code != 0) text += " errno=" + std::string{errno_name(error.error_code)} + ";";
    if (error.rtt) text += rtt(*error.rtt);
    if (error.neighbor) text += " neighbor;";
    return text;
  }
  static std::string prefix(const auto& event) {
    return "sonda: probe=" + std::to_string(event.probe.value()) +
           "; seq=" + std::to_string(event.sequence) + "; ";
  }
  static std::string rtt(const RttSample& sample) {
    const auto ns = sample.rtt.count();
    auto fraction = std::to_string(ns % 1'000'000);
    fraction.insert(0, 6 - fraction.size(), '0');
    return " rtt_ms=" + std::to_string(ns / 1'000'000) + "." + fraction + ";";
  }
  // Of an echo request that is no fragment.
  static std::optional<std::uint16_t> sequence_of(const sim::Octets& octets) {
    const bool is_v4 = octets[0] >> 4 == 4;
    const std::size_t at = is_v4 ? 20 : 40;
    if (octets.size() < at + 8) return std::nullopt;
    if (is_v4 ? (load<std::uint16_t>(octets, 6) & 0x3fff) != 0 : octets[6] != 58)
      return std::nullopt;
    return load<std::uint16_t>(octets, at + 6);
  }
};

}  // namespace sonda::test
