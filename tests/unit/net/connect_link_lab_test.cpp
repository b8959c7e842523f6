// The connecting link between namespaces: firewalls, absent neighbours, silence, TIME_WAIT.
#include <cerrno>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/connect_link.hpp>

#include "netns.hpp"
#include "tcp_ends.hpp"

namespace sonda::net::testing {
namespace {

using std::chrono::milliseconds;

class ConnectLinkLab : public ::testing::Test {
 protected:
  ConnectLinkLab() {
    lab_.link("c", "10.0.0.1/24", "r", "10.0.0.2/24");
    lab_.link("r", "10.0.1.2/24", "s", "10.0.1.1/24");
    lab_.address("c", "r", "2001:db8::1/64");
    lab_.address("r", "c", "2001:db8::2/64");
    lab_.address("r", "s", "2001:db8:1::2/64");
    lab_.address("s", "r", "2001:db8:1::1/64");
    lab_.forward("r");
    lab_.route("c", "default via 10.0.0.2");
    lab_.route("c", "default via 2001:db8::2");
    lab_.route("s", "default via 10.0.1.2");
    lab_.route("s", "default via 2001:db8:1::2");
  }
  ConnectLink open(const ConnectLinkOptions& options = {}) {
    const auto inside = lab_.enter("c");
    auto link = ConnectLink::open(options);
    EXPECT_TRUE(link) << link.error().message();
    return std::move(*link);
  }
  // Rules of nft for what passes this hook.
  void filter(const std::string& host, const std::string& hook, const std::string& rules) {
    lab_.rules(host, "table inet t {\nchain c {\ntype filter hook " + hook + " priority 0\n" +
                         rules + "\n}\n}\n");
  }
  std::optional<RecordingInbox::Report> ask(ConnectLink& link, const Connect& action,
                                            Duration most = milliseconds{2000}) {
    const auto inside = lab_.enter("c");
    transmit(link, inbox_, action);
    return next_report(link, inbox_, most);
  }

