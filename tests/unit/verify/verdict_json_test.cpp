// A verdict as programs read it; docs/schema/verify.json judges the rest.
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sonda/verify/verdict_json.hpp>

#include "verdict_reports.hpp"

namespace sonda::verify::test {
namespace {

using Json = nlohmann::json;

TEST(VerdictJson, has_every_number_of_the_report) {
  const auto json = Json::parse(to_json(one_that_lies(), {.capture = "web.pcapng"}));
  EXPECT_EQ(json["schema"], "sonda.verify/1");
  EXPECT_EQ(json["verdict"], "contradicted");
  EXPECT_EQ(json["run"], nullptr);
  EXPECT_EQ(json["capture"], "web.pcapng");
  EXPECT_EQ(json["claims"][1], (Json{{"claim", "reply"},
                                     {"holds", 3},
                                     {"contradicted", 1},
                                     {"inconclusive", 0},
                                     {"frames", {2, 4, 6}}}));
  EXPECT_EQ(json["rtt"]["worst_ms"], 0.001201);
  EXPECT_EQ(json["findings"].size(), 3U);
  EXPECT_EQ(json["findings"][0]["fault"], "reply_counted_twice");
  EXPECT_EQ(json["findings"][0]["seq"], 2);
  EXPECT_EQ(json["findings"][1]["line"], nullptr);
}

TEST(VerdictJson, has_contradictions_first_and_frames_in_order_each_once) {
  auto report = one_that_lies();
  std::ranges::reverse(report.findings);
  report.findings.back().frames = {9, 4, 9};
  report.claims[Claim::rtt].frames = {4, 2, 2};
  const auto json = Json::parse(to_json(report, {.capture = "web.pcapng"}));
  EXPECT_EQ(json["findings"][0]["fault"], "reply_counted_twice");
  EXPECT_EQ(json["findings"][0]["frames"], (Json{4, 9}));
  EXPECT_EQ(json["findings"].size(), 3U);
  EXPECT_EQ(json["claims"][2]["frames"], (Json{2, 4}));
}

TEST(VerdictJson, is_valid_whatever_others_wrote) {
  auto report = one_that_lies();
  report.target = "\xff\xfe";
  report.findings[0].sentence = "a\nb\xc3";
  const auto json = Json::parse(to_json(report, {.capture = "\xff", .run = "r\n"}));
  EXPECT_EQ(json["target"], "\\xff\\xfe");
  EXPECT_EQ(json["run"], "r\\x0a");
}

// tests/cli/validate_schema.py holds them against the schema.
TEST(VerdictJson, leave_an_object_of_each_kind_for_the_schema) {
  const char* path = std::getenv("SONDA_EVERY_EVENT");
  std::ofstream file{path != nullptr ? path : "/dev/null"};
  file << to_json(one_that_holds(), {.capture = "-"}) << '\n'
       << to_json(one_that_lies(), {.capture = "a.pcap", .run = "a.jsonl"}) << '\n'
       << to_json(one_that_is_open(), {.capture = "a.pcap"}) << '\n'
       << to_json(Report{}, {.capture = "empty.pcap"}) << '\n';
  Report all{.verdict = Verdict::holds};
  for (std::size_t i = 0; i < claims; ++i) all.claims[static_cast<Claim>(i)].holds = 1;
  const auto line = to_json(all, {.capture = "all.pcapng"});
  EXPECT_EQ(Json::parse(line)["claims"].size(), claims);
  file << line << '\n';
  file.flush();
  EXPECT_TRUE(file.good());
}

}  // namespace
}  // namespace sonda::verify::test
