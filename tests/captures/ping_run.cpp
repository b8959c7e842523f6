// A ping in a situation's network under virtual time, captured.
#include "ping_run.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <deque>
#include <sstream>
#include <utility>
#include <vector>

#include <sonda/capture/pcapng_writer.hpp>
#include <sonda/core/version.hpp>
#include <sonda/evidence/pairing.hpp>
#include <sonda/evidence/ping_evidence.hpp>
#include <sonda/lab/network_capture.hpp>
#include <sonda/lab/simulation.hpp>
#include <sonda/probe/ping.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/run/loop.hpp>
#include <sonda/run/sim_link.hpp>

namespace sonda::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto epoch_ns = run::VirtualClock::epoch_ns;

struct Wrong {
  std::string what;
};

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

// --------------------------------------------------------------------------- the client's
// interface

// What crosses the client's link, when it is seen at the client's end.
class Tap final : public sim::Observer {
 public:
  Tap(const lab::Simulation& simulation, const lab::KernelInterface& interface)
      : link_{interface.link},
        client_is_upper_{simulation.ends(interface.link, false).from !=
                         simulation.kernel_hosts().front().name} {}

  void on_crossing(const sim::Crossing& crossing) override {
    if (crossing.link != link_) return;
    const bool leaves = crossing.back == client_is_upper_;
    if (!leaves && crossing.fate != sim::Fate::carried) {
      if (crossing.fate != sim::Fate::lost) strange_ = true;
      return;
    }
    const bool v6 = crossing.octets[0] >> 4 == 6;
    const EthernetHeader header{.destination = lab::link_address(link_, !crossing.back),
                                .source = lab::link_address(link_, crossing.back),
                                .type = v6 ? EtherType::ipv6 : EtherType::ipv4};
    capture::LiveFrame frame{
        .unix_ns = epoch_ns + (leaves ? crossing.at : crossing.arrives).time_since_epoch().count()};
    frame.octets.resize(EthernetHeader::size());
    header.emit(frame.octets);
    frame.octets.insert(frame.octets.end(), crossing.octets.begin(), crossing.octets.end());
    frame.original_length = static_cast<std::uint32_t>(frame.octets.size());
    frames_.push_back(std::move(frame));
  }
  void on_note(const sim::Note&) override {}

  // By time. Throws where a link did to a packet what this tap does not follow.
  [[nodiscard]] std::vector<capture::LiveFrame> frames() && {
    if (strange_) throw Wrong{"the client's link damages or doubles what comes"};
    std::ranges::stable_sort(frames_, {}, &capture::LiveFrame::unix_ns);
    return std::move(frames_);
  }

 private:
  sim::LinkIndex link_;
  bool client_is_upper_;
  bool strange_ = false;
  std::vector<capture::LiveFrame> frames_;
};

// ------------------------------------------------------------------------------------ the evidence

Instant instant(std::int64_t unix_ns) { return Instant{} + Duration{unix_ns - epoch_ns}; }

// As the recorder does it, with all the time there is.
class Evidence {
 public:
  Evidence(capture::PcapngWriter writer, const Start& start, const Address& next_hop,
           record::RunContext context)
      : writer_{std::move(writer)},
        recognizer_{evidence::ping_recognizer(start, next_hop)},
        context_{std::move(context)} {}

  void see(capture::LiveFrame frame) {
    const auto now = instant(frame.unix_ns);
    pass(now, false);
    const auto layer = capture::network_layer(capture::LinkType::ethernet, frame.octets);
    ++seen_;
    last_ns_ = frame.unix_ns;
    pairing_.see(now, std::move(frame), recognizer_->see(layer));
  }
  void hear(const Occurrence& occurrence) {
    const auto now = instant(occurrence.unix_ns);
    pass(now, false);
    auto mention = recognizer_->mention(occurrence);
    entries_.push_back({.occurrence = occurrence, .made = now, .waits = mention.has_value()});
    last_ns_ = occurrence.unix_ns;
    if (mention)
      pairing_.hear(now, first_ + entries_.size() - 1, occurrence.unix_ns, std::move(*mention));
  }
  void finish() {
    pass(instant(last_ns_), true);
    auto last = statistics();
    last.end_ns = last.unix_ns;
    writer_.set_statistics(last);
    if (const auto closed = writer_.close(); !closed) throw Wrong{closed.error().message()};
  }

 private:
  struct Entry {
    Occurrence occurrence{};
    Instant made{};
    bool waits = false;
  };

