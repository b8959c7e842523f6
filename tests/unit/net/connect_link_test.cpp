// The connecting link over loopback, where our own kernel answers.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/connect_link.hpp>

#include "in_a_child.hpp"
#include "tcp_ends.hpp"

namespace sonda::net::testing {
namespace {

const Address v4 = Ipv4Address{127, 0, 0, 1};
const Address v6 = *Address::parse("::1");

class ConnectLinkTest : public ::testing::TestWithParam<Address> {
 protected:
  explicit ConnectLinkTest(const ConnectLinkOptions& options = {}) : link_{open(options)} {}
  static ConnectLink open(const ConnectLinkOptions& options) {
    auto link = ConnectLink::open(options);
    EXPECT_TRUE(link) << link.error().message();
    return std::move(*link);
  }
  [[nodiscard]] Address local() const { return GetParam(); }
  // What comes of this connect.
  std::optional<RecordingInbox::Report> ask(const Connect& action,
                                            Duration most = std::chrono::milliseconds{2000}) {
    transmit(link_, inbox_, action);
    return next_report(link_, inbox_, most);
  }
  void abandon(std::uint32_t flow = 0, Ending ending = Ending::reset) {
    transmit(link_, inbox_, Abandon{FlowId{flow}, ending});
  }

  ConnectLink link_;
  RecordingInbox inbox_;
};

INSTANTIATE_TEST_SUITE_P(BothVersions, ConnectLinkTest, ::testing::Values(v4, v6),
                         [](const auto& version) { return version.param.is_v4() ? "v4" : "v6"; });

TEST_P(ConnectLinkTest, tells_of_a_refusal_by_rst_with_an_empty_queue) {
  const ClosedPort closed;
  const auto before = now();
  const auto answer = ask(connect_to(local(), closed.port(), 3));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->report.flow, FlowId{3});
  EXPECT_EQ(answer->report.error_code, ECONNREFUSED);
  EXPECT_NE(answer->report.tcp_state, 1);
  EXPECT_EQ(answer->report.transmissions, 1);
  EXPECT_TRUE(answer->queue.empty());
  ASSERT_EQ(inbox_.sent.size(), 1U);
  const auto sent = inbox_.sent[0].second;
  EXPECT_EQ(sent.clock, StampClock::user);
  EXPECT_GE(sent.ns + sent.error_ns, before.time_since_epoch().count());
  EXPECT_GE(answer->report.stamp.ns, sent.ns);
}

TEST_P(ConnectLinkTest, tells_of_a_connection_that_stands_with_the_systems_round_trip) {
  const auto open = listen_at();
  const auto answer = ask(connect_to(local(), open.port));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->report.error_code, 0);
  EXPECT_EQ(answer->report.tcp_state, 1);
  EXPECT_EQ(answer->report.transmissions, 1);
  ASSERT_TRUE(answer->report.handshake);
  EXPECT_GT(*answer->report.handshake, Duration{});
  EXPECT_LT(*answer->report.handshake, std::chrono::milliseconds{50});
  ASSERT_TRUE(answer->report.window);
  EXPECT_GT(*answer->report.window, 0U);
}

TEST_P(ConnectLinkTest, half_open_connections_never_reach_the_server) {
  const auto open = listen_at({}, 4);
  for (int i = 0; i < 1000; ++i) {
    const auto answer = ask(connect_to(local(), open.port));
    ASSERT_TRUE(answer) << i;
    ASSERT_EQ(answer->report.tcp_state, 1) << i;
    abandon();
  }
  EXPECT_FALSE(open.has_visitor(300));
}

TEST_P(ConnectLinkTest, a_whole_handshake_reaches_the_server) {
  const auto open = listen_at();
  auto whole = connect_to(local(), open.port);
  whole.ending = Ending::reset;
  ASSERT_TRUE(ask(whole));
  EXPECT_TRUE(open.has_visitor(1000));
}

