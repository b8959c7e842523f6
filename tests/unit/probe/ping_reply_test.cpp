// Answers told apart: ours, late, again, out of order, damaged, from elsewhere, or not ours.
#include "ping_driver.hpp"

namespace sonda::testing {
namespace {

TEST(PingReply, tells_all_there_is_to_tell_of_an_answer) {
  for (const auto& plan : {plan_v4(), plan_v6()}) {
    PingDriver ping{plan};
    ping.turn();
    ping.now += microseconds{1'234};
    ping.answer(0, {.ttl = Ttl{57}});
    const auto reply = ping.last<Reply>();
    EXPECT_EQ(reply, (Reply{.probe = ProbeId{0},
                            .sequence = 1,
                            .from = plan.target,
                            .bytes = 64,
                            .ttl = Ttl{57},
                            .rtt = RttSample{.rtt = microseconds{1'234},
                                             .error = Duration{},
                                             .clock = StampClock::simulated}}));
    EXPECT_EQ(ping.summary().clock, StampClock::simulated);
  }
}

TEST(PingReply, is_late_after_its_probe_was_given_up) {
  auto plan = plan_v4();
  plan.timeout = milliseconds{500};
  PingDriver ping{plan};
  ping.run_until(milliseconds{700});
  expect_counts(ping.summary(), 0, 0, 1, 0);
  ping.answer(0);
  EXPECT_TRUE(ping.last<Reply>().late);
  expect_counts(ping.summary(), 1, 0, 0, 0);
  EXPECT_EQ(ping.summary().late, 1U);
}

TEST(PingReply, is_a_duplicate_the_second_time_and_counts_once) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.answer(0);
  ping.now += milliseconds{1};
  ping.answer(0);
  ping.answer(0);
  const auto replies = ping.all<Reply>();
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_FALSE(replies[0].duplicate);
  EXPECT_TRUE(replies[1].duplicate);
  EXPECT_TRUE(replies[2].duplicate);
  expect_counts(ping.summary(), 1, 0, 0, 0);
  EXPECT_EQ(ping.summary().duplicates, 2U);
  EXPECT_EQ(ping.summary().rtt->samples, 1U);
}

TEST(PingReply, is_out_of_order_behind_the_answer_to_a_later_probe) {
  PingDriver ping{plan_v4()};
  ping.run_until(seconds{2});
  ping.answer(2);
  ping.answer(0);
  ping.answer(1);
  const auto replies = ping.all<Reply>();
  EXPECT_FALSE(replies[0].reordered);
  EXPECT_TRUE(replies[1].reordered);
  EXPECT_TRUE(replies[2].reordered);
  EXPECT_EQ(ping.summary().reordered, 2U);
}

TEST(PingReply, shows_the_octet_that_somebody_changed_and_whose_sum_he_mended) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.answer(0, {.change = [](Octets& message) { message[8 + 20] = 0xff; }});
  const auto reply = ping.last<Reply>();
  EXPECT_EQ(reply.corrupt_octet, 20U);
  EXPECT_EQ(reply.corrupt_was, 20);
  EXPECT_EQ(reply.corrupt_is, 0xff);
  EXPECT_EQ(ping.summary().corrupt, 1U);
  EXPECT_EQ(ping.summary().received, 1U);
}

TEST(PingReply, with_a_wrong_checksum_is_damage_and_no_answer) {
  for (const auto& plan : {plan_v4(), plan_v6()}) {
    PingDriver ping{plan};
    ping.turn();
    ping.answer(0, {.damage = [](Octets& message) { message[8 + 20] = 0xff; }});
    EXPECT_EQ(ping.count<Reply>(), 0U);
    EXPECT_EQ(ping.last<Corrupt>(),
              (Corrupt{.sequence = 1, .from = plan.target, .octet = 20, .was = 20, .is = 0xff}));
    expect_counts(ping.summary(), 0, 0, 0, 1);
    EXPECT_EQ(ping.summary().corrupt, 1U);
  }
}

TEST(PingReply, damaged_in_its_header_names_no_octet) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.answer(0, {.damage = [](Octets& message) { message[2] ^= 1; }});
  EXPECT_FALSE(ping.last<Corrupt>().octet.has_value());
}

TEST(PingReply, to_a_sequence_number_never_sent_belongs_to_nobody_even_if_damaged) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.answer(0, {.damage = [](Octets& message) { message[7] = 99; }});
  EXPECT_FALSE(ping.last<Corrupt>().sequence.has_value());
}

