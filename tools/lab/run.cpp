// sonda lab run: a network made for one program, and gone with it.
#include <poll.h>
#include <tuple>
#include <unistd.h>

#include <fmt/format.h>

#include <sonda/lab/caretaker.hpp>
#include <sonda/lab/laboratory.hpp>
#include <sonda/net/keeper.hpp>
#include <sonda/net/namespace.hpp>
#include <sonda/net/wait.hpp>
#include <sonda/record/printable.hpp>

#include "common/command_line.hpp"
#include "lab/common.hpp"
#include "lab/subcommands.hpp"

namespace sonda::tools::lab {
namespace {

constexpr const char* tool = "sonda-lab run";

struct Request {
  std::string topology;
  std::vector<std::string> command;
  std::string capture;
  std::string host;
  std::optional<std::uint64_t> seed;
  bool trace = false, root = false, no_caps = false;
};

void describe_options(CommandLine& line, Request& r) {
  line.operand("topology", r.topology, "A topology file; without it the error menu");
  line.text("--capture", r.capture, "Every packet of every link as pcapng; '-': stdout", "FILE");
  line.flag("--trace", r.trace, "Each packet in plain words on standard error");
  line.text("--host", r.host, "On which kernel host the program runs [the first]", "HOST");
  line.value(
      "--seed", r.seed, [](const std::string& t) { return read_number(t, 0, ~0ULL); },
      "The same losses and delays again", "N");
  line.flag("--root", r.root, "As user 0 inside");
  line.flag("--no-caps", r.no_caps, "Without capabilities, not even its file's");
  line.epilogue(
      "What follows '--' is the program: any program, with any arguments. It sees the\n"
      "network, a name service for it, and nothing else; its files are yours. It has\n"
      "CAP_NET_RAW, CAP_NET_ADMIN and CAP_NET_BIND_SERVICE: an ordinary user there and\n"
      "nowhere else, under sudo on the whole machine.\n\n"
      "EXAMPLES\n"
      "  sonda lab run -- ping -c 2 admin-prohibited\n"
      "  sonda lab run --trace -- traceroute -n 10.3.13.5\n"
      "  sonda lab run --capture all.pcapng net.toml -- curl http://web/\n\n"
      "EXIT STATUS\n"
      "  the program's; 2 wrong usage; 125 the lab failed; 126 the program cannot be\n"
      "  run; 127 it was not found\n");
}

// A reader who is gone or does not read costs lines, never the network its time.
void trace_on_stderr(std::string_view line) {
  static std::size_t missed = 0;
  pollfd stream{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (::poll(&stream, 1, 0) <= 0) {
    ++missed;
    return;
  }
  auto text = missed == 0 ? std::string{} : fmt::format("... {} lines are missing here\n", missed);
  missed = 0;
  text.append(line) += '\n';
  std::ignore = ::write(STDERR_FILENO, text.data(), text.size());
}

// What the first process of the lab does. Its value is a wait status.
int live(const Request& r, sonda::lab::LaboratoryPlan plan, net::Keeper& keeper) {
  const auto failed = [](const Failure& failure, int status = lab_failed) {
    return net::wait_status_of(fail(tool, record::printable(failure.message()), status));
  };
  net::sleep_precisely();
  auto lab = sonda::lab::Laboratory::open(std::move(plan));
  if (!lab) return failed(lab.error());
  if (const auto replaced = replace_names((*lab)->simulation()); !replaced)
    return failed(replaced.error());

  const auto host = r.host.empty() ? (*lab)->kernel_hosts().front() : r.host;
  auto child_plan = program(r.command, host, {.root = r.root, .no_caps = r.no_caps});
  child_plan.enter = {(*lab)->network_of(host)};
  if (r.capture == "-") child_plan.streams[1] = STDERR_FILENO;

  sonda::lab::Caretaker caretaker{**lab, keeper};
  if (r.trace) caretaker.trace_to(trace_on_stderr);
  const auto child = net::Child::start(child_plan);
  if (!child)
    return net::wait_status_of(
        fail(tool, about_start(child.error(), r.no_caps), net::exit_status(child.error())));
  const int status = caretaker.attend(*child);
  if (r.trace || !r.capture.empty()) caretaker.linger();
  if (const auto closed = (*lab)->close(); !closed)
    complain(tool, record::printable(closed.error().message()));
  return status;
}

}  // namespace

int run(int argc, char** argv) {
  auto words = part(argc, argv);
  Request r;
  r.command = std::move(words.command);
  CommandLine line{tool, "Runs any program in a simulated internet that ends with it."};
  describe_options(line, r);
  if (const auto sentence = about_missing_dashes(words))
    return line.refuse(*sentence + "sonda lab run -- ping admin-prohibited");
  if (const auto status = line.parse(static_cast<int>(words.options.size()), words.options.data()))
    return *status;
  if (r.command.empty())
    return line.refuse("no program behind '--'; as in: sonda lab run -- ping admin-prohibited");
  if (r.capture == "-" && ::isatty(STDOUT_FILENO) == 1)
    return line.refuse(
        "--capture -: standard output is a terminal; as in: sonda lab run --capture - -- ping "
        "works "
        "| wireshark -k -i -");
  if (r.root && r.no_caps) return line.refuse("--root and --no-caps exclude each other");

  auto topology = topology_of(r.topology);
  if (!topology) return line.refuse(topology.error());
  if (!r.host.empty()) {
    const auto* host = topology->host(r.host);
    if (host == nullptr || !host->kernel)
      return line.refuse(fmt::format("--host: '{}' is no host with a kernel of its own",
                                     record::printable(r.host)));
  }
  sonda::lab::LaboratoryPlan plan{.seed = r.seed.value_or(random_seed())};
  plan.topology = std::move(*topology);

  const auto inside = r.root ? net::InsideAs::root : net::InsideAs::caller;
  if (const auto entered = net::enter_own_namespaces(inside); !entered) {
    const auto mend = net::mend_of_namespaces(entered.error());
    return fail(tool, record::printable(entered.error().message()) +
                          (mend.empty() ? "" : "; to allow it: " + mend));
  }
  plan.ping_groups = ping_groups();
  if (!r.capture.empty()) {
    auto writer = open_capture(r.capture, plan.topology);
    if (!writer) return fail(tool, record::printable(writer.error().message()));
    plan.capture = std::move(*writer);
  }
  const auto status =
      net::keep([&](net::Keeper& keeper) { return live(r, std::move(plan), keeper); });
  if (!status) return fail(tool, record::printable(status.error().message()));
  return net::end_like(*status);
}

}  // namespace sonda::tools::lab
