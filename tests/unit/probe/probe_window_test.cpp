// The table of what was sent: windows of 16-bit sequence numbers, never a wall at 65,536.
#include <chrono>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/probe/echo_builder.hpp>
#include <sonda/probe/probe_window.hpp>

namespace sonda {
namespace {

using std::chrono::seconds;

Instant second(std::uint64_t n) { return Instant{Duration{seconds{n}}}; }

ProbeWindow filled(std::uint64_t count, ProbeState state = ProbeState::waiting) {
  ProbeWindow window;
  for (std::uint64_t i = 0; i < count; ++i) window.add(second(i), true).state = state;
  return window;
}

std::vector<std::uint64_t> candidates(const ProbeWindow& window, std::uint16_t wire) {
  std::vector<std::uint64_t> out;
  const auto none = window.search(Sequence{wire}, [&out](ProbeId probe) {
    out.push_back(probe.value());
    return false;
  });
  EXPECT_FALSE(none.has_value());
  return out;
}

TEST(ProbeWindow, finds_every_probe_by_its_number) {
  auto window = filled(1'000);
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    ASSERT_NE(window.find(ProbeId{i}), nullptr);
    EXPECT_EQ(window.find(ProbeId{i})->sent_at, second(i));
  }
  EXPECT_EQ(window.find(ProbeId{1'000}), nullptr);
  EXPECT_EQ(window.find(ProbeId{~0ULL}), nullptr);
}

TEST(ProbeWindow, finds_every_probe_by_what_the_wire_says_of_it) {
  const auto window = filled(100'000);
  for (std::uint64_t i = 0; i < 100'000; i += 7) {
    const auto wire = EchoBuilder::wire_sequence(ProbeId{i});
    const auto found = window.search(wire, [i](ProbeId probe) { return probe.value() == i; });
    ASSERT_EQ(found, ProbeId{i});
  }
}

TEST(ProbeWindow, offers_all_that_share_a_sequence_number_the_newest_first) {
  const auto window = filled(200'000);
  // Sequence numbers begin with 1: probe 0 has 1, and so have 65,536 and 131,072 and 196,608.
  EXPECT_EQ(candidates(window, 1), (std::vector<std::uint64_t>{196'608, 131'072, 65'536, 0}));
  EXPECT_EQ(candidates(window, 0), (std::vector<std::uint64_t>{196'607, 131'071, 65'535}));
}

TEST(ProbeWindow, offers_nothing_for_what_was_never_sent) {
  EXPECT_TRUE(candidates(ProbeWindow{}, 1).empty());
  const auto window = filled(10);
  EXPECT_EQ(candidates(window, 10), std::vector<std::uint64_t>{9});
  EXPECT_TRUE(candidates(window, 11).empty());
  EXPECT_TRUE(candidates(window, 0).empty());
}

TEST(ProbeWindow, forgets_the_old_and_keeps_the_numbers_of_the_rest) {
  auto window = filled(100, ProbeState::answered);
  window.forget(second(40), 1'000);
  EXPECT_EQ(window.find(ProbeId{39}), nullptr);
  ASSERT_NE(window.find(ProbeId{40}), nullptr);
  EXPECT_EQ(window.find(ProbeId{40})->sent_at, second(40));
  EXPECT_EQ(window.next(), ProbeId{100});
  EXPECT_TRUE(candidates(window, 40).empty());
  EXPECT_EQ(candidates(window, 41), std::vector<std::uint64_t>{40});
}

TEST(ProbeWindow, forgets_what_is_beyond_its_size) {
  auto window = filled(100, ProbeState::lost);
  window.forget(Instant::min(), 30);
  EXPECT_EQ(window.find(ProbeId{69}), nullptr);
  EXPECT_NE(window.find(ProbeId{70}), nullptr);
}

TEST(ProbeWindow, never_forgets_what_may_still_be_answered) {
  auto window = filled(100, ProbeState::answered);
  window.find(ProbeId{5})->state = ProbeState::waiting;
  window.forget(second(1'000), 10);
  EXPECT_EQ(window.find(ProbeId{4}), nullptr);
  EXPECT_NE(window.find(ProbeId{5}), nullptr);
  window.find(ProbeId{5})->state = ProbeState::unsent;
  window.forget(second(1'000), 10);
  EXPECT_NE(window.find(ProbeId{5}), nullptr);
}

}  // namespace
}  // namespace sonda
