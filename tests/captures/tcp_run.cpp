// A scan in a situation's network under virtual time, captured.
#include "tcp_run.hpp"

#include <charconv>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include <sonda/evidence/tcp_evidence.hpp>
#include <sonda/lab/simulation.hpp>
#include <sonda/probe/tcp.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/run/loop.hpp>
#include <sonda/run/sim_link.hpp>

#include "client_capture.hpp"

namespace sonda::testing {
namespace {

constexpr auto epoch_ns = run::VirtualClock::epoch_ns;
constexpr Port source_port{40'000};

// ------------------------------------------------------------------------------------ the command

struct Command {
  std::vector<std::string> argv{};
  TcpPlan plan{};
  std::vector<Port> ports{};
  std::vector<std::string> targets{};
  bool ipv6 = false;
};

unsigned number(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) throw Wrong{text + " is no number"};
  return value;
}

std::vector<Port> ports(const std::string& text) {
  std::vector<Port> out;
  std::istringstream parts{text};
  for (std::string part; std::getline(parts, part, ',');) {
    const auto dash = part.find('-');
    const auto first = number(part.substr(0, dash));
    const auto last = dash == std::string::npos ? first : number(part.substr(dash + 1));
    for (auto port = first; port <= last; ++port) out.emplace_back(port);
  }
  return out;
}

Ending ending(const std::string& text) {
  if (text == "rst") return Ending::reset;
  if (text == "fin") return Ending::fin;
  return Ending::half_open;
}

Command read_command(const std::string& text) {
  std::istringstream words{text};
  std::string sonda, tcp;
  words >> sonda >> tcp;
  if (sonda != "sonda" || tcp != "tcp") throw Wrong{"no scan: " + text};
  Command out{.argv = {"sonda-tcp"}};
  const auto value = [&] {
    std::string word;
    words >> word;
    out.argv.push_back(word);
    return word;
  };
  for (std::string word; words >> word;) {
    out.argv.push_back(word);
    if (word == "-6")
      out.ipv6 = true;
    else if (word == "--syn")
      out.plan.method = TcpMethod::syn, out.plan.hash_octets = true;
    else if (word == "--banner")
      out.plan.banner = std::chrono::seconds{1}, out.plan.ending = Ending::fin;
    else if (word == "--close")
      out.plan.ending = ending(value());
    else if (word == "--retries")
      out.plan.retransmissions = static_cast<std::uint8_t>(number(value()));
    else if (word == "-p")
      out.ports = ports(value());
    else if (word[0] == '-')
      throw Wrong{"a scan here has no " + word};
    else
      out.targets.push_back(word);
  }
  if (out.targets.empty() || out.ports.empty()) throw Wrong{"no target or no -p: " + text};
  return out;
}

// ----------------------------------------------------------------------------------------- the run

std::shared_ptr<ScanSpace> space_of(const lab::Simulation& simulation, const Command& command,
                                    std::uint64_t seed) {
  auto space = std::make_shared<ScanSpace>();
  for (const auto& name : command.targets) {
    const auto address = address_of(simulation, name, command.ipv6);
    TargetSet targets;
    const auto one = AddressRange::between(address, address);
    if (!one || !targets.add(*one) || !space->add(targets, command.ports))
      throw Wrong{name + ": too many ports"};
    if (!Address::parse(name)) space->names.emplace(address, name);
  }
  space->set_order(SipKey{.low = seed, .high = 2});
  return space;
}

std::string all_of(const std::vector<std::string>& targets) {
  std::string out;
  for (const auto& target : targets) out += (out.empty() ? "" : " ") + target;
  return out;
}

void run_tcp(lab::Topology topology, std::uint64_t seed, Command command, const std::string& file) {
  lab::Simulation simulation{std::move(topology), seed};
  const auto& interface = simulation.kernel_hosts().front().interfaces.front();
  std::vector<Address> sources;
  for (const auto& own : interface.addresses)
    if (!own.address.is_link_local()) sources.push_back(own.address);
  const auto source_for = [sources](const Address& target) -> std::expected<Address, Failure> {
    for (const auto& source : sources)
      if (source.is_v4() == target.is_v4()) return source;
    return std::unexpected{Failure{"find a route", 0, "no address of that version"}};
  };
  auto& plan = command.plan;
  plan.space = space_of(simulation, command, seed);
  plan.key = SipKey{.low = seed, .high = 1};
  plan.source_port = source_port;
  plan.source_for = source_for;
  const auto first = address_of(simulation, command.targets.front(), command.ipv6);

  Tap tap{simulation, interface};
  simulation.set_observer(&tap);
  const bool syn = plan.method == TcpMethod::syn;
  auto link = syn ? run::SimLink{simulation.network(), run::SimRawTcpSocket{source_port}}
                  : run::SimLink{simulation.network(),
                                 run::SimStreamSockets{.sources = sources,
                                                       .source_port = source_port,
                                                       .key = SipKey{.low = seed, .high = 3}}};
  run::VirtualClock clock;
  TcpEngine engine{plan};
  auto start = engine.start_event();
  start.tool = "tcp";
  start.argv = command.argv;
  start.target = all_of(command.targets);
  start.address = first;
  start.source = *source_for(first);
  start.interface = interface.name;
  start.clock = "simulated";
  start.ports = {source_port};
  start.seed = seed;
  std::vector<Occurrence> events{{.event = {Instant{}, start}, .unix_ns = epoch_ns}};
  run::Loop loop{engine, link, clock, {.on_event = [&events](const Occurrence& occurrence) {
                   events.push_back(occurrence);
                 }}};
  loop.run();
  simulation.set_observer(nullptr);

  std::vector<evidence::TcpPath> paths;
  for (const auto& source : sources) paths.push_back({interface.name, source});
  const auto probe_of = [space = plan.space](const Address& address,
                                             Port port) -> std::optional<ProbeId> {
    const auto place = space->place_of({address, port});
    return place ? std::optional{ProbeId{*place}} : std::nullopt;
  };
  Evidence{begin_file(file, start, "sonda-tcp", interface.name, evidence::tcp_filter(start, paths)),
           evidence::tcp_recognizer(start, paths, probe_of),
           {.tool = "tcp", .target = start.target, .address = first}}
      .show(std::move(tap).frames(), events);
}

}  // namespace

std::optional<std::string> tcp_command(const std::string& readme) {
  return command_in(readme, "tcp");
}

std::expected<void, std::string> capture_tcp(lab::Topology topology, std::uint64_t seed,
                                             const std::string& command, const std::string& file) {
  try {
    run_tcp(std::move(topology), seed, read_command(command), file);
    return {};
  } catch (const Wrong& wrong) {
    return std::unexpected{command + ": " + wrong.what};
  }
}

}  // namespace sonda::testing
