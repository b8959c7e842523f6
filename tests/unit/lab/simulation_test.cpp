// Topologies at work under virtual time: chains, rules, events, names.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/lab/trace_text.hpp>
#include <sonda/wire/dns.hpp>

#include "lab_support.hpp"

namespace sonda::lab {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view three_machines = R"(
path = "client - r1 - web"
[router.r1]
icmp_limit = "none"
[host.web]
icmp_limit = "none"
address = ["203.0.113.9", "2001:db8:9::9"]
tcp.80 = "open"
udp.7 = "echo"
)";

TEST(Simulation, eight_routers_in_a_row_answer_in_turn) {
  Lab lab{eight_routers};
  for (unsigned ttl = 1; ttl <= 8; ++ttl) {
    lab.ping("203.0.113.9", ttl);
    const auto from =
        ttl == 1 ? std::string{"192.0.2.1"} : "10.0." + std::to_string(ttl - 1) + ".2";
    EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("IP " + from +
                                                   " > 192.0.2.2: ICMP time exceeded in-transit")))
        << ttl;
    lab.ping("2001:db8:9::9", ttl);
    const auto from_v6 =
        ttl == 1 ? std::string{"2001:db8::1"} : "fd00:0:0:" + std::to_string(ttl - 1) + "::2";
    EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("IP6 " + from_v6 +
                                                   " > 2001:db8::2: ICMP6, time "
                                                   "exceeded in-transit")))
        << ttl;
  }
  lab.ping("203.0.113.9", 9);
  EXPECT_THAT(lab.heard(), ElementsAre("16036 IP 203.0.113.9 > 192.0.2.2: ICMP echo reply, id 7, "
                                       "seq 1, length 64"));
}

TEST(Simulation, routers_forward_what_comes_from_the_far_end_and_know_who_is_absent) {
  Lab lab{three_machines};
  lab.ping("10.0.1.77");
  EXPECT_THAT(lab.heard(2900ms), IsEmpty());
  EXPECT_THAT(lab.heard(1s), ElementsAre(AllOf(StartsWith("3000 IP 192.0.2.1"),
                                               HasSubstr("host 10.0.1.77 unreachable"))));
  lab.ping("198.18.0.1");
  EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("net 198.18.0.1 unreachable")));
}

TEST(Simulation, rules_said_later_come_before_the_files_and_go_with_clear) {
  Lab lab{std::string{three_machines} + "[router.r1.rewrite]\nbleach_ecn = true\n"};
  lab.udp("203.0.113.9", 7);
  EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("203.0.113.9.7 > 192.0.2.2.40000: UDP")));
  lab.say("r1 drop to web");
  lab.udp("203.0.113.9", 7);
  EXPECT_THAT(lab.heard(), IsEmpty());
  lab.say("r1 answer 3/13 after 100ms udp");
  lab.udp("203.0.113.9", 7);
  EXPECT_THAT(lab.heard(), ElementsAre(AllOf(StartsWith("2100 "), HasSubstr("IP 192.0.2.1 >"),
                                             HasSubstr("admin prohibited"))));
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(), IsEmpty());  // still dropped
  lab.say("r1 clear");
  lab.udp("203.0.113.9", 7);
  EXPECT_THAT(lab.heard(), SizeIs(1));
}

TEST(Simulation, an_answer_may_come_from_somebody_else_and_in_either_version) {
  Lab lab{three_machines};
  lab.say("r1 answer admin-prohibited as 198.51.100.9");
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(),
              ElementsAre(HasSubstr("IP 198.51.100.9 > 192.0.2.2: ICMP host 203.0.113.9 "
                                    "unreachable - admin prohibited")));
  lab.ping("2001:db8:9::9");
  EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("unreachable prohibited")));
}

