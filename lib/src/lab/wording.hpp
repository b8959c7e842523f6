// How the lab says that it does not understand a word: what it found, what it accepts, what was
// meant.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sonda::inline v0::lab {

// Between apostrophes, at most 40 characters, the ones that are not printable ASCII as \xNN.
[[nodiscard]] std::string quoted(std::string_view text);

// "a, b or c".
[[nodiscard]] std::string listed(std::span<const std::string> words);

// "found 'x', accepted: y".
[[nodiscard]] std::string instead_of(std::string_view found, std::string_view accepted);

// "found 'x', accepted: a, b or c; do you mean a?"
[[nodiscard]] std::string instead_of(std::string_view found,
                                     const std::vector<std::string>& accepted);

// "; do you mean a?" where one of them is near, else nothing.
[[nodiscard]] std::string meant(std::string_view found, const std::vector<std::string>& known);

}  // namespace sonda::inline v0::lab
