// What fuzz targets share: claims that trap, decisions drawn from the input, emission that is
// watched.
#pragma once
#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <source_location>
#include <string_view>
#include <utility>
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>

// libFuzzer calls it with each input, the replay with each file of the corpus.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace sonda::fuzz {

using Octets = std::vector<std::uint8_t>;

inline void claim(bool holds, std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: the claim in %s does not hold\n", where.file_name(), where.line(),
               where.function_name());
  __builtin_trap();
}

// Reads every octet, so that a sanitizer sees one that is not there.
inline void touch(Bytes octets) {
  unsigned sum = 0;
  for (const auto octet : octets) sum += octet;
  asm volatile("" : : "r"(sum));  // the sum is wanted
}

// Every octet of `part` is one of `whole`'s.
inline void claim_within(Bytes part, Bytes whole,
                         std::source_location where = std::source_location::current()) {
  const std::less_equal<const std::uint8_t*> before;
  claim(part.empty() || (before(whole.data(), part.data()) &&
                         before(part.data() + part.size(), whole.data() + whole.size())),
        where);
  touch(part);
}

[[nodiscard]] inline bool equal(Bytes a, Bytes b) { return std::ranges::equal(a, b); }
// The very same octets, not only the same values.
[[nodiscard]] inline bool same(Bytes a, Bytes b) {
  return a.data() == b.data() && a.size() == b.size();
}

// An error tells the truth about the octets that were there.
inline void claim_honest(const ParseError& error, std::size_t available,
                         std::source_location where = std::source_location::current()) {
  claim(error.available <= available, where);
  claim(error.fault != Fault::too_short || error.needed > error.available, where);
  claim(!name(error.layer).empty() && !name(error.fault).empty(), where);
}

// What `emit` writes into a room of `size` octets. An octet that it leaves out shows, for it keeps
// what lay there before; one that it writes beyond the room shows as well.
template <typename Emit>
[[nodiscard]] Octets emitted(std::size_t size, Emit emit,
                             std::source_location where = std::source_location::current()) {
  constexpr std::size_t margin = 8;
  Octets first;
  for (const auto fill : std::array<std::uint8_t, 2>{0xa5, 0x5a}) {
    Octets room(size + 2 * margin, fill);
    emit(MutableBytes{room}.subspan(margin, size));
    const auto untouched = [fill](std::uint8_t octet) { return octet == fill; };
    claim(std::ranges::all_of(Bytes{room}.first(margin), untouched), where);
    claim(std::ranges::all_of(Bytes{room}.last(margin), untouched), where);
    Octets written{room.begin() + margin, room.end() - margin};
    if (first.empty())
      first = std::move(written);
    else
      claim(first == written, where);
  }
  return first;
}

// Two values of a checksum field mean the same: 0 and ffff are the same number there.
[[nodiscard]] constexpr bool same_sum(std::uint16_t a, std::uint16_t b) noexcept {
  return a % 0xffff == b % 0xffff;
}

// Decisions drawn from the input; zeros when it is used up.
class Choices {
 public:
  explicit Choices(Bytes input) : left_{input} {}

  template <std::unsigned_integral T>
  [[nodiscard]] T number() {
    std::uint64_t value = 0;
    for (const auto octet : take(sizeof(T))) value = value << 8 | octet;
    return static_cast<T>(value);
  }
  [[nodiscard]] std::uint8_t octet() { return number<std::uint8_t>(); }
  [[nodiscard]] bool flag() { return (octet() & 1) != 0; }
  // 0 up to `most`, of which there are at most 65,536.
  [[nodiscard]] std::size_t up_to(std::size_t most) {
    return most < 256 ? octet() % (most + 1) : number<std::uint16_t>() % (most + 1);
  }
  // So many octets, or as many as are left.
  [[nodiscard]] Bytes take(std::size_t size) {
    const auto taken = left_.first(std::min(size, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  [[nodiscard]] Bytes rest() { return std::exchange(left_, {}); }
  [[nodiscard]] bool empty() const { return left_.empty(); }

 private:
  Bytes left_;
};

[[nodiscard]] inline std::string_view text_of(Bytes octets, std::vector<char>& room) {
  room.assign(octets.begin(), octets.end());
  return {room.data(), room.size()};
}

}  // namespace sonda::fuzz
