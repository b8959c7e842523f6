// The round-trip time against a capture of the same run: the wire's lies inside the bracket.
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include <sonda/core/bytes.hpp>

#include "capture_frames.hpp"
#include "json_run.hpp"
#include "netns.hpp"

namespace sonda::testing {
namespace {

using namespace std::chrono_literals;

TEST(Rtt, of_a_thousand_echoes_lies_where_the_capture_says) {
  constexpr std::size_t echoes = 1'000;
  Namespaces lab;
  lab.link("c", "10.0.0.1/24", "s", "10.0.0.2/24");
  Capture capture{lab, "c", "s", "icmp"};
  const auto run = JsonRun::read(
      lab.run("c", std::string{SONDA_PING} + " --json -c 1000 -i 0.01 10.0.0.2", 60s));
  capture.stop();

  std::map<unsigned, std::int64_t> asked, answered;
  for (const auto& frame : capture.frames())
    (frame.packet[20] == 8 ? asked : answered)[load<std::uint16_t>(frame.packet, 26)] =
        frame.unix_ns;
  const auto replies = run.all("reply");
  ASSERT_EQ(replies.size(), echoes);
  std::size_t inside = 0;
  for (const auto& reply : replies) {
    const auto sequence = reply["seq"].get<unsigned>();
    ASSERT_TRUE(asked.contains(sequence) && answered.contains(sequence));
    const auto wire = static_cast<double>(answered[sequence] - asked[sequence]);
    const double off = std::abs(reply["rtt_ms"].get<double>() * 1e6 - wire);
    EXPECT_EQ(reply["clock"], "kernel");
    if (off <= reply["rtt_error_ms"].get<double>() * 1e6 + 1) ++inside;  // 1: rounding
  }
  EXPECT_GE(inside, echoes * 999 / 1'000);
}

}  // namespace
}  // namespace sonda::testing
