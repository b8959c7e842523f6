// Nobody who tells the truth is accused: random runs on random paths, and very long ones.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feeding.hpp"
#include "random_run.hpp"

namespace sonda::test {
namespace {

using verify::Claim;
using verify::Verdict;

// SONDA_SEEDS asks for more.
const std::uint64_t seeds = [] {
  const char* asked = std::getenv("SONDA_SEEDS");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : 500;
}();

void expect_never_accused(IcmpMode mode) {
  std::map<Claim, std::uint64_t> held;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto run = random_run(seed, mode);
    const auto order = seed % 3 == 0   ? Order::as_captured
                       : seed % 3 == 1 ? Order::frames_first
                                       : Order::events_first;
    const auto report = verdict_on(run, order);
    ASSERT_EQ(report.verdict, Verdict::holds) << words_of(report);
    for (const auto& [claim, tally] : report.claims) held[claim] += tally.holds;
  }
  for (const auto claim :
       {Claim::identity, Claim::probe, Claim::header, Claim::checksum, Claim::reply, Claim::data,
        Claim::order, Claim::rtt, Claim::time, Claim::icmp_error, Claim::quotation,
        Claim::error_code, Claim::silence, Claim::refused, Claim::stranger, Claim::frame,
        Claim::comment, Claim::capture, Claim::summary})
    EXPECT_GT(held[claim], seeds / 25) << verify::word_of(claim);
}

TEST(HonestRuns, hold_with_raw_sockets) { expect_never_accused(IcmpMode::raw); }
TEST(HonestRuns, hold_with_datagram_sockets) { expect_never_accused(IcmpMode::datagram); }

TEST(HonestRuns, hold_over_more_probes_than_sequence_numbers) {
  VirtualPing ping{virtual_v4, 7};
  ping.plan.count = 150'000;
  ping.plan.interval = 50us;
  ping.network.set_link(*ping.router, ping.tap,
                        {.delay = 5ms, .loss = 0.01, .duplication = 0.01, .reordering = 0.01});
  ping.annotated = false;
  const auto report = verdict_on(ping.run());
  EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
  EXPECT_EQ(report.claims.at(Claim::probe).holds, 150'000U);
}

}  // namespace
}  // namespace sonda::test
