// sonda-ping: is it there, how far, and if not, who says so.
#include <array>
#include <cerrno>
#include <csignal>
#include <unistd.h>

#include <fmt/format.h>

#include <sonda/event/words.hpp>
#include <sonda/evidence/ping_evidence.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/names.hpp>
#include <sonda/net/privilege.hpp>
#include <sonda/net/resolve.hpp>
#include <sonda/net/route.hpp>
#include <sonda/net/wait.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/report/ping_text.hpp>
#include <sonda/run/session.hpp>
#include <sonda/wire/address_text.hpp>

#include "common/capture_option.hpp"
#include "common/color.hpp"
#include "common/command_line.hpp"
#include "common/exit_status.hpp"
#include "common/output.hpp"

namespace sonda::tools {
namespace {

constexpr const char* program = "sonda-ping";
// As iputils: nobody floods a network with a program that was given a capability.
constexpr Duration least_interval = std::chrono::milliseconds{2};

struct Request {
  PingPlan plan;
  std::string target;
  std::vector<std::string> interfaces;  // -I: names, or addresses as iputils takes them
  std::optional<Address> source;
  std::uint64_t send_buffer = 0;
  std::optional<std::uint64_t> seed;
  std::string log;
  CaptureOption capture;
  std::string color = "auto";
  bool v4 = false, v6 = false;
  bool quiet = false, verbose = false, numeric = false, timestamps = false, json = false;
  bool unprivileged = false, reproducible = false, names = false;

