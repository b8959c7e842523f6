// The only loop: who is called when, what it waits for, and that it never spins.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/run/loop.hpp>

namespace sonda::run {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Instant at(Duration since_start) { return Instant{since_start}; }

// An engine that sends `probes` at an interval and ends when each has been accepted or refused.
class Sender final : public Engine {
 public:
  explicit Sender(std::uint64_t probes, Duration interval = Duration::zero())
      : probes_{probes}, interval_{interval} {}

  std::size_t room_needed() const override { return 4; }
  std::optional<Action> poll_action(Instant now, MutableBytes room) override {
    ++polls;
    if (next_ == probes_ || now < due_ || finished_) return std::nullopt;
    store(room, 0, static_cast<std::uint32_t>(next_));
    due_ += interval_;
    return Send{.probe = ProbeId{next_++}, .octets = room.first(4)};
  }
  void on_sent(Instant now, ProbeId probe, Stamp) override { tell(now, Sent{.probe = probe}); }
  void on_refused(Instant now, ProbeId probe, const Failure& failure) override {
    tell(now, Refused{.probe = probe, .failure = failure});
  }
  void on_packet(Instant now, const Received& packet) override {
    tell(now, Reply{.from = packet.source});
  }
  void on_socket(Instant, const SocketReport&) override {}
  void on_drops(Instant now, DropPlace place, std::uint64_t count) override {
    tell(now, Drops{place, count});
  }
  void on_time(Instant now) override {
    times.push_back(now);
    if (settled_ == probes_) finished_ = true;
  }
  void on_query(Instant now) override { tell(now, PingSummary{.final = false}); }
  void on_stop(Instant now) override {
    tell(now, PingSummary{});
    finished_ = true;
  }
  std::optional<Instant> next_wakeup() const override {
    if (finished_) return std::nullopt;
    if (settled_ == probes_) return Instant::min();
    return next_ < probes_ ? std::optional{due_} : std::nullopt;
  }
  bool finished() const override { return finished_; }
  void take_events(std::vector<Event>& events) override {
    events.clear();
    events.swap(events_);
  }

  std::vector<Instant> times;
  std::size_t polls = 0;

 private:
  void tell(Instant now, Happening what) {
    if (std::holds_alternative<Sent>(what) || std::holds_alternative<Refused>(what)) ++settled_;
    events_.push_back({now, std::move(what)});
  }
  std::uint64_t probes_;
  Duration interval_;
  std::uint64_t next_ = 0, settled_ = 0;
  Instant due_{};
  bool finished_ = false;
  std::vector<Event> events_;
};

class FakeLink final : public Link {
 public:
  bool writable(Instant now) const override { return now >= blocked_until; }
  void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) override {
    batches.push_back(batch.size());
    for (const auto& action : batch) {
      const auto& send = std::get<Send>(action);
      numbers.push_back(load<std::uint32_t>(send.octets, 0));
      if (refuse != 0)
        inbox.on_refused(now, send.probe, Failure{"send", refuse, ""});
      else
        inbox.on_sent(now, send.probe, {});
      if (block_after != 0 && numbers.size() % block_after == 0) {
        blocked_until = now + milliseconds{5};
      }
    }
  }
  void readable(Instant now, Inbox& inbox) override {
    ++reads;
    for (; arrivals > 0; --arrivals) inbox.on_packet(now, {.source = from});
  }
  std::span<const int> descriptors() const override { return fds; }
  std::optional<Instant> next_wakeup() const override {
    return blocked_until > Instant{} ? std::optional{blocked_until} : std::nullopt;
  }

  std::vector<std::size_t> batches;
  std::vector<std::uint32_t> numbers;
  std::array<int, 2> fds{41, 42};
  int refuse = 0;
  std::size_t block_after = 0;
  Instant blocked_until{};
  std::size_t reads = 0;
  std::size_t arrivals = 0;
  Address from{};
};

