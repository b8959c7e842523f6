// ICMP errors: whose probe they quote, what they end, and what they teach.
#include <cerrno>
#include <string>

#include "ping_driver.hpp"

namespace sonda::testing {
namespace {

struct ErrorShape {
  std::uint8_t type = 3;
  std::uint8_t code = 1;
  std::uint32_t word = 0;                // the second four octets
  std::size_t quoted = ~std::size_t{0};  // octets of the probe that come back
};

// An ICMP error about the index-th packet, with its checksum.
Octets error_about(const PingDriver& ping, std::size_t index, const ErrorShape& shape,
                   const std::function<void(Octets&)>& change_quoted = {},
                   const Address& from = router_v4) {
  const auto& plan = ping.engine.plan();
  auto quoted = ping.packets.at(index).octets;
  if (change_quoted) change_quoted(quoted);
  quoted.resize(std::min(quoted.size(), shape.quoted));
  Octets out(8);
  out[0] = shape.type, out[1] = shape.code;
  store(out, 4, shape.word);
  out.insert(out.end(), quoted.begin(), quoted.end());
  Checksum sum;
  if (plan.target.is_v6())
    sum.add_pseudo_header(from.v6(), plan.source.v6(), Protocol::icmpv6, out.size());
  store<std::uint16_t>(out, 2, sum.add(out).finish());
  return out;
}

TEST(PingError, ends_its_probe_and_counts_apart_from_loss) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.now += milliseconds{3};
  ping.deliver(error_about(ping, 0, {.type = 3, .code = 13}), router_v4);
  const auto error = ping.last<IcmpError>();
  EXPECT_EQ(error.sequence, 1U);
  EXPECT_EQ(error.from, Address{router_v4});
  EXPECT_EQ(error.icmp.type, 3);
  EXPECT_EQ(error.icmp.code, 13);
  EXPECT_EQ(error.icmp.name, "admin-prohibited");
  EXPECT_EQ(error.error_code, EHOSTUNREACH);
  EXPECT_TRUE(error.ends_probe);
  EXPECT_FALSE(error.neighbor);
  EXPECT_EQ(error.rtt->rtt, milliseconds{3});
  EXPECT_EQ(error.quoted_octets, 84U);
  EXPECT_TRUE(error.quoted_changes.empty());
  expect_counts(ping.summary(), 0, 1, 0, 0);
  ASSERT_EQ(ping.summary().errors_by_sender.size(), 1U);
  EXPECT_EQ(ping.summary().errors_by_sender[0].count, 1U);
}

TEST(PingError, of_ipv6_does_the_same) {
  PingDriver ping{plan_v6()};
  ping.turn();
  const Address router{v6("2001:db8:1::1")};
  ping.deliver(error_about(ping, 0, {.type = 1, .code = 1}, {}, router), router);
  EXPECT_EQ(ping.last<IcmpError>().icmp.version, 6);
  EXPECT_EQ(ping.last<IcmpError>().error_code, EACCES);
  expect_counts(ping.summary(), 0, 1, 0, 0);
}

// RFC 792 promises the IP header and eight octets: type, code, checksum, identifier, sequence.
TEST(PingError, that_quotes_eight_octets_finds_its_probe_by_the_checksum_over_the_tag) {
  PingDriver ping{plan_v4()};
  ping.run_until(seconds{2});
  ping.deliver(error_about(ping, 1, {.quoted = 28}), router_v4);
  EXPECT_EQ(ping.last<IcmpError>().sequence, 2U);
  EXPECT_EQ(ping.last<IcmpError>().quoted_octets, 28U);
}

TEST(PingError, is_found_however_much_of_the_tag_came_back) {
  for (std::size_t quoted = 28; quoted <= 84; ++quoted) {
    SCOPED_TRACE(quoted);
    PingDriver ping{plan_v4()};
    ping.turn();
    ping.deliver(error_about(ping, 0, {.quoted = quoted}), router_v4);
    EXPECT_EQ(ping.count<IcmpError>(), 1U);
  }
}

TEST(PingError, with_a_forged_quotation_is_foreign) {
  PingDriver ping{plan_v4()};
  ping.turn();
  const auto forge_tag = [](Octets& quoted) { quoted[28] ^= 1; };
  ping.deliver(error_about(ping, 0, {}, forge_tag), router_v4);
  const auto forge_sum = [](Octets& quoted) { quoted[22] ^= 1; };
  ping.deliver(error_about(ping, 0, {.quoted = 28}, forge_sum), router_v4);
  EXPECT_EQ(ping.count<IcmpError>(), 0U);
  EXPECT_EQ(ping.count<Foreign>(), 2U);
  EXPECT_EQ(ping.last<Foreign>().type, 3);
  expect_counts(ping.summary(), 0, 0, 0, 1);
}

TEST(PingError, about_somebody_elses_packet_is_none_of_our_business) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.deliver(error_about(ping, 0, {}, [](Octets& q) { q[24] ^= 1; }), router_v4);  // identifier
  ping.deliver(error_about(ping, 0, {}, [](Octets& q) { q[9] = 17; }), router_v4);   // UDP
  ping.deliver(error_about(ping, 0, {}, [](Octets& q) { q[20] = 0; }), router_v4);   // a reply
  ping.deliver(error_about(ping, 0, {.quoted = 27}), router_v4);                     // cut
  EXPECT_EQ(ping.count<IcmpError>() + ping.count<Foreign>(), 0U);
}

