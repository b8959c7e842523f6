// No scan that tells the truth is accused: random ports on random paths, by both methods.
#include <cstdlib>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feeding.hpp"
#include "virtual_scan.hpp"

namespace sonda::test {
namespace {

using verify::Claim;
using verify::Verdict;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* asked = std::getenv(name);
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : otherwise;
}

sim::HostPlan random_host(sim::Random& random) {
  sim::HostPlan plan;
  const auto service = [&random] {
    using enum sim::TcpKind;
    constexpr std::array kinds{closed, closed, filtered, open, echo, tarpit, syn_ack};
    sim::TcpService out{.kind = kinds[random.below(kinds.size())]};
    if (random.chance(0.4)) out.banner = {'2', '2', '0', ' ', 'x', '\r', '\n'};
    out.closes = random.chance(0.3);
    if (random.chance(0.2)) out.delay = random.up_to(1'500ms);
    return out;
  };
  for (unsigned port = 1; port <= 12; ++port) plan.services.tcp[Port{port}] = service();
  plan.services.other_tcp = service();
  if (random.chance(0.2)) plan.ttl = Ttl{128};
  return plan;
}

sim::RouterPlan random_firewall(const VirtualAddresses& in, sim::Random& random) {
  sim::RouterPlan plan;
  if (random.chance(0.3)) plan.tells_interface = true;
  if (random.chance(0.3)) plan.quoted = (in.target.is_v4() ? 28 : 48) + random.below(40);
  for (auto i = random.below(4); i > 0; --i) {
    sim::RouterRule rule{.match = {.protocol = Protocol::tcp}};
    rule.match.destination_port = Port{1 + random.below(12)};
    switch (random.below(3)) {
      case 0:
        rule.action = sim::Reset{};
        break;
      case 1:
        rule.action = sim::Drop{};
        break;
      default:
        rule.action = sim::Answer{.error = random_error(in.target.is_v4(), random)};
    }
    plan.rules.push_back(std::move(rule));
  }
  return plan;
}

VirtualRun random_scan(std::uint64_t seed, TcpMethod method) {
  sim::Random random{seed};
  const auto& in = random.chance(0.5) ? virtual_v4 : virtual_v6;
  std::vector<Port> ports;
  for (unsigned port = 1; port <= 1 + random.below(16); ++port) ports.emplace_back(port);
  VirtualScan scan{in, seed, ports, random_host(random), random_firewall(in, random)};
  scan.plan.method = method;
  scan.plan.retransmissions = static_cast<std::uint8_t>(random.below(4));
  scan.plan.parallel = static_cast<std::uint32_t>(1 + random.below(20));
  if (random.chance(0.3)) scan.plan.rate = 20.0;
  if (method == TcpMethod::connect) {
    constexpr std::array endings{Ending::half_open, Ending::reset, Ending::fin};
    scan.plan.ending = endings[random.below(3)];
    if (random.chance(0.3)) scan.plan.banner = random.up_to(900ms);
    scan.sockets.icmp_is_soft = random.chance(0.3);
    scan.sockets.tells_transmissions = random.chance(0.7);
  }
  auto& network = scan.network;
  if (random.chance(0.7)) {
    // Damage that no checksum shows makes a packet that nobody has sent.
    const auto link = [&] {
      auto model = random_link(random);
      model.corruption = in.target.is_v4() ? std::min(model.corruption, 0.02) : 0.0;
      return model;
    };
    network.set_link(scan.tap, *scan.router, link());
    network.set_link(*scan.router, scan.tap, link());
    network.set_link(*scan.host, *scan.router, link());
    network.set_link(*scan.router, *scan.host, link());
  }
  std::optional<Instant> stop_at;
  if (random.chance(0.1)) stop_at = Instant{random.up_to(2s)};
  scan.on_step = [&](Instant now, run::Loop& loop) {
    if (stop_at && now >= *stop_at) loop.stop();
  };
  return scan.run();
}

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
    std::printf(" %s\n", frame.comments.empty() ? "" : frame.comments[0].c_str());
  }
}

class HonestScanRuns : public testing::TestWithParam<TcpMethod> {};

TEST_P(HonestScanRuns, are_never_accused) {
  std::map<Claim, std::uint64_t> held;
  const auto first = from_environment("SONDA_FIRST_SEED", 0);
  const auto seeds = from_environment("SONDA_SEEDS", 400);
  for (auto seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto run = random_scan(seed, GetParam());
    const auto order = seed % 3 == 0   ? Order::as_captured
                       : seed % 3 == 1 ? Order::frames_first
                                       : Order::events_first;
    const auto report = verdict_on(run, order);
    if (report.verdict != Verdict::holds && std::getenv("SONDA_SHOW") != nullptr) show(run);
    EXPECT_EQ(report.verdict, Verdict::holds) << words_of(report);
    for (const auto& [claim, tally] : report.claims) held[claim] += tally.holds;
  }
  for (const auto claim : {Claim::identity, Claim::probe, Claim::checksum, Claim::reply, Claim::rtt,
                           Claim::icmp_error, Claim::error_code, Claim::silence, Claim::time,
                           Claim::frame, Claim::comment, Claim::summary})
    EXPECT_GT(held[claim], seeds / 10) << verify::word_of(claim);
}

INSTANTIATE_TEST_SUITE_P(BothMethods, HonestScanRuns,
                         testing::Values(TcpMethod::connect, TcpMethod::syn),
                         [](const auto& method) {
                           return method.param == TcpMethod::syn ? "syn" : "connect";
                         });

}  // namespace
}  // namespace sonda::test
