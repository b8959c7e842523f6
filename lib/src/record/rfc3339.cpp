// Moments as text, by the calendar of <chrono>, in UTC whatever the locale.
#include <array>
#include <charconv>
#include <chrono>
#include <limits>

#include <sonda/record/json_lines.hpp>
#include <sonda/record/printable.hpp>

namespace sonda::inline v0::record {
namespace {

using std::chrono::days;
using std::chrono::nanoseconds;
using std::chrono::seconds;

std::string padded(std::int64_t value, std::size_t width) {
  auto text = std::to_string(value);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

}  // namespace

std::string to_rfc3339(std::int64_t unix_ns) {
  // In seconds: the first midnight before the earliest moment has no number of nanoseconds.
  const auto second = std::chrono::floor<seconds>(nanoseconds{unix_ns});
  const auto day = std::chrono::floor<days>(second);
  const std::chrono::year_month_day date{std::chrono::sys_days{day}};
  const std::chrono::hh_mm_ss time{second - day};
  return padded(int{date.year()}, 4) + '-' + padded(unsigned{date.month()}, 2) + '-' +
         padded(unsigned{date.day()}, 2) + 'T' + padded(time.hours().count(), 2) + ':' +
         padded(time.minutes().count(), 2) + ':' + padded(time.seconds().count(), 2) + '.' +
         padded((unix_ns % 1'000'000'000 + 1'000'000'000) % 1'000'000'000, 9) + 'Z';
}

std::expected<std::int64_t, std::string> from_rfc3339(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00.000000000Z";
  const auto wrong = [text] {
    return std::unexpected{"not a time of the form 2026-03-01T12:00:00.000000000Z: " +
                           printable(text)};
  };
  if (text.size() != form.size()) return wrong();
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return wrong();
  const auto number = [text](std::size_t at, std::size_t size) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + size, value);
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year{number(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                         std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 60) return wrong();
  const auto moment = std::chrono::sys_days{date} + std::chrono::hours{number(11, 2)} +
                      std::chrono::minutes{number(14, 2)} + std::chrono::seconds{number(17, 2)};
  // 64 bits of nanoseconds reach from 1677 to 2262.
  constexpr std::int64_t most_seconds = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
  const std::int64_t second = moment.time_since_epoch().count();
  if (second >= most_seconds || second <= -most_seconds) return wrong();
  return second * 1'000'000'000 + number(20, 9);
}

}  // namespace sonda::inline v0::record
