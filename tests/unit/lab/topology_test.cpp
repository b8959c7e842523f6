// What topology files mean, and what is said of those that are wrong.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab_support.hpp"
#include "wrong_files.hpp"

namespace sonda::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> addresses(const Topology& topology, std::string_view name) {
  std::vector<std::string> all;
  for (const auto& address : topology.addresses_of(name)) all.emplace_back(to_text(address).view());
  return all;
}

TEST(Topology, each_wrong_file_gets_its_complaint) {
  for (const auto& [text, complaint] : wrong_files) {
    std::string file{text};
    std::ranges::replace(file, '|', '\n');
    const auto read = read_topology(file, "f.toml");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(to_text(read.error()), "f.toml:" + std::string{complaint}) << text;
  }
}

TEST(Topology, eight_routers_in_a_row_are_nine_links_with_addresses) {
  const auto topology = topology_of(eight_routers);
  EXPECT_EQ(topology.title, "Eight routers in a row");
  ASSERT_EQ(topology.links.size(), 9U);
  EXPECT_EQ(topology.routers.size(), 8U);
  EXPECT_EQ(topology.client().name, "client");
  EXPECT_EQ(topology.clients_router()->name, "r1");
  EXPECT_THAT(addresses(topology, "client"), ElementsAre("192.0.2.2", "2001:db8::2"));
  EXPECT_THAT(addresses(topology, "r1"),
              ElementsAre("192.0.2.1", "2001:db8::1", "10.0.1.1", "fd00:0:0:1::1"));
  EXPECT_THAT(addresses(topology, "r8"),
              ElementsAre("10.0.7.2", "fd00:0:0:7::2", "10.0.8.1", "fd00:0:0:8::1"));
  EXPECT_THAT(addresses(topology, "web"), ElementsAre("203.0.113.9", "2001:db8:9::9"));
  for (const auto& link : topology.links) EXPECT_EQ(link.there.delay, 2ms);
  EXPECT_EQ(topology.host("web")->plan.services.of_tcp(Port{80}).kind, sim::TcpKind::open);
}

TEST(Topology, the_tenth_link_is_called_ten_in_both_versions) {
  const auto topology = topology_of("path = 'client - a - b - c - d - e - f - g - h - i - j - k'");
  EXPECT_THAT(addresses(topology, "k"), ElementsAre("10.0.10.2", "fd00:0:0:10::2"));
}

TEST(Topology, a_client_comes_by_itself) {
  EXPECT_EQ(topology_of("").links.at(0).name(), "client-r1");
  EXPECT_EQ(topology_of("path = 'a - b'").links.at(0).name(), "client-a");
  EXPECT_EQ(topology_of("[router.gate]").links.at(0).name(), "client-gate");
  const auto own = topology_of("path = 'laptop - r1'\n[host.laptop]\nkernel = true");
  EXPECT_EQ(own.client().name, "laptop");
  EXPECT_FALSE(own.knows("client"));
}

TEST(Topology, what_is_said_of_one_link_counts_more_than_what_is_said_of_all) {
  const auto topology = topology_of(R"(
path = ["client - r1 - r2 - web", "r1 - r3 - r2"]
link.delay = "2ms"
link."r1 - r2".loss = "10%"
[link."r3 > r1"]
delay = "50ms"
[[link]]
between = "web - r2"
rate = "10Mbit"
addresses = ["10.9.0.9/24", "10.9.0.1/24"]
)");
  const auto* lossy = topology.link_between("r2", "r1");
  EXPECT_EQ(lossy->there, (sim::LinkModel{.delay = 2ms, .loss = 0.1}));
  EXPECT_EQ(lossy->there, lossy->back);
  const auto* slow = topology.link_between("r1", "r3");
  EXPECT_EQ(slow->there.delay, 2ms);
  EXPECT_EQ(slow->back.delay, 50ms);
  const auto* narrow = topology.link_between("r2", "web");
  EXPECT_EQ(narrow->there.rate, 10'000'000U);
  EXPECT_EQ(narrow->there.delay, 2ms);
  EXPECT_THAT(addresses(topology, "web"), ElementsAre("10.9.0.9"));
  EXPECT_EQ(narrow->lower.addresses.at(0), (InterfaceAddress{address("10.9.0.1"), 24}));
}

TEST(Topology, a_host_may_have_an_address_within_its_link) {
  const auto topology = topology_of("path='client - r1'\n[host.client]\naddress='192.0.2.77'");
  EXPECT_EQ(topology.links[0].lower.addresses.at(0), (InterfaceAddress{address("192.0.2.77"), 24}));
  EXPECT_EQ(topology.links[0].lower.addresses.size(), 1U);
}

