// Numbers in network byte order, whatever the machine's own is.
#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

#include <gtest/gtest.h>

#include <sonda/core/bytes.hpp>

namespace sonda {
namespace {

constexpr std::array<std::uint8_t, 10> octets{0x01, 0x02, 0x03, 0x04, 0x05,
                                              0x06, 0x07, 0x08, 0x09, 0x0a};
static_assert(load<std::uint16_t>(octets, 1) == 0x0203);
static_assert(load<std::uint64_t>(octets, 2) == 0x0304'0506'0708'090a);
static_assert(sizeof(be64) == 8 && alignof(be64) == 1);
static_assert(std::is_trivially_copyable_v<be32>);

TEST(Bytes, loads_the_most_significant_octet_first) {
  EXPECT_EQ(load<std::uint8_t>(octets, 9), 0x0a);
  EXPECT_EQ(load<std::uint16_t>(octets, 0), 0x0102);
  EXPECT_EQ(load<std::uint32_t>(octets, 3), 0x0405'0607U);
  EXPECT_EQ(load<std::uint64_t>(octets, 0), 0x0102'0304'0506'0708U);
}

TEST(Bytes, stores_the_most_significant_octet_first_and_nothing_else) {
  std::array<std::uint8_t, 6> out{};
  out.fill(0xa5);
  store<std::uint32_t>(out, 1, 0x1122'3344);
  EXPECT_EQ(out, (std::array<std::uint8_t, 6>{0xa5, 0x11, 0x22, 0x33, 0x44, 0xa5}));
}

TEST(Bytes, store_and_load_agree_at_every_offset) {
  for (std::size_t at = 0; at <= 8; ++at) {
    std::array<std::uint8_t, 16> out{};
    store<std::uint64_t>(out, at, 0xfedc'ba98'7654'3210);
    EXPECT_EQ(load<std::uint64_t>(out, at), 0xfedc'ba98'7654'3210) << "at " << at;
  }
}

TEST(BigEndian, is_read_and_written_as_the_number_it_is) {
  be16 field = std::uint16_t{0x1234};
  EXPECT_EQ(field, 0x1234);
  field = std::uint16_t{0xfffe};
  EXPECT_EQ(field, 0xfffe);
}

TEST(BigEndian, lies_in_memory_as_on_the_wire) {
  const auto raw = std::bit_cast<std::array<std::uint8_t, 4>>(be32{0x0a0b'0c0dU});
  EXPECT_EQ(raw, (std::array<std::uint8_t, 4>{0x0a, 0x0b, 0x0c, 0x0d}));
}

}  // namespace
}  // namespace sonda
