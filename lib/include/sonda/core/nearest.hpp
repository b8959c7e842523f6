// The name a user probably meant.
#pragma once
#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sonda::inline v0 {

namespace detail {

// Optimal string alignment distance, whatever the case: three rows of the table are enough.
[[nodiscard]] inline std::size_t typing_mistakes(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1]))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace detail

// The candidate that is fewest typing mistakes away (a wrong, missing, extra or swapped letter
// each), if that is at most a third of the word's letters, and at least one.
[[nodiscard]] inline std::optional<std::string> nearest(std::string_view word,
                                                        std::span<const std::string> candidates) {
  std::optional<std::string> best;
  std::size_t least = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const auto& candidate : candidates)
    if (const auto far = detail::typing_mistakes(word, candidate); far < least) {
      least = far;
      best = candidate;
    }
  return best;
}

}  // namespace sonda::inline v0
