// Live captures in namespaces, of packets that real kernels exchange.
#include <algorithm>
#include <cerrno>
#include <ctime>
#include <poll.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/capture/live_capture.hpp>
#include <sonda/core/bytes.hpp>

#include "capture_frames.hpp"
#include "netns.hpp"

namespace sonda {
namespace {

using capture::LinkType;
using capture::LiveCapture;
using capture::LiveFrame;
using capture::LiveOptions;
using ::testing::ExitedWithCode;
using testing::Namespaces;

std::int64_t unix_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

constexpr std::size_t icmp_type = 14 + 20;  // in an Ethernet frame
constexpr std::size_t sequence = icmp_type + 6;

class LiveLab : public ::testing::Test {
 protected:
  LiveLab() {
    lab_.link("c", "10.0.0.1/24", "r", "10.0.0.2/24");
    lab_.no_icmp_limits("r");
    ping("-c 1");  // so that both know their neighbour
  }
  std::expected<LiveCapture, Failure> try_open(const LiveOptions& options) const {
    const auto inside = lab_.enter("c");
    return LiveCapture::open(options);
  }
  LiveCapture open(const LiveOptions& options) const {
    auto capture = try_open(options);
    EXPECT_TRUE(capture.has_value()) << capture.error().message();
    return std::move(*capture);
  }

  void ping(const std::string& options, const std::string& target = "10.0.0.2") const {
    EXPECT_EQ(lab_.run("c", "ping " + options + ' ' + target).status, 0);
  }

  Namespaces lab_;
};

std::vector<LiveFrame> taken(LiveCapture& capture) {
  std::vector<LiveFrame> frames;
  const auto done = capture.take(frames);
  EXPECT_TRUE(done.has_value()) << done.error().message();
  return frames;
}
// Takes until there are so many, at most for two seconds.
std::vector<LiveFrame> taken(LiveCapture& capture, std::size_t wanted) {
  std::vector<LiveFrame> frames;
  const auto end = unix_now() + 2'000'000'000;
  while (frames.size() < wanted && unix_now() < end) {
    std::vector<pollfd> watched;
    for (const int descriptor : capture.descriptors()) watched.push_back({descriptor, POLLIN, 0});
    ::poll(watched.data(), watched.size(), 100);
    EXPECT_TRUE(capture.take(frames).has_value());
  }
  return frames;
}

TEST_F(LiveLab, takes_each_frame_once_and_in_its_order_with_the_kernels_nanoseconds) {
  auto capture = open({.interfaces = {"r"}, .filter = "icmp"});
  const auto before = unix_now();
  ping("-c 8 -i 0.01");
  const auto after = unix_now();
  const auto frames = taken(capture, 16);
  ASSERT_EQ(frames.size(), 16U);
  bool finer_than_microseconds = false;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto& frame = frames[i];
    ASSERT_EQ(frame.octets.size(), 98U);
    EXPECT_EQ(frame.original_length, 98U);
    EXPECT_EQ(frame.interface, 0U);
    EXPECT_EQ(frame.octets[icmp_type], i % 2 == 0 ? 8 : 0);
    EXPECT_EQ(load<std::uint16_t>(frame.octets, sequence), i / 2 + 1);
    EXPECT_GE(frame.unix_ns, i == 0 ? before : frames[i - 1].unix_ns);
    EXPECT_LE(frame.unix_ns, after);
    finer_than_microseconds |= frame.unix_ns % 1000 != 0;
  }
  EXPECT_TRUE(finer_than_microseconds);
  EXPECT_TRUE(taken(capture).empty());
}

TEST_F(LiveLab, has_the_same_octets_and_nanoseconds_as_tcpdump) {
  testing::Capture tcpdump{lab_, "c", "r", "icmp"};
  auto capture = open({.interfaces = {"r"}, .filter = "icmp"});
  ping("-c 20 -i 0.005");
  const auto frames = taken(capture, 40);
  tcpdump.stop();
  const auto theirs = tcpdump.frames();
  ASSERT_EQ(frames.size(), 40U);
  ASSERT_EQ(theirs.size(), 40U);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].unix_ns, theirs[i].unix_ns);
    EXPECT_TRUE(std::ranges::equal(Bytes{frames[i].octets}.subspan(14), theirs[i].packet));
  }
}

