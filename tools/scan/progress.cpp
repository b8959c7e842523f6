// How far a scan is, on a terminal's last line.
#include "scan/progress.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unistd.h>

#include <fmt/format.h>

#include <sonda/net/clock.hpp>
#include <sonda/report/scan_words.hpp>

namespace sonda::tools {
namespace {

std::string about(Duration left) {
  const auto seconds = static_cast<std::uint64_t>(left.count() + 999'999'999) / 1'000'000'000;
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7'200) return fmt::format("{} min", (seconds + 30) / 60);
  return fmt::format("{} h {} min", seconds / 3'600, seconds % 3'600 / 60);
}

}  // namespace

std::optional<Duration> Pace::left() const {
  if (settled_ >= total_) return Duration{};
  const auto wait = silent_ ? deadline_ : Duration{};
  if (marks_.size() < 2) return std::nullopt;
  const auto time = marks_.back().first - marks_.front().first;
  const auto count = marks_.back().second - marks_.front().second;
  if (count == 0 || time <= Duration{}) return std::nullopt;
  const auto per_port = static_cast<double>(time.count()) / static_cast<double>(count);
  const auto ns = per_port * static_cast<double>(total_ - settled_);
  constexpr double most = 9e17;  // thirty years
  // The last ports are silent ones, if any are: the wait for them does not depend on the rate.
  return std::max(Duration{static_cast<std::int64_t>(std::min(ns, most))}, wait);
}

std::string Pace::line(Instant now) {
  marks_.emplace_back(now, settled_);
  while (marks_.size() > 2 && now - marks_.front().first > window) marks_.pop_front();
  auto out =
      fmt::format("{} of {} ports", report::count_text(settled_), report::count_text(total_));
  const auto time = marks_.back().first - marks_.front().first;
  if (time > Duration{}) {
    const auto rate = static_cast<double>(marks_.back().second - marks_.front().second) * 1e9 /
                      static_cast<double>(time.count());
    out += fmt::format(", {}/s", report::count_text(static_cast<std::uint64_t>(rate)));
  }
  if (const auto rest = left()) out += fmt::format(", about {} left", about(*rest));
  return out;
}

Progress::Progress(bool wanted, std::uint64_t total, Duration deadline)
    : pace_{total, deadline}, on_{wanted && ::isatty(STDERR_FILENO) == 1} {
  if (on_) due_ = net::now() + interval;
}

std::optional<Instant> Progress::next_due() const { return due_; }

void Progress::turn(Instant now) {
  if (!due_ || now < *due_) return;
  due_ = now + interval;
  const auto text = "\r\x1b[K" + pace_.line(now);
  std::ignore = ::write(STDERR_FILENO, text.data(), text.size());
  drawn_ = true;
}

void Progress::erase() {
  if (!drawn_) return;
  constexpr std::string_view empty = "\r\x1b[K";
  std::ignore = ::write(STDERR_FILENO, empty.data(), empty.size());
  drawn_ = false;
}

}  // namespace sonda::tools