TEST(PingError, with_a_wrong_checksum_says_nothing) {
  PingDriver ping{plan_v4()};
  ping.turn();
  auto error = error_about(ping, 0, {});
  error[2] ^= 1;
  ping.deliver(error, router_v4);
  EXPECT_EQ(ping.count<IcmpError>() + ping.count<Foreign>(), 0U);
}

TEST(PingError, shows_what_the_path_changed_in_our_packet) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.deliver(error_about(ping, 0, {}, [](Octets& q) { q[1] = 0x28, q[8] = 60; }), router_v4);
  const auto changes = ping.last<IcmpError>().quoted_changes;
  ASSERT_EQ(changes.size(), 1U) << "a smaller TTL is no news";
  EXPECT_EQ(changes[0].field, QuotedField::dscp);
}

TEST(PingError, a_redirect_does_not_end_its_probe) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.deliver(error_about(ping, 0, {.type = 5, .code = 1, .word = 0xcb007109}), router_v4);
  const auto error = ping.last<IcmpError>();
  EXPECT_FALSE(error.ends_probe);
  EXPECT_EQ(error.icmp.gateway, Address{router_v4});
  expect_counts(ping.summary(), 0, 0, 0, 1);
  EXPECT_TRUE(ping.summary().errors_by_sender.empty());
  ping.answer(0);
  EXPECT_FALSE(ping.last<Reply>().duplicate);
  expect_counts(ping.summary(), 1, 0, 0, 0);
}

TEST(PingError, a_source_quench_does_not_end_its_probe) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.deliver(error_about(ping, 0, {.type = 4, .code = 0}), router_v4);
  EXPECT_FALSE(ping.last<IcmpError>().ends_probe);
  expect_counts(ping.summary(), 0, 0, 0, 1);
}

TEST(PingError, from_our_own_address_tells_of_a_neighbour_that_does_not_answer) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.deliver(error_about(ping, 0, {.type = 3, .code = 1}), here_v4);
  EXPECT_TRUE(ping.last<IcmpError>().neighbor);
  EXPECT_TRUE(ping.summary().errors_by_sender.at(0).neighbor);
  auto plan = plan_v6();
  PingDriver six{plan};
  six.turn();
  six.deliver(error_about(six, 0, {.type = 1, .code = 3}, {}, plan.source), plan.source);
  EXPECT_TRUE(six.last<IcmpError>().neighbor);
}

TEST(PingError, from_our_own_address_is_no_neighbour_for_any_other_reason) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.deliver(error_about(ping, 0, {.type = 3, .code = 13}), here_v4);
  EXPECT_FALSE(ping.last<IcmpError>().neighbor);
}

TEST(PingError, about_an_answered_probe_is_a_duplicate) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.answer(0);
  ping.deliver(error_about(ping, 0, {}), router_v4);
  EXPECT_TRUE(ping.last<IcmpError>().duplicate);
  expect_counts(ping.summary(), 1, 0, 0, 0);
}

TEST(PingError, about_a_lost_probe_is_late) {
  auto plan = plan_v4();
  plan.timeout = milliseconds{100};
  PingDriver ping{plan};
  ping.run_until(milliseconds{200});
  expect_counts(ping.summary(), 0, 0, 1, 0);
  ping.deliver(error_about(ping, 0, {}), router_v4);
  EXPECT_TRUE(ping.last<IcmpError>().late);
  expect_counts(ping.summary(), 0, 1, 0, 0);
  EXPECT_EQ(ping.summary().late, 1U);
}

