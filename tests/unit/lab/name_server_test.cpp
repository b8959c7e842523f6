// A small name server, asked as resolvers ask.
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/lab/name_server.hpp>
#include <sonda/wire/dns.hpp>

namespace sonda::lab {
namespace {

using testing::ElementsAre;

const NameServer server{{{"web", Ipv4Address{203, 0, 113, 9}},
                         {"web", *Address::parse("2001:db8:9::9")},
                         {"www.example", Ipv4Address{203, 0, 113, 9}}}};

sim::Octets query(const DnsName& name, DnsType type, std::uint8_t opcode = 0,
                  std::uint16_t name_class = 1) {
  sim::Octets octets{0x12, 0x34, static_cast<std::uint8_t>(1 | opcode << 3), 0, 0, 1, 0, 0, 0, 0,
                     0,    0};
  octets.insert(octets.end(), name.octets().begin(), name.octets().end());
  const auto number = static_cast<std::uint16_t>(type);
  for (const auto value : {number, name_class}) {
    octets.push_back(static_cast<std::uint8_t>(value >> 8));
    octets.push_back(static_cast<std::uint8_t>(value));
  }
  return octets;
}

struct Response {
  unsigned rcode = 0;
  unsigned answers = 0;
  sim::Octets data{};  // of the last record
};

Response ask(const sim::Octets& octets) {
  const auto response = server.answer(octets);
  if (!response) return {.rcode = 99};
  EXPECT_EQ((*response)[0], 0x12);
  EXPECT_NE((*response)[2] & 0x80, 0);
  const auto behind = response->size() - octets.size();
  return {.rcode = (*response)[3] & 15U,
          .answers = load<std::uint16_t>(*response, 6),
          .data = behind < 12 ? sim::Octets{}
                              : sim::Octets{response->begin() +
                                                static_cast<std::ptrdiff_t>(octets.size() + 12),
                                            response->end()}};
}

TEST(NameServer, tells_the_addresses_of_a_name) {
  const auto v4 = ask(query(*DnsName::parse("web"), DnsType::a));
  EXPECT_EQ(v4.rcode, 0U);
  EXPECT_EQ(v4.answers, 1U);
  EXPECT_THAT(v4.data, ElementsAre(203, 0, 113, 9));
  EXPECT_EQ(ask(query(*DnsName::parse("WEB."), DnsType::aaaa)).data.size(), 16U);
  EXPECT_EQ(ask(query(*DnsName::parse("web"), DnsType::any)).answers, 2U);
  EXPECT_EQ(ask(query(*DnsName::parse("www.example"), DnsType::a)).answers, 1U);
}

TEST(NameServer, knows_a_name_without_the_record_from_one_that_does_not_exist) {
  const auto none = ask(query(*DnsName::parse("www.example"), DnsType::aaaa));
  EXPECT_EQ(none.rcode, 0U);
  EXPECT_EQ(none.answers, 0U);
  EXPECT_EQ(ask(query(*DnsName::parse("web"), DnsType::mx)).rcode, 0U);
  EXPECT_EQ(ask(query(*DnsName::parse("wbe"), DnsType::a)).rcode, 3U);
  EXPECT_EQ(ask(query(*DnsName::parse("web.lab"), DnsType::a)).rcode, 3U);
}

TEST(NameServer, tells_the_first_name_of_an_address) {
  const auto name = ask(query(reverse_name(Ipv4Address{203, 0, 113, 9}), DnsType::ptr));
  EXPECT_EQ(name.answers, 1U);
  EXPECT_THAT(name.data, ElementsAre(3, 'w', 'e', 'b', 0));
  EXPECT_EQ(ask(query(reverse_name(*Address::parse("2001:db8:9::9")), DnsType::ptr)).answers, 1U);
  EXPECT_EQ(ask(query(reverse_name(Ipv4Address{203, 0, 113, 10}), DnsType::ptr)).rcode, 3U);
}

TEST(NameServer, refuses_what_is_no_question_about_names) {
  EXPECT_EQ(ask(query(*DnsName::parse("web"), DnsType::a, 5)).rcode, 5U);     // update
  EXPECT_EQ(ask(query(*DnsName::parse("web"), DnsType::a, 0, 3)).rcode, 5U);  // chaos
  auto cut = query(*DnsName::parse("web"), DnsType::a);
  cut.resize(14);
  EXPECT_EQ(server.answer(cut)->at(3) & 15, 1);
  cut.resize(5);
  EXPECT_FALSE(server.answer(cut));
  auto response = query(*DnsName::parse("web"), DnsType::a);
  response[2] |= 0x80;
  EXPECT_FALSE(server.answer(response));
}

TEST(NameServer, stands_in_files_as_well) {
  EXPECT_EQ(hosts_file({{"web", Ipv4Address{203, 0, 113, 9}}}),
            "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n203.0.113.9 web\n");
  EXPECT_EQ(resolv_conf({}), "");
  EXPECT_EQ(resolv_conf({Ipv4Address{192, 0, 2, 1}}),
            "nameserver 192.0.2.1\noptions timeout:1 attempts:2\n");
}

}  // namespace
}  // namespace sonda::lab
