// Text on a terminal: how wide it is, and where its lines break.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace sonda::inline v0::report {

inline constexpr std::size_t page_width = 80;

// Columns that printable UTF-8 takes: wide characters two, combining ones none.
[[nodiscard]] std::size_t display_width(std::string_view text);

// `text` broken between words so that no line exceeds `width` columns, every line indented by
// `indent` spaces and ended by a newline. A word wider than a line has one to itself.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent,
                                  std::size_t width = page_width);

}  // namespace sonda::inline v0::report
