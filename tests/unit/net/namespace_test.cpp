// Namespaces of our own, as root and as an ordinary user.
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/interface_setup.hpp>
#include <sonda/net/namespace.hpp>
#include <sonda/net/privilege.hpp>
#include <sonda/net/route.hpp>

#include "../../../lib/src/net/small_file.hpp"
#include "../../../lib/src/net/user_namespace.hpp"
#include "in_a_child.hpp"

namespace sonda::net::testing {
namespace {

using ::testing::HasSubstr;

class OwnNamespaces : public ::testing::TestWithParam<uid_t> {};

TEST_P(OwnNamespaces, are_others_than_those_we_came_from_and_keep_the_user) {
  const auto said = in_a_child(GetParam(), []() -> std::string {
    const auto network = Namespace::current(NamespaceKind::network);
    const auto mounts = Namespace::current(NamespaceKind::mount);
    const auto user = ::getuid();
    SONDA_DEMAND(enter_own_namespaces());
    const auto own = Namespace::current(NamespaceKind::network);
    SONDA_HOLDS(own->number() != network->number());
    SONDA_HOLDS(Namespace::current(NamespaceKind::mount)->number() != mounts->number());
    SONDA_HOLDS(::getuid() == user && ::geteuid() == user);
    const auto all = interfaces();
    SONDA_HOLDS(all && all->size() == 1 && all->front().loopback);
    return {};
  });
  EXPECT_EQ(said, "");
}

TEST_P(OwnNamespaces, give_a_raw_socket_a_packet_socket_and_mounts) {
  const auto said = in_a_child(GetParam(), []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    const Descriptor raw{::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)};
    SONDA_HOLDS(raw);
    const Descriptor packet{::socket(AF_PACKET, SOCK_RAW, 0)};
    SONDA_HOLDS(packet);
    SONDA_HOLDS(::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) == 0);
    return {};
  });
  EXPECT_EQ(said, "");
  EXPECT_THAT(contents_of("/proc/self/mounts"), ::testing::Not(HasSubstr("tmpfs /tmp ")));
}

TEST_P(OwnNamespaces, make_their_next_child_the_first_of_its_kind) {
  const auto said = in_a_child(GetParam(), []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    const auto child = ::fork();
    if (child == 0) ::_exit(::getpid() == 1 ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    SONDA_HOLDS(status == 0);
    return {};
  });
  EXPECT_EQ(said, "");
}

TEST_P(OwnNamespaces, hold_further_networks_and_we_come_back_from_them) {
  const auto said = in_a_child(GetParam(), []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    const auto home = Namespace::current(NamespaceKind::network);
    const auto other = new_network();
    SONDA_DEMAND(other);
    const auto here = [] { return Namespace::current(NamespaceKind::network)->number(); };
    SONDA_HOLDS(other->number() != home->number());
    SONDA_HOLDS(here() == home->number());
    {
      const auto inside = InsideNamespace::enter(*other);
      SONDA_DEMAND(inside);
      SONDA_HOLDS(here() == other->number());
    }
    SONDA_HOLDS(here() == home->number());
    return {};
  });
  EXPECT_EQ(said, "");
}

INSTANTIATE_TEST_SUITE_P(For, OwnNamespaces, ::testing::Values(uid_t{0}, nobody),
                         [](const auto& who) { return who.param == 0 ? "root" : "nobody"; });

TEST(OwnNamespaces, leave_root_with_every_user_of_the_system) {
  const auto said = in_a_child(0, []() -> std::string {
    const auto before = Namespace::current(NamespaceKind::user);
    SONDA_DEMAND(enter_own_namespaces());
    SONDA_HOLDS(Namespace::current(NamespaceKind::user)->number() == before->number());
    SONDA_HOLDS(::setresuid(1234, 1234, 1234) == 0);
    return {};
  });
  EXPECT_EQ(said, "");
}

TEST(OwnNamespaces, can_have_an_ordinary_user_be_root) {
  const auto said = in_a_child(nobody, []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces(InsideAs::root));
    SONDA_HOLDS(::getuid() == 0 && ::getgid() == 0);
    return {};
  });
  EXPECT_EQ(said, "");
}

