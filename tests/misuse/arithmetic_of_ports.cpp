// The port after a port is a number that has to be named again.
// refused: no match for|invalid operands
#include <sonda/core/strong.hpp>

using namespace sonda;

constexpr Port next(Port port) {
#ifdef MISUSE
  return port + 1;
#else
  return Port{port.value() + 1};
#endif
}
static_assert(next(Port{33434}) == Port{33435});
