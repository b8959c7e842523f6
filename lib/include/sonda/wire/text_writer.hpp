// Text written into a caller's buffer, without heap: what does not fit is left out and said so.
#pragma once
#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <sonda/core/bytes.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0 {

class TextWriter {
 public:
  constexpr explicit TextWriter(std::span<char> room) noexcept : room_{room} {}

  constexpr TextWriter& operator<<(std::string_view text) noexcept {
    const auto fitting = std::min(text.size(), room_.size() - size_);
    std::copy_n(text.begin(), fitting, room_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += fitting;
    cut_ = cut_ || fitting < text.size();
    return *this;
  }
  // Integers of any width as decimal numbers; characters only inside strings.
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  constexpr TextWriter& operator<<(T number) noexcept {
    return digits(number, 10, 1);
  }
  constexpr TextWriter& operator<<(const Address& address) noexcept {
    return *this << to_text(address).view();
  }

  // At least `width` digits, filled up with zeros.
  constexpr TextWriter& decimal(std::uint64_t number, std::size_t width) noexcept {
    return digits(number, 10, width);
  }
  constexpr TextWriter& hexadecimal(std::uint64_t number, std::size_t width) noexcept {
    return digits(number, 16, width);
  }
  constexpr TextWriter& hexadecimal(Bytes octets) noexcept {
    for (const auto octet : octets) digits(octet, 16, 2);
    return *this;
  }

  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {room_.data(), size_}; }
  // Whether something did not fit.
  [[nodiscard]] constexpr bool cut() const noexcept { return cut_; }

 private:
  constexpr TextWriter& digits(std::uint64_t number, unsigned base, std::size_t width) noexcept {
    std::array<char, 20> text{};
    std::size_t at = text.size();
    do text[--at] = "0123456789abcdef"[number % base];
    while ((number /= base) != 0);
    for (width = std::min(width, text.size()); text.size() - at < width;) text[--at] = '0';
    return *this << std::string_view{text.data() + at, text.size() - at};
  }

  std::span<char> room_;
  std::size_t size_ = 0;
  bool cut_ = false;
};

}  // namespace sonda::inline v0
