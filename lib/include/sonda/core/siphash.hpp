// SipHash-2-4: a keyed function nobody can guess without the key (Aumasson and Bernstein, 2012).
#pragma once
#include <array>
#include <bit>
#include <cstdint>

#include <sonda/core/bytes.hpp>

namespace sonda::inline v0 {

// 128 secret bits, drawn once per run.
struct SipKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr bool operator==(const SipKey&, const SipKey&) = default;
};

// The 64-bit tag of `message` under `key`, with 2 compression and 4 finalisation rounds.
[[nodiscard]] constexpr std::uint64_t siphash(SipKey key, Bytes message) noexcept {
  std::array<std::uint64_t, 4> v{key.low ^ 0x736f6d6570736575U, key.high ^ 0x646f72616e646f6dU,
                                 key.low ^ 0x6c7967656e657261U, key.high ^ 0x7465646279746573U};
  const auto round = [&v](int times) {
    for (; times > 0; --times) {
      v[0] += v[1], v[1] = std::rotl(v[1], 13) ^ v[0], v[0] = std::rotl(v[0], 32);
      v[2] += v[3], v[3] = std::rotl(v[3], 16) ^ v[2];
      v[0] += v[3], v[3] = std::rotl(v[3], 21) ^ v[0];
      v[2] += v[1], v[1] = std::rotl(v[1], 17) ^ v[2], v[2] = std::rotl(v[2], 32);
    }
  };
  const auto compress = [&](std::uint64_t word) { v[3] ^= word, round(2), v[0] ^= word; };

  std::size_t at = 0;
  for (; at + 8 <= message.size(); at += 8)
    compress(std::byteswap(load<std::uint64_t>(message, at)));
  std::uint64_t last = std::uint64_t{message.size()} << 56;
  for (unsigned shift = 0; at < message.size(); ++at, shift += 8)
    last |= std::uint64_t{message[at]} << shift;
  compress(last);
  v[2] ^= 0xff, round(4);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

}  // namespace sonda::inline v0
