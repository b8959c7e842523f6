// Spans of octets, and unsigned integers read from and written to them in network byte order.
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sonda::inline v0 {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

// The unsigned integer whose first octet, the most significant, lies at `at`.
// Precondition: `at + sizeof(T) <= octets.size()`. Compiles to one load and one byte swap.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T load(Bytes octets, std::size_t at) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = value << 8 | octets[at + i];
  return static_cast<T>(value);
}

// Writes `value` at `at`, the most significant octet first.
// Precondition: `at + sizeof(T) <= octets.size()`.
template <std::unsigned_integral T>
constexpr void store(MutableBytes octets, std::size_t at, T value) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    octets[at + i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
}

// An unsigned integer as it lies on the wire: alignment 1, read and written in host order.
template <std::unsigned_integral T>
class BigEndian {
 public:
  constexpr BigEndian() = default;
  // Implicit on purpose: a field of a header is assigned and read as the number it is.
  constexpr BigEndian(T value) noexcept { store<T>(octets_, 0, value); }  // NOLINT
  constexpr operator T() const noexcept { return load<T>(octets_, 0); }   // NOLINT

 private:
  std::array<std::uint8_t, sizeof(T)> octets_{};
};

using be16 = BigEndian<std::uint16_t>;
using be32 = BigEndian<std::uint32_t>;
using be64 = BigEndian<std::uint64_t>;

}  // namespace sonda::inline v0
