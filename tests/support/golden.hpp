// What every golden vector goes through: each truncation, each flipped bit, emission over 0xa5.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>

namespace sonda::testing {

using Octets = std::vector<std::uint8_t>;

// Octets on the heap without one to spare, so that a sanitizer sees the first read past the end.
class ExactCopy {
 public:
  explicit ExactCopy(Bytes octets) : octets_(octets.begin(), octets.end()) {
    octets_.shrink_to_fit();
  }
  [[nodiscard]] Bytes view() const { return octets_; }
  [[nodiscard]] MutableBytes mutable_view() { return octets_; }

 private:
  Octets octets_;
};

// The error of what should have been refused; fails the test, and returns an empty one, if it was
// not.
template <typename T>
[[nodiscard]] ParseError error_of(const Parsed<T>& parsed) {
  EXPECT_FALSE(parsed.has_value()) << "was not refused";
  return parsed ? ParseError{} : parsed.error();
}

// Calls `look(Bytes)` with the first 0, 1, … octets of `golden`, short of all of them.
template <typename Look>
void on_every_truncation(Bytes golden, Look&& look) {
  for (std::size_t size = 0; size < golden.size(); ++size) {
    SCOPED_TRACE(::testing::Message() << "cut to " << size << " of " << golden.size());
    const ExactCopy cut{golden.first(size)};
    look(cut.view());
  }
}

// Calls `look(Bytes)` with `golden` and one bit of it the other way round, for each bit.
template <typename Look>
void on_every_bit_flip(Bytes golden, Look&& look) {
  for (std::size_t bit = 0; bit < golden.size() * 8; ++bit) {
    SCOPED_TRACE(::testing::Message() << "bit " << bit % 8 << " of octet " << bit / 8);
    ExactCopy flipped{golden};
    flipped.mutable_view()[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    look(flipped.view());
  }
}

// Both, and `golden` itself: for a look that may say what it likes but must stay within the octets,
// end, and contradict itself nowhere.
template <typename Look>
void on_every_mutilation(Bytes golden, Look&& look) {
  look(ExactCopy{golden}.view());
  on_every_truncation(golden, look);
  on_every_bit_flip(golden, look);
}

// Every truncation is refused, as too short or as contradicting its lengths, and the error counts
// the octets that were there.
template <typename Parse>
void refuses_every_truncation(Bytes golden, Parse&& parse) {
  on_every_truncation(golden, [&](Bytes cut) {
    const auto parsed = parse(cut);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().available, cut.size());
    EXPECT_TRUE(parsed.error().fault == Fault::too_short ||
                parsed.error().fault == Fault::bad_length)
        << name(parsed.error().fault);
  });
}

// What `emit(MutableBytes)` writes into exactly `size` octets. Fails the test if an octet of them
// stays as it was, or if one around them changes.
template <typename Emit>
[[nodiscard]] Octets emitted(std::size_t size, Emit&& emit) {
  constexpr std::size_t guard = 64;
  const auto run = [&](std::uint8_t fill) {
    Octets room(size + 2 * guard, fill);
    emit(MutableBytes{room}.subspan(guard, size));
    const auto untouched = [fill](std::uint8_t octet) { return octet == fill; };
    EXPECT_TRUE(std::all_of(room.begin(), room.begin() + guard, untouched))
        << "wrote before its octets";
    EXPECT_TRUE(std::all_of(room.end() - guard, room.end(), untouched)) << "wrote past its octets";
    return Octets(room.begin() + guard, room.end() - guard);
  };
  const Octets first = run(0xa5), second = run(0x5a);
  EXPECT_EQ(first, second) << "left octets unwritten";
  return first;
}

template <std::size_t N>
struct HexText {
  consteval HexText(const char (&text)[N]) { std::copy_n(text, N, characters.begin()); }  // NOLINT
  [[nodiscard]] static constexpr int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  }
  [[nodiscard]] constexpr std::size_t digits() const {
    return static_cast<std::size_t>(
        std::count_if(characters.begin(), characters.end(), [](char c) { return digit(c) >= 0; }));
  }
  std::array<char, N> characters{};
};

// The octets of hex<"45 00 00 1c">(); everything but 0-9 and a-f only separates. Two digits make
// an octet.
template <HexText text>
[[nodiscard]] consteval auto hex() {
  static_assert(text.digits() % 2 == 0);
  std::array<std::uint8_t, text.digits() / 2> octets{};
  std::size_t at = 0;
  for (const char c : text.characters) {
    if (text.digit(c) < 0) continue;
    octets[at / 2] = static_cast<std::uint8_t>(octets[at / 2] << 4 | text.digit(c));
    ++at;
  }
  return octets;
}

}  // namespace sonda::testing
