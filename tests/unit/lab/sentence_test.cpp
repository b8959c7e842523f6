// Sentences: read, written again, refused.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/lab/sentence.hpp>
#include <sonda/lab/simulation.hpp>

namespace sonda::lab {
namespace {

using namespace std::chrono_literals;

std::string again(std::string_view text) {
  const auto sentence = read_sentence(text);
  return sentence ? to_text(*sentence) : sentence.error();
}

TEST(Sentence, is_written_as_it_is_read) {
  for (const std::string_view text :
       {"r1 drop",
        "r1 drop tcp",
        "r1 drop tcp syn",
        "r1 drop tcp syn ack",
        "r1 drop tcp ack data",
        "r1 drop tcp syn ack fin rst data port 443 sport 1024 from client to 203.0.113.0/24 longer "
        "1280 ttl 3 ipv4",
        "r1 drop icmp type 8 code 0",
        "r1 drop udp port 53 ipv6",
        "r1 drop from 2001:db8::/32",
        "r1 answer 3/13",
        "r1 answer 3/13 as 198.51.100.9 after 1s tcp port 443",
        "r1 answer 3/4 mtu 1400 longer 1400",
        "r1 answer 1/1",
        "r1 answer 3/0 ipv6",
        "r1 reset",
        "r1 reset tcp port 22",
        "r1 pass from 192.0.2.2",
        "r1 hold",
        "r1 hold for 1.5s tcp ack",
        "r1 release",
        "r1 redirect 192.0.2.9 to web",
        "r1 clear",
        "r1 silent on",
        "r1 silent off",
        "r1 limit none",
        "r1 limit linux",
        "r1 limit 10/s",
        "r1 limit 0.5/s",
        "r1-r2 delay 50ms",
        "r1>r2 delay 200us jitter 1.5ms loss 0.1% duplication 1% reordering 25% held_back 10ms "
        "corruption 100% rate 10Mbit queue 100 mtu 1280 down",
        "r1-r2 rate 0 up",
        "r1-r2 down",
        "r1-r2 up",
        "web tcp 80 filtered",
        "web tcp 80 syn-ack",
        "web udp 53 silent",
        "web udp 53 echo",
        "web silent on"})
    EXPECT_EQ(again(text), text);
}

TEST(Sentence, has_one_form_for_what_can_be_said_in_several) {
  EXPECT_EQ(again("  r1   drop\tto web   tcp  "), "r1 drop tcp to web");
  EXPECT_EQ(again("r1 answer admin-prohibited port 443 tcp"), "r1 answer 3/13 tcp port 443");
  EXPECT_EQ(again("r1 answer admin-prohibited ipv6"), "r1 answer 1/1 ipv6");
  EXPECT_EQ(again("r1 answer hop-limit-exceeded"), "r1 answer 3/0 ipv6");
  EXPECT_EQ(again("r1 drop syn"), "r1 drop tcp syn");
  EXPECT_EQ(again("r1 drop type 8"), "r1 drop icmp type 8");
  EXPECT_EQ(again("r1 drop to 192.0.2.1/32"), "r1 drop to 192.0.2.1");
  EXPECT_EQ(again("r1 - r2 delay 0.05s"), "r1-r2 delay 50ms");
  EXPECT_EQ(again("r1 > r2 loss 0.25"), "r1>r2 loss 25%");
  EXPECT_EQ(again("r1 -r2 delay 1 ms"),
            "found '1', accepted: a duration as in 5ms, 1.5s or 200us, "
            "at most a day");
}

TEST(Sentence, that_is_wrong_gets_one_line_with_the_nearest_word) {
  const std::vector<std::pair<std::string_view, std::string_view>> wrong{
      {"", "found nothing, accepted: a machine or a link, as in r1, r1-r2 or r1>r2"},
      {"R1 drop", "found 'R1', accepted: a machine or a link, as in r1, r1-r2 or r1>r2"},
      {"r1 dorp",
       "found 'dorp', accepted: drop, answer, reset, pass, hold, redirect, release, "
       "clear, silent, limit, tcp or udp; do you mean drop?"},
      {"r1 drop tpc",
       "found 'tpc', accepted: icmp, tcp, udp, syn, ack, fin, rst, data, port, sport, "
       "from, to, type, code, longer, ttl, ipv4 or ipv6; do you mean tcp?"},
      {"r1 drop port", "found nothing, accepted: a whole number from 0 to 65535"},
      {"r1 drop port 65536", "found '65536', accepted: a whole number from 0 to 65535"},
      {"r1 drop udp syn",
       "found 'syn, ack, fin, rst' of another protocol, accepted: syn, ack, fin, "
       "rst only with tcp"},
      {"r1 drop from 1.2.3",
       "found '1.2.3', accepted: the name of a machine, an address or a prefix"},
      {"r1 answer",
       "found nothing, accepted: an ICMP error by type and code or by name, as in 3/13 "
       "or admin-prohibited"},
      {"r1 answer 8/0", "found '8/0', accepted: TYPE/CODE of an ICMP error, as in 3/13"},
      {"r1 answer 3/256", "found '3/256', accepted: TYPE/CODE of an ICMP error, as in 3/13"},
      {"r1 redirect web", "found 'web', accepted: the address of a better gateway"},
      {"r1 silent", "found nothing, accepted: on or off"},
      {"r1 limit 0/s",
       "found '0/s', accepted: none, linux, or a number of errors a second as in "
       "10/s"},
      {"r1-r2",
       "found nothing, accepted: delay, jitter, loss, duplication, reordering, held_back, "
       "corruption, rate, queue, mtu, down or up"},
      {"r1-r2 loss 101%",
       "found '101%', accepted: a share as in 1%, 0.05% or 0.25, from 0 to 100% "
       "(that is 1)"},
      {"web udp 53 open", "found 'open', accepted: closed, silent or echo"},
      {"web tcp 80 opne",
       "found 'opne', accepted: closed, filtered, open, echo, tarpit or syn-ack; "
       "do you mean open?"}};
  for (const auto& [text, complaint] : wrong) EXPECT_EQ(again(text), complaint) << text;
  EXPECT_EQ(again(std::string(2'000, 'x')).substr(0, 20), "found 'xxxxxxxxxxxxx");
}

TEST(Rule, of_both_versions_answers_each_with_its_own_error) {
  const auto nobody = [](const std::string&) { return std::vector<Address>{}; };
  const auto rules = [&](std::string_view text) { return router_rules(*read_rule(text), nobody); };
  const auto both = rules("answer 3/13 tcp");
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0].match.version, IpVersion::v4);
  EXPECT_EQ(std::get<sim::Answer>(both[0].action).error,
            (sim::ErrorMessage{.type = 3, .code = 13}));
  EXPECT_EQ(both[1].match.version, IpVersion::v6);
  EXPECT_EQ(std::get<sim::Answer>(both[1].action).error, (sim::ErrorMessage{.type = 1, .code = 1}));
  EXPECT_EQ(rules("answer 3/6").size(), 1U);  // no twin
  EXPECT_EQ(rules("answer 3/13 ipv4").size(), 1U);
  EXPECT_EQ(rules("answer 3/13 to 2001:db8::/32").size(), 1U);
  EXPECT_EQ(std::get<sim::Answer>(rules("answer 3/4")[0].action).error.value, 1'280U);
  EXPECT_EQ(std::get<sim::Answer>(rules("answer 2/0 mtu 1400")[1].action).error.value, 1'400U);
}

TEST(Rule, that_names_machines_fits_each_of_their_addresses) {
  const auto addresses = [](const std::string& name) {
    return name == "web" ? std::vector<Address>{*Address::parse("203.0.113.9"),
                                                *Address::parse("2001:db8:9::9")}
                         : std::vector<Address>{*Address::parse("192.0.2.2")};
  };
  EXPECT_EQ(router_rules(*read_rule("drop to web"), addresses).size(), 2U);
  const auto one = router_rules(*read_rule("drop from client to web"), addresses);
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].match.to, *Prefix::parse("203.0.113.9/32"));
}

}  // namespace
}  // namespace sonda::lab
