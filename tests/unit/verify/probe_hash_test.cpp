// SHA-256 by the processor's instructions is SHA-256.
#include "../../../lib/src/verify/probe_hash.hpp"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace sonda::verify {
namespace {

TEST(HashOf, is_sha256_whatever_the_size) {
  std::vector<std::uint8_t> octets(300);
  std::iota(octets.begin(), octets.end(), std::uint8_t{7});
  for (std::size_t size = 0; size <= octets.size(); ++size)
    ASSERT_EQ(hash_of(Bytes{octets}.first(size)), sha256(Bytes{octets}.first(size))) << size;
}

}  // namespace
}  // namespace sonda::verify
