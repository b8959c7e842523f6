// The name a user probably meant.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sonda::tools {

// The candidate that is fewest typing mistakes away (a wrong, missing, extra or swapped letter
// each), if that is at most a third of the word's letters, and at least one.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 std::span<const std::string> candidates);

}  // namespace sonda::tools