TEST(Topology, routers_and_hosts_are_as_the_file_wants_them) {
  const auto topology = topology_of(R"(
path = "client - r1 - r2 - web"
[router.r1]
silent = true
icmp_limit = {per_second = 5, burst = 10}
error_delay = "1.5s"
quote = "8"
answers_from = "198.51.100.1"
mpls = [24015, 7]
counts_hops = false
balance = "flow"
nat = {address = "203.0.113.1", outside = "r2"}
rewrite = {dscp = 0, mss = 1200, clear_df = true}
rules = ["answer admin-prohibited tcp port 443", "drop from web"]
routes = ["198.18.0.0/15 prohibit", "0.0.0.0/0 via r2"]
[host.web]
ttl = 128
duplicates = 2
icmp_limit = "none"
udp.53 = {answer = "hex:ff00", from = 54, delay = "20ms"}
udp.default = "silent"
tcp.25 = {banner = "220 web\r\n", closes = true}
tcp.default = "filtered"
[[event]]
after = "tcp syn to web"
count = 2
delay = "1s"
do = ["r1 release", "r1-r2 down"]
)");
  const auto& router = *topology.router("r1");
  EXPECT_TRUE(router.plan.silent);
  EXPECT_EQ(router.plan.limit, sim::IcmpLimit{(sim::IcmpBucket{5, 10})});
  EXPECT_EQ(router.plan.error_delay, 1500ms);
  EXPECT_EQ(router.plan.quoted, 28U);
  EXPECT_EQ(router.plan.answers_from, address("198.51.100.1"));
  ASSERT_EQ(router.plan.labels.size(), 2U);
  EXPECT_FALSE(router.plan.labels[0].bottom);
  EXPECT_TRUE(router.plan.labels[1].bottom);
  EXPECT_FALSE(router.plan.counts_hops);
  EXPECT_EQ(router.plan.balancing, sim::Balancing::per_flow);
  EXPECT_EQ(router.nat->outside, "r2");
  EXPECT_EQ(router.plan.rewriting.dscp, 0);
  EXPECT_EQ(router.plan.rewriting.most_mss, 1200);
  EXPECT_EQ(to_text(router.rules.at(0)), "answer 3/13 tcp port 443");
  EXPECT_EQ(to_text(router.rules.at(1)), "drop from web");
  EXPECT_EQ(router.routes.at(1).via, "r2");
  EXPECT_EQ(topology.router("r2")->plan.limit, sim::IcmpLimit{sim::LinuxIcmpLimit{}});

  const auto& web = topology.host("web")->plan;
  EXPECT_EQ(web.ttl, Ttl{128});
  EXPECT_EQ(web.manner.copies, 3U);
  EXPECT_EQ(web.services.of_udp(Port{53}).reply, (sim::Octets{0xff, 0}));
  EXPECT_EQ(web.services.of_udp(Port{53}).from, Port{54});
  EXPECT_EQ(web.services.of_udp(Port{54}).kind, sim::UdpKind::silent);
  EXPECT_TRUE(web.services.of_tcp(Port{25}).closes);
  EXPECT_EQ(web.services.of_tcp(Port{26}).kind, sim::TcpKind::filtered);

  const auto& event = topology.events.at(0);
  EXPECT_EQ(to_text(*event.after), "tcp syn to web");
  EXPECT_EQ(event.count, 2U);
  EXPECT_EQ(event.delay, 1s);
  EXPECT_EQ(to_text(event.sentences.at(1)), "r1-r2 down");
}

TEST(Topology, what_is_too_much_is_refused) {
  const auto refused = [](const std::string& text) {
    const auto read = read_topology(text, "f");
    return read ? std::string{"accepted"} : to_text(read.error());
  };
  EXPECT_THAT(refused(std::string(most_text + 1, '\n')), HasSubstr("accepted: at most 1048576"));
  EXPECT_THAT(refused("a" + std::string(5'000, '.')), HasSubstr("a line of 5001 octets"));
  std::string deep = "a";
  for (int i = 0; i < 100; ++i) deep += ".a";
  EXPECT_THAT(refused(deep + " = 1"), HasSubstr("inside one another"));
  std::string machines;
  for (std::size_t i = 0; i <= most_machines; ++i)
    machines += "[router.r" + std::to_string(i) + "]\n";
  EXPECT_THAT(refused(machines), HasSubstr("at most 1024"));
  std::string links;
  for (std::size_t i = 0; i <= most_links; ++i)
    links += "[link.'a" + std::to_string(i / 100) + " - b" + std::to_string(i % 100) + "']\n";
  EXPECT_THAT(refused(links), HasSubstr("at most 4096"));
  EXPECT_THAT(refused("path='client - r1'\nrouter.r1.rules=[" +
                      [] {
                        std::string rules;
                        for (std::size_t i = 0; i <= most_entries; ++i) rules += "'drop',\n";
                        return rules;
                      }() +
                      "]"),
              HasSubstr("at most 1024 entries"));
}

TEST(Topology, strange_characters_are_for_text_and_comments) {
  const auto refused = [](const std::string& text) {
    const auto read = read_topology(text, "f");
    return read ? std::string{} : to_text(read.error());
  };
  EXPECT_EQ(refused("title = \"Z\u00fcrich \\\"#\u00e9\" # \u00e9\nmenu = false # '\u00e9\n"), "");
  EXPECT_EQ(refused("title = 'Z\u00fcrich \\'"), "");
  EXPECT_EQ(refused("title = ''\nm\u032a = 1"),
            "f:2:2: found '\\xcc\\xaa =', accepted: such characters only in text and comments");
  EXPECT_EQ(refused("title = \"\"\"\nx\"\"\""),
            "f:1:9: found text of several lines, accepted: text of one line, \\n in it");
}

TEST(Topology, the_lab_without_a_file_has_the_menu) {
  const auto topology = menu_topology();
  EXPECT_TRUE(topology.menu);
  EXPECT_EQ(topology.clients_router()->name, "r1");
}

}  // namespace
}  // namespace sonda::lab