TEST_F(LiveLab, says_of_each_interface_what_a_file_has_to_know) {
  const auto capture = open({.interfaces = {"lo", "any"}, .filter = "icmp", .snaplen = 9000});
  ASSERT_EQ(capture.interfaces().size(), 2U);
  EXPECT_EQ(capture.interfaces()[0],
            (capture::Interface{
                .link_type = LinkType::ethernet, .snaplen = 9000, .name = "lo", .filter = "icmp"}));
  EXPECT_EQ(capture.interfaces()[1].link_type, LinkType::linux_cooked);
  EXPECT_EQ(capture.descriptors().size(), 2U);
}

// libpcap's own number for them is 12.
TEST_F(LiveLab, calls_a_tunnels_frames_raw_as_files_do) {
  lab_.ip("c", "tuntap add dev t0 mode tun");
  lab_.up("c", "t0");
  const auto capture = open({.interfaces = {"t0"}});
  EXPECT_EQ(capture.interfaces()[0].link_type, LinkType::raw_ip);
}

TEST_F(LiveLab, merges_what_two_interfaces_saw_by_time) {
  lab_.link("c", "10.0.1.1/24", "s", "10.0.1.2/24");
  auto capture = open({.interfaces = {"s", "r"}, .filter = "icmp"});
  for (int i = 0; i < 3; ++i) ping("-c 1"), ping("-c 1", "10.0.1.2");
  const auto frames = taken(capture, 12);
  ASSERT_EQ(frames.size(), 12U);
  for (std::size_t i = 0; i < frames.size(); ++i) EXPECT_EQ(frames[i].interface, 1 - i / 2 % 2);
}

TEST_F(LiveLab, appends_to_what_is_there_already) {
  auto capture = open({.interfaces = {"r"}, .filter = "icmp"});
  ping("-c 1");
  std::vector<LiveFrame> frames{{.interface = 7, .unix_ns = unix_now() * 2}};
  ASSERT_TRUE(capture.take(frames).has_value());
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0].interface, 7U);
}