// What the server reads: ECONNRESET for a RST, 0 for a FIN.
int end_seen_by(const Listener& open) {
  if (!open.has_visitor(1000)) return -1;
  const auto server = open.accept();
  pollfd one{.fd = server.get(), .events = POLLIN, .revents = 0};
  ::poll(&one, 1, 1000);
  char octet = 0;
  const auto got = ::recv(server.get(), &octet, 1, MSG_DONTWAIT);
  return got < 0 ? errno : static_cast<int>(got);
}

TEST_P(ConnectLinkTest, ends_by_rst_or_by_fin_as_it_is_told) {
  for (const auto ending : {Ending::reset, Ending::fin}) {
    const auto open = listen_at();
    auto whole = connect_to(local(), open.port);
    whole.ending = ending;
    ASSERT_TRUE(ask(whole));
    EXPECT_TRUE(open.has_visitor(1000));
    abandon(0, ending);
    EXPECT_EQ(end_seen_by(open), ending == Ending::fin ? 0 : ECONNRESET);
  }
  // And the flow goes on with another socket.
  const ClosedPort closed;
  const auto answer = ask(connect_to(local(), closed.port()));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->report.error_code, ECONNREFUSED);
}

TEST_P(ConnectLinkTest, delivers_what_the_server_says_and_its_end) {
  const auto open = listen_at();
  auto whole = connect_to(local(), open.port);
  whole.ending = Ending::reset;
  ASSERT_TRUE(ask(whole));
  ASSERT_TRUE(open.has_visitor(1000));
  {
    const auto server = open.accept();
    ASSERT_EQ(::send(server.get(), "220 hello\r\n", 11, 0), 11);
    ASSERT_TRUE(drive(link_, inbox_, [&] { return inbox_.reports.size() >= 2; }));
    EXPECT_EQ(inbox_.reports[1].report.data.size(), 11U);
    EXPECT_EQ(inbox_.reports[1].report.error_code, 0);
    EXPECT_FALSE(inbox_.reports[1].report.end_of_data);
  }
  ASSERT_TRUE(drive(link_, inbox_, [&] { return inbox_.reports.size() >= 3; }));
  EXPECT_TRUE(inbox_.reports[2].report.end_of_data);
  abandon();
  EXPECT_FALSE(next_report(link_, inbox_, std::chrono::milliseconds{50}));
}

TEST_P(ConnectLinkTest, tells_of_a_connection_that_the_server_resets) {
  const auto open = listen_at();
  auto whole = connect_to(local(), open.port);
  whole.ending = Ending::reset;
  ASSERT_TRUE(ask(whole));
  ASSERT_TRUE(open.has_visitor(1000));
  {
    const auto server = open.accept();
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(server.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  const auto answer = next_report(link_, inbox_);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->report.error_code, ECONNRESET);
  // The socket is as good as new.
  const auto again = ask(whole);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->report.tcp_state, 1);
}

TEST_P(ConnectLinkTest, all_flows_leave_from_one_port) {
  const auto open = listen_at();
  std::vector<Descriptor> servers;
  for (std::uint32_t flow = 0; flow < 2; ++flow) {
    const auto other = listen_at();
    auto whole = connect_to(local(), flow == 0 ? open.port : other.port, flow);
    whole.ending = Ending::reset;
    ASSERT_TRUE(ask(whole));
    const auto server = (flow == 0 ? open : other).accept();
    sockaddr_in6 name{};
    socklen_t size = sizeof name;
    ::getpeername(server.get(), static_cast<sockaddr*>(static_cast<void*>(&name)), &size);
    EXPECT_EQ(Port{ntohs(name.sin6_port)}, link_.source_port());
  }
}

TEST_P(ConnectLinkTest, never_meets_itself_or_its_own_kind) {
  auto other = open({});
  const auto theirs = other.source_ports();
  link_.avoid(theirs);
  const auto own = link_.source_ports();
  const std::set<Port> ports{own[0], own[1], theirs[0], theirs[1]};
  EXPECT_EQ(ports.size(), 4U);
  for (int round = 0; round < 50; ++round)
    for (const auto port : ports) {
      const auto answer = ask(connect_to(local(), port));
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->report.error_code, ECONNREFUSED) << port.value();
    }
}

