// Giving up privilege, each time in a process of its own.
#include <cstdlib>
#include <sys/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <sonda/net/privilege.hpp>
#include <sonda/net/raw_link.hpp>

namespace sonda::net::testing {
namespace {

// Runs `body` in a child; its answer is 0 where all went well, else the number of what did not.
template <typename Body>
int in_a_child(Body body) {
  const auto child = ::fork();
  if (child == 0) ::_exit(body());
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool may_open_now() { return RawIcmpSocket::open(IpVersion::v4).has_value(); }

bool has(cap_flag_t set, cap_value_t capability) {
  const auto all = ::cap_get_proc();
  cap_flag_value_t value = CAP_CLEAR;
  ::cap_get_flag(all, capability, set, &value);
  ::cap_free(all);
  return value == CAP_SET;
}

TEST(Privilege, opens_raw_sockets_only_while_it_is_raised) {
  EXPECT_EQ(in_a_child([] {
              if (!keep_only_net_raw()) return 1;
              if (!may_open_raw()) return 2;
              if (may_open_now()) return 3;
              {
                const auto raised = RaisedNetRaw::raise();
                if (!raised || !may_open_now()) return 4;
              }
              if (may_open_now()) return 5;
              return has(CAP_PERMITTED, CAP_SYS_ADMIN) ? 6 : 0;
            }),
            0);
}

TEST(Privilege, leaves_what_was_effective_before_effective) {
  EXPECT_EQ(in_a_child([] {
              {
                const auto raised = RaisedNetRaw::raise();
                if (!raised) return 1;
              }
              return may_open_now() ? 0 : 2;
            }),
            0);
}

TEST(Privilege, cannot_be_raised_once_it_was_dropped) {
  EXPECT_EQ(
      in_a_child([] {
        if (!drop_all()) return 1;
        if (may_open_raw()) return 2;
        const auto raised = RaisedNetRaw::raise();
        if (raised) return 3;
        return raised.error().message() == "raise CAP_NET_RAW: Operation not permitted (EPERM)" ? 0
                                                                                                : 4;
      }),
      0);
}

TEST(Privilege, becomes_the_user_behind_sudo_and_can_still_open_sockets) {
  EXPECT_EQ(in_a_child([] {
              ::setenv("SUDO_UID", "65534", 1);
              ::setenv("SUDO_GID", "65533", 1);
              if (!become_sudo_caller()) return 1;
              if (::getuid() != 65534 || ::geteuid() != 65534) return 2;
              if (::getgid() != 65533 || ::getegid() != 65533) return 3;
              for (const gid_t root = 0; int number : {::getgroups(0, nullptr)}) {
                std::vector<gid_t> groups(static_cast<std::size_t>(number));
                ::getgroups(number, groups.data());
                for (const auto group : groups)
                  if (group == root) return 4;
              }
              if (!keep_only_net_raw() || may_open_now()) return 5;
              const auto raised = RaisedNetRaw::raise();
              return raised && may_open_now() ? 0 : 6;
            }),
            0);
}

TEST(Privilege, stays_with_its_user_where_sudo_had_no_part) {
  EXPECT_EQ(in_a_child([] {
              ::unsetenv("SUDO_UID");
              return become_sudo_caller() && ::getuid() == 0 ? 0 : 1;
            }),
            0);
  EXPECT_EQ(in_a_child([] {  // an ordinary user who pretends
              if (::setresuid(65534, 65534, 65534) != 0) return 1;
              ::setenv("SUDO_UID", "1", 1);
              ::setenv("SUDO_GID", "1", 1);
              return become_sudo_caller() && ::getuid() == 65534 ? 0 : 2;
            }),
            0);
}

TEST(Privilege, is_missed_with_a_failure_that_says_so) {
  EXPECT_EQ(in_a_child([] {
              if (!drop_all()) return 1;
              const auto socket = RawIcmpSocket::open(IpVersion::v6);
              if (socket) return 2;
              return socket.error().message() ==
                             "open a raw socket for ICMPv6: Operation not permitted (EPERM)"
                         ? 0
                         : 3;
            }),
            0);
}

}  // namespace
}  // namespace sonda::net::testing