  sonda::testing::Namespaces lab_;
  RecordingInbox inbox_;
  const Address server_ = *Address::parse("10.0.1.1"),
                server_v6_ = *Address::parse("2001:db8:1::1");
  const Address router_ = *Address::parse("10.0.1.2");
};

struct Rejection {
  const char* with;  // of nft
  int error = 0;
  std::uint8_t type = 0, code = 0;
};

TEST_F(ConnectLinkLab, names_the_icmp_message_and_the_router_behind_each_errno) {
  const std::vector<Rejection> v4{
      {"net-unreachable", ENETUNREACH, 3, 0},   {"host-unreachable", EHOSTUNREACH, 3, 1},
      {"prot-unreachable", ENOPROTOOPT, 3, 2},  {"port-unreachable", ECONNREFUSED, 3, 3},
      {"net-prohibited", ENETUNREACH, 3, 9},    {"host-prohibited", EHOSTUNREACH, 3, 10},
      {"admin-prohibited", EHOSTUNREACH, 3, 13}};
  const std::vector<Rejection> v6{{"no-route", ENETUNREACH, 1, 0},
                                  {"admin-prohibited", EACCES, 1, 1},
                                  {"addr-unreachable", EHOSTUNREACH, 1, 3},
                                  {"port-unreachable", ECONNREFUSED, 1, 4},
                                  {"policy-fail", EACCES, 1, 5},
                                  {"reject-route", EACCES, 1, 6}};
  std::string script;
  std::uint16_t port = 1000;
  for (const auto& one : v4)
    script += "ip protocol tcp tcp dport " + std::to_string(port++) + " reject with icmp type " +
              one.with + "\n";
  port = 2000;
  for (const auto& one : v6)
    script += "ip6 nexthdr tcp tcp dport " + std::to_string(port++) + " reject with icmpv6 type " +
              one.with + "\n";
  filter("r", "forward", script);
  auto link = open();
  const auto check = [&](const Rejection& one, const Address& to, const Address& by, Port at) {
    const auto answer = ask(link, connect_to(to, at));
    ASSERT_TRUE(answer) << one.with;
    ASSERT_EQ(answer->queue.size(), 1U) << one.with;
    const auto& error = answer->queue[0];
    // Its errno came at once or not at all: over veth the answer meets connect() at work.
    EXPECT_TRUE(answer->report.error_code == one.error ||
                (answer->report.error_code == 0 && answer->report.tcp_state == 2))
        << one.with << ' ' << answer->report.error_code;
    EXPECT_EQ(error.error_code, one.error) << one.with;
    EXPECT_EQ(error.origin, ErrorOrigin::icmp);
    EXPECT_EQ(error.icmp_type, one.type) << one.with;
    EXPECT_EQ(error.icmp_code, one.code) << one.with;
    EXPECT_EQ(error.offender, by) << one.with;
    EXPECT_EQ(error.destination, to) << one.with;
    ASSERT_GE(answer->quoted[0].size(), 8U);
    EXPECT_EQ(load<std::uint16_t>(Bytes{answer->quoted[0]}, 2), at.value());
    transmit(link, inbox_, Abandon{FlowId{0}});
  };
  port = 1000;
  for (const auto& one : v4) check(one, server_, *Address::parse("10.0.0.2"), Port{port++});
  port = 2000;
  for (const auto& one : v6) check(one, server_v6_, *Address::parse("2001:db8::2"), Port{port++});
  // Nothing of all that sticks to the sockets.
  const auto refused = ask(link, connect_to(server_, Port{7}));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->report.error_code, ECONNREFUSED);
  EXPECT_TRUE(refused->queue.empty());
}

TEST_F(ConnectLinkLab, a_delayed_rejection_has_its_errno_and_its_queue) {
  filter("r", "forward", "ip protocol tcp tcp dport 80 reject with icmp type admin-prohibited");
  // Room for one such message at a time: the second is late.
  ASSERT_EQ(lab_.run("r", "tc qdisc add dev c root tbf rate 16kbit burst 120 limit 4000").status,
            0);
  auto link = open();
  std::optional<RecordingInbox::Report> answer;
  for (int i = 0; i < 2; ++i) {
    answer = ask(link, connect_to(server_, Port{80}));
    ASSERT_TRUE(answer);
    transmit(link, inbox_, Abandon{FlowId{0}});
  }
  EXPECT_EQ(answer->report.error_code, EHOSTUNREACH);
  ASSERT_EQ(answer->queue.size(), 1U);
  EXPECT_EQ(answer->queue[0].icmp_code, 13);
}

TEST_F(ConnectLinkLab, silence_ends_with_the_systems_own_errno_at_the_deadline) {
  filter("s", "input", "tcp dport 80 drop");
  auto link = open();
  for (const auto& to : {server_, server_v6_}) {
    auto action = connect_to(to, Port{80});
    action.deadline = milliseconds{1500};
    const auto before = now();
    const auto answer = ask(link, action, milliseconds{3000});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->report.error_code, ETIMEDOUT);
    EXPECT_EQ(answer->report.transmissions, 2);
    EXPECT_TRUE(answer->queue.empty());
    EXPECT_GE(now() - before, milliseconds{1480});
    EXPECT_LE(now() - before, milliseconds{1800});
    // The least there is: the second SYN leaves, and is hardly waited for.
    action.deadline = milliseconds{1};
    action.retransmissions = 0;
    const auto least = ask(link, action, milliseconds{1200});
    ASSERT_TRUE(least);
    EXPECT_EQ(least->report.error_code, ETIMEDOUT);
    EXPECT_EQ(least->report.transmissions, 2);
    // And the same socket is fit for the next.
    const auto next = ask(link, connect_to(to, Port{81}));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->report.error_code, ECONNREFUSED);
  }
}

TEST_F(ConnectLinkLab, does_not_take_our_own_firewalls_silence_for_the_targets) {
  filter("c", "output", "tcp dport 80 drop");
  auto link = open();
  for (const auto& to : {server_, server_v6_}) {
    inbox_.refused.clear();
    auto action = connect_to(to, Port{80});
    action.deadline = milliseconds{1500};
    EXPECT_FALSE(ask(link, action, milliseconds{1700}));
    ASSERT_EQ(inbox_.refused.size(), 1U);
    EXPECT_EQ(inbox_.refused[0].second.message(),
              "connect to " + std::string{to_text(to).view()} +
                  " port 80, whose SYNs did not leave this machine: Connection timed out "
                  "(ETIMEDOUT)");
    const auto next = ask(link, connect_to(to, Port{81}));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->report.error_code, ECONNREFUSED);
  }
}

