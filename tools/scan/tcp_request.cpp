// The options of sonda-tcp.
#include "scan/tcp_request.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <sonda/event/words.hpp>
#include <sonda/record/printable.hpp>

#include "common/color.hpp"
#include "common/exit_status.hpp"
#include "common/numbers.hpp"

namespace sonda::tools {
namespace {

using record::printable;

// TCP_USER_TIMEOUT ends no connection before its first retransmission could have been answered.
constexpr Duration least_deadline = std::chrono::milliseconds{1'020};
constexpr std::uint64_t most_flows = 60'000;

auto numbers(std::uint64_t least, std::uint64_t most) {
  return [least, most](const std::string& text) { return read_number(text, least, most); };
}

template <typename T>
auto numbers_as(std::uint64_t least, std::uint64_t most) {
  return [least, most](const std::string& text) -> Read<T> {
    const auto number = read_number(text, least, most);
    if (!number) return std::unexpected{number.error()};
    return static_cast<T>(*number);
  };
}

auto seconds() {
  return [](const std::string& text) { return read_seconds(text, Duration{1}); };
}

Read<std::string> read_name(const std::string& text) {
  if (text.empty()) return std::unexpected{std::string{"'' is no file"}};
  return text;
}

Read<Address> read_source(const std::string& text) {
  if (const auto address = Address::parse(text)) return *address;
  return std::unexpected{'\'' + printable(text) + "' is not an address"};
}

Read<Ending> read_ending(const std::string& text) {
  for (const auto& [ending, word] : ending_words)
    if (text == word) return ending;
  return std::unexpected{'\'' + printable(text) + "' is none of half-open, rst, fin"};
}

// SYNs a second: decimal, above 0.
Read<double> read_rate(const std::string& text) {
  // The same digits as seconds have, and no exponent.
  const auto value = read_seconds(text, Duration{1'000});
  if (!value)
    return std::unexpected{'\'' + printable(text) +
                           "' is not a number of SYNs a second from 0.000001 to 10000000"};
  return static_cast<double>(value->count()) / 1e9;
}

struct ShardOf {
  std::uint64_t index = 1, count = 1;
};

Read<ShardOf> read_shard(const std::string& text) {
  const auto slash = text.find('/');
  const auto wrong = [&text] {
    return std::unexpected{'\'' + printable(text) +
                           "' is no shard; as in 2/3: the second of three"};
  };
  if (slash == std::string::npos) return wrong();
  const auto count = read_number(text.substr(slash + 1), 1, 1'000'000);
  if (!count) return wrong();
  const auto index = read_number(text.substr(0, slash), 1, *count);
  if (!index) return wrong();
  return ShardOf{*index, *count};
}

void describe_what(CommandLine& line, TcpRequest& r) {
  line.operands("targets", r.targets, "Hosts, 10.0.0.0/24, 10.0.0-3.1,5, web:22,80");
  line.texts("-p,--ports", r.port_lists, "As 22,80,1000-2000, http*, - for all", "PORTS");
  line.value("--top-ports", r.top_ports, numbers(1, 65'536), "The commonest [1000]", "N");
  line.flag("-F,--fast", r.fast, "The 100 commonest ports");
  line.texts("--exclude-ports", r.excluded_ports, "But not these", "PORTS");
  line.texts("--targets", r.target_files, "Targets of a file; '-': stdin (-iL)", "FILE");
  line.texts("--exclude", r.excluded, "But not these hosts", "HOSTS");
  line.texts("--exclude-file", r.excluded_files, "But not the hosts in it", "FILE");
  line.flag("-4,--ipv4", r.v4, "IPv4 only");
  line.flag("-6,--ipv6", r.v6, "IPv6 only");
  line.flag("--resolve-all", r.every_address, "Every address of a name");
}

void describe_how(CommandLine& line, TcpRequest& r) {
  line.flag("--syn", r.syn, "Raw SYNs; needs CAP_NET_RAW");
  line.value("--close", r.plan.ending, read_ending, "half-open, rst, fin [half-open]", "HOW");
  line.value("--banner", r.plan.banner, seconds(), "Wait for what is said first [=2]", "SECONDS");
  line.value("-w,--deadline", r.plan.deadline, seconds(), "Silent for so long: filtered [2.5]",
             "SECONDS");
  line.value("--retries", r.plan.retransmissions, numbers_as<std::uint8_t>(0, 15),
             "SYNs after the first [2]", "N");
  line.value("--rate", r.plan.rate, read_rate, "SYNs a second, at most", "N");
  line.value("--parallel", r.plan.parallel, numbers_as<std::uint32_t>(1, most_flows),
             "Ports at a time, at most [512]", "N");
  line.value("--workers", r.workers, numbers(1, 256), "Threads [one a core]", "N");
  line.value("-e,--interface", r.interface, read_name, "Leave through it", "NAME");
  line.value("-S,--source", r.source, read_source, "Source address", "ADDRESS");
  line.value("-g,--source-port", r.source_port, numbers_as<Port>(1, 65'535),
             "Source port; one worker", "PORT");
  const auto take_shard = [&r](const std::string& text) -> Read<std::optional<std::uint64_t>> {
    const auto shard = read_shard(text);
    if (!shard) return std::unexpected{shard.error()};
    r.shards = shard->count;
    return shard->index;
  };
  line.value("--shard", r.shard, take_shard, "Part I of N of the scan", "I/N");
  line.value("--seed", r.seed, numbers(0, ~0ULL), "Fixed key; needs --reproducible", "N");
  line.flag("--reproducible", r.reproducible, "Accept that a seed can be guessed");
}

void describe_output(CommandLine& line, TcpRequest& r) {
  line.value("--resume", r.journal, read_name, "Journal: made, or gone on with", "FILE");
  line.value("--expect", r.expect, read_name, "A state, or a file of them", "WHAT");
  line.flag("--open", r.open, "Show open ports only");
  line.flag("--all", r.all, "Show every port");
  line.flag("-q,--quiet", r.quiet, "Only the summary");
  line.flag("-v,--verbose", r.verbose, "Also services, foreign packets");
  line.flag("-n,--numeric", r.numeric, "Addresses instead of names");
  line.flag("--json", r.json, "Events as JSON Lines instead of text");
  line.text("--log", r.log, "Events as JSON Lines into a file", "FILE");
  line.value("--csv", r.csv, read_name, "Ports as CSV; '-': instead of text", "FILE");
  line.value("--xml", r.xml, read_name, "For what reads nmap's XML (-oX)", "FILE");
  r.capture.describe(line);
  line.value(
      "--color", r.color, [](const std::string& t) { return read_color(t); }, "auto, always, never",
      "WHEN");
}

void describe_foreign(CommandLine& line) {
  for (const auto* flag : {"-Pn", "-P0", "-PN"})
    line.foreign(flag, "not needed, sonda never pings first");
  for (const auto* flag : {"-PS", "-PA", "-PU", "-PE", "-PP", "-PM", "-PR", "-PY", "-sn", "-sP"})
    line.foreign(flag, "sonda tcp finds ports, not hosts; sonda ping asks whether one is there");
  line.foreign("-sT", "not needed, connect() is what sonda does");
  line.foreign("-sS", "say --syn");
  line.foreign("-sU", "sonda asks no UDP ports yet");
  for (const auto* flag : {"-sN", "-sF", "-sX", "-sA", "-sW", "-sM", "-sI", "-sO", "-sY", "-sZ"})
    line.foreign(flag, "only SYNs are sent; there is --syn and connect()");
  line.foreign("-sL", "nothing is only listed; --expect says what there should be");
  line.foreign("-sV", "no guessing of versions; --banner shows what a service says first");
  line.foreign("-sC", "there are no scripts; --banner shows what a service says first");
  line.foreign("-O", "no guessing of systems");
  line.foreign("-A", "no guessing of systems and versions; say --banner");
  line.foreign("-T", "the pace is found; --rate and --parallel limit it");
  line.foreign("-oN", "redirect stdout");
  line.foreign("-oG", "say --csv FILE or --log FILE");
  line.foreign("-oA", "say -oX FILE, --csv FILE or --log FILE, one by one");
  line.foreign("-oS", "no");
  line.foreign("-o", "there are -oX FILE, --csv FILE and --log FILE");
  line.foreign("-i", "say -iL FILE");
  line.foreign("-iR", "nobody is scanned at random");
  line.foreign("-D", "no decoys: who asks says who he is");
  line.foreign("-f", "packets are not cut to hide them");
  line.foreign("-b", "no FTP bounce");
  line.foreign("-r", "the order is a keyed permutation; see --seed");
  line.foreign("-R", "no reverse names are asked for");
  line.foreign("-d", "say --verbose or --json");
  line.foreign("-6n", "say -6 -n");
  line.foreign("--min-rate", "nobody is made faster than the path carries; see --rate");
  line.foreign("--max-rate", "say --rate");
  line.foreign("--max-retries", "say --retries");
  line.foreign("--min-parallelism", "the pace is found; see --parallel");
  line.foreign("--max-parallelism", "say --parallel");
  line.foreign("--host-timeout", "no host is given up; see --deadline");
  line.foreign("--max-rtt-timeout", "say --deadline");
  line.foreign("--initial-rtt-timeout", "say --deadline");
  line.foreign("--scan-delay", "say --rate");
  line.foreign("--excludefile", "say --exclude-file");
  line.foreign("--reason", "not needed, every port has its cause");
  line.foreign("--packet-trace", "say --capture FILE");
  line.foreign("--randomize-hosts", "not needed, the order is a permutation of all ports");
  line.foreign("--iflist", "say sonda doctor");
  line.foreign("--script", "there are no scripts; --banner shows what a service says first");
  line.foreign("--traceroute",
               "sonda traces no paths yet; --syn tells a firewall's RST by its TTL");
  line.foreign("--ttl", "the TTL is the system's, 64 with --syn");
}

bool same_file(const std::string& one, const std::string& other) {
  if (one.empty() || other.empty()) return false;
  if (one == "-" || other == "-") return one == other;
  std::error_code error;
  if (std::filesystem::exists(one, error))
    return std::filesystem::is_regular_file(one, error) &&
           std::filesystem::equivalent(one, other, error);
  const auto full = [&error](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  };
  return full(one) == full(other);
}

std::optional<std::string> check_files(const TcpRequest& r) {
  const std::array<std::pair<const char*, const std::string*>, 5> written{
      {{"--resume", &r.journal},
       {"--log", &r.log},
       {"--csv", &r.csv},
       {"--xml", &r.xml},
       {"--capture", &r.capture.file}}};
  for (std::size_t i = 0; i < written.size(); ++i)
    for (std::size_t j = i + 1; j < written.size(); ++j)
      if (same_file(*written[i].second, *written[j].second))
        return fmt::format("{} and {}: one file cannot be both", written[i].first,
                           written[j].first);
  if (r.journal == "-") return "--resume: a journal is a file, not a stream";
  if (r.xml == "-") return "--xml: it is a file, not a stream";
  if (r.csv == "-" && r.json) return "--csv - and --json: stdout cannot be both";
  auto inputs = r.target_files;
  inputs.insert(inputs.end(), r.excluded_files.begin(), r.excluded_files.end());
  if (std::ranges::count(inputs, "") > 0) return "'' is no file";
  inputs.push_back(r.expect);
  if (std::ranges::count(inputs, "-") > 1) return "standard input can be read once only";
  return std::nullopt;
}

}  // namespace

std::vector<std::string> long_names(int argc, const char* const* argv) {
  std::vector<std::string> out{argv, argv + argc};
  for (std::size_t i = 1; i < out.size() && out[i] != "--"; ++i) {
    if (out[i] == "-iL")
      out[i] = "--targets";
    else if (out[i] == "-oX")
      out[i] = "--xml";
    else if (out[i] == "--banner")
      out[i] = "--banner=2";
  }
  return out;
}

void describe_options(CommandLine& line, TcpRequest& request) {
  describe_what(line, request);
  describe_how(line, request);
  describe_output(line, request);
  describe_foreign(line);
  line.epilogue(
      "EXAMPLES\n"
      "  sonda-tcp 192.0.2.1                          the 1,000 commonest ports\n"
      "  sonda-tcp -p 22,80,http* web 10.0.0.0/24     these, of 257 hosts\n"
      "  sonda-tcp -p- --resume web.jsonl web         all; go on after Ctrl-C\n"
      "  sonda-tcp --banner -p 22 web                 what the service says first\n"
      "  sonda-tcp -p 22 --expect open web db         is it as it should be?\n"
      "\nEXIT STATUS\n"
      "  0 a port is open; with --expect: all is as expected   1 not so\n"
      "  2 wrong usage   3 not permitted   4 the system failed, or a name was not found\n");
}

std::optional<std::string> check(TcpRequest& r) {
  if (r.targets.empty() && r.target_files.empty() && r.expect.empty())
    return "no target; as in: sonda-tcp -p 22,80 192.0.2.1";
  if (r.v4 && r.v6) return "-4 and -6 exclude each other";
  if (int{!r.port_lists.empty()} + int{r.top_ports.has_value()} + int{r.fast} > 1)
    return "-p, --top-ports and -F exclude one another";
  if (r.quiet && r.verbose) return "--quiet and --verbose exclude each other";
  if (r.open && r.all) return "--open and --all exclude each other";
  if (r.syn && r.plan.banner) return "--banner: raw SYNs make no connection; leave out --syn";
  if (r.syn && r.plan.ending != Ending::half_open)
    return "--close: raw SYNs make no connection; leave out --syn";
  if (!r.syn && r.plan.deadline && *r.plan.deadline < least_deadline)
    return "--deadline: connect() waits for 1.02 s at least; --syn can wait less";
  if (!r.syn && r.plan.retransmissions == 0)
    return "--retries: connect() sends a second SYN after 1 s; --syn can do with one";
  if (r.source_port && r.workers > 1) return "--source-port goes with one worker only";
  if (r.seed && !r.reproducible)
    return "--seed: real probes need a secret key; if everybody may guess it, say --reproducible";
  if (r.reproducible && !r.seed) return "--reproducible goes with --seed";
  if (auto sentence = check_files(r)) return sentence;
  if (auto sentence = r.capture.check("sonda-tcp --capture - 192.0.2.1", r.log)) return sentence;
  r.plan.method = r.syn ? TcpMethod::syn : TcpMethod::connect;
  // A banner needs a connection.
  if (r.plan.banner && r.plan.ending == Ending::half_open) r.plan.ending = Ending::reset;
  r.plan.parallel_at_first = std::min(r.plan.parallel_at_first, r.plan.parallel);
  return std::nullopt;
}

}  // namespace sonda::tools
