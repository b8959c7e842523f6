// A scan's session over loopback: real sockets, several threads, one stream of events.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <netinet/in.h>
#include <set>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/clock.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/net/wait.hpp>
#include <sonda/run/scan_session.hpp>

namespace sonda {
namespace {

using std::chrono::milliseconds;

const Address local = Ipv4Address{127, 0, 0, 1};

struct Server {
  net::Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Port port{};

  Server() {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    socklen_t size = sizeof name;
    auto* any = static_cast<sockaddr*>(static_cast<void*>(&name));
    ::bind(socket.get(), any, sizeof name);
    ::listen(socket.get(), 64);
    ::getsockname(socket.get(), any, &size);
    port = Port{ntohs(name.sin_port)};
  }
};

TcpPlan plan_of(const std::vector<Address>& addresses, std::uint16_t first, std::uint16_t last,
                std::vector<Port> more = {}) {
  TargetSet targets;
  for (const auto& address : addresses) EXPECT_TRUE(targets.add(address));
  auto ports = std::move(more);
  for (int port = first; port <= last; ++port) ports.emplace_back(port);
  std::ranges::sort(ports);
  ports.erase(std::ranges::unique(ports).begin(), ports.end());
  auto space = std::make_shared<ScanSpace>();
  EXPECT_TRUE(space->add(targets, ports));
  TcpPlan plan;
  plan.space = space;
  return plan;
}

class Recording {
 public:
  [[nodiscard]] ScanOptions options(std::uint32_t workers) {
    ScanOptions options;
    options.workers = workers;
    options.on_event = [this](const Occurrence& one) {
      EXPECT_EQ(std::this_thread::get_id(), thread_);
      all.push_back(one);
      if (also) also(one);
    };
    return options;
  }
  template <typename T>
  [[nodiscard]] std::vector<T> of() const {
    std::vector<T> some;
    for (const auto& one : all)
      if (const auto* what = std::get_if<T>(&one.event.what)) some.push_back(*what);
    return some;
  }

  std::vector<Occurrence> all;
  std::function<void(const Occurrence&)> also{};