  std::string interface;  // what of `interfaces` is a name
};

// ------------------------------------------------------------------------------- command line

Read<PathMtuDiscovery> read_discovery(std::string_view text) {
  for (const auto& [discovery, word] : path_mtu_words)
    if (text == word) return discovery;
  return std::unexpected{'\'' + record::printable(text) + "' is none of do, want, dont, probe"};
}

Read<Address> read_address(std::string_view text) {
  if (const auto address = Address::parse(text)) return *address;
  return std::unexpected{'\'' + record::printable(text) + "' is not an address"};
}

auto numbers(std::uint64_t least, std::uint64_t most) {
  return [least, most](const std::string& text) { return read_number(text, least, most); };
}

auto seconds(Duration least) {
  return [least](const std::string& text) { return read_seconds(text, least); };
}

void describe_options(CommandLine& line, Request& r) {
  constexpr Duration above_zero{1};
  constexpr std::uint64_t many = 1'000'000'000'000;
  line.operand("target", r.target, "A name or an address");

  line.value("-c,--count", r.plan.count, numbers(1, many), "Probes to send (with -w: answers)",
             "N");
  line.value("-i,--interval", r.plan.interval, seconds(Duration::zero()),
             "Seconds between probes [1]; 0: when answered", "SECONDS");
  line.value("-w,--deadline", r.plan.deadline, seconds(above_zero), "End then, whatever happened",
             "SECONDS");
  line.value("-W,--timeout", r.plan.timeout, seconds(above_zero), "A probe is lost after this [10]",
             "SECONDS");
  line.value("-s,--size", r.plan.data_size, numbers(0, 65'527), "Octets of data [56]", "OCTETS");
  line.value(
      "-t,--ttl", r.plan.ttl,
      [](const std::string& text) -> Read<Ttl> {
        const auto number = read_number(text, 1, 255);
        if (!number) return std::unexpected{number.error()};
        return Ttl{*number};
      },
      "TTL or hop limit [64]", "N");
  line.value(
      "-Q,--tos", r.plan.traffic_class, [](const std::string& t) { return read_traffic_class(t); },
      "Traffic class, or a DSCP as in ef", "CLASS");
  line.value(
      "-p,--pattern", r.plan.pattern, [](const std::string& t) { return read_pattern(t); },
      "Fill the data with these octets", "HEX");
  line.value(
      "-M,--pmtudisc", r.plan.path_mtu_discovery,
      [](const std::string& t) { return read_discovery(t); },
      "Path MTU: do, want, dont, probe [want]", "HOW");
  line.texts("-I,--interface", r.interfaces, "Interface, or source address", "NAME");
  line.value(
      "--source", r.source, [](const std::string& t) { return read_address(t); }, "Source address",
      "ADDRESS");
  line.value("-S,--sndbuf", r.send_buffer, numbers(1, 1U << 30), "Octets of the send buffer",
             "OCTETS");
  line.flag("-4,--ipv4", r.v4, "IPv4 only");
  line.flag("-6,--ipv6", r.v6, "IPv6 only");
  line.flag("-n,--numeric", r.numeric, "No names for addresses");
  line.flag("-H,--names", r.names, "Names even if the target is a number");
  line.flag("-q,--quiet", r.quiet, "Only the first line and the summary");
  line.flag("-v,--verbose", r.verbose, "Also losses, foreign replies, clocks");
  line.flag("-D,--timestamps", r.timestamps, "The time before each line");
  line.flag("-O,--outstanding", r.plan.report_outstanding, "Say what is not answered yet");
  line.flag("--json", r.json, "Events as JSON Lines instead of text");
  line.text("--log", r.log, "Events as JSON Lines into a file", "FILE");
  r.capture.describe(line);
  line.value(
      "--color", r.color, [](const std::string& t) { return read_color(t); }, "auto, always, never",
      "WHEN");
  line.flag("--unprivileged", r.unprivileged, "No raw socket, even if allowed");
  line.value("--seed", r.seed, numbers(0, ~0ULL), "Fixed key and ids; needs --reproducible", "N");
  line.flag("--reproducible", r.reproducible, "Accept that a seed can be guessed");

  line.foreign("-f", "no flood; -i 0 sends when the last probe is answered");
  line.foreign("-A", "not needed; -i 0 sends when the last probe is answered");
  line.foreign("-l", "no preload; a small -i keeps many probes on the way");
  line.foreign("-a", "sonda makes no noise; --json tells a program of each reply");
  line.foreign("-b", "broadcast is not offered: everybody would answer");
  line.foreign("-B", "not needed, the source address never changes during a run");
  line.foreign("-C", "not needed, sonda needs no connect()");
  line.foreign("-d", "not offered, nothing reads SO_DEBUG any more");
  line.foreign("-e", "not needed, a keyed tag tells our replies; see --seed");
  line.foreign("-F", "not offered; the flow label is fixed within a run");
  line.foreign("-j", "say --json");
  line.foreign("-L", "not offered, multicast is not looped back");
  line.foreign("-m", "firewall marks are not offered");
  line.foreign("-N", "node information (RFC 4620) is not offered");
  line.foreign("-r", "not offered; -I chooses the interface");
  line.foreign("-R", "record route is not offered here, routers drop it");
  line.foreign("-T", "the timestamp option is not offered here, routers drop it");
  line.foreign("-U", "each sample names its clock and how far it may be off");

  line.epilogue(
      fmt::format("EXAMPLES\n"
                  "  sonda-ping 192.0.2.1              until Ctrl-C; Ctrl-\\ shows the sum so far\n"
                  "  sonda-ping -c 3 -i 0.2 web        three probes, 0.2 s apart\n"
                  "  sonda-ping --json -c 1 fe80::1%eth0 | jq .rtt_ms\n"
                  "  sonda-ping --capture web.pcapng --frames -c 3 web\n"
                  "  sonda-ping --capture - 192.0.2.1 | wireshark -k -i -   text, JSON: to stderr\n"
                  "\n{}  with -c and -w: 0 if all N were answered in time\n",
                  exit_status_help));
}

// What no single option can know of itself. The sentence that refuses it, if there is one.
std::optional<std::string> check(Request& r) {
  if (r.target.empty()) return "no target; as in: sonda-ping 192.0.2.1";
  if (r.v4 && r.v6) return "-4 and -6 exclude each other";
  if (const auto literal = Address::parse(r.target))
    if (literal->is_v4() ? r.v6 : r.v4)
      return fmt::format("{} is no IPv{} address", r.target, r.v4 ? 4 : 6);
  if (r.quiet && r.verbose) return "--quiet and --verbose exclude each other";
  if (r.seed && !r.reproducible)
    return "--seed: real probes need a secret key; if everybody may guess it, say --reproducible";
  if (r.reproducible && !r.seed) return "--reproducible goes with --seed";
  if (r.seed && r.unprivileged)
    return "--seed: without privilege the system picks the identifier; nothing can be repeated";
  if (r.names && r.numeric) return "--names and --numeric exclude each other";
  if (auto sentence = r.capture.check("sonda-ping --capture - 192.0.2.1", r.log)) return sentence;
  for (const auto& text : r.interfaces) {
    const auto address = Address::parse(text);
    if (address ? r.source.has_value() : !r.interface.empty())
      return fmt::format("{} is one {} too many", record::printable(text),
                         address ? "source address" : "interface");
    if (address)
      r.source = *address;
    else
      r.interface = text;
  }
  return std::nullopt;
}

// -------------------------------------------------------------------------------- preparation

struct Sockets {
  std::optional<net::RawIcmpSocket> v4, v6;
  std::optional<Failure> failure;  // of the system's; a missing privilege is none, there are others
};

// While the privilege is raised: what the target will turn out to be is not known yet.
Sockets open_sockets(const Request& r) {
  Sockets out;
  if (r.unprivileged) return out;
  const auto literal = Address::parse(r.target);
  const auto may_be = [&](bool v4) {
    return literal ? literal->is_v4() == v4 : !(v4 ? r.v6 : r.v4);
  };
  const auto raised = net::RaisedNetRaw::raise();
  if (!raised) return out;
  const auto open = [&out](IpVersion version) -> std::optional<net::RawIcmpSocket> {
    auto socket = net::RawIcmpSocket::open(version);
    if (socket) return std::move(*socket);
    const int error = socket.error().error_code;
    if (error != EPERM && error != EACCES && error != EAFNOSUPPORT) out.failure = socket.error();
    return std::nullopt;
  };
  if (may_be(true)) out.v4 = open(IpVersion::v4);
  if (may_be(false)) out.v6 = open(IpVersion::v6);
  return out;
}

int complain(const Failure& failure) {
  std::string line = record::printable(failure.message());
  if (status_of(failure) == ExitStatus::privilege)
    line += failure.operation == "open a datagram socket"
                ? "; to allow it: sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'"
                : "; to allow it: sudo setcap cap_net_raw+p \"$(command -v sonda-ping)\", or see "
                  "sonda doctor";
  tools::complain(program, line);
  return code(status_of(failure));
}

std::string from_clause(const Request& r, const Address& source, const std::string& interface) {
  if (r.interfaces.empty() && !r.source) return {};
  return fmt::format(" from {} {}:", to_text(source).view(), record::printable(interface));
}

// ------------------------------------------------------------------------------------- the run

class Run {
 public:
  Run(Request request, std::vector<std::string> argv)
      : request_{std::move(request)}, argv_{std::move(argv)} {}

  int operator()() {
    Output output{{.tool = "ping", .target = request_.target}, {}};
    if (!request_.log.empty())
      if (const auto opened = output.open_log(request_.log); !opened) {
        tools::complain(program, opened.error().message());
        return code(ExitStatus::system);
      }
    CapturedOutput captured{output, request_.capture, program};
    if (const auto opened = captured.open_file(); !opened) return complain(opened.error());
    auto sockets = open_sockets(request_);
    if (sockets.failure) return complain(*sockets.failure);
    const auto found = net::resolve(request_.target, family());
    if (!found) {
      tools::complain(program, record::printable(found.error().message()));
      return code(ExitStatus::system);
    }
    auto& plan = request_.plan;
    plan.target = found->front();
    if (const auto most = std::size_t{plan.target.is_v4() ? 65'507U : 65'527U};
        plan.data_size > most) {
      tools::complain(program, fmt::format("--size: {} octets are too many, at most {} fit into "
                                           "one packet",
                                           plan.data_size, most));
      return code(ExitStatus::usage);
    }
    if (request_.source && request_.source->is_v4() != plan.target.is_v4()) {
      tools::complain(program, "the source address is of another version than the target");
      return code(ExitStatus::usage);
    }
    const auto route = net::find_route(plan.target, request_.source, request_.interface);
    if (route && route->type == net::RouteType::broadcast) {
      tools::complain(program, fmt::format("{} is a broadcast address: everybody would answer",
                                           to_text(plan.target).view()));
      return code(ExitStatus::usage);
    }
    if (request_.seed) plan.key = SipKey{.low = *request_.seed, .high = 1};
    plan.hash_octets = request_.json || !request_.log.empty() || request_.capture;
    output.context().address = plan.target;
    if (route) next_hop_ = route->gateway.value_or(plan.target);
    return measure(output, captured,
                   plan.target.is_v4() ? std::move(sockets.v4) : std::move(sockets.v6));
  }

 private:
  net::Family family() const {
    return request_.v4 ? net::Family::ipv4 : request_.v6 ? net::Family::ipv6 : net::Family::any;
  }

  int measure(Output& output, CapturedOutput& captured, std::optional<net::RawIcmpSocket> socket) {
    constexpr std::array watched{SIGINT, SIGTERM, SIGQUIT};
    auto signals = net::SignalDescriptor::open(watched);
    if (!signals) return complain(signals.error());

    std::optional<net::ReverseNames> names;
    const bool wants_names =
        request_.names || (!request_.numeric && !Address::parse(request_.target));
    std::optional<PingSummary> summary;
    std::expected<void, Failure> captures;
    auto watched_too = captured.descriptors();
    watched_too.push_back(signals->fd());
    PingOptions options{
        .on_event =
            [&](const Occurrence& occurrence) {
              if (const auto* start = std::get_if<Start>(&occurrence.event.what)) {
                prepare(output, *start);
                captures = begin(captured, output, *start);
              }
              captured(occurrence);
              if (const auto* s = std::get_if<PingSummary>(&occurrence.event.what)) summary = *s;
            },
        .interface = request_.interface,
        .source = request_.source,
        .send_buffer = request_.send_buffer,
        .socket = std::move(socket),
        .without_privilege = request_.unprivileged,
        .also_watch = std::move(watched_too),
        .start = {.tool = "ping", .argv = argv_, .target = request_.target, .seed = request_.seed}};
    if (wants_names)
      options.name_of = [&names](const Address& address) { return names->name_of(address); };

    auto session = ping(request_.plan, std::move(options));
    if (!session) return complain(session.error());
    if (!captures) return complain(captures.error());
    if (const auto dropped = net::drop_all(); !dropped) return complain(dropped.error());
    if (wants_names) names.emplace();  // its thread inherits what is left of our privilege: nothing

    if (const auto started = captured.start(); !started) return complain(started.error());

    for (captured.turn(); session->step(captured.next_due()); captured.turn()) {
      while (const auto signal = signals->take()) {
        if (*signal == SIGQUIT)
          session->query();
        else
          session->stop();
      }
      if (output.failure()) session->stop();
    }
    const bool evident = captured.finish(*signals);
    if (output.failure()) {
      tools::complain(program, output.failure()->message());
      return code(ExitStatus::system);
    }
    return code(evident ? verdict(*summary) : ExitStatus::system);
  }

  // Before the first probe leaves, and when its source, interface and identifier are known.
  std::expected<void, Failure> begin(CapturedOutput& captured, const Output& output,
                                     const Start& start) {
    if (!request_.capture) return {};
    return captured.begin({.live = evidence::ping_capture(start, next_hop_),
                           .recognizer = evidence::ping_recognizer(start, next_hop_),
                           .context = output.context(),
                           .argv = argv_});
  }

  // What the first line needs is known only when the route is.
  void prepare(Output& output, const Start& start) {
    output.context().address = start.address;
    if (request_.json) return;
    output.set_text(report::PingText{{.target = request_.target,
                                      .address = start.address,
                                      .quiet = request_.quiet,
                                      .verbose = request_.verbose,
                                      .timestamps = request_.timestamps,
                                      .color = wants_color(request_.color),
                                      .frames = request_.capture.frames,
                                      .from = from_clause(request_, start.source, start.interface),
                                      .pattern = request_.plan.pattern,
                                      .data_size = request_.plan.data_size}});
  }

  ExitStatus verdict(const PingSummary& summary) const {
    if (summary.sent == 0 && summary.refused > 0) return ExitStatus::system;
    const auto& plan = request_.plan;
    const auto wanted = plan.count && plan.deadline ? *plan.count : 1;
    return summary.received >= wanted ? ExitStatus::yes : ExitStatus::no;
  }

  Request request_;
  std::vector<std::string> argv_;
  Address next_hop_{};
};

int main(int argc, char** argv) {
  keep_standard_descriptors();
  const bool root = ::geteuid() == 0;
  if (const auto became = net::become_sudo_caller(); !became) return complain(became.error());
  if (const auto kept = net::keep_only_net_raw(); !kept) return complain(kept.error());

  Request request;
  CommandLine line{program, "Sends ICMP echo requests to one host and tells every answer apart."};
  describe_options(line, request);
  if (const auto status = line.parse(argc, argv)) return *status;
  if (const auto sentence = check(request)) return line.refuse(*sentence);
  if (const auto interval = request.plan.interval;
      !root && interval > Duration{} && interval < least_interval)
    return line.refuse("--interval: less than 0.002 s is for root; 0 is for everybody");
  return Run{std::move(request), {argv, argv + argc}}();
}

}  // namespace
}  // namespace sonda::tools

int main(int argc, char** argv) { return sonda::tools::main(argc, argv); }
