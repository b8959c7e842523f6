// An engine is one measurement: a copy would answer for probes it never sent.
// refused: deleted
#include <sonda/probe/ping.hpp>

using namespace sonda;

void follow(PingEngine& engine) {
#ifdef MISUSE
  PingEngine other = engine;
#else
  PingEngine& other = engine;
#endif
  other.on_stop({});
}
