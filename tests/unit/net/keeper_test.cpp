// A lab's first process: how it ends, and what ends with it.
#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/child.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/keeper.hpp>
#include <sonda/net/namespace.hpp>
#include <sonda/net/wait.hpp>

#include "in_a_child.hpp"

namespace sonda::net::testing {
namespace {

using ::testing::HasSubstr;

// A lab without a network in it: runs one shell line, passes on what it is told.
int run_line(Keeper& keeper, const std::string& text, std::array<int, 3> streams = {0, 1, 2}) {
  const auto child = Child::start({.command = {"sh", "-c", text}, .streams = streams});
  if (!child) return wait_status_of(exit_status(child.error()));
  for (;;) {
    static_cast<void>(wait_readable(std::array{keeper.signal_fd()}, std::nullopt));
    while (const auto number = keeper.take_signal()) {
      if (number != SIGCHLD) child->signal(*number);
      for (const auto& ended : reap())
        if (ended.pid == child->pid()) return ended.wait_status;
    }
  }
}

std::expected<int, Failure> keep_line(const std::string& text,
                                      std::array<int, 3> streams = {0, 1, 2}) {
  if (const auto made = enter_own_namespaces(); !made) return std::unexpected{made.error()};
  return keep([&](Keeper& keeper) { return run_line(keeper, text, streams); });
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    read = Descriptor{ends[0]};
    write = Descriptor{ends[1]};
  }
  Descriptor read, write;
};

// What comes until `text` is in it, the end comes, or five seconds are over.
std::string read_until(int descriptor, const std::string& text) {
  std::string all;
  const auto end = now() + std::chrono::seconds{5};
  while (all.find(text) == std::string::npos || text.empty()) {
    if (wait_readable(std::array{descriptor}, end) != Woken::by_descriptor) return all + " [late]";
    std::array<char, 512> part{};
    const auto got = ::read(descriptor, part.data(), part.size());
    if (got <= 0) return all;
    all.append(part.data(), static_cast<std::size_t>(got));
  }
  return all;
}

std::string link_of(const std::string& path) {
  std::error_code error;
  return std::filesystem::read_symlink(path, error).string();
}

// How many processes are in this namespace ("net:[4026532281]").
std::ptrdiff_t inhabitants(const std::string& name, const std::string& number) {
  std::ptrdiff_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"})
    if (link_of(entry.path().string() + "/ns/" + name) == number) ++count;
  return count;
}

class Kept : public ::testing::TestWithParam<uid_t> {};

TEST_P(Kept, ends_as_its_program_did) {
  const auto said = in_a_child(GetParam(), []() -> std::string {
    const auto status = keep_line("test $$ = 2 && exit 7");
    SONDA_DEMAND(status);
    return std::to_string(end_like(*status));
  });
  EXPECT_EQ(said, "7");
  EXPECT_THAT(in_a_child(GetParam(),
                         []() -> std::string {
                           const auto status = keep_line("kill -SEGV $$");
                           SONDA_DEMAND(status);
                           return std::to_string(end_like(*status));
                         }),
              HasSubstr("ended with wait status 11"));  // and no core dump, which would be 139
}

TEST_P(Kept, tells_its_program_to_end_when_it_is_told_to) {
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGQUIT}) {
    const auto said = in_a_child(GetParam(), [number]() -> std::string {
      const Pipe started;
      const auto self = ::getpid();
      const auto sender = ::fork();
      if (sender == 0) {
        static_cast<void>(read_until(started.read.get(), "\n"));
        ::kill(self, number);
        ::_exit(0);
      }
      const auto status =
          keep_line("trap 'kill $!; exit 9' TERM HUP INT QUIT; sleep 20 & echo started; wait",
                    {0, started.write.get(), 2});
      ::waitpid(sender, nullptr, 0);
      SONDA_DEMAND(status);
      return std::to_string(end_like(*status));
    });
    EXPECT_EQ(said, "9") << number;
  }
}

