// What an honest run must not be accused of, and what no lie may hide behind.
#include <algorithm>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feeding.hpp"
#include "liar.hpp"

namespace sonda::test {
namespace {

using testing::HasSubstr;
using verify::Claim;
using verify::Vantage;
using verify::Verdict;

const verify::VerifierOptions another_program{.numbers_are_ours = false};

VirtualRun run_of(std::uint64_t count, Duration interval = 200ms) {
  VirtualPing ping{virtual_v4, 3};
  ping.plan.count = count;
  ping.plan.interval = interval;
  ping.annotated = false;
  return ping.run();
}

template <typename Change>
void for_replies(VirtualRun& run, Change change) {
  for (auto& event : run.events)
    if (auto* reply = std::get_if<Reply>(&event.occurrence.event.what)) change(*reply);
}

void begin_capture_at(VirtualRun& run, std::int64_t unix_ns) {
  std::erase_if(run.frames, [&](const VirtualFrame& frame) { return frame.unix_ns < unix_ns; });
  for (std::size_t i = 0; i < run.frames.size(); ++i) run.frames[i].number = i + 1;
  run.statistics[0].start_ns = unix_ns;
}

std::uint64_t accusations(const verify::Report& report) {
  std::uint64_t sum = 0;
  for (const auto& [claim, tally] : report.claims) sum += tally.contradicted;
  return sum;
}

bool says(const verify::Report& report, std::string_view fault, Verdict verdict) {
  return std::ranges::any_of(report.findings, [&](const verify::Finding& finding) {
    return finding.fault == fault && finding.verdict == verdict;
  });
}

// --------------------------------------------------------------------- what the capture covers

TEST(Doubts, of_a_capture_begun_late_are_none_however_many_they_are) {
  auto run = run_of(2'600, 1ms);
  begin_capture_at(run, occurrence_of<Sent>(run, 2'500).unix_ns);
  const auto report = verdict_on(run, Order::events_first, another_program);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
  EXPECT_EQ(accusations(report), 0U);
  EXPECT_EQ(report.claims.at(Claim::probe).inconclusive, 2'500U);
}

TEST(Doubts, of_a_capture_begun_a_moment_late_are_no_accusations) {
  auto run = run_of(6);
  begin_capture_at(run, occurrence_of<Sent>(run, 2).unix_ns - 1'000'000);
  const auto report = verdict_on(run, Order::as_captured, another_program);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
}

TEST(Doubts, of_a_probe_that_waits_when_the_capture_ends_are_no_accusations) {
  auto run = run_of(6);
  const auto last = occurrence_of<Sent>(run, 5).unix_ns;
  std::erase_if(run.frames, [&](const VirtualFrame& frame) { return frame.unix_ns >= last; });
  run.statistics[0].unix_ns = last + 5'000'000;
  const auto report = verdict_on(run, Order::as_captured, another_program);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
}

TEST(Doubts, cannot_hide_a_lie) {
  auto run = run_of(1'500, 1ms);
  for_replies(run, [](Reply& reply) { reply.rtt->error = 1'000s; });
  event_of<Reply>(run, 1'499).bytes = 1;
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::contradicted);
  EXPECT_EQ(report.findings.front().fault, "wrong_bytes") << words_of(report);
  EXPECT_EQ(report.findings.size(), 1'001U);
  EXPECT_EQ(report.more_findings, 500U);
}

// ------------------------------------------------------------------------------ what was dropped

TEST(Doubts, of_an_interface_that_counts_nothing_forbid_to_miss_anything) {
  auto run = run_of(6);
  for (auto& frame : run.frames)
    frame.interface = frame.direction == capture::Direction::in ? 1 : 0;
  drop_frame(run, frame_of(run, 0, 2).number);
  run.statistics[0].received.reset();
  run.statistics[0].delivered.reset();
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
  auto other = run.statistics[0];
  other.interface = capture::InterfaceId{1};
  run.statistics.push_back(other);
  EXPECT_EQ(verdict_on(run).verdict, Verdict::contradicted);
}

TEST(Doubts, count_what_event_and_statistics_tell_of_once) {
  auto run = run_of(6);
  insert_event(run, run.events.size() - 1, Drops{DropPlace::capture, 4},
               run.events.back().occurrence.unix_ns);
  run.statistics[0].dropped = 4;
  EXPECT_EQ(verdict_on(run).drops, 4U);
}

TEST(Doubts, of_a_capture_that_tells_of_its_drops_behind_the_summary_are_no_lie) {
  auto run = run_of(6);
  insert_event(run, run.events.size(), Drops{DropPlace::capture, 4},
               run.events.back().occurrence.unix_ns);
  EXPECT_NE(verdict_on(run).verdict, Verdict::contradicted) << words_of(verdict_on(run));
}

// A reply crosses the interface, and the system's filter keeps it from every program.
TEST(Doubts, of_a_run_that_hears_nothing_name_the_filter) {
  VirtualPing ping{virtual_v4, 3};
  ping.plan.count = 3;
  ping.annotated = false;
  ping.faults.drop_received = 1.0;
  const auto run = ping.run();
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
  EXPECT_THAT(words_of(report), HasSubstr("a filter of this host may have dropped it"));
}

// ------------------------------------------------------------------------------------------- RTT

// What a capture of the loopback interface shows of a probe is that it was received.
VirtualRun looped() {
  const Address here = Ipv4Address{127, 0, 0, 1}, there = Ipv4Address{127, 0, 0, 2};
  VirtualPing ping{virtual_v4, 3};
  ping.plan.hash_octets = false;
  ping.annotated = false;
  auto run = ping.run();
  for (auto& frame : run.frames) {
    const bool leaves = frame.octets[20] == 8;
    frame.direction = capture::Direction::in;
    std::ranges::copy((leaves ? here : there).octets(), frame.octets.begin() + 12);
    std::ranges::copy((leaves ? there : here).octets(), frame.octets.begin() + 16);
    sum_up(frame);
  }
  for (auto& event : run.events) event.context.address = there;
  for_replies(run, [&](Reply& reply) { reply.from = there; });
  event_of<Start>(run).source = here;
  return run;
}

void tell_longer(VirtualRun& run, Duration by) {
  for_replies(run, [by](Reply& reply) { reply.rtt->rtt += by; });
  add_up(run);
}

TEST(Doubts, allow_for_an_interrupt_between_sending_and_receiving_on_loopback) {
  auto run = looped();
  tell_longer(run, 24us);
  EXPECT_EQ(verdict_on(run).verdict, Verdict::holds) << words_of(verdict_on(run));
}

TEST(Doubts, allow_for_no_more_than_an_interrupt_on_loopback) {
  auto run = looped();
  tell_longer(run, 2ms);
  EXPECT_EQ(verdict_on(run).verdict, Verdict::inconclusive);
  auto shorter = looped();
  tell_longer(shorter, -24us);
  EXPECT_EQ(verdict_on(shorter).verdict, Verdict::contradicted);
}

TEST(Doubts, allow_for_no_interrupt_where_frames_are_seen_leaving) {
  auto run = looped();
  for (auto& frame : run.frames)
    if (frame.octets[20] == 8) frame.direction = capture::Direction::out;
  tell_longer(run, 24us);
  EXPECT_EQ(verdict_on(run).verdict, Verdict::contradicted);
}

TEST(Doubts, about_brackets_that_are_wider_than_the_rtt_are_said) {
  auto run = run_of(6);
  for_replies(run, [](Reply& reply) { reply.rtt->error = 1'000s; });
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
  EXPECT_TRUE(says(report, "bracket_too_wide", Verdict::inconclusive));
  for_replies(run, [](Reply& reply) { reply.rtt->rtt += 50ms; });
  add_up(run);
  EXPECT_TRUE(says(verdict_on(run), "rtt_outside_bracket", Verdict::contradicted));
}

// ------------------------------------------------------------------------------------- fragments

VirtualRun in_pieces() {
  VirtualPing ping{virtual_v4, 3};
  ping.plan.count = 3;
  ping.plan.data_size = 2'000;
  ping.annotated = false;
  return ping.run();
}

// Frames of the n-th reply's pieces.
std::vector<std::uint64_t> pieces_of_reply(const VirtualRun& run, std::size_t n) {
  std::vector<std::uint64_t> out;
  for (const auto& frame : run.frames)
    if (frame.direction == capture::Direction::in) out.push_back(frame.number);
  return {out.at(2 * n), out.at(2 * n + 1)};
}

TEST(Doubts, about_pieces_that_came_twice_are_none) {
  auto run = in_pieces();
  const auto pieces = pieces_of_reply(run, 1);
  ASSERT_EQ(verdict_on(run).verdict, Verdict::holds);
  insert_frame(run, pieces[1], run.frames[pieces[1] - 1]);
  insert_frame(run, pieces[0], run.frames[pieces[0] - 1]);
  occurrence_of<Reply>(run, 1).frames = {pieces[0], pieces[0] + 1, pieces[0] + 2, pieces[0] + 3};
  const auto report = verdict_on(run, Order::frames_first);
  EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
  EXPECT_EQ(report.claims.at(Claim::frame).holds, 1U);
}

TEST(Doubts, about_a_piece_that_was_cut_are_no_accusations) {
  auto run = in_pieces();
  auto& piece = run.frames[pieces_of_reply(run, 1)[0] - 1];
  piece.cut = true;
  piece.octets.resize(60);
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
  EXPECT_TRUE(says(report, "pieces_cut", Verdict::inconclusive));
}

// ------------------------------------------------------------------------------ copies of captures

TEST(Doubts, about_frames_in_another_order_than_that_of_time_are_none) {
  auto run = run_of(6);
  for (std::size_t i = 0; i + 1 < run.frames.size(); i += 2) {
    std::swap(run.frames[i], run.frames[i + 1]);
    std::swap(run.frames[i].number, run.frames[i + 1].number);
  }
  for (const auto order : {Order::as_captured, Order::frames_first, Order::events_first}) {
    const auto report = verdict_on(run, order, another_program);
    EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
  }
}

TEST(Doubts, about_the_numbers_in_a_copy_are_no_accusations) {
  VirtualPing ping{virtual_v4, 3};
  auto run = ping.run();
  for (auto& event : run.events)
    for (auto& number : event.occurrence.frames) number += 3;
  const auto report = verdict_on(run, Order::as_captured, another_program);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
  EXPECT_TRUE(says(report, "wrong_frame", Verdict::inconclusive));
}

TEST(Doubts, about_numbers_do_not_hide_one_that_is_wrong) {
  VirtualPing ping{virtual_v4, 3};
  auto run = ping.run();
  occurrence_of<Reply>(run, 2).frames = occurrence_of<Reply>(run, 3).frames;
  const auto report = verdict_on(run, Order::as_captured, another_program);
  EXPECT_TRUE(says(report, "wrong_frame", Verdict::contradicted)) << words_of(report);
}

TEST(Doubts, about_another_runs_comments_in_a_copy_are_none) {
  VirtualPing ping{virtual_v4, 3};
  auto run = ping.run();
  auto other = frame_of(run, 0, 1);
  other.octets[24] ^= 0x55;  // another's identifier
  sum_up(other);
  insert_frame(run, other.number, other);
  const auto report = verdict_on(run, Order::as_captured, another_program);
  EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
}

TEST(Doubts, about_a_capture_of_another_run_say_so) {
  auto run = run_of(6);
  for (auto& frame : run.frames) {
    frame.octets[24] ^= 0x55;
    frame.octets[40] ^= 0x55;
    sum_up(frame);
  }
  const auto report = verdict_on(run, Order::as_captured, another_program);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
  EXPECT_EQ(report.why_inconclusive, "no frame of this run is in the capture");
}

TEST(Doubts, about_a_file_that_is_no_run_are_one_sentence) {
  verify::Verifier verifier;
  for (std::uint64_t line = 1; line < 200; ++line) verifier.on_broken_line(line, "no object");
  const auto report = verifier.finish();
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_THAT(report.why_inconclusive, HasSubstr("not one event a line"));
}

TEST(Doubts, about_events_that_a_copy_lacks_ask_for_the_run) {
  VirtualPing ping{virtual_v4, 3};
  auto run = ping.run();
  run.events.clear();
  EXPECT_THAT(verdict_on(run).why_inconclusive, HasSubstr("give the run's file, too"));
}

TEST(Doubts, about_frames_that_were_cut_say_so) {
  auto run = run_of(6);
  for (auto& frame : run.frames) frame.octets.resize(60), frame.cut = true;
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
  EXPECT_THAT(report.why_inconclusive, HasSubstr("kept too little of its frames"));
}

TEST(Doubts, do_not_count_a_piece_as_another_runs) {
  const auto report = verdict_on(in_pieces());
  EXPECT_EQ(report.frames_of_the_run, report.frames);
  EXPECT_EQ(report.other_frames, 0U);
}

TEST(Doubts, of_two_samples_have_their_worst_at_p99) {
  auto run = run_of(2);
  event_of<Reply>(run, 1).rtt->rtt += 1'234'567ns;
  const auto report = verdict_on(run);
  EXPECT_EQ(report.rtt.p99, report.rtt.worst);
}

TEST(Doubts, about_moments_at_the_ends_of_time_overflow_nothing) {
  constexpr auto latest = std::numeric_limits<std::int64_t>::max();
  constexpr auto earliest = std::numeric_limits<std::int64_t>::min();
  for (const auto end : {latest, earliest}) {
    auto run = run_of(6);
    for (auto& event : run.events) event.occurrence.unix_ns = end;
    for_replies(run, [end](Reply& reply) { reply.rtt->rtt = reply.rtt->error = Duration{end}; });
    run.frames[3].unix_ns = earliest, run.frames[4].unix_ns = latest;
    insert_event(run, 2, ClockStep{end}, end);
    const auto report = verdict_on(run, Order::as_captured, {}, Passed::as_they_are);
    EXPECT_EQ(report.verdict, Verdict::contradicted) << words_of(report);
  }
}

}  // namespace
}  // namespace sonda::test
