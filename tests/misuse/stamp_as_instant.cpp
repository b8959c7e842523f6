// A stamp of somebody's clock is not a moment on the engine's.
// refused: could not convert|cannot convert|no viable|no match for
#include <sonda/core/time.hpp>

using namespace sonda;

Instant due(Instant now, Stamp stamp) {
#ifdef MISUSE
  return stamp;
#else
  return now + Duration{stamp.error_ns};
#endif
}
