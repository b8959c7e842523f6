// The machine's clocks do not count on the engine's line.
// refused: could not convert|cannot convert|no viable|no match for
#include <chrono>

#include <sonda/core/time.hpp>

using namespace sonda;

Instant deadline(Instant now) {
#ifdef MISUSE
  now = std::chrono::steady_clock::now();
#endif
  return now + std::chrono::seconds{1};
}
