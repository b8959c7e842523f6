// What is expected of ports, and how what was found differs.
#include <cerrno>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scan/expectation.hpp"

namespace sonda::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

Address address(std::string_view text) { return *Address::parse(text); }
const Address web = address("10.0.2.2"), router = address("10.0.1.1");

Targets targets() {
  return Targets{
      net::Family::any, false,
      [](std::string_view name, net::Family) -> std::expected<std::vector<Address>, Failure> {
        if (name == "web") return std::vector{web};
        return std::unexpected{Failure{std::string{name} + ": name not found", 0, ""}};
      }};
}

PortResult result(std::uint16_t port, PortState state, CauseKind kind, int error_code = 0) {
  return {.address = web,
          .port = Port{port},
          .state = state,
          .error_code = error_code,
          .cause = {.kind = kind, .from = web, .from_target = true}};
}
PortResult open(std::uint16_t port) { return result(port, PortState::open, CauseKind::answer); }
PortResult closed(std::uint16_t port) {
  return result(port, PortState::closed, CauseKind::rst, ECONNREFUSED);
}
PortResult rejected(std::uint16_t port) {
  auto out = result(port, PortState::rejected, CauseKind::icmp, EHOSTUNREACH);
  out.cause.from = router;
  out.cause.from_target = false;
  out.cause.icmp = IcmpReport{.version = 4, .type = 3, .code = 13};
  return out;
}

struct File {
  explicit File(std::string_view content) : read{Expectation::read(content, "net.txt", all)} {}
  Targets all = targets();
  Asked<Expectation> read;
};

constexpr std::string_view three_lines =
    "# what should be\n"
    "web 22/tcp open\n"
    "445/tcp rejected-by 10.0.1.1   # by the firewall\n"
    "10.0.2.2 80,81 closed\n";

TEST(Expectation, brings_its_own_targets_and_ports) {
  File file{three_lines};
  ASSERT_TRUE(file.read.has_value()) << file.read.error().sentence;
  const auto plan = file.all.plan({}, {});
  EXPECT_EQ(plan->size(), 4U);
  EXPECT_TRUE(plan->place_of({web, Port{445}}).has_value());
}

TEST(Expectation, holds_when_all_is_as_it_says) {
  File file{three_lines};
  auto& expected = *file.read;
  for (const auto& port : {open(22), rejected(445), closed(80), closed(81)}) expected.take(port);
  const auto outcome = expected.outcome(*file.all.plan({}, {}), 4);
  EXPECT_TRUE(outcome.holds);
  EXPECT_EQ(outcome.text, "as expected: 4 ports\n");
}

TEST(Expectation, shows_each_difference_with_its_cause) {
  File file{three_lines};
  auto& expected = *file.read;
  for (const auto& port : {closed(22), closed(445), rejected(80), closed(81)}) expected.take(port);
  const auto outcome = expected.outcome(*file.all.plan({}, {}), 4);
  EXPECT_FALSE(outcome.holds);
  EXPECT_EQ(outcome.text,
            "-10.0.2.2 22/tcp open\n"
            "+10.0.2.2 22/tcp closed, ECONNREFUSED, RST\n"
            "-10.0.2.2 80/tcp closed\n"
            "+10.0.2.2 80/tcp rejected, EHOSTUNREACH, ICMP 3/13 from 10.0.1.1, admin. prohibited\n"
            "-10.0.2.2 445/tcp rejected by 10.0.1.1\n"
            "+10.0.2.2 445/tcp closed, ECONNREFUSED, RST\n"
            "not as expected: 3 differ; 1 as expected\n");
}

TEST(Expectation, wants_the_router_it_names) {
  const ExpectedState by_web{.state = PortState::rejected, .by = web};
  const ExpectedState by_router{.state = PortState::rejected, .by = router};
  EXPECT_FALSE(by_web.holds(rejected(1)));
  EXPECT_TRUE(by_router.holds(rejected(1)));
}

