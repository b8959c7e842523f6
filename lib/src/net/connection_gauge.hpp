// How full this machine's table of connections is: a new one that finds no room is dropped unsaid.
#pragma once
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <sonda/core/time.hpp>

#include "small_file.hpp"

namespace sonda::inline v0::net {

class ConnectionGauge {
 public:
  // Where nf_conntrack_count and nf_conntrack_max lie; a test has its own.
  explicit ConnectionGauge(std::string directory) : directory_{std::move(directory)} {}

  // Looks at most every `interval`; at once the first time.
  [[nodiscard]] bool nearly_full(Instant now) {
    if (absent_ || now < next_look_) return full_;
    next_look_ = now + interval;
    const auto most = number_in("nf_conntrack_max");
    const auto used = number_in("nf_conntrack_count");
    absent_ = !most || !used;
    if (absent_) return full_ = false;
    used_ = *used, most_ = *most;
    // 95 % begins the wait, 90 % ends it; a maximum of 0 is none.
    return full_ = most_ != 0 && used_ * 100 > most_ * (full_ ? 90 : 95);
  }
  [[nodiscard]] Instant next_look() const noexcept { return next_look_; }
  [[nodiscard]] std::uint64_t used() const noexcept { return used_; }
  [[nodiscard]] std::uint64_t most() const noexcept { return most_; }

 private:
  static constexpr Duration interval = std::chrono::milliseconds{100};

  [[nodiscard]] std::optional<std::uint64_t> number_in(const char* file) const {
    const auto text = contents_of(directory_ + '/' + file);
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    return number;
  }

  std::string directory_;
  Instant next_look_{};
  bool full_ = false, absent_ = false;
  std::uint64_t used_ = 0, most_ = 0;
};

}  // namespace sonda::inline v0::net
