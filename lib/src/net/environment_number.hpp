// A number that the environment holds.
#pragma once
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace sonda::inline v0::net {

// Nothing where the variable is not set; 0 or another number where it is.
[[nodiscard]] inline std::optional<std::uint32_t> environment_number(const char* name) noexcept {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const std::string_view view{text};
  std::uint32_t number = 0;
  const auto [stop, error] = std::from_chars(view.data(), view.data() + view.size(), number);
  if (error != std::errc{} || stop != view.data() + view.size()) return std::nullopt;
  return number;
}

}  // namespace sonda::inline v0::net