// A virtual clock that writes down what it was asked to wait for.
class WatchedClock final : public Clock {
 public:
  Instant now() override { return clock.now(); }
  std::int64_t unix_ns(Instant when) const override { return clock.unix_ns(when); }
  std::optional<std::int64_t> notice_step() override { return clock.notice_step(); }
  void wait(std::span<const int> descriptors, std::optional<Instant> until) override {
    watched.assign(descriptors.begin(), descriptors.end());
    waits.push_back(until);
    if (on_wait) on_wait();
    clock.wait(descriptors, until);
  }
  VirtualClock clock;
  std::vector<int> watched;
  std::vector<std::optional<Instant>> waits;
  std::function<void()> on_wait;
};

struct Collector {
  std::vector<Occurrence> seen;
  LoopOptions options() {
    return {.on_event = [this](const Occurrence& occurrence) { seen.push_back(occurrence); }};
  }
  template <typename T>
  std::size_t count() const {
    std::size_t n = 0;
    for (const auto& o : seen) n += std::holds_alternative<T>(o.event.what) ? 1U : 0U;
    return n;
  }
};

TEST(Loop, runs_an_engine_to_its_end_and_tells_every_event_in_order) {
  Sender engine{10, milliseconds{100}};
  FakeLink link;
  VirtualClock clock;
  Collector events;
  Loop loop{engine, link, clock, events.options()};
  loop.run();
  EXPECT_TRUE(loop.finished());
  ASSERT_EQ(events.count<Sent>(), 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(std::get<Sent>(events.seen[i].event.what).probe, ProbeId{i});
    EXPECT_EQ(events.seen[i].event.at, at(milliseconds{100} * i));
  }
  EXPECT_EQ(clock.now(), at(milliseconds{900}));
}