TEST_F(ConnectLinkLab, counts_the_syns_of_an_answer_that_came_late) {
  filter("s", "input", "tcp dport 80 limit rate 1/hour burst 1 packets drop");
  auto link = open();
  const auto answer = ask(link, connect_to(server_, Port{80}), milliseconds{3000});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->report.error_code, ECONNREFUSED);
  EXPECT_EQ(answer->report.transmissions, 2);
}

TEST_F(ConnectLinkLab, an_absent_neighbour_is_reported_by_our_own_system) {
  auto link = open();
  const auto answer =
      ask(link, connect_to(*Address::parse("10.0.0.77"), Port{80}, 0, std::chrono::seconds{6}),
          std::chrono::seconds{5});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->report.error_code, EHOSTUNREACH);
  ASSERT_EQ(answer->queue.size(), 1U);
  EXPECT_EQ(answer->queue[0].offender, *Address::parse("10.0.0.1"));
  EXPECT_EQ(answer->queue[0].icmp_code, 1);
}

TEST_F(ConnectLinkLab, refuses_where_no_route_leads) {
  lab_.ip("c", "route del default");
  lab_.route("c", "blackhole 192.0.2.0/24");
  lab_.route("c", "prohibit 198.51.100.0/24");
  auto link = open();
  for (const auto& [to, error] : std::vector<std::pair<std::string, int>>{
           {"203.0.113.1", ENETUNREACH}, {"192.0.2.1", EINVAL}, {"198.51.100.1", EACCES}}) {
    const auto before = inbox_.refused.size();
    static_cast<void>(ask(link, connect_to(*Address::parse(to), Port{80}), milliseconds{20}));
    ASSERT_EQ(inbox_.refused.size(), before + 1) << to;
    EXPECT_EQ(inbox_.refused.back().second.error_code, error) << to;
    EXPECT_EQ(inbox_.refused.back().second.subject, "to " + to + " port 80");
  }
}

TEST_F(ConnectLinkLab, tells_at_once_where_it_has_no_address_of_that_version) {
  lab_.host("n");
  const auto inside = lab_.enter("n");
  auto link = *ConnectLink::open({});
  for (const char* to : {"10.0.1.1", "2001:db8:1::1"})
    transmit(link, inbox_, connect_to(*Address::parse(to), Port{80}));
  EXPECT_EQ(inbox_.refused.size(), 2U);
}

TEST_F(ConnectLinkLab, leaves_through_the_interface_and_with_the_ttl_it_is_told) {
  auto link = open({.interface = "r"});
  auto action = connect_to(server_, Port{80});
  action.ttl = Ttl{1};  // dies at the router
  const auto answer = ask(link, action);
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->queue.size(), 1U);
  EXPECT_EQ(answer->queue[0].icmp_type, 11);
  EXPECT_EQ(answer->queue[0].offender, *Address::parse("10.0.0.2"));
  transmit(link, inbox_, Abandon{FlowId{0}});
  action.ttl = Ttl{0};  // the system's own again
  const auto far = ask(link, action);
  ASSERT_TRUE(far);
  EXPECT_EQ(far->report.error_code, ECONNREFUSED);
  EXPECT_TRUE(far->queue.empty());
}

TEST_F(ConnectLinkLab, waits_for_what_the_system_still_remembers_and_takes_another_port) {
  lab_.sysctl("c", "net.ipv4.tcp_timestamps", "0");  // with them Linux reuses what is in TIME_WAIT
  Listener server;
  {
    const auto inside = lab_.enter("s");
    server = listen_at();
  }
  auto link = open();
  auto whole = connect_to(server_, server.port);
  whole.ending = Ending::fin;
  // Twice by FIN: both of our ports are in TIME_WAIT towards that server.
  for (int i = 0; i < 2; ++i) {
    const auto answer = ask(link, whole);
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->report.tcp_state, 1);
    transmit(link, inbox_, Abandon{FlowId{0}, Ending::fin});
    server.accept().close();
    EXPECT_FALSE(next_report(link, inbox_, milliseconds{20}));
  }
  EXPECT_TRUE(link.take_notices().empty());
  EXPECT_FALSE(ask(link, whole, milliseconds{200}));
  EXPECT_EQ(link.take_notices(), (std::vector<Notice>{{.what = NoticeKind::source_ports}}));
  EXPECT_TRUE(inbox_.refused.empty());
  EXPECT_TRUE(link.next_wakeup());
  transmit(link, inbox_, Abandon{FlowId{0}});
  EXPECT_FALSE(link.next_wakeup());
}

}  // namespace
}  // namespace sonda::net::testing
