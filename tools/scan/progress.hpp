// How far a scan is, on a terminal's last line: what is known, and how long it still takes.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include <sonda/core/time.hpp>

namespace sonda::tools {

// Counts; draws nothing by itself.
class Pace {
 public:
  // `total`: ports to settle. `deadline`: how long a silent port takes.
  Pace(std::uint64_t total, Duration deadline) : total_{total}, deadline_{deadline} {}

  void settled(bool silent) {
    ++settled_;
    silent_ = silent_ || silent;
  }
  // The line at this moment: "12,345 of 65,535 ports, 24,000/s, about 3 s left".
  [[nodiscard]] std::string line(Instant now);
  // By the ports settled within the last seconds, and a deadline where ports are silent. Nothing:
  // there is nothing to judge by.
  [[nodiscard]] std::optional<Duration> left() const;

 private:
  static constexpr Duration window = std::chrono::seconds{5};

  std::uint64_t total_, settled_ = 0;
  Duration deadline_;
  bool silent_ = false;
  std::deque<std::pair<Instant, std::uint64_t>> marks_;  // of the window
};

// Draws the pace on stderr where that is a terminal, five times a second.
class Progress {
 public:
  Progress(bool wanted, std::uint64_t total, Duration deadline);
  ~Progress() { erase(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void settled(bool silent) { pace_.settled(silent); }
  // Draws if it is time.
  void turn(Instant now);
  // When to call turn; nothing: never.
  [[nodiscard]] std::optional<Instant> next_due() const;
  // Before lines of text.
  void erase();

 private:
  static constexpr Duration interval = std::chrono::milliseconds{200};

  Pace pace_;
  bool on_;
  bool drawn_ = false;
  std::optional<Instant> due_;
};

}  // namespace sonda::tools
