// Programs started in namespaces of our own, with the capabilities that were left to them.
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/child.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/interface_setup.hpp>
#include <sonda/net/namespace.hpp>
#include <sonda/net/wait.hpp>

#include "in_a_child.hpp"

namespace sonda::net::testing {
namespace {

using ::testing::HasSubstr;

// What a shell line prints, and behind it how it ended.
std::string output_of(ChildPlan plan) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "no pipe";
  const Descriptor read{ends[0]};
  Descriptor write{ends[1]};
  plan.streams = {0, write.get(), write.get()};
  auto child = Child::start(plan);
  write.close();
  if (!child) return child.error().message() + " = " + std::to_string(exit_status(child.error()));
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(read.get(), part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  const auto status = child->wait();
  if (!status) return status.error().message();
  return text + "= " + std::to_string(exit_status(*status));
}
ChildPlan line(const std::string& text) { return {.command = {"sh", "-c", text}}; }

TEST(Child, ends_with_a_status_as_a_shell_and_env_would_tell_it) {
  EXPECT_EQ(output_of(line("echo said; exit 7")), "said\n= 7");
  EXPECT_EQ(output_of(line("kill -TERM $$")), "= 143");
  EXPECT_EQ(output_of({.command = {"sonda-no-such-program"}}),
            "run sonda-no-such-program: No such file or directory (ENOENT) = 127");
  EXPECT_EQ(output_of({.command = {"/dev/null"}}),
            "run /dev/null: Permission denied (EACCES) = 126");
  EXPECT_EQ(output_of({.command = {"true"}, .directory = "/absent"}),
            "change to /absent: No such file or directory (ENOENT) = 125");
  EXPECT_EQ(output_of({}), "run nothing: Invalid argument (EINVAL) = 126");
  EXPECT_EQ(exit_status(wait_status_of(42)), 42);
}

TEST(Child, gets_the_environment_and_the_directory_that_were_planned) {
  auto plan = line("echo $NMAP_PRIVILEGED$HOME; pwd");
  plan.environment = {"NMAP_PRIVILEGED=1", "HOME=/a=b"};
  plan.directory = "/proc";
  EXPECT_EQ(output_of(plan), "1/a=b\n/proc\n= 0");
}

TEST(Child, has_signals_as_if_nobody_had_touched_them) {
  const auto said = in_a_child(0, []() -> std::string {
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    sigset_t all{};
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    return output_of(line("grep -E 'Sig(Blk|Ign)' /proc/self/status"));
  });
  EXPECT_EQ(said, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n= 0");
  const auto hangup = in_a_child(0, []() -> std::string {
    std::signal(SIGHUP, SIG_IGN);
    return output_of(line("grep SigIgn /proc/self/status"));
  });
  EXPECT_EQ(hangup, "SigIgn:\t0000000000000001\n= 0");
}

TEST(Child, can_be_waited_for_in_a_loop) {
  auto child = Child::start(line("sleep 10"));
  ASSERT_TRUE(child);
  const std::array pidfd{child->pidfd()};
  EXPECT_EQ(wait_readable(pidfd, now()), Woken::by_time);
  child->signal(SIGKILL);
  EXPECT_EQ(wait_readable(pidfd, now() + std::chrono::seconds{5}), Woken::by_descriptor);
  EXPECT_EQ(exit_status(*child->wait()), 137);
  EXPECT_EQ(child->wait().error().error_code, ECHILD);
}

class ChildOf : public ::testing::TestWithParam<uid_t> {};

constexpr const char* try_network =
    "id -u; "
    "python3 -c 'import socket as s\n"
    "s.socket(s.AF_INET, s.SOCK_RAW, 1); s.socket(s.AF_PACKET, s.SOCK_RAW, 0)\n"
    "s.socket().bind((\"127.0.0.1\", 80)); print(\"opened\")' 2>&1 | tail -n 1; "
    "ping -c 1 -W 2 127.0.0.1 > /dev/null && echo pinged";

TEST_P(ChildOf, may_do_everything_with_its_network_and_keeps_its_user) {
  const auto user = GetParam();
  const auto said = in_a_child(user, []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    SONDA_DEMAND(set_up("lo"));
    return output_of(line(try_network));
  });
  EXPECT_EQ(said, std::to_string(user) + "\nopened\npinged\n= 0");
}

TEST_P(ChildOf, may_do_nothing_with_it_where_no_capability_was_left) {
  const auto user = GetParam();
  const auto said = in_a_child(user, []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    SONDA_DEMAND(set_up("lo"));
    auto plan = line(std::string{try_network} + "; grep Cap /proc/self/status | sort -u -k2");
    plan.capabilities = ChildCapabilities::none;
    return output_of(plan);
  });
  EXPECT_THAT(said, HasSubstr("PermissionError"));
  EXPECT_THAT(said, ::testing::Not(HasSubstr("opened")));
  EXPECT_THAT(said, ::testing::Not(HasSubstr("pinged")));
  EXPECT_THAT(said, HasSubstr(":\t0000000000000000\n= 0"));
}

TEST_P(ChildOf, sees_its_own_interfaces_and_processes) {
  const auto said = in_a_child(GetParam(), []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    auto plan = line("ls /sys/class/net; ls -d /proc/[0-9]* | wc -l; echo $$");
    plan.own_view = true;
    return output_of(plan);
  });
  EXPECT_THAT(said, ::testing::MatchesRegex("lo\n[2-4]\n1\n= 0"));
}

