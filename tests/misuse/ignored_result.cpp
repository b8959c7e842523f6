// An answer that nobody looks at.
// refused: nodiscard
#include <sonda/wire/ipv4.hpp>

using namespace sonda;

void look(Bytes octets) {
#ifdef MISUSE
  Ipv4View::parse(octets);
#else
  static_cast<void>(Ipv4View::parse(octets));
#endif
}
