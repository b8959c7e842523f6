// What a scan prints, word for word.
#include <cerrno>
#include <chrono>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/report/layout.hpp>
#include <sonda/report/scan_text.hpp>
#include <sonda/report/scan_words.hpp>

namespace sonda::report {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

Address address(std::string_view text) { return *Address::parse(text); }

const Address web = address("10.0.2.2");
const Address router = address("10.0.1.1");
constexpr const char* how = "connect() without root, deadline 2.5 s";

ScanTextOptions for_ports(std::uint64_t ports) {
  return {.ports_of = [ports](const Address&) { return ports; }, .ports = ports, .how = how};
}

std::string say(ScanText& text, Happening what) {
  return text({.event = {.what = std::move(what)}});
}

std::string say_all(ScanText& text, const std::vector<Happening>& all) {
  std::string out;
  for (const auto& what : all) out += say(text, what);
  return out;
}

std::size_t widest(const std::string& text) {
  std::istringstream lines{text};
  std::size_t out = 0;
  for (std::string line; std::getline(lines, line);) out = std::max(out, display_width(line));
  return out;
}

std::optional<RttSample> rtt(Duration value) {
  return RttSample{.rtt = value, .error = Duration{50}, .clock = StampClock::user};
}

PortResult open(std::uint16_t port) {
  return {.address = web,
          .port = Port{port},
          .state = PortState::open,
          .cause = {.kind = CauseKind::answer, .from = web, .from_target = true},
          .rtt = rtt(microseconds{412})};
}
PortResult closed(std::uint16_t port) {
  return {.address = web,
          .port = Port{port},
          .state = PortState::closed,
          .error_code = ECONNREFUSED,
          .cause = {.kind = CauseKind::rst, .from = web, .from_target = true},
          .rtt = rtt(microseconds{398})};
}
PortResult rejected(std::uint16_t port, std::uint8_t code, int error_code, Duration after) {
  return {.address = web,
          .port = Port{port},
          .state = PortState::rejected,
          .error_code = error_code,
          .cause = {.kind = CauseKind::icmp,
                    .from = router,
                    .icmp = IcmpReport{.version = 4, .type = 3, .code = code}},
          .rtt = rtt(after)};
}
PortResult filtered(std::uint16_t port) {
  return {.address = web,
          .port = Port{port},
          .state = PortState::filtered,
          .error_code = ETIMEDOUT,
          .cause = {.kind = CauseKind::silence,
                    .deadline = Whose::system,
                    .tries = {milliseconds{0}, milliseconds{1'000}, milliseconds{2'000}}},
          .took = milliseconds{2'531},
          .attempts = 3};
}

ScanSummary sum(std::array<std::uint64_t, ScanSummary::states> states, Duration elapsed) {
  ScanSummary out{.hosts = 1, .by_state = states, .elapsed = elapsed};
  for (const auto count : states) out.ports += count;
  return out;
}

TEST(ScanText, tells_each_port_with_its_cause) {
  ScanText text{for_ports(5)};
  EXPECT_THAT(say(text, Start{}), IsEmpty());
  // In whatever order they come.
  EXPECT_THAT(say(text, rejected(8'080, 13, EHOSTUNREACH, microseconds{209})), IsEmpty());
  EXPECT_THAT(say(text, open(22)), IsEmpty());
  EXPECT_THAT(say(text, closed(80)), IsEmpty());
  EXPECT_THAT(say(text, rejected(81, 3, ECONNREFUSED, microseconds{214})), IsEmpty());
  EXPECT_EQ(say(text, filtered(443)),
            "10.0.2.2: 5 ports, connect() without root, deadline 2.5 s\n"
            "PORT      STATE     ERRNO         CAUSE\n"
            "22/tcp    open      -             SYN-ACK                              0.412 ms\n"
            "80/tcp    closed    ECONNREFUSED  RST                                  0.398 ms\n"
            "81/tcp    rejected  ECONNREFUSED  ICMP 3/3 port unreachable            0.214 ms\n"
            "                                  from 10.0.1.1, not the target\n"
            "443/tcp   filtered  ETIMEDOUT     silence: SYN at 0, 1.0, 2.0 s        2.531 s\n"
            "8080/tcp  rejected  EHOSTUNREACH  ICMP 3/13 admin. prohibited          0.209 ms\n"
            "                                  from 10.0.1.1, not the target\n");
  EXPECT_EQ(say(text, sum({1, 1, 2, 0, 1}, milliseconds{2'532})),
            "\n"
            "1 open, 1 closed, 2 rejected, 1 filtered; 2.53 s\n"
            "80 and 81 give one errno for two reasons: the host refused 80 (RST), the router\n"
            "10.0.1.1 refused 81 (ICMP).\n");
}

TEST(ScanText, counts_the_most_frequent_state_where_it_fills_the_page) {
  ScanText text{for_ports(1'000)};
  std::string out;
  for (std::uint16_t port = 1; port <= 996; ++port) out += say(text, closed(port));
  for (std::uint16_t port = 2'000; port <= 2'002; ++port) out += say(text, open(port));
  out += say(text, filtered(3'000));
  EXPECT_THAT(out, HasSubstr("2000/tcp  open"));
  EXPECT_THAT(out, HasSubstr("3000/tcp  filtered"));
  EXPECT_THAT(out, HasSubstr("\n996 closed ports (RST) not shown\n"));
  EXPECT_THAT(out, Not(HasSubstr("7/tcp     closed")));
}

TEST(ScanText, counts_hidden_ports_by_their_reasons) {
  ScanText text{for_ports(30)};
  std::string out;
  for (std::uint16_t port = 1; port <= 20; ++port)
    out += say(text, rejected(port, 13, EHOSTUNREACH, microseconds{209}));
  for (std::uint16_t port = 21; port <= 30; ++port)
    out += say(text, rejected(port, 10, EHOSTUNREACH, microseconds{209}));
  EXPECT_THAT(out, HasSubstr("30 rejected ports (ICMP 3/13 from 10.0.1.1: 20, ICMP 3/10 from "
                             "10.0.1.1: 10) not\nshown\n"));
}

TEST(ScanText, shows_all_where_all_are_asked_for) {
  auto options = for_ports(1'500);
  options.all = true;
  ScanText text{std::move(options)};
  std::string out;
  for (std::uint16_t port = 1; port <= 1'500; ++port) out += say(text, closed(port));
  EXPECT_THAT(out, HasSubstr("1500/tcp  closed"));
  EXPECT_THAT(out, Not(HasSubstr("not shown")));
}

TEST(ScanText, shows_open_ports_only_where_they_are_asked_for) {
  auto options = for_ports(3);
  options.only_open = true;
  ScanText text{std::move(options)};
  const auto out = say_all(text, {open(22), closed(80), filtered(81)});
  EXPECT_THAT(out, HasSubstr("22/tcp"));
  EXPECT_THAT(out, Not(HasSubstr("80/tcp")));
  EXPECT_THAT(out, HasSubstr("1 closed port (RST) not shown\n"));
  EXPECT_THAT(out, HasSubstr("1 filtered port (silence) not shown\n"));
}

TEST(ScanText, keeps_no_more_rows_of_a_state_than_it_says) {
  ScanText text{for_ports(5'000)};
  std::string out;
  for (std::uint16_t port = 1; port <= 3'000; ++port) out += say(text, closed(port));
  for (std::uint16_t port = 3'001; port <= 5'000; ++port) out += say(text, filtered(port));
  EXPECT_THAT(out, HasSubstr("3,000 closed ports (RST) not shown"));
  EXPECT_THAT(out, HasSubstr("1,000 more filtered ports not shown; --all shows all"));
}

TEST(ScanText, widens_the_column_of_states_for_a_long_word) {
  ScanText text{for_ports(1)};
  auto port = closed(22);
  port.state = PortState::unreachable;
  port.error_code = EHOSTUNREACH;
  port.cause = {.kind = CauseKind::neighbor, .from = address("10.0.2.1")};
  port.rtt.reset();
  port.took = milliseconds{3'062};
  EXPECT_EQ(say(text, port),
            "10.0.2.2: 1 port, connect() without root, deadline 2.5 s\n"
            "PORT      STATE        ERRNO         CAUSE\n"
            "22/tcp    unreachable  EHOSTUNREACH  neighbor: nobody answers ARP      3.062 s\n");
}

TEST(ScanText, tells_a_firewalls_rst_from_the_targets) {
  ScanText text{for_ports(1)};
  auto port = closed(22);
  port.cause.hops_nearer = 2;
  EXPECT_THAT(say(text, port),
              HasSubstr("RST                                  0.398 ms\n"
                        "                                  from 2 hops nearer than "
                        "the target\n"
                        "                                  answers: a firewall's\n"));
}

TEST(ScanText, says_what_this_machine_refused) {
  ScanText text{for_ports(1)};
  auto port = closed(22);
  port.state = PortState::unknown;
  port.error_code = EPERM;
  port.cause = {.kind = CauseKind::system, .failure = Failure{"connect", EPERM, "to 10.0.2.2"}};
  const auto out = say(text, port);
  EXPECT_THAT(out, HasSubstr("this machine: connect to 10.0.2.2:"));
  EXPECT_LE(widest(out), page_width);
}

TEST(ScanText, writes_a_banner_below_its_port_and_makes_it_harmless) {
  ScanText text{for_ports(3)};
  auto ssh = open(22), rude = open(23), mute = open(24);
  ssh.banner = "SSH-2.0-OpenSSH_9.2p1\r\n";
  rude.banner = "\x1b[2Jowned\a\r\nline 2\r\n" + std::string(500, 'x') + "\r\nline 4";
  mute.banner = "";
  const auto out = say_all(text, {ssh, rude, mute});
  EXPECT_THAT(out, HasSubstr("0.412 ms\n          SSH-2.0-OpenSSH_9.2p1\n23/tcp"));
  EXPECT_THAT(out, HasSubstr("          \\x1b[2Jowned\\x07\n          line 2\n"));
  EXPECT_THAT(out, HasSubstr("          ... 528 octets in all\n"));
  EXPECT_THAT(out,
              HasSubstr("24/tcp    open      -             SYN-ACK                              "
                        "0.412 ms\n          says nothing first\n"));
  EXPECT_LE(widest(out), page_width);
}

TEST(ScanText, cuts_a_wide_banner_between_characters) {
  ScanText text{for_ports(1)};
  auto port = open(22);
  port.banner = "";
  for (int i = 0; i < 60; ++i) *port.banner += "\u6f22";
  const auto out = say(text, port);
  EXPECT_LE(widest(out), page_width);
  EXPECT_THAT(out, Not(HasSubstr("\\x")));
}

TEST(ScanText, gives_each_of_several_hosts_its_table_when_it_is_complete) {
  auto options = for_ports(2);
  options.hosts = 2;
  ScanText text{std::move(options)};
  auto other = closed(80);
  other.address = router;
  other.target = "r\x1b";
  EXPECT_THAT(say(text, open(22)), IsEmpty());
  EXPECT_THAT(say(text, other), IsEmpty());
  EXPECT_THAT(say(text, closed(80)), StartsWith("10.0.2.2: 2 ports"));
  auto summary = sum({1, 2}, milliseconds{10});
  summary.hosts = 2;
  summary.ports = 4;
  EXPECT_EQ(say(text, summary),
            "r\\x1b (10.0.1.1): 1 port, connect() without root, deadline 2.5 s\n"
            "PORT      STATE     ERRNO         CAUSE\n"
            "80/tcp    closed    ECONNREFUSED  RST                                  0.398 ms\n"
            "\n"
            "2 hosts: 1 open, 2 closed; 0.01 s\n"
            "interrupted: 3 of 4 ports are known\n");
}

TEST(ScanText, prints_open_ports_of_a_sweep_as_they_come_and_nothing_else) {
  auto options = for_ports(1);
  options.hosts = 65'536;
  options.ports = 65'536;
  options.interesting = [](const PortResult& port) { return port.port == Port{81}; };
  ScanText text{std::move(options)};
  EXPECT_EQ(say(text, Start{}),
            "65,536 hosts, 65,536 ports, connect() without root, deadline 2.5 s\n");
  EXPECT_THAT(say(text, closed(80)), IsEmpty());
  EXPECT_EQ(say(text, open(22)), "10.0.2.2         22/tcp    open      SYN-ACK  0.412 ms\n");
  EXPECT_EQ(say(text, rejected(81, 3, ECONNREFUSED, microseconds{214})),
            "10.0.2.2         81/tcp    rejected  ECONNREFUSED, ICMP 3/3 from 10.0.1.1, port "
            "unreachable  0.214 ms\n");
}

TEST(ScanText, names_the_message_where_one_router_gives_one_errno_for_two) {
  ScanText text{for_ports(2)};
  const auto out = say_all(
      text, {rejected(21, 13, EHOSTUNREACH, microseconds{1}),
             rejected(22, 10, EHOSTUNREACH, microseconds{1}), sum({0, 0, 2}, milliseconds{10})});
  EXPECT_THAT(out,
              HasSubstr("21 and 22 give one errno for two reasons: the router 10.0.1.1 refused "
                        "21 (ICMP\n3/13), the router 10.0.1.1 refused 22 (ICMP 3/10).\n"));
}

TEST(ScanText, says_how_it_stands_when_asked) {
  ScanText text{for_ports(5)};
  auto summary = sum({1, 1}, milliseconds{1'500});
  summary.final = false;
  summary.ports = 5;
  EXPECT_EQ(say(text, summary), "so far: 1 open, 1 closed; 2 of 5 ports, 1.50 s\n");
}

TEST(ScanText, estimates_what_was_missed) {
  ScanText text{for_ports(0)};
  auto summary = sum({30, 10, 0, 0, 5}, milliseconds{1'500});
  summary.answered_at = {38, 2};
  summary.path_loss = 0.05;
  summary.miss_probability = 0.000125;
  EXPECT_THAT(say(text, summary),
              HasSubstr("Loss on the path: 5.0 %, judged from 40 answers. A port that would answer "
                        "is\ncalled filtered with a probability of 0.013 %.\n"));
  summary.path_loss = 0, summary.miss_probability = 0;
  EXPECT_THAT(say(text, summary), HasSubstr("All 40 answers came to the first SYN"));
  summary.path_loss.reset();
  EXPECT_THAT(say(text, summary), Not(HasSubstr("answers")));
}

TEST(ScanText, tells_notices_in_sentences_below_the_sum) {
  ScanText text{for_ports(1)};
  std::string out = say(text, open(22));
  out +=
      say(text, Notice{.what = NoticeKind::everything_open, .address = web, .count = 4, .of = 4});
  out += say(text, Notice{.what = NoticeKind::descriptors, .count = 50, .of = 512});
  out += say(text, Notice{.what = NoticeKind::descriptors, .count = 40, .of = 512});
  out += say(text, sum({1}, milliseconds{3}));
  EXPECT_THAT(out, HasSubstr("\n1 open; 0.00 s\n10.0.2.2: 4 of 4 ports that nobody uses"));
  EXPECT_THAT(out, HasSubstr("This machine allows 50 sockets at a time instead of 512"));
  EXPECT_LE(widest(out), page_width);
  for (const auto& [kind, word] : {std::pair{NoticeKind::tarpit, "hangs"},
                                   std::pair{NoticeKind::silent_host, "sonda ping 10.0.2.2"}})
    EXPECT_THAT(say(text, Notice{.what = kind, .address = web, .count = 1, .of = 2}),
                HasSubstr(word));
}

TEST(ScanText, colors_state_words_alone_and_keeps_the_columns) {
  auto options = for_ports(1);
  options.color = true;
  ScanText text{std::move(options)};
  EXPECT_THAT(say(text, open(22)),
              HasSubstr("22/tcp    \x1b[32mopen\x1b[0m      -             SYN-ACK"));
}

TEST(ScanText, shows_the_frames_of_a_port) {
  auto options = for_ports(1);
  options.frames = true;
  ScanText text{std::move(options)};
  EXPECT_THAT(text({.event = {.what = open(22)}, .frames = {3, 4}}),
              HasSubstr("0.412 ms\n                                  frames 3 4\n"));
}

TEST(ScanText, does_not_print_control_ports_or_anything_where_it_shall_be_quiet) {
  ScanText text{for_ports(1)};
  auto control = open(40'000);
  control.control = true;
  EXPECT_THAT(say(text, control), IsEmpty());
  auto options = for_ports(1);
  options.quiet = true;
  ScanText quiet{std::move(options)};
  EXPECT_THAT(say(quiet, open(22)), IsEmpty());
  EXPECT_EQ(say(quiet, sum({1}, milliseconds{3})), "1 open; 0.00 s\n");
}

TEST(ScanWords, give_times_in_nine_columns) {
  PortResult port;
  for (const auto& [ns, wanted] : {std::pair{412'000LL, "0.412 ms"},
                                   {99'999'400LL, "99.999 ms"},
                                   {99'999'600LL, "100.0 ms"},
                                   {999'940'000LL, "999.9 ms"},
                                   {999'960'000LL, "1.000 s"},
                                   {2'531'000'000LL, "2.531 s"},
                                   {120'000'000'000LL, "120 s"}}) {
    port.took = Duration{ns};
    EXPECT_EQ(time_text(port), wanted);
  }
}

TEST(ScanWords, write_numbers_as_people_do) {
  EXPECT_EQ(count_text(7), "7");
  EXPECT_EQ(count_text(65'535), "65,535");
  EXPECT_EQ(count_text(1'000'000), "1,000,000");
  EXPECT_EQ(seconds_text(milliseconds{2'500}), "2.5 s");
  EXPECT_EQ(seconds_text(milliseconds{3'000}), "3 s");
  EXPECT_EQ(seconds_text(milliseconds{250}), "0.25 s");
}

}  // namespace
}  // namespace sonda::report