INSTANTIATE_TEST_SUITE_P(For, ChildOf, ::testing::Values(uid_t{0}, nobody),
                         [](const auto& who) { return who.param == 0 ? "root" : "nobody"; });

TEST(Child, becomes_the_user_behind_sudo_and_keeps_the_network) {
  const auto said = in_a_child(0, []() -> std::string {
    ::setenv("SUDO_UID", "65534", 1);
    ::setenv("SUDO_GID", "65533", 1);
    SONDA_DEMAND(enter_own_namespaces());
    SONDA_DEMAND(set_up("lo"));
    auto plan = line(std::string{try_network} + "; id -g");
    plan.become = sudo_caller();
    SONDA_HOLDS(plan.become);
    return output_of(plan);
  });
  EXPECT_EQ(said, "65534\nopened\npinged\n65533\n= 0");
}

// As `lab exec` does it: another process holds the namespaces and hands them over.
TEST_P(ChildOf, enters_namespaces_that_somebody_else_holds) {
  const auto said = in_a_child(GetParam(), []() -> std::string {
    std::array<int, 2> hold{}, ready{};
    if (::pipe2(hold.data(), O_CLOEXEC) != 0 || ::pipe2(ready.data(), O_CLOEXEC) != 0)
      return "pipe";
    const auto holder = ::fork();
    if (holder == 0) {
      ::close(hold[1]);
      char one = 0;
      if (!enter_own_namespaces()) ::_exit(1);
      const auto first = ::fork();
      if (first == 0) {
        static_cast<void>(!::write(ready[1], "r", 1));
        static_cast<void>(!::read(hold[0], &one, 1));
        ::_exit(0);
      }
      static_cast<void>(!::read(hold[0], &one, 1));
      ::_exit(0);
    }
    ::close(hold[0]);
    char one = 0;
    SONDA_HOLDS(::read(ready[0], &one, 1) == 1);
    const auto open = [holder](const char* name, NamespaceKind kind) {
      const auto path = "/proc/" + std::to_string(holder) + "/ns/" + name;
      return Namespace::received(Descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)}, kind);
    };
    const auto user = open("user", NamespaceKind::user);
    const auto network = open("net", NamespaceKind::network);
    const auto mounts = open("mnt", NamespaceKind::mount);
    const auto processes = open("pid_for_children", NamespaceKind::pid);
    for (const auto* each : {&user, &network, &mounts, &processes}) SONDA_DEMAND(*each);
    auto plan = line("id -u; readlink /proc/self; echo $$; ip -br link");
    plan.own_view = true;
    plan.enter = {&*network, &*mounts, &*processes};
    if (::getuid() != 0) plan.enter.insert(plan.enter.begin(), &*user);
    const auto output = output_of(plan);
    ::close(hold[1]);
    ::waitpid(holder, nullptr, 0);
    return output;
  });
  EXPECT_THAT(said, ::testing::StartsWith(std::to_string(GetParam()) + "\n4\n2\nlo "));
  EXPECT_THAT(said, ::testing::EndsWith("= 0"));
}

TEST(Reap, tells_of_every_child_that_has_ended) {
  const auto said = in_a_child(0, []() -> std::string {
    const auto child = ::fork();
    if (child == 0) ::_exit(3);
    std::vector<Reaped> all;
    for (const auto end = now() + std::chrono::seconds{5}; all.empty() && now() < end;)
      all = reap();
    SONDA_HOLDS(all.size() == 1 && all[0].pid == child);
    SONDA_HOLDS(exit_status(all[0].wait_status) == 3);
    SONDA_HOLDS(reap().empty());
    return {};
  });
  EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace sonda::net::testing
