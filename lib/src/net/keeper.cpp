// fork(2), pipes that tell of life and death, and signals between the two processes.
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <sonda/net/child.hpp>
#include <sonda/net/keeper.hpp>

#include "pipe.hpp"

namespace sonda::inline v0::net {
namespace {

std::unexpected<Failure> failed(const char* operation, std::string subject = {}) {
  return std::unexpected{Failure{operation, errno, std::move(subject)}};
}

// Where nohup(1) had the hang-up ignored it stays so.
std::vector<int> signals_to_pass_on() {
  std::vector<int> all{SIGTERM, SIGINT, SIGQUIT};
  struct sigaction hangup{};
  if (::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
    all.push_back(SIGHUP);
  return all;
}

// What the keeper itself must survive: its programs have these signals on their own.
void ignore_what_stops_others() noexcept {
  for (const int number : {SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE}) std::signal(number, SIG_IGN);
}

// The parent may have ended before we asked to end with it: then its end of the pipe is closed.
void end_with_parent(const Descriptor& parent) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  pollfd watched{.fd = parent.get(), .events = POLLIN, .revents = 0};
  if (::poll(&watched, 1, 0) > 0) ::_exit(1);
}

// What the caller's shell had open, and whoever waits for its end would wait for the lab's. Our own
// descriptors all close on exec.
void close_inherited() noexcept {
  for (int number = 3; number < 1024; ++number)
    if (const int flags = ::fcntl(number, F_GETFD); flags >= 0 && (flags & FD_CLOEXEC) == 0)
      ::close(number);
}

void detach(int log) noexcept {
  ::setsid();
  static_cast<void>(!::chdir("/"));  // a folder one stands in cannot be unmounted
  const Descriptor nothing{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  ::dup2(nothing.get(), 0);
  for (const int output : {1, 2}) ::dup2(log >= 0 ? log : nothing.get(), output);
  close_inherited();
}

[[noreturn]] void run(const KeeperFunction& function, Descriptor parent, Descriptor report,
                      bool waits_for_end) {
  ignore_what_stops_others();
  auto wanted = signals_to_pass_on();
  wanted.push_back(SIGCHLD);
  auto signals = SignalDescriptor::open(wanted);
  if (!signals) ::_exit(125);
  Descriptor status{waits_for_end ? report.release() : -1};
  Keeper keeper{std::move(parent), std::move(report), std::move(*signals)};
  const int ended = function(keeper);
  std::fflush(nullptr);
  if (status) static_cast<void>(!::write(status.get(), &ended, sizeof ended));
  ::_exit(exit_status(ended));
}

std::string contents(const Descriptor& pipe) {
  std::string text;
  std::array<char, 1024> part{};
  for (;;) {
    const auto got = ::read(pipe.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

int wait_for(pid_t child) noexcept {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

void pass_on(SignalDescriptor& signals, pid_t keeper) noexcept {
  while (const auto arrived = signals.take_arrival()) {
    const bool typed =
        arrived->from_terminal && (arrived->number == SIGINT || arrived->number == SIGQUIT);
    if (!typed) ::kill(keeper, arrived->number);
  }
}

}  // namespace

Keeper::Keeper(Descriptor parent, Descriptor report, SignalDescriptor signals) noexcept
    : parent_{std::move(parent)}, report_{std::move(report)}, signals_{std::move(signals)} {}

std::optional<int> Keeper::take_signal() noexcept {
  while (const auto arrived = signals_.take_arrival()) {
    const bool typed = arrived->from_terminal && arrived->number != SIGCHLD;
    if (!typed) return arrived->number;
  }
  return std::nullopt;
}

bool Keeper::ready() noexcept {
  const bool told = ::write(report_.get(), "+", 1) == 1;
  report_.close();
  return told;
}

void Keeper::refuse(std::string_view line) noexcept {
  static_cast<void>(!::write(report_.get(), line.data(), line.size()));
  report_.close();
}

std::expected<int, Failure> keep(const KeeperFunction& function) {
  auto life = make_pipe();
  if (!life) return std::unexpected{life.error()};
  auto report = make_pipe();
  if (!report) return std::unexpected{report.error()};
  auto signals = SignalDescriptor::open(signals_to_pass_on());
  if (!signals) return std::unexpected{signals.error()};
  std::fflush(nullptr);  // what stands in a buffer would be written by both
  const auto keeper = ::fork();
  if (keeper < 0) return failed("make a process", "for the lab");
  if (keeper == 0) {
    life->write.close();
    report->read.close();
    end_with_parent(life->read);
    run(function, std::move(life->read), std::move(report->write), true);
  }
  life->read.close();
  report->write.close();
  const Descriptor pidfd{static_cast<int>(::syscall(SYS_pidfd_open, keeper, 0))};
  if (!pidfd) return failed("watch", "the lab's first process");
  std::array<pollfd, 2> watched{pollfd{.fd = signals->fd(), .events = POLLIN, .revents = 0},
                                pollfd{.fd = pidfd.get(), .events = POLLIN, .revents = 0}};
  while (watched[1].revents == 0) {
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    pass_on(*signals, keeper);
  }
  const int own = wait_for(keeper);
  int told = 0;
  const bool has_told = ::read(report->read.get(), &told, sizeof told) == sizeof told;
  return has_told ? told : own;
}

std::expected<int, Failure> keep_detached(const KeeperFunction& function, int log) {
  auto report = make_pipe();
  if (!report) return std::unexpected{report.error()};
  std::fflush(nullptr);
  const auto keeper = ::fork();
  if (keeper < 0) return failed("make a process", "for the lab");
  if (keeper == 0) {
    report->read.close();
    detach(log);
    run(function, Descriptor{}, std::move(report->write), false);
  }
  report->write.close();
  const auto said = contents(report->read);
  if (said == "+") return keeper;
  const int status = wait_for(keeper);
  if (!said.empty()) return std::unexpected{Failure{said, 0, ""}};
  return std::unexpected{Failure{"start the lab: its first process ended with status", 0,
                                 std::to_string(exit_status(status)) + " and without a word"}};
}

int end_like(int wait_status) noexcept {
  if (!WIFSIGNALED(wait_status)) return exit_status(wait_status);
  const int number = WTERMSIG(wait_status);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // a core pattern that is a program knows no limit
  std::signal(number, SIG_DFL);
  sigset_t only{};
  sigemptyset(&only);
  sigaddset(&only, number);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::kill(::getpid(), number);
  return exit_status(wait_status);
}

}  // namespace sonda::inline v0::net
