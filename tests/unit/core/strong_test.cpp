// Strong integers: what they allow, and that they do not mix.
#include <concepts>
#include <cstdint>
#include <type_traits>

#include <gtest/gtest.h>

#include <sonda/core/strong.hpp>

namespace sonda {
namespace {

template <typename A, typename B>
concept comparable = requires(A a, B b) { a == b; };
template <typename A>
concept addable = requires(A a) { a + a; };

static_assert(comparable<Ttl, Ttl> && !comparable<Ttl, Port> && !comparable<Ttl, int>);
static_assert(!comparable<Identifier, Sequence>, "both are 16 bits and still not the same");
static_assert(!addable<Ttl>);
static_assert(!std::is_convertible_v<int, Ttl> && std::is_constructible_v<Ttl, int>);
static_assert(!std::is_convertible_v<Ttl, int> && !std::is_constructible_v<Port, Ttl>);
static_assert(!std::is_constructible_v<Ttl, double>);
static_assert(Ttl::max == 255 && Port::max == 65535);

TEST(Strong, keeps_its_value_and_starts_at_zero) {
  EXPECT_EQ(Port{443}.value(), 443);
  EXPECT_EQ(ProbeId{}.value(), 0U);
}

TEST(Strong, orders_by_value) {
  EXPECT_LT(Ttl{1}, Ttl{255});
  EXPECT_EQ(Mtu{1500}, Mtu{1500U});
  EXPECT_NE(Sequence{1}, Sequence{2});
}

}  // namespace
}  // namespace sonda
