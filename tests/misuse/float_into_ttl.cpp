// Half a hop.
// refused: deleted
#include <sonda/core/strong.hpp>

using namespace sonda;

#ifdef MISUSE
constexpr Ttl ttl{2.5};
#else
constexpr Ttl ttl{2};
#endif
static_assert(ttl < Ttl{3});
