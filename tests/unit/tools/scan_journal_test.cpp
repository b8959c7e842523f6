// A journal is read back whole, torn, and of another plan; CSV, XML and progress beside it.
#include <cerrno>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/record/json_lines.hpp>

#include "scan/csv.hpp"
#include "scan/journal.hpp"
#include "scan/progress.hpp"
#include "scan/xml.hpp"

namespace sonda::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Address web = *Address::parse("10.0.2.2");

ScanSpace plan(std::uint16_t ports) {
  TargetSet hosts;
  EXPECT_TRUE(hosts.add(web));
  std::vector<Port> all;
  for (std::uint16_t port = 1; port <= ports; ++port) all.emplace_back(port);
  ScanSpace out;
  EXPECT_TRUE(out.add(hosts, all));
  return out;
}

const record::RunContext context{.tool = "tcp", .target = "10.0.2.2", .address = web};

std::string line(Happening what) {
  return record::to_json({.event = {.what = std::move(what)}}, context);
}
std::string start_of(const ScanSpace& space) {
  return line(Start{.plan = {{"fingerprint", fingerprint_text(space)}}});
}
PortResult result(const ScanSpace& space, std::uint16_t port, PortState state) {
  return {.probe = ProbeId{*space.place_of({web, Port{port}})},
          .address = web,
          .port = Port{port},
          .state = state};
}

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() { ::unlink(path.c_str()); }
  ~JournalTest() override { ::unlink(path.c_str()); }

  Asked<Journal> open() {
    known.clear();
    return Journal::open(path, space,
                         [this](const PortResult& port) { known.push_back(port.port.value()); });
  }
  void write(const std::string& text) { std::ofstream{path, std::ios::binary} << text; }
  std::string content() const {
    std::ostringstream out;
    out << std::ifstream{path}.rdbuf();
    return out.str();
  }

  std::string path = ::testing::TempDir() + "sonda_journal_" + std::to_string(::getpid());
  ScanSpace space = plan(10);
  std::vector<int> known;
};

TEST_F(JournalTest, is_made_where_there_is_none_and_read_where_there_is_one) {
  {
    auto journal = open();
    ASSERT_TRUE(journal.has_value()) << journal.error().sentence;
    EXPECT_EQ(journal->settled(), nullptr);
    EXPECT_TRUE(journal->write(start_of(space)));
    EXPECT_TRUE(journal->write(line(result(space, 3, PortState::closed))));
    EXPECT_TRUE(journal->write(line(result(space, 7, PortState::open))));
  }
  const auto again = open();
  ASSERT_TRUE(again.has_value()) << again.error().sentence;
  EXPECT_THAT(known, ::testing::ElementsAre(3, 7));
  EXPECT_EQ(again->settled()->size(), 2U);
  EXPECT_TRUE(again->settled()->contains(*space.place_of({web, Port{7}})));
}

TEST_F(JournalTest, forgives_a_line_torn_anywhere_and_goes_on_behind_the_whole_ones) {
  const auto whole = start_of(space) + '\n' + line(result(space, 3, PortState::closed)) + '\n';
  const auto next = line(result(space, 7, PortState::open));
  for (std::size_t size = 0; size <= next.size(); ++size) {
    write(whole + next.substr(0, size));
    {
      auto journal = open();
      ASSERT_TRUE(journal.has_value()) << size << ": " << journal.error().sentence;
      EXPECT_THAT(known, ::testing::ElementsAre(3));
      EXPECT_TRUE(journal->write(next));
    }
    EXPECT_EQ(content(), whole + next + '\n');
  }
}

TEST_F(JournalTest, asks_again_what_was_unknown_and_counts_no_port_twice) {
  write(start_of(space) + '\n' + line(result(space, 3, PortState::unknown)) + '\n' +
        line(result(space, 3, PortState::closed)) + '\n' +
        line(result(space, 3, PortState::closed)) + '\n');
  EXPECT_EQ(open()->settled()->size(), 1U);
  EXPECT_THAT(known, ::testing::ElementsAre(3));
}

TEST_F(JournalTest, takes_journals_of_several_shards_behind_one_another) {
  write(start_of(space) + '\n' + line(result(space, 1, PortState::closed)) + '\n' +
        line(ScanSummary{}) + '\n' + start_of(space) + '\n' +
        line(result(space, 2, PortState::closed)) + '\n');
  EXPECT_EQ(open()->settled()->size(), 2U);
}

TEST_F(JournalTest, refuses_what_is_no_journal_of_this_plan) {
  for (const auto& [text, wanted] :
       {std::pair{start_of(plan(9)) + '\n', std::string{":1: a run of other hosts or ports"}},
        {line(ScanSummary{}) + '\n', ":1: no journal"},
        {"hello", "no journal"},
        {"hello\n", ":1: "},
        {start_of(space) + "\n{}\n", ":2: event: missing"},
        {start_of(space) + '\n' +
             line(PortResult{.probe = ProbeId{99}, .address = web, .port = Port{3}}) + '\n',
         ""}}) {
    write(text);
    const auto journal = open();
    if (wanted.empty()) continue;
    ASSERT_FALSE(journal.has_value()) << text;
    EXPECT_EQ(journal.error().status, ExitStatus::usage);
    EXPECT_THAT(journal.error().sentence, HasSubstr(wanted));
    EXPECT_EQ(content(), text);  // untouched
  }
  auto wrong_place = result(space, 3, PortState::closed);
  wrong_place.probe = ProbeId{wrong_place.probe.value() + 1};
  write(start_of(space) + '\n' + line(wrong_place) + '\n');
  EXPECT_THAT(open().error().sentence, HasSubstr(":2: a port that is not of this run"));
}

