// Durations, shares and rates as people write them, and back: "1.5s", "0.1%", "10Mbit".
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <sonda/core/time.hpp>

namespace sonda::inline v0::lab {

// What was read, or "found …, accepted: …".
template <typename T>
using Read = std::expected<T, std::string>;

// Decimal digits only.
[[nodiscard]] Read<std::uint64_t> read_whole(std::string_view text, std::uint64_t least,
                                             std::uint64_t most);
// A decimal number with its unit: s, ms, us or ns; 0 needs none. At most a day.
[[nodiscard]] Read<Duration> read_duration(std::string_view text);
// "0.1%", or a number from 0 to 1. To a millionth.
[[nodiscard]] Read<double> read_share(std::string_view text);
// Bits per second: "10Mbit", "64kbit", "1.5Gbit", "9600"; 0 is no limit. At most 1,000 Gbit.
[[nodiscard]] Read<std::uint64_t> read_rate(std::string_view text);

// The shortest of each that is read as the same again.
[[nodiscard]] std::string duration_text(Duration duration);
[[nodiscard]] std::string share_text(double share);
[[nodiscard]] std::string rate_text(std::uint64_t bits_per_second);

}  // namespace sonda::inline v0::lab
