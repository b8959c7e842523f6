// The only loop: an engine, a link and a clock.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/run/clock.hpp>

namespace sonda::inline v0::run {

struct LoopOptions {
  // Called on the caller's thread, in order, from inside step(). It may call stop() and query(), and
  // keep the occurrence.
  std::function<void(Occurrence&&)> on_event{};
  // The reverse name of an address if it is known already; must return at once.
  std::function<std::optional<std::string>(const Address&)> name_of{};
  // More descriptors whose input ends a wait: a signalfd, a terminal.
  std::vector<int> also_watch{};
};

// Holds references: engine, link and clock outlive it. One thread at a time.
class SONDA_EXPORT Loop {
 public:
  Loop(Engine& engine, Link& link, Clock& clock, LoopOptions options);

  // Does everything that is due, then waits once: for input, the engine's next wake-up, or
  // `deadline`, whichever comes first. False when the engine has finished.
  bool step(std::optional<Instant> deadline = std::nullopt);
  // Steps until the engine has finished.
  void run();
  // Everything that is due, without waiting: for a caller with an event loop of its own.
  void turn();
  // When to call turn() again even if no descriptor stirs.
  [[nodiscard]] std::optional<Instant> next_wakeup() const;

  // A summary of what is known so far comes out as an event.
  void query();
  // No more probes; the summary comes out.
  void stop();
  [[nodiscard]] bool finished() const { return engine_.finished(); }

 private:
  static constexpr std::size_t slots = 64;  // actions handed to the link at once

  void transmit(Instant now);
  void report();
  void report(Event&& event);

  Engine& engine_;
  Link& link_;
  Clock& clock_;
  LoopOptions options_;
  std::size_t room_;
  std::vector<std::uint8_t> buffer_;
  std::vector<Action> batch_;
  std::vector<Event> events_;
  std::vector<int> watched_;
  bool reporting_ = false;
};

}  // namespace sonda::inline v0::run
