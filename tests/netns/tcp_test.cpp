// sonda-tcp against the kernel: every cause Linux can make, with and without privilege, and what
// our own machine does in the way.
#include <arpa/inet.h>
#include <fstream>
#include <map>
#include <netinet/in.h>

#include <gtest/gtest.h>

#include "json_run.hpp"
#include "netns.hpp"
#include "own_capture.hpp"

namespace sonda::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// A listener that never accepts, in whatever namespace the thread is.
class Listener {
 public:
  Listener(std::uint16_t port, int backlog) : socket_{::socket(AF_INET6, SOCK_STREAM, 0)} {
    sockaddr_in6 here{};
    here.sin6_family = AF_INET6;
    here.sin6_port = htons(port);  // IPv4 comes there, too
    const int on = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket_, static_cast<sockaddr*>(static_cast<void*>(&here)), sizeof here) != 0 ||
        ::listen(socket_, backlog) != 0)
      throw std::system_error{errno, std::generic_category(), "listen"};
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(socket_); }

 private:
  int socket_;
};

struct Reject {
  int port;
  const char* v4;  // nft's words; null: the port is of the other version
  const char* v6;
  const char* state;
  const char* error;
  int type, code;
};

// What a rule of nft can answer a SYN with. Ports of the router's rules begin at 1000, of the
// target's own at 2000.
const Reject rejects[] = {
    {1, "icmp type net-unreachable", nullptr, "unreachable", "ENETUNREACH", 3, 0},
    {2, "icmp type host-unreachable", nullptr, "unreachable", "EHOSTUNREACH", 3, 1},
    {3, "icmp type prot-unreachable", nullptr, "rejected", "ENOPROTOOPT", 3, 2},
    {4, "icmp type port-unreachable", nullptr, "rejected", "ECONNREFUSED", 3, 3},
    {5, "icmp type net-prohibited", nullptr, "rejected", "ENETUNREACH", 3, 9},
    {6, "icmp type host-prohibited", nullptr, "rejected", "EHOSTUNREACH", 3, 10},
    {7, "icmp type admin-prohibited", nullptr, "rejected", "EHOSTUNREACH", 3, 13},
    {11, nullptr, "icmpv6 type no-route", "unreachable", "ENETUNREACH", 1, 0},
    {12, nullptr, "icmpv6 type admin-prohibited", "rejected", "EACCES", 1, 1},
    {13, nullptr, "icmpv6 type addr-unreachable", "unreachable", "EHOSTUNREACH", 1, 3},
    {14, nullptr, "icmpv6 type port-unreachable", "rejected", "ECONNREFUSED", 1, 4},
    {15, nullptr, "icmpv6 type policy-fail", "rejected", "EACCES", 1, 5},
    {16, nullptr, "icmpv6 type reject-route", "rejected", "EACCES", 1, 6},
};
constexpr int open_port = 22, closed_port = 23, router_reset = 3001, target_reset = 3002,
              router_drop = 4001, router_base = 1000, target_base = 2000;

