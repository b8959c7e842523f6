// Nobody reads the engine's clock: time comes in as an argument.
// refused: deleted
#include <sonda/core/time.hpp>

using namespace sonda;

Instant when(Instant now) {
#ifdef MISUSE
  return EngineClock::now();
#else
  return now;
#endif
}
