// Random numbers that are the same on every machine and with every standard library.
#pragma once
#include <array>
#include <bit>
#include <cstdint>

#include <sonda/core/time.hpp>

namespace sonda::inline v0::sim {

// One step of splitmix64 (Steele, Lea and Flood, 2014): turns any seed into well mixed numbers.
[[nodiscard]] constexpr std::uint64_t splitmix64(std::uint64_t& state) noexcept {
  state += 0x9e37'79b9'7f4a'7c15U;
  auto z = state;
  z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9U;
  z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebU;
  return z ^ (z >> 31);
}

// xoshiro256** (Blackman and Vigna, 2018). The distributions of <random> differ between standard
// libraries, so there are own ones here.
class Random {
 public:
  constexpr explicit Random(std::uint64_t seed) noexcept {
    for (auto& word : state_) word = splitmix64(seed);
  }
  // Precondition: not all zero.
  constexpr explicit Random(const std::array<std::uint64_t, 4>& state) noexcept : state_{state} {}

  [[nodiscard]] constexpr std::uint64_t next() noexcept {
    const auto result = std::rotl(state_[1] * 5, 7) * 9;
    const auto shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Each number from 0 to `bound` - 1 is as likely as the others; 0 for a bound of 0.
  [[nodiscard]] constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    if (bound == 0) return 0;
    const auto uneven = (0 - bound) % bound;  // 2^64 mod bound: numbers that would come too often
    auto value = next();
    while (value < uneven) value = next();
    return value % bound;
  }

  // True with this probability; draws nothing where the answer is certain.
  [[nodiscard]] constexpr bool chance(double probability) noexcept {
    if (probability <= 0) return false;
    if (probability >= 1) return true;
    return static_cast<double>(next() >> 11) * 0x1p-53 < probability;
  }

  // From nothing to `most`, both included.
  [[nodiscard]] constexpr Duration up_to(Duration most) noexcept {
    if (most <= Duration::zero()) return Duration::zero();
    return Duration{
        static_cast<Duration::rep>(below(static_cast<std::uint64_t>(most.count()) + 1))};
  }

  // A generator of its own, so that what one part draws does not change what another part gets.
  [[nodiscard]] constexpr Random fork() noexcept { return Random{next()}; }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace sonda::inline v0::sim
