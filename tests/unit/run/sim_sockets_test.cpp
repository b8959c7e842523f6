// The simulated client's sockets do what Linux's were seen to do.
#include <cerrno>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/run/sim_link.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/network.hpp>

namespace sonda::run {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// Keeps what a link reports, octets included.
class Heard final : public Inbox {
 public:
  struct Report {
    Instant at{};
    SocketReport report{};
    std::vector<std::uint8_t> data{};
    std::size_t queued = 0;
  };
  void on_sent(Instant, ProbeId probe, Stamp) override { sent.push_back(probe); }
  void on_refused(Instant, ProbeId, const Failure& failure) override {
    refused.push_back(failure.error_code);
  }
  void on_packet(Instant, const Received&) override { FAIL(); }
  void on_socket(Instant now, const SocketReport& report) override {
    reports.push_back({now, report, {report.data.begin(), report.data.end()}, report.queue.size()});
  }
  void on_drops(Instant, DropPlace, std::uint64_t) override { FAIL(); }

  std::vector<ProbeId> sent;
  std::vector<int> refused;
  std::vector<Report> reports;
};

class SimSocketsTest : public testing::Test {
 protected:
  SimSocketsTest() {
    network.give_client(client);
    network.connect(network.client(), host, {.delay = 10ms});
  }
  void connect(std::uint32_t flow, int port, Ending ending = Ending::reset) {
    const std::vector<Action> batch{Connect{.flow = FlowId{flow},
                                            .probe = ProbeId{flow},
                                            .to = server,
                                            .port = Port{port},
                                            .deadline = 2'500ms,
                                            .ending = ending}};
    link.transmit(now, batch, heard);
  }
  void run_until(Instant end) {
    while (const auto due = link.next_wakeup()) {
      if (*due > end) break;
      now = std::max(now, *due);
      link.readable(now, heard);
    }
    now = end;
  }
  static sim::HostPlan services() {
    sim::HostPlan plan{.addresses = {server}};
    plan.services.tcp[Port{22}] = {
        .kind = sim::TcpKind::open, .banner = {'h', 'i'}, .closes = true};
    plan.services.tcp[Port{23}] = {.kind = sim::TcpKind::filtered};
    return plan;
  }

  static constexpr Ipv4Address client{192, 0, 2, 2}, server{192, 0, 2, 1};
  sim::Network network{1};
  sim::Host& host = network.add(sim::Host{services()});
  SimLink link{network, SimStreamSockets{.sources = {client}, .key = {1, 2}}};
  Heard heard;
  Instant now{};
};

TEST_F(SimSocketsTest, connect_and_tell_what_comes) {
  connect(0, 22);
  run_until(Instant{1s});
  ASSERT_EQ(heard.reports.size(), 3U);
  EXPECT_EQ(heard.reports[0].report.tcp_state, 1);
  EXPECT_EQ(heard.reports[0].report.handshake, 20ms);
  EXPECT_EQ(heard.reports[0].report.transmissions, 1);
  EXPECT_GT(heard.reports[0].report.window, 1'000U);
  EXPECT_THAT(heard.reports[1].data, ElementsAre('h', 'i'));
  EXPECT_TRUE(heard.reports[2].report.end_of_data || heard.reports[1].report.end_of_data);
}

TEST_F(SimSocketsTest, are_refused_by_a_rst_with_an_empty_queue) {
  connect(0, 80);
  run_until(Instant{1s});
  ASSERT_EQ(heard.reports.size(), 1U);
  EXPECT_EQ(heard.reports[0].report.error_code, ECONNREFUSED);
  EXPECT_EQ(heard.reports[0].queued, 0U);
  connect(0, 80);
  run_until(Instant{2s});
  EXPECT_EQ(heard.reports.size(), 2U) << "the flow was free again";
}

TEST_F(SimSocketsTest, give_up_at_their_deadline_after_syns_a_second_apart) {
  std::vector<Instant> syns;
  network.set_witness([&](Instant at, Bytes, sim::Network&) { syns.push_back(at); });
  connect(0, 23);
  run_until(Instant{10s});
  EXPECT_THAT(syns, ElementsAre(Instant{0s}, Instant{1s}, Instant{2s}));
  ASSERT_EQ(heard.reports.size(), 1U);
  EXPECT_EQ(heard.reports[0].report.error_code, ETIMEDOUT);
  EXPECT_EQ(heard.reports[0].at, Instant{2'500ms});
  EXPECT_EQ(heard.reports[0].report.transmissions, 3);
}

TEST_F(SimSocketsTest, say_nothing_of_what_was_abandoned) {
  connect(0, 23);
  connect(1, 22, Ending::half_open);
  run_until(Instant{25ms});
  ASSERT_EQ(heard.reports.size(), 1U);
  EXPECT_EQ(host.tcp().size(), 1U) << "half open";
  const std::vector<Action> batch{Abandon{.flow = FlowId{0}}, Abandon{.flow = FlowId{1}}};
  link.transmit(now, batch, heard);
  run_until(Instant{10s});
  EXPECT_EQ(heard.reports.size(), 1U);
  EXPECT_EQ(host.tcp().size(), 0U);
}

TEST_F(SimSocketsTest, refuse_a_flow_in_use_and_a_version_without_address) {
  connect(0, 23);
  connect(0, 22);
  connect(1, 23);
  EXPECT_THAT(heard.refused, ElementsAre(EALREADY, EADDRNOTAVAIL));
  const std::vector<Action> batch{Connect{.flow = FlowId{3}, .to = *Address::parse("2001:db8::1")}};
  link.transmit(now, batch, heard);
  EXPECT_EQ(heard.refused.back(), ENETUNREACH);
}

}  // namespace
}  // namespace sonda::run