TEST(PingReply, cut_short_behind_the_tag_is_ours_and_says_so) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.answer(0, {.change = [](Octets& message) { message.resize(8 + 8); }});
  EXPECT_TRUE(ping.last<Reply>().truncated);
  EXPECT_EQ(ping.last<Reply>().bytes, 16U);
}

TEST(PingReply, cut_within_the_tag_proves_nothing) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.answer(0, {.change = [](Octets& message) { message.resize(8 + 7); }});
  EXPECT_EQ(ping.count<Reply>(), 0U);
  EXPECT_EQ(ping.last<Foreign>().reason, ForeignReason::tag);
}

TEST(PingReply, without_our_tag_is_foreign_however_much_else_is_right) {
  PingDriver ping{plan_v4()};
  ping.turn();
  for (std::size_t i = 0; i < 8; ++i)
    ping.answer(0, {.change = [i](Octets& message) { message[8 + i] ^= 0x10; }});
  EXPECT_EQ(ping.count<Reply>(), 0U);
  EXPECT_EQ(ping.count<Foreign>(), 8U);
  EXPECT_EQ(ping.last<Foreign>(), (Foreign{.from = there_v4,
                                           .reason = ForeignReason::tag,
                                           .type = 0,
                                           .code = 0,
                                           .wire_sequence = 1}));
  EXPECT_EQ(ping.summary().foreign, 8U);
  expect_counts(ping.summary(), 0, 0, 0, 1);
}

TEST(PingReply, of_a_run_with_another_key_is_foreign) {
  auto other = plan_v4();
  other.key.low ^= 1;
  PingDriver ours{plan_v4()};
  other.identifier = ours.engine.identifier();
  PingDriver theirs{other};
  ours.turn();
  theirs.turn();
  ours.deliver(theirs.reply_to(0), there_v4);
  EXPECT_EQ(ours.count<Reply>(), 0U);
  EXPECT_EQ(ours.last<Foreign>().reason, ForeignReason::tag);
}

TEST(PingReply, to_another_identifier_is_none_of_our_business) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.answer(0, {.change = [](Octets& message) { message[4] ^= 1; }});
  EXPECT_EQ(ping.count<Foreign>() + ping.count<Reply>() + ping.count<Corrupt>(), 0U);
}

TEST(PingReply, to_what_was_never_sent_is_foreign) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.answer(0, {.change = [](Octets& message) { message[7] = 77; }});
  EXPECT_EQ(ping.last<Foreign>().reason, ForeignReason::sequence);
  EXPECT_EQ(ping.last<Foreign>().wire_sequence, 77U);
}

TEST(PingReply, to_a_probe_that_the_system_refused_is_foreign) {
  PingDriver ping{plan_v4()};
  ping.refuse_with = Failure{"send", 1, ""};
  ping.turn();
  ping.answer(0);
  EXPECT_EQ(ping.count<Reply>(), 0U);
  EXPECT_EQ(ping.count<Foreign>(), 1U);
}

TEST(PingReply, from_another_address_is_ours_by_its_tag_and_says_so) {
  PingDriver ping{plan_v4()};
  ping.turn();
  ping.answer(0, {.from = Address{router_v4}});
  EXPECT_TRUE(ping.last<Reply>().other_address);
  EXPECT_EQ(ping.last<Reply>().from, Address{router_v4});
}

TEST(PingReply, from_another_address_without_room_for_a_tag_is_foreign) {
  auto plan = plan_v4();
  plan.data_size = 7;
  PingDriver ping{plan};
  ping.turn();
  ping.answer(0, {.from = Address{router_v4}});
  EXPECT_EQ(ping.last<Foreign>().reason, ForeignReason::source);
  ping.answer(0);
  EXPECT_EQ(ping.summary().received, 1U);
}

TEST(PingReply, without_data_is_known_by_address_and_number) {
  auto plan = plan_v4();
  plan.data_size = 0;
  PingDriver ping{plan};
  ping.turn();
  ping.answer(0);
  EXPECT_EQ(ping.last<Reply>().bytes, 8U);
}

TEST(PingReply, to_a_group_may_come_from_anybody) {
  auto plan = plan_v6();
  plan.target = Address{v6("ff02::1")};
  PingDriver ping{plan};
  ping.turn();
  ping.answer(0, {.from = Address{v6("fe80::5")}.with_zone(*Zone::parse("eth0"))});
  ping.answer(0, {.from = Address{v6("fe80::6")}.with_zone(*Zone::parse("eth0"))});
  EXPECT_FALSE(ping.last<Reply>().other_address);
  EXPECT_EQ(ping.summary().received, 1U);
  EXPECT_EQ(ping.summary().duplicates, 1U);
}

