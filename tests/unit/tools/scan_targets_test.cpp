// Targets as people type them, and the plan that comes of them.
#include <cerrno>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scan/ports.hpp"
#include "scan/targets.hpp"

namespace sonda::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Address address(std::string_view text) { return *Address::parse(text); }

std::expected<std::vector<Address>, Failure> resolve(std::string_view name, net::Family family) {
  std::vector<Address> all;
  if (name == "web") all = {address("2001:db8::7"), address("10.0.2.2"), address("10.0.2.3")};
  if (name == "db") all = {address("10.0.2.9")};
  std::erase_if(all, [family](const Address& one) {
    return family != net::Family::any && one.is_v4() != (family == net::Family::ipv4);
  });
  if (all.empty()) return std::unexpected{Failure{std::string{name} + ": name not found", 0, ""}};
  return all;
}

const std::vector<Port> ssh{Port{22}};

Targets targets(net::Family family = net::Family::any, bool every = false) {
  return Targets{family, every, resolve};
}

ScanSpace plan_of(std::initializer_list<std::string_view> words, const std::vector<Port>& ports) {
  auto all = targets();
  for (const auto word : words) {
    const auto added = all.add(word);
    EXPECT_TRUE(added.has_value()) << word << ": " << added.error().sentence;
  }
  const auto plan = all.plan(ports, {});
  EXPECT_TRUE(plan.has_value());
  return plan ? *plan : ScanSpace{};
}

std::uint64_t hosts(std::string_view word) { return plan_of({word}, ssh).hosts(); }

std::string sentence(std::string_view word, ExitStatus status = ExitStatus::usage) {
  auto all = targets();
  const auto added = all.add(word);
  EXPECT_FALSE(added.has_value()) << word;
  if (added) return {};
  EXPECT_EQ(added.error().status, status);
  return added.error().sentence;
}

TEST(Targets, refuses_addresses_that_no_host_has) {
  EXPECT_THAT(sentence("0.0.0.0"), ::testing::HasSubstr("nobody's address"));
  EXPECT_THAT(sentence("::"), ::testing::HasSubstr("nobody's address"));
  EXPECT_THAT(sentence("255.255.255.255"), ::testing::HasSubstr("broadcast"));
  EXPECT_THAT(sentence("224.0.0.0/24"), ::testing::HasSubstr("multicast"));
  EXPECT_THAT(sentence("ff02::1"), ::testing::HasSubstr("multicast"));
  EXPECT_THAT(sentence("fe80::1"), ::testing::HasSubstr("fe80::1%eth0"));
  EXPECT_THAT(sentence("::1:22"), ::testing::HasSubstr("[::1]:22"));
  EXPECT_EQ(hosts("::1"), 1U);
}

TEST(Targets, takes_addresses_prefixes_and_ranges_of_both_versions) {
  EXPECT_EQ(hosts("10.0.0.1"), 1U);
  EXPECT_EQ(hosts("10.0.0.0/24"), 256U);
  EXPECT_EQ(hosts("10.0.0.1-20"), 20U);
  EXPECT_EQ(hosts("10.0.0.250-10.0.1.5"), 12U);
  EXPECT_EQ(hosts("2001:db8::/120"), 256U);
  EXPECT_EQ(hosts("2001:db8::1-ff"), 255U);
  EXPECT_EQ(plan_of({"10.0.0.1", "2001:db8::1"}, ssh).hosts(), 2U);
}

