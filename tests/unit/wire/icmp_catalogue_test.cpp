// The catalogue against a second, shorter copy of what was measured, and against itself.
#include <array>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <sonda/core/errno_name.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

namespace sonda::testing {
namespace {

constexpr auto v4 = IpVersion::v4;
constexpr auto v6 = IpVersion::v6;

// As the tables of measurements have it: TCP connect, connected UDP, the error queue, FreeBSD;
// "-" where a program hears nothing. Then the state of the port, and Linux traceroute's mark.
struct Measured {
  IpVersion version;
  std::uint8_t type, code;
  std::string_view connect, udp, recverr, freebsd, state, traceroute;
};

constexpr auto measured = std::to_array<Measured>({
    // clang-format off
    {v4, 3, 0, "ENETUNREACH", "-", "ENETUNREACH", "EHOSTUNREACH", "unreachable", "!N"},
    {v4, 3, 1, "EHOSTUNREACH", "-", "EHOSTUNREACH", "EHOSTUNREACH", "unreachable", "!H"},
    {v4, 3, 2, "ENOPROTOOPT", "ENOPROTOOPT", "ENOPROTOOPT", "ECONNREFUSED", "rejected", "!P"},
    {v4, 3, 3, "ECONNREFUSED", "ECONNREFUSED", "ECONNREFUSED", "ECONNREFUSED", "rejected", ""},
    {v4, 3, 4, "-", "EMSGSIZE", "EMSGSIZE", "EMSGSIZE", "-", "!F-{}"},
    {v4, 3, 5, "EOPNOTSUPP", "-", "EOPNOTSUPP", "EHOSTUNREACH", "unreachable", "!S"},
    {v4, 3, 6, "ENETUNREACH", "ENETUNREACH", "ENETUNREACH", "EHOSTUNREACH", "unreachable", "!N"},
    {v4, 3, 7, "EHOSTDOWN", "EHOSTDOWN", "EHOSTDOWN", "EHOSTUNREACH", "unreachable", "!H"},
    {v4, 3, 8, "ENONET", "ENONET", "ENONET", "EHOSTUNREACH", "unreachable", "!N"},
    {v4, 3, 9, "ENETUNREACH", "ENETUNREACH", "ENETUNREACH", "ECONNREFUSED", "rejected", "!X"},
    {v4, 3, 10, "EHOSTUNREACH", "EHOSTUNREACH", "EHOSTUNREACH", "ECONNREFUSED", "rejected", "!X"},
    {v4, 3, 11, "ENETUNREACH", "-", "ENETUNREACH", "EHOSTUNREACH", "unreachable", "!N"},
    {v4, 3, 12, "EHOSTUNREACH", "-", "EHOSTUNREACH", "EHOSTUNREACH", "unreachable", "!H"},
    {v4, 3, 13, "EHOSTUNREACH", "EHOSTUNREACH", "EHOSTUNREACH", "ECONNREFUSED", "rejected", "!X"},
    {v4, 3, 14, "EHOSTUNREACH", "EHOSTUNREACH", "EHOSTUNREACH", "EHOSTUNREACH", "rejected", "!V"},
    {v4, 3, 15, "EHOSTUNREACH", "EHOSTUNREACH", "EHOSTUNREACH", "EHOSTUNREACH", "rejected", "!C"},
    {v4, 3, 16, "-", "-", "-", "-", "unreachable", ""},
    {v4, 3, 255, "-", "-", "-", "-", "unreachable", ""},
    {v4, 4, 0, "-", "-", "EREMOTEIO", "-", "-", ""},
    {v4, 5, 0, "-", "-", "EREMOTEIO", "-", "-", ""},
    {v4, 5, 1, "-", "-", "EREMOTEIO", "-", "-", ""},
    {v4, 5, 2, "-", "-", "EREMOTEIO", "-", "-", ""},
    {v4, 5, 3, "-", "-", "EREMOTEIO", "-", "-", ""},
    {v4, 11, 0, "EHOSTUNREACH", "-", "EHOSTUNREACH", "EHOSTUNREACH", "unreachable", ""},
    {v4, 11, 1, "-", "-", "-", "-", "unreachable", ""},
    {v4, 12, 0, "EPROTO", "EPROTO", "EPROTO", "ENOPROTOOPT", "unreachable", "!<12-0>"},
    {v4, 12, 1, "EPROTO", "EPROTO", "EPROTO", "ENOPROTOOPT", "unreachable", "!<12-1>"},
    {v4, 12, 2, "EPROTO", "EPROTO", "EPROTO", "-", "unreachable", "!<12-2>"},
    {v4, 40, 0, "-", "-", "-", "-", "-", ""},
    {v4, 40, 5, "-", "-", "-", "-", "-", ""},
    {v4, 43, 0, "-", "-", "-", "-", "-", ""},
    {v4, 43, 4, "-", "-", "-", "-", "-", ""},
    {v6, 1, 0, "ENETUNREACH", "-", "ENETUNREACH", "EHOSTUNREACH", "unreachable", "!N"},
    {v6, 1, 1, "EACCES", "EACCES", "EACCES", "ECONNREFUSED", "rejected", "!X"},
    {v6, 1, 2, "EHOSTUNREACH", "-", "EHOSTUNREACH", "ENOPROTOOPT", "unreachable", "!H"},
    {v6, 1, 3, "EHOSTUNREACH", "-", "EHOSTUNREACH", "EHOSTUNREACH", "unreachable", "!H"},
    {v6, 1, 4, "ECONNREFUSED", "ECONNREFUSED", "ECONNREFUSED", "ECONNREFUSED", "rejected", ""},
    {v6, 1, 5, "EACCES", "EACCES", "EACCES", "-", "rejected", "!<5>"},
    {v6, 1, 6, "EACCES", "EACCES", "EACCES", "-", "rejected", "!<6>"},
    {v6, 1, 7, "EPROTO", "EPROTO", "EPROTO", "-", "unreachable", "!<7>"},
    {v6, 1, 8, "EPROTO", "EPROTO", "EPROTO", "-", "unreachable", "!<8>"},
    {v6, 2, 0, "-", "EMSGSIZE", "EMSGSIZE", "EMSGSIZE", "-", "!F-{}"},
    {v6, 3, 0, "EHOSTUNREACH", "-", "EHOSTUNREACH", "EHOSTUNREACH", "unreachable", ""},
    {v6, 3, 1, "EHOSTUNREACH", "-", "EHOSTUNREACH", "-", "unreachable", "!<3-1>"},
    {v6, 4, 0, "EPROTO", "EPROTO", "EPROTO", "ENOPROTOOPT", "unreachable", "!<4-0>"},
    {v6, 4, 1, "EPROTO", "EPROTO", "EPROTO", "ECONNREFUSED", "rejected", "!<4-1>"},
    {v6, 4, 2, "EPROTO", "EPROTO", "EPROTO", "ENOPROTOOPT", "unreachable", "!<4-2>"},
    {v6, 4, 3, "EPROTO", "EPROTO", "EPROTO", "-", "unreachable", "!<4-3>"},
    {v6, 4, 4, "EPROTO", "EPROTO", "EPROTO", "-", "unreachable", "!<4-4>"},
    {v6, 4, 5, "EPROTO", "EPROTO", "EPROTO", "-", "unreachable", "!<4-5>"},
    {v6, 4, 10, "EPROTO", "EPROTO", "EPROTO", "-", "unreachable", "!<4-10>"},
    {v6, 100, 0, "EPROTO", "-", "EPROTO", "-", "unreachable", ""},
    {v6, 101, 9, "EPROTO", "-", "EPROTO", "-", "unreachable", ""},
    {v6, 127, 0, "EPROTO", "-", "EPROTO", "-", "unreachable", ""},
    {v6, 137, 0, "-", "-", "-", "-", "-", ""},
    {v6, 161, 4, "-", "-", "-", "-", "-", ""},
    // clang-format on
});

std::string_view spelt(int number) { return number == 0 ? "-" : errno_name(number); }

TEST(IcmpCatalogue, says_what_was_measured_of_every_error) {
  for (const auto& row : measured) {
    SCOPED_TRACE(::testing::Message() << (row.version == v4 ? "ICMPv4 " : "ICMPv6 ")
                                      << int{row.type} << "/" << int{row.code});
    const auto* found = find_icmp(row.version, row.type, row.code);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(spelt(found->connect_errno), row.connect);
    EXPECT_EQ(spelt(found->udp_errno), row.udp);
    EXPECT_EQ(spelt(found->recverr_errno), row.recverr);
    EXPECT_EQ(spelt(found->freebsd_errno), row.freebsd);
    EXPECT_EQ(found->state ? name(*found->state) : "-", row.state);
    EXPECT_EQ(found->traceroute, row.traceroute);
  }
}

TEST(IcmpCatalogue, has_every_row_that_was_measured_and_no_other) {
  // Rows of a run of alike codes are measured at its ends.
  std::set<std::string_view> seen;
  for (const auto& row : measured) seen.insert(find_icmp(row.version, row.type, row.code)->name);
  for (const auto version : {v4, v6})
    for (const auto& row : icmp_catalogue(version)) {
      const bool inside_a_run = row.type == 40 || row.type == 43 || row.type == 161 ||
                                (version == v6 && row.type == 4 && row.code >= 5);
      EXPECT_TRUE(inside_a_run || seen.contains(row.name)) << row.name;
    }
  EXPECT_EQ(icmp_catalogue(v4).size(), 38U);
  EXPECT_EQ(icmp_catalogue(v6).size(), 32U);
}

TEST(IcmpCatalogue, finds_nothing_for_what_is_no_error) {
  EXPECT_EQ(find_icmp(IcmpType::echo_reply, 0), nullptr);
  EXPECT_EQ(find_icmp(IcmpType::echo_request, 0), nullptr);
  EXPECT_EQ(find_icmp(IcmpType::time_exceeded, 2), nullptr);
  EXPECT_EQ(find_icmp(Icmpv6Type::echo_reply, 0), nullptr);
  EXPECT_EQ(find_icmp(Icmpv6Type::destination_unreachable, 9), nullptr);
  EXPECT_EQ(find_icmp(v6, 5, 0), nullptr);
}

TEST(IcmpCatalogue, finds_every_row_by_its_name_and_by_each_of_its_codes) {
  for (const auto version : {v4, v6})
    for (const auto& row : icmp_catalogue(version)) {
      EXPECT_EQ(row.version, version);
      EXPECT_EQ(find_icmp(version, row.name), &row);
      for (unsigned code = row.code; code <= row.last_code; ++code)
        EXPECT_EQ(find_icmp(version, row.type, static_cast<std::uint8_t>(code)), &row) << row.name;
    }
  EXPECT_EQ(find_icmp(v4, "no-such-error"), nullptr);
  EXPECT_EQ(find_icmp(v4, "packet-too-big"), nullptr);
}

TEST(IcmpCatalogue, names_rows_in_words_a_shell_and_a_resolver_take) {
  for (const auto version : {v4, v6})
    for (const auto& row : icmp_catalogue(version)) {
      EXPECT_EQ(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"),
                std::string_view::npos)
          << row.name;
      EXPECT_LE(row.name.size(), 63U) << "a label of the DNS";
      EXPECT_FALSE(row.title.empty()) << row.name;
      EXPECT_FALSE(row.rfc.empty()) << row.name;
      EXPECT_FALSE(row.ping.empty()) << row.name;
    }
}

TEST(IcmpCatalogue, queues_an_error_exactly_where_it_says_with_which_errno) {
  for (const auto version : {v4, v6})
    for (const auto& row : icmp_catalogue(version)) {
      EXPECT_EQ(row.recverr_errno != 0, row.queued_for_ping) << row.name;
      EXPECT_TRUE(!row.queued || row.queued_for_ping) << row.name;
      // A socket that did not ask hears of nothing that one that asked does not.
      EXPECT_TRUE(row.udp_errno == 0 || row.udp_errno == row.recverr_errno) << row.name;
      EXPECT_TRUE(row.connect_errno == 0 || row.connect_errno == row.recverr_errno) << row.name;
    }
  EXPECT_FALSE(find_icmp(IcmpType::source_quench, 0)->queued);
  EXPECT_TRUE(find_icmp(IcmpType::source_quench, 0)->queued_for_ping);
}

TEST(IcmpCatalogue, pairs_the_versions) {
  const auto twin_name = [](IpVersion version, std::string_view row) {
    const auto* twin = twin_of(*find_icmp(version, row));
    return twin == nullptr ? std::string_view{"-"} : twin->name;
  };
  EXPECT_EQ(twin_name(v4, "net-unreachable"), "no-route");
  EXPECT_EQ(twin_name(v4, "host-unreachable"), "address-unreachable");
  EXPECT_EQ(twin_name(v4, "proto-unreachable"), "unknown-next-header");
  EXPECT_EQ(twin_name(v4, "frag-needed"), "packet-too-big");
  EXPECT_EQ(twin_name(v4, "ttl-exceeded"), "hop-limit-exceeded");
  EXPECT_EQ(twin_name(v4, "host-prohibited"), "admin-prohibited");
  EXPECT_EQ(twin_name(v6, "admin-prohibited"), "admin-prohibited");
  EXPECT_EQ(twin_name(v6, "policy-fail"), "-");
  EXPECT_EQ(twin_name(v4, "net-unknown"), "-");
}

TEST(IcmpCatalogue, closes_a_port_only_on_the_targets_own_word) {
  for (const auto version : {v4, v6})
    for (const auto& row : icmp_catalogue(version)) {
      const bool port_unreachable = row.name == "port-unreachable";
      EXPECT_EQ(port_state(row, false), row.state) << row.name;
      EXPECT_EQ(port_state(row, true), port_unreachable ? PortState::closed : row.state)
          << row.name;
      EXPECT_NE(row.state, PortState::closed) << row.name;
    }
}

TEST(IcmpCatalogue, gives_no_verdict_for_what_only_tells_the_sender_to_do_otherwise) {
  for (const auto* row : {find_icmp(v4, 3, 4), find_icmp(v6, 2, 0), find_icmp(v4, 4, 0),
                          find_icmp(v4, 5, 1), find_icmp(v6, 137, 0)})
    EXPECT_EQ(port_state(*row, true), std::nullopt) << row->name;
}

TEST(IcmpCatalogue, classes_errors_as_rfc_1122_does) {
  EXPECT_EQ(find_icmp(v4, 3, 0)->severity, IcmpSeverity::soft);
  EXPECT_EQ(find_icmp(v4, 3, 2)->severity, IcmpSeverity::hard);
  EXPECT_EQ(find_icmp(v4, 3, 3)->severity, IcmpSeverity::hard);
  EXPECT_EQ(find_icmp(v4, 3, 4)->severity, IcmpSeverity::hard);
  EXPECT_EQ(find_icmp(v4, 3, 5)->severity, IcmpSeverity::soft);
  EXPECT_EQ(find_icmp(v4, 3, 13)->severity, IcmpSeverity::unclassified);
  EXPECT_EQ(find_icmp(v4, 11, 0)->severity, IcmpSeverity::soft);
  EXPECT_EQ(find_icmp(v4, 12, 0)->severity, IcmpSeverity::soft);
}

TEST(IcmpCatalogue, speaks_as_ping_and_traceroute_do) {
  const auto filled = [](std::string_view words, const auto& field) {
    std::array<char, 100> room{};
    TextWriter out{room};
    return std::string{write_words(out, words, field).view()};
  };
  EXPECT_EQ(find_icmp(v4, 3, 13)->ping, "Packet filtered");
  EXPECT_EQ(find_icmp(v4, 11, 0)->ping, "Time to live exceeded");
  EXPECT_EQ(find_icmp(v6, 1, 4)->ping, "Destination unreachable: Port unreachable");
  EXPECT_EQ(filled(find_icmp(v4, 3, 4)->ping, 1400U), "Frag needed and DF set (mtu = 1400)");
  EXPECT_EQ(filled(find_icmp(v4, 3, 4)->traceroute, 1280U), "!F-1280");
  EXPECT_EQ(filled(find_icmp(v4, 12, 0)->ping, 20U), "Parameter problem: pointer = 20");
  EXPECT_EQ(filled(find_icmp(v4, 3, 99)->ping, 99U), "Dest Unreachable, Bad Code: 99");
  EXPECT_EQ(filled(find_icmp(v4, 5, 1)->ping, Address{Ipv4Address{192, 0, 2, 254}}),
            "Redirect Host(New nexthop: 192.0.2.254)");
  EXPECT_EQ(filled(find_icmp(v6, 2, 0)->ping, 1280U), "Packet too big: mtu=1280");
  EXPECT_EQ(filled(find_icmp(v6, 4, 1)->ping, 6U), "Parameter problem: Unknown header at 6");
  EXPECT_EQ(filled(find_icmp(v6, 3, 0)->ping, 6U), "Time exceeded: Hop limit");
}

TEST(IcmpCatalogue, leaves_a_place_for_a_field_exactly_where_there_is_one) {
  for (const auto version : {v4, v6})
    for (const auto& row : icmp_catalogue(version)) {
      if (row.name == "headers-too-long") continue;  // its pointer is not in ping's words
      EXPECT_EQ(row.ping.find("{}") != std::string_view::npos, row.field != IcmpField::none)
          << row.name;
    }
}

}  // namespace
}  // namespace sonda::testing
