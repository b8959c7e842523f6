// Runs and captures as files: one that explains itself, two of different clocks, cut and broken
// ones.
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/capture/pcapng_writer.hpp>
#include <sonda/verify/verify.hpp>

#include "feeding.hpp"
#include "liar.hpp"

namespace sonda::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using verify::Claim;
using verify::Vantage;
using verify::Verdict;

class VerifiedFiles : public testing::Test {
 protected:
  VerifiedFiles() { fs::create_directories(folder_); }
  ~VerifiedFiles() override { fs::remove_all(folder_); }
  VerifiedFiles(const VerifiedFiles&) = delete;
  VerifiedFiles& operator=(const VerifiedFiles&) = delete;

  static VirtualRun some_run(const VirtualAddresses& in = virtual_v4) {
    VirtualPing ping{in, 3};
    ping.plan.count = 6;
    return ping.run();
  }

  [[nodiscard]] std::string path(const char* name) const { return (folder_ / name).string(); }

  struct Writing {
    bool events = true;      // ride along
    bool statistics = true;  // are told
    std::int64_t later = 0;  // by so much the capture's clock is ahead, in ns
    std::size_t longest_comment = 65'000;
  };
  std::string write_capture(const VirtualRun& run, const Writing& how, const char* name = "c") {
    auto writer = capture::PcapngWriter::create(path(name), {.application = "sonda-ping 0"});
    static_cast<void>(writer->add_interface({}));
    for (const auto& frame : run.frames)
      static_cast<void>(
          writer->write({.unix_ns = frame.unix_ns + how.later,
                         .octets = frame.octets,
                         .direction = frame.direction,
                         .comments = how.events ? frame.comments : std::vector<std::string>{}}));
    std::vector<std::string> comments;
    for (const auto& event : run.events) {
      auto line = record::to_json(event.occurrence, event.context);
      const char* label = "sonda-event: ";
      for (std::size_t at = 0; how.events && at < line.size(); at += how.longest_comment) {
        comments.push_back(label + line.substr(at, how.longest_comment));
        label = "sonda-event+: ";
      }
    }
    if (how.events || how.statistics)
      static_cast<void>(writer->add_statistics({.unix_ns = run.frames.back().unix_ns + how.later,
                                                .received = run.frames.size(),
                                                .dropped = 0,
                                                .comments = comments}));
    if (how.statistics) {
      writer->set_statistics({.received = run.frames.size(), .dropped = 0});
      static_cast<void>(writer->close());
    }
    return path(name);
  }
  std::string write_run(const VirtualRun& run, const char* name = "r") {
    std::ofstream file{path(name)};
    for (const auto& event : run.events)
      file << record::to_json(event.occurrence, event.context) << '\n';
    return path(name);
  }
  void cut(const std::string& file, std::uintmax_t octets) const {
    fs::resize_file(file, fs::file_size(file) - octets);
  }

 private:
  fs::path folder_ = fs::temp_directory_path() / ("sonda-verify-" + std::to_string(::getpid()));
};

TEST_F(VerifiedFiles, explain_themselves) {
  std::vector<std::string> notes;
  const auto capture = write_capture(some_run(), {});
  const auto report =
      verify::verify({.capture = capture, .on_note = [&](auto frame, auto note) {
                        notes.push_back(std::to_string(frame) + ": " + std::string{note});
                      }});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->verdict, Verdict::holds) << words_of(*report);
  EXPECT_EQ(report->vantage, Vantage::near_end);
  EXPECT_EQ(report->frames, 12U);
  EXPECT_EQ(report->frames_of_the_run, 12U);
  EXPECT_EQ(report->drops, 0U);
  EXPECT_EQ(report->rtt.samples, 6U);
  EXPECT_EQ(report->rtt.worst, Duration{});
  EXPECT_EQ(report->target, "example");
  EXPECT_THAT(notes, testing::Contains("1: holds; probe=0;"));
  EXPECT_THAT(notes, testing::Contains("2: holds; probe=0; rtt_ms=20.000000;"));
}

