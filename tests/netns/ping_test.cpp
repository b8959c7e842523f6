// sonda-ping against the kernel: replies, every error a Linux router sends, and what is local.
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include <sonda/core/sha256.hpp>

#include "capture_frames.hpp"
#include "json_run.hpp"
#include "netns.hpp"

namespace sonda::testing {
namespace {

using namespace std::chrono_literals;

// c -- r -- s, both versions, and a rule or route at r for each error.
class Ping : public ::testing::Test {
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
  }
  static void TearDownTestSuite() { lab_.reset(); }

  static JsonRun ping(const std::string& arguments, std::chrono::milliseconds most = 15s) {
    return JsonRun::read(lab_->run("c", std::string{SONDA_PING} + " --json " + arguments, most));
  }
  static Result text(const std::string& arguments, std::chrono::milliseconds most = 15s) {
    return lab_->run("c", std::string{SONDA_PING} + " " + arguments, most);
  }

  static std::unique_ptr<Namespaces> lab_;
};
std::unique_ptr<Namespaces> Ping::lab_;

TEST_F(Ping, hears_a_host_behind_a_router_over_both_versions) {
  for (const char* target : {"10.0.1.1", "fd00:1::1"}) {
    const auto run = ping(std::string{"-c 3 -i 0.05 "} + target);
    EXPECT_EQ(run.result.status, 0) << run.result.err;
    EXPECT_EQ(run.all("sent").size(), 3U);
    const auto replies = run.all("reply");
    ASSERT_EQ(replies.size(), 3U) << run.result.out;
    for (const auto& reply : replies) {
      EXPECT_EQ(reply["from"], target);
      EXPECT_EQ(reply["bytes"], 64);
      EXPECT_EQ(reply["ttl"], 63);
      EXPECT_EQ(reply["clock"], "kernel");
      EXPECT_GT(reply["rtt_ms"].get<double>(), 0);
      EXPECT_LT(reply["rtt_error_ms"].get<double>(), reply["rtt_ms"].get<double>());
    }
    const auto summary = run.one("summary");
    EXPECT_EQ(summary["sent"], 3);
    EXPECT_EQ(summary["received"], 3);
    EXPECT_EQ(summary["lost"], 0);
    EXPECT_EQ(run.one("start")["mode"], "raw");
  }
}

struct RouterError {
  const char* what;
  const char* target;  // made unreachable by
  const char* route;   // a route of the router's, or
  const char* reject;  // an nft reject of the router's
  int type, code;
  const char* name;
  const char* error;  // what a socket with IP_RECVERR gets
};

const RouterError router_errors[] = {
    {"net unreachable", "192.0.2.1", "throw 192.0.2.0/24", nullptr, 3, 0, "net-unreachable",
     "ENETUNREACH"},
    {"host unreachable", "192.0.3.1", "unreachable 192.0.3.0/24", nullptr, 3, 1, "host-unreachable",
     "EHOSTUNREACH"},
    {"protocol unreachable", "192.0.4.2", nullptr, "icmp type prot-unreachable", 3, 2,
     "proto-unreachable", "ENOPROTOOPT"},
    {"port unreachable", "192.0.4.3", nullptr, "icmp type port-unreachable", 3, 3,
     "port-unreachable", "ECONNREFUSED"},
    {"net prohibited", "192.0.4.9", nullptr, "icmp type net-prohibited", 3, 9, "net-prohibited",
     "ENETUNREACH"},
    {"host prohibited", "192.0.4.10", nullptr, "icmp type host-prohibited", 3, 10,
     "host-prohibited", "EHOSTUNREACH"},
    {"admin prohibited", "192.0.5.1", "prohibit 192.0.5.0/24", nullptr, 3, 13, "admin-prohibited",
     "EHOSTUNREACH"},
    {"no route", "2001:db8:2::1", "throw 2001:db8:2::/64", nullptr, 1, 0, "no-route",
     "ENETUNREACH"},
    {"admin prohibited", "2001:db8:5::1", "prohibit 2001:db8:5::/64", nullptr, 1, 1,
     "admin-prohibited", "EACCES"},
    {"address unreachable", "2001:db8:4::3", nullptr, "icmpv6 type addr-unreachable", 1, 3,
     "address-unreachable", "EHOSTUNREACH"},
    {"port unreachable", "2001:db8:4::4", nullptr, "icmpv6 type port-unreachable", 1, 4,
     "port-unreachable", "ECONNREFUSED"},
    {"policy", "2001:db8:4::5", nullptr, "icmpv6 type policy-fail", 1, 5, "policy-fail", "EACCES"},
    {"reject route", "2001:db8:4::6", nullptr, "icmpv6 type reject-route", 1, 6, "reject-route",
     "EACCES"},
};

// What the router must do for all of them at once.
void refuse_all(Namespaces& lab) {
  std::string rules =
      "table inet refuse {\nchain forward {\ntype filter hook forward priority 0;\n";
  for (const auto& error : router_errors) {
    const bool v6 = std::string{error.target}.find(':') != std::string::npos;
    if (error.route != nullptr)
      lab.route("r", error.route);
    else
      rules += std::string{v6 ? "ip6" : "ip"} + " daddr " + error.target + " reject with " +
               error.reject + "\n";
  }
  lab.rules("r", rules + "}\n}\n");
  // So that the router gets as far as its rules: any way out will do.
  lab.route("r", "192.0.4.0/24 via 10.0.1.1");
  lab.route("r", "2001:db8:4::/64 via fd00:1::1");
}

TEST_F(Ping, names_every_error_a_router_sends_and_tshark_agrees) {
  refuse_all(*lab_);
  Capture capture{*lab_, "c", "r", "icmp or icmp6"};
  std::map<std::string, nlohmann::json> told;
  for (const auto& error : router_errors) {
    // What an IPv4 route refuses is limited to one error per second, for the whole machine.
    if (error.route != nullptr) ::usleep(1'100'000);
    const auto run = ping(std::string{"-c 1 "} + error.target);
    SCOPED_TRACE(std::string{error.what} + ' ' + error.target + '\n' + run.result.out);
    EXPECT_EQ(run.result.status, 1);
    const auto event = run.one("icmp_error");
    const bool v6 = std::string{error.target}.find(':') != std::string::npos;
    EXPECT_EQ(event["icmp"]["version"], v6 ? 6 : 4);
    EXPECT_EQ(event["icmp"]["type"], error.type);
    EXPECT_EQ(event["icmp"]["code"], error.code);
    EXPECT_EQ(event["icmp"]["name"], error.name);
    EXPECT_EQ(event["errno"], error.error);
    EXPECT_EQ(event["from"], v6 ? "fd00::2" : "10.0.0.2");
    EXPECT_EQ(event["seq"], 1);
    EXPECT_EQ(event["neighbor"], false);
    EXPECT_TRUE(event["quoted_changes"].empty());
    EXPECT_EQ(run.one("summary")["errors"], 1);
    EXPECT_EQ(run.one("summary")["lost"], 0);
    told[error.target] = event;
  }
  capture.stop();

  std::size_t judged = 0;
  for (const auto& row : capture.tshark(
           "icmp.type == 3",
           {"ip.src", "icmp.type", "icmp.code", "icmp.checksum.status", "frame.time_epoch"})) {
    const auto inner = capture.tshark("frame.time_epoch == " + row[4], {"ip.dst"}, "l");
    const auto& event = told.at(inner.at(0)[0]);
    EXPECT_EQ(event["from"], row[0]);
    EXPECT_EQ(std::to_string(event["icmp"]["type"].get<int>()), row[1]);
    EXPECT_EQ(std::to_string(event["icmp"]["code"].get<int>()), row[2]);
    EXPECT_EQ(row[3], "1");
    ++judged;
  }
  for (const auto& row :
       capture.tshark("icmpv6.type == 1", {"ipv6.src", "icmpv6.type", "icmpv6.code",
                                           "icmpv6.checksum.status", "frame.time_epoch"})) {
    const auto inner = capture.tshark("frame.time_epoch == " + row[4], {"ipv6.dst"}, "l");
    const auto& event = told.at(inner.at(0)[0]);
    EXPECT_EQ(event["from"], row[0]);
    EXPECT_EQ(std::to_string(event["icmp"]["type"].get<int>()), row[1]);
    EXPECT_EQ(std::to_string(event["icmp"]["code"].get<int>()), row[2]);
    EXPECT_EQ(row[3], "1");
    ++judged;
  }
  EXPECT_EQ(judged, std::size(router_errors));
}

TEST_F(Ping, names_the_router_where_the_ttl_ends) {
  for (const auto& [target, router, type] :
       {std::tuple{"10.0.1.1", "10.0.0.2", 11}, std::tuple{"fd00:1::1", "fd00::2", 3}}) {
    const auto run = ping(std::string{"-c 1 -t 1 "} + target);
    const auto event = run.one("icmp_error");
    EXPECT_EQ(event["from"], router);
    EXPECT_EQ(event["icmp"]["type"], type);
    EXPECT_EQ(event["icmp"]["name"], type == 11 ? "ttl-exceeded" : "hop-limit-exceeded");
    EXPECT_EQ(event["errno"], "EHOSTUNREACH");
    EXPECT_EQ(run.result.status, 1);
  }
}

TEST_F(Ping, learns_the_mtu_of_the_path_and_goes_on_in_fragments) {
  lab_->mtu("r", "s", 1280);
  lab_->mtu("s", "r", 1280);
  for (const std::string target : {"10.0.1.1", "fd00:1::1"}) {
    const auto run = ping("-c 3 -i 0.05 -s 1400 " + target);
    SCOPED_TRACE(run.result.out);
    const auto error = run.one("icmp_error");
    EXPECT_EQ(error["seq"], 1);
    EXPECT_EQ(error["icmp"]["mtu"], 1280);
    EXPECT_EQ(error["icmp"]["name"],
              error["icmp"]["version"] == 4 ? "frag-needed" : "packet-too-big");
    EXPECT_EQ(error["errno"], "EMSGSIZE");
    EXPECT_EQ(run.one("change")["what"], "path_mtu");
    EXPECT_EQ(run.all("reply").size(), 2U);
    EXPECT_EQ(run.result.status, 0);

    const auto insists = ping("-c 2 -i 0.05 -s 1400 -M probe " + target);
    EXPECT_EQ(insists.all("icmp_error").size(), 2U) << insists.result.out;
    EXPECT_EQ(insists.result.status, 1);
  }
  lab_->mtu("r", "s", 1500);
  lab_->mtu("s", "r", 1500);
  lab_->ip("c", "route flush cache");
  lab_->ip("c", "-6 route flush cache");
}

TEST_F(Ping, sends_in_fragments_what_exceeds_the_interface) {
  for (const std::string target : {"10.0.1.1", "fd00:1::1"}) {
    const auto run = ping("-c 2 -i 0.05 -s 20000 " + target);
    EXPECT_EQ(run.all("reply").size(), 2U) << run.result.out << run.result.err;
    EXPECT_EQ(run.all("reply")[0]["bytes"], 20008);
    const auto forbidden = ping("-c 1 -s 20000 -M do " + target);
    EXPECT_EQ(forbidden.one("refused")["errno"], "EMSGSIZE") << forbidden.result.out;
    EXPECT_EQ(forbidden.result.status, 4);
  }
}

TEST_F(Ping, tells_a_neighbour_that_does_not_answer_from_a_router_that_says_so) {
  for (const auto& [target, own] :
       {std::pair{"10.0.0.77", "10.0.0.1"}, std::pair{"fd00::77", "fd00::1"}}) {
    const auto run = ping(std::string{"-c 1 "} + target);
    const auto event = run.one("icmp_error");
    EXPECT_EQ(event["from"], own) << run.result.out;
    EXPECT_EQ(event["neighbor"], true);
    EXPECT_EQ(event["errno"], "EHOSTUNREACH");
    const auto words = text(std::string{"-c 1 "} + target);
    EXPECT_NE(words.out.find("neighbour that does not answer"), std::string::npos) << words.out;
  }
  const auto far = ping("-c 1 10.0.1.77");
  EXPECT_EQ(far.one("icmp_error")["from"], "10.0.0.2");
  EXPECT_EQ(far.one("icmp_error")["neighbor"], false);
}

TEST_F(Ping, a_deadline_is_not_ended_by_the_first_error) {
  lab_->route("r", "192.0.6.0/24 via 10.0.1.1");
  lab_->rules("r",
              "table ip deadline {\nchain forward {\ntype filter hook forward priority 0;\n"
              "ip daddr 192.0.6.1 reject with icmp type admin-prohibited\n}\n}\n");
  const auto run = ping("-c 3 -w 2 -i 0.5 192.0.6.1");
  EXPECT_EQ(run.result.status, 1);
  EXPECT_GE(run.all("icmp_error").size(), 4U) << run.result.out;
  EXPECT_NEAR(run.one("summary")["elapsed_ms"].get<double>(), 2000, 200);
}

TEST_F(Ping, without_privilege_hears_replies_and_errors_and_says_what_it_misses) {
  lab_->sysctl("c", "net.ipv4.ping_group_range", "0 2147483647");
  const auto run = ping("--unprivileged -c 2 -i 0.05 10.0.1.1");
  EXPECT_EQ(run.all("reply").size(), 2U) << run.result.out << run.result.err;
  EXPECT_EQ(run.one("start")["mode"], "datagram");
  EXPECT_FALSE(run.one("start")["unknowable"].empty());
  EXPECT_EQ(run.all("reply")[0]["ttl"], 63);
  EXPECT_EQ(run.all("reply")[0]["clock"], "kernel");

  const auto v6 = ping("--unprivileged -c 2 -i 0.05 fd00:1::1");
  EXPECT_EQ(v6.all("reply").size(), 2U) << v6.result.out << v6.result.err;

  for (const auto& [target, type] : {std::pair{"10.0.1.1", 11}, std::pair{"fd00:1::1", 3}}) {
    const auto error = ping(std::string{"--unprivileged -c 1 -t 1 "} + target);
    EXPECT_EQ(error.one("icmp_error")["icmp"]["type"], type) << error.result.out;
    EXPECT_EQ(error.one("icmp_error")["errno"], "EHOSTUNREACH");
  }
}

TEST_F(Ping, an_ordinary_user_without_any_way_gets_advice_and_status_3) {
  lab_->sysctl("c", "net.ipv4.ping_group_range", "1 0");
  const auto result =
      lab_->run("c", "setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all -- " +
                         std::string{SONDA_PING} + " -c 1 10.0.1.1");
  EXPECT_EQ(result.status, 3) << result.out << result.err;
  EXPECT_NE(result.err.find("setcap cap_net_raw+p"), std::string::npos) << result.err;
  lab_->sysctl("c", "net.ipv4.ping_group_range", "0 2147483647");
  const auto allowed =
      lab_->run("c", "setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all -- " +
                         std::string{SONDA_PING} + " -c 1 10.0.1.1");
  EXPECT_EQ(allowed.status, 0) << allowed.out << allowed.err;
}

TEST_F(Ping, keeps_no_capability_while_it_measures) {
  auto process = lab_->start("c", {SONDA_PING, "-i", "0.2", "10.0.1.1"});
  ASSERT_TRUE(process.wait_for("icmp_seq=1"));
  const auto status =
      run(shell("grep -h Cap /proc/" + std::to_string(process.pid()) + "/task/*/status"));
  for (const char* set : {"CapPrm:\t0000000000000000", "CapEff:\t0000000000000000"})
    EXPECT_NE(status.out.find(set), std::string::npos) << status.out;
  process.signal(SIGINT);
  EXPECT_EQ(process.wait().status, 0);
}

TEST_F(Ping, two_at_once_never_take_each_others_replies) {
  auto first = lab_->start("c", {SONDA_PING, "--json", "-c", "200", "-i", "0.005", "10.0.1.1"});
  const auto second = ping("-c 200 -i 0.005 10.0.1.1");
  const auto other = JsonRun::read(first.wait(15s));
  for (const auto* run : {&second, &other}) {
    EXPECT_EQ(run->one("summary")["received"], 200);
    EXPECT_EQ(run->one("summary")["duplicates"], 0);
    EXPECT_EQ(run->one("summary")["foreign"], 0);
  }
}

TEST_F(Ping, each_event_is_in_the_capture_octet_for_octet_and_to_the_nanosecond) {
  Capture capture{*lab_, "c", "r", "icmp or icmp6"};
  const auto v4 = ping("-c 20 -i 0.01 -s 100 -t 33 -Q 0xb8 -p c0ffee 10.0.1.1");
  const auto v6 = ping("-c 20 -i 0.01 -s 100 -t 33 -Q 0xb8 -p c0ffee fd00:1::1");
  capture.stop();
  const auto frames = capture.frames();
  std::map<std::string, const Frame*> sent;
  for (const auto& frame : frames) sent[sha256_text(frame.packet)] = &frame;

  for (const auto* run : {&v4, &v6}) {
    ASSERT_EQ(run->all("reply").size(), 20U);
    for (const auto& event : run->all("sent"))
      EXPECT_TRUE(sent.contains(event["octets_sha256"])) << event;
  }
  // The reply's time is the kernel's stamp: tcpdump has the same to the nanosecond.
  const auto rows =
      capture.tshark("icmp.type == 0 || icmpv6.type == 129",
                     {"frame.time_epoch", "icmp.seq", "icmpv6.echo.sequence_number", "ip.ttl",
                      "ip.dsfield", "icmp.checksum.status", "icmpv6.checksum.status"});
  ASSERT_EQ(rows.size(), 40U);
  std::size_t same = 0;
  for (const auto* run : {&v4, &v6})
    for (const auto& reply : run->all("reply")) {
      const auto time = reply["time"].get<std::string>();
      const auto fraction = time.substr(time.find('.'), 10);
      same += static_cast<std::size_t>(std::ranges::count_if(
          rows, [&](const auto& row) { return row[0].substr(row[0].find('.'), 10) == fraction; }));
    }
  EXPECT_EQ(same, 40U);
  for (const auto& row : capture.tshark(
           "icmp.type == 8",
           {"ip.ttl", "ip.dsfield", "ip.checksum.status", "icmp.checksum.status", "ip.id"})) {
    EXPECT_EQ(row[0], "33");
    EXPECT_EQ(row[1], "0xb8");
    EXPECT_EQ(row[2], "1");
    EXPECT_EQ(row[3], "1");
    EXPECT_NE(row[4], "0x0000");
  }
  for (const auto& row : capture.tshark("icmpv6.type == 128",
                                        {"ipv6.hlim", "ipv6.tclass", "icmpv6.checksum.status"})) {
    EXPECT_EQ(row[0], "33");
    EXPECT_EQ(row[1], "0x000000b8");
    EXPECT_EQ(row[2], "1");
  }
}

TEST_F(Ping, is_told_of_a_refused_send_and_goes_on) {
  lab_->rules("c",
              "table ip block {\nchain output {\ntype filter hook output priority 0;\n"
              "ip daddr 10.0.1.1 drop\n}\n}\n");
  const auto run = ping("-c 2 -i 0.05 10.0.1.1");
  lab_->rules("c", "delete table ip block");
  EXPECT_EQ(run.all("refused").size(), 2U) << run.result.out;
  EXPECT_EQ(run.all("refused").at(0)["errno"], "EPERM");
  EXPECT_EQ(run.result.status, 4);
}

TEST_F(Ping, survives_an_interface_that_goes_down_and_comes_back) {
  auto process = lab_->start("c", {SONDA_PING, "--json", "-i", "0.05", "-W", "0.5", "10.0.1.1"});
  ASSERT_TRUE(process.wait_for("\"reply\""));
  lab_->down("c", "r");
  ASSERT_TRUE(process.wait_for("\"refused\""));
  lab_->up("c", "r");
  lab_->address("c", "r", "fd00:0::1/64");
  lab_->route("c", "default via 10.0.0.2"), lab_->route("c", "default via fd00:0::2");
  ::usleep(1'500'000);
  process.signal(SIGINT);
  const auto run = JsonRun::read(process.wait());
  EXPECT_EQ(run.result.status, 0) << run.result.err;
  EXPECT_EQ(run.events.back()["event"], "summary");
  EXPECT_EQ(run.events.at(run.events.size() - 2)["event"], "reply") << run.result.out;
  EXPECT_TRUE(run.result.err.empty()) << run.result.err;
}

TEST_F(Ping, waits_out_a_full_queue) {
  for (const char* error : {"105" /* ENOBUFS */, "11" /* EAGAIN */}) {
    const auto run =
        JsonRun::read(lab_->run("c", {"env", "ASAN_OPTIONS=verify_asan_link_order=0",
                                      std::string{"LD_PRELOAD="} + SONDA_FAILING_SENDS,
                                      std::string{"SONDA_FAIL_ERRNO="} + error, SONDA_PING,
                                      "--json", "-c", "30", "-i", "0.01", "10.0.1.1"}));
    EXPECT_EQ(run.all("reply").size(), 30U) << run.result.out << run.result.err;
    EXPECT_TRUE(run.all("refused").empty());
  }
}

TEST_F(Ping, prints_the_familiar_lines) {
  const auto result = text("-c 2 -i 0.05 10.0.1.1");
  EXPECT_NE(result.out.find("PING 10.0.1.1 (10.0.1.1) 56(84) bytes of data.\n64 bytes from "
                            "10.0.1.1: icmp_seq=1 ttl=63 time="),
            std::string::npos)
      << result.out;
  EXPECT_NE(result.out.find("--- 10.0.1.1 ping statistics ---\n2 packets transmitted, 2 received, "
                            "0% packet loss, time "),
            std::string::npos)
      << result.out;
  EXPECT_NE(result.out.find("stamps: kernel out, kernel in\nof 2: 2 answered, 0 silent\n"),
            std::string::npos)
      << result.out;
}

TEST_F(Ping, takes_source_and_interface_as_iputils_does) {
  lab_->address("c", "r", "10.0.0.5/24");
  const auto by_address = ping("-c 1 -I 10.0.0.5 10.0.0.2");
  EXPECT_EQ(by_address.one("start")["source"], "10.0.0.5");
  EXPECT_EQ(by_address.result.status, 0) << by_address.result.out;
  const auto by_name = ping("-c 1 -I r 10.0.0.2");
  EXPECT_EQ(by_name.one("start")["interface"], "r");
  EXPECT_EQ(by_name.result.status, 0) << by_name.result.out;
  const auto unknown = text("-c 1 -I nowhere 10.0.0.2");
  EXPECT_EQ(unknown.status, 4) << unknown.err;
  const auto link_local =
      lab_->run("r", "ip -6 -o addr show dev c scope link | sed 's/.*inet6 //;s,/.*,,'");
  auto address = link_local.out.substr(0, link_local.out.find('\n'));
  const auto zoned = ping("-c 1 " + address + "%r");
  EXPECT_EQ(zoned.result.status, 0) << zoned.result.out << zoned.result.err;
  EXPECT_EQ(zoned.one("reply")["from"], address + "%r");
  lab_->ip("c", "address del 10.0.0.5/24 dev r");
}

}  // namespace
}  // namespace sonda::testing
