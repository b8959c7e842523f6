// How many ICMP errors a machine sends, measured against what Linux was seen to send.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/icmp_budget.hpp>

#include "recording_outbox.hpp"

namespace sonda::sim {
namespace {

using namespace std::chrono_literals;

constexpr ErrorMessage port_v4{.type = 3, .code = 3}, port_v6{.type = 1, .code = 4};

int allowed(IcmpBudget& budget, Instant now, int wanted, const Address& to,
            const ErrorMessage& error) {
  int count = 0;
  for (int i = 0; i < wanted; ++i) count += budget.allows(now, to, error) ? 1 : 0;
  return count;
}

TEST(IcmpBudget, without_a_limit_all_are_sent) {
  IcmpBudget budget;
  EXPECT_EQ(allowed(budget, Instant{}, 100'000, v4.from, port_v4), 100'000);
}

TEST(IcmpBudget, linux_sends_six_of_forty_at_once_and_then_one_a_second) {
  IcmpBudget budget{LinuxIcmpLimit{}};
  EXPECT_EQ(allowed(budget, Instant{5s}, 40, v4.from, port_v4), 6);
  EXPECT_EQ(allowed(budget, Instant{5'999ms}, 40, v4.from, port_v4), 0);
  EXPECT_EQ(allowed(budget, Instant{6s}, 40, v4.from, port_v4), 1);
  EXPECT_EQ(allowed(budget, Instant{8'500ms}, 40, v4.from, port_v4), 2);
  EXPECT_EQ(allowed(budget, Instant{9s}, 40, v4.from, port_v4), 1) << "half a second was saved";
  EXPECT_EQ(allowed(budget, Instant{1h}, 40, v4.from, port_v4), 6) << "never more than six";
}

TEST(IcmpBudget, linux_sends_fifteen_in_the_first_second_of_ipv6_and_then_ten) {
  IcmpBudget budget{LinuxIcmpLimit{}};
  const auto in_second = [&](int second) {
    int count = 0;
    for (int ms = 0; ms < 1'000; ms += 10)
      count += allowed(budget, Instant{second * 1s + ms * 1ms}, 1, v6.from, port_v6);
    return count;
  };
  EXPECT_EQ(in_second(0), 15);
  EXPECT_EQ(in_second(1), 10);
  EXPECT_EQ(in_second(2), 10);
}

TEST(IcmpBudget, each_receiver_has_its_own_and_zones_make_no_other) {
  IcmpBudget budget{LinuxIcmpLimit{}};
  EXPECT_EQ(allowed(budget, Instant{}, 40, v4.from, port_v4), 6);
  EXPECT_EQ(allowed(budget, Instant{}, 40, v4.to, port_v4), 6);
  const auto link_local = *Address::parse("fe80::1");
  EXPECT_EQ(allowed(budget, Instant{}, 4, link_local.with_zone(*Zone::parse("a")), port_v6), 4);
  EXPECT_EQ(allowed(budget, Instant{}, 40, link_local.with_zone(*Zone::parse("b")), port_v6), 2);
}

TEST(IcmpBudget, all_receivers_together_get_fifty_at_once_and_a_thousand_a_second) {
  IcmpBudget budget{LinuxIcmpLimit{}};
  const auto to_many = [&](Instant now, std::uint32_t first) {
    int count = 0;
    for (std::uint32_t i = 0; i < 200; ++i)
      count += allowed(budget, now, 1, Ipv4Address::from_number(first + i), port_v4);
    return count;
  };
  EXPECT_EQ(to_many(Instant{}, 1'000), 50);
  EXPECT_EQ(to_many(Instant{10ms}, 2'000), 10);
  EXPECT_EQ(to_many(Instant{1s}, 3'000), 50);
}

TEST(IcmpBudget, whom_the_common_limit_passes_over_keeps_its_own_tokens) {
  IcmpBudget budget{LinuxIcmpLimit{}};
  for (std::uint32_t i = 0; i < 50; ++i)
    EXPECT_TRUE(budget.allows(Instant{}, Ipv4Address::from_number(i), port_v4));
  EXPECT_EQ(allowed(budget, Instant{}, 40, v4.from, port_v4), 0);
  EXPECT_EQ(allowed(budget, Instant{50ms}, 40, v4.from, port_v4), 6);
}

TEST(IcmpBudget, too_big_and_what_is_no_error_are_never_limited) {
  IcmpBudget budget{LinuxIcmpLimit{}};
  EXPECT_EQ(allowed(budget, Instant{}, 100, v4.from, {.type = 3, .code = 4}), 100);
  EXPECT_EQ(allowed(budget, Instant{}, 100, v4.from, {.type = 5, .code = 1}), 100);
  EXPECT_EQ(allowed(budget, Instant{}, 100, v6.from, {.type = 2, .code = 0}), 100);
  EXPECT_EQ(allowed(budget, Instant{}, 100, v6.from, {.type = 137, .code = 0}), 100);
  EXPECT_EQ(allowed(budget, Instant{}, 100, v6.from, {.type = 3, .code = 4}), 6)
      << "in ICMPv6 that is no such message";
  for (const auto type : std::initializer_list<std::uint8_t>{11, 12, 4}) {
    IcmpBudget fresh{LinuxIcmpLimit{}};
    EXPECT_EQ(allowed(fresh, Instant{}, 100, v4.from, {.type = type, .code = 0}), 6);
  }
}

TEST(IcmpBudget, a_bucket_is_one_for_all_receivers) {
  IcmpBudget budget{IcmpBucket{.per_second = 4, .burst = 3}};
  EXPECT_EQ(allowed(budget, Instant{9s}, 2, v4.from, port_v4), 2);
  EXPECT_EQ(allowed(budget, Instant{9s}, 9, v6.from, port_v6), 1);
  EXPECT_EQ(allowed(budget, Instant{9'249ms}, 9, v6.from, port_v6), 0);
  EXPECT_EQ(allowed(budget, Instant{9'250ms}, 9, v6.from, port_v6), 1);
  EXPECT_EQ(allowed(budget, Instant{1h}, 9, v6.from, port_v6), 3);
}

TEST(IcmpBudget, small_steps_of_time_add_up_to_whole_tokens) {
  IcmpBudget budget{IcmpBucket{.per_second = 10, .burst = 1}};
  EXPECT_EQ(allowed(budget, Instant{}, 1, v4.from, port_v4), 1);
  for (int ms = 10; ms < 100; ms += 10)
    EXPECT_EQ(allowed(budget, Instant{ms * 1ms}, 1, v4.from, port_v4), 0);
  EXPECT_EQ(allowed(budget, Instant{100ms}, 1, v4.from, port_v4), 1);
}

TEST(IcmpBudget, a_bucket_that_nothing_comes_into_runs_dry) {
  IcmpBudget budget{IcmpBucket{.per_second = 0, .burst = 2}};
  EXPECT_EQ(allowed(budget, Instant{}, 9, v4.from, port_v4), 2);
  EXPECT_EQ(allowed(budget, Instant{24h}, 9, v4.from, port_v4), 0);
}

TEST(IcmpBudget, more_receivers_than_it_remembers_begin_anew) {
  IcmpBudget budget{LinuxIcmpLimit{}};
  EXPECT_EQ(allowed(budget, Instant{}, 40, v4.from, port_v4), 6);
  for (std::uint32_t i = 0; i < IcmpBudget::most_receivers; ++i)
    static_cast<void>(budget.allows(Instant{i * 1ms}, Ipv4Address::from_number(i), port_v4));
  EXPECT_EQ(allowed(budget, Instant{4'300ms}, 40, v4.from, port_v4), 6);
}

}  // namespace
}  // namespace sonda::sim
