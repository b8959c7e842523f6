// A scan's session between namespaces: each kind of port, by both methods, told by what is told of
// it.
#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/run/scan_session.hpp>

#include "netns.hpp"

namespace sonda {
namespace {

class ScanLab : public ::testing::TestWithParam<TcpMethod> {
 protected:
  ScanLab() {
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
    filter("r", "forward",
           "ip protocol tcp tcp dport 1001 reject with icmp type admin-prohibited\n"
           "ip6 nexthdr tcp tcp dport 1001 reject with icmpv6 type admin-prohibited\n"
           "tcp dport 1002 reject with tcp reset");
    filter("s", "input", "tcp dport 1003 drop");
    filter("c", "output", "tcp dport 1004 drop");
    const std::string listener =
        "import socket,time\n"
        "s=socket.socket(socket.AF_INET6)\n"
        "s.bind(('::',1005))\n"
        "s.listen(4)\n"
        "print(flush=True)\n"
        "time.sleep(60)\n";
    server_ = std::make_unique<sonda::testing::Process>(
        lab_.start("s", sonda::testing::Command{"python3", "-c", listener}));
    for (int i = 0; i < 100; ++i) {
      if (lab_.run("s", "ss -Hltn 'sport = :1005'").out.find("1005") != std::string::npos) break;
    }
  }
  void filter(const std::string& host, const std::string& hook, const std::string& rules) {
    lab_.rules(host, "table inet t {\nchain c {\ntype filter hook " + hook + " priority 0\n" +
                         rules + "\n}\n}\n");
  }
  // By port.
  std::map<std::uint16_t, PortResult> scan(const char* address) {
    auto space = std::make_shared<ScanSpace>();
    TargetSet targets;
    EXPECT_TRUE(targets.add(*Address::parse(address)));
    EXPECT_TRUE(space->add(
        targets, {Port{1000}, Port{1001}, Port{1002}, Port{1003}, Port{1004}, Port{1005}}));
    TcpPlan plan;
    plan.space = space;
    plan.method = GetParam();
    plan.deadline = std::chrono::milliseconds{1500};
    plan.retransmissions = 1;
    std::map<std::uint16_t, PortResult> results;
    ScanOptions options;
    options.workers = 2;
    options.on_event = [&](const Occurrence& one) {
      if (const auto* port = std::get_if<PortResult>(&one.event.what); port && !port->control) {
        EXPECT_TRUE(results.emplace(port->port.value(), *port).second);
      }
    };
    const auto inside = lab_.enter("c");
    auto session = tcp(std::move(plan), std::move(options));
    EXPECT_TRUE(session) << session.error().message();
    session->run();
    return results;
  }

  sonda::testing::Namespaces lab_;
  std::unique_ptr<sonda::testing::Process> server_;
};

INSTANTIATE_TEST_SUITE_P(BothMethods, ScanLab,
                         ::testing::Values(TcpMethod::connect, TcpMethod::syn),
                         [](const auto& method) {
                           return method.param == TcpMethod::connect ? "connect" : "syn";
                         });

TEST_P(ScanLab, gives_every_kind_of_port_its_state_and_its_cause) {
  for (const char* address : {"10.0.1.1", "2001:db8:1::1"}) {
    SCOPED_TRACE(address);
    const bool v4 = std::string{address} == "10.0.1.1";
    auto results = scan(address);
    ASSERT_EQ(results.size(), 6U);
    EXPECT_EQ(results[1000].state, PortState::closed);
    EXPECT_EQ(results[1000].error_code, ECONNREFUSED);
    EXPECT_EQ(results[1000].cause.kind, CauseKind::rst);
    EXPECT_EQ(results[1001].state, PortState::rejected);
    EXPECT_EQ(results[1001].error_code, v4 ? EHOSTUNREACH : EACCES);
    EXPECT_EQ(results[1001].cause.kind, CauseKind::icmp);
    EXPECT_EQ(results[1001].cause.from, *Address::parse(v4 ? "10.0.0.2" : "2001:db8::2"));
    EXPECT_EQ(results[1002].state, PortState::closed);
    EXPECT_EQ(results[1002].cause.kind, CauseKind::rst);
    EXPECT_EQ(results[1003].state, PortState::filtered);
    EXPECT_EQ(results[1003].cause.kind, CauseKind::silence);
    EXPECT_EQ(results[1004].state, PortState::unknown);
    EXPECT_EQ(results[1004].cause.kind, CauseKind::system);
    EXPECT_EQ(results[1005].state, PortState::open);
    EXPECT_EQ(results[1005].cause.kind, CauseKind::answer);
    if (GetParam() == TcpMethod::connect)
      EXPECT_EQ(results[1003].error_code, ETIMEDOUT);
    else
      EXPECT_EQ(results[1004].error_code, EPERM);
  }
}

}  // namespace
}  // namespace sonda
