// UDP's checksum covers the addresses (RFC 768): a header cannot be written without them.
// refused: no matching function|too few arguments
#include <sonda/wire/udp.hpp>

using namespace sonda;

void write(MutableBytes segment, const Address& source, const Address& destination) {
#ifdef MISUSE
  UdpHeader{.destination_port = Port{53}}.emit(segment);
#else
  UdpHeader{.destination_port = Port{53}}.emit(segment, source, destination);
#endif
}

void use() { write({}, Ipv4Address{}, Ipv4Address{}); }
