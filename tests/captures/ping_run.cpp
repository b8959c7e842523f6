// A ping in a situation's network under virtual time, captured.
#include "ping_run.hpp"

#include <charconv>
#include <chrono>
#include <sstream>
#include <utility>
#include <vector>

#include <sonda/evidence/ping_evidence.hpp>
#include <sonda/lab/simulation.hpp>
#include <sonda/probe/ping.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/run/loop.hpp>
#include <sonda/run/sim_link.hpp>

#include "client_capture.hpp"

namespace sonda::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto epoch_ns = run::VirtualClock::epoch_ns;

// ------------------------------------------------------------------------------------ the command

struct Command {
  std::vector<std::string> argv{};
  PingPlan plan{};
  std::string target{};
  bool ipv6 = false;
};

double number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) throw Wrong{text + " is no number"};
  return value;
}

Duration seconds(const std::string& text) {
  return Duration{static_cast<std::int64_t>(number(text) * 1e9)};
}

PathMtuDiscovery discovery(const std::string& text) {
  if (text == "do") return PathMtuDiscovery::keep;
  if (text == "dont") return PathMtuDiscovery::dont;
  if (text == "probe") return PathMtuDiscovery::probe;
  return PathMtuDiscovery::want;
}

Command read_command(const std::string& text) {
  std::istringstream words{text};
  std::string sonda, ping;
  words >> sonda >> ping;
  if (sonda != "sonda" || ping != "ping") throw Wrong{"no ping: " + text};
  Command out{.argv = {"sonda-ping"}};
  out.plan.hash_octets = true;
  for (std::string word; words >> word;) {
    out.argv.push_back(word);
    if (word == "-6") {
      out.ipv6 = true;
      continue;
    }
    if (word[0] != '-') {
      out.target = word;
      continue;
    }
    std::string value;
    words >> value;
    out.argv.push_back(value);
    auto& plan = out.plan;
    if (word == "-c")
      plan.count = static_cast<std::uint64_t>(number(value));
    else if (word == "-i")
      plan.interval = seconds(value);
    else if (word == "-W")
      plan.timeout = seconds(value);
    else if (word == "-s")
      plan.data_size = static_cast<std::size_t>(number(value));
    else if (word == "-t")
      plan.ttl = Ttl{static_cast<std::uint64_t>(number(value))};
    else if (word == "-Q")
      plan.traffic_class = TrafficClass{static_cast<std::uint64_t>(number(value))};
    else if (word == "-M")
      plan.path_mtu_discovery = discovery(value);
    else
      throw Wrong{"a ping here has no " + word};
  }
  if (out.target.empty() || !out.plan.count) throw Wrong{"no target or no -c: " + text};
  return out;
}

// ----------------------------------------------------------------------------------------- the run

Start start_of(const Command& command, const PingEngine& engine, const std::string& interface,
               std::uint64_t seed) {
  auto out = engine.start_event();
  out.tool = "ping";
  out.argv = command.argv;
  out.target = command.target;
  out.interface = interface;
  out.clock = "simulated";
  out.seed = seed;
  return out;
}

void run_ping(lab::Topology topology, std::uint64_t seed, Command command,
              const std::string& file) {
  lab::Simulation simulation{std::move(topology), seed};
  const auto& interface = simulation.kernel_hosts().front().interfaces.front();
  auto& plan = command.plan;
  plan.target = address_of(simulation, command.target, command.ipv6);
  plan.key = SipKey{.low = seed, .high = 1};  // as sonda-ping's --seed
  const auto of_version = [&plan](const auto& addresses, auto address) {
    for (const auto& each : addresses)
      if (address(each).is_v4() == plan.target.is_v4() && !address(each).is_link_local())
        return address(each);
    throw Wrong{"the client has no address of that version"};
  };
  plan.source = of_version(interface.addresses, [](const auto& own) { return own.address; });
  plan.path_mtu = interface.mtu;
  Tap tap{simulation, interface};
  simulation.set_observer(&tap);
  run::SimLink link{simulation.network()};
  run::VirtualClock clock;
  PingEngine engine{plan};
  const record::RunContext context{
      .tool = "ping", .target = command.target, .address = plan.target};
  std::vector<Occurrence> events;
  events.push_back(
      {.event = {Instant{}, start_of(command, engine, interface.name, seed)}, .unix_ns = epoch_ns});
  run::Loop loop{engine, link, clock, {.on_event = [&events](const Occurrence& occurrence) {
                   events.push_back(occurrence);
                 }}};
  loop.run();
  simulation.set_observer(nullptr);

  const auto& start = std::get<Start>(events.front().event.what);
  const auto next_hop = interface.gateways.empty() ? plan.target : interface.gateways.front();
  Evidence{
      begin_file(file, start, "sonda-ping", interface.name, evidence::ping_filter(start, next_hop)),
      evidence::ping_recognizer(start, next_hop), context}
      .show(std::move(tap).frames(), events);
}

}  // namespace

std::optional<std::string> ping_command(const std::string& readme) {
  return command_in(readme, "ping");
}

std::expected<void, std::string> capture_ping(lab::Topology topology, std::uint64_t seed,
                                              const std::string& command, const std::string& file) {
  try {
    run_ping(std::move(topology), seed, read_command(command), file);
    return {};
  } catch (const Wrong& wrong) {
    return std::unexpected{command + ": " + wrong.what};
  }
}

}  // namespace sonda::testing