TEST_F(JournalTest, leaves_a_file_alone_that_only_looks_like_its_first_line) {
  const std::string mine = R"({"event":"party","tool":"cake"})";
  write(mine);  // without an end of line, as a torn one
  EXPECT_FALSE(open());
  EXPECT_EQ(content(), mine);
  write(R"({"event":"start","to)");
  EXPECT_TRUE(open());
  EXPECT_EQ(content(), "");
}

TEST_F(JournalTest, belongs_to_one_run_at_a_time) {
  const auto first = open();
  ASSERT_TRUE(first.has_value());
  EXPECT_THAT(open().error().sentence, HasSubstr("another run is writing it"));
}

// ----------------------------------------------------------------------------------------- CSV

TEST(Csv, has_a_field_for_each_column_and_quotes_what_needs_it) {
  PortResult port{.target = "web",
                  .address = web,
                  .port = Port{22},
                  .state = PortState::open,
                  .cause = {.kind = CauseKind::answer, .from = web, .from_target = true},
                  .rtt = RttSample{.rtt = Duration{412'000}},
                  .took = Duration{500'000},
                  .banner = "SSH \"2\", x\r\n"};
  EXPECT_EQ(csv_line(port),
            "web,10.0.2.2,tcp,22,ssh,open,,answer,10.0.2.2,,,0.412000,0.500000,1,"
            "\"SSH \"\"2\"\", x\\x0d\\x0a\"\n");
  port.banner = "=cmd()";
  EXPECT_THAT(csv_line(port), HasSubstr(",1,'=cmd()\n"));
  EXPECT_EQ(std::ranges::count(csv_header, ','), 14);
}

TEST(Csv, names_message_and_router) {
  const PortResult port{.address = web,
                        .port = Port{81},
                        .state = PortState::rejected,
                        .error_code = EHOSTUNREACH,
                        .cause = {.kind = CauseKind::icmp,
                                  .from = *Address::parse("10.0.1.1"),
                                  .icmp = IcmpReport{.version = 4, .type = 3, .code = 13}}};
  EXPECT_THAT(csv_line(port), HasSubstr(",rejected,EHOSTUNREACH,icmp,10.0.1.1,3,13,,"));
}

// ----------------------------------------------------------------------------------------- XML

TEST(Xml, tells_every_port_and_its_cause) {
  const auto path = ::testing::TempDir() + "sonda_xml_" + std::to_string(::getpid());
  {
    auto file = XmlFile::create(path,
                                {.argv = {"sonda-tcp", "<&\">"},
                                 .method = "connect",
                                 .hosts = 1,
                                 .ports = {Port{22}, Port{80}, Port{81}}},
                                1'700'000'000'000'000'000);
    ASSERT_TRUE(file.has_value());
    const auto space = plan(3);
    auto port = result(space, 2, PortState::open);
    port.cause.kind = CauseKind::answer;
    port.banner = "<\x1b\"&";
    file->take(port, 1'700'000'000'000'000'000);
    auto other = result(space, 3, PortState::rejected);
    other.cause = {.kind = CauseKind::icmp,
                   .from = *Address::parse("10.0.1.1"),
                   .icmp = IcmpReport{.version = 4, .type = 3, .code = 13}};
    other.error_code = EHOSTUNREACH;
    file->take(other, 1'700'000'000'000'000'000);
    ASSERT_TRUE(file->finish({.hosts = 1}, 1'700'000'001'000'000'000).has_value());
  }
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  ::unlink(path.c_str());
  EXPECT_THAT(text.str(), HasSubstr(R"(args="sonda-tcp &lt;&amp;&quot;&gt;")"));
  EXPECT_THAT(text.str(), HasSubstr(R"(numservices="3" services="22,80-81")"));
  EXPECT_THAT(text.str(), HasSubstr(R"(<state state="open" reason="syn-ack" reason_ttl="0"/>)"));
  EXPECT_THAT(text.str(), HasSubstr(R"(output="&lt;\x1b&quot;&amp;")"));
  EXPECT_THAT(text.str(), HasSubstr(R"(<state state="filtered" reason="admin-prohibited" )"
                                    R"(reason_ttl="0" reason_ip="10.0.1.1"/>)"));
  EXPECT_THAT(text.str(), HasSubstr(R"(output="rejected, EHOSTUNREACH, ICMP 3/13 from 10.0.1.1)"));
  EXPECT_THAT(text.str(), HasSubstr("</nmaprun>\n"));
}

// ------------------------------------------------------------------------------------ progress

Instant at(std::int64_t ms) { return Instant{std::chrono::milliseconds{ms}}; }

TEST(Pace, judges_what_is_left_by_the_last_seconds) {
  Pace pace{1'000, std::chrono::milliseconds{2'500}};
  EXPECT_EQ(pace.line(at(0)), "0 of 1,000 ports");
  for (int i = 0; i < 100; ++i) pace.settled(false);
  EXPECT_EQ(pace.line(at(1'000)), "100 of 1,000 ports, 100/s, about 9 s left");
  for (int i = 0; i < 850; ++i) pace.settled(false);
  EXPECT_EQ(pace.line(at(2'000)), "950 of 1,000 ports, 475/s, about 1 s left");
}

TEST(Pace, does_not_forget_that_silent_ports_take_their_deadline) {
  Pace pace{1'000, std::chrono::milliseconds{2'500}};
  std::ignore = pace.line(at(0));
  for (int i = 0; i < 999; ++i) pace.settled(i == 5);
  EXPECT_EQ(pace.line(at(1'000)), "999 of 1,000 ports, 999/s, about 3 s left");
}

}  // namespace
}  // namespace sonda::tools
