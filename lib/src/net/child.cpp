// fork(2), execvp(3), and a pipe that tells what became of them.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <sonda/net/child.hpp>

#include "child_setup.hpp"
#include "environment_number.hpp"
#include "pipe.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr std::string_view run_it = "run";

template <typename T>
void tell(const Descriptor& pipe, const T& value) noexcept {
  static_cast<void>(!::write(pipe.get(), &value, sizeof value));
}
template <typename T>
std::optional<T> hear(const Descriptor& pipe) noexcept {
  T value{};
  ssize_t got = 0;
  do got = ::read(pipe.get(), &value, sizeof value);
  while (got < 0 && errno == EINTR);
  return got == sizeof value ? std::optional{value} : std::nullopt;
}

// A descriptor among 0, 1 and 2 must not be overwritten before it has been copied.
int arrange(std::array<int, 3> streams) noexcept {
  for (int& stream : streams)
    if (stream >= 0 && stream < 3 && (stream = ::fcntl(stream, F_DUPFD_CLOEXEC, 3)) < 0)
      return errno;
  for (int i = 0; i < 3; ++i)
    if (streams[static_cast<std::size_t>(i)] >= 0 &&
        ::dup2(streams[static_cast<std::size_t>(i)], i) < 0)
      return errno;
  return 0;
}

void restore_timer_slack() noexcept {
  constexpr int usual = 50'000;  // ns; a simulator's own would make every sleeper dear
  if (::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0) < usual) ::prctl(PR_SET_TIMERSLACK, usual, 0, 0, 0);
}

