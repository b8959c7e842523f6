// A verdict as people read it.
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/verify/verdict_text.hpp>

#include "verdict_reports.hpp"

namespace sonda::verify::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const VerdictTextOptions here{.capture = "web.pcapng"};

void expect_narrow(const std::string& text) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(VerdictText, says_what_was_held_against_what_then_the_table_then_the_verdict) {
  EXPECT_EQ(to_text(one_that_holds(), here),
            "web.pcapng: its events held against its frames\n"
            "    ping of web; 8 events; 9 frames, 6 of the run; near end; no drops\n"
            "\n"
            "CLAIM                                      holds contra   open  frames\n"
            "each probe left, octet for octet, once         3      -      -  1,3,5\n"
            "each reply came, once, from whom it says       3      -      -  2,4,6\n"
            "each RTT lies inside its bracket               3      -      -  2,4,6\n"
            "the summary adds up                            5      -      -\n"
            "\n"
            "RTT: 3 of 3 inside their bracket, widened by 0.005001 ms; told and wire differ\n"
            "     by 0.000310 ms at the median, 0.001200 ms at p99, 0.001201 ms at worst\n"
            "\n"
            "holds: 14 claims of 3 probes, 6 frames\n");
}

TEST(VerdictText, shows_examples_in_order_each_once_and_whether_there_are_more) {
  auto report = one_that_holds();
  report.claims[Claim::probe] = {.holds = 5, .frames = {3, 1, 3}};
  report.claims[Claim::rtt] = {.holds = 3, .frames = {200'000, 300'000, 100'000}};
  const auto text = to_text(report, here);
  EXPECT_THAT(text, HasSubstr("octet for octet, once         5      -      -  1,3,...\n"));
  EXPECT_THAT(text, HasSubstr("from whom it says       3      -      -  2,4,6\n"));
  EXPECT_THAT(text, HasSubstr("inside its bracket               3      -      -  100000,...\n"));
}

TEST(VerdictText, names_the_run_where_it_is_a_file_of_its_own) {
  EXPECT_THAT(to_text(one_that_holds(), {.capture = "-", .run = "run.jsonl"}),
              StartsWith("run.jsonl held against standard input\n"));
}

TEST(VerdictText, tells_each_contradiction_with_its_fault_and_its_frames) {
  const auto text = to_text(one_that_lies(), here);
  EXPECT_THAT(text, HasSubstr("\nseq 2: two replies are told, the frames show one "
                              "[reply_counted_twice: frame 4]\n"));
  EXPECT_THAT(text, EndsWith("\ncontradicted: 1 of 17 claims of 3 probes, 6 frames\n"));
  expect_narrow(text);
}

TEST(VerdictText, tells_each_reason_for_doubt_once_with_how_often_it_counts) {
  const auto text = to_text(one_that_lies(), here);
  EXPECT_THAT(text, HasSubstr("2 times, as here: seq 1: the wall clock was set"));
  EXPECT_THAT(text, HasSubstr("[frames 1, 2, 5,"));
  EXPECT_THAT(text, Not(HasSubstr("seq 3")));
  EXPECT_THAT(to_text(one_that_lies(), {.capture = "x", .verbose = true}), HasSubstr("seq 3"));
}

TEST(VerdictText, shows_twenty_contradictions_and_counts_the_rest) {
  auto report = one_that_holds();
  report.verdict = Verdict::contradicted;
  report.claims[Claim::time].contradicted = 1'500;
  for (std::uint64_t i = 1; i <= 30; ++i)
    report.findings.push_back({.claim = Claim::time,
                               .verdict = Verdict::contradicted,
                               .fault = "time_moved",
                               .sentence = "line " + std::to_string(i) + " is late",
                               .frames = {i}});
  const auto text = to_text(report, here);
  EXPECT_THAT(text, HasSubstr("line 20 is late [time_moved: frame 20]\nand 1480 more\n"));
  EXPECT_THAT(text, Not(HasSubstr("line 21 ")));
  EXPECT_THAT(to_text(report, {.capture = "x", .verbose = true}),
              HasSubstr("line 30 is late [time_moved: frame 30]\nand 1470 more\n"));
}

TEST(VerdictText, says_in_its_last_line_why_nothing_can_be_said) {
  EXPECT_THAT(to_text(one_that_is_open(), here),
              EndsWith("\ninconclusive: the capture missed 7 packets\n"));
  EXPECT_THAT(to_text(one_that_is_open(), here), HasSubstr("7 drops"));
}

TEST(VerdictText, is_one_line_if_quiet) {
  EXPECT_EQ(to_text(one_that_lies(), {.capture = "x", .quiet = true}),
            "contradicted: 1 of 17 claims of 3 probes, 6 frames\n");
}

TEST(VerdictText, colours_the_words_of_a_verdict_and_nothing_else) {
  EXPECT_EQ(verdict_line(one_that_holds(), true),
            "\x1b[32mholds\x1b[0m: 14 claims of 3 probes, 6 frames\n");
  EXPECT_THAT(verdict_line(one_that_lies(), true), StartsWith("\x1b[31mcontradicted\x1b[0m:"));
  EXPECT_THAT(verdict_line(one_that_is_open(), true), StartsWith("\x1b[33minconclusive\x1b[0m:"));
  EXPECT_THAT(to_text(one_that_lies(), here), Not(HasSubstr("\x1b")));
}

TEST(VerdictText, counts_ports_of_a_scan) {
  auto report = one_that_holds();
  report.tool = "tcp";
  EXPECT_EQ(verdict_line(report, false), "holds: 14 claims of 3 ports, 6 frames\n");
  const auto text = to_text(report, here);
  EXPECT_THAT(text, HasSubstr("each answer came, from whom it says"));
  EXPECT_THAT(text, Not(HasSubstr("octet for octet")));
}

TEST(VerdictText, lets_no_text_of_others_reach_the_terminal) {
  auto report = one_that_lies();
  report.target = "\x1b[31mweb\n";
  report.findings[0].sentence = "seq 2: \x1b]0;title\x07";
  const auto text = to_text(report, {.capture = "a\nb"});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("a\nb")));
  EXPECT_THAT(text, HasSubstr("\\x1b[31mweb\\x0a"));
}

TEST(VerdictText, has_words_for_every_claim_that_fit_into_the_table) {
  Report report{.verdict = Verdict::holds};
  for (std::size_t i = 0; i < claims; ++i) {
    const auto words = words_of(static_cast<Claim>(i));
    EXPECT_FALSE(words.empty()) << i;
    EXPECT_LE(words.size(), 41U) << words;
    report.claims[static_cast<Claim>(i)] = {
        .holds = 999'999, .frames = {100'000, 200'000, 300'000, 400'000, 500'000}};
  }
  expect_narrow(to_text(report, here));
}

}  // namespace
}  // namespace sonda::verify::test