TEST_F(VerifiedFiles, join_events_that_were_cut_into_comments) {
  const auto report =
      verify::verify({.capture = write_capture(some_run(), {.longest_comment = 50})});
  EXPECT_EQ(report->verdict, Verdict::holds) << words_of(*report);
}

TEST_F(VerifiedFiles, of_two_programs_hold_together) {
  const auto run = some_run(virtual_v6);
  const auto report =
      verify::verify({.capture = write_capture(run, {.events = false}), .run = write_run(run)});
  EXPECT_EQ(report->verdict, Verdict::holds) << words_of(*report);
  // Numbers of another capture's frames are not judged.
  EXPECT_FALSE(report->claims.contains(Claim::frame));
}

TEST_F(VerifiedFiles, hours_apart_are_paired_and_one_finding_says_so) {
  const auto run = some_run();
  const auto capture = write_capture(run, {.events = false, .later = 7'200'000'000'000});
  const auto report = verify::verify({.capture = capture, .run = write_run(run)});
  EXPECT_EQ(report->verdict, Verdict::contradicted);
  ASSERT_EQ(report->findings.size(), 1U) << words_of(*report);
  EXPECT_EQ(report->findings[0].fault, "clock_skew");
}

TEST_F(VerifiedFiles, of_the_far_end_leave_the_rtt_open) {
  auto run = some_run();
  for (auto& frame : run.frames) {  // as the target's link shows them, one hop on
    const bool request = frame.octets[20] == 8;
    frame.unix_ns += request ? 10'000'000 : -9'000'000 + std::int64_t(frame.number) * 1'000;
    frame.octets[8] = request ? 63 : 64;
    store<std::uint16_t>(frame.octets, 10, 0);
    store(MutableBytes{frame.octets}, 10, Checksum{}.add(Bytes{frame.octets}.first(20)).finish());
  }
  const auto report =
      verify::verify({.capture = write_capture(run, {.events = false}), .run = write_run(run)});
  EXPECT_EQ(report->vantage, Vantage::far_end);
  EXPECT_EQ(report->verdict, Verdict::inconclusive) << words_of(*report);
  for (const auto& finding : report->findings) EXPECT_EQ(finding.claim, Claim::rtt);
  EXPECT_EQ(report->claims.at(Claim::probe).holds, 6U);
  const auto told = verify::verify({.capture = write_capture(run, {.events = false}),
                                    .run = write_run(run),
                                    .vantage = Vantage::far_end});
  EXPECT_EQ(told->verdict, Verdict::holds) << words_of(*told);
  EXPECT_FALSE(told->claims.contains(Claim::rtt));
}

TEST_F(VerifiedFiles, without_a_word_of_drops_prove_no_absence) {
  auto run = some_run();
  run.frames.erase(run.frames.begin() + 4);
  const auto report =
      verify::verify({.capture = write_capture(run, {.events = false, .statistics = false}),
                      .run = write_run(run)});
  EXPECT_EQ(report->verdict, Verdict::inconclusive) << words_of(*report);
  EXPECT_THAT(report->why_inconclusive, HasSubstr("does not say whether it dropped"));
}

TEST_F(VerifiedFiles, whose_writer_was_killed_are_judged_up_to_there) {
  const auto run = some_run();
  const auto capture = write_capture(run, {.events = false});
  cut(capture, 150);
  const auto report = verify::verify({.capture = capture, .run = write_run(run)});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->verdict, Verdict::inconclusive) << words_of(*report);
  EXPECT_GT(report->claims.at(Claim::reply).holds, 0U);
}

TEST_F(VerifiedFiles, of_a_run_that_was_killed_are_judged_up_to_there) {
  const auto run = some_run();
  const auto lines = write_run(run);
  cut(lines, 400);
  const auto report =
      verify::verify({.capture = write_capture(run, {.events = false}), .run = lines});
  EXPECT_EQ(report->verdict, Verdict::inconclusive) << words_of(*report);
}

