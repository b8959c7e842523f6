// Ports as people type them, and our own ranking.
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scan/ports.hpp"

namespace sonda::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int> ports(std::string_view text, Protocol protocol = Protocol::tcp) {
  const auto read = read_ports(text, protocol);
  EXPECT_TRUE(read.has_value()) << text << ": " << read.error();
  std::vector<int> out;
  if (read)
    for (const auto port : *read) out.push_back(port.value());
  return out;
}

std::string sentence(std::string_view text) {
  const auto read = read_ports(text);
  EXPECT_FALSE(read.has_value()) << text;
  return read ? std::string{} : read.error();
}

TEST(ReadPorts, takes_numbers_and_ranges_and_sorts_them) {
  EXPECT_THAT(ports("22"), ElementsAre(22));
  EXPECT_THAT(ports("443,80,80,22-24,23"), ElementsAre(22, 23, 24, 80, 443));
  EXPECT_THAT(ports("0,65535"), ElementsAre(0, 65'535));
}

TEST(ReadPorts, takes_open_ranges_as_nmap_does) {
  EXPECT_EQ(ports("-").size(), 65'535U);
  EXPECT_EQ(ports("-").front(), 1);
  EXPECT_EQ(ports("0-").size(), 65'536U);
  EXPECT_THAT(ports("-3"), ElementsAre(1, 2, 3));
  EXPECT_THAT(ports("65533-"), ElementsAre(65'533, 65'534, 65'535));
}

TEST(ReadPorts, takes_names_and_wildcards) {
  EXPECT_THAT(ports("ssh,http"), ElementsAre(22, 80));
  const auto https = ports("http*");
  EXPECT_THAT(https, ::testing::IsSupersetOf({80, 443, 8'080}));
  EXPECT_THAT(ports("imap?"), ElementsAre(220, 993));
  EXPECT_THAT(ports("snmp", Protocol::udp), ElementsAre(161));
}

TEST(ReadPorts, takes_a_range_of_ports_that_have_a_name) {
  EXPECT_THAT(ports("[20-25]"), ElementsAre(20, 21, 22, 23, 25));
}

TEST(ReadPorts, takes_the_prefix_of_its_own_protocol) {
  EXPECT_THAT(ports("T:22,23"), ElementsAre(22, 23));
  EXPECT_EQ(sentence("22,U:53"), "U: sonda asks no UDP ports yet");
  EXPECT_EQ(sentence("S:9"), "S: SCTP is not offered");
  EXPECT_THAT(sentence("X:9"), HasSubstr("'X:' is no protocol"));
}

TEST(ReadPorts, says_what_is_wrong_in_one_line) {
  EXPECT_THAT(sentence("65536"), HasSubstr("'65536' is no port from 0 to 65535"));
  EXPECT_THAT(sentence("10-5"), HasSubstr("'10-5' runs backwards"));
  EXPECT_THAT(sentence(""), HasSubstr("an empty port"));
  EXPECT_THAT(sentence("22,"), HasSubstr("an empty port"));
  EXPECT_THAT(sentence("22,,23"), HasSubstr("an empty port"));
  EXPECT_THAT(sentence("htpt"), HasSubstr("do you mean http?"));
  EXPECT_THAT(sentence("nosuchservice*"), HasSubstr("fits no service's name"));
  EXPECT_THAT(sentence("snmp"), HasSubstr("is a UDP service, and no TCP one"));
  EXPECT_THAT(sentence("1-2-3"), HasSubstr("is no port and no service"));
  EXPECT_THAT(sentence("\x1b[31m"), HasSubstr("\\x1b"));
}

TEST(CommonestPorts, are_all_ports_once_and_a_thousand_that_are_worth_it) {
  const auto ranked = ranked_ports();
  EXPECT_EQ(std::set<Port>(ranked.begin(), ranked.end()).size(), 65'536U);
  EXPECT_EQ(commonest_ports(1'000).size(), 1'000U);
  EXPECT_EQ(commonest_ports(70'000).size(), 65'536U);
  for (const int common : {21, 22, 25, 80, 443, 3'306, 8'080})
    EXPECT_THAT(commonest_ports(100), ::testing::Contains(Port{common}));
  EXPECT_THAT(commonest_ports(3), ElementsAre(Port{22}, Port{80}, Port{443}));
}

}  // namespace
}  // namespace sonda::tools
