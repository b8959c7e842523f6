// The fields of a packet nobody has found to be one.
// refused: has no member named|no member named
#include <sonda/wire/ipv4.hpp>

using namespace sonda;

Ttl ttl_of(Bytes octets) {
  const auto packet = Ipv4View::parse(octets);
#ifdef MISUSE
  return packet.ttl();
#else
  return packet ? packet->ttl() : Ttl{};
#endif
}