class Tcp : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    lab_ = std::make_unique<Namespaces>();
    auto& lab = *lab_;
    lab.link("c", "10.0.0.1/24", "r", "10.0.0.2/24");
    lab.link("r", "10.0.1.2/24", "s", "10.0.1.1/24");
    lab.address("c", "r", "fd00:0::1/64"), lab.address("r", "c", "fd00:0::2/64");
    lab.address("r", "s", "fd00:1::2/64"), lab.address("s", "r", "fd00:1::1/64");
    lab.forward("r");
    lab.no_icmp_limits("s");
    lab.route("c", "default via 10.0.0.2"), lab.route("c", "default via fd00:0::2");
    lab.route("s", "default via 10.0.1.2"), lab.route("s", "default via fd00:1::2");
    const auto rules = [](const char* hook, int base, int reset) {
      std::string out = "table inet sonda {\nchain refuse {\ntype filter hook " +
                        std::string{hook} + " priority 0;\n";
      for (const auto& rule : rejects)
        out += "meta nfproto " + std::string{rule.v4 != nullptr ? "ipv4" : "ipv6"} + " tcp dport " +
               std::to_string(base + rule.port) + " reject with " +
               (rule.v4 != nullptr ? rule.v4 : rule.v6) + '\n';
      return out + "tcp dport " + std::to_string(reset) + " reject with tcp reset\n";
    };
    lab.rules("r", rules("forward", router_base, router_reset) + "tcp dport " +
                       std::to_string(router_drop) + " drop\n}\n}\n");
    lab.rules("s", rules("input", target_base, target_reset) + "}\n}\n");
    const auto there = lab.enter("s");
    listener_ = std::make_unique<Listener>(open_port, 4);
  }
  static void TearDownTestSuite() { listener_.reset(), lab_.reset(); }

  static JsonRun tcp(const std::string& arguments, bool as_nobody = false,
                     std::chrono::milliseconds most = 60s) {
    const std::string nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups ";
    return JsonRun::read(
        lab_->run("c", (as_nobody ? nobody : "") + SONDA_TCP + " --json " + arguments, most));
  }
  // Each port of the run, by its number.
  static std::map<int, json> ports(const JsonRun& run) {
    std::map<int, json> out;
    for (const auto& event : run.all("port"))
      if (!event["control"].get<bool>() && !out.emplace(event["port"].get<int>(), event).second)
        ADD_FAILURE() << "told twice: " << event;
    return out;
  }
  static std::string cause(const json& port) {
    const auto text = [](const json& value) {
      return value.is_null() ? std::string{"-"} : value.get<std::string>();
    };
    auto out = port["state"].get<std::string>() + ' ' + text(port["errno"]) + ' ' +
               port["cause"]["kind"].get<std::string>() + ' ' + text(port["cause"]["from"]);
    if (port["cause"].contains("icmp"))
      out += ' ' + std::to_string(port["cause"]["icmp"]["type"].get<int>()) + '/' +
             std::to_string(port["cause"]["icmp"]["code"].get<int>());
    return out;
  }

  static std::unique_ptr<Namespaces> lab_;
  static std::unique_ptr<Listener> listener_;
};
std::unique_ptr<Namespaces> Tcp::lab_;
std::unique_ptr<Listener> Tcp::listener_;

std::string all_ports(bool v4) {
  std::string out = "22,23,3001,3002,4001";
  for (const auto& rule : rejects)
    if ((rule.v4 != nullptr) == v4)
      for (const int base : {router_base, target_base})
        out += ',' + std::to_string(base + rule.port);
  return out;
}

TEST_F(Tcp, names_state_errno_message_and_sender_of_every_port_and_tshark_agrees) {
  const OwnCapture own{"tcp-matrix"};
  for (const bool v4 : {true, false})
    for (const std::string mode : {"--syn ", "", "nobody"}) {
      SCOPED_TRACE(mode + (v4 ? " IPv4" : " IPv6"));
      const bool nobody = mode == "nobody", syn = mode == "--syn ";
      const std::string target = v4 ? "10.0.1.1" : "fd00:1::1";
      const std::string router = v4 ? "10.0.0.2" : "fd00::2";
      const auto run = tcp((nobody ? "" : mode) + "-p " + all_ports(v4) + ' ' +
                               (nobody ? "" : "--capture " + own.file() + ' ') + target,
                           nobody);
      EXPECT_EQ(run.result.status, 0) << run.result.err;
      const auto found = ports(run);
      EXPECT_EQ(cause(found.at(open_port)), "open - answer " + target);
      EXPECT_EQ(cause(found.at(closed_port)), "closed ECONNREFUSED rst " + target);
      EXPECT_EQ(cause(found.at(router_reset)), "closed ECONNREFUSED rst " + target);
      EXPECT_EQ(cause(found.at(target_reset)), "closed ECONNREFUSED rst " + target);
      EXPECT_EQ(cause(found.at(router_drop)),
                syn ? "filtered - silence -" : "filtered ETIMEDOUT silence -");
      EXPECT_EQ(found.at(router_drop)["attempts"], 3);
      for (const auto& rule : rejects) {
        if ((rule.v4 != nullptr) != v4) continue;
        for (const int base : {router_base, target_base}) {
          const auto& port = found.at(base + rule.port);
          const bool by_target = base == target_base;
          EXPECT_EQ(cause(port), std::string{rule.state} + ' ' + rule.error + " icmp " +
                                     (by_target ? target : router) + ' ' +
                                     std::to_string(rule.type) + '/' + std::to_string(rule.code));
          EXPECT_EQ(port["cause"]["from_target"], by_target);
        }
      }
      if (syn) {
        // The router's RST came from one hop less than the target's SYN-ACK.
        EXPECT_EQ(found.at(router_reset)["cause"]["hops_nearer"], 1) << found.at(router_reset);
        EXPECT_EQ(found.at(target_reset)["cause"]["hops_nearer"], 0);
        EXPECT_EQ(found.at(closed_port)["cause"]["hops_nearer"], 0);
      }
      if (nobody) continue;
      EXPECT_EQ(own.complaints(), "");
      const auto verified = testing::run({SONDA_VERIFY, own.file()}, 30s);
      EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
      // tshark reads who sent what about which port: our events say the same.
      std::map<int, std::string> read;
      for (const auto& row : own.rows(v4 ? "icmp.type == 3" : "icmpv6.type == 1",
                                      {v4 ? "ip.src" : "ipv6.src", v4 ? "icmp.type" : "icmpv6.type",
                                       v4 ? "icmp.code" : "icmpv6.code", "tcp.dstport"}))
        read[std::stoi(row.at(3))] =
            row.at(0).substr(0, row.at(0).find(',')) + ' ' + row.at(1) + '/' + row.at(2);
      std::map<int, std::string> told;
      for (const auto& [number, port] : found)
        if (port["cause"]["kind"] == "icmp")
          told[number] = cause(port).substr(cause(port).find(" icmp ") + 6);
      EXPECT_EQ(told, read);
    }
}

