// The captures of captures/SITUATION, made again under virtual time and compared octet by octet.
//   golden-captures FOLDER…           compares FOLDER/NAME.pcapng and FOLDER/ping.pcapng with what
//                                     the network and a ping of ours do today; tcp.pcapng as well
//   golden-captures --write FOLDER…   writes them
// What is sent stands in FOLDER/README.md: for NAME.pcapng in a block that begins with ```probes
// (probe_lines.hpp has its language), for ping.pcapng and tcp.pcapng in one that begins with
// ```ping or ```tcp.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <sonda/capture/pcapng_writer.hpp>
#include <sonda/lab/network_capture.hpp>
#include <sonda/lab/quantity.hpp>
#include <sonda/lab/sentence.hpp>
#include <sonda/lab/simulation.hpp>
#include <sonda/lab/topology.hpp>

#include "ping_run.hpp"
#include "probe_lines.hpp"
#include "tcp_run.hpp"

namespace sonda::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::int64_t begin_unix_ns = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z
constexpr std::uint64_t seed = 1;
constexpr Duration between_lines = 1s;

struct Wrong {
  std::string what;
};

std::string contents(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw Wrong{path.string() + " cannot be read"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// ---------------------------------------------------------------------------------------- sending

class Run {
 public:
  Run(lab::Topology topology, capture::PcapngWriter writer)
      : simulation_{std::move(topology), seed}, capture_{begin(std::move(writer))} {
    simulation_.set_observer(&capture_);
  }

  void operator()(const std::vector<std::string>& lines) {
    for (const auto& line : lines) {
      const auto probe = read_probe(line);
      if (!probe) throw Wrong{probe.error()};
      if (*probe) {
        send(**probe);
        pass(between_lines);
      } else if (line.starts_with("wait ")) {
        const auto time = lab::read_duration(line.substr(5));
        if (!time) throw Wrong{line + ": " + time.error()};
        pass(*time);
      } else {
        const auto sentence = lab::read_sentence(line);
        if (!sentence) throw Wrong{line + ": " + sentence.error()};
        if (const auto done = simulation_.apply(now_, *sentence); !done)
          throw Wrong{line + ": " + done.error()};
      }
    }
    pass(between_lines);
    simulation_.set_observer(nullptr);
    if (const auto closed = capture_.close(); !closed) throw Wrong{closed.error().message()};
  }

 private:
  lab::NetworkCapture begin(capture::PcapngWriter writer) {
    lab::CaptureNames names{.machine = [this](const sim::Node& node) {
      return std::string{simulation_.name_of(node)};
    }};
    for (std::uint32_t link = 0; link < simulation_.links(); ++link) {
      const auto [from, to] = simulation_.ends(sim::LinkIndex{link}, false);
      names.links.push_back({std::string{from}, std::string{to}});
    }
    for (const auto& [name, address] : simulation_.names().entries())
      names.addresses.push_back({address, {name}});
    auto capture = lab::NetworkCapture::begin(std::move(writer), std::move(names), [](Instant at) {
      return begin_unix_ns + at.time_since_epoch().count();
    });
    if (!capture) throw Wrong{capture.error().message()};
    return std::move(*capture);
  }
  // `talking`: the probe to whose answers the client replies.
  void pass(Duration time, const Probe* talking = nullptr) {
    const auto end = now_ + time;
    while (const auto came = simulation_.network().take_delivery(end)) {
      if (talking == nullptr) continue;
      for (const auto& reply : replies_to(came->packet.octets, talking->data))
        simulation_.network().send(came->packet.at, *came->outlet, came->side, reply);
    }
    now_ = end;
    capture_.settle(now_);
  }
  [[nodiscard]] Address address(const Probe& probe) const {
    if (const auto literal = Address::parse(probe.target)) return *literal;
    for (const auto& address : simulation_.names().addresses_of(probe.target))
      if (address.is_v6() == probe.ipv6) return address;
    throw Wrong{probe.target + " has no such address"};
  }
  void send(const Probe& probe) {
    const auto& client = simulation_.kernel_hosts().front();
    const auto to = address(probe);
    std::optional<Address> from;
    for (const auto& own : client.interfaces.front().addresses)
      if (own.address.is_v4() == to.is_v4()) from = own.address;
    if (!from) throw Wrong{"the client has no address of that version"};
    unsigned nth = 0;
    for (unsigned i = 0; i < probe.count; ++i)
      for (unsigned ttl = probe.first_ttl; ttl <= probe.last_ttl; ++ttl) {
        const auto packet = packet_of(
            probe, {.from = *from, .to = to, .ttl = ttl, .number = ++number_, .nth = nth++});
        simulation_.network().send(now_, *client.outlet, client.interfaces.front().side, packet);
        pass(probe.every, probe.kind == ProbeKind::talk ? &probe : nullptr);
      }
  }

  lab::Simulation simulation_;
  lab::NetworkCapture capture_;
  Instant now_{};
  unsigned number_ = 0;
};

lab::Topology topology_of(const fs::path& folder) {
  const auto toml = folder / "topology.toml";
  auto topology = lab::read_topology(contents(toml), toml.string());
  if (!topology) throw Wrong{to_text(topology.error())};
  return std::move(*topology);
}

void make_network(const fs::path& folder, const fs::path& file) {
  auto topology = topology_of(folder);
  auto writer = capture::PcapngWriter::create(
      file.string(), {.comments = {topology.title}, .application = "Sonda"});
  if (!writer) throw Wrong{writer.error().message()};
  const auto lines = probe_lines(contents(folder / "README.md"));
  if (lines.empty()) throw Wrong{"the README has no block of probes"};
  Run{std::move(topology), std::move(*writer)}(lines);
}

// Where nothing of the situation shows in a ping, the README has none.
void make_ping(const fs::path& folder, const fs::path& file) {
  const auto command = ping_command(contents(folder / "README.md"));
  if (!command) throw Wrong{"the README has no block with a ping"};
  if (const auto made = capture_ping(topology_of(folder), seed, *command, file.string()); !made)
    throw Wrong{made.error()};
}

void make_tcp(const fs::path& folder, const fs::path& file) {
  const auto command = tcp_command(contents(folder / "README.md"));
  if (!command) throw Wrong{"the README has no block with a scan"};
  if (const auto made = capture_tcp(topology_of(folder), seed, *command, file.string()); !made)
    throw Wrong{made.error()};
}

using Make = void (*)(const fs::path& folder, const fs::path& file);

bool same(const fs::path& folder, const fs::path& golden, Make make) {
  const auto today = fs::temp_directory_path() /
                     ("sonda-" + folder.filename().string() + '-' + golden.filename().string());
  make(folder, today);
  const bool equal = contents(today) == contents(golden);
  if (equal)
    fs::remove(today);
  else
    std::cerr << golden.string() << " is not what the network does today, which is "
              << today.string() << '\n';
  return equal;
}

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool write = !words.empty() && words.front() == "--write";
  if (write) words.erase(words.begin());
  bool fine = !words.empty();
  for (const auto& word : words) {
    const fs::path folder{word};
    try {
      std::vector<std::pair<fs::path, Make>> all{
          {folder / (folder.filename().string() + ".pcapng"), make_network}};
      if (ping_command(contents(folder / "README.md")) || fs::exists(folder / "ping.pcapng"))
        all.emplace_back(folder / "ping.pcapng", make_ping);
      if (tcp_command(contents(folder / "README.md")) || fs::exists(folder / "tcp.pcapng"))
        all.emplace_back(folder / "tcp.pcapng", make_tcp);
      for (const auto& [golden, make] : all)
        if (write)
          make(folder, golden);
        else
          fine = same(folder, golden, make) && fine;
    } catch (const Wrong& wrong) {
      std::cerr << word << ": " << wrong.what << '\n';
      fine = false;
    }
  }
  return fine ? 0 : 1;
}

}  // namespace
}  // namespace sonda::testing

int main(int argc, char** argv) { return sonda::testing::main(argc, argv); }
