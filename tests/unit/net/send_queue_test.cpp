// The queue that every link sends through, on a datagram socket over loopback.
#include "../../../lib/src/net/send_queue.hpp"

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/net/clock.hpp>
#include <sonda/net/descriptor.hpp>

#include "../../../lib/src/net/error_queue.hpp"
#include "netns.hpp"
#include "recording_inbox.hpp"

namespace sonda::net::testing {
namespace {

using sonda::testing::InsideNamespace;
using sonda::testing::Namespaces;

class Queue : public ::testing::TestWithParam<TransmitStamps::Keys> {
 protected:
  Queue()
      : inside_{network_with_a_filter()},
        out_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)},
        in_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)},
        queue_{out_.get(), true,
               [](const Outgoing& packet) {
                 return std::unexpected{send_failure(packet.to, EMSGSIZE)};
               },
               GetParam()} {
    name_ = socket_address(Ipv4Address{127, 0, 0, 1}, Port{});
    EXPECT_EQ(::bind(in_.get(), name_.get(), name_.size), 0);
    EXPECT_EQ(::getsockname(in_.get(), name_.get(), &name_.size), 0);
  }
  Outgoing packet(std::uint64_t probe, std::size_t size = 4) {
    Outgoing result;
    result.probe = ProbeId{probe};
    result.octets = Bytes{octets_}.first(size);
    result.to = Ipv4Address{127, 0, 0, 1};
    result.name = name_;
    return result;
  }
  Outgoing forbidden(std::uint64_t probe) {
    auto result = packet(probe);
    result.to = Ipv4Address{255, 255, 255, 255};
    result.name = socket_address(result.to, Port{9});
    return result;
  }
  // Gets as far as the packet filter: by then the kernel has counted it.
  Outgoing dropped(std::uint64_t probe) {
    auto result = packet(probe);
    result.name = socket_address(result.to, Port{9});
    return result;
  }
  void send(const std::vector<Outgoing>& batch) {
    queue_.send(now(), batch, inbox_);
    errors_.drain(out_.get(), clock_, queue_.stamps(), [](const QueuedIcmpError&) {});
    queue_.stamps().report(now(), inbox_);
  }
  // The bracket that the call gave first holds the one that the kernel gave later.
  void expect_stamps_of_their_own(std::uint64_t first, std::uint64_t last) {
    for (auto probe = first; probe <= last; ++probe) {
      std::vector<Stamp> stamps;
      for (const auto& [id, stamp] : inbox_.sent)
        if (id == ProbeId{probe}) stamps.push_back(stamp);
      ASSERT_EQ(stamps.size(), 2U) << probe;
      EXPECT_EQ(stamps[0].clock, StampClock::user);
      EXPECT_EQ(stamps[1].clock, StampClock::kernel) << probe;
      // The distance of the two clocks is known to some ten nanoseconds.
      constexpr std::int64_t slack = 200;
      EXPECT_GE(stamps[1].ns, stamps[0].ns - stamps[0].error_ns - slack) << probe;
      EXPECT_LE(stamps[1].ns, stamps[0].ns + stamps[0].error_ns + slack) << probe;
    }
  }

  static std::string network_with_a_filter() {
    static Namespaces lab;
    static const bool made = [] {
      lab.host("q");
      lab.rules("q",
                "table ip sonda { chain out { type filter hook output priority 0;"
                " udp dport 9 drop; }; }");
      return true;
    }();
    return made ? "/run/netns/" + lab.name("q") : "";
  }

  InsideNamespace inside_;
  std::vector<std::uint8_t> octets_ = std::vector<std::uint8_t>(70'000);
  Descriptor out_, in_;
  SocketAddress name_;
  SendQueue queue_;
  StampConverter clock_{nullptr};
  ErrorQueue errors_{64};
  RecordingInbox inbox_;
};

TEST_P(Queue, matches_each_stamp_with_its_packet) {
  for (std::uint64_t probe = 0; probe < 50; ++probe) send({packet(probe)});
  expect_stamps_of_their_own(0, 49);
}

TEST_P(Queue, matches_stamps_after_sends_that_failed) {
  send({packet(1)});
  send({forbidden(2), packet(3)});
  send({packet(4, 69'000)});
  send({packet(5)});
  send({dropped(11)});
  send({packet(12)});
  send({packet(6), forbidden(7), packet(8, 69'000), packet(9)});
  send({packet(10)});
  send({packet(13), dropped(14), packet(15)});
  ASSERT_EQ(inbox_.refused.size(), 6U);
  EXPECT_EQ(inbox_.refused[0].second.error_code, ENETUNREACH);
  EXPECT_EQ(inbox_.refused[1].second.error_code, EMSGSIZE);
  EXPECT_EQ(inbox_.refused[2].second.error_code, EPERM);
  expect_stamps_of_their_own(1, 1);
  expect_stamps_of_their_own(3, 3);
  expect_stamps_of_their_own(5, 5);
  expect_stamps_of_their_own(9, 10);
  expect_stamps_of_their_own(12, 12);
  expect_stamps_of_their_own(15, 15);
}

TEST_P(Queue, remembers_a_bounded_number_of_packets_whose_stamps_never_came) {
  for (std::uint64_t probe = 0; probe < 2 * TransmitStamps::capacity; ++probe) {
    const std::array batch{packet(probe)};
    queue_.send(now(), batch, inbox_);
  }
  EXPECT_EQ(inbox_.sent.size(), 2 * TransmitStamps::capacity);
  errors_.drain(out_.get(), clock_, queue_.stamps(), [](const QueuedIcmpError&) {});
  inbox_.sent.clear();
  send({packet(1'000'000)});
  expect_stamps_of_their_own(1'000'000, 1'000'000);
}

INSTANTIATE_TEST_SUITE_P(Keys, Queue,
                         ::testing::Values(TransmitStamps::Keys::named_if_possible,
                                           TransmitStamps::Keys::counted),
                         [](const auto& test) {
                           return test.param == TransmitStamps::Keys::counted ? "counted" : "named";
                         });

}  // namespace
}  // namespace sonda::net::testing