// Ours is the process group that the terminal listens to.
bool have_terminal() noexcept { return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

void leave_group(bool takes_terminal) noexcept {
  ::setpgid(0, 0);
  if (!takes_terminal) return;
  std::signal(SIGTTOU, SIG_IGN);  // for who takes it from the background
  ::tcsetpgrp(STDIN_FILENO, ::getpid());
}

[[noreturn]] void stop(const Descriptor& pipe, StartStep step, int error) noexcept {
  tell(pipe, StartReport{step, error});
  ::_exit(127);
}

[[noreturn]] void become_program(const ChildPlan& plan, const Descriptor& pipe, bool had_terminal) {
  const auto check = [&pipe](StartStep step, int error) {
    if (error != 0) stop(pipe, step, error);
  };
  if (plan.own_view) check(StartStep::view, give_own_view());
  if (!plan.directory.empty())
    check(StartStep::directory, ::chdir(plan.directory.c_str()) == 0 ? 0 : errno);
  if (plan.become) check(StartStep::user, become_user(*plan.become));
  check(StartStep::capabilities, leave_capabilities(plan.capabilities));
  check(StartStep::streams, arrange(plan.streams));
  restore_timer_slack();
  if (plan.ends_with_parent) ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (plan.own_group) leave_group(had_terminal);
  reset_signals();

  for (const auto& entry : plan.environment) {
    const auto equals = std::min(entry.find('='), entry.size());
    const auto value = entry.substr(std::min(equals + 1, entry.size()));
    ::setenv(entry.substr(0, equals).c_str(), value.c_str(), 1);
  }
  std::vector<char*> arguments;
  // execvp writes to none of them; its signature just has no const.
  for (const auto& word : plan.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  stop(pipe, StartStep::execute, errno);
}

// A pid namespace holds only children of whoever enters it: the program is our child all the same,
// by CLONE_PARENT.
[[noreturn]] void enter_and_become(const ChildPlan& plan, const Descriptor& numbers,
                                   const Descriptor& pipe) {
  const bool had_terminal = have_terminal();
  for (const auto* space : plan.enter)
    if (const auto entered = space->enter(); !entered)
      stop(pipe, StartStep::enter, entered.error().error_code);
  const auto program = static_cast<pid_t>(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
  if (program < 0) stop(pipe, StartStep::fork, errno);
  if (program == 0) become_program(plan, pipe, had_terminal);
  tell(numbers, program);
  ::_exit(0);
}

Failure explain(const ChildPlan& plan, const StartReport& report) {
  switch (report.step) {
    case StartStep::fork:
      return {"make a process", report.error, "for " + plan.command[0]};
    case StartStep::enter:
      return {"enter the namespaces", report.error, "for " + plan.command[0]};
    case StartStep::directory:
      return {"change to", report.error, plan.directory};
    case StartStep::streams:
      return {"connect standard input and output", report.error, "of " + plan.command[0]};
    case StartStep::view:
      return {"make mounts of its own", report.error, "for " + plan.command[0]};
    case StartStep::user:
      return {"become user", report.error, std::to_string(plan.become->user)};
    case StartStep::capabilities:
      return {"arrange the capabilities", report.error, "of " + plan.command[0]};
    case StartStep::execute:
      break;
  }
  return {std::string{run_it}, report.error, plan.command[0]};
}

}  // namespace

std::expected<Child, Failure> Child::start(const ChildPlan& plan) {
  if (plan.command.empty()) return std::unexpected{Failure{"run", EINVAL, "nothing"}};
  auto pipe = make_pipe();
  if (!pipe) return std::unexpected{pipe.error()};
  auto numbers = make_pipe();
  if (!numbers) return std::unexpected{numbers.error()};
  auto pid = ::fork();
  if (pid < 0) return std::unexpected{explain(plan, {StartStep::fork, errno})};
  if (pid == 0) {
    if (plan.enter.empty()) become_program(plan, pipe->write, have_terminal());
    enter_and_become(plan, numbers->write, pipe->write);
  }
  pipe->write.close();
  numbers->write.close();
  if (!plan.enter.empty()) {
    const auto helper = std::exchange(pid, -1);
    if (const auto program = hear<pid_t>(numbers->read)) pid = *program;
    ::waitpid(helper, nullptr, 0);
  }
  // The pipe closes when the program takes over.
  if (const auto report = hear<StartReport>(pipe->read)) {
    if (pid > 0) ::waitpid(pid, nullptr, 0);
    return std::unexpected{explain(plan, *report)};
  }
  if (pid < 0) return std::unexpected{explain(plan, {StartStep::fork, ECHILD})};
  Descriptor pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  return Child{pid, std::move(pidfd)};
}

void Child::signal(int number) const noexcept { ::kill(pid_, number); }

std::expected<int, Failure> Child::wait() {
  int status = 0;
  pid_t ended = 0;
  do ended = ::waitpid(pid_, &status, 0);
  while (ended < 0 && errno == EINTR);
  if (ended < 0)
    return std::unexpected{Failure{"wait", errno, "for process " + std::to_string(pid_)}};
  return status;
}

int exit_status(int wait_status) noexcept {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

int exit_status(const Failure& start_failure) noexcept {
  if (start_failure.operation != run_it) return 125;
  return start_failure.error_code == ENOENT ? 127 : 126;
}

int wait_status_of(int exit_status) noexcept { return W_EXITCODE(exit_status & 0xff, 0); }

std::vector<Reaped> reap() {
  std::vector<Reaped> all;
  Reaped one;
  while ((one.pid = ::waitpid(-1, &one.wait_status, WNOHANG)) > 0) all.push_back(one);
  return all;
}

std::optional<UserNumbers> sudo_caller() {
  const auto user = environment_number("SUDO_UID");
  const auto group = environment_number("SUDO_GID");
  // Only root can have been made root by sudo; anybody can set the variables.
  if (::getuid() != 0 || ::geteuid() != 0 || !user || !group || *user == 0) return std::nullopt;
  UserNumbers who{*user, *group, {}};
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(*user, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return who;
  int count = 1024;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(entry.pw_name, *group, groups.data(), &count) >= 0)
    who.groups.assign(groups.begin(), groups.begin() + count);
  return who;
}

}  // namespace sonda::inline v0::net