TEST_F(Tcp, gives_a_neighbour_that_does_not_answer_as_the_cause) {
  for (const std::string target : {"10.0.0.99", "fd00::99"})
    for (const std::string mode : {"", "--syn "}) {
      SCOPED_TRACE(mode + target);
      const auto run = tcp(mode + "-p 80 --deadline 6 " + target);
      const auto port = ports(run).at(80);
      if (mode.empty()) {
        EXPECT_EQ(port["state"], "unreachable") << port;
        EXPECT_EQ(port["errno"], "EHOSTUNREACH") << port;
        EXPECT_EQ(port["cause"]["kind"], "neighbor") << port;
      } else {
        EXPECT_NE(port["state"], "closed") << port;
        EXPECT_NE(port["state"], "open") << port;
      }
    }
}

TEST_F(Tcp, never_takes_its_own_systems_refusal_for_the_targets_state) {
  auto& lab = *lab_;
  lab.route("c", "unreachable 198.51.100.1/32"), lab.route("c", "prohibit 198.51.100.2/32");
  lab.route("c", "blackhole 198.51.100.3/32"), lab.route("c", "throw 198.51.100.4/32");
  lab.ip("c", "route del default");
  const std::map<std::string, std::string> errors{{"198.51.100.1", "EHOSTUNREACH"},
                                                  {"198.51.100.2", "EACCES"},
                                                  {"198.51.100.3", "EINVAL"},
                                                  {"198.51.100.4", "ENETUNREACH"},
                                                  {"198.51.100.5", "ENETUNREACH"}};
  for (const std::string mode : {"", "--syn "})
    for (const auto& [target, error] : errors) {
      SCOPED_TRACE(mode + target);
      const auto run = tcp(mode + "-p 80 " + target);
      const auto port = ports(run).at(80);
      EXPECT_EQ(port["state"], "unknown") << port;
      EXPECT_EQ(port["errno"], error) << port;
      EXPECT_EQ(port["cause"]["kind"], "system") << port;
    }
  lab.route("c", "default via 10.0.0.2");
}

TEST_F(Tcp, never_takes_its_own_firewall_for_the_targets) {
  auto& lab = *lab_;
  lab.rules("c",
            "table inet own {\nchain out {\ntype filter hook output priority 0;\n"
            "tcp dport 81 reject with icmpx type admin-prohibited\n"
            "tcp dport 82 drop\n"
            "tcp dport 83 reject with tcp reset\n}\n}\n");
  for (const std::string target : {"10.0.1.1", "fd00:1::1"}) {
    SCOPED_TRACE(target);
    const auto by_connect = ports(tcp("-p 22,80-82 " + target));
    EXPECT_EQ(by_connect.at(22)["state"], "open");
    EXPECT_EQ(by_connect.at(80)["state"], "closed");
    EXPECT_EQ(by_connect.at(81)["state"], "unknown") << by_connect.at(81);
    EXPECT_EQ(by_connect.at(81)["cause"]["kind"], "system") << by_connect.at(81);
    // connect() is not told that nothing left; the link finds it out.
    EXPECT_EQ(by_connect.at(82)["state"], "unknown") << by_connect.at(82);
    EXPECT_EQ(by_connect.at(82)["errno"], "ETIMEDOUT") << by_connect.at(82);
    EXPECT_EQ(by_connect.at(82)["cause"]["kind"], "system") << by_connect.at(82);
    const auto by_syn = ports(tcp("--syn -p 22,80-82 " + target));
    EXPECT_EQ(by_syn.at(22)["state"], "open");
    EXPECT_EQ(by_syn.at(80)["state"], "closed");
    for (const int number : {81, 82}) {
      EXPECT_EQ(by_syn.at(number)["state"], "unknown") << by_syn.at(number);
      EXPECT_EQ(by_syn.at(number)["errno"], "EPERM") << by_syn.at(number);
      EXPECT_EQ(by_syn.at(number)["cause"]["kind"], "system") << by_syn.at(number);
    }
  }
  lab.rules("c", "delete table inet own\n");
}

