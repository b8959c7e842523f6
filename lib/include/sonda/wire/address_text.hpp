// How addresses are written down: dotted quads, IPv6 groups, RFC 5952's one spelling of each.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>

namespace sonda::inline v0 {

// The text of one address, or of one prefix, in a buffer of its own.
class AddressText {
 public:
  // 45 octets of IPv6 with a dotted quad, '%', 15 of the zone; or '/' and three digits; or two
  // IPv4 addresses and a dash.
  static constexpr std::size_t capacity = 64;

  constexpr AddressText() = default;

  [[nodiscard]] constexpr std::string_view view() const noexcept {
    // size_ is never larger, but GCC 12 does not see that and warns of copies at -O3.
    return {text_.data(), size_ < capacity ? size_ : capacity};
  }
  constexpr operator std::string_view() const noexcept { return view(); }  // NOLINT: that is all
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }

  // What does not fit is left out; nothing that this library writes is as long as that.
  constexpr AddressText& append(std::string_view text) noexcept {
    for (const char character : text.substr(0, capacity - size_)) text_[size_++] = character;
    return *this;
  }
  constexpr AddressText& append_decimal(std::uint32_t number) noexcept {
    std::array<char, 10> digits{};
    std::size_t at = digits.size();
    do digits[--at] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0);
    return append({digits.data() + at, digits.size() - at});
  }
  // Lower case, no leading zeros (RFC 5952 4.1, 4.3).
  constexpr AddressText& append_hexadecimal(std::uint32_t number) noexcept {
    std::array<char, 8> digits{};
    std::size_t at = digits.size();
    do digits[--at] = "0123456789abcdef"[number & 0xf];
    while ((number >>= 4) != 0);
    return append({digits.data() + at, digits.size() - at});
  }
  constexpr AddressText& append_dotted_quad(std::array<std::uint8_t, 4> octets) noexcept {
    for (std::size_t i = 0; i < octets.size(); ++i) {
      if (i != 0) append(".");
      append_decimal(octets[i]);
    }
    return *this;
  }
  constexpr AddressText& append_ipv6(const std::array<std::uint8_t, 16>& octets) noexcept;

  friend constexpr bool operator==(const AddressText& a, const AddressText& b) noexcept {
    return a.view() == b.view();
  }
  friend constexpr bool operator==(const AddressText& a, std::string_view b) noexcept {
    return a.view() == b;
  }

 private:
  std::array<char, capacity> text_{};
  std::uint8_t size_ = 0;
};

// RFC 5952: the longest run of two or more zero groups becomes "::", the first of equals; an
// IPv4-mapped address ends in a dotted quad (section 5).
constexpr AddressText& AddressText::append_ipv6(
    const std::array<std::uint8_t, 16>& octets) noexcept {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), octets.begin()))
    return append("::ffff:").append_dotted_quad({octets[12], octets[13], octets[14], octets[15]});

  const auto group = [&octets](std::size_t i) -> std::uint32_t {
    return std::uint32_t{octets[2 * i]} << 8 | octets[2 * i + 1];
  };
  std::size_t longest = 1, gap = 8;
  for (std::size_t i = 0, run = 0; i < 8; ++i) {
    run = group(i) == 0 ? run + 1 : 0;
    if (run > longest) longest = run, gap = i + 1 - run;
  }
  for (std::size_t i = 0; i < 8;) {
    if (i == gap) {
      append("::");
      i += longest;
      continue;
    }
    if (i != 0 && i != gap + longest) append(":");
    append_hexadecimal(group(i++));
  }
  return *this;
}

namespace detail {

[[nodiscard]] constexpr std::unexpected<ParseError> text_fault(Fault fault, std::string_view text,
                                                               std::size_t needed = 0) noexcept {
  return parse_fault(Layer::address, fault, needed, text.size());
}

// All of `text` as a decimal number without sign or leading zeros, at most `most`.
[[nodiscard]] constexpr Parsed<std::uint32_t> parse_decimal(std::string_view text,
                                                            std::uint32_t most) noexcept {
  if (text.empty()) return text_fault(Fault::too_short, text, 1);
  if (text.size() > 9 || (text.size() > 1 && text[0] == '0'))
    return text_fault(Fault::bad_value, text);
  std::uint32_t number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return text_fault(Fault::bad_value, text);
    number = number * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  if (number > most) return text_fault(Fault::bad_value, text);
  return number;
}

// Exactly four decimal numbers; 192.0.2.1 is 0xc0000201. "010" and "0x8" mean different things to
// different programs, and "10.1" surprises everybody: all refused.
[[nodiscard]] constexpr Parsed<std::uint32_t> parse_dotted_quad(std::string_view text) noexcept {
  std::uint32_t quad = 0;
  std::string_view rest = text;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto end = i < 3 ? rest.find('.') : rest.size();
    if (end == std::string_view::npos) return text_fault(Fault::too_short, text, 4);
    const auto number = parse_decimal(rest.substr(0, end), 255);
    if (!number) return text_fault(number.error().fault, text);
    quad = quad << 8 | *number;
    rest.remove_prefix(i < 3 ? end + 1 : end);
  }
  return quad;
}

// One to four hexadecimal digits.
[[nodiscard]] constexpr Parsed<std::uint32_t> parse_group(std::string_view text) noexcept {
  if (text.empty()) return text_fault(Fault::too_short, text, 1);
  if (text.size() > 4) return text_fault(Fault::bad_value, text);
  std::uint32_t number = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return text_fault(Fault::bad_value, text);
    number = number << 4 | static_cast<std::uint32_t>(digit);
  }
  return number;
}

// RFC 4291 2.2 in its three forms: groups, groups with one "::", and a dotted quad at the end.
[[nodiscard]] constexpr Parsed<std::array<std::uint8_t, 16>> parse_ipv6(
    std::string_view text) noexcept {
  std::array<std::uint8_t, 16> octets{};
  std::size_t filled = 0, gap = 17;  // octets so far; where "::" stood
  std::string_view rest = text;
  if (rest.starts_with("::")) {
    gap = 0;
    rest.remove_prefix(2);
  }
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const auto word = rest.substr(0, colon);
    if (colon == std::string_view::npos && word.find('.') != std::string_view::npos) {
      const auto quad = parse_dotted_quad(word);
      if (!quad) return text_fault(quad.error().fault, text);
      if (filled > 12) return text_fault(Fault::too_many, text, 8);
      store(MutableBytes{octets}, filled, *quad);
      filled += 4;
      break;
    }
    const auto group = parse_group(word);
    if (!group) return text_fault(group.error().fault, text);
    if (filled > 14) return text_fault(Fault::too_many, text, 8);
    octets[filled++] = static_cast<std::uint8_t>(*group >> 8);
    octets[filled++] = static_cast<std::uint8_t>(*group);
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
    if (rest.empty()) return text_fault(Fault::too_short, text);
    if (rest[0] != ':') continue;
    if (gap != 17) return text_fault(Fault::bad_value, text);
    gap = filled;
    rest.remove_prefix(1);
  }
  if (gap == 17) {
    if (filled != 16) return text_fault(Fault::too_short, text, 8);
    return octets;
  }
  if (filled > 14) return text_fault(Fault::too_many, text, 8);
  const auto tail = filled - gap;
  std::array<std::uint8_t, 16> spread{};
  std::copy_n(octets.data(), gap, spread.data());
  std::copy_n(octets.data() + gap, tail, spread.data() + (16 - tail));
  return spread;
}

}  // namespace detail
}  // namespace sonda::inline v0
