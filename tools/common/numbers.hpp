// Numbers as people type them, each refused with a sentence that says what is accepted.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>

namespace sonda::tools {

template <typename T>
using Read = std::expected<T, std::string>;

// Decimal digits only, `least` to `most`.
[[nodiscard]] Read<std::uint64_t> read_number(std::string_view text, std::uint64_t least,
                                              std::uint64_t most);
// Decimal seconds with a dot and at most nine decimals: "0.2". `least` to ten million seconds.
[[nodiscard]] Read<Duration> read_seconds(std::string_view text, Duration least);
// Hexadecimal digits in pairs, one to sixteen octets: "ff00".
[[nodiscard]] Read<std::vector<std::uint8_t>> read_pattern(std::string_view text);
// 0 to 255, decimal or 0x…, or a DSCP by name: "ef", "af41", "cs3", "le" (RFC 2474, 2597, 3246,
// 8622).
[[nodiscard]] Read<TrafficClass> read_traffic_class(std::string_view text);

}  // namespace sonda::tools