TEST(Expectation, takes_an_open_port_that_nobody_expects_for_a_difference) {
  File file{three_lines};
  auto& expected = *file.read;
  for (const auto& port : {open(22), rejected(445), closed(80), closed(81), open(23), closed(24)})
    expected.take(port);
  EXPECT_EQ(expected.outcome(*file.all.plan({}, {}), 6).text,
            "-10.0.2.2 23/tcp not open\n"
            "+10.0.2.2 23/tcp open, SYN-ACK\n"
            "not as expected: 1 differ; 4 as expected\n");
  auto elsewhere = open(23);
  elsewhere.address = router;
  File other{three_lines};
  other.read->take(elsewhere);
  EXPECT_THAT(other.read->outcome(*other.all.plan({}, {}), 5).text,
              HasSubstr("0 differ, 4 not known; 0 as expected"));
}

TEST(Expectation, does_not_hold_while_something_is_not_known) {
  File file{three_lines};
  file.read->take(open(22));
  const auto outcome = file.read->outcome(*file.all.plan({}, {}), 4);
  EXPECT_FALSE(outcome.holds);
  EXPECT_EQ(outcome.text, "not as expected: 0 differ, 3 not known; 1 as expected\n");
}

TEST(Expectation, of_one_word_is_about_every_port) {
  Expectation all_open{ExpectedState{}};
  all_open.take(open(22));
  EXPECT_TRUE(all_open.outcome({}, 1).holds);
  EXPECT_FALSE(all_open.outcome({}, 2).holds);
  auto control = closed(9);
  control.control = true;
  all_open.take(control);
  EXPECT_TRUE(all_open.outcome({}, 1).holds);
  all_open.take(closed(23));
  EXPECT_FALSE(all_open.outcome({}, 2).holds);
  Expectation never_asked{ExpectedState{}};
  EXPECT_FALSE(never_asked.outcome({}, 0).holds);
}

TEST(Expectation, lets_the_later_line_count) {
  File file{"web 1-100 closed\nweb 22 open\n"};
  file.read->take(open(22));
  file.read->take(closed(23));
  EXPECT_THAT(file.read->outcome(*file.all.plan({}, {}), 2).text,
              HasSubstr("as expected: 2 ports"));
}

TEST(Expectation, says_in_which_line_something_is_wrong) {
  for (const auto& [content, wanted] :
       {std::pair{"web 22 oepn\n", "net.txt:1: 'oepn' is no state; do you mean open?"},
        {"\n# x\n22 open\n", "net.txt:3: names no host, and there is none above"},
        {"web 22\n", "net.txt:1: a line is HOST PORTS STATE"},
        {"web 22 open by\n", "behind open only 'by ADDRESS' may stand"},
        {"web 22 rejected-by nobody\n", "'nobody' is no address"},
        {"web 22 open at once\n", "behind open only 'by ADDRESS' may stand"},
        {"web 99999 open\n", "is no port from 0 to 65535"},
        {"web 53/udp open\n", "sonda asks no UDP ports yet"},
        {"nosuch 22 open\n", "net.txt:1: nosuch: name not found"},
        {"# nothing\n", "net.txt: expects nothing"},
        {"", "net.txt: expects nothing"}}) {
    const File file{content};
    ASSERT_FALSE(file.read.has_value()) << content;
    EXPECT_THAT(file.read.error().sentence, HasSubstr(wanted));
  }
}

TEST(ReadState, tells_a_state_from_the_name_of_a_file) {
  EXPECT_EQ((*read_state("open"))->state, PortState::open);
  EXPECT_EQ((*read_state("rejected by 10.0.1.1"))->by, router);
  EXPECT_EQ((*read_state("rejected-by 10.0.1.1"))->by, router);
  EXPECT_FALSE(read_state("net.txt")->has_value());
  EXPECT_FALSE(read_state("./open")->has_value());
  EXPECT_FALSE(read_state("rejected by nobody").has_value());
}

}  // namespace
}  // namespace sonda::tools
