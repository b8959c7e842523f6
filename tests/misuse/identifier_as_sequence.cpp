// An echo's identifier and its sequence number are not each other.
// refused: could not convert|cannot convert|no viable|no match for
#include <sonda/wire/icmp_echo.hpp>

using namespace sonda;

Echo request(Identifier identifier, Sequence sequence) {
#ifdef MISUSE
  return Echo{.identifier = sequence, .sequence = identifier};
#else
  return Echo{.identifier = identifier, .sequence = sequence};
#endif
}
