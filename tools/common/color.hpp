// Whether words get colours: asked for, or a terminal that nobody has told not to.
#pragma once
#include <string>
#include <string_view>

#include "common/numbers.hpp"

namespace sonda::tools {

// "auto", "always" or "never".
[[nodiscard]] Read<std::string> read_color(std::string_view text);
// `color` as read_color gives it; NO_COLOR (no-color.org) speaks for "auto".
[[nodiscard]] bool wants_color(std::string_view color);

}  // namespace sonda::tools
