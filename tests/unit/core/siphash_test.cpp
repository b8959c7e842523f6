// SipHash-2-4 against the reference vectors of its authors: key 00 … 0f, message 00 … n-1.
#include <array>
#include <cstdint>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/core/siphash.hpp>

namespace sonda {
namespace {

constexpr SipKey key{0x0706'0504'0302'0100, 0x0f0e'0d0c'0b0a'0908};

constexpr std::array<std::uint8_t, 64> counting = [] {
  std::array<std::uint8_t, 64> octets{};
  std::iota(octets.begin(), octets.end(), std::uint8_t{0});
  return octets;
}();

// The example worked out in the paper's appendix A.
static_assert(siphash(key, Bytes{counting}.first(15)) == 0xa129'ca61'49be'45e5);

TEST(Siphash, gives_the_authors_tags) {
  const std::vector<std::pair<std::size_t, std::uint64_t>> vectors{
      {0, 0x726f'db47'dd0e'0e31},  {1, 0x74f8'39c5'93dc'67fd}, {2, 0x0d6c'8009'd9a9'4f5a},
      {3, 0x8567'6696'd7fb'7e2d},  {4, 0xcf27'94e0'2771'87b7}, {5, 0x1876'5564'cd99'a68d},
      {6, 0xcbc9'466e'58fe'e3ce},  {7, 0xab02'00f5'8b01'd137}, {8, 0x93f5'f579'9a93'2462},
      {15, 0xa129'ca61'49be'45e5}, {63, 0x958a'324c'eb06'4572}};
  for (const auto& [size, tag] : vectors)
    EXPECT_EQ(siphash(key, Bytes{counting}.first(size)), tag) << size << " octets";
}

TEST(Siphash, depends_on_every_bit_of_key_and_message) {
  std::set<std::uint64_t> tags{siphash(key, Bytes{counting}.first(12))};
  for (unsigned bit = 0; bit < 64; ++bit) {
    const auto one = std::uint64_t{1} << bit;
    tags.insert(siphash({key.low ^ one, key.high}, Bytes{counting}.first(12)));
    tags.insert(siphash({key.low, key.high ^ one}, Bytes{counting}.first(12)));
  }
  for (unsigned bit = 0; bit < 12 * 8; ++bit) {
    auto message = counting;
    message[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    tags.insert(siphash(key, Bytes{message}.first(12)));
  }
  EXPECT_EQ(tags.size(), 1U + 128 + 96);
}

TEST(Siphash, tells_messages_apart_that_differ_only_in_their_length) {
  const std::array<std::uint8_t, 16> zeros{};
  std::set<std::uint64_t> tags;
  for (std::size_t size = 0; size <= zeros.size(); ++size)
    tags.insert(siphash(key, Bytes{zeros}.first(size)));
  EXPECT_EQ(tags.size(), 17U);
}

}  // namespace
}  // namespace sonda
