// Text that somebody else chose, made harmless for a terminal and a log.
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sonda/record/printable.hpp>

namespace sonda::inline v0::record {
namespace {

struct Character {
  char32_t point = 0;
  std::size_t size = 1;  // in octets
};

// The UTF-8 character at the beginning of `text` (RFC 3629 section 4); nothing if there is none.
std::optional<Character> first_character(std::string_view text) {
  const auto octet = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto lead = octet(0);
  if (lead < 0x80) return Character{lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return std::nullopt;
  char32_t point = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if (octet(i) >> 6 != 2) return std::nullopt;
    point = point << 6 | (octet(i) & 0x3fU);
  }
  const char32_t least = size == 4 ? 0x10000 : size == 3 ? 0x800 : 0x80;
  if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
    return std::nullopt;
  return Character{point, size};
}

bool harmless(char32_t point) {
  const bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
  const bool line_end = point == 0x2028 || point == 0x2029;
  const bool turns_text = point == 0x061c || (point >= 0x200b && point <= 0x200f) ||
                          (point >= 0x202a && point <= 0x202e) ||
                          (point >= 0x2060 && point <= 0x2069) || point == 0xfeff;
  return !control && !line_end && !turns_text;
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    const auto character = first_character(text);
    const auto size = character ? character->size : 1;
    if (character && character->point == U'\\') {
      out += "\\\\";
    } else if (character && harmless(character->point)) {
      out += text.substr(0, size);
    } else {
      for (const char c : text.substr(0, size)) {
        const auto octet = static_cast<std::uint8_t>(c);
        out += "\\x";
        out += digits[octet >> 4];
        out += digits[octet & 15];
      }
    }
    text.remove_prefix(size);
  }
  return out;
}

std::optional<std::string> octets_of(std::string_view printed) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string out;
  while (!printed.empty()) {
    std::size_t size = 1;
    if (printed[0] != '\\') {
      out += printed[0];
    } else if (printed.starts_with(R"(\\)")) {
      out += '\\';
      size = 2;
    } else {
      size = 4;
      if (!printed.starts_with(R"(\x)") || printed.size() < size) return std::nullopt;
      const int high = digit(printed[2]), low = digit(printed[3]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
    }
    printed.remove_prefix(size);
  }
  return out;
}

}  // namespace sonda::inline v0::record
