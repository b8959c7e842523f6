// Parse errors: what they count, and that every layer and fault has a name of its own.
#include <cstdint>
#include <limits>
#include <set>
#include <string_view>

#include <gtest/gtest.h>

#include <sonda/core/parse_error.hpp>

namespace sonda {
namespace {

TEST(ParseError, holds_layer_fault_needed_and_available) {
  const Parsed<int> parsed = parse_fault(Layer::tcp, Fault::too_short, 20, 19);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error(), (ParseError{Layer::tcp, Fault::too_short, 20, 19}));
}

TEST(ParseError, does_not_wrap_around_where_a_size_exceeds_32_bits) {
  const auto error = parse_fault(Layer::udp, Fault::too_short, std::size_t{1} << 40, 1).error();
  EXPECT_EQ(error.needed, std::numeric_limits<std::uint32_t>::max());
  EXPECT_EQ(error.available, 1U);
}

TEST(ParseError, has_a_name_for_every_layer_and_every_fault) {
  std::set<std::string_view> names;
  for (unsigned i = 0; i <= static_cast<unsigned>(Layer::address); ++i)
    names.insert(name(Layer{static_cast<std::uint8_t>(i)}));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Layer::address) + 1);
  EXPECT_FALSE(names.contains("layer"));
  names.clear();
  for (unsigned i = 0; i <= static_cast<unsigned>(Fault::too_many); ++i)
    names.insert(name(Fault{static_cast<std::uint8_t>(i)}));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Fault::too_many) + 1);
  EXPECT_FALSE(names.contains("fault"));
}

}  // namespace
}  // namespace sonda
