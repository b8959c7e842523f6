// The words of faults, in the lists, the schema and the document.
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sonda/verify/faults.hpp>
#include <sonda/verify/lab_claims.hpp>
#include <sonda/verify/second_judge.hpp>

namespace sonda::verify::test {
namespace {

std::vector<FaultWord> all_words() {
  std::vector<FaultWord> out{fault_words.begin(), fault_words.end()};
  out.insert(out.end(), lab_fault_words.begin(), lab_fault_words.end());
  out.insert(out.end(), judge_fault_words.begin(), judge_fault_words.end());
  return out;
}

std::string contents(const std::string& path) {
  std::ifstream file{std::string{SONDA_SOURCE} + '/' + path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(FaultWords, are_told_apart_by_claim_and_word) {
  std::set<std::pair<Claim, std::string_view>> seen;
  for (const auto& word : all_words())
    EXPECT_TRUE(seen.insert({word.claim, word.word}).second) << word.word;
}

TEST(FaultWords, are_those_of_the_schema) {
  const auto schema = nlohmann::json::parse(contents("docs/schema/verify.json"));
  std::set<std::string> ours;
  for (const auto& word : all_words()) ours.emplace(word.word);
  EXPECT_EQ(schema["properties"]["findings"]["items"]["properties"]["fault"]["enum"]
                .get<std::set<std::string>>(),
            ours);
}

TEST(FaultWords, are_explained_in_the_document) {
  const auto document = contents("docs/verify.md");
  for (const auto& word : all_words())
    EXPECT_THAT(document, testing::HasSubstr("| " + std::string{word_of(word.claim)} + " | `" +
                                             std::string{word.word} + "` | " +
                                             std::string{word.meaning} + " |"));
}

TEST(FaultWords, belong_to_claims_that_the_schema_has) {
  const auto schema = nlohmann::json::parse(contents("docs/schema/verify.json"));
  std::vector<std::string> words;
  for (std::size_t i = 0; i < claims; ++i) words.emplace_back(word_of(static_cast<Claim>(i)));
  EXPECT_EQ(schema["$defs"]["claim"]["enum"].get<std::vector<std::string>>(), words);
}

}  // namespace
}  // namespace sonda::verify::test
