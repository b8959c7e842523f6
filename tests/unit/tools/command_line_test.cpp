// One clear line for whatever is wrong with a command line, and the status that goes with it.
#include "common/command_line.hpp"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/exit_status.hpp"

namespace sonda::tools {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Outcome {
  std::optional<int> status;
  std::string out, err;
};

class CommandLineTest : public ::testing::Test {
 protected:
  Outcome parse(std::vector<const char*> words) {
    CommandLine line{"sonda-probe", "Probes."};
    line.operand("target", target, "A name");
    line.value(
        "-c,--count", count, [](const std::string& t) { return read_number(t, 1, 9); }, "How many",
        "N");
    line.flag("-q,--quiet", quiet, "Less");
    line.flag("--json", json, "JSON");
    line.foreign("-f", "no flood");
    line.foreign("--flood", "no flood either");
    line.epilogue("EXIT STATUS\n  0 yes");
    words.insert(words.begin(), "sonda-probe");
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    Outcome outcome;
    outcome.status = line.parse(static_cast<int>(words.size()), words.data());
    outcome.out = ::testing::internal::GetCapturedStdout();
    outcome.err = ::testing::internal::GetCapturedStderr();
    return outcome;
  }
  // The one line that refuses these words.
  std::string refusal(std::vector<const char*> words) {
    const auto outcome = parse(std::move(words));
    EXPECT_EQ(outcome.status, code(ExitStatus::usage));
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, StartsWith("sonda-probe: "));
    EXPECT_THAT(outcome.err, EndsWith("\n"));
    EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << "more than one line";
    return outcome.err.substr(13, outcome.err.size() - 14);
  }

  std::string target;
  std::uint64_t count = 0;
  bool quiet = false, json = false;
};

TEST_F(CommandLineTest, takes_what_is_right) {
  EXPECT_FALSE(parse({"-c", "3", "--json", "web"}).status.has_value());
  EXPECT_EQ(count, 3U);
  EXPECT_TRUE(json);
  EXPECT_EQ(target, "web");
  EXPECT_FALSE(parse({"-qc4", "web"}).status.has_value());
  EXPECT_TRUE(quiet);
  EXPECT_EQ(count, 4U);
  EXPECT_FALSE(parse({"--count=5", "web"}).status.has_value());
  EXPECT_EQ(count, 5U);
}

TEST_F(CommandLineTest, takes_the_last_of_two) {
  EXPECT_FALSE(parse({"-c", "3", "-c", "4", "web"}).status.has_value());
  EXPECT_EQ(count, 4U);
}

TEST_F(CommandLineTest, takes_a_flag_twice) {
  EXPECT_FALSE(parse({"-q", "-q", "web"}).status.has_value());
  EXPECT_TRUE(quiet);
}

TEST_F(CommandLineTest, takes_what_follows_two_dashes_for_words) {
  EXPECT_FALSE(parse({"-c", "3", "--", "web"}).status.has_value());
  EXPECT_EQ(target, "web");
  EXPECT_EQ(refusal({"web", "--", "-x"}), "'-x' is one target too many; see sonda-probe --help");
}

TEST_F(CommandLineTest, says_which_option_a_wrong_value_belongs_to) {
  EXPECT_EQ(refusal({"-c", "x", "web"}), "--count: 'x' is not a number from 1 to 9");
  EXPECT_EQ(refusal({"--count=10", "web"}), "--count: '10' is not a number from 1 to 9");
}

TEST_F(CommandLineTest, does_not_pass_over_a_wrong_value_because_a_right_one_follows) {
  EXPECT_EQ(refusal({"-c", "x", "--count", "3", "web"}),
            "--count: 'x' is not a number from 1 to 9");
}

TEST_F(CommandLineTest, writes_a_strangers_control_characters_out_once) {
  EXPECT_EQ(refusal({"-c", "a\nb", "web"}), "--count: 'a\\x0ab' is not a number from 1 to 9");
  EXPECT_EQ(refusal({"--\x1b[31m", "web"}), "--\\x1b[31m: no such option; see sonda-probe --help");
}

TEST_F(CommandLineTest, says_that_a_value_is_missing) {
  EXPECT_EQ(refusal({"web", "-c"}), "--count: its value is missing");
}

TEST_F(CommandLineTest, says_that_a_flag_takes_no_value) {
  EXPECT_EQ(refusal({"--json=3", "web"}), "--json: takes no value");
  EXPECT_EQ(refusal({"--quiet=no", "web"}), "--quiet: takes no value");
}

TEST_F(CommandLineTest, offers_the_nearest_of_a_misspelt_option) {
  EXPECT_EQ(refusal({"--cuont", "web"}), "--cuont: no such option; do you mean --count?");
  EXPECT_EQ(refusal({"--qiuet=3", "web"}), "--qiuet: no such option; do you mean --quiet?");
  EXPECT_EQ(refusal({"--completely-else", "web"}),
            "--completely-else: no such option; see sonda-probe --help");
  EXPECT_EQ(refusal({"-Z", "web"}), "-Z: no such option; see sonda-probe --help");
}

TEST_F(CommandLineTest, answers_a_foreign_flag_by_name) {
  EXPECT_EQ(refusal({"-f", "web"}), "-f: no flood");
  EXPECT_EQ(refusal({"-f5", "web"}), "-f: no flood");
  EXPECT_EQ(refusal({"--flood=3", "web"}), "--flood: no flood either");
}

TEST_F(CommandLineTest, refuses_a_second_word) {
  EXPECT_EQ(refusal({"web", "mail"}), "'mail' is one target too many; see sonda-probe --help");
}

TEST_F(CommandLineTest, helps_and_ends_well) {
  const auto help = parse({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.err, "");
  EXPECT_THAT(help.out, HasSubstr("--count N"));
  EXPECT_THAT(help.out, HasSubstr("EXIT STATUS"));
  const auto version = parse({"-V"});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out, StartsWith("sonda-probe "));
}

TEST(ExitStatus, tells_a_missing_privilege_from_a_failing_system) {
  EXPECT_EQ(status_of(Failure{"open a raw socket", EPERM, "for ICMP"}), ExitStatus::privilege);
  EXPECT_EQ(status_of(Failure{"open a datagram socket", EACCES, "for ICMP"}),
            ExitStatus::privilege);
  EXPECT_EQ(status_of(Failure{"open a raw socket", EMFILE, "for ICMP"}), ExitStatus::system);
}

TEST(ExitStatus, does_not_take_a_prohibiting_route_for_a_missing_privilege) {
  EXPECT_EQ(status_of(Failure{"find a route", EACCES, "to 10.98.0.1"}), ExitStatus::system);
  EXPECT_EQ(status_of(Failure{"send", EPERM, "to 10.98.0.1"}), ExitStatus::system);
}

}  // namespace
}  // namespace sonda::tools