TEST_P(Kept, leaves_nothing_when_its_parent_is_killed) {
  Pipe started;
  const auto parent = ::fork();
  if (parent == 0) {
    started.read.close();
    const auto user = GetParam();
    if (::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0) ::_exit(1);
    static_cast<void>(keep_line(
        "readlink /proc/self/ns/net /proc/self/ns/mnt; (setsid sleep 100 &) ; echo .; sleep 100",
        {0, started.write.get(), 2}));
    ::_exit(0);
  }
  started.write.close();
  const auto names = read_until(started.read.get(), ".\n");
  const auto network = names.substr(0, names.find('\n'));
  const auto mounts = names.substr(network.size() + 1, names.rfind("\n.") - network.size() - 1);
  ASSERT_THAT(network, ::testing::StartsWith("net:["));
  ASSERT_THAT(mounts, ::testing::StartsWith("mnt:["));
  EXPECT_GE(inhabitants("net", network), 3);

  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_EQ(read_until(started.read.get(), ""), "") << "somebody still holds the pipe";
  const auto gone = [&] { return inhabitants("net", network) + inhabitants("mnt", mounts) == 0; };
  for (const auto end = now() + std::chrono::seconds{5}; !gone() && now() < end;) {
  }
  EXPECT_TRUE(gone());
}

TEST_P(Kept, takes_everything_with_it_when_its_function_returns) {
  const auto said = in_a_child(GetParam(), []() -> std::string {
    Pipe held;
    SONDA_DEMAND(keep_line("(setsid sleep 100 &)", {0, held.write.get(), 2}));
    held.write.close();
    return read_until(held.read.get(), "");
  });
  EXPECT_EQ(said, "");
}

INSTANTIATE_TEST_SUITE_P(For, Kept, ::testing::Values(uid_t{0}, nobody),
                         [](const auto& who) { return who.param == 0 ? "root" : "nobody"; });

// A shell in small: a session of its own on a terminal, a lab in its foreground.
class Terminal : public ::testing::Test {
 protected:
  Terminal() : master_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)} {
    ::grantpt(master_.get());
    ::unlockpt(master_.get());
  }
  // The shell's own answers go to `said_`.
  void start(const std::string& text) {
    std::array<char, 64> name{};
    ::ptsname_r(master_.get(), name.data(), name.size());
    shell_ = ::fork();
    if (shell_ != 0) {
      said_.write.close();
      return;
    }
    ::setsid();
    const int terminal = ::open(name.data(), O_RDWR);
    ::ioctl(terminal, TIOCSCTTY, 0);
    for (const int stream : {0, 1, 2}) ::dup2(terminal, stream);
    std::signal(SIGTTOU, SIG_IGN);
    const auto job = ::fork();
    if (job == 0) {
      ::setpgid(0, 0);
      ::tcsetpgrp(0, ::getpid());
      std::signal(SIGTTOU, SIG_DFL);
      const auto status = keep_line(text);
      ::_exit(status ? end_like(*status) : 125);
    }
    ::setpgid(job, job);
    for (int status = 0; ::waitpid(job, &status, WUNTRACED) == job;) {
      tell(WIFSTOPPED(status) ? "stopped\n"
                              : "ended " + std::to_string(exit_status(status)) + "\n");
      if (!WIFSTOPPED(status)) break;
      ::tcsetpgrp(0, job);  // fg
      ::kill(-job, SIGCONT);
    }
    ::_exit(0);
  }
  ~Terminal() override {
    if (shell_ > 0) ::kill(shell_, SIGKILL), ::waitpid(shell_, nullptr, 0);
  }
  void tell(const std::string& text) {
    static_cast<void>(!::write(said_.write.get(), text.data(), text.size()));
  }
  void type(char key) { static_cast<void>(!::write(master_.get(), &key, 1)); }
  std::string shown_until(const std::string& text) { return read_until(master_.get(), text); }

  Descriptor master_;
  Pipe said_;
  pid_t shell_ = -1;
};

