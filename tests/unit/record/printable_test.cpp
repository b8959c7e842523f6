// Text that somebody else chose must not be able to do anything to a terminal.
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include <sonda/record/printable.hpp>

namespace sonda::record {
namespace {

TEST(Printable, leaves_ordinary_text_alone) {
  for (const std::string text :
       {"", "web.example.org", "r1 (core)", "Łódź", "東京", "été", "🌍", "a'b\"c"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, writes_control_characters_out) {
  EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(printable("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
  EXPECT_EQ(printable("a\nb\r\t"), "a\\x0ab\\x0d\\x09");
  EXPECT_EQ(printable(std::string{"\0x", 2}), "\\x00x");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
}

TEST(Printable, writes_the_c1_controls_out_that_some_terminals_obey) {
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");
  EXPECT_EQ(printable("\xc2\x80"), "\\xc2\\x80");
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0");  // a no-break space is none
}

TEST(Printable, writes_what_turns_the_line_around_out) {
  for (const char* text : {"\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xaa",
                           "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9"}) {
    const auto out = printable(text);
    for (const char c : out) EXPECT_LT(static_cast<unsigned char>(c), 0x80) << out;
  }
}

TEST(Printable, writes_what_nobody_sees_out) {
  EXPECT_EQ(printable("a\xe2\x80\x8b"
                      "b"),
            "a\\xe2\\x80\\x8bb");                           // zero width space
  EXPECT_EQ(printable("\xef\xbb\xbf"), "\\xef\\xbb\\xbf");  // byte order mark
  EXPECT_EQ(printable("\xe2\x80\xa8"), "\\xe2\\x80\\xa8");  // line separator
}

TEST(Printable, writes_octets_out_that_are_not_utf8) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // half a surrogate pair
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond Unicode
  EXPECT_EQ(printable("\xe6\x9d"), "\\xe6\\x9d");                    // cut
  EXPECT_EQ(printable("\x80"), "\\x80");
  EXPECT_EQ(printable("\xc3(\xa9"), "\\xc3(\\xa9");
}

TEST(Printable, cannot_be_made_to_look_like_an_escape_of_ours) {
  EXPECT_EQ(printable("\\x1b"), "\\\\x1b");
  EXPECT_NE(printable("\\x1b"), printable("\x1b"));
}

TEST(Printable, never_lets_a_control_octet_through) {
  std::uint64_t state = 1;
  for (int run = 0; run < 20'000; ++run) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      state = state * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
      text += static_cast<char>(state >> 56);
    }
    const auto once = printable(text);
    for (const char c : once) {
      const auto octet = static_cast<unsigned char>(c);
      ASSERT_TRUE(octet >= 0x20 && octet != 0x7f);
    }
  }
}

}  // namespace
}  // namespace sonda::record
