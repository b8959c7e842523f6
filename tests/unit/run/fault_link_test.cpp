// Each fault alone, on a link whose packets come back at once.
#include <bit>
#include <cerrno>
#include <deque>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/run/fault_link.hpp>

#include "link_inbox.hpp"

namespace sonda::run {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Accepts everything and returns it a millisecond later.
class EchoLink final : public Link {
 public:
  [[nodiscard]] bool writable(Instant) const override { return true; }
  void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) override {
    for (const auto& action : batch) {
      const auto& send = std::get<Send>(action);
      sent.emplace_back(send.octets.begin(), send.octets.end());
      waiting_.emplace_back(now + 1ms, sent.back());
      inbox.on_sent(now, send.probe, {.ns = now.time_since_epoch().count()});
    }
  }
  void readable(Instant now, Inbox& inbox) override {
    for (; !waiting_.empty() && waiting_.front().first <= now; waiting_.pop_front())
      inbox.on_packet(now, {.octets = waiting_.front().second});
  }
  [[nodiscard]] std::span<const int> descriptors() const override { return {}; }
  [[nodiscard]] std::optional<Instant> next_wakeup() const override {
    return waiting_.empty() ? std::nullopt : std::optional{waiting_.front().first};
  }

  std::vector<sim::Octets> sent{};

 private:
  std::deque<std::pair<Instant, sim::Octets>> waiting_;
};

struct FaultLinkTest : testing::Test {
  // Sends one packet per number, all in the same room, as the loop may.
  void send(FaultLink& link, Instant now, std::vector<std::uint8_t> numbers) {
    sim::Octets room(numbers.size());
    std::vector<Action> batch;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      room[i] = numbers[i];
      batch.emplace_back(Send{.probe = ProbeId{numbers[i]},
                              .octets = Bytes{room}.subspan(i, 1),
                              .to = Ipv4Address{192, 0, 2, 1}});
    }
    link.transmit(now, batch, inbox);
    std::ranges::fill(room, std::uint8_t{0xa5});
  }
  void drain(FaultLink& link) {
    while (const auto at = link.next_wakeup()) link.readable(*at, inbox);
  }

  EchoLink inner{};
  LinkInbox inbox{};
};

TEST_F(FaultLinkTest, without_faults_everything_passes) {
  FaultLink link{inner, {}};
  send(link, Instant{}, {1, 2, 3});
  drain(link);
  EXPECT_THAT(inbox.sent, SizeIs(3));
  EXPECT_THAT(inbox.packets, SizeIs(3));
  EXPECT_TRUE(link.writable(Instant{}));
}

TEST_F(FaultLinkTest, the_send_it_is_told_to_refuse_never_reaches_the_link) {
  FaultLink link{inner, {.refuse = {{1, EPERM}, {2, ENETUNREACH}}}};
  send(link, Instant{}, {10, 11, 12, 13});
  EXPECT_THAT(inner.sent, ElementsAre(sim::Octets{10}, sim::Octets{13}));
  ASSERT_THAT(inbox.refused, SizeIs(2));
  EXPECT_EQ(inbox.refused[0].first, ProbeId{11});
  EXPECT_EQ(inbox.refused[0].second, (Failure{"send", EPERM, "to 192.0.2.1"}));
  EXPECT_EQ(inbox.refused[1].second.error_code, ENETUNREACH);
}

TEST_F(FaultLinkTest, a_share_of_the_sends_is_refused) {
  FaultLink link{inner, {.seed = 3, .refuse_share = 0.25, .refuse_error = EACCES}};
  for (int i = 0; i < 4'000; ++i) send(link, Instant{}, {1});
  EXPECT_NEAR(static_cast<double>(inbox.refused.size()), 1'000, 100);
  EXPECT_EQ(inbox.refused.size() + inner.sent.size(), 4'000U);
}

TEST_F(FaultLinkTest, what_is_held_back_leaves_later_with_its_own_octets_and_in_order) {
  FaultLink link{inner, {.hold = {{1, 20ms}}}};
  send(link, Instant{}, {1, 2, 3});
  EXPECT_THAT(inner.sent, ElementsAre(sim::Octets{1}));
  EXPECT_FALSE(link.writable(Instant{}));
  link.readable(Instant{19ms}, inbox);
  EXPECT_FALSE(link.writable(Instant{19ms}));
  link.readable(Instant{20ms}, inbox);
  EXPECT_TRUE(link.writable(Instant{20ms}));
  EXPECT_THAT(inner.sent, ElementsAre(sim::Octets{1}, sim::Octets{2}, sim::Octets{3}));
  ASSERT_THAT(inbox.sent, SizeIs(3));
  EXPECT_EQ(inbox.sent[2].at, Instant{20ms}) << "sent is when it left, not when it was asked for";
}

TEST_F(FaultLinkTest, the_end_of_a_full_queue_is_a_reason_to_wake_up) {
  FaultLink link{inner, {.hold = {{0, 20ms}}}};
  send(link, Instant{}, {1});
  EXPECT_EQ(link.next_wakeup(), Instant{20ms});
}

TEST_F(FaultLinkTest, received_packets_are_dropped_doubled_and_damaged_as_often_as_it_says) {
  FaultLink link{
      inner, {.seed = 1, .drop_received = 0.2, .duplicate_received = 0.5, .corrupt_received = 0.1}};
  for (int i = 0; i < 4'000; ++i) send(link, Instant{}, {0});
  drain(link);
  EXPECT_NEAR(static_cast<double>(inbox.packets.size()), 4'000 * 0.8 * 1.5, 200);
  int damaged = 0;
  for (const auto& packet : inbox.packets) {
    const auto bits = std::popcount(static_cast<unsigned>(packet.octets.at(0)));
    ASSERT_LE(bits, 1);
    damaged += bits;
  }
  EXPECT_NEAR(damaged, 480, 80);
}

TEST_F(FaultLinkTest, drops_are_reported_once_when_they_are_due) {
  FaultLink link{
      inner,
      {.drops = {{Instant{1s}, DropPlace::socket, 5}, {Instant{2s}, DropPlace::capture, 7}}}};
  EXPECT_EQ(link.next_wakeup(), Instant{1s});
  link.readable(Instant{1s}, inbox);
  link.readable(Instant{1500ms}, inbox);
  EXPECT_THAT(inbox.drops, ElementsAre(std::pair{DropPlace::socket, std::uint64_t{5}}));
  drain(link);
  EXPECT_THAT(inbox.drops, SizeIs(2));
}

TEST_F(FaultLinkTest, a_better_stamp_follows_a_poor_one) {
  FaultLink link{inner, {.better_stamp_after = 3ms, .first_stamp_error = 40us}};
  send(link, Instant{1s}, {9});
  ASSERT_THAT(inbox.sent, SizeIs(1));
  EXPECT_EQ(inbox.sent[0].stamp.error_ns, 40'000);
  drain(link);
  ASSERT_THAT(inbox.sent, SizeIs(2));
  EXPECT_EQ(inbox.sent[1].at, Instant{1003ms});
  EXPECT_EQ(inbox.sent[1].probe, ProbeId{9});
  EXPECT_EQ(inbox.sent[1].stamp, (Stamp{.ns = 1'000'000'000}));
}

TEST_F(FaultLinkTest, better_stamps_get_lost) {
  FaultLink link{inner, {.better_stamp_after = 3ms, .better_stamp_lost = 1}};
  send(link, Instant{1s}, {9});
  drain(link);
  EXPECT_THAT(inbox.sent, SizeIs(1));
}

}  // namespace
}  // namespace sonda::run
