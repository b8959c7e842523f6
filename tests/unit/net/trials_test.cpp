// The trials on this machine, with and without privilege.
#include <algorithm>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/privilege.hpp>
#include <sonda/net/trials.hpp>

#include "netns.hpp"

namespace sonda::net::testing {
namespace {

const Trial& find(const std::vector<Trial>& trials, std::string_view name) {
  const auto found = std::ranges::find(trials, name, &Trial::name);
  EXPECT_NE(found, trials.end()) << name;
  return *found;
}

TEST(Trials, work_for_root_and_have_nothing_to_mend) {
  const auto trials = try_all();
  for (const auto* name : {"raw ICMP, IPv4", "raw ICMP, IPv6", "packet sockets", "packet filters",
                           "kernel stamps", "networks of one's own"}) {
    EXPECT_EQ(find(trials, name).outcome, Outcome::works) << find(trials, name).finding;
    EXPECT_EQ(find(trials, name).mend, "");
  }
  for (const auto& trial : trials) {
    EXPECT_NE(trial.finding, "") << trial.name;
    EXPECT_EQ(trial.mend.empty(), trial.outcome == Outcome::works) << trial.name;
  }
}

TEST(Trials, try_the_very_setting_that_allows_datagram_sockets) {
  sonda::testing::Namespaces lab;
  lab.host("c");
  const auto inside = lab.enter("c");
  lab.sysctl("c", "net.ipv4.ping_group_range", "1 0");
  const auto closed = try_all();
  EXPECT_EQ(find(closed, "datagram ICMP, IPv4").outcome, Outcome::fails);
  EXPECT_EQ(find(closed, "datagram ICMP, IPv6").mend,
            "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'");
  lab.sysctl("c", "net.ipv4.ping_group_range", "0 2147483647");
  const auto open = try_all();
  EXPECT_EQ(find(open, "datagram ICMP, IPv4").outcome, Outcome::works);
  EXPECT_EQ(find(open, "datagram ICMP, IPv6").outcome, Outcome::works);
}

TEST(Trials, name_the_capability_that_an_ordinary_user_lacks) {
  const auto child = ::fork();
  if (child == 0) {
    if (::setresuid(65534, 65534, 65534) != 0) ::_exit(1);
    const auto trials = try_all("/usr/bin/sonda-ping");
    const auto& raw = find(trials, "raw ICMP, IPv4");
    if (raw.outcome != Outcome::fails) ::_exit(2);
    if (raw.mend != "sudo setcap cap_net_raw+p /usr/bin/sonda-ping") ::_exit(3);
    if (raw.finding != "open a raw socket for ICMP: Operation not permitted (EPERM)") ::_exit(4);
    if (find(trials, "kernel stamps").outcome != Outcome::works) ::_exit(5);
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace sonda::net::testing