TEST_P(ConnectLinkTest, forgets_an_abandoned_connect_and_uses_its_socket_again) {
  // A listener whose queue is full answers no SYN.
  const auto full = listen_at({}, 0);
  std::vector<Descriptor> crowd;
  ConnectLink others = open({});
  RecordingInbox inbox;
  for (std::uint32_t i = 0; i < 8; ++i) {
    auto whole = connect_to(local(), full.port, i);
    whole.ending = Ending::reset;
    transmit(others, inbox, whole);
  }
  static_cast<void>(drive(others, inbox, [] { return false; }, std::chrono::milliseconds{50}));
  ASSERT_FALSE(ask(connect_to(local(), full.port), std::chrono::milliseconds{100}));
  abandon();
  EXPECT_FALSE(next_report(link_, inbox_, std::chrono::milliseconds{50}));
  const ClosedPort closed;
  const auto open = listen_at();
  for (int i = 0; i < 3; ++i) {
    const auto refused = ask(connect_to(local(), closed.port()));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->report.error_code, ECONNREFUSED);
    const auto stands = ask(connect_to(local(), open.port));
    ASSERT_TRUE(stands);
    EXPECT_EQ(stands->report.tcp_state, 1);
    abandon();
  }
}

TEST_P(ConnectLinkTest, many_at_a_time_all_have_their_own_answer) {
  const auto open = listen_at();
  const ClosedPort closed;
  std::vector<Action> batch;
  for (std::uint32_t flow = 0; flow < 512; ++flow) {
    const Address to = local().is_v4()
                           ? Address{Ipv4Address{127, 0, 1, static_cast<std::uint8_t>(flow % 256)}}
                           : local();
    if (local().is_v6() && flow > 1) break;  // one tuple each
    batch.push_back(connect_to(to,
                               flow < 256 ? (flow % 2 != 0 ? open.port : closed.port())
                                          : (flow % 2 != 0 ? closed.port() : open.port),
                               flow));
  }
  link_.transmit(now(), batch, inbox_);
  ASSERT_TRUE(drive(link_, inbox_, [&] { return inbox_.reports.size() == batch.size(); }));
  for (const auto& one : inbox_.reports) {
    const auto& asked = std::get<Connect>(batch[one.report.flow.value()]);
    EXPECT_EQ(one.report.error_code, asked.port == open.port ? 0 : ECONNREFUSED);
  }
}

TEST(ConnectLink, refuses_what_it_is_not_made_for) {
  auto link = *ConnectLink::open({});
  RecordingInbox inbox;
  transmit(link, inbox, Send{.probe = ProbeId{4}});
  ASSERT_EQ(inbox.refused.size(), 1U);
  EXPECT_EQ(inbox.refused[0].second.error_code, EOPNOTSUPP);
  EXPECT_EQ(ConnectLink::open({.interface = "nosuch0"}).error().error_code, ENODEV);
  EXPECT_EQ(ConnectLink::open({.source = *Address::parse("192.0.2.1")}).error().message(),
            "use source 192.0.2.1: Cannot assign requested address (EADDRNOTAVAIL)");
}

TEST(ConnectLink, names_the_systems_own_refusal) {
  auto link = *ConnectLink::open({});
  RecordingInbox inbox;
  transmit(link, inbox, connect_to(*Address::parse("224.0.0.1"), Port{80}));
  ASSERT_EQ(inbox.refused.size(), 1U);
  EXPECT_EQ(inbox.refused[0].second.message(),
            "connect to 224.0.0.1 port 80: Network is unreachable (ENETUNREACH)");
}

TEST(ConnectLink, leaves_from_the_port_and_the_address_it_is_given) {
  const auto free = [] { return ClosedPort{}.port(); }();
  auto link = ConnectLink::open({.source_port = free, .source = *Address::parse("127.9.9.9")});
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->source_port(), free);
  RecordingInbox inbox;
  const auto open = listen_at();
  auto whole = connect_to(v4, open.port);
  whole.ending = Ending::reset;
  transmit(*link, inbox, whole);
  ASSERT_TRUE(next_report(*link, inbox));
  const auto server = open.accept();
  sockaddr_in6 name{};
  socklen_t size = sizeof name;
  ::getpeername(server.get(), static_cast<sockaddr*>(static_cast<void*>(&name)), &size);
  EXPECT_EQ(ntohs(name.sin6_port), free.value());
  EXPECT_EQ(name.sin6_addr.s6_addr[13], 9);
}

