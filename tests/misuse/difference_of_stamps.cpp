// Two stamps may be of two clocks: their distance is asked for, not subtracted.
// refused: no match for|invalid operands
#include <sonda/core/time.hpp>

using namespace sonda;

auto rtt(Stamp sent, Stamp received) {
#ifdef MISUSE
  return received - sent;
#else
  return rtt_between(sent, received);
#endif
}

auto use = rtt({}, {});