TEST_F(Terminal, leaves_what_is_typed_to_the_program) {
  start("trap 'echo caught' INT; echo started; until read line; do :; done; sleep 0.1; exit 5");
  EXPECT_THAT(shown_until("started"), HasSubstr("started"));
  type(3);  // ^C
  auto shown = shown_until("caught");
  type('\n');
  EXPECT_EQ(read_until(said_.read.get(), "\n"), "ended 5\n");
  shown += shown_until("");
  EXPECT_NE(shown.find("caught"), std::string::npos);
  EXPECT_EQ(shown.find("caught"), shown.rfind("caught")) << "it came twice: " << shown;
}

TEST_F(Terminal, ends_with_a_program_that_was_interrupted) {
  start("echo started; exec cat");
  EXPECT_THAT(shown_until("started"), HasSubstr("started"));
  type(3);
  EXPECT_EQ(read_until(said_.read.get(), "\n"), "ended 130\n");
}

TEST_F(Terminal, stops_and_goes_on_with_its_program) {
  start("echo started; read line; echo got $line; exit 6");
  EXPECT_THAT(shown_until("started"), HasSubstr("started"));
  type(26);  // ^Z
  EXPECT_EQ(read_until(said_.read.get(), "\n"), "stopped\n");
  for (const char key : {'h', 'i', '\n'}) type(key);
  EXPECT_THAT(shown_until("got hi"), HasSubstr("got hi"));
  EXPECT_EQ(read_until(said_.read.get(), "\n"), "ended 6\n");
}

TEST(Detached, goes_on_when_its_parent_has_ended) {
  Pipe printed, told, inherited;
  ::fcntl(inherited.write.get(), F_SETFD, 0);
  const auto parent = ::fork();
  if (parent == 0) {
    if (::setresgid(nobody, nobody, nobody) != 0 || ::setresuid(nobody, nobody, nobody) != 0)
      ::_exit(1);
    if (!enter_own_namespaces()) ::_exit(2);
    const auto number = keep_detached(
        [&](Keeper& keeper) {
          told.write.close();
          if (!keeper.ready()) return wait_status_of(1);
          return run_line(keeper,
                          "trap 'kill $!; echo down; exit' TERM; sleep 50 & tty; echo up; wait");
        },
        printed.write.get());
    if (!number) ::_exit(3);
    const auto text = std::to_string(*number);
    static_cast<void>(!::write(told.write.get(), text.data(), text.size()));
    ::_exit(0);
  }
  for (auto* pipe : {&printed, &told, &inherited}) pipe->write.close();
  int status = -1;
  ::waitpid(parent, &status, 0);
  ASSERT_EQ(status, 0);
  const auto number = std::stoi(read_until(told.read.get(), ""));
  EXPECT_EQ(read_until(printed.read.get(), "up\n"), "not a tty\nup\n");
  EXPECT_EQ(::getpgid(number), number);
  EXPECT_EQ(read_until(inherited.read.get(), ""), "") << "the lab holds what its caller inherited";
  ::kill(number, SIGTERM);
  EXPECT_EQ(read_until(printed.read.get(), ""), "down\n");
}

TEST(Detached, says_why_it_could_not_be_started) {
  const auto said = in_a_child(nobody, []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    const auto refused = keep_detached([](Keeper& keeper) {
      keeper.refuse("r1: no such router");
      return wait_status_of(2);
    });
    return complaint(refused);
  });
  EXPECT_EQ(said, "r1: no such router");
  const auto silent = in_a_child(nobody, []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    return complaint(keep_detached([](Keeper&) { return wait_status_of(4); }));
  });
  EXPECT_EQ(silent, "start the lab: its first process ended with status 4 and without a word");
}

TEST(Kept, shows_when_its_parent_is_gone) {
  const auto said = in_a_child(nobody, []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    const auto status = keep([](Keeper& keeper) {
      const auto woken = wait_readable(std::array{keeper.parent_fd()}, now());
      return wait_status_of(woken == Woken::by_time ? 0 : 1);
    });
    SONDA_HOLDS(status && *status == 0);
    return {};
  });
  EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace sonda::net::testing
