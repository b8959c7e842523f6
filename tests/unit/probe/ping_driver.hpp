// Drives a ping engine by hand: time, answers, errors and refusals come from the test.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/probe/ping.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>

namespace sonda::testing {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Octets = std::vector<std::uint8_t>;

inline constexpr Ipv4Address here_v4{192, 0, 2, 1}, there_v4{198, 51, 100, 7},
    router_v4{203, 0, 113, 9};

inline Ipv6Address v6(std::string_view text) { return *Ipv6Address::parse(text); }

inline PingPlan plan_v4() {
  return {.source = here_v4, .target = there_v4, .key = {.low = 1, .high = 2}};
}
inline PingPlan plan_v6() {
  return {.source = v6("2001:db8::1"), .target = v6("2001:db8:7::7"), .key = {.low = 1, .high = 2}};
}

// How an answer differs from what a decent host sends.
struct Manner {
  Ttl ttl{64};
  Address from{};                         // unspecified: the target
  std::function<void(Octets&)> change{};  // the ICMP message, before its checksum is computed
  std::function<void(Octets&)> damage{};  // and after
};

class PingDriver {
 public:
  struct Packet {
    ProbeId probe{};
    Octets octets{};
    Instant at{};
    Mtu mtu{};
    bool may_fragment = false;
    bool dont_fragment = false;
  };

  explicit PingDriver(PingPlan plan)
      : engine{std::move(plan)}, room_(engine.room_needed()), now{Duration{seconds{100}}} {}

  // Everything that is due now; returns how many packets left.
  std::size_t turn() {
    engine.on_time(now);
    const auto before = packets.size();
    while (const auto action = engine.poll_action(now, room_)) {
      take(*action);
      if (packets.size() - before < 1'000) continue;
      ADD_FAILURE() << "sends without end";
      break;
    }
    collect();
    return packets.size() - before;
  }
  void at(Duration since_start) { now = Instant{Duration{seconds{100}}} + since_start; }
  // Turns at every wake-up until `since_start`, as a loop with nothing to read would.
  void run_until(Duration since_start) {
    const auto end = Instant{Duration{seconds{100}}} + since_start;
    turn();
    for (auto next = engine.next_wakeup(); next && *next <= end; next = engine.next_wakeup()) {
      ASSERT_GT(*next, now) << "wants to be woken at once, for ever";
      now = *next;
      turn();
    }
    if (now < end) now = end;
  }

  Octets message(std::size_t index) const {
    const auto& octets = packets.at(index).octets;
    const auto skip = engine.plan().mode == IcmpMode::datagram
                          ? std::ptrdiff_t{0}
                          : std::ptrdiff_t{engine.plan().target.is_v4() ? 20 : 40};
    return {octets.begin() + skip, octets.end()};
  }
  // The echo reply to the index-th packet.
  Octets reply_to(std::size_t index, const Manner& manner = {}) const {
    auto out = message(index);
    const bool v4 = engine.plan().target.is_v4();
    out[0] = v4 ? 0 : 129;
    if (manner.change) manner.change(out);
    store<std::uint16_t>(out, 2, 0);
    Checksum sum;
    if (!v4)
      sum.add_pseudo_header(sender(manner).v6(), engine.plan().source.v6(), Protocol::icmpv6,
                            out.size());
    store<std::uint16_t>(out, 2, sum.add(out).finish());
    if (manner.damage) manner.damage(out);
    return out;
  }
  void answer(std::size_t index, const Manner& manner = {}) {
    deliver(reply_to(index, manner), sender(manner), manner.ttl);
  }
  // An ICMP message from `from`, as a raw socket of its version delivers it.
  void deliver(const Octets& icmp, const Address& from, Ttl ttl = Ttl{64}) {
    const auto& plan = engine.plan();
    Received received{.octets = icmp,
                      .begins = Begins::transport,
                      .source = from,
                      .destination = plan.source,
                      .hop_limit = ttl,
                      .stamp = stamp()};
    Octets packet;
    if (from.is_v4() && plan.mode == IcmpMode::raw) {
      const Ipv4Header ip{.identification = 1,
                          .ttl = ttl,
                          .protocol = Protocol::icmp,
                          .source = from.v4(),
                          .destination = plan.source.v4()};
      packet.resize(ip.size() + icmp.size());
      ip.emit(packet, icmp.size());
      std::ranges::copy(icmp, packet.begin() + static_cast<std::ptrdiff_t>(ip.size()));
      received.octets = packet, received.begins = Begins::ip;
    }
    engine.on_packet(now, received);
    collect();
  }

  [[nodiscard]] Stamp stamp() const {
    return {.ns = now.time_since_epoch().count(), .clock = StampClock::simulated};
  }
  void collect() {
    engine.take_events(fresh_);
    events.insert(events.end(), fresh_.begin(), fresh_.end());
  }
  template <typename T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> out;
    for (const auto& event : events)
      if (const auto* it = std::get_if<T>(&event.what)) out.push_back(*it);
    return out;
  }
  template <typename T>
  [[nodiscard]] T last() const {
    const auto found = all<T>();
    EXPECT_FALSE(found.empty());
    return found.empty() ? T{} : found.back();
  }
  template <typename T>
  [[nodiscard]] std::size_t count() const {
    return all<T>().size();
  }
  [[nodiscard]] PingSummary summary() const { return engine.summary(now); }

  PingEngine engine;
  std::vector<Packet> packets;
  std::vector<Event> events;
  std::optional<Failure> refuse_with{};  // what the link says of the next sends
  bool hold = false;                     // the link says nothing of them for now

  [[nodiscard]] const Address& sender(const Manner& manner) const {
    return manner.from.is_unspecified() ? engine.plan().target : manner.from;
  }

 private:
  void take(const Action& action) {
    Packet out{.at = now};
    if (const auto* send = std::get_if<Send>(&action)) {
      out.probe = send->probe, out.mtu = send->mtu, out.may_fragment = send->may_fragment;
      out.octets.assign(send->octets.begin(), send->octets.end());
    } else if (const auto* on = std::get_if<SendOn>(&action)) {
      out.probe = on->probe, out.dont_fragment = on->path_mtu_discovery == PathMtuDiscovery::keep || on->path_mtu_discovery == PathMtuDiscovery::probe;
      out.octets.assign(on->octets.begin(), on->octets.end());
    }
    packets.push_back(out);
    if (hold) return;
    if (refuse_with)
      engine.on_refused(now, out.probe, *refuse_with);
    else
      engine.on_sent(now, out.probe, stamp());
  }

  Octets room_;
  std::vector<Event> fresh_;

 public:
  Instant now;
};

// sent = received + errors + lost + waiting, and the number that are in each.
inline void expect_counts(const PingSummary& s, std::uint64_t received, std::uint64_t errors,
                          std::uint64_t lost, std::uint64_t waiting) {
  EXPECT_EQ(s.sent, s.received + s.errors + s.lost + s.waiting);
  EXPECT_EQ(s.received, received);
  EXPECT_EQ(s.errors, errors);
  EXPECT_EQ(s.lost, lost);
  EXPECT_EQ(s.waiting, waiting);
}

}  // namespace sonda::testing
