// SHA-256 (FIPS 180-4), to name octets in a log without repeating them.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include <sonda/core/bytes.hpp>

namespace sonda::inline v0 {

using Sha256Digest = std::array<std::uint8_t, 32>;

namespace detail {

inline constexpr std::array<std::uint32_t, 64> sha256_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

class Sha256State {
 public:
  constexpr void block(Bytes octets) noexcept {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t i = 0; i < 16; ++i) w[i] = load<std::uint32_t>(octets, 4 * i);
    for (std::size_t i = 16; i < 64; ++i) {
      const auto a = w[i - 15], b = w[i - 2];
      w[i] = w[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) + w[i - 7] +
             (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
    }
    auto [a, b, c, d, e, f, g, h] = state_;
    for (std::size_t i = 0; i < 64; ++i) {
      const auto t1 = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                      ((e & f) ^ (~e & g)) + sha256_constants[i] + w[i];
      const auto t2 =
          (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const std::array added{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state_[i] += added[i];
  }
  [[nodiscard]] constexpr Sha256Digest digest() const noexcept {
    Sha256Digest out{};
    for (std::size_t i = 0; i < 8; ++i) store(out, 4 * i, state_[i]);
    return out;
  }

 private:
  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
};

}  // namespace detail

[[nodiscard]] constexpr Sha256Digest sha256(Bytes octets) noexcept {
  detail::Sha256State state;
  std::size_t at = 0;
  for (; at + 64 <= octets.size(); at += 64) state.block(octets.subspan(at, 64));
  // The rest, one set bit, zeros, and the length in bits: one block or two.
  std::array<std::uint8_t, 128> tail{};
  const auto rest = octets.size() % 64;
  for (std::size_t i = 0; i < rest; ++i) tail[i] = octets[at + i];
  tail[rest] = 0x80;
  const std::size_t padded = rest < 56 ? 64 : 128;
  store(tail, padded - 8, std::uint64_t{octets.size()} * 8);
  for (std::size_t i = 0; i < padded; i += 64) state.block(Bytes{tail}.subspan(i, 64));
  return state.digest();
}

// 64 lower-case hexadecimal digits.
[[nodiscard]] inline std::string sha256_text(Bytes octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto octet : sha256(octets)) {
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

}  // namespace sonda::inline v0
