// A bare number says not of what it is one.
// refused: could not convert|cannot convert|no viable|no match for
#include <sonda/wire/ipv4.hpp>

using namespace sonda;

#ifdef MISUSE
constexpr Ipv4Header header{.ttl = 3};
#else
constexpr Ipv4Header header{.ttl = Ttl{3}};
#endif
static_assert(header.ttl.value() == 3);
