// ICMPv6's checksum covers IPv6 addresses (RFC 4443 section 2.3), not IPv4's.
// refused: no matching
#include <sonda/wire/icmp_echo.hpp>

using namespace sonda;

void write(MutableBytes message, const Ipv4Address& source, const Ipv6Address& there) {
#ifdef MISUSE
  Echo{}.emit(message, source, there);
#else
  Echo{}.emit(message, there, there);
#endif
}
