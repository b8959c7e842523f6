// A port where a TTL is wanted.
// refused: could not convert|cannot convert|no viable|no match for
#include <sonda/wire/ipv4.hpp>

using namespace sonda;

Ipv4Header header(Port port, Ttl ttl) {
#ifdef MISUSE
  return Ipv4Header{.ttl = port};
#else
  return Ipv4Header{.ttl = ttl};
#endif
}
