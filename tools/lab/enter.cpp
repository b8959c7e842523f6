// sonda lab exec, shell: programs in a lab that was started elsewhere.
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

#include <sonda/lab/caretaker.hpp>
#include <sonda/net/keeper.hpp>
#include <sonda/net/namespace.hpp>
#include <sonda/record/printable.hpp>

#include "common/command_line.hpp"
#include "lab/common.hpp"
#include "lab/started.hpp"
#include "lab/subcommands.hpp"

namespace sonda::tools::lab {
namespace {

constexpr const char* exit_status =
    "EXIT STATUS\n"
    "  the program's; 2 wrong usage; 125 there is no such lab; 126 the program cannot\n"
    "  be run; 127 it was not found\n";

struct Request {
  std::string where;  // NAME or NAME@HOST
  bool no_caps = false;
  bool is_shell = false;
  std::vector<std::string> command;
};

void describe_options(CommandLine& line, Request& r) {
  line.operand("name", r.where, "The lab, and the host in it: NAME or NAME@HOST");
  line.flag("--no-caps", r.no_caps, "Without capabilities, not even its file's");
}

using Spaces = std::vector<net::Namespace>;

std::expected<Spaces, std::string> hand_over(const std::string& name, const std::string& host) {
  auto lab = StartedLab::find(name);
  if (!lab) return std::unexpected{lab.error()};
  auto answer = lab->ask("enter " + host);
  if (!answer) return std::unexpected{answer.error()};
  constexpr std::array kinds{net::NamespaceKind::user, net::NamespaceKind::mount,
                             net::NamespaceKind::pid, net::NamespaceKind::network};
  Spaces spaces;
  if (answer->descriptors.size() != kinds.size())
    return std::unexpected{"the lab hands over no namespaces"};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    auto space = net::Namespace::received(std::move(answer->descriptors[i]), kinds[i]);
    const auto own = net::Namespace::current(kinds[i]);
    if (!space || !own) return std::unexpected{"the lab hands over no namespaces"};
    // Where root started it, its user namespace is ours.
    if (space->number() != own->number()) spaces.push_back(std::move(*space));
  }
  return spaces;
}

int run_in(const char* tool, const Request& r) {
  const auto at = r.where.find('@');
  const auto name = r.where.substr(0, at);
  const auto host = at == std::string::npos ? std::string{} : r.where.substr(at + 1);
  const auto spaces = hand_over(name, host);
  if (!spaces) return fail(tool, spaces.error());

  auto plan = program(r.command, r.where, {.no_caps = r.no_caps});
  for (const auto& space : *spaces) plan.enter.push_back(&space);
  plan.ends_with_parent = true;
  plan.own_group = r.is_shell;
  const bool had_terminal = ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
  std::error_code error;
  plan.directory = std::filesystem::current_path(error).string();
  // Debian's shells show it in their prompt.
  plan.environment.push_back("debian_chroot=lab:" + r.where);
  const auto status = net::keep([&](net::Keeper& keeper) {
    const auto child = net::Child::start(plan);
    if (child) return sonda::lab::await(keeper, *child);
    return net::wait_status_of(
        fail(tool, about_start(child.error(), r.no_caps), net::exit_status(child.error())));
  });
  if (r.is_shell && had_terminal) {  // it had it for itself, and nobody else gives it back
    std::signal(SIGTTOU, SIG_IGN);
    ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
  }
  if (!status) return fail(tool, record::printable(status.error().message()));
  return net::end_like(*status);
}

std::optional<int> check(CommandLine& line, const Request& r, const char* example) {
  if (r.where.empty()) return line.refuse(fmt::format("no lab named; as in: {}", example));
  if (const auto checked = lab_name(r.where.substr(0, r.where.find('@'))); !checked)
    return line.refuse(checked.error());
  return std::nullopt;
}

}  // namespace

int exec(int argc, char** argv) {
  auto words = part(argc, argv);
  Request r;
  r.command = std::move(words.command);
  CommandLine line{"sonda-lab exec", "Runs a program in a lab that runs, on one of its hosts."};
  describe_options(line, r);
  line.epilogue(
      fmt::format("EXAMPLES\n"
                  "  sonda lab exec net1 -- ping web\n"
                  "  sonda lab exec net1@server -- nc -l -p 80\n"
                  "  sonda lab exec net1 -- tcpdump -i eth0\n\n{}",
                  exit_status));
  if (const auto status = line.parse(static_cast<int>(words.options.size()), words.options.data()))
    return *status;
  constexpr const char* example = "sonda lab exec net1 -- ping web";
  if (const auto wrong = check(line, r, example)) return *wrong;
  if (r.command.empty())
    return line.refuse(fmt::format("no program behind '--'; as in: {}", example));
  return run_in("sonda-lab exec", r);
}

int shell(int argc, char** argv) {
  Request r;
  CommandLine line{"sonda-lab shell", "A shell in a lab that runs, on one of its hosts."};
  describe_options(line, r);
  line.epilogue(exit_status);
  if (const auto status = line.parse(argc, argv)) return *status;
  if (const auto wrong = check(line, r, "sonda lab shell net1")) return *wrong;
  const char* own = std::getenv("SHELL");
  r.is_shell = true;
  r.command = {own != nullptr && *own == '/' ? own : "/bin/sh"};
  return run_in("sonda-lab shell", r);
}

}  // namespace sonda::tools::lab
