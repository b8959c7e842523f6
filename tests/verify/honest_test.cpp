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

// SONDA_SEEDS asks for more; SONDA_FIRST_SEED begins later.
const std::uint64_t first_seed = [] {
  const char* asked = std::getenv("SONDA_FIRST_SEED");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : 0;
}();
const std::uint64_t seeds = []() -> std::uint64_t {
  const char* asked = std::getenv("SONDA_SEEDS");
  if (asked != nullptr) return std::strtoull(asked, nullptr, 10);
#ifdef __SANITIZE_ADDRESS__
  return 150ULL;
#else
  return 500ULL;
#endif
}();

// For whoever looks for the mistake.
void show(const VirtualRun& run) {
  for (const auto& event : run.events)
    std::puts(record::to_json(event.occurrence, event.context).c_str());
  for (const auto& frame : run.frames) {
    std::printf("%3u %s %10.6f ms ", static_cast<unsigned>(frame.number),
                frame.direction == capture::Direction::out ? "out" : "in ",
                static_cast<double>(frame.unix_ns - run::VirtualClock::epoch_ns) / 1e6);
    for (const auto octet :
         std::span{frame.octets}.first(std::min<std::size_t>(frame.octets.size(), 100)))
      std::printf("%02x", octet);
    std::puts("");
  }
}

void expect_never_accused(IcmpMode mode) {
  std::map<Claim, std::uint64_t> held;
  for (auto seed = first_seed; seed < first_seed + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto run = random_run(seed, mode);
    const auto order = seed % 3 == 0   ? Order::as_captured
                       : seed % 3 == 1 ? Order::frames_first
                                       : Order::events_first;
    const auto report = verdict_on(run, order);
    if (report.verdict != Verdict::holds && std::getenv("SONDA_SHOW") != nullptr) show(run);
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
  ping.plan.count = 66'000;
  ping.plan.interval = 50us;
  ping.network.set_link(*ping.router, ping.tap,
                        {.delay = 5ms, .loss = 0.01, .duplication = 0.01, .reordering = 0.01});
  ping.annotated = false;
  const auto report = verdict_on(ping.run(), Order::as_captured, {}, Passed::as_they_are);
  EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
  EXPECT_EQ(report.claims.at(Claim::probe).holds, 66'000U);
}

}  // namespace
}  // namespace sonda::test