TEST_F(VerifiedFiles, without_events_claim_nothing) {
  const auto report = verify::verify({.capture = write_capture(some_run(), {.events = false})});
  EXPECT_EQ(report->verdict, Verdict::inconclusive);
  EXPECT_THAT(report->why_inconclusive, HasSubstr("no claims"));
}

TEST_F(VerifiedFiles, that_are_not_there_are_a_failure) {
  EXPECT_EQ(verify::verify({.capture = path("none")}).error().error_code, ENOENT);
  const auto capture = write_capture(some_run(), {});
  EXPECT_EQ(verify::verify({.capture = capture, .run = path("none")}).error().error_code, ENOENT);
}

TEST_F(VerifiedFiles, that_cannot_be_read_are_a_failure) {
  const auto capture = write_capture(some_run(), {});
  EXPECT_EQ(verify::verify({.capture = capture, .run = path(".")}).error().error_code, EISDIR);
}

TEST_F(VerifiedFiles, with_lines_that_are_none_are_contradicted) {
  const auto run = some_run();
  const auto lines = write_run(run);
  {
    std::ofstream file{lines, std::ios::app};
    file << "}{\n" << record::to_json(run.events[1].occurrence, run.events[1].context) << '\n';
  }
  const auto report =
      verify::verify({.capture = write_capture(run, {.events = false}), .run = lines});
  EXPECT_EQ(report->verdict, Verdict::contradicted);
  std::vector<std::string> faults;
  for (const auto& finding : report->findings) faults.push_back(finding.fault);
  EXPECT_THAT(faults, testing::UnorderedElementsAre("line_unreadable", "event_after_summary"));
}

// ---------------------------------------------------------------------------- drops and vantages

TEST(Verdicts, are_inconclusive_where_the_capture_dropped_frames) {
  VirtualPing ping{virtual_v4, 3};
  auto run = ping.run();
  drop_frame(run, 3);
  *run.statistics[0].dropped = 1;
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
  EXPECT_THAT(report.why_inconclusive, HasSubstr("lost 1 frame"));
  EXPECT_EQ(report.drops, 1U);
}

TEST(Verdicts, are_inconclusive_where_the_socket_dropped_what_is_untold) {
  VirtualPing ping{virtual_v4, 3};
  ping.faults.drops = {{Instant{500ms}, DropPlace::socket, 1}};
  ping.faults.drop_received = 0.4;
  const auto report = verdict_on(ping.run());
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
}

TEST(Verdicts, believe_the_caller_about_the_vantage) {
  VirtualPing ping{virtual_v4, 3};
  auto run = ping.run();
  for (auto& event : run.events)
    if (auto* reply = std::get_if<Reply>(&event.occurrence.event.what))
      if (reply->rtt) reply->rtt->rtt += 1ms;
  const auto near = verdict_on(run, Order::as_captured, {.vantage = Vantage::near_end});
  EXPECT_EQ(near.verdict, Verdict::contradicted);
  const auto far = verdict_on(run, Order::as_captured, {.vantage = Vantage::far_end});
  EXPECT_EQ(far.vantage, Vantage::far_end);
  EXPECT_FALSE(far.claims.contains(Claim::rtt));
}

// The summary counts what the engine heard of; a capture's drops are its own.
TEST(Verdicts, do_not_count_a_captures_drops_among_the_runs) {
  VirtualPing ping{virtual_v4, 3};
  auto run = ping.run();
  insert_event(run, run.events.size() - 1, Drops{DropPlace::capture, 4},
               run.events.back().occurrence.unix_ns);
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
  EXPECT_EQ(report.drops, 4U);
}

// A checksum that the card is to complete is right, on the probe and in what quotes it.
TEST(Verdicts, recognise_partial_checksums) {
  VirtualPing ping{virtual_v6, 3};
  auto run = ping.run();
  for (auto& frame : run.frames) {
    if (frame.octets[40] != 128) continue;
    Checksum pseudo;
    pseudo.add_pseudo_header(Ipv6Address::from_wire(frame.octets, 8),
                             Ipv6Address::from_wire(frame.octets, 24), Protocol::icmpv6,
                             frame.octets.size() - 40);
    store(MutableBytes{frame.octets}, 42, static_cast<std::uint16_t>(~pseudo.finish()));
  }
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
}

