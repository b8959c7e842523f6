// Text on a terminal: how wide it is, and where its lines break.
#include <algorithm>
#include <array>
#include <cstdint>

#include <sonda/report/layout.hpp>

namespace sonda::inline v0::report {
namespace {

struct Range {
  char32_t first, last;
};

// Unicode 15: East Asian Width W and F, in blocks.
constexpr std::array wide = std::to_array<Range>({{0x1100, 0x115f},
                                                  {0x231a, 0x231b},
                                                  {0x2e80, 0x303e},
                                                  {0x3041, 0x4dbf},
                                                  {0x4e00, 0xa4cf},
                                                  {0xa960, 0xa97c},
                                                  {0xac00, 0xd7a3},
                                                  {0xf900, 0xfaff},
                                                  {0xfe30, 0xfe6f},
                                                  {0xff00, 0xff60},
                                                  {0xffe0, 0xffe6},
                                                  {0x1f300, 0x1f64f},
                                                  {0x1f680, 0x1f6ff},
                                                  {0x1f900, 0x1f9ff},
                                                  {0x20000, 0x3fffd}});
// Combining marks of the blocks that are nothing else.
constexpr std::array combining = std::to_array<Range>({{0x0300, 0x036f},
                                                       {0x0483, 0x0489},
                                                       {0x0591, 0x05bd},
                                                       {0x064b, 0x065f},
                                                       {0x1ab0, 0x1aff},
                                                       {0x1dc0, 0x1dff},
                                                       {0x20d0, 0x20ff},
                                                       {0xfe00, 0xfe0f},
                                                       {0xfe20, 0xfe2f}});

template <std::size_t n>
bool is_in(const std::array<Range, n>& ranges, char32_t point) {
  return std::ranges::any_of(
      ranges, [point](const Range& r) { return r.first <= point && point <= r.last; });
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    const std::size_t size = lead < 0xc0 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    char32_t point = size == 1 ? lead : lead & (0xffU >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < text.size(); ++k)
      point = point << 6 | (static_cast<std::uint8_t>(text[i + k]) & 0x3fU);
    width += is_in(combining, point) ? 0U : is_in(wide, point) ? 2U : 1U;
    i += size;
  }
  return width;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    const auto columns = display_width(word);
    if (column > 0 && column + 1 + columns > width) {
      out += '\n';
      column = 0;
    }
    if (column == 0) {
      out.append(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += columns;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + '\n';
}

}  // namespace sonda::inline v0::report
