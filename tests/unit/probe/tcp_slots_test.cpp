// The scanner's slots: a queue with a middle, and a table, held against the standard library's.
#include "../../../lib/src/probe/tcp_slots.hpp"

#include <algorithm>
#include <cstddef>
#include <list>
#include <random>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include "../../../lib/src/probe/tcp_pace.hpp"

namespace sonda {
namespace {

using namespace std::chrono_literals;

TEST(SlotQueue, keeps_the_order_whoever_leaves_it) {
  std::mt19937 random{1};
  std::vector<TcpSlot> slots(50);
  SlotQueue queue;
  std::list<SlotIndex> model;
  std::vector<SlotIndex> outside(slots.size());
  for (SlotIndex i = 0; i < outside.size(); ++i) outside[i] = i;
  for (int step = 0; step < 20'000; ++step) {
    if (!outside.empty() && (model.empty() || random() % 2 == 0)) {
      const auto index = outside.back();
      outside.pop_back();
      queue.push(slots, index);
      model.push_back(index);
    } else {
      const auto chosen =
          std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
      queue.remove(slots, *chosen);
      outside.push_back(*chosen);
      model.erase(chosen);
    }
    ASSERT_EQ(queue.size(), model.size());
    ASSERT_EQ(queue.empty(), model.empty());
    ASSERT_EQ(queue.head(), model.empty() ? no_slot : model.front());
  }
}

// Few hashes, so that many lie in each other's way.
TEST(SlotTable, finds_what_was_added_and_not_removed) {
  std::mt19937 random{2};
  SlotTable table{64};
  std::unordered_map<std::uint64_t, SlotIndex> model;  // by a name that is its hash's neighbour
  const auto hash_of = [](std::uint64_t name) { return name % 37 * 3 + 100; };
  std::vector<std::uint64_t> names(64);
  for (int step = 0; step < 200'000; ++step) {
    const std::uint64_t name = random() % 90;
    const auto found = table.find(hash_of(name), [&](SlotIndex i) { return names[i] == name; });
    const auto known = model.find(name);
    ASSERT_EQ(found, known == model.end() ? no_slot : known->second);
    if (known != model.end()) {
      table.remove(hash_of(name), known->second);
      names[known->second] = ~std::uint64_t{0};
      model.erase(known);
    } else if (model.size() < names.size()) {
      SlotIndex index = 0;
      while (std::ranges::any_of(model, [&](const auto& e) { return e.second == index; })) ++index;
      names[index] = name;
      model[name] = index;
      table.add(hash_of(name), index);
    }
  }
}

Instant at(Duration since) { return Instant{1h + since}; }

TEST(TcpPace, opens_its_window_until_something_is_lost) {
  TcpPace pace{64, 512, std::nullopt};
  EXPECT_TRUE(pace.has_room(63));
  EXPECT_FALSE(pace.has_room(64));
  for (int i = 0; i < 10'000; ++i) pace.answered();
  EXPECT_TRUE(pace.has_room(511));
  EXPECT_FALSE(pace.has_room(512)) << "no more than it may";
  pace.lost(at(2s), at(1s));
  EXPECT_FALSE(pace.has_room(256));
  pace.lost(at(3s), at(1'900ms));
  EXPECT_TRUE(pace.has_room(255)) << "once for what was on its way together";
  pace.lost(at(4s), at(2'100ms));
  EXPECT_FALSE(pace.has_room(128));
  for (int i = 0; i < 130; ++i) pace.answered();
  EXPECT_FALSE(pace.has_room(130)) << "one more a window now";
  for (int i = 5; i < 100; ++i) pace.lost(at(i * 1s), at(i * 1s - 100ms));
  EXPECT_TRUE(pace.has_room(15));
  EXPECT_FALSE(pace.has_room(16)) << "but never fewer than a quarter of what it began with";
}

TEST(TcpPace, keeps_to_its_rate_and_catches_up_a_few_milliseconds) {
  TcpPace pace{64, 512, 1'000.0};
  int sent = 0;
  for (Duration now{}; now < 1s; now += 10us)
    while (at(now) >= pace.due()) pace.sent(at(now)), ++sent;
  EXPECT_GE(sent, 1'000);
  EXPECT_LE(sent, 1'007);
  sent = 0;
  while (at(10s) >= pace.due()) pace.sent(at(10s)), ++sent;
  EXPECT_LE(sent, 6) << "a pause is no credit";
}

TEST(TcpPace, waits_as_long_as_round_trips_have_taken) {
  TcpPace pace{64, 512, std::nullopt};
  EXPECT_EQ(pace.timeout(), 1s) << "nothing is known";
  for (int i = 0; i < 100; ++i) pace.measured(1ms);
  EXPECT_EQ(pace.timeout(), 200ms);
  for (int i = 0; i < 100; ++i) pace.measured(300ms);
  EXPECT_GT(pace.timeout(), 300ms);
  for (int i = 0; i < 100; ++i) pace.measured(5s);
  EXPECT_EQ(pace.timeout(), 1s);
}

}  // namespace
}  // namespace sonda