  capture::Statistics statistics() const {
    return {.interface = {},
            .unix_ns = last_ns_,
            .start_ns = epoch_ns,
            .received = seen_,
            .dropped = 0};
  }
  // What is known or given up by `now`, into the file.
  void pass(Instant now, bool at_once) {
    while (const auto ready = pairing_.next(now, at_once)) {
      capture::Frame frame{.unix_ns = ready->frame.unix_ns,
                           .octets = ready->frame.octets,
                           .direction = ready->direction};
      if (!ready->comment.empty()) frame.comments.push_back(ready->comment);
      const auto number = writer_.write(frame);
      if (!number) throw Wrong{number.error().message()};
      pairing_.written(number->value());
    }
    for (auto& [number, shown] : pairing_.take_shown())
      if (number >= first_) {
        entries_[number - first_].occurrence.frames = std::move(shown);
        entries_[number - first_].waits = false;
      }
    if (pairing_.give_up(now).unseen > 0) throw Wrong{"an answer was told that no frame shows"};
    std::vector<std::string> lines;
    while (!entries_.empty() && (!entries_.front().waits || at_once ||
                                 entries_.front().made + evidence::Pairing::patience <= now)) {
      lines.push_back("sonda-event: " + record::to_json(entries_.front().occurrence, context_));
      entries_.pop_front();
      ++first_;
    }
    if (lines.empty()) return;
    auto block = statistics();
    block.comments = std::move(lines);
    if (const auto added = writer_.add_statistics(block); !added)
      throw Wrong{added.error().message()};
  }

  capture::PcapngWriter writer_;
  std::unique_ptr<evidence::Recognizer> recognizer_;
  record::RunContext context_;
  evidence::Pairing pairing_;
  std::deque<Entry> entries_;
  std::uint64_t first_ = 0;  // number of the first of them
  std::uint64_t seen_ = 0;
  std::int64_t last_ns_ = epoch_ns;
};

// ----------------------------------------------------------------------------------------- the run

Address address_of(const lab::Simulation& simulation, const Command& command) {
  if (const auto literal = Address::parse(command.target)) return *literal;
  for (const auto& address : simulation.names().addresses_of(command.target))
    if (address.is_v6() == command.ipv6) return address;
  throw Wrong{command.target + " has no such address"};
}

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

capture::PcapngWriter begin_file(const std::string& file, const Start& start,
                                 const lab::KernelInterface& interface, const Address& next_hop) {
  std::string argv = "sonda: argv";
  for (const auto& word : start.argv) argv += ' ' + word;
  auto writer = capture::PcapngWriter::create(
      file, {.comments = {argv}, .os = "simulated", .application = "sonda-ping " + version_text()});
  if (!writer) throw Wrong{writer.error().message()};
  const auto added = writer->add_interface({.link_type = capture::LinkType::ethernet,
                                            .name = interface.name,
                                            .filter = evidence::ping_filter(start, next_hop)});
  if (!added) throw Wrong{added.error().message()};
  if (!Address::parse(start.target))
    if (const auto named = writer->add_names({{.address = start.address, .names = {start.target}}});
        !named)
      throw Wrong{named.error().message()};
  return std::move(*writer);
}

void run_ping(lab::Topology topology, std::uint64_t seed, Command command,
              const std::string& file) {
  lab::Simulation simulation{std::move(topology), seed};
  const auto& interface = simulation.kernel_hosts().front().interfaces.front();
  auto& plan = command.plan;
  plan.target = address_of(simulation, command);
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
  Evidence evidence{begin_file(file, start, interface, next_hop), start, next_hop, context};
  auto frames = std::move(tap).frames();
  const auto end = events.back().unix_ns;  // a capture ends with its run
  auto frame = frames.begin();
  for (const auto& event : events) {
    for (; frame != frames.end() && frame->unix_ns <= event.unix_ns; ++frame)
      evidence.see(std::move(*frame));
    evidence.hear(event);
  }
  for (; frame != frames.end() && frame->unix_ns <= end; ++frame) evidence.see(std::move(*frame));
  evidence.finish();
}

}  // namespace

std::optional<std::string> ping_command(const std::string& readme) {
  const std::string opening = "```ping\n";
  const auto begin = readme.find(opening);
  if (begin == std::string::npos) return std::nullopt;
  const auto line = begin + opening.size();
  return readme.substr(line, readme.find('\n', line) - line);
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