 private:
  std::thread::id thread_ = std::this_thread::get_id();
};

Session start(TcpPlan plan, ScanOptions options) {
  auto session = tcp(std::move(plan), std::move(options));
  EXPECT_TRUE(session) << session.error().message();
  return std::move(*session);
}

TEST(ScanSession, tells_of_every_port_once_and_sums_up_at_the_end) {
  const Server one, two;
  for (const std::uint32_t workers : {1U, 2U, 3U}) {
    Recording events;
    auto session =
        start(plan_of({local}, 20'000, 21'999, {one.port, two.port}), events.options(workers));
    session.run();
    EXPECT_TRUE(session.finished());

    ASSERT_FALSE(events.all.empty());
    const auto starts = events.of<Start>();
    ASSERT_EQ(starts.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<Start>(events.all.front().event.what));
    EXPECT_EQ(starts[0].mode, "connect");
    EXPECT_EQ(starts[0].clock, "user");
    EXPECT_EQ(starts[0].interface, "lo");
    EXPECT_EQ(starts[0].source, local);
    EXPECT_EQ(std::set(starts[0].ports.begin(), starts[0].ports.end()).size(), workers * 2);

    std::map<Port, PortState> states;
    std::set<ProbeId> places;
    for (const auto& port : events.of<PortResult>()) {
      if (port.control) continue;
      EXPECT_TRUE(states.emplace(port.port, port.state).second) << port.port.value();
      EXPECT_TRUE(places.insert(port.probe).second);
    }
    const auto open = [&](Port port) { return port == one.port || port == two.port; };
    for (const auto& [port, state] : states)
      EXPECT_EQ(state, open(port) ? PortState::open : PortState::closed) << port.value();
    const auto sums = events.of<ScanSummary>();
    ASSERT_EQ(sums.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<ScanSummary>(events.all.back().event.what));
    EXPECT_TRUE(sums[0].final);
    EXPECT_EQ(sums[0].ports, states.size());
    EXPECT_EQ(sums[0].hosts, 1U);
    EXPECT_EQ(sums[0].by_state[static_cast<std::size_t>(PortState::open)], 2U);
    EXPECT_EQ(sums[0].by_state[static_cast<std::size_t>(PortState::closed)], states.size() - 2);
    EXPECT_GT(sums[0].elapsed, Duration{});
  }
}

TEST(ScanSession, answers_a_query_in_the_middle_with_one_sum_of_all_workers) {
  auto plan = plan_of({local}, 20'000, 20'999);
  plan.rate = 2000;
  Recording events;
  auto session = start(std::move(plan), events.options(2));
  const auto from = net::now();
  while (net::now() - from < milliseconds{100}) session.step(net::now() + milliseconds{10});
  session.query();
  session.query();
  session.run();
  const auto sums = events.of<ScanSummary>();
  ASSERT_EQ(sums.size(), 2U);
  EXPECT_FALSE(sums[0].final);
  EXPECT_EQ(sums[0].ports, 1000U);
  const auto known = sums[0].by_state[static_cast<std::size_t>(PortState::closed)];
  EXPECT_GT(known, 0U);
  EXPECT_LT(known, 1000U);
  EXPECT_TRUE(sums[1].final);
}

TEST(ScanSession, keeps_to_the_rate_whatever_the_number_of_workers) {
  auto plan = plan_of({local}, 20'000, 20'499);
  plan.rate = 1000;
  Recording events;
  const auto from = net::now();
  start(std::move(plan), events.options(2)).run();
  const auto took = net::now() - from;
  EXPECT_GE(took, milliseconds{350});
  EXPECT_LE(took, milliseconds{800});
}

TEST(ScanSession, stops_when_it_is_told_even_from_a_callback) {
  auto plan = plan_of({local}, 20'000, 29'999);
  plan.rate = 1000;
  Recording events;
  auto session = start(std::move(plan), events.options(2));
  bool told = false;
  events.also = [&](const Occurrence& one) {
    if (!told && std::holds_alternative<PortResult>(one.event.what)) session.stop();
    told = told || std::holds_alternative<PortResult>(one.event.what);
  };
  const auto from = net::now();
  session.run();
  EXPECT_LT(net::now() - from, milliseconds{1000});
  EXPECT_EQ(events.of<ScanSummary>().size(), 1U);
  EXPECT_LT(events.of<PortResult>().size(), 1000U);
}

TEST(ScanSession, can_be_stopped_before_its_first_step) {
  Recording events;
  auto session = start(plan_of({local}, 1, 65'535), events.options(2));
  session.stop();
  session.run();
  EXPECT_EQ(events.of<ScanSummary>().size(), 1U);
  EXPECT_EQ(events.of<Start>().size(), 1U);
}

TEST(ScanSession, can_be_thrown_away_while_it_runs) {
  for (int i = 0; i < 20; ++i) {
    Recording events;
    auto session = start(plan_of({local}, 1, 65'535), events.options(2));
    for (int step = 0; step < i; ++step) session.step(net::now() + milliseconds{1});
    auto moved = std::move(session);
  }
}

TEST(ScanSession, works_in_a_loop_of_ones_own) {
  Recording events;
  auto session = start(plan_of({local}, 20'000, 22'000), events.options(2));
  const auto until = net::now() + std::chrono::seconds{5};
  while (!session.finished() && net::now() < until) {
    static_cast<void>(net::wait_readable(session.descriptors(), session.next_wakeup()));
    session.turn();
  }
  EXPECT_TRUE(session.finished());
  EXPECT_EQ(events.of<ScanSummary>().size(), 1U);
}

TEST(ScanSession, says_what_it_cannot_do) {
  ScanOptions nowhere;
  nowhere.interface = "nosuch0";
  const auto session = tcp(plan_of({local}, 1, 2), std::move(nowhere));
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().error_code, ENODEV);
}

TEST(ScanSession, never_meets_itself_on_loopback) {
  for (int i = 0; i < 3; ++i) {
    Recording events;
    start(plan_of({local}, 32'768, 60'999), events.options(2)).run();
    for (const auto& port : events.of<PortResult>())
      EXPECT_TRUE(port.state == PortState::closed || port.state == PortState::open);
    const auto sum = events.of<ScanSummary>().at(0);
    EXPECT_LE(sum.by_state[static_cast<std::size_t>(PortState::open)], 8U);  // of this machine's
  }
}

}  // namespace
}  // namespace sonda
