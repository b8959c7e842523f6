// What people look at: networks drawn, the error menu, to the letter.
#include <algorithm>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/lab/drawing.hpp>
#include <sonda/lab/menu_text.hpp>

#include "lab_support.hpp"

namespace sonda::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::size_t widest_line(const std::string& text) {
  std::istringstream in{text};
  std::size_t widest = 0;
  for (std::string line; std::getline(in, line);) widest = std::max(widest, line.size());
  return widest;
}

TEST(Drawing, of_a_chain_goes_from_left_to_right_over_several_lines) {
  EXPECT_EQ('\n' + drawing(topology_of(eight_routers)), R"(
Eight routers in a row

client -- 2ms -- r1 --- 2ms -- r2 --- 2ms -- r3 --- 2ms -- r4 --- 2ms --
192.0.2.2        192.0.2.1     10.0.1.2      10.0.2.2      10.0.3.2
2001:db8::2      10.0.1.1      10.0.2.1      10.0.3.1      10.0.4.1
                 2001:db8::1   fd00:0:0:1::2 fd00:0:0:2::2 fd00:0:0:3::2
                 fd00:0:0:1::1 fd00:0:0:2::1 fd00:0:0:3::1 fd00:0:0:4::1

-- r5 --- 2ms -- r6 --- 2ms -- r7 --- 2ms -- r8 --- 2ms -- web
   10.0.4.2      10.0.5.2      10.0.6.2      10.0.7.2      203.0.113.9
   10.0.5.1      10.0.6.1      10.0.7.1      10.0.8.1      2001:db8:9::9
   fd00:0:0:4::2 fd00:0:0:5::2 fd00:0:0:6::2 fd00:0:0:7::2
   fd00:0:0:5::1 fd00:0:0:6::1 fd00:0:0:7::1 fd00:0:0:8::1

client  a real network stack: programs run here
web     tcp 80 open
)");
}

