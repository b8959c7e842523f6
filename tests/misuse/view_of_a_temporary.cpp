// A view of octets that are gone when the line ends.
// refused: deleted
#include <cstdint>
#include <vector>

#include <sonda/wire/ipv4.hpp>

using namespace sonda;

std::vector<std::uint8_t> capture();

bool is_a_packet() {
#ifdef MISUSE
  const auto packet = Ipv4View::parse(capture());
#else
  const auto octets = capture();
  const auto packet = Ipv4View::parse(octets);
#endif
  return packet.has_value();
}