TEST_F(LiveLab, sees_nothing_of_what_came_in_front_of_its_filter) {
  auto flood = lab_.start("c", {"ping", "-f", "-q", "10.0.0.2"});
  ::usleep(50'000);
  std::size_t requests = 0;
  for (int round = 0; round < 20; ++round) {
    auto capture = open({.interfaces = {"r"}, .filter = "icmp[icmptype] == 8"});
    for (int i = 0; i < 5; ++i) {
      for (const auto& frame : taken(capture)) {
        ASSERT_EQ(frame.octets[icmp_type], 8) << "a reply, round " << round;
        ++requests;
      }
      ::usleep(1000);
    }
  }
  EXPECT_GT(requests, 0U) << "no traffic, nothing shown";
}

TEST_F(LiveLab, keeps_the_front_of_a_frame_and_how_long_it_was) {
  for (const std::uint32_t snaplen : {40U, 57U, 60U, 61U, 62U, 63U, 300U}) {
    auto capture = open({.interfaces = {"r"}, .filter = "icmp", .snaplen = snaplen});
    ping("-c 1 -s 500");
    const auto frames = taken(capture, 2);
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(frames[0].octets.size(), snaplen);
    EXPECT_EQ(frames[0].original_length, 542U);
  }
}

TEST_F(LiveLab, keeps_all_of_the_largest_frames) {
  auto capture = open({.interfaces = {"r"}, .filter = "icmp"});
  ping("-c 1 -s 1472");
  const auto frames = taken(capture, 2);
  ASSERT_EQ(frames.size(), 2U);
  for (const auto& frame : frames) EXPECT_EQ(frame.octets.size(), 1514U);
}

// The ring's slots are as large as the snaplen where segments may be merged, as on loopback, where
// each packet takes two of them.
TEST_F(LiveLab, has_room_for_a_burst_where_no_more_is_kept_than_needed) {
  auto capture = open({.interfaces = {"lo"}, .filter = "icmp", .snaplen = 2000});
  ping("-q -c 400 -f", "127.0.0.1");
  EXPECT_EQ(taken(capture, 800).size(), 800U);
  EXPECT_EQ(capture.counts(0).dropped, 0U);
}

TEST_F(LiveLab, counts_what_it_took_and_what_had_no_room) {
  auto capture = open({.interfaces = {"r", "lo"}, .filter = "icmp", .snaplen = 2000});
  ping("-c 5 -i 0.002");
  EXPECT_EQ(taken(capture, 10).size(), 10U);
  EXPECT_EQ(capture.counts(0).received, 10U);
  EXPECT_EQ(capture.counts(0).dropped, 0U);
  EXPECT_EQ(capture.counts(1).received, 0U);

  auto small = open({.interfaces = {"r"}, .filter = "icmp", .snaplen = 2000, .buffer = 16'384});
  ping("-q -c 200 -i 0.001");
  const auto there = taken(small).size();
  const auto counts = small.counts(0);
  EXPECT_EQ(counts.received, 400U);
  EXPECT_EQ(counts.dropped, 400U - there);
  EXPECT_LT(there, 100U);
}

TEST_F(LiveLab, goes_on_after_an_interface_was_down) {
  auto capture = open({.interfaces = {"r"}, .filter = "icmp"});
  ping("-c 1");
  lab_.down("c", "r");
  EXPECT_EQ(taken(capture, 2).size(), 2U);
  ::usleep(50'000);
  EXPECT_TRUE(taken(capture).empty());
  lab_.up("c", "r");
  ping("-c 1");
  EXPECT_EQ(taken(capture, 2).size(), 2U);
}

TEST_F(LiveLab, says_that_an_interface_is_gone) {
  auto capture = open({.interfaces = {"r"}, .filter = "icmp"});
  lab_.ip("c", "link delete r");
  std::vector<LiveFrame> frames;
  std::expected<void, Failure> done{};
  for (int i = 0; i < 200 && done; ++i) {
    done = capture.take(frames);
    ::usleep(10'000);
  }
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message(), "capture on r: The interface disappeared");
}

TEST_F(LiveLab, repeats_what_libpcap_says_of_a_filter) {
  const auto capture = try_open({.interfaces = {"r"}, .filter = "icmp or or"});
  ASSERT_FALSE(capture.has_value());
  EXPECT_EQ(capture.error().error_code, 0);
  EXPECT_EQ(capture.error().message(),
            "capture on r, filter \"icmp or or\": can't parse filter expression: syntax error");
}

TEST_F(LiveLab, says_that_there_is_no_such_interface) {
  const auto capture = try_open({.interfaces = {"r", "none0"}});
  ASSERT_FALSE(capture.has_value());
  EXPECT_EQ(capture.error().message(), "capture on none0: No such device (ENODEV)");
}

TEST_F(LiveLab, says_that_an_interface_is_down) {
  lab_.down("c", "r");
  const auto capture = try_open({.interfaces = {"r"}});
  ASSERT_FALSE(capture.has_value());
  EXPECT_EQ(capture.error().message(), "capture on r: Network is down (ENETDOWN)");
}

void open_as_nobody() {
  const bool became =
      ::setresgid(65'534, 65'534, 65'534) == 0 && ::setresuid(65'534, 65'534, 65'534) == 0;
  const auto capture = LiveCapture::open({.interfaces = {"lo"}});
  const auto said = capture ? "it opened" : capture.error().message() + "\n";
  static_cast<void>(!::write(2, said.data(), said.size()));
  ::_exit(became ? 0 : 1);
}

TEST(LiveCapture, needs_the_right_to_see_packets) {
  EXPECT_EXIT(open_as_nobody(), ExitedWithCode(0),
              "^capture on lo: Operation not permitted .EPERM.");
}

}  // namespace
}  // namespace sonda
