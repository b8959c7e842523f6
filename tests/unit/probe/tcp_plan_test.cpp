// The system's schedule of SYNs, and the deadline that is asked of it.
#include <chrono>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/probe/tcp_plan.hpp>

namespace sonda {
namespace {

using namespace std::chrono_literals;

// Seen on Linux 6.18 with tcp_syn_retries = 10 and tcp_syn_linear_timeouts = 4.
TEST(SynTime, is_when_linux_sends) {
  std::vector<Duration> times;
  for (std::uint8_t i = 0; i < 10; ++i) times.push_back(syn_time(i));
  EXPECT_THAT(times, testing::ElementsAre(0s, 1s, 2s, 3s, 4s, 5s, 7s, 11s, 19s, 35s));
}

TEST(ConnectDeadline, is_half_a_second_after_the_last_syn) {
  EXPECT_EQ(connect_deadline({.retransmissions = 2}), 2'500ms);
  EXPECT_EQ(connect_deadline({.retransmissions = 6}), 7'500ms);
}

TEST(ConnectDeadline, is_what_was_asked_for_but_not_before_the_system_can) {
  EXPECT_EQ(connect_deadline({.deadline = 10s}), 10s);
  EXPECT_EQ(connect_deadline({.deadline = 1ms}), 1'020ms);
  EXPECT_EQ(connect_deadline({.retransmissions = 0}), 1'020ms);
}

}  // namespace
}  // namespace sonda
