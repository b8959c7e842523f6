// Every event to JSON and back, and one sentence for every line that is broken.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sonda/core/parse_error.hpp>
#include <sonda/event/words.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

#include "every_event.hpp"

namespace sonda {
namespace {

using record::from_json;
using record::to_json;
using testing::context_of;
using testing::every_happening;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::occurrence;
using testing::some_context;

TEST(JsonLines, know_every_kind_of_happening) {
  std::set<std::size_t> kinds;
  for (const auto& what : every_happening()) kinds.insert(what.index());
  EXPECT_EQ(kinds.size(), std::variant_size_v<Happening>);
}

TEST(JsonLines, bring_every_field_of_every_event_back) {
  for (const auto& what : every_happening()) {
    const auto line = to_json(occurrence(what), context_of(what));
    SCOPED_TRACE(line);
    const auto back = from_json(line);
    ASSERT_TRUE(back.has_value()) << back.error();
    EXPECT_TRUE(back->occurrence.event.what == what);
    EXPECT_EQ(back->context, context_of(what));
    EXPECT_EQ(back->occurrence.unix_ns, 1'700'000'000'123'456'789);
    EXPECT_EQ(back->occurrence.name, occurrence(what).name);
    EXPECT_EQ(back->occurrence.frames, occurrence(what).frames);
  }
}

TEST(JsonLines, have_frames_only_where_there_are_some) {
  EXPECT_THAT(to_json(occurrence(Reply{}), some_context()),
              HasSubstr(R"("frames":[7,1099511627776]})"));
  EXPECT_THAT(to_json(occurrence(Lost{}), some_context()), Not(HasSubstr("frames")));
}

TEST(JsonLines, bring_events_back_of_which_every_field_is_its_default) {
  const std::vector<Happening> defaults{Start{},       Sent{},        Reply{},     IcmpError{},
                                        Lost{},        Outstanding{}, Foreign{},   Corrupt{},
                                        Refused{},     Change{},      ClockStep{}, Drops{},
                                        PingSummary{}, PortResult{},  Notice{},    ScanSummary{}};
  ASSERT_EQ(defaults.size(), std::variant_size_v<Happening>);
  for (const auto& what : defaults) {
    const auto line = to_json({.event = {.what = what}}, context_of(what));
    SCOPED_TRACE(line);
    const auto back = from_json(line);
    ASSERT_TRUE(back.has_value()) << back.error();
    EXPECT_TRUE(back->occurrence.event.what == what);
    EXPECT_EQ(back->occurrence.name, "");
  }
}

TEST(JsonLines, are_one_line_each_and_the_event_comes_first) {
  for (const auto& what : every_happening()) {
    const auto line = to_json(occurrence(what), context_of(what));
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_TRUE(line.starts_with(R"({"event":")")) << line;
  }
}

TEST(JsonLines, write_times_in_milliseconds_with_nanosecond_digits) {
  const auto line = to_json(
      occurrence(Reply{.rtt = RttSample{.rtt = Duration{10'214'333}, .error = Duration{1'251}}}),
      some_context());
  EXPECT_THAT(line, HasSubstr(R"("rtt_ms":10.214333,"rtt_error_ms":0.001251)"));
}

TEST(JsonLines, keep_every_nanosecond_of_a_day) {
  for (const std::int64_t ns : {1LL, 999'999'999LL, 86'399'999'999'999LL, -3'600'000'000'001LL}) {
    const auto back = from_json(to_json(occurrence(ClockStep{ns}), some_context()));
    EXPECT_EQ(std::get<ClockStep>(back->occurrence.event.what).step_ns, ns);
  }
}

TEST(JsonLines, name_an_errno_that_has_no_name_by_its_number) {
  const Happening refused = Refused{.failure = Failure{"send", 4'095, ""}};
  const auto line = to_json(occurrence(refused), some_context());
  EXPECT_THAT(line, HasSubstr(R"("errno":"E4095")"));
  EXPECT_TRUE(from_json(line)->occurrence.event.what == refused);
}

TEST(JsonLines, say_null_where_there_is_nothing_to_tell) {
  const auto line = to_json(occurrence(Reply{}), some_context());
  EXPECT_THAT(line, HasSubstr(R"("ttl":null)"));
  EXPECT_THAT(line, HasSubstr(R"("rtt_ms":null,"rtt_error_ms":null,"clock":null)"));
}

TEST(JsonLines, compute_the_loss_and_do_not_divide_by_nothing) {
  EXPECT_THAT(to_json(occurrence(PingSummary{.sent = 8, .received = 6}), some_context()),
              HasSubstr(R"("loss_percent":25.0)"));
  EXPECT_THAT(to_json(occurrence(PingSummary{}), some_context()),
              HasSubstr(R"("loss_percent":0.0)"));
}

TEST(JsonLines, give_each_port_its_own_target_and_address) {
  const Happening named = PortResult{.target = "web", .address = testing::address("192.0.2.7")};
  EXPECT_THAT(to_json(occurrence(named), {.tool = "tcp", .target = "web db", .address = {}}),
              HasSubstr(R"("target":"web","address":"192.0.2.7")"));
  const Happening plain = PortResult{.address = testing::address("192.0.2.7")};
  EXPECT_THAT(to_json(occurrence(plain), {.tool = "tcp", .target = "192.0.2.0/24", .address = {}}),
              HasSubstr(R"("target":"192.0.2.7","address":"192.0.2.7")"));
}

TEST(JsonLines, name_the_service_of_a_port_by_its_protocol) {
  const auto line = [](Protocol protocol, std::uint16_t port) {
    const Happening what = PortResult{.protocol = protocol, .port = Port{port}};
    return to_json(occurrence(what), context_of(what));
  };
  EXPECT_THAT(line(Protocol::tcp, 22), HasSubstr(R"("port":22,"service":"ssh")"));
  EXPECT_THAT(line(Protocol::udp, 22), HasSubstr(R"("port":22,"service":null)"));
  EXPECT_THAT(line(Protocol::udp, 161), HasSubstr(R"("service":"snmp")"));
}

TEST(JsonLines, bring_every_octet_of_a_banner_back) {
  std::string all;
  for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
  for (const auto& banner : {all, std::string{}, std::string{"\\x41"}, std::string{"\xc3\xa9"}}) {
    const Happening what = PortResult{.banner = banner};
    const auto line = to_json(occurrence(what), context_of(what));
    EXPECT_TRUE(nlohmann::json::accept(line));
    EXPECT_TRUE(from_json(line)->occurrence.event.what == what) << line;
  }
  const Happening what = PortResult{.banner = "x"};
  for (const auto* wrong : {R"("\\")", R"("\\x1")", R"("\\xZZ")", R"("\\n")"})
    EXPECT_THAT(from_json([&] {
                  auto json =
                      nlohmann::ordered_json::parse(to_json(occurrence(what), context_of(what)));
                  json["banner"] = nlohmann::ordered_json::parse(wrong);
                  return json.dump();
                }())
                    .error(),
                HasSubstr("banner: not as printable() writes"));
}

TEST(JsonLines, read_a_tools_words_only_in_its_runs) {
  for (const Happening& what : {Happening{Reply{}}, Happening{PortResult{}}, Happening{Notice{}}}) {
    auto context = context_of(what);
    context.tool = context.tool == "tcp" ? "ping" : "tcp";
    EXPECT_THAT(from_json(to_json(occurrence(what), context)).error(),
                HasSubstr("not a word of the schema"));
  }
}

TEST(JsonLines, stay_valid_and_harmless_whatever_a_stranger_is_called) {
  for (const std::string& name :
       {std::string{"\x1b]0;owned\x07"}, std::string{"a\0b", 3}, std::string{"\xff\xfe\xc3"},
        std::string{"quote\"back\\slash"}, std::string{"line\nbreak\r\t"},
        std::string{"\xe2\x80\xae"
                    "gpj.exe"},
        std::string{"\xed\xa0\x80"}}) {
    auto event = occurrence(Lost{});
    event.name = name;
    const auto line = to_json(event, {.tool = "ping", .target = name, .address = {}});
    SCOPED_TRACE(line);
    EXPECT_TRUE(nlohmann::json::accept(line));
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    EXPECT_THAT(line, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_TRUE(from_json(line).has_value());
  }
}

// --------------------------------------------------------------------------------- broken lines

std::string sentence(const std::string& line) {
  const auto read = from_json(line);
  EXPECT_FALSE(read.has_value()) << line;
  return read ? std::string{} : read.error();
}

// `line` with one field replaced by `value` (JSON text); nothing removes it.
std::string with(const Happening& what, const std::string& field, const char* value) {
  auto json = nlohmann::ordered_json::parse(to_json(occurrence(what), context_of(what)));
  EXPECT_TRUE(json.contains(field)) << field;
  if (value == nullptr)
    json.erase(field);
  else
    json[field] = nlohmann::ordered_json::parse(value);
  return json.dump();
}

TEST(JsonLines, refuse_what_is_no_json) {
  for (const std::string line :
       {"", "{", "null", "[]", "3", "{\"event\":", "{}x", "\xff", "{\"event\":\"\xff\"}"})
    EXPECT_THAT(sentence(line), Not(HasSubstr("json.exception"))) << line;
}

TEST(JsonLines, say_in_one_printable_line_which_field_is_wrong) {
  const Happening reply = Reply{.ttl = Ttl{3}, .rtt = testing::some_sample()};
  EXPECT_EQ(sentence(with(reply, "seq", nullptr)), "seq: missing");
  EXPECT_EQ(sentence(with(reply, "seq", "\"x\"")), "seq: not a number in range: \"x\"");
  EXPECT_EQ(sentence(with(reply, "seq", "-1")), "seq: not a number in range: -1");
  EXPECT_EQ(sentence(with(reply, "ttl", "256")), "ttl: not a number in range: 256");
  EXPECT_EQ(sentence(with(reply, "from", "\"1.2.3\"")), "from: not an address: \"1.2.3\"");
  EXPECT_EQ(sentence(with(reply, "clock", "\"sun\"")), "clock: not a word of the schema: \"sun\"");
  EXPECT_EQ(sentence(with(reply, "event", "\"hop\"")), "event: not a word of the schema: hop");
  EXPECT_EQ(sentence(with(reply, "event", nullptr)), "event: missing");
  EXPECT_EQ(sentence(with(reply, "rtt_ms", "1e300")), "rtt_ms: not a duration: 1e+300");
  EXPECT_EQ(sentence(with(reply, "duplicate", "1")),
            "duplicate: type must be boolean, but is number");
  EXPECT_EQ(sentence(with(reply, "address", "7")), "address: type must be string, but is number");
  EXPECT_THAT(sentence(with(reply, "time", "\"yesterday\"")), HasSubstr("yesterday"));
  const Happening refused = Refused{.failure = Failure{"send", EPERM, ""}};
  for (const char* wrong : {"\"EWHAT\"", "\"E\"", "\"E12x\"", "\"E-5\"", "\"E0\"", "\"13\""})
    EXPECT_EQ(sentence(with(refused, "errno", wrong)),
              std::string{"errno: not an errno: "} + wrong);
}

TEST(JsonLines, refuse_octets_that_are_not_pairs_of_hexadecimal_digits) {
  const auto line = to_json(occurrence(every_happening()[3]), some_context());
  const std::string octets = "\"00fe10\"";
  const auto at = line.find(octets);
  ASSERT_NE(at, std::string::npos);
  for (const auto* wrong : {"\"00fe1\"", "\"00fe1g\"", "\"0 fe10\"", "\"-1fe10\"", "7"}) {
    auto broken = line;
    broken.replace(at, octets.size(), wrong);
    EXPECT_THAT(sentence(broken), HasSubstr("octets")) << wrong;
  }
}

TEST(JsonLines, never_repeat_a_strangers_control_characters_in_their_complaint) {
  const Happening lost = Lost{};
  for (const auto& broken :
       {with(lost, "event", R"("a\n\u001b[31m")"), with(lost, "time", R"("\u001b[31m\n")"),
        with(lost, "address", R"("\u0007")"), with(lost, "seq", R"("\u009b\u202e")")})
    for (const char c : sentence(broken)) {
      EXPECT_GE(static_cast<unsigned char>(c), 0x20) << broken;
      EXPECT_LT(static_cast<unsigned char>(c), 0x7f) << broken;
    }
}

TEST(JsonLines, survive_arrays_of_any_depth) {
  const std::string deep(200'000, '[');
  EXPECT_FALSE(from_json(deep).has_value());
  const auto nested = deep + std::string(200'000, ']');
  auto line = with(Happening{Lost{}}, "seq", "0");
  const auto at = line.find("\"seq\":0");
  line.replace(at, 7, "\"seq\":" + nested);
  EXPECT_EQ(sentence(line), "seq: not a number in range: array");
}

TEST(JsonLines, survive_every_truncation_of_every_line) {
  for (const auto& what : every_happening()) {
    const auto line = to_json(occurrence(what), context_of(what));
    for (std::size_t size = 0; size < line.size(); ++size)
      EXPECT_FALSE(from_json(line.substr(0, size)).has_value()) << line.substr(0, size);
  }
}

TEST(JsonLines, take_a_field_of_a_later_version_without_complaint) {
  auto json = nlohmann::ordered_json::parse(to_json(occurrence(Lost{}), some_context()));
  json["of_tomorrow"] = {1, 2, 3};
  EXPECT_TRUE(from_json(json.dump()).has_value());
}

// Into the file that the check of docs/schema reads.
void leave(const std::vector<Happening>& all, const std::string& tool) {
  const char* path = std::getenv("SONDA_EVERY_EVENT");
  std::ofstream file{path != nullptr ? path : "/dev/null"};
  for (const auto& what : all) {
    auto context = context_of(what);
    context.tool = tool;
    file << to_json(occurrence(what), context) << '\n';
  }
  file.flush();
  EXPECT_TRUE(file.good());
}

// What the check of docs/schema reads: each kind full and bare, and every word that may stand in
// it.
TEST(JsonLines, leave_a_line_of_each_kind_for_the_schema) {
  std::vector<Happening> all;
  for (auto& what : every_happening())
    if (context_of(what).tool == "ping") all.push_back(std::move(what));
  const Address somebody = testing::address("192.0.2.9");
  all.emplace_back(Reply{.sequence = 1, .from = somebody});
  all.emplace_back(Corrupt{.from = somebody});
  all.emplace_back(Refused{.sequence = 1, .failure = Failure{"send", 0, ""}});
  all.emplace_back(PingSummary{});
  all.emplace_back(Change{.what = "reply_ttl", .was = "62", .is = "61"});
  for (const auto reason : {ForeignReason::tag, ForeignReason::sequence, ForeignReason::source})
    all.emplace_back(Foreign{.from = somebody, .reason = reason});
  for (const auto place : {DropPlace::socket, DropPlace::interface, DropPlace::capture})
    all.emplace_back(Drops{.place = place, .count = 1});
  for (const auto clock : {StampClock::kernel, StampClock::user, StampClock::simulated})
    all.emplace_back(Reply{.sequence = 1, .from = somebody, .rtt = RttSample{.clock = clock}});
  for (const auto version : {IpVersion::v4, IpVersion::v6})
    for (const auto& row : icmp_catalogue(version))
      all.emplace_back(
          IcmpError{.sequence = 1,
                    .from = somebody,
                    .icmp = {.version = static_cast<std::uint8_t>(version == IpVersion::v4 ? 4 : 6),
                             .type = row.type,
                             .code = row.code,
                             .name = std::string{row.name}},
                    .error_code = row.recverr_errno});
  for (std::size_t i = 0; i < quoted_field_count; ++i)
    all.emplace_back(IcmpError{.sequence = 1,
                               .from = somebody,
                               .quoted_changes = {{.field = static_cast<QuotedField>(i),
                                                   .was = std::uint64_t{1},
                                                   .is = std::uint64_t{2}}}});
  for (int fault = 0; fault <= static_cast<int>(Fault::too_many); ++fault)
    all.emplace_back(
        IcmpError{.sequence = 1,
                  .from = somebody,
                  .icmp = {.extension_fault = std::string{name(static_cast<Fault>(fault))}}});

  leave(all, "ping");
}

// The same of a scan.
TEST(JsonLines, leave_a_line_of_each_kind_of_a_scan_for_the_schema) {
  std::vector<Happening> all;
  for (auto& what : every_happening())
    if (context_of(what).tool == "tcp") {
      if (auto* const port = std::get_if<PortResult>(&what)) port->protocol = Protocol::tcp;
      all.push_back(std::move(what));
    }
  const Address somebody = testing::address("192.0.2.9");
  all.emplace_back(Sent{.probe = ProbeId{3}, .sequence = 1, .octets_sha256 = std::string(64, '0')});
  for (const auto reason : {ForeignReason::tag, ForeignReason::sequence, ForeignReason::source})
    all.emplace_back(Foreign{.from = somebody, .reason = reason, .wire_sequence = 4'294'967'295});
  for (const auto place : {DropPlace::socket, DropPlace::interface, DropPlace::capture})
    all.emplace_back(Drops{.place = place, .count = 1});
  all.emplace_back(ClockStep{.step_ns = -1});
  all.emplace_back(PortResult{.address = somebody, .port = Port{4}});
  all.emplace_back(ScanSummary{});
  for (const auto& [kind, word] : cause_words)
    all.emplace_back(PortResult{.address = somebody, .port = Port{22}, .cause = {.kind = kind}});
  for (const auto& [whose, word] : whose_words)
    all.emplace_back(
        PortResult{.address = somebody, .port = Port{22}, .cause = {.deadline = whose}});
  for (const auto& [kind, word] : notice_words) all.emplace_back(Notice{.what = kind});
  for (std::size_t i = 0; i < ScanSummary::states; ++i)
    if (const auto state = static_cast<PortState>(i); state != PortState::open_filtered)
      all.emplace_back(PortResult{.address = somebody, .port = Port{22}, .state = state});
  for (const auto clock : {StampClock::kernel, StampClock::user, StampClock::simulated})
    all.emplace_back(
        PortResult{.address = somebody, .port = Port{22}, .rtt = RttSample{.clock = clock}});
  for (const auto version : {IpVersion::v4, IpVersion::v6})
    for (const auto& row : icmp_catalogue(version)) {
      IcmpReport icmp{.version = static_cast<std::uint8_t>(version == IpVersion::v4 ? 4 : 6),
                      .type = row.type,
                      .code = row.code,
                      .name = std::string{row.name}};
      all.emplace_back(PortResult{.address = somebody,
                                  .port = Port{22},
                                  .error_code = row.connect_errno,
                                  .cause = {.kind = CauseKind::icmp, .icmp = std::move(icmp)}});
    }
  leave(all, "tcp");
}

}  // namespace
}  // namespace sonda