TEST(Simulation, reset_pass_and_redirect_do_what_they_say) {
  Lab lab{three_machines};
  lab.say("r1 reset tcp syn port 80");
  lab.tcp("203.0.113.9", 80, TcpFlags::syn);
  EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("203.0.113.9.80 > 192.0.2.2.40000: Flags [R.]")));
  lab.say("r1 pass to 203.0.113.0/24");
  lab.tcp("203.0.113.9", 80, TcpFlags::syn);
  EXPECT_THAT(lab.heard(500ms), ElementsAre(HasSubstr("Flags [S.]")));
  lab.say("r1 redirect 192.0.2.3 icmp");
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(500ms),
              testing::Contains(HasSubstr("redirect 203.0.113.9 to host 192.0.2.3")));
}

TEST(Simulation, what_is_held_goes_on_when_it_is_released) {
  Lab lab{three_machines};
  lab.say("r1 hold icmp from client");
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(5s), IsEmpty());
  lab.say("r1 release");
  EXPECT_THAT(lab.heard(), ElementsAre(AllOf(StartsWith("5000 "), HasSubstr("echo reply"))));
  lab.say("r1 hold for 250ms icmp from client");
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(), ElementsAre(AllOf(StartsWith("6250 "), HasSubstr("echo reply"))));
}

TEST(Simulation, silence_and_limits_of_routers) {
  Lab lab{three_machines};
  lab.say("r1 silent on");
  lab.ping("203.0.113.9", 1);
  EXPECT_THAT(lab.heard(), IsEmpty());
  lab.say("r1 silent off");
  lab.say("r1 limit 2/s");
  for (int i = 0; i < 5; ++i) lab.ping("203.0.113.9", 1);
  EXPECT_THAT(lab.heard(100ms), SizeIs(2));
  lab.say("r1 limit none");
  for (int i = 0; i < 50; ++i) lab.ping("203.0.113.9", 1);
  EXPECT_THAT(lab.heard(100ms), SizeIs(50));
  lab.say("r1 limit linux");
  for (int i = 0; i < 50; ++i) lab.ping("203.0.113.9", 1);
  EXPECT_THAT(lab.heard(100ms), SizeIs(6));
}

TEST(Simulation, links_change_in_one_direction_or_in_both) {
  Lab lab{three_machines};
  lab.say("r1-web delay 50ms");
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(), ElementsAre(StartsWith("100 ")));
  lab.say("web > r1 delay 1ms");
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(), ElementsAre(StartsWith("1051 ")));
  lab.say("client-r1 down");
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(), IsEmpty());
  lab.say("r1-client up loss 100%");
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(), IsEmpty());
}

TEST(Simulation, services_of_hosts_change) {
  Lab lab{three_machines};
  lab.tcp("203.0.113.9", 443, TcpFlags::syn);
  EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("Flags [R.]")));
  lab.say("web tcp 443 open");
  lab.tcp("203.0.113.9", 443, TcpFlags::syn);
  EXPECT_THAT(lab.heard(100ms), ElementsAre(HasSubstr("Flags [S.]")));
  lab.say("web udp 7 closed");
  lab.udp("203.0.113.9", 7);
  EXPECT_THAT(lab.heard(100ms), ElementsAre(HasSubstr("udp port 7 unreachable")));
  lab.say("web udp 7 silent");
  lab.udp("203.0.113.9", 7);
  EXPECT_THAT(lab.heard(100ms), IsEmpty());
  lab.say("web silent on");
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(100ms), IsEmpty());
  lab.say("web silent off");
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(100ms), SizeIs(1));
}

TEST(Simulation, a_sentence_that_does_not_fit_is_refused_and_changes_nothing) {
  Lab lab{three_machines};
  const auto refused = [&lab](std::string_view text) {
    const auto done = lab.simulation.apply({}, *read_sentence(text));
    return done ? std::string{"done"} : done.error();
  };
  EXPECT_EQ(refused("r2 drop"), "found 'r2', accepted: the name of a machine; do you mean r1?");
  EXPECT_EQ(refused("r1 drop to wbe"),
            "found 'wbe', accepted: the name of a machine; do you mean "
            "web?");
  EXPECT_THAT(refused("client-web down"), HasSubstr("accepted: a link of this network"));
  EXPECT_THAT(refused("web drop"), HasSubstr("accepted: tcp, udp or silent"));
  EXPECT_THAT(refused("client silent on"), HasSubstr("not of a kernel host"));
}