// The wall clock is set by three seconds, and the frames' stamps with it.
TEST(Verdicts, allow_for_a_step_of_the_clock) {
  VirtualPing ping{virtual_v4, 3};
  ping.plan.interval = 100ms;
  bool stepped = false;
  ping.on_step = [&](Instant now, run::Loop&) {
    if (!stepped && now >= Instant{205ms}) ping.clock.step(3'000'000'000), stepped = true;
  };
  auto run = ping.run();
  for (auto& frame : run.frames)
    if (frame.unix_ns >= run::VirtualClock::epoch_ns + 205'000'000) frame.unix_ns += 3'000'000'000;
  const auto report = verdict_on(run);
  EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
}

TEST(Verdicts, know_a_packet_that_is_seen_on_two_interfaces) {
  VirtualPing ping{virtual_v4, 3};
  const auto run = ping.run();
  verify::Verifier verifier{{.numbers_are_ours = false}};
  for (std::size_t i = 0; i < run.events.size(); ++i)
    verifier.on_event({run.events[i].context, run.events[i].occurrence}, i + 1);
  std::uint64_t number = 0;
  for (const auto& frame : run.frames)
    for (const std::uint32_t interface : {0U, 1U})
      verifier.on_frame({.number = ++number,
                         .unix_ns = frame.unix_ns,
                         .packet = frame.octets,
                         .interface = interface});
  const auto report = verifier.finish();
  EXPECT_NE(report.verdict, Verdict::contradicted) << words_of(report);
}

TEST(Verdicts, of_frames_that_were_cut_leave_the_octets_open) {
  VirtualPing ping{virtual_v4, 3};
  const auto run = ping.run();
  verify::Verifier verifier{{.numbers_are_ours = false}};
  for (std::size_t i = 0; i < run.events.size(); ++i)
    verifier.on_event({run.events[i].context, run.events[i].occurrence}, i + 1);
  for (const auto& frame : run.frames)
    verifier.on_frame({.number = frame.number,
                       .unix_ns = frame.unix_ns,
                       .packet = Bytes{frame.octets}.first(40),
                       .cut = true});
  const auto report = verifier.finish();
  EXPECT_EQ(report.verdict, Verdict::inconclusive) << words_of(report);
  EXPECT_EQ(report.claims.at(Claim::probe).inconclusive, 5U);
  EXPECT_EQ(report.claims.at(Claim::rtt).holds, 5U);
}

// Nobody's memory is filled by answering one probe for ever.
TEST(Verdicts, of_a_flood_leave_open_what_is_untold) {
  VirtualPing ping{virtual_v4, 3};
  auto run = ping.run();
  const auto answer = frame_of(run, 0, 1);
  for (int i = 0; i < 5'000; ++i) run.frames.push_back(answer);
  const auto report = verdict_on(run, Order::as_captured, {.numbers_are_ours = false});
  EXPECT_EQ(report.claims.at(Claim::unexplained).inconclusive, 1'023U) << words_of(report);
  EXPECT_EQ(report.claims.at(Claim::unexplained).contradicted, 0U);
}

TEST(Verdicts, keep_the_first_thousand_findings_and_count_the_rest) {
  VirtualPing ping{virtual_v4, 3};
  ping.plan.count = 1'500;
  ping.plan.interval = 1ms;
  auto run = ping.run();
  for (auto& event : run.events)
    if (auto* reply = std::get_if<Reply>(&event.occurrence.event.what)) reply->bytes = 1;
  const auto report = verdict_on(run);
  EXPECT_EQ(report.findings.size(), 1'000U);
  EXPECT_EQ(report.more_findings, 500U);
  EXPECT_EQ(report.claims.at(Claim::reply).contradicted, 1'500U);
}

}  // namespace
}  // namespace sonda::test
