// sonda lab start, set, trace, list, stop: a network that stays, and what is done to it.
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sonda/lab/caretaker.hpp>
#include <sonda/lab/laboratory.hpp>
#include <sonda/lab/sentence.hpp>
#include <sonda/net/keeper.hpp>
#include <sonda/net/namespace.hpp>
#include <sonda/net/wait.hpp>
#include <sonda/record/printable.hpp>

#include "common/command_line.hpp"
#include "lab/common.hpp"
#include "lab/started.hpp"
#include "lab/subcommands.hpp"

namespace sonda::tools::lab {
namespace {

constexpr const char* exit_status =
    "EXIT STATUS\n"
    "  0 done   1 it could not be done   2 wrong usage   4 the system failed\n";

// A command line whose first operand is the name of a lab.
struct NamedLab {
  std::string name;
  CommandLine line;

  NamedLab(const char* tool, const char* description) : line{tool, description} {
    line.operand("name", name, "The lab");
  }
  // The status to end with, if there is something wrong.
  std::optional<int> parse(int argc, char** argv, const char* example) {
    if (const auto status = line.parse(argc, argv)) return status;
    if (name.empty()) return line.refuse(fmt::format("no lab named; as in: {}", example));
    if (const auto checked = lab_name(name); !checked) return line.refuse(checked.error());
    return std::nullopt;
  }
};

int live(const std::string& socket, sonda::lab::LaboratoryPlan plan, net::Keeper& keeper) {
  const auto refuse = [&keeper](const Failure& failure) {
    keeper.refuse(record::printable(failure.message()));
    return net::wait_status_of(lab_failed);
  };
  net::sleep_precisely();
  auto listener = net::LocalListener::listen(socket);
  if (!listener) return refuse(listener.error());
  auto lab = sonda::lab::Laboratory::open(std::move(plan));
  if (!lab) return refuse(lab.error());
  if (const auto replaced = replace_names((*lab)->simulation()); !replaced)
    return refuse(replaced.error());

  sonda::lab::Caretaker caretaker{**lab, keeper};
  caretaker.listen(std::move(*listener));
  if (!keeper.ready()) return 0;
  const int status = caretaker.attend();
  return (*lab)->close() ? status : net::wait_status_of(lab_failed);
}

std::string what_one_can_do(const std::string& name, const Topology& topology) {
  std::vector<std::string> hosts;
  for (const auto& host : topology.hosts)
    if (host.kernel) hosts.push_back(host.name);
  const auto at = hosts.size() > 1 ? name + '@' + hosts[1] : name;
  return fmt::format(
      "{0} runs; programs can be run on {1}\n"
      "  sonda lab shell {2}\n"
      "  sonda lab set {0} SENTENCE\n"
      "  sonda lab stop {0}\n",
      name, fmt::join(hosts, ", "), at);
}

}  // namespace

int start(int argc, char** argv) {
  NamedLab named{"sonda-lab start", "A simulated internet that stays until it is stopped."};
  std::string file, capture;
  std::optional<std::uint64_t> seed;
  bool root = false;
  named.line.operand("topology", file, "A topology file; without it the error menu");
  named.line.text("--capture", capture, "Every packet of every link as pcapng", "FILE");
  named.line.value(
      "--seed", seed, [](const std::string& t) { return read_number(t, 0, ~0ULL); },
      "The same losses and delays again", "N");
  named.line.flag("--root", root, "Programs run as user 0 inside");
  named.line.epilogue(fmt::format(
      "It goes on in the background. Events of the file count from now.\n\n{}", exit_status));
  if (const auto status = named.parse(argc, argv, "sonda lab start net1 net.toml")) return *status;
  if (capture == "-")
    return named.line.refuse(
        "--capture: a lab in the background has no standard output; sonda lab run has");

  auto topology = topology_of(file);
  if (!topology) return named.line.refuse(topology.error());
  const auto socket = socket_of(named.name);
  if (!socket) return fail("sonda-lab start", socket.error(), code(ExitStatus::system));
  if (StartedLab::find(named.name))
    return fail("sonda-lab start", fmt::format("a lab '{}' runs already", named.name),
                code(ExitStatus::no));
  sonda::lab::LaboratoryPlan plan{.topology = *topology, .seed = seed.value_or(random_seed())};
  const auto inside = root ? net::InsideAs::root : net::InsideAs::caller;
  if (const auto entered = net::enter_own_namespaces(inside); !entered) {
    const auto mend = net::mend_of_namespaces(entered.error());
    return fail("sonda-lab start",
                record::printable(entered.error().message()) +
                    (mend.empty() ? "" : "; to allow it: " + mend),
                code(ExitStatus::privilege));
  }
  plan.ping_groups = ping_groups();
  if (!capture.empty()) {
    auto writer = open_capture(capture, *topology);
    if (!writer)
      return fail("sonda-lab start", record::printable(writer.error().message()),
                  code(ExitStatus::system));
    plan.capture = std::move(*writer);
  }
  const auto keeper =
      net::keep_detached([&](net::Keeper& k) { return live(*socket, std::move(plan), k); });
  if (!keeper)
    return fail("sonda-lab start", record::printable(keeper.error().message()),
                code(ExitStatus::system));
  return print_all(what_one_can_do(named.name, *topology), ExitStatus::yes);
}

int set(int argc, char** argv) {
  NamedLab named{"sonda-lab set", "Changes a lab while it runs."};
  std::vector<std::string> words;
  named.line.operands("sentence", words, "What is to be, as in: r2 drop tcp ack");
  named.line.epilogue(
      fmt::format("EXAMPLES\n"
                  "  sonda lab set net1 r2 drop tcp ack\n"
                  "  sonda lab set net1 r1 answer 3/13 to web tcp port 80\n"
                  "  sonda lab set net1 r1-r2 delay 50ms loss 10%\n"
                  "  sonda lab set net1 r2 clear\n"
                  "  sonda lab set net1 'r1>r2 down'              quoted: > is the shell's, too\n"
                  "docs/topology.md has all sentences.\n\n{}",
                  exit_status));
  if (const auto status = named.parse(argc, argv, "sonda lab set net1 r2 drop tcp ack"))
    return *status;
  const auto text = fmt::format("{}", fmt::join(words, " "));
  if (const auto sentence = sonda::lab::read_sentence(text); !sentence)
    return named.line.refuse(record::printable(sentence.error()));
  auto lab = StartedLab::find(named.name);
  if (!lab) return fail("sonda-lab set", lab.error(), code(ExitStatus::no));
  const auto done = lab->ask("set " + text);
  if (!done) return fail("sonda-lab set", done.error(), code(ExitStatus::no));
  return code(ExitStatus::yes);
}

int trace(int argc, char** argv) {
  NamedLab named{"sonda-lab trace", "Each packet of a lab in plain words, until Ctrl-C."};
  named.line.epilogue(exit_status);
  if (const auto status = named.parse(argc, argv, "sonda lab trace net1")) return *status;
  auto lab = StartedLab::find(named.name);
  if (!lab) return fail("sonda-lab trace", lab.error(), code(ExitStatus::no));
  if (const auto begun = lab->ask("trace"); !begun)
    return fail("sonda-lab trace", begun.error(), code(ExitStatus::system));
  while (const auto line = lab->next()) {
    const int status = print_all(*line + '\n', ExitStatus::yes);
    if (status != 0) return status;
  }
  return code(ExitStatus::yes);
}

int list(int argc, char** argv) {
  CommandLine line{"sonda-lab list", "The labs that run."};
  line.epilogue("EXIT STATUS\n  0 there are some   1 there is none   2 wrong usage\n");
  if (const auto status = line.parse(argc, argv)) return *status;
  std::string out;
  for (const auto& name : lab_names()) {
    auto lab = StartedLab::find(name);
    if (!lab) {
      std::error_code error;
      const auto path = socket_of(name);
      if (path && StartedLab::is_left_over(name)) std::filesystem::remove(*path, error);
      continue;
    }
    const auto status = lab->ask("status");
    if (!status) continue;
    const auto value = [&text = status->text](const std::string& key) {
      const auto at = text.find('\n' + key + ' ');
      if (at == std::string::npos) return std::string{};
      const auto begin = at + key.size() + 2;
      return text.substr(begin, text.find('\n', begin) - begin);
    };
    out += fmt::format("{}  since {} s, programs on {}\n", name, value("seconds"), value("hosts"));
    if (const auto title = record::printable(value("title")); !title.empty())
      out += fmt::format("    {}\n", title);
    if (const auto capture = value("capture"); !capture.empty())
      out += fmt::format("    its capture has ended: {}\n", record::printable(capture));
  }
  if (out.empty()) {
    complain("sonda-lab list", "no lab of yours runs; sonda lab start makes one");
    return code(ExitStatus::no);
  }
  return print_all(out, ExitStatus::yes);
}

int stop(int argc, char** argv) {
  NamedLab named{"sonda-lab stop", "Ends a lab and every program in it."};
  named.line.epilogue(exit_status);
  if (const auto status = named.parse(argc, argv, "sonda lab stop net1")) return *status;
  auto lab = StartedLab::find(named.name);
  if (!lab) return fail("sonda-lab stop", lab.error(), code(ExitStatus::no));
  const auto stopped = lab->ask("stop");
  lab->wait_for_end();
  if (!stopped) return fail("sonda-lab stop", stopped.error(), code(ExitStatus::no));
  return code(ExitStatus::yes);
}

}  // namespace sonda::tools::lab
