// The captures of captures/SITUATION, made again under virtual time and compared octet by octet.
//   golden-captures FOLDER…           compares FOLDER/NAME.pcapng with what the network does today
//   golden-captures --write FOLDER…   writes it
// What is sent stands in FOLDER/README.md, in a block that begins with ```probes, a line each:
//   ping web count 3                  echo requests
//   udp web port 33434 ttl 1..9       one datagram a TTL
//   tcp web port 80                   a SYN
// with further words `size N` (octets of the packet), `sport N`, `df`, `no-df`, `every 10ms`,
// `ipv6`;
//   wait 3s                           nothing for a while
//   r1 drop udp                       a sentence for the network
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <sonda/capture/pcapng_writer.hpp>
#include <sonda/lab/network_capture.hpp>
#include <sonda/lab/quantity.hpp>
#include <sonda/lab/sentence.hpp>
#include <sonda/lab/simulation.hpp>
#include <sonda/lab/topology.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/tcp.hpp>
#include <sonda/wire/udp.hpp>

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

std::vector<std::string> probes_of(const std::string& readme) {
  std::vector<std::string> lines;
  std::istringstream in{readme};
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "```probes") {
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside && !line.empty()) {
      lines.push_back(line);
    }
  }
  if (lines.empty()) throw Wrong{"the README has no block of probes"};
  return lines;
}

struct Probe {
  std::string kind, target;
  unsigned count = 1;
  unsigned first_ttl = 64, last_ttl = 64;
  std::uint16_t port = 33'434, source_port = 40'000;
  std::size_t size = 0;
  bool dont_fragment = true, ipv6 = false;
  Duration every = 100ms;
};

std::optional<Probe> read_probe(const std::string& line) {
  std::istringstream words{line};
  Probe probe;
  words >> probe.kind >> probe.target;
  if (probe.kind != "ping" && probe.kind != "udp" && probe.kind != "tcp") return std::nullopt;
  for (std::string word, value; words >> word;) {
    if (word == "df" || word == "no-df") {
      probe.dont_fragment = word == "df";
    } else if (word == "ipv6") {
      probe.ipv6 = true;
    } else if (!(words >> value)) {
      throw Wrong{line + ": " + word + " needs a value"};
    } else if (word == "count") {
      probe.count = static_cast<unsigned>(std::stoul(value));
    } else if (word == "port") {
      probe.port = static_cast<std::uint16_t>(std::stoul(value));
    } else if (word == "sport") {
      probe.source_port = static_cast<std::uint16_t>(std::stoul(value));
    } else if (word == "size") {
      probe.size = std::stoul(value);
    } else if (word == "every") {
      const auto every = lab::read_duration(value);
      if (!every) throw Wrong{line + ": " + every.error()};
      probe.every = *every;
    } else if (word == "ttl") {
      const auto dots = value.find("..");
      probe.first_ttl = static_cast<unsigned>(std::stoul(value));
      probe.last_ttl = dots == std::string::npos
                           ? probe.first_ttl
                           : static_cast<unsigned>(std::stoul(value.substr(dots + 2)));
    } else {
      throw Wrong{line + ": what is " + word + "?"};
    }
  }
  return probe;
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
      if (const auto probe = read_probe(line)) {
        send(*probe);
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
  void pass(Duration time) {
    now_ += time;
    while (simulation_.network().take_delivery(now_)) {
    }
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
    for (unsigned i = 0; i < probe.count; ++i)
      for (unsigned ttl = probe.first_ttl; ttl <= probe.last_ttl; ++ttl) {
        simulation_.network().send(now_, *client.outlet, client.interfaces.front().side,
                                   packet(probe, *from, to, ttl));
        ++number_;
        pass(probe.every);
      }
  }
  [[nodiscard]] sim::Octets packet(const Probe& probe, const Address& from, const Address& to,
                                   unsigned ttl) const {
    const bool v4 = to.is_v4();
    const bool ping = probe.kind == "ping", tcp = probe.kind == "tcp";
    const sim::Envelope envelope{.from = from,
                                 .to = to,
                                 .protocol = tcp     ? Protocol::tcp
                                             : !ping ? Protocol::udp
                                             : v4    ? Protocol::icmp
                                                     : Protocol::icmpv6,
                                 .ttl = Ttl{ttl},
                                 .identification = static_cast<std::uint16_t>(number_ + 1),
                                 .dont_fragment = probe.dont_fragment};
    const std::size_t least = envelope.size() + (tcp ? 20 : 8);
    const auto data_size = std::max(probe.size, least + (tcp ? 0U : 32U)) - least;
    sim::Octets data(tcp ? 0 : data_size);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>('a' + i % 23);
    auto octets = envelope.packet(least - envelope.size() + data.size());
    const auto body = MutableBytes{octets}.subspan(envelope.size());
    if (ping) {
      const Echo echo{
          .identifier = Identifier{0x50da}, .sequence = Sequence{number_ + 1}, .data = data};
      if (v4)
        echo.emit(body);
      else
        echo.emit(body, from.v6(), to.v6());
    } else if (tcp) {
      const TcpHeader syn{.source_port = Port{probe.source_port},
                          .destination_port = Port{probe.port},
                          .sequence = TcpSequence{1'000U + number_},
                          .flags = TcpFlags::syn};
      syn.emit(body, from, to);
    } else {
      std::ranges::copy(data, body.subspan(8).begin());
      const UdpHeader udp{.source_port = Port{probe.source_port},
                          .destination_port = Port{probe.port}};
      udp.emit(body, from, to);
    }
    return octets;
  }

  lab::Simulation simulation_;
  lab::NetworkCapture capture_;
  Instant now_{};
  unsigned number_ = 0;
};

void make(const fs::path& folder, const fs::path& file) {
  const auto toml = folder / "topology.toml";
  auto topology = lab::read_topology(contents(toml), toml.string());
  if (!topology) throw Wrong{to_text(topology.error())};
  auto writer = capture::PcapngWriter::create(
      file.string(), {.comments = {topology->title}, .application = "Sonda"});
  if (!writer) throw Wrong{writer.error().message()};
  Run{std::move(*topology), std::move(*writer)}(probes_of(contents(folder / "README.md")));
}

bool same(const fs::path& folder, const fs::path& golden) {
  const auto today = fs::temp_directory_path() / ("sonda-" + golden.filename().string());
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
    const auto golden = folder / (folder.filename().string() + ".pcapng");
    try {
      if (write)
        make(folder, golden);
      else
        fine = same(folder, golden) && fine;
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
