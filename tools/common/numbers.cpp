// Numbers as people type them, each refused with a sentence that says what is accepted.
#include "common/numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <sonda/record/printable.hpp>

namespace sonda::tools {
namespace {

std::string quoted(std::string_view text) { return '\'' + record::printable(text) + '\''; }

template <typename T>
bool read_all(std::string_view text, T& out, int base = 10) {
  const auto* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, out, base);
  return !text.empty() && result.ec == std::errc{} && result.ptr == end;
}

constexpr std::uint64_t most_seconds = 10'000'000;

}  // namespace

Read<std::uint64_t> read_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  if (!read_all(text, value) || value < least || value > most)
    return std::unexpected{quoted(text) + " is not a number from " + std::to_string(least) +
                           " to " + std::to_string(most)};
  return value;
}

Read<Duration> read_seconds(std::string_view text, Duration least) {
  const auto wrong = [&] {
    return std::unexpected{quoted(text) + " is not a number of seconds" +
                           (least > Duration::zero() ? " above 0" : "") +
                           " up to 10000000 with at most nine decimals, as in 1 or 0.2"};
  };
  const auto dot = std::min(text.find('.'), text.size());
  const auto whole = text.substr(0, dot);
  auto decimals = std::string{text.substr(std::min(dot + 1, text.size()))};
  if (decimals.size() > 9 || (whole.empty() && decimals.empty())) return wrong();
  decimals.resize(9, '0');
  std::uint64_t seconds = 0;
  std::uint64_t ns = 0;
  if ((!whole.empty() && !read_all(whole, seconds)) || !read_all(decimals, ns)) return wrong();
  if (seconds > most_seconds) return wrong();
  const Duration value{static_cast<std::int64_t>(seconds * 1'000'000'000 + ns)};
  if (value < least) return wrong();
  return value;
}

Read<std::vector<std::uint8_t>> read_pattern(std::string_view text) {
  const auto digits = text.starts_with("0x") ? text.substr(2) : text;
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    std::uint8_t octet = 0;
    if (i + 2 > digits.size() || !read_all(digits.substr(i, 2), octet, 16)) {
      out.clear();
      break;
    }
    out.push_back(octet);
  }
  if (out.empty() || out.size() > 16)
    return std::unexpected{quoted(text) +
                           " is not a pattern: 2 to 32 hexadecimal digits in pairs, as in ff00"};
  return out;
}

Read<TrafficClass> read_traffic_class(std::string_view text) {
  constexpr std::array named = std::to_array<std::pair<std::string_view, std::uint8_t>>(
      {{"cs0", 0},   {"le", 1},    {"cs1", 8},   {"af11", 10}, {"af12", 12}, {"af13", 14},
       {"cs2", 16},  {"af21", 18}, {"af22", 20}, {"af23", 22}, {"cs3", 24},  {"af31", 26},
       {"af32", 28}, {"af33", 30}, {"cs4", 32},  {"af41", 34}, {"af42", 36}, {"af43", 38},
       {"cs5", 40},  {"va", 44},   {"ef", 46},   {"cs6", 48},  {"cs7", 56}});
  for (const auto& [name, dscp] : named)
    if (name == text) return TrafficClass{dscp << 2};
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  std::uint8_t value = 0;
  if (!read_all(hexadecimal ? text.substr(2) : text, value, hexadecimal ? 16 : 10))
    return std::unexpected{quoted(text) +
                           " is not a traffic class: 0 to 255, 0x00 to 0xff, or a DSCP as in ef"};
  return TrafficClass{value};
}

}  // namespace sonda::tools