TEST(Simulation, events_come_at_their_time) {
  Lab lab{std::string{three_machines} +
          "[[event]]\nat = '3s'\ndo = ['r1 answer 3/10', 'r1-web "
          "delay 1s']\n"};
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(2999ms), ElementsAre(HasSubstr("echo reply")));
  lab.now += 1ms;
  lab.ping("203.0.113.9");
  EXPECT_THAT(lab.heard(), ElementsAre(AllOf(StartsWith("3000 "), HasSubstr("host 203.0.113.9 "
                                                                            "unreachable"))));
}

TEST(Simulation, events_come_behind_the_packet_they_wait_for) {
  Lab lab{R"(
path = "client - r1 - r2 - web"
link.delay = "10ms"
[host.web]
tcp.80 = "open"
[[event]]
after = "icmp to web"
count = 2
delay = "100ms"
do = "r2 drop icmp"
)"};
  lab.ping("10.0.2.2");
  EXPECT_THAT(lab.heard(1s), SizeIs(1));
  lab.ping("10.0.2.2");  // the second, which crosses three links
  lab.heard(50ms);
  EXPECT_THAT(lab.heard(30ms), SizeIs(1));
  lab.ping("10.0.2.2");  // at r2 when the 100 ms are not over yet
  EXPECT_THAT(lab.heard(200ms), IsEmpty());
}

TEST(Simulation, the_client_is_described_for_whoever_makes_its_namespace) {
  Lab lab{
      "path = 'client - r1 - server'\nlink.mtu = 1400\n[host.server]\nkernel = true\n"
      "address = '203.0.113.9'\n[host.client]\nkernel = true\n"};
  const auto& hosts = lab.simulation.kernel_hosts();
  ASSERT_EQ(hosts.size(), 2U);
  EXPECT_EQ(hosts[0].name, "client");
  EXPECT_EQ(hosts[0].outlet, &lab.simulation.network().client());
  const auto& client = hosts[0].interfaces.at(0);
  EXPECT_EQ(client.name, "eth0");
  EXPECT_THAT(client.addresses, ElementsAre(InterfaceAddress{address("192.0.2.2"), 24},
                                            InterfaceAddress{address("2001:db8::2"), 64}));
  EXPECT_EQ(client.mtu, Mtu{1'400});
  EXPECT_THAT(client.gateways, ElementsAre(address("192.0.2.1"), address("2001:db8::1")));
  EXPECT_EQ(client.peer, "r1");
  const auto& server = hosts[1].interfaces.at(0);
  EXPECT_THAT(server.addresses, ElementsAre(InterfaceAddress{address("203.0.113.9"), 32}));
  EXPECT_THAT(server.gateways, ElementsAre(address("10.0.1.1"), address("fd00:0:0:1::1")));
  EXPECT_EQ(lab.simulation.name_of(client.link), "client-r1");

  // What the client sends reaches the server's outlet, and the other way round.
  lab.ping("203.0.113.9");
  const auto delivered = lab.simulation.network().take_delivery(Instant{1s});
  ASSERT_TRUE(delivered);
  EXPECT_EQ(delivered->outlet, hosts[1].outlet);
}

TEST(Simulation, machines_and_links_have_names) {
  Lab lab{three_machines};
  EXPECT_EQ(lab.simulation.name_of(*lab.simulation.find("web")), "web");
  EXPECT_EQ(lab.simulation.find("nobody"), nullptr);
  EXPECT_EQ(lab.simulation.links(), 2U);
  EXPECT_EQ(lab.simulation.ends(sim::LinkIndex{1}, true).from, "web");
  EXPECT_EQ(lab.simulation.resolv_conf(),
            "nameserver 192.0.2.1\nnameserver 2001:db8::1\noptions timeout:1 attempts:2\n");
  EXPECT_THAT(lab.simulation.hosts_file(), HasSubstr("\n203.0.113.9 web\n2001:db8:9::9 web\n"));
}

TEST(Simulation, the_clients_router_answers_dns) {
  Lab lab{three_machines};
  const auto query = [](std::string_view name) {
    sim::Octets octets{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    const auto question = *DnsName::parse(name);
    octets.insert(octets.end(), question.octets().begin(), question.octets().end());
    octets.insert(octets.end(), {0, 1, 0, 1});
    return std::string{octets.begin(), octets.end()};
  };
  lab.udp("192.0.2.1", 53, query("web"));
  const auto heard = lab.heard();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_THAT(heard[0], HasSubstr("192.0.2.1.53 > 192.0.2.2.40000"));
}

TEST(Simulation, the_menu_lies_behind_the_clients_router) {
  Simulation simulation{menu_topology(), 1};
  EXPECT_EQ(simulation.links(), 2U);
  EXPECT_EQ(simulation.name_of(sim::LinkIndex{1}), "r1-menu");
  EXPECT_EQ(simulation.names().addresses_of("admin-prohibited").at(0), address("10.3.13.1"));
  EXPECT_EQ(simulation.names().name_of(address("10.3.13.1")), "admin-prohibited");
  Lab lab{"menu = true\npath = 'client - r1 - r2'\n"};
  lab.ping("10.3.13.1");
  EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("IP 198.51.100.1 > 192.0.2.2: ICMP host 10.3.13.1 "
                                                 "unreachable - admin prohibited")));
  lab.ping("10.0.1.2");  // a router's address within the menu's network
  EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("IP 10.0.1.2 > 192.0.2.2: ICMP echo reply")));
}

