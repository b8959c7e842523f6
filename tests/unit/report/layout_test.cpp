// How wide text is on a terminal, and where its lines break.
#include <algorithm>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include <sonda/report/layout.hpp>

namespace sonda::report {
namespace {

TEST(DisplayWidth, counts_columns_and_not_octets) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("ping"), 4U);
  EXPECT_EQ(display_width("Łódź"), 4U);
  EXPECT_EQ(display_width("東京"), 4U);
  EXPECT_EQ(display_width("한국"), 4U);
  EXPECT_EQ(display_width("🌍"), 2U);
  EXPECT_EQ(display_width("e\xcc\x81"), 1U);  // a combining acute accent
  EXPECT_EQ(display_width("½…→"), 3U);
}

TEST(DisplayWidth, survives_text_that_is_cut_or_no_utf8) {
  EXPECT_LE(display_width("\xe6\x9d"), 2U);
  EXPECT_EQ(display_width("\x80\x80"), 2U);
  EXPECT_LE(display_width("\xff\xfe"), 2U);
}

TEST(Wrapped, leaves_a_short_sentence_on_one_line) {
  EXPECT_EQ(wrapped("two words", 0), "two words\n");
  EXPECT_EQ(wrapped("two words", 5), "     two words\n");
}

TEST(Wrapped, breaks_between_words_and_indents_every_line) {
  EXPECT_EQ(wrapped("one two three four", 2, 10), "  one two\n  three\n  four\n");
}

TEST(Wrapped, fills_a_line_to_its_last_column_and_not_beyond) {
  EXPECT_EQ(wrapped("aaaa bbbbb cc", 0, 10), "aaaa bbbbb\ncc\n");
  EXPECT_EQ(wrapped("aaaa bbbbbb cc", 0, 10), "aaaa\nbbbbbb cc\n");
}

TEST(Wrapped, gives_a_word_that_is_too_wide_a_line_of_its_own) {
  EXPECT_EQ(wrapped("a 0123456789ab c", 2, 8), "  a\n  0123456789ab\n  c\n");
}

TEST(Wrapped, measures_in_columns) {
  EXPECT_EQ(wrapped("東京 東京 東京", 0, 10), "東京 東京\n東京\n");
}

TEST(Wrapped, never_exceeds_its_width_with_words_that_fit) {
  for (std::size_t width = 12; width <= 80; ++width)
    for (std::size_t indent = 0; indent <= 5; ++indent) {
      std::istringstream lines{
          wrapped("the path changed our packet: source 10.0.0.1 -> 203.0.113.5", indent, width)};
      for (std::string line; std::getline(lines, line);) {
        if (line.find_first_not_of(' ') + 11 > width) continue;  // an address of its own line
        EXPECT_LE(display_width(line), std::max(width, indent + 11)) << line;
      }
    }
}

}  // namespace
}  // namespace sonda::report
