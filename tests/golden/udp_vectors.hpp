// Golden packets, each with the line that `tcpdump -n -t -S` 4.99.3 prints of it.
// UDP over IPv4 and IPv6, with the two zeros of its checksum.
#pragma once
#include <array>

#include "vector.hpp"

namespace sonda::testing {

// clang-format off
inline constexpr auto udp_vectors = std::to_array<Vector>({
    {"IPv4, five octets",
     "IP 192.0.2.1.41017 > 198.51.100.9.33434: UDP, length 5",
     octets<
         "45 00 00 21 00 01 00 00 40 11 8e 8d c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 0d ad ed 73 6f "
         "6e 64 61">},
    {"IPv4, no data",
     "IP 192.0.2.1.41017 > 198.51.100.9.33434: UDP, length 0",
     octets<
         "45 00 00 1c 00 01 00 00 40 11 8e 92 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"IPv4 without a checksum",
     "IP 192.0.2.1.41017 > 198.51.100.9.33434: UDP, length 5",
     octets<
         "45 00 00 21 00 01 00 00 40 11 8e 8d c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 0d 00 00 73 6f "
         "6e 64 61">},
    {"IPv4, a computed checksum of zero sent as ffff",
     "IP 192.0.2.1.41017 > 198.51.100.9.33434: UDP, length 2",
     octets<
         "45 00 00 1e 00 01 00 00 40 11 8e 90 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 0a ff ff f0 c7">},
    {"IPv6, five octets",
     "IP6 2001:db8::1.41017 > 2001:db8:1::9.33434: UDP, length 5",
     octets<
         "60 00 00 00 00 0d 11 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 a0 39 82 9a 00 0d 3e af 73 6f 6e 64 61">},
    {"IPv6, link-local, four octets",
     "IP6 fe80::1.41017 > fe80::2.33434: UDP, length 4",
     octets<
         "60 00 00 00 00 0c 11 40 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 fe 80 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 02 a0 39 82 9a 00 0c 01 2d 70 69 6e 67">},
    {"IPv6, a computed checksum of zero sent as ffff",
     "IP6 2001:db8::1.41017 > 2001:db8:1::9.33434: UDP, length 2",
     octets<
         "60 00 00 00 00 0a 11 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 a0 39 82 9a 00 0a ff ff 81 89">},
});
// clang-format on

}  // namespace sonda::testing