TEST(Simulation, nat_and_routes_know_neighbours_by_name) {
  Lab lab{R"(
path = "client - home - isp - web"
[router.home]
nat = {address = "203.0.113.1", outside = "isp"}
routes = ["0.0.0.0/0 via isp"]
[router.isp]
routes = ["198.18.0.0/15 prohibit"]
[host.web]
udp.7 = "echo"
)"};
  lab.udp("10.0.2.2", 7);
  EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("10.0.2.2.7 > 192.0.2.2.40000: UDP")));
  lab.ping("198.18.3.4");
  EXPECT_THAT(lab.heard(), ElementsAre(HasSubstr("admin prohibited")));
}

// ------------------------------------------------------------------------------------------ trace

class Scribe final : public sim::Observer {
 public:
  explicit Scribe(const Simulation& simulation) : simulation_{simulation} {}
  void on_crossing(const sim::Crossing& crossing) override {
    lines.push_back(trace_line(crossing, simulation_, {}));
  }
  void on_note(const sim::Note& note) override {
    lines.push_back(trace_line(note, simulation_, {}));
  }
  std::vector<std::string> lines{};

 private:
  const Simulation& simulation_;
};

TEST(Trace, tells_every_crossing_and_why_a_packet_went_no_further) {
  Lab lab{"path = 'client - r1 - r2 - web'\nlink.delay = '10.25ms'\n"};
  Scribe scribe{lab.simulation};
  lab.simulation.set_observer(&scribe);
  lab.ping("10.0.2.2", 2);
  lab.heard();
  EXPECT_THAT(
      scribe.lines,
      ElementsAre(
          "    0.000 ms  client > r1  IP 192.0.2.2 > 10.0.2.2: ICMP echo request, id 7, seq "
          "1, length 64",
          "   10.250 ms  r1 > r2  IP 192.0.2.2 > 10.0.2.2: ICMP echo request, id 7, seq 1, "
          "length 64",
          "   20.500 ms  r2: its TTL has run out; tells 192.0.2.2 ICMP 11/0",
          "   20.500 ms  r2 > r1  IP 10.0.1.2 > 192.0.2.2: ICMP time exceeded in-transit, "
          "length 92",
          "   30.750 ms  r1 > client  IP 10.0.1.2 > 192.0.2.2: ICMP time exceeded "
          "in-transit, length 92"));
  scribe.lines.clear();
  lab.say("r1>client loss 100%");
  lab.ping("192.0.2.1");
  lab.heard();
  EXPECT_THAT(scribe.lines.back(),
              AllOf(HasSubstr("r1 > client"), testing::EndsWith("length 64  [lost]")));
  lab.simulation.set_observer(nullptr);
}

}  // namespace
}  // namespace sonda::lab