TEST(Targets, takes_nmaps_octet_ranges) {
  EXPECT_EQ(hosts("10.0.0-3.1,5"), 8U);
  EXPECT_EQ(hosts("10.0.0.*"), 256U);
  EXPECT_EQ(hosts("10.0.*.*"), 65'536U);
  EXPECT_EQ(hosts("10.0.0.-9"), 10U);
  EXPECT_EQ(hosts("10.0.0.250-"), 6U);
  EXPECT_EQ(hosts("*.*.*.*"), std::uint64_t{1} << 32);
  const auto plan = plan_of({"10.0.0-1.1,5"}, ssh);
  for (const auto* text : {"10.0.0.1", "10.0.0.5", "10.0.1.1", "10.0.1.5"})
    EXPECT_EQ(plan.ports_of(address(text)), 1U) << text;
  EXPECT_EQ(plan.ports_of(address("10.0.0.2")), 0U);
}

TEST(Targets, give_a_host_ports_of_its_own) {
  const auto plan = plan_of({"10.0.0.1:80,443", "[2001:db8::1]:25", "10.0.0.2", "db:22"}, ssh);
  EXPECT_EQ(plan.ports_of(address("10.0.0.1")), 2U);
  EXPECT_TRUE(plan.place_of({address("10.0.0.1"), Port{443}}).has_value());
  EXPECT_FALSE(plan.place_of({address("10.0.0.1"), Port{22}}).has_value());
  EXPECT_TRUE(plan.place_of({address("2001:db8::1"), Port{25}}).has_value());
  EXPECT_TRUE(plan.place_of({address("10.0.0.2"), Port{22}}).has_value());
  EXPECT_EQ(plan.size(), 5U);
}

TEST(Targets, ask_each_port_of_a_host_once_however_often_it_is_named) {
  EXPECT_EQ(plan_of({"10.0.0.1", "10.0.0.0/30", "10.0.0.1:22,80"}, ssh).size(), 5U);
}

TEST(Targets, take_the_first_address_of_a_name_or_every_one) {
  const auto first = plan_of({"web"}, ssh);
  EXPECT_EQ(first.hosts(), 1U);
  EXPECT_EQ(first.names.at(address("2001:db8::7")), "web");
  auto every = targets(net::Family::any, true);
  ASSERT_TRUE(every.add("web"));
  EXPECT_EQ(every.plan(ssh, {})->hosts(), 3U);
  auto v4 = targets(net::Family::ipv4);
  ASSERT_TRUE(v4.add("web"));
  EXPECT_EQ(v4.plan(ssh, {})->ports_of(address("10.0.2.2")), 1U);
  EXPECT_EQ(v4.add("2001:db8::1").error().sentence, "2001:db8::1 is no IPv4 address");
}

TEST(Targets, leave_out_what_is_excluded) {
  auto all = targets();
  ASSERT_TRUE(all.add("10.0.2.0/24"));
  ASSERT_TRUE(all.exclude("10.0.2.128/25,10.0.2.7"));
  ASSERT_TRUE(all.exclude("web"));  // both of its IPv4 addresses
  ASSERT_TRUE(all.exclude("10.0.2.10,11"));
  const auto plan = all.plan({Port{22}, Port{80}}, {Port{80}});
  EXPECT_EQ(plan->hosts(), 128U - 5U);
  EXPECT_EQ(plan->size(), 123U);
  EXPECT_EQ(plan->ports_of(address("10.0.2.3")), 0U);
  ASSERT_TRUE(all.exclude("10.0.0.0/8"));
  EXPECT_THAT(all.plan(ssh, {}).error().sentence, HasSubstr("nothing is left"));
}

TEST(Targets, say_what_is_wrong_in_one_line) {
  EXPECT_THAT(sentence("10.0.0.0/33"), HasSubstr("is no prefix; as in 10.0.0.0/24"));
  EXPECT_THAT(sentence("web/24"), HasSubstr("is no prefix"));
  EXPECT_THAT(sentence("10.0.0.9-3"), HasSubstr("is no address, range or prefix"));
  EXPECT_THAT(sentence("10.0.0.256"), HasSubstr("is no address"));
  EXPECT_THAT(sentence("1.2.3"), HasSubstr("is no address"));
  EXPECT_THAT(sentence("::g"), HasSubstr("is no address"));
  EXPECT_THAT(sentence("[2001:db8::1"), HasSubstr("the bracket is not closed"));
  EXPECT_THAT(sentence("[2001:db8::1]22"), HasSubstr("only :PORTS may stand"));
  EXPECT_THAT(sentence(":22"), HasSubstr("names no host"));
  EXPECT_THAT(sentence("web:"), HasSubstr("an empty port"));
  EXPECT_THAT(sentence("web:htpt"), HasSubstr("do you mean http?"));
  EXPECT_THAT(sentence("::/0"), HasSubstr("more than 2^48 addresses"));
  EXPECT_THAT(sentence("*.*.*.1"), HasSubstr("more than a million pieces"));
  EXPECT_THAT(sentence("nosuch", ExitStatus::system), HasSubstr("name not found"));
}

TEST(ReadWords, are_separated_by_white_space_and_commented) {
  const auto path = ::testing::TempDir() + "sonda_words";
  std::ofstream{path} << "10.0.0.1 web\t# the first\n\n#all of it\r\nhost#1\r\n10.0.0.2";
  EXPECT_THAT(*read_words(path), ElementsAre("10.0.0.1", "web", "host#1", "10.0.0.2"));
  EXPECT_EQ(read_words(path + ".no").error().status, ExitStatus::system);
}

}  // namespace
}  // namespace sonda::tools
