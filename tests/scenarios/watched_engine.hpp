// An engine under watch: an oracle sees what it sees, and the contract's rules are checked.
#pragma once
#include <optional>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/event/contract.hpp>

#include "ping_oracle.hpp"

namespace sonda::test {

// Rules: instants never go back; a wake-up never moves to an earlier time while nothing happens,
// and is not over when a whole turn has changed nothing.
class WatchedEngine final : public Engine {
 public:
  WatchedEngine(Engine& engine, PingOracle* oracle) : engine_{engine}, oracle_{oracle} {}

  [[nodiscard]] std::size_t room_needed() const override { return engine_.room_needed(); }
  [[nodiscard]] std::optional<Action> poll_action(Instant now, MutableBytes room) override {
    tick(now);
    auto action = engine_.poll_action(now, room);
    if (!action) return action;
    happened();
    if (const auto* send = std::get_if<Send>(&*action); send != nullptr && oracle_ != nullptr)
      oracle_->handed_over(send->probe, send->octets);
    return action;
  }

  void on_sent(Instant now, ProbeId probe, Stamp stamp) override {
    tick(now), happened();
    if (oracle_ != nullptr) oracle_->sent(now, probe);
    engine_.on_sent(now, probe, stamp);
  }
  void on_refused(Instant now, ProbeId probe, const Failure& failure) override {
    tick(now), happened();
    if (oracle_ != nullptr) oracle_->refused(probe);
    engine_.on_refused(now, probe, failure);
  }
  void on_packet(Instant now, const Received& packet) override {
    tick(now), happened();
    if (oracle_ != nullptr) oracle_->arrived(packet);
    engine_.on_packet(now, packet);
  }
  void on_socket(Instant now, const SocketReport& report) override {
    tick(now), happened();
    engine_.on_socket(now, report);
  }
  void on_drops(Instant now, DropPlace place, std::uint64_t count) override {
    tick(now), happened();
    engine_.on_drops(now, place, count);
  }
  void on_time(Instant now) override {
    tick(now);
    last_wakeup_.reset();
    ++quiet_turns_;
    engine_.on_time(now);
  }
  void on_query(Instant now) override { tick(now), happened(), engine_.on_query(now); }
  void on_stop(Instant now) override { tick(now), happened(), engine_.on_stop(now); }

  [[nodiscard]] std::optional<Instant> next_wakeup() const override {
    const auto at = engine_.next_wakeup();
    if (quiet_turns_ > 1 && at) {
      EXPECT_GT(*at, now_) << "asks to be woken for nothing, again and again";
    }
    if (last_wakeup_) {
      EXPECT_EQ(at.has_value(), last_wakeup_->has_value());
      if (at && *last_wakeup_) {
        EXPECT_GE(*at, **last_wakeup_) << "the wake-up went back";
      }
    }
    last_wakeup_ = at;
    return at;
  }
  [[nodiscard]] bool finished() const override { return engine_.finished(); }
  void take_events(std::vector<Event>& events) override {
    engine_.take_events(events);
    if (!events.empty()) quiet_turns_ = 0;
    for (const auto& event : events)
      if (const auto* lost = std::get_if<Lost>(&event.what); lost != nullptr && oracle_ != nullptr)
        oracle_->told_lost(event.at, lost->probe, engine_.finished());
  }

 private:
  void tick(Instant now) {
    EXPECT_GE(now, now_) << "time went back";
    if (now > now_) quiet_turns_ = 0;
    now_ = now;
  }
  void happened() {
    quiet_turns_ = 0;
    last_wakeup_.reset();
  }

  Engine& engine_;
  PingOracle* oracle_;
  Instant now_{};
  int quiet_turns_ = 0;  // at this instant, in which nothing happened
  mutable std::optional<std::optional<Instant>> last_wakeup_{};
};

}  // namespace sonda::test
