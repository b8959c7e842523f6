// Durations, shares and rates as people write them, and back.
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <sonda/lab/quantity.hpp>

#include "wording.hpp"

namespace sonda::inline v0::lab {
namespace {

using Unit = std::pair<std::string_view, std::uint64_t>;
constexpr std::array duration_units{Unit{"s", 1'000'000'000}, Unit{"ms", 1'000'000},
                                    Unit{"us", 1'000}, Unit{"ns", 1}};
constexpr std::array rate_units{Unit{"Gbit", 1'000'000'000}, Unit{"Mbit", 1'000'000},
                                Unit{"kbit", 1'000}, Unit{"bit", 1}};

std::optional<std::uint64_t> digits(std::string_view text) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

// `text` as a decimal number times `scale`, which is a power of ten, without any rounding.
std::optional<std::uint64_t> scaled(std::string_view text, std::uint64_t scale) {
  const auto dot = text.find('.');
  const auto whole = digits(text.substr(0, dot));
  if (!whole || *whole > 1'000'000'000'000) return std::nullopt;
  auto value = *whole * scale;
  if (*whole != 0 && value / *whole != scale) return std::nullopt;
  if (dot == std::string_view::npos) return value;
  const auto decimals = text.substr(dot + 1);
  if (decimals.empty()) return std::nullopt;
  for (const char c : decimals) {
    if (c < '0' || c > '9') return std::nullopt;
    scale /= 10;
    if (scale == 0 && c != '0') return std::nullopt;
    value += static_cast<std::uint64_t>(c - '0') * scale;
  }
  return value;
}

std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units) {
  auto end = text.find_first_not_of("0123456789.");
  if (end == std::string_view::npos) end = text.size();
  auto unit = text.substr(end);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const auto& [name, scale] : units)
    if (unit == name) return scaled(text.substr(0, end), scale);
  return std::nullopt;
}

// In the largest unit of which there is at least one.
std::string unit_text(std::uint64_t value, std::span<const Unit> units) {
  for (const auto& [name, scale] : units) {
    if (value < scale) continue;
    auto text = fmt::format("{}", value / scale);
    if (value % scale != 0) {
      auto decimals = fmt::format("{}", scale + value % scale).substr(1);
      decimals.erase(decimals.find_last_not_of('0') + 1);
      text += '.' + decimals;
    }
    return text.append(name);
  }
  return "0";
}

constexpr std::uint64_t most_ns = std::uint64_t{86'400} * 1'000'000'000;
constexpr std::uint64_t most_rate = 1'000'000'000'000;

}  // namespace

Read<std::uint64_t> read_whole(std::string_view text, std::uint64_t least, std::uint64_t most) {
  if (const auto value = digits(text); value && *value >= least && *value <= most) return *value;
  return std::unexpected{
      instead_of(text, fmt::format("a whole number from {} to {}", least, most))};
}

Read<Duration> read_duration(std::string_view text) {
  if (text == "0") return Duration{};
  if (const auto ns = with_unit(text, duration_units); ns && *ns <= most_ns)
    return Duration{static_cast<Duration::rep>(*ns)};
  return std::unexpected{instead_of(text, "a duration as in 5ms, 1.5s or 200us, at most a day")};
}

Read<double> read_share(std::string_view text) {
  constexpr std::uint64_t whole = 1'000'000;
  const bool percent = text.ends_with('%');
  const auto number = percent ? text.substr(0, text.size() - 1) : text;
  if (const auto millionths = scaled(number, percent ? whole / 100 : whole);
      millionths && *millionths <= whole)
    return static_cast<double>(*millionths) / static_cast<double>(whole);
  return std::unexpected{
      instead_of(text, "a share as in 1%, 0.05% or 0.25, from 0 to 100% (that is 1)")};
}

Read<std::uint64_t> read_rate(std::string_view text) {
  if (const auto bare = digits(text); bare && *bare <= most_rate) return *bare;
  if (const auto rate = with_unit(text, rate_units); rate && *rate <= most_rate) return *rate;
  return std::unexpected{
      instead_of(text, "a rate as in 10Mbit, 64kbit or 1Gbit, or 0 for no limit")};
}

std::string duration_text(Duration duration) {
  return unit_text(static_cast<std::uint64_t>(duration.count()), duration_units);
}

std::string share_text(double share) {
  const auto millionths = static_cast<std::uint64_t>(std::llround(share * 1e6));
  auto text = fmt::format("{}.{:04}", millionths / 10'000, millionths % 10'000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + '%';
}

std::string rate_text(std::uint64_t bits_per_second) {
  return unit_text(bits_per_second, rate_units);
}

}  // namespace sonda::inline v0::lab