TEST(PingReply, in_the_zone_of_its_interface_is_from_the_target) {
  auto plan = plan_v6();
  plan.target = Address{v6("fe80::7")};
  PingDriver ping{plan};
  ping.turn();
  ping.answer(0, {.from = plan.target.with_zone(*Zone::parse("eth0"))});
  EXPECT_FALSE(ping.last<Reply>().other_address);
}

TEST(PingReply, tells_when_the_way_back_changes_its_length) {
  PingDriver ping{plan_v4()};
  ping.run_until(seconds{2});
  ping.answer(0, {.ttl = Ttl{62}});
  ping.answer(1, {.ttl = Ttl{62}});
  EXPECT_EQ(ping.count<Change>(), 0U);
  ping.answer(2, {.ttl = Ttl{61}});
  EXPECT_EQ(ping.last<Change>(), (Change{.what = "reply_ttl", .was = "62", .is = "61"}));
}

TEST(PingReply, uses_the_better_stamp_of_its_probe_when_one_arrives) {
  PingDriver ping{plan_v4()};
  ping.turn();
  auto better = ping.stamp();
  better.ns += 400, better.error_ns = 30;
  ping.engine.on_sent(ping.now, ProbeId{0}, better);
  ping.now += microseconds{10};
  ping.answer(0);
  EXPECT_EQ(ping.last<Reply>().rtt->rtt, Duration{9'600});
  EXPECT_EQ(ping.last<Reply>().rtt->error, Duration{30});
  EXPECT_EQ(ping.count<Sent>(), 1U);
}

TEST(PingReply, has_no_round_trip_time_rather_than_an_impossible_one) {
  PingDriver ping{plan_v4()};
  ping.turn();
  auto wrong = ping.stamp();
  wrong.ns += 5'000'000;
  ping.engine.on_sent(ping.now, ProbeId{0}, wrong);
  ping.now += microseconds{10};
  ping.answer(0);
  EXPECT_FALSE(ping.last<Reply>().rtt.has_value());
  EXPECT_EQ(ping.summary().received, 1U);
  EXPECT_FALSE(ping.summary().rtt.has_value());
}

TEST(PingReply, ends_an_error_that_came_first) {
  PingDriver ping{plan_v4()};
  ping.turn();
  Octets error(8);
  error[0] = 11;
  error.insert(error.end(), ping.packets[0].octets.begin(), ping.packets[0].octets.end());
  store<std::uint16_t>(error, 2, Checksum{}.add(error).finish());
  ping.deliver(error, router_v4);
  expect_counts(ping.summary(), 0, 1, 0, 0);
  EXPECT_EQ(ping.summary().errors_by_sender.size(), 1U);
  ping.answer(0);
  expect_counts(ping.summary(), 1, 0, 0, 0);
  EXPECT_TRUE(ping.summary().errors_by_sender.empty());
}

TEST(PingReply, goes_to_the_right_one_of_two_probes_with_one_number_on_the_wire) {
  auto plan = plan_v4();
  plan.interval = microseconds{100};
  plan.timeout = minutes{2};
  plan.data_size = 8;
  PingDriver ping{plan};
  ping.run_until(milliseconds{6'600});
  ASSERT_GT(ping.packets.size(), 65'540U);
  ping.answer(65'536);
  ping.answer(0);
  const auto replies = ping.all<Reply>();
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].sequence, 65'537U);
  EXPECT_EQ(replies[1].sequence, 1U);
  EXPECT_EQ(ping.summary().duplicates, 0U);
}

TEST(PingReply, survives_every_octet_of_nonsense) {
  PingDriver ping{plan_v4()};
  ping.turn();
  const auto good = ping.reply_to(0);
  for (std::size_t size = 0; size < good.size(); ++size)
    ping.deliver(Octets(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)), there_v4);
  EXPECT_EQ(ping.count<Reply>(), 0U);
  const Octets nothing;
  ping.engine.on_packet(ping.now, {.octets = nothing, .source = Address{there_v4}});
  ping.answer(0);
  EXPECT_EQ(ping.count<Reply>(), 1U);
}

}  // namespace
}  // namespace sonda::testing
