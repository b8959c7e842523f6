// An ICMP type is one of IPv4's or one of IPv6's, not a number of either.
// refused: no match for|invalid operands|comparison between
#include <sonda/wire/icmpv4_type.hpp>
#include <sonda/wire/icmpv6_type.hpp>

using namespace sonda;

constexpr bool is_request(IcmpType type) {
#ifdef MISUSE
  return type == Icmpv6Type::echo_request;
#else
  return type == IcmpType::echo_request;
#endif
}
static_assert(is_request(IcmpType{8}));