TEST(PingError, is_counted_by_sender_type_and_code) {
  PingDriver ping{plan_v4()};
  ping.run_until(seconds{3});
  const Address second_router{Ipv4Address{203, 0, 113, 10}};
  ping.deliver(error_about(ping, 0, {.code = 1}), router_v4);
  ping.deliver(error_about(ping, 1, {.code = 13}), router_v4);
  ping.deliver(error_about(ping, 2, {.code = 1}), second_router);
  ping.deliver(error_about(ping, 3, {.code = 1}), router_v4);
  const auto rows = ping.summary().errors_by_sender;
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].count, 2U);
  EXPECT_EQ(rows[1].code, 13);
  EXPECT_EQ(rows[2].from, second_router);
}

// ---------------------------------------------------------------------------- path MTU discovery

PingDriver large(PathMtuDiscovery discovery) {
  auto plan = plan_v4();
  plan.data_size = 1'472;
  plan.path_mtu = Mtu{1'500};
  plan.path_mtu_discovery = discovery;
  return PingDriver{plan};
}
constexpr ErrorShape frag_needed_1400{.type = 3, .code = 4, .word = 1'400, .quoted = 28};

bool sent_df(const PingDriver& ping) {
  return Ipv4View::parse(Bytes{ping.packets.back().octets})->dont_fragment();
}

TEST(PingPathMtu, want_learns_the_mtu_and_goes_on_in_fragments) {
  auto ping = large(PathMtuDiscovery::want);
  ping.turn();
  EXPECT_TRUE(sent_df(ping));
  EXPECT_EQ(ping.packets[0].mtu, Mtu{1'500});
  ping.deliver(error_about(ping, 0, frag_needed_1400), router_v4);
  EXPECT_EQ(ping.last<IcmpError>().icmp.mtu, 1'400U);
  EXPECT_EQ(ping.last<Change>(), (Change{.what = "path_mtu", .was = "1500", .is = "1400"}));
  ping.run_until(seconds{1});
  EXPECT_FALSE(sent_df(ping));
  EXPECT_EQ(ping.packets.back().mtu, Mtu{1'400});
  EXPECT_TRUE(ping.packets.back().may_fragment);
}

TEST(PingPathMtu, want_never_learns_a_larger_one) {
  auto ping = large(PathMtuDiscovery::want);
  ping.turn();
  ping.deliver(error_about(ping, 0, frag_needed_1400), router_v4);
  ping.run_until(seconds{1});
  ping.deliver(error_about(ping, 1, {.type = 3, .code = 4, .word = 1'450}), router_v4);
  ping.run_until(seconds{2});
  EXPECT_EQ(ping.packets.back().mtu, Mtu{1'400});
  EXPECT_EQ(ping.count<Change>(), 1U);
}

TEST(PingPathMtu, want_guesses_a_plateau_where_an_old_router_names_none) {
  auto ping = large(PathMtuDiscovery::want);
  ping.turn();
  ping.deliver(error_about(ping, 0, {.type = 3, .code = 4, .word = 0}), router_v4);
  EXPECT_EQ(ping.last<Change>().is, "1492");
}

TEST(PingPathMtu, want_does_not_believe_in_less_than_the_protocol_allows) {
  auto ping = large(PathMtuDiscovery::want);
  ping.turn();
  ping.deliver(error_about(ping, 0, {.type = 3, .code = 4, .word = 20}), router_v4);
  EXPECT_EQ(ping.last<Change>().is, "68");
}

TEST(PingPathMtu, want_learns_from_a_packet_too_big_in_ipv6_too) {
  auto plan = plan_v6();
  plan.data_size = 1'452;
  plan.path_mtu = Mtu{1'500};
  PingDriver ping{plan};
  ping.turn();
  const Address router{v6("2001:db8:1::1")};
  ping.deliver(error_about(ping, 0, {.type = 2, .code = 0, .word = 1'300}, {}, router), router);
  EXPECT_EQ(ping.last<Change>().is, "1300");
  ping.run_until(seconds{1});
  EXPECT_EQ(ping.packets.back().mtu, Mtu{1'300});
}

TEST(PingPathMtu, do_keeps_df_and_never_fragments) {
  auto ping = large(PathMtuDiscovery::keep);
  ping.turn();
  EXPECT_FALSE(ping.packets[0].may_fragment);
  ping.deliver(error_about(ping, 0, frag_needed_1400), router_v4);
  ping.run_until(seconds{1});
  EXPECT_TRUE(sent_df(ping));
  EXPECT_FALSE(ping.packets.back().may_fragment);
  EXPECT_EQ(ping.count<Change>(), 0U);
  EXPECT_EQ(ping.summary().errors, 1U);
}

TEST(PingPathMtu, dont_sets_no_df) {
  auto ping = large(PathMtuDiscovery::dont);
  ping.turn();
  EXPECT_FALSE(sent_df(ping));
  EXPECT_TRUE(ping.packets[0].may_fragment);
}

TEST(PingPathMtu, probe_ignores_what_the_system_knows_of_the_path) {
  auto ping = large(PathMtuDiscovery::probe);
  ping.turn();
  EXPECT_TRUE(sent_df(ping));
  EXPECT_EQ(ping.packets[0].mtu, Mtu{});
  EXPECT_FALSE(ping.packets[0].may_fragment);
}

// --------------------------------------------------------------- datagram sockets, error queue

PingPlan datagram_plan() {
  auto plan = plan_v4();
  plan.mode = IcmpMode::datagram;
  plan.identifier = Identifier{0x4321};
  return plan;
}

TEST(PingDatagram, hands_out_the_message_without_an_ip_header) {
  PingDriver ping{datagram_plan()};
  ping.turn();
  ASSERT_EQ(ping.packets[0].octets.size(), 64U);
  EXPECT_EQ(ping.packets[0].octets[0], 8);
  EXPECT_EQ(load<std::uint16_t>(ping.packets[0].octets, 4), 0x4321);
  ping.now += milliseconds{2};
  ping.answer(0);
  EXPECT_EQ(ping.last<Reply>().rtt->rtt, milliseconds{2});
}

TEST(PingDatagram, allows_fragments_as_the_discovery_says) {
  for (const auto& [discovery, df] :
       {std::pair{PathMtuDiscovery::want, false}, std::pair{PathMtuDiscovery::dont, false},
        std::pair{PathMtuDiscovery::keep, true}, std::pair{PathMtuDiscovery::probe, true}}) {
    auto plan = datagram_plan();
    plan.path_mtu_discovery = discovery;
    PingDriver ping{plan};
    ping.turn();
    EXPECT_EQ(ping.packets[0].dont_fragment, df);
  }
}

void report(PingDriver& ping, QueuedError error, std::size_t index, std::size_t octets = 64) {
  auto quoted = ping.packets.at(index).octets;
  quoted.resize(octets);
  error.quoted = quoted;
  ping.engine.on_socket(ping.now, {.queue = {&error, 1}, .stamp = ping.stamp()});
  ping.collect();
}

TEST(PingDatagram, reads_an_icmp_error_from_the_error_queue) {
  PingDriver ping{datagram_plan()};
  ping.run_until(seconds{1});
  report(ping,
         {.origin = ErrorOrigin::icmp,
          .error_code = EHOSTUNREACH,
          .icmp_type = 3,
          .icmp_code = 13,
          .offender = Address{router_v4}},
         1);
  const auto error = ping.last<IcmpError>();
  EXPECT_EQ(error.sequence, 2U);
  EXPECT_EQ(error.from, Address{router_v4});
  EXPECT_EQ(error.icmp.name, "admin-prohibited");
  EXPECT_EQ(error.error_code, EHOSTUNREACH);
  expect_counts(ping.summary(), 0, 1, 0, 1);
}

TEST(PingDatagram, reads_the_mtu_and_learns_it) {
  auto plan = datagram_plan();
  plan.data_size = 1'472;
  plan.path_mtu = Mtu{1'500};
  PingDriver ping{plan};
  ping.turn();
  report(ping,
         {.origin = ErrorOrigin::icmp,
          .error_code = EMSGSIZE,
          .icmp_type = 3,
          .icmp_code = 4,
          .offender = Address{router_v4},
          .info = 1'400},
         0);
  EXPECT_EQ(ping.last<IcmpError>().icmp.mtu, 1'400U);
  EXPECT_EQ(ping.last<Change>().is, "1400");
}

TEST(PingDatagram, takes_a_local_error_for_a_refusal) {
  PingDriver ping{datagram_plan()};
  ping.turn();
  report(ping, {.origin = ErrorOrigin::local, .error_code = EMSGSIZE, .info = 1'500}, 0);
  EXPECT_EQ(ping.last<Refused>().failure.error_code, EMSGSIZE);
  EXPECT_EQ(ping.summary().refused, 1U);
  EXPECT_EQ(ping.summary().sent, 0U);
}

TEST(PingDatagram, does_not_take_a_queued_error_that_quotes_too_little_or_another) {
  PingDriver ping{datagram_plan()};
  ping.turn();
  report(ping, {.origin = ErrorOrigin::icmp, .icmp_type = 3, .icmp_code = 1}, 0, 7);
  ping.packets[0].octets[4] ^= 1;
  report(ping, {.origin = ErrorOrigin::icmp, .icmp_type = 3, .icmp_code = 1}, 0);
  EXPECT_EQ(ping.count<IcmpError>() + ping.count<Foreign>(), 0U);
}

}  // namespace
}  // namespace sonda::testing
