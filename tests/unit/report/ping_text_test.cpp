// What a ping prints, word for word.
#include <cerrno>
#include <chrono>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/report/layout.hpp>
#include <sonda/report/ping_text.hpp>

namespace sonda::report {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Address address(std::string_view text) { return *Address::parse(text); }

const Address web = address("10.0.2.2");
const Address router = address("10.0.1.1");

PingTextOptions for_web() { return {.target = "web", .address = web}; }

std::string say(PingText& text, Happening what, std::string name = {}) {
  return text({.event = {.what = std::move(what)},
               .unix_ns = 1'700'000'000'123'456'789,
               .name = std::move(name)});
}
std::string say(Happening what, std::string name = {}) {
  PingText text{for_web()};
  return say(text, std::move(what), std::move(name));
}

std::size_t widest(const std::string& text) {
  std::istringstream lines{text};
  std::size_t out = 0;
  for (std::string line; std::getline(lines, line);) out = std::max(out, display_width(line));
  return out;
}

Reply reply(std::uint64_t sequence, Duration rtt, std::uint8_t ttl = 62) {
  return {.sequence = sequence,
          .from = web,
          .bytes = 64,
          .ttl = Ttl{ttl},
          .rtt = RttSample{.rtt = rtt, .error = Duration{1'251}, .clock = StampClock::kernel}};
}

IcmpError prohibited(std::uint64_t sequence) {
  return {.sequence = sequence,
          .from = router,
          .icmp = {.version = 4, .type = 3, .code = 13, .name = "admin-prohibited"},
          .error_code = EHOSTUNREACH,
          .rtt = RttSample{.rtt = microseconds{2'104}},
          .quoted_octets = 84};
}

PingSummary sum() {
  return {.sent = 6,
          .received = 4,
          .errors = 2,
          .errors_by_sender = {{.from = router, .type = 3, .code = 13, .count = 2}},
          .elapsed = milliseconds{5'052},
          .rtt = RttStatistics{.min = microseconds{10'198},
                               .mean = microseconds{11'482},
                               .median = microseconds{10'211},
                               .p95 = microseconds{15'310},
                               .p99 = microseconds{15'310},
                               .max = microseconds{15'310},
                               .stddev = microseconds{2'210},
                               .jitter = microseconds{320},
                               .samples = 4},
          .clock = StampClock::kernel};
}

// The whole of a run, as a lecture shows it.
TEST(PingText, tells_a_run_from_its_first_line_to_its_last) {
  PingText text{for_web()};
  std::string out = say(text, Start{});
  out += say(text, Sent{.sequence = 1});
  out += say(text, reply(1, microseconds{10'214}));
  out += say(text, reply(2, microseconds{10'198}));
  out += say(text, prohibited(3), "r1");
  out += say(text, prohibited(4), "r1");
  out += say(text, reply(5, microseconds{10'207}));
  out += say(text, reply(6, microseconds{15'310}, 61));
  out += say(text, Change{.what = "reply_ttl", .was = "62", .is = "61"});
  out += say(text, sum());
  EXPECT_EQ(out,
            "PING web (10.0.2.2) 56(84) bytes of data.\n"
            "64 bytes from web (10.0.2.2): icmp_seq=1 ttl=62 time=10.214 ms\n"
            "64 bytes from web (10.0.2.2): icmp_seq=2 ttl=62 time=10.198 ms\n"
            "From r1 (10.0.1.1) icmp_seq=3 Packet filtered\n"
            "     ICMP 3/13, communication administratively prohibited, after 2.104 ms; a\n"
            "     program would get EHOSTUNREACH\n"
            "From r1 (10.0.1.1) icmp_seq=4 Packet filtered\n"
            "64 bytes from web (10.0.2.2): icmp_seq=5 ttl=62 time=10.207 ms\n"
            "64 bytes from web (10.0.2.2): icmp_seq=6 ttl=61 time=15.310 ms\n"
            "     reply ttl 62 -> 61: the way back has become one hop longer\n"
            "\n"
            "--- web ping statistics ---\n"
            "6 packets transmitted, 4 received, +2 errors, 33.3333% packet loss, time 5052ms\n"
            "rtt min/avg/max/mdev = 10.198/11.482/15.310/2.210 ms\n"
            "median 10.211, p95 15.310, p99 15.310, jitter 0.320 ms\n"
            "stamps: kernel out, kernel in\n"
            "of 6: 4 answered, 2 refused by r1 (3/13), 0 silent\n");
  EXPECT_LE(widest(out), 80U);
}

TEST(PingText, begins_as_iputils_does) {
  PingText v6{{.target = "web", .address = address("2001:db8::7"), .data_size = 100}};
  EXPECT_EQ(say(v6, Start{}), "PING web(2001:db8::7) 100 data bytes\n");
  PingText bound{{.target = "web", .address = web, .from = " from 10.0.0.1 veth0:"}};
  EXPECT_EQ(say(bound, Start{}),
            "PING web (10.0.2.2) from 10.0.0.1 veth0: 56(84) bytes of data.\n");
  PingText number{{.target = "10.0.2.2", .address = web}};
  EXPECT_EQ(say(number, Start{}), "PING 10.0.2.2 (10.0.2.2) 56(84) bytes of data.\n");
  EXPECT_EQ(say(number, reply(1, milliseconds{1})),
            "64 bytes from 10.0.2.2: icmp_seq=1 ttl=62 time=1.000 ms\n");
}

TEST(PingText, says_at_once_what_its_mode_cannot_tell) {
  const auto out = say(Start{.unknowable = {"without CAP_NET_RAW: the kernel writes the IP header "
                                            "and keeps damaged and foreign replies to itself"}});
  EXPECT_EQ(out,
            "PING web (10.0.2.2) 56(84) bytes of data.\n"
            "     without CAP_NET_RAW: the kernel writes the IP header and keeps damaged and\n"
            "     foreign replies to itself\n");
}

TEST(PingText, marks_what_is_odd_about_an_answer) {
  auto odd = reply(3, milliseconds{4});
  odd.duplicate = odd.late = odd.reordered = odd.truncated = odd.other_address = true;
  odd.from = router;
  EXPECT_EQ(say(odd),
            "64 bytes from 10.0.1.1: icmp_seq=3 ttl=62 time=4.000 ms (DUP!) (DIFFERENT ADDRESS!) "
            "(truncated) (late) (out of order)\n");
}

TEST(PingText, leaves_out_what_is_not_known_of_an_answer) {
  auto bare = reply(3, milliseconds{4});
  bare.ttl.reset();
  bare.rtt.reset();
  EXPECT_EQ(say(bare), "64 bytes from web (10.0.2.2): icmp_seq=3\n");
}

TEST(PingText, shows_the_octet_that_is_wrong_on_a_line_of_its_own) {
  auto wrong = reply(3, milliseconds{4});
  wrong.corrupt_octet = 20, wrong.corrupt_was = 0x14, wrong.corrupt_is = 0xff;
  EXPECT_EQ(say(wrong),
            "64 bytes from web (10.0.2.2): icmp_seq=3 ttl=62 time=4.000 ms\n"
            "wrong data byte #20 should be 0x14 but was 0xff\n");
  EXPECT_EQ(say(Corrupt{.sequence = 3, .from = web, .octet = 20, .was = 0x14, .is = 0xff}),
            "From web (10.0.2.2) icmp_seq=3 (BAD CHECKSUM!)\n"
            "wrong data byte #20 should be 0x14 but was 0xff\n");
  EXPECT_EQ(say(Corrupt{.from = web}), "From web (10.0.2.2) icmp_seq=? (BAD CHECKSUM!)\n");
}

TEST(PingText, explains_an_error_once_for_each_sender_and_message) {
  PingText text{for_web()};
  EXPECT_THAT(say(text, prohibited(1)), HasSubstr("communication administratively"));
  EXPECT_EQ(say(text, prohibited(2)), "From 10.0.1.1 icmp_seq=2 Packet filtered\n");
  auto other = prohibited(3);
  other.from = address("10.0.9.9");
  EXPECT_THAT(say(text, other), HasSubstr("communication administratively"));
  auto code = prohibited(4);
  code.icmp.code = 1;
  EXPECT_THAT(say(text, code), HasSubstr("ICMP 3/1, host unreachable"));
}

TEST(PingText, explains_every_error_when_it_is_verbose) {
  auto options = for_web();
  options.verbose = true;
  PingText text{options};
  (void)say(text, prohibited(1));
  EXPECT_THAT(say(text, prohibited(2)), HasSubstr("communication administratively"));
}

TEST(PingText, puts_the_number_into_the_words_that_have_one) {
  auto error = prohibited(1);
  error.icmp = {.version = 4, .type = 3, .code = 4, .mtu = 1'400};
  EXPECT_THAT(say(error), HasSubstr("icmp_seq=1 Frag needed and DF set (mtu = 1400)\n"));
  error.icmp = {.version = 4, .type = 12, .code = 0, .pointer = 8};
  EXPECT_THAT(say(error), HasSubstr("Parameter problem: pointer = 8\n"));
}

TEST(PingText, tells_an_error_that_nobody_defined_by_its_numbers) {
  auto error = prohibited(1);
  error.icmp = {.version = 4, .type = 77, .code = 9};
  error.error_code = 0;
  EXPECT_EQ(say(error),
            "From 10.0.1.1 icmp_seq=1 ICMP type 77, code 9\n"
            "     ICMP 77/9, which no RFC defines, after 2.104 ms; a program would be told\n"
            "     nothing\n");
}

TEST(PingText, says_how_little_of_the_packet_came_back) {
  auto error = prohibited(1);
  EXPECT_THAT(say(error), ::testing::Not(HasSubstr("quotes")));
  error.quoted_octets = 28;
  EXPECT_THAT(say(error), HasSubstr("     it quotes 28 octets of our 84\n"));
  PingText datagram{for_web()};
  (void)say(datagram, Start{.mode = "datagram"});
  EXPECT_THAT(say(datagram, error), ::testing::Not(HasSubstr("quotes")));
}

TEST(PingText, says_that_a_neighbour_does_not_answer_and_that_no_icmp_was_there) {
  auto error = prohibited(1);
  error.from = address("10.0.0.1");
  error.icmp = {.version = 4, .type = 3, .code = 1};
  error.neighbor = true;
  EXPECT_EQ(say(error),
            "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n"
            "     ICMP 3/1, host unreachable, after 2.104 ms; a program would get\n"
            "     EHOSTUNREACH\n"
            "     our own system says so: the next hop does not answer ARP, and no ICMP was\n"
            "     on the wire but our own on lo\n");
  error.from = address("2001:db8::1");
  EXPECT_THAT(say(error), HasSubstr("does not answer neighbour"));
}

TEST(PingText, says_which_program_would_get_the_errno) {
  const auto error = [](std::uint8_t type, std::uint8_t code, int error_code) {
    auto out = prohibited(1);
    out.icmp.type = type, out.icmp.code = code, out.error_code = error_code;
    out.rtt.reset();
    return say(out);
  };
  EXPECT_THAT(error(3, 3, ECONNREFUSED), HasSubstr("; a program would get ECONNREFUSED"));
  EXPECT_THAT(error(3, 4, EMSGSIZE), HasSubstr("; a program with UDP would get\n     EMSGSIZE"));
  EXPECT_THAT(error(4, 0, EREMOTEIO), HasSubstr("; a program with IP_RECVERR would get EREMOTEIO"));
  EXPECT_THAT(error(5, 1, EREMOTEIO),
              HasSubstr("; a program with IP_RECVERR would get\n     EREMOTEIO"));
}

TEST(PingText, shows_extensions_and_what_the_path_changed) {
  auto error = prohibited(1);
  error.rtt.reset();
  error.icmp.extensions = IcmpExtensionReport{
      .mpls = {{.label = 24'015, .bottom_of_stack = true, .ttl = Ttl{1}}},
      .interfaces =
          {{.role = 2, .index = 7, .address = router, .name = "ge-0/0/1\x1b[31m", .mtu = 1'500}},
      .unknown = {{.class_number = 200, .class_type = 1, .octets = {1, 2, 3}}}};
  error.quoted_changes = {
      {.field = QuotedField::dscp, .was = std::uint64_t{46}, .is = std::uint64_t{0}},
      {.field = QuotedField::source, .was = address("10.0.0.1"), .is = address("203.0.113.5")}};
  const auto out = say(error);
  EXPECT_EQ(out,
            "From 10.0.1.1 icmp_seq=1 Packet filtered\n"
            "     ICMP 3/13, communication administratively prohibited; a program would get\n"
            "     EHOSTUNREACH\n"
            "     MPLS label 24015, TC 0, bottom of stack, TTL 1\n"
            "     the packet would leave by interface ge-0/0/1\\x1b[31m, index 7, 10.0.1.1,\n"
            "     MTU 1500\n"
            "     extension object of class 200, type 1, 3 octets\n"
            "     the path changed our packet: dscp 46 -> 0\n"
            "     the path changed our packet: source 10.0.0.1 -> 203.0.113.5\n");
  error.icmp.extensions.reset();
  error.icmp.extension_fault = "wrong checksum";
  EXPECT_THAT(say(error), HasSubstr("cannot be read: wrong checksum\n"));
}

TEST(PingText, speaks_of_losses_and_foreign_answers_only_when_verbose) {
  EXPECT_THAT(say(Lost{.sequence = 3}), IsEmpty());
  EXPECT_THAT(say(Foreign{.from = web}), IsEmpty());
  auto options = for_web();
  options.verbose = true;
  PingText text{options};
  EXPECT_EQ(say(text, Lost{.sequence = 3}), "icmp_seq=3 given up: no answer in time\n");
  EXPECT_EQ(say(text, Foreign{.from = router, .wire_sequence = 9}),
            "From 10.0.1.1 icmp_seq=9 not ours: it lacks this run's tag\n");
  EXPECT_EQ(say(text, reply(1, milliseconds{1})),
            "64 bytes from web (10.0.2.2): icmp_seq=1 ttl=62 time=1.000 ms\n"
            "     measured by the kernel's clock, 0.001251 ms at most off\n");
}

TEST(PingText, says_only_the_first_line_and_the_sum_when_it_is_quiet) {
  auto options = for_web();
  options.quiet = true;
  PingText text{options};
  EXPECT_FALSE(say(text, Start{}).empty());
  for (const auto& what : std::vector<Happening>{
           reply(1, milliseconds{1}), prohibited(1), Lost{}, Outstanding{}, Foreign{}, Corrupt{},
           Refused{}, Change{.what = "reply_ttl", .was = "1", .is = "2"}, ClockStep{}, Drops{}})
    EXPECT_THAT(say(text, what), IsEmpty());
  EXPECT_FALSE(say(text, sum()).empty());
}

TEST(PingText, says_what_is_outstanding_refused_and_dropped) {
  EXPECT_EQ(say(Outstanding{.sequence = 4}), "no answer yet for icmp_seq=4\n");
  EXPECT_EQ(say(Refused{.sequence = 4, .failure = {"send", EPERM, "to 10.0.2.2"}}),
            "icmp_seq=4 not sent: send to 10.0.2.2: Operation not permitted (EPERM)\n");
  EXPECT_EQ(say(Drops{.count = 1}),
            "     our own system dropped 1 received packet before we could read it\n");
  EXPECT_EQ(say(Drops{.count = 7}),
            "     our own system dropped 7 received packets before we could read them\n");
}

TEST(PingText, breaks_a_long_refusal_between_its_words) {
  const auto out =
      say(Refused{.sequence = 4'000'000,
                  .failure = {"send", EADDRNOTAVAIL, "to 2001:db8:1111:2222:3333:4444:5555:6666"}});
  EXPECT_LE(widest(out), 80U) << out;
}

TEST(PingText, tells_what_changes) {
  EXPECT_EQ(say(Change{.what = "reply_ttl", .was = "60", .is = "62"}),
            "     reply ttl 60 -> 62: the way back has become two hops shorter\n");
  EXPECT_EQ(say(Change{.what = "path_mtu", .was = "1500", .is = "1400"}),
            "     path MTU 1500 -> 1400: what is larger leaves in fragments from now on\n");
  EXPECT_EQ(say(Change{.what = "path_mtu", .was = "", .is = "1400"}),
            "     path MTU 1400: what is larger leaves in fragments from now on\n");
}

TEST(PingText, tells_when_the_clock_was_set) {
  const auto out = say(ClockStep{-3'600'000'000'000});
  EXPECT_THAT(out, HasSubstr("3600.000 s back"));
  EXPECT_LE(widest(out), 80U);
}

TEST(PingText, puts_the_time_before_lines_when_asked) {
  auto options = for_web();
  options.timestamps = true;
  PingText text{options};
  EXPECT_EQ(say(text, reply(1, milliseconds{1})),
            "[1700000000.123456] 64 bytes from web (10.0.2.2): icmp_seq=1 ttl=62 time=1.000 ms\n");
}

TEST(PingText, puts_the_frames_of_probe_and_answer_behind_a_line_when_asked) {
  auto options = for_web();
  options.frames = true;
  PingText text{options};
  const auto with = [&text](Happening what, std::vector<std::uint64_t> frames) {
    return text({.event = {.what = std::move(what)}, .frames = std::move(frames)});
  };
  EXPECT_THAT(with(Sent{.probe = ProbeId{7}, .sequence = 8}, {3}), IsEmpty());
  auto answer = reply(8, milliseconds{1});
  answer.probe = ProbeId{7};
  EXPECT_THAT(with(answer, {4}), HasSubstr("time=1.000 ms [frames 3 4]\n"));
  answer.duplicate = true;
  EXPECT_THAT(with(answer, {9}), HasSubstr("time=1.000 ms (DUP!)\n     [frames 3 9]\n"));
  answer.probe = ProbeId{9};
  EXPECT_THAT(with(answer, {10}), HasSubstr("[frame 10]\n"));
  EXPECT_THAT(with(answer, {}), HasSubstr("[no frames]\n"));
  EXPECT_THAT(with(Sent{.probe = ProbeId{9}}, {11, 12, 13, 14}), IsEmpty());
  EXPECT_THAT(with(answer, {15, 17, 18}), HasSubstr("[frames 11-15 17 18]\n"));
  EXPECT_THAT(with(prohibited(1), {20}), HasSubstr(" [frame 20]\n"));
  EXPECT_THAT(with(Corrupt{.from = web}, {21}), HasSubstr(" [frame 21]\n"));
  EXPECT_THAT(say(reply(1, milliseconds{1})), Not(HasSubstr("frame")));
}

TEST(PingText, puts_frames_below_a_line_that_is_too_long_for_them) {
  auto options = for_web();
  options.frames = true;
  for (const bool color : {false, true}) {
    options.color = color;
    PingText text{options};
    auto answer = reply(1, milliseconds{1});
    answer.duplicate = true;
    const auto out = text({.event = {.what = answer}, .frames = {1, 3, 5}});
    EXPECT_THAT(out, HasSubstr("\n     [frames 1 3 5]\n"));
    const auto fits = text({.event = {.what = reply(1, milliseconds{1})}, .frames = {1}});
    EXPECT_THAT(fits, Not(HasSubstr("\n     [")));
    std::vector<std::uint64_t> many;
    for (std::uint64_t i = 0; i < 60; ++i) many.push_back(1'000 + 2 * i);
    if (!color) {
      EXPECT_LE(widest(text({.event = {.what = answer}, .frames = many})), 80U);
    }
  }
}

TEST(PingText, says_that_a_capture_lacks_packets) {
  EXPECT_EQ(say(Drops{DropPlace::capture, 2}),
            "     the capture lacks 2 packets: no room, or another interface\n");
  auto options = for_web();
  options.quiet = true;
  PingText text{options};
  EXPECT_THAT(say(text, PingSummary{.final = false}), Not(HasSubstr("capture")));
  EXPECT_THAT(say(text, Drops{DropPlace::socket, 2}), IsEmpty());
  EXPECT_THAT(say(text, Drops{DropPlace::capture, 2}), IsEmpty());
  EXPECT_THAT(say(text, Drops{DropPlace::capture, 5}), IsEmpty());
  EXPECT_THAT(say(text, PingSummary{}), ::testing::EndsWith("\nthe capture lost 7 frames\n"));
  EXPECT_EQ(say(text, Drops{DropPlace::capture, 1}), "the capture lost 8 frames\n");
}

TEST(PingText, colors_words_of_state_and_nothing_else) {
  auto options = for_web();
  options.color = true;
  PingText text{options};
  EXPECT_EQ(say(text, Lost{}), "");
  EXPECT_THAT(say(text, prohibited(1)), HasSubstr("icmp_seq=1 \x1b[31mPacket filtered\x1b[0m\n"));
  EXPECT_THAT(say(prohibited(1)), ::testing::Not(HasSubstr("\x1b")));
}

TEST(PingText, lets_no_name_do_anything_to_the_terminal) {
  PingText text{{.target = "\x1b]0;x\x07", .address = web}};
  auto out = say(text, Start{});
  out += say(text, reply(1, milliseconds{1}));
  out += say(text, prohibited(1), "r1\x1b[2J\n\xe2\x80\xae");
  out += say(text, sum());
  for (const char c : out)
    EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
  EXPECT_THAT(out, ::testing::Not(HasSubstr("\xe2\x80\xae")));
  EXPECT_THAT(out, HasSubstr("r1\\x1b[2J\\x0a"));
}

TEST(PingText, remembers_a_name_that_came_with_one_event_for_the_next) {
  PingText text{for_web()};
  (void)say(text, prohibited(1), "r1");
  EXPECT_EQ(say(text, prohibited(2)), "From r1 (10.0.1.1) icmp_seq=2 Packet filtered\n");
}

TEST(PingText, sums_up_what_went_wrong_in_words) {
  auto s = sum();
  s.sent = 20, s.received = 11, s.lost = 4, s.waiting = 2, s.errors = 3;
  s.errors_by_sender = {
      {.from = router, .type = 3, .code = 13, .count = 2},
      {.from = address("10.0.0.1"), .type = 3, .code = 1, .neighbor = true, .count = 1}};
  s.late = 1, s.duplicates = 2, s.corrupt = 3, s.reordered = 4, s.foreign = 5, s.refused = 6;
  s.drops = 7;
  const auto out = say(s);
  EXPECT_THAT(out, HasSubstr("20 packets transmitted, 11 received, +2 duplicates, +3 corrupted, "
                             "+3 errors, 45% packet loss, time 5052ms\n"));
  EXPECT_THAT(out, HasSubstr("of 20: 11 answered, 2 refused by 10.0.1.1 (3/13), 1 stopped by a "
                             "neighbour that\ndoes not answer, 4 silent, 2 still on the way; 6 "
                             "could not be sent; 1 late; 4\nout of order; 5 not ours; 7 dropped by "
                             "our own system\n"));
}

TEST(PingText, sums_up_a_run_in_which_nothing_was_sent_or_answered) {
  EXPECT_EQ(say(PingSummary{}),
            "\n--- web ping statistics ---\n"
            "0 packets transmitted, 0 received, time 0ms\n"
            "of 0: 0 answered, 0 silent\n");
  EXPECT_EQ(say(PingSummary{.sent = 2, .lost = 2}),
            "\n--- web ping statistics ---\n"
            "2 packets transmitted, 0 received, 100% packet loss, time 0ms\n"
            "of 2: 0 answered, 2 silent\n");
}

TEST(PingText, says_that_a_sum_is_not_the_last_one) {
  EXPECT_THAT(say(PingSummary{.final = false}), HasSubstr("--- web ping statistics so far ---\n"));
}

TEST(PingText, keeps_the_sum_of_long_times_within_the_page) {
  auto s = sum();
  s.rtt->median = s.rtt->p95 = s.rtt->p99 = s.rtt->max = s.rtt->mean = std::chrono::seconds{99'999};
  s.rtt->jitter = s.rtt->stddev = std::chrono::seconds{9'999};
  EXPECT_LE(widest(say(s)), 80U) << say(s);
}

}  // namespace
}  // namespace sonda::report
