// What stands behind a session: one loop, or several of them on threads. Private to the library.
#pragma once
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <sonda/event/contract.hpp>
#include <sonda/run/clock.hpp>
#include <sonda/run/loop.hpp>
#include <sonda/run/session.hpp>

namespace sonda::inline v0 {

struct Session::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  virtual ~State() = default;

  virtual bool step(std::optional<Instant> deadline) = 0;
  virtual void turn() = 0;
  [[nodiscard]] virtual std::vector<int> descriptors() const = 0;
  [[nodiscard]] virtual std::optional<Instant> next_wakeup() const = 0;
  virtual void query() = 0;
  virtual void stop() = 0;
  [[nodiscard]] virtual bool finished() const = 0;
};

// All that one loop needs, in the order in which it can be built.
struct LoopSession final : Session::State {
  LoopSession(std::unique_ptr<Engine> its_engine, std::unique_ptr<Link> its_link,
              std::unique_ptr<run::Clock> its_clock, run::LoopOptions options)
      : engine{std::move(its_engine)},
        link{std::move(its_link)},
        clock{std::move(its_clock)},
        loop{*engine, *link, *clock, std::move(options)} {}

  bool step(std::optional<Instant> deadline) override { return loop.step(deadline); }
  void turn() override { loop.turn(); }
  [[nodiscard]] std::vector<int> descriptors() const override {
    const auto watched = link->descriptors();
    return {watched.begin(), watched.end()};
  }
  [[nodiscard]] std::optional<Instant> next_wakeup() const override { return loop.next_wakeup(); }
  void query() override { loop.query(); }
  void stop() override { loop.stop(); }
  [[nodiscard]] bool finished() const override { return loop.finished(); }

  std::unique_ptr<Engine> engine;
  std::unique_ptr<Link> link;
  std::unique_ptr<run::Clock> clock;
  run::Loop loop;
};

}  // namespace sonda::inline v0
