// Reports made up, for what prints them.
#pragma once
#include <chrono>
#include <string>

#include <sonda/verify/report.hpp>

namespace sonda::verify::test {

inline Report one_that_holds() {
  Report report{.verdict = Verdict::holds,
                .vantage = Vantage::near_end,
                .events = 8,
                .frames = 9,
                .frames_of_the_run = 6,
                .other_frames = 3,
                .drops = 0,
                .tool = "ping",
                .target = "web"};
  report.claims[Claim::probe] = {.holds = 3, .frames = {1, 3, 5}};
  report.claims[Claim::reply] = {.holds = 3, .frames = {2, 4, 6}};
  report.claims[Claim::rtt] = {.holds = 3, .frames = {2, 4, 6}};
  report.claims[Claim::summary] = {.holds = 5};
  using std::chrono::nanoseconds;
  report.rtt = {.samples = 3,
                .inside = 3,
                .slack = nanoseconds{5'001},
                .median = nanoseconds{310},
                .p99 = nanoseconds{1'200},
                .worst = nanoseconds{1'201}};
  return report;
}

inline Report one_that_lies() {
  auto report = one_that_holds();
  report.verdict = Verdict::contradicted;
  report.claims[Claim::reply].contradicted = 1;
  report.claims[Claim::rtt].inconclusive = 2;
  report.findings = {{.claim = Claim::reply,
                      .verdict = Verdict::contradicted,
                      .fault = "reply_counted_twice",
                      .sentence = "seq 2: two replies are told, the frames show one",
                      .sequence = 2,
                      .line = 5,
                      .frames = {4}},
                     {.claim = Claim::rtt,
                      .verdict = Verdict::inconclusive,
                      .fault = "rtt_of_user_clock",
                      .sentence = "seq 1: the wall clock was set between request and reply",
                      .sequence = 1,
                      .frames = {1, 2}},
                     {.claim = Claim::rtt,
                      .verdict = Verdict::inconclusive,
                      .fault = "rtt_of_user_clock",
                      .sentence = "seq 3: the wall clock was set between request and reply",
                      .sequence = 3,
                      .frames = {5, 6}}};
  return report;
}

inline Report one_that_is_open() {
  auto report = one_that_holds();
  report.verdict = Verdict::inconclusive;
  report.drops = 7;
  report.why_inconclusive = "the capture missed 7 packets";
  report.claims[Claim::silence] = {.inconclusive = 1};
  return report;
}

}  // namespace sonda::verify::test