TEST(Loop, dates_events_by_the_wall_clock) {
  Sender engine{2, seconds{1}};
  FakeLink link;
  VirtualClock clock;
  Collector events;
  Loop{engine, link, clock, events.options()}.run();
  EXPECT_EQ(events.seen[1].unix_ns, VirtualClock::epoch_ns + 1'000'000'000);
}

TEST(Loop, hands_out_64_at_most_before_it_reads_again) {
  Sender engine{200};
  FakeLink link;
  VirtualClock clock;
  Loop loop{engine, link, clock, {}};
  loop.run();
  EXPECT_EQ(link.batches, (std::vector<std::size_t>{64, 64, 64, 8}));
  EXPECT_GE(link.reads, 4U);
  for (std::uint32_t i = 0; i < 200; ++i) EXPECT_EQ(link.numbers.at(i), i) << "a slot was reused";
}

TEST(Loop, waits_for_exactly_the_next_thing) {
  Sender engine{2, milliseconds{250}};
  FakeLink link;
  WatchedClock clock;
  Loop loop{engine, link, clock, {}};
  EXPECT_TRUE(loop.step());
  EXPECT_EQ(clock.waits.back(), at(milliseconds{250}));
  EXPECT_EQ(loop.next_wakeup(), at(milliseconds{250}));
}

TEST(Loop, waits_no_longer_than_its_caller_allows) {
  Sender engine{2, seconds{1}};
  FakeLink link;
  WatchedClock clock;
  Loop loop{engine, link, clock, {}};
  EXPECT_TRUE(loop.step(at(milliseconds{3})));
  EXPECT_EQ(clock.waits.back(), at(milliseconds{3}));
  EXPECT_EQ(clock.now(), at(milliseconds{3}));
}

TEST(Loop, watches_the_links_descriptors_and_its_callers) {
  Sender engine{2, seconds{1}};
  FakeLink link;
  WatchedClock clock;
  Loop loop{engine, link, clock, {.also_watch = {7}}};
  loop.step();
  EXPECT_EQ(clock.watched, (std::vector<int>{41, 42, 7}));
}

TEST(Loop, ends_with_a_link_that_refuses_everything) {
  Sender engine{100, milliseconds{1}};
  FakeLink link;
  link.refuse = ENETUNREACH;
  WatchedClock clock;
  Collector events;
  Loop loop{engine, link, clock, events.options()};
  loop.run();
  EXPECT_EQ(events.count<Refused>(), 100U);
  EXPECT_LE(clock.waits.size(), 102U) << "it spins";
}

TEST(Loop, sleeps_until_a_full_link_is_writable_again) {
  Sender engine{40};
  FakeLink link;
  link.block_after = 10;
  WatchedClock clock;
  clock.on_wait = [&] {
    const auto until = clock.waits.back();
    if (until && !link.writable(clock.now())) {
      EXPECT_GT(*until, clock.now()) << "it spins";
    }
  };
  link.blocked_until = at(milliseconds{5});
  Loop loop{engine, link, clock, {}};
  loop.run();
  EXPECT_EQ(link.numbers.size(), 40U);
  EXPECT_LE(clock.waits.size(), 10U) << "it spins";
}

TEST(Loop, does_not_ask_an_engine_for_more_than_a_full_link_can_take) {
  Sender engine{40};
  FakeLink link;
  link.blocked_until = at(milliseconds{5});
  VirtualClock clock;
  Loop loop{engine, link, clock, {}};
  loop.turn();
  EXPECT_EQ(engine.polls, 0U);
  EXPECT_TRUE(link.batches.empty());
  EXPECT_EQ(loop.next_wakeup(), at(milliseconds{5}));
}

TEST(Loop, reads_before_it_tells_the_time) {
  Sender engine{1, seconds{1}};
  FakeLink link;
  link.arrivals = 3;
  VirtualClock clock;
  Collector events;
  Loop loop{engine, link, clock, events.options()};
  loop.turn();
  EXPECT_EQ(events.count<Reply>(), 3U);
  EXPECT_TRUE(std::holds_alternative<Reply>(events.seen.front().event.what));
}

TEST(Loop, adds_the_reverse_name_that_is_known_already) {
  Sender engine{1, seconds{1}};
  FakeLink link;
  link.arrivals = 1;
  link.from = Address{Ipv4Address{192, 0, 2, 9}};
  VirtualClock clock;
  Collector events;
  auto options = events.options();
  options.name_of = [](const Address& address) -> std::optional<std::string> {
    if (address == Address{Ipv4Address{192, 0, 2, 9}}) return "r1";
    return std::nullopt;
  };
  Loop loop{engine, link, clock, std::move(options)};
  loop.turn();
  ASSERT_EQ(events.count<Reply>(), 1U);
  EXPECT_EQ(events.seen.front().name, "r1");
  EXPECT_EQ(events.seen.back().name, "");
}

TEST(Loop, tells_when_somebody_has_set_the_clock) {
  Sender engine{1, seconds{1}};
  FakeLink link;
  VirtualClock clock;
  Collector events;
  Loop loop{engine, link, clock, events.options()};
  loop.turn();
  EXPECT_EQ(events.count<ClockStep>(), 0U);
  clock.step(3'600'000'000'000);
  loop.turn();
  loop.turn();
  ASSERT_EQ(events.count<ClockStep>(), 1U);
  const auto told = std::ranges::find_if(events.seen, [](const Occurrence& o) {
    return std::holds_alternative<ClockStep>(o.event.what);
  });
  EXPECT_EQ(std::get<ClockStep>(told->event.what).step_ns, 3'600'000'000'000);
}

TEST(Loop, passes_questions_and_the_order_to_stop_on_at_once) {
  Sender engine{2, seconds{1}};
  FakeLink link;
  VirtualClock clock;
  Collector events;
  Loop loop{engine, link, clock, events.options()};
  loop.turn();
  loop.query();
  ASSERT_EQ(events.count<PingSummary>(), 1U);
  EXPECT_FALSE(std::get<PingSummary>(events.seen.back().event.what).final);
  link.arrivals = 1;  // already there: read before the end
  loop.stop();
  EXPECT_EQ(events.count<Reply>(), 1U);
  EXPECT_TRUE(std::get<PingSummary>(events.seen.back().event.what).final);
  EXPECT_TRUE(loop.finished());
  EXPECT_FALSE(loop.step());
}

TEST(Loop, needs_nobody_to_listen) {
  Sender engine{3};
  FakeLink link;
  VirtualClock clock;
  Loop loop{engine, link, clock, {}};
  loop.run();
  EXPECT_TRUE(loop.finished());
}

}  // namespace
}  // namespace sonda::run
