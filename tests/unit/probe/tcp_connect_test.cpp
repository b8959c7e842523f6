// What the scanner makes of a connection that the system reports.
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/probe/tcp.hpp>

namespace sonda {
namespace {

using namespace std::chrono_literals;

PortResult result_of_connect(const SocketReport& report) {
  auto space = std::make_shared<ScanSpace>();
  TargetSet targets;
  EXPECT_TRUE(targets.add(*Address::parse("192.0.2.9")));
  EXPECT_TRUE(space->add(targets, {Port{80}}));
  TcpEngine engine{{.space = std::move(space)}};
  std::vector<std::uint8_t> room(engine.room_needed());
  const auto action = engine.poll_action(Instant{}, room);
  const auto* connect = std::get_if<Connect>(&*action);
  EXPECT_NE(connect, nullptr);
  engine.on_sent(Instant{}, connect->probe, {});
  auto told = report;
  told.flow = connect->flow;
  engine.on_socket(Instant{1'100ms}, told);
  std::vector<Event> events;
  engine.take_events(events);
  for (const auto& event : events)
    if (const auto* port = std::get_if<PortResult>(&event.what)) return *port;
  ADD_FAILURE() << "nothing was told";
  return {};
}

TEST(TcpConnect, has_the_systems_own_round_trip_of_the_handshake) {
  const auto port =
      result_of_connect({.tcp_state = 1, .transmissions = 1, .handshake = Duration{7ms}});
  EXPECT_EQ(port.state, PortState::open);
  ASSERT_TRUE(port.rtt);
  EXPECT_EQ(port.rtt->rtt, 7ms);
}

TEST(TcpConnect, has_no_round_trip_after_a_retransmission) {
  const auto port =
      result_of_connect({.tcp_state = 1, .transmissions = 2, .handshake = Duration{}});
  EXPECT_EQ(port.state, PortState::open);
  EXPECT_EQ(port.attempts, 2U);
  EXPECT_FALSE(port.rtt);
}

}  // namespace
}  // namespace sonda