TEST_F(Tcp, is_right_with_few_descriptors_and_without_ephemeral_ports) {
  auto& lab = *lab_;
  lab.sysctl("c", "net.ipv4.ip_local_port_range", "61000 61000");
  // The only one is taken.
  const auto there = lab.enter("c");
  const Listener taken{61000, 1};
  for (const std::string mode : {"", "--syn "}) {
    SCOPED_TRACE(mode);
    const auto run = JsonRun::read(
        lab.run("c", "ulimit -n 64; exec " SONDA_TCP " --json " + mode + "-p 1-900 10.0.1.1", 60s));
    const auto found = ports(run);
    ASSERT_EQ(found.size(), 900U) << run.result.err;
    for (const auto& [number, port] : found)
      EXPECT_EQ(port["state"], number == open_port ? "open" : "closed") << port;
  }
  lab.sysctl("c", "net.ipv4.ip_local_port_range", "32768 60999");
}

TEST_F(Tcp, leaves_nothing_in_the_queue_of_a_server_that_never_accepts) {
  for (const std::string mode : {"", "--close half-open ", "--syn "}) {
    SCOPED_TRACE(mode);
    const auto run = lab_->run("c",
                               "for i in $(seq 50); do " SONDA_TCP " " + mode +
                                   "-p 22 --expect open 10.0.1.1 >/dev/null || echo missed; done",
                               60s);
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(run.err, "");
    const auto queue = lab_->run("s", "ss -Hltn sport = :22");
    EXPECT_EQ(queue.out.find("LISTEN 0 "), 0U) << queue.out;
  }
}

TEST_F(Tcp, tells_all_65535_ports_once_after_it_was_killed_in_the_middle) {
  const std::string journal = "/tmp/sonda-journal-" + std::to_string(::getpid());
  const std::string scan =
      std::string{SONDA_TCP} + " -p- --rate 40000 --resume " + journal + " 10.0.1.1";
  auto killed = lab_->start("c", shell("exec " + scan));
  ::usleep(500'000);
  killed.signal(SIGKILL);
  static_cast<void>(killed.wait(5s));
  // What whole lines say of ports; 65,535 are too many for a parser without optimization.
  const auto states_of = [&journal] {
    std::map<int, std::string> out;
    std::ifstream in{journal};
    const auto field = [](const std::string& line, const std::string& name) {
      const auto label = '"' + name + "\":";
      const auto at = line.find(label) + label.size();
      const auto text = line.substr(at, line.find_first_of(",}", at) - at);
      return text.starts_with('"') ? text.substr(1, text.size() - 2) : text;
    };
    for (std::string line; std::getline(in, line) && !in.eof();) {
      if (field(line, "event") != "port" || field(line, "control") == "true") continue;
      const auto fresh = out.emplace(std::stoi(field(line, "port")), field(line, "state"));
      EXPECT_TRUE(fresh.second) << line;
    }
    return out;
  };
  const auto before = states_of().size();
  EXPECT_GT(before, 1'000U);
  EXPECT_LT(before, 60'000U);
  const auto resumed = lab_->run("c", scan, 60s);
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  const auto states = states_of();
  EXPECT_EQ(states.size(), 65'535U);
  std::map<std::string, int> sums;
  for (const auto& [port, state] : states) ++sums[state];
  EXPECT_EQ(sums["open"], 1);
  EXPECT_EQ(sums["filtered"], 1);
  EXPECT_EQ(sums["rejected"] + sums["unreachable"], 14);
  ::unlink(journal.c_str());
}

TEST(TcpOnLoopback, finds_no_port_that_connects_to_itself) {
  Namespaces lab;
  lab.host("c");
  const std::string scan = std::string{SONDA_TCP} + " --json -p- 127.0.0.1 | tail -n 1";
  for (int i = 0; i < 3; ++i) {
    const auto run = JsonRun::read(lab.run("c", scan, 60s));
    const auto summary = run.one("summary");
    EXPECT_EQ(summary["states"]["closed"], 65'535) << summary;
  }
}

}  // namespace
}  // namespace sonda::testing
