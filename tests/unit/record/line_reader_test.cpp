// The scanner says what from_json() says, of every line that it reads by itself.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/record/line_reader.hpp>

#include "every_event.hpp"

namespace sonda::testing {
namespace {

using record::LineReader;
using record::RecordedEvent;

const record::RunContext context{
    .tool = "ping", .target = "host.example", .address = address("fe80::7%eth0")};

void expect_same(LineReader& reader, const std::string& line) {
  const auto wanted = record::from_json(line);
  const auto* const is = reader.read(line);
  ASSERT_EQ(is != nullptr, wanted.has_value()) << line;
  if (is == nullptr) {
    EXPECT_EQ(reader.error(), wanted.error());
    return;
  }
  EXPECT_EQ(is->context, wanted->context) << line;
  EXPECT_TRUE(is->occurrence.event.what == wanted->occurrence.event.what) << line;
  EXPECT_EQ(is->occurrence.unix_ns, wanted->occurrence.unix_ns) << line;
  EXPECT_EQ(is->occurrence.name, wanted->occurrence.name) << line;
  EXPECT_EQ(is->occurrence.frames, wanted->occurrence.frames) << line;
}

// Of an event as it is written: every kind, then `sent` and `reply` with what may be absent.
std::vector<std::string> canonical_lines() {
  std::vector<std::string> lines;
  std::int64_t moment = 1'767'225'599'999'999'999;
  const auto add = [&](Happening what, std::string name = {},
                       std::vector<std::uint64_t> frames = {}) {
    lines.push_back(record::to_json({.event = {Instant{}, std::move(what)},
                                     .unix_ns = moment += 999'999'937,
                                     .name = std::move(name),
                                     .frames = std::move(frames)},
                                    context));
  };
  for (auto& what : every_happening()) add(what);
  for (std::uint64_t i = 0; i < 200; ++i) {
    add(Sent{ProbeId{i * 977}, i * 977 + 1, i % 3 == 0 ? std::string(64, 'a') : std::string{}}, {},
        i % 2 == 0 ? std::vector<std::uint64_t>{i + 1, i + 9} : std::vector<std::uint64_t>{});
    Reply reply{.probe = ProbeId{i},
                .sequence = i + 1,
                .from = address(i % 5 == 0 ? "192.0.2.1" : "2001:db8::7"),
                .bytes = i * 8,
                .duplicate = i % 2 == 0,
                .late = i % 3 == 0,
                .reordered = i % 5 == 0,
                .other_address = i % 7 == 0,
                .truncated = i % 11 == 0};
    if (i % 4 != 0) reply.ttl = Ttl{i};
    if (i % 6 != 0)
      reply.rtt = RttSample{Duration{static_cast<std::int64_t>(i * i * i) * 7'919 - 1'000},
                            Duration{static_cast<std::int64_t>(i)},
                            i % 8 == 0 ? StampClock::user : StampClock::kernel};
    if (i % 9 == 0) reply.corrupt_octet = i, reply.corrupt_was = 3, reply.corrupt_is = 255;
    add(reply, i % 10 == 0 ? "router.example" : "");
  }
  return lines;
}

TEST(LineReader, reads_what_is_written_as_from_json_does) {
  LineReader reader;
  for (const auto& line : canonical_lines()) expect_same(reader, line);
  EXPECT_GE(reader.scanned(), 300U);  // by itself; where an RTT is written with an exponent, not
}

// Every line cut at every place, and with every character changed.
TEST(LineReader, agrees_about_spoilt_lines) {
  LineReader reader;
  const auto lines = canonical_lines();
  for (const auto at : {13U, 14U, 24U, 32U}) {
    const auto& line = lines[at];
    for (std::size_t i = 0; i < line.size(); ++i) {
      expect_same(reader, line.substr(0, i));
      for (const char other : {'0', '9', '"', '\\', ' ', '.', ',', '-', 'e', '\x01', '\x80'}) {
        auto spoilt = line;
        spoilt[i] = other;
        expect_same(reader, spoilt);
      }
    }
    expect_same(reader, line + " ");
    expect_same(reader, line + "x");
  }
}

TEST(LineReader, leaves_what_is_written_otherwise_to_from_json) {
  LineReader reader;
  for (
      const auto* line :
      {R"({"event":"sent", "tool":"ping","target":"t","address":"::1","time":"2026-01-01T00:00:00.000000000Z","probe":0,"seq":1})",
       R"({"event":"sent","tool":"ping","target":"t\\","address":"::1","time":"2026-01-01T00:00:00.000000000Z","probe":0,"seq":1})",
       R"({"event":"sent","tool":"ping","target":"t","address":"::1","time":"2026-01-01T00:00:60.000000000Z","probe":0,"seq":1})",
       R"({"event":"sent","tool":"ping","target":"t","address":"::1","time":"2262-04-12T00:00:00.000000000Z","probe":0,"seq":1})",
       R"({"event":"sent","tool":"ping","target":"t","address":"::1","time":"2026-01-01T00:00:00.000000000Z","probe":00,"seq":1})",
       R"({"event":"sent","tool":"ping","target":"t","address":"::1","time":"2026-01-01T00:00:00.000000000Z","probe":0,"seq":18446744073709551616})",
       "", "{", "null"})
    expect_same(reader, line);
}

}  // namespace
}  // namespace sonda::testing
