// Comments read, faults listed, figures reckoned.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/verify/faults.hpp>

#include "../../../lib/src/verify/comment.hpp"
#include "../../../lib/src/verify/rtt_figures.hpp"

namespace sonda::verify {
namespace {

TEST(FrameComment, is_read_field_by_field) {
  const auto comment =
      read_comment("sonda: probe=12; seq=13; reply; ttl=63; rtt_ms=31.207000; late; corrupt;");
  ASSERT_TRUE(comment && comment->readable);
  EXPECT_EQ(comment->kind, CommentKind::reply);
  EXPECT_EQ(comment->probe, 12U);
  EXPECT_EQ(comment->sequence, 13U);
  EXPECT_EQ(comment->ttl, 63U);
  EXPECT_EQ(comment->rtt_ns, 31'207'000);
  EXPECT_TRUE(comment->late && comment->corrupt && !comment->duplicate);
}

TEST(FrameComment, of_an_error_has_its_type_and_errno) {
  const auto comment = read_comment(
      "sonda: probe=12; seq=13; icmp_error; icmp=11/0; errno=EHOSTUNREACH; rtt_ms=0.310000;");
  ASSERT_TRUE(comment && comment->readable);
  EXPECT_EQ(comment->icmp_type, 11U);
  EXPECT_EQ(comment->icmp_code, 0U);
  EXPECT_EQ(comment->error_code, EHOSTUNREACH);
}

TEST(FrameComment, of_strangers_needs_no_probe) {
  EXPECT_EQ(read_comment("sonda: foreign; reason=tag;")->kind, CommentKind::foreign);
  EXPECT_EQ(read_comment("sonda: corrupt;")->kind, CommentKind::corrupt);
}

TEST(FrameComment, of_others_is_none_and_a_wrong_one_is_not_readable) {
  EXPECT_FALSE(read_comment("seen by somebody"));
  EXPECT_FALSE(read_comment("sonda: after=12; r1 says so;"));
  for (const auto* text :
       {"sonda: probe=12", "sonda: probe=x;", "sonda: probe=1; seq=2; reply; reply;",
        "sonda: probe=1; seq=2;", "sonda: probe=1; seq=2; what;", "sonda: probe=1;; reply;"})
    EXPECT_FALSE(read_comment(text)->readable) << text;
}

TEST(FaultWords, are_each_listed_once) {
  std::set<std::string_view> words;
  for (const auto& fault : fault_words) {
    EXPECT_TRUE(words.insert(fault.word).second) << fault.word;
    EXPECT_FALSE(fault.meaning.empty()) << fault.word;
    EXPECT_FALSE(word_of(fault.claim).empty()) << fault.word;
  }
}

TEST(RttFigures, are_those_of_the_definitions) {
  RttFigures rtts;
  EXPECT_FALSE(rtts.figures());
  for (const auto ns : {10, 20, 40, 30}) rtts.add(ns);
  const auto figures = *rtts.figures();
  EXPECT_EQ(figures.min, Duration{10});
  EXPECT_EQ(figures.max, Duration{40});
  EXPECT_EQ(figures.mean, Duration{25});
  EXPECT_EQ(figures.median, Duration{20});  // nearest rank
  EXPECT_EQ(figures.p95, Duration{40});
  EXPECT_EQ(figures.stddev, Duration{11});  // the population's, 11.18
  EXPECT_EQ(figures.samples, 4U);
  EXPECT_EQ(figures.jitter, Duration{2});  // RFC 3550: 10/16, then +(20-j)/16, then +(10-j)/16
}

TEST(Distances, are_known_to_one_part_in_32) {
  Distances distances;
  for (std::int64_t ns = 0; ns < 100'000; ++ns) distances.add(ns % 2 == 0 ? ns : -ns);
  EXPECT_EQ(distances.count(), 100'000U);
  EXPECT_EQ(distances.worst(), 99'999);
  EXPECT_NEAR(static_cast<double>(distances.percentile(50)), 50'000, 50'000 / 32.0);
  EXPECT_NEAR(static_cast<double>(distances.percentile(99)), 99'000, 99'000 / 32.0);
}

}  // namespace
}  // namespace sonda::verify