TEST(OwnNamespaces, name_the_switch_that_is_off_and_the_line_that_mends_it) {
  const auto said = in_a_child(nobody, []() -> std::string {
    // A user namespace of its own, in which there may be no further one.
    SONDA_DEMAND(enter_own_namespaces());
    SONDA_DEMAND(write_sysctl("user/max_user_namespaces", "0"));
    SONDA_DEMAND(drop_all());
    const auto refused = enter_own_namespaces();
    SONDA_HOLDS(!refused);
    return refused.error().message() + " | " + mend_of_namespaces(refused.error());
  });
  EXPECT_EQ(said,
            "make a user namespace while user.max_user_namespaces is 0: No space left on device "
            "(ENOSPC) | sudo sysctl -w user.max_user_namespaces=10000");
}

// A system of files in place of /proc.
class Switches : public ::testing::Test {
 protected:
  Switches() : proc_{::testing::TempDir() + "switches-" + std::to_string(::getpid())} {}
  ~Switches() override { std::filesystem::remove_all(proc_); }
  void put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((std::filesystem::path{proc_} / path).parent_path());
    std::ofstream{proc_ + "/" + path} << text;
  }
  std::string proc_;
};

TEST_F(Switches, are_debians_own) {
  put("sys/kernel/unprivileged_userns_clone", "0\n");
  const auto obstacle = namespace_obstacle(EPERM, proc_);
  EXPECT_EQ(obstacle.what, "kernel.unprivileged_userns_clone is 0");
  EXPECT_EQ(obstacle.mend, "sudo sysctl -w kernel.unprivileged_userns_clone=1");
}

TEST_F(Switches, are_ubuntus_own) {
  put("sys/kernel/unprivileged_userns_clone", "1\n");
  put("sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
  const auto obstacle = namespace_obstacle(EACCES, proc_);
  EXPECT_EQ(obstacle.what, "kernel.apparmor_restrict_unprivileged_userns is 1");
  EXPECT_EQ(obstacle.mend, "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
}

TEST_F(Switches, are_a_containers_filter) {
  put("self/status", "Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1\n");
  const auto obstacle = namespace_obstacle(EPERM, proc_);
  EXPECT_EQ(obstacle.what, "a seccomp filter watches this program");
  EXPECT_THAT(obstacle.mend, HasSubstr("seccomp=unconfined"));
}

TEST_F(Switches, are_the_limits_of_each_kind) {
  put("sys/user/max_user_namespaces", "100\n");
  put("sys/user/max_net_namespaces", "0\n");
  EXPECT_EQ(namespace_obstacle(ENOSPC, proc_).what, "user.max_net_namespaces is 0");
  put("sys/user/max_net_namespaces", "07\n");
  EXPECT_EQ(namespace_obstacle(ENOSPC, proc_).what, "");
}

TEST_F(Switches, are_not_blamed_where_the_kernel_lacks_namespaces) {
  put("sys/kernel/unprivileged_userns_clone", "0\n");
  EXPECT_EQ(namespace_obstacle(EINVAL, proc_).what, "");
}

TEST(Namespace, is_recognized_when_it_was_handed_over) {
  const auto open = [](const char* path) { return Descriptor{::open(path, O_RDONLY | O_CLOEXEC)}; };
  const auto network = Namespace::received(open("/proc/self/ns/net"), NamespaceKind::network);
  ASSERT_TRUE(network);
  EXPECT_EQ(network->number(), Namespace::current(NamespaceKind::network)->number());
  EXPECT_EQ(Namespace::received(open("/proc/self/ns/net"), NamespaceKind::mount).error().error_code,
            EINVAL);
  EXPECT_EQ(Namespace::received(open("/dev/null"), NamespaceKind::network).error().message(),
            "receive a network namespace: Invalid argument (EINVAL)");
  EXPECT_EQ(Namespace::received(Descriptor{}, NamespaceKind::network).error().error_code, EBADF);
}

}  // namespace
}  // namespace sonda::net::testing