TEST(ConnectLink, lives_with_few_descriptors_and_says_so) {
  EXPECT_EQ(
      in_a_child(
          nobody,
          [] {
            const rlimit few{32, 32};
            ::setrlimit(RLIMIT_NOFILE, &few);
            const ClosedPort closed;
            auto link = ConnectLink::open({});
            SONDA_DEMAND(link);
            RecordingInbox inbox;
            const auto open = listen_at();
            std::vector<Action> batch;
            for (std::uint32_t flow = 0; flow < 64; ++flow)
              batch.push_back(connect_to(Ipv4Address{127, 0, 2, static_cast<std::uint8_t>(flow)},
                                         flow % 2 == 0 ? closed.port() : open.port, flow));
            link->transmit(now(), batch, inbox);
            std::size_t looked_at = 0, stood = 0;
            const bool all = drive(*link, inbox, [&] {
              for (; looked_at < inbox.reports.size(); ++looked_at) {
                if (inbox.reports[looked_at].report.tcp_state != 1) continue;
                ++stood;
                const Action end = Abandon{inbox.reports[looked_at].report.flow};
                link->transmit(now(), std::span{&end, 1}, inbox);
              }
              return looked_at == 64;
            });
            SONDA_HOLDS(all);
            SONDA_HOLDS(stood == 32);
            SONDA_HOLDS(inbox.refused.empty());
            const auto notices = link->take_notices();
            SONDA_HOLDS(notices.size() == 1);
            SONDA_HOLDS(notices[0].what == NoticeKind::descriptors);
            SONDA_HOLDS(notices[0].count > 0 && notices[0].count < 32 && notices[0].of == 512);
            return std::string{};
          }),
      "");
}

TEST(ConnectLink, raises_the_limit_of_descriptors_only_when_asked) {
  EXPECT_EQ(in_a_child(nobody,
                       [] {
                         const rlimit few{100, 200};
                         ::setrlimit(RLIMIT_NOFILE, &few);
                         rlimit limit{};
                         SONDA_DEMAND(ConnectLink::open({}));
                         ::getrlimit(RLIMIT_NOFILE, &limit);
                         SONDA_HOLDS(limit.rlim_cur == 100);
                         SONDA_HOLDS(ConnectLink::raise_descriptor_limit(50) == 50);
                         ::getrlimit(RLIMIT_NOFILE, &limit);
                         SONDA_HOLDS(limit.rlim_cur == 114);
                         SONDA_HOLDS(ConnectLink::raise_descriptor_limit(500) == 136);
                         ::getrlimit(RLIMIT_NOFILE, &limit);
                         SONDA_HOLDS(limit.rlim_cur == 200);
                         return std::string{};
                       }),
            "");
}

TEST(ConnectLink, waits_while_the_table_of_connections_is_nearly_full) {
  const auto directory =
      std::filesystem::temp_directory_path() / ("sonda-conntrack-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  const auto write = [&](const char* file, const char* text) {
    std::ofstream{directory / file} << text << '\n';
  };
  write("nf_conntrack_max", "1000");
  write("nf_conntrack_count", "960");
  auto link = *ConnectLink::open({.conntrack = directory.string()});
  RecordingInbox inbox;
  const ClosedPort closed;
  transmit(link, inbox, connect_to(v4, closed.port()));
  EXPECT_FALSE(next_report(link, inbox, std::chrono::milliseconds{250}));
  EXPECT_TRUE(inbox.sent.empty());
  EXPECT_EQ(link.take_notices(),
            (std::vector<Notice>{{.what = NoticeKind::conntrack, .count = 960, .of = 1000}}));
  write("nf_conntrack_count", "920");  // not enough, once it waits
  EXPECT_FALSE(next_report(link, inbox, std::chrono::milliseconds{250}));
  write("nf_conntrack_count", "800");
  EXPECT_TRUE(next_report(link, inbox, std::chrono::milliseconds{250}));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace sonda::net::testing
