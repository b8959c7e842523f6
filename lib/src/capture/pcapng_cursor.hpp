// Looks at the inside of one pcapng block: numbers of either byte order, options, times.
#pragma once
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <limits>
#include <string>

#include <sonda/capture/pcapng_reader.hpp>
#include <sonda/core/bytes.hpp>

#include "pcapng_format.hpp"

namespace sonda::inline v0::capture {

template <typename T>
using Checked = std::expected<T, PcapngFault>;

// Text ends before its first NUL: some writers pad with them.
[[nodiscard]] inline std::string text_of(Bytes octets) {
  const auto* const first = octets.data();
  if (first == nullptr) return {};
  const auto* const nul = std::memchr(first, 0, octets.size());  // four times as fast as std::find
  return {first, nul == nullptr ? first + octets.size() : static_cast<const std::uint8_t*>(nul)};
}

// Octets of one byte order. Whoever asks for a number has made sure that it is there.
class Cursor {
 public:
  Cursor(Bytes octets, bool little_endian, std::uint64_t offset) noexcept
      : octets_{octets}, little_endian_{little_endian}, offset_{offset} {}

  [[nodiscard]] Bytes octets() const noexcept { return octets_; }
  [[nodiscard]] std::size_t size() const noexcept { return octets_.size(); }
  [[nodiscard]] bool little_endian() const noexcept { return little_endian_; }
  [[nodiscard]] Cursor part(std::size_t at, std::size_t size) const noexcept {
    return {octets_.subspan(at, size), little_endian_, offset_};
  }

  template <std::unsigned_integral T>
  [[nodiscard]] T number(std::size_t at) const noexcept {
    const auto big = load<T>(octets_, at);
    if (!little_endian_) return big;
    std::uint64_t turned = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) turned |= std::uint64_t{octets_[at + i]} << 8 * i;
    return static_cast<T>(turned);
  }
  // Section 4.3: two halves, the upper one first.
  [[nodiscard]] std::uint64_t halves(std::size_t at) const noexcept {
    return std::uint64_t{number<std::uint32_t>(at)} << 32 | number<std::uint32_t>(at + 4);
  }

  [[nodiscard]] std::unexpected<PcapngFault> fault(PcapngProblem problem, std::uint64_t needed = 0,
                                                   std::uint64_t available = 0) const noexcept {
    return std::unexpected{PcapngFault{problem, offset_, needed, available}};
  }
  [[nodiscard]] Checked<void> demand(std::size_t octets) const noexcept {
    if (size() < octets) return fault(PcapngProblem::bad_length, octets, size());
    return {};
  }

  // Calls `take(code, value)` for each option that lies at `at` and behind. `take` returns false
  // for a value of the wrong length.
  template <typename Take>
  [[nodiscard]] Checked<void> options(std::size_t at, Take take) const {
    while (at < size()) {
      if (size() - at < 4) return fault(PcapngProblem::bad_option, 4, size() - at);
      const auto code = number<std::uint16_t>(at);
      const std::size_t length = number<std::uint16_t>(at + 2);
      at += 4;
      if (code == option::end) break;
      if (padded(length) > size() - at)
        return fault(PcapngProblem::bad_option, padded(length), size() - at);
      if (!take(code, part(at, length))) return fault(PcapngProblem::bad_option, 0, length);
      at += padded(length);
    }
    return {};
  }

 private:
  Bytes octets_;
  bool little_endian_;
  std::uint64_t offset_;  // of the block in its file
};

// `ticks` of the interface's unit in nanoseconds since 1970; 0 where 64 bits cannot hold them.
[[nodiscard]] inline std::int64_t to_unix_ns(std::uint64_t ticks, const KnownInterface& interface) {
  constexpr std::uint64_t second = 1'000'000'000;
  // What nearly every file has, without a division.
  if (interface.offset_seconds == 0 && ticks >> 62 == 0 && interface.resolution == 9)
    return static_cast<std::int64_t>(ticks);
  if (interface.offset_seconds == 0 && ticks >> 52 == 0 && interface.resolution == 6)
    return static_cast<std::int64_t>(1000 * ticks);
  const unsigned power = interface.resolution & 0x7fU;
  std::uint64_t seconds = 0;
  std::uint64_t ns = 0;
  if ((interface.resolution & 0x80) != 0) {
    seconds = power == 0 ? ticks : ticks >> power;
    auto fraction = power == 0 ? 0 : ticks & ((std::uint64_t{1} << power) - 1);
    const auto excess = power > 34 ? power - 34 : 0;  // of 34 bits, 10^9 times fit into 64
    fraction >>= excess;
    ns = fraction * second >> (power - excess);
  } else {
    std::uint64_t unit = 1;
    for (unsigned i = 0; i < power; ++i) unit *= 10;
    seconds = ticks / unit;
    ns = ticks % unit;
    for (auto i = power; i < 9; ++i) ns *= 10;
    for (auto i = power; i > 9; --i) ns /= 10;
  }
  constexpr auto most = std::numeric_limits<std::int64_t>::max() / std::int64_t{second} - 1;
  if (seconds > static_cast<std::uint64_t>(most)) return 0;
  if (interface.offset_seconds > most || interface.offset_seconds < -most) return 0;
  const auto whole = static_cast<std::int64_t>(seconds) + interface.offset_seconds;
  if (whole > most || whole < -most) return 0;
  return whole * std::int64_t{second} + static_cast<std::int64_t>(ns);
}

}  // namespace sonda::inline v0::capture