TEST(Drawing, of_anything_else_is_in_layers) {
  EXPECT_EQ('\n' + drawing(topology_of(R"(
title = "A diamond"
path = ["client - r1 - r2 - r4", "r1 - r3 - r4 - web"]
link.delay = "2ms"
[link."r3 > r4"]
delay = "30ms"
loss = "1%"
[router.r1]
balance = "flow"
[router.r2]
rules = ["answer 3/13 tcp port 443 from client", "hold for 2s udp"]
[host.web]
address = "203.0.113.9"
tcp.80 = "open"
tcp.default = "filtered"
[[event]]
at = "3s"
do = ["r2 clear", "r1-r2 down"]
)")),
            R"(
A diamond

client
192.0.2.2
2001:db8::2
  |  client-r1  delay 2ms
r1
192.0.2.1
10.0.1.1
10.0.3.1
2001:db8::1
fd00:0:0:1::1
fd00:0:0:3::1
  |  r1-r2  delay 2ms
  |  r1-r3  delay 2ms
r2              r3
10.0.1.2        10.0.3.2
10.0.2.1        10.0.4.1
fd00:0:0:1::2   fd00:0:0:3::2
fd00:0:0:2::1   fd00:0:0:4::1
  |  r2-r4  delay 2ms
  |  r3-r4  r3>r4 delay 30ms loss 1%; r4>r3 delay 2ms
r4
10.0.2.2
10.0.4.2
10.0.5.1
fd00:0:0:2::2
fd00:0:0:4::2
fd00:0:0:5::1
  |  r4-web  delay 2ms
web
203.0.113.9

client  a real network stack: programs run here
r1      balances equally short ways per flow
r2      rule: answer 3/13 tcp port 443 from client
        rule: hold for 2s udp
web     tcp 80 open, all others filtered

at 3s: r2 clear; r1-r2 down
)");
}

TEST(Drawing, explains_links_that_are_more_than_late) {
  const auto text =
      drawing(topology_of("path = 'client - r1 - r2'\nlink.'r1 - r2'.loss = '10%'\n"
                          "link.'client > r1'.delay = '5ms'\n"));
  EXPECT_THAT(text, HasSubstr("client -- (1) -- r1 --- (2) -- r2\n"));
  EXPECT_THAT(text, HasSubstr("(1) client-r1: client>r1 delay 5ms; r1>client plain\n"
                              "(2) r1-r2: loss 10%\n"));
}

TEST(Drawing, never_exceeds_the_page) {
  std::string text = "path = [";
  for (int i = 0; i < 60; ++i)
    text += "'client - router_with_a_long_name_" + std::to_string(i) + " - web',\n";
  text +=
      "]\n[router.router_with_a_long_name_7]\nsilent = true\nquoted_as_sent = true\nrules = "
      "['answer 3/13 as 198.51.100.9 after 1s tcp syn ack data port 443 from 203.0.113.0/24']\n";
  const auto topology = topology_of(text);
  EXPECT_LE(widest_line(drawing(topology)), 80U);
  EXPECT_LE(widest_line(drawing(topology_of(eight_routers))), 80U);
}

TEST(Peculiarities, are_told_in_words) {
  const auto topology = topology_of(R"(
path = "client - r1 - web"
[router.r1]
silent = true
icmp_limit = "10/s"
error_delay = "1s"
patience = "1s"
quote = "whole"
quoted_as_sent = true
answers_from = "198.51.100.1"
broken_checksum = true
mpls = [24015, 7]
tells_interface = true
counts_hops = false
tells_mtu = false
balance = "packet"
nat = {address = "203.0.113.1", outside = "web"}
rewrite = {ttl = 9, dscp = 0, bleach_ecn = true, mss = 1200, clear_df = true}
routes = ["198.18.0.0/15 blackhole", "0.0.0.0/0 via web"]
rules = "drop tcp"
[host.web]
silent = true
tcp.25 = {banner = "220", closes = true, delay = "1s"}
udp.default = "silent"
echo = false
timestamps = false
extended_echo = true
ttl = 128
answers_from = "198.51.100.9"
delay = "20ms"
duplicates = 2
duplicates_apart = "5ms"
broken_checksum = true
wrong_octet = 3
cut = 4
)");
  EXPECT_THAT(
      peculiarities(topology.routers[0]),
      ElementsAre("forwards, but sends no ICMP errors", "sends at most 10 ICMP errors a second",
                  "tells of errors after 1s", "gives an absent neighbour up after 1s",
                  "quotes the whole packet", "quotes the TTL as it came",
                  "sends errors from 198.51.100.1", "its ICMP errors have a wrong checksum",
                  "tells the MPLS labels 24015, 7", "tells by which interface a packet came in",
                  "does not count hops down: no traceroute sees it",
                  "says nothing of packets that are too big: an MTU black hole",
                  "balances equally short ways per packet",
                  "NAT: what leaves to web comes from 203.0.113.1",
                  "sets the TTL to 9, sets the DSCP to 0, clears ECN, lowers the MSS to 1200, "
                  "clears DF",
                  "route: 198.18.0.0/15 blackhole", "route: 0.0.0.0/0 via web", "rule: drop tcp"));
  EXPECT_THAT(
      peculiarities(*topology.host("web")),
      ElementsAre("answers nothing", "tcp 25 open with a banner and closes after 1s",
                  "udp all ports silent", "answers no echo", "answers no timestamp",
                  "answers extended echoes", "sends with TTL 128", "answers from 198.51.100.9",
                  "answers after 20ms", "answers 3 times, 5ms apart",
                  "its ICMP messages have a wrong checksum",
                  "octet 3 of echo data comes back wrong", "4 octets of echo data stay away"));
}

TEST(MenuText, is_what_a_lecture_hall_sees) {
  EXPECT_EQ('\n' + menu_text(), R"(
THE ERROR MENU                        (in the lab: ping NAME, or 10.TYPE.CODE.1)
T/C    NAME                WHO   TCP connect()  UDP connected  RFC   IPv6 TWIN
3/0    net-unreachable     R     ENETUNREACH    -              792   1/0
3/1    host-unreachable    R     EHOSTUNREACH   -              792   1/3
3/2    proto-unreachable   H     ENOPROTOOPT    ENOPROTOOPT    792   4/1 EPROTO
3/3    port-unreachable    H F   ECONNREFUSED   ECONNREFUSED   792   1/4
3/4    frag-needed         R     none (PMTU)    EMSGSIZE       1191  2/0
3/13   admin-prohibited    R F   EHOSTUNREACH   EHOSTUNREACH   1812  1/1 EACCES
11/0   ttl-exceeded        R     EHOSTUNREACH   -              792   3/0
11/1   reassembly-timeout  H     none           none           792   3/1 *
12/0   parameter-problem   R H   EPROTO         EPROTO         792   4/0
9 of 33 shown: the ones one meets.              all: --all     IPv6: -6
*    another errno there
WHO  R router  H host  F firewall     -  only with IP_RECVERR
HOW  last number: 1 at once  2 late  4 silence  6 twice  8 short quotation
)");
}

TEST(MenuText, fits_the_page_and_has_every_row) {
  for (const auto version : {IpVersion::v4, IpVersion::v6})
    for (const bool all : {false, true}) EXPECT_LE(widest_line(menu_text(version, all)), 80U);
  EXPECT_THAT(menu_text(IpVersion::v4, true), HasSubstr("40/4     photuris-need-authentication\n"));
  EXPECT_THAT(menu_text(IpVersion::v6), HasSubstr("ping NAME, or fd00::TYPE:CODE:1)\n"));
}

}  // namespace
}  // namespace sonda::lab
