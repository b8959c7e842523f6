// Golden packets, each with the line that `tcpdump -n -t -S` 4.99.3 prints of it.
// IP itself: options, fragments, extension headers, tunnels.
#pragma once
#include <array>

#include "vector.hpp"

namespace sonda::testing {

// clang-format off
inline constexpr auto ip_vectors = std::to_array<Vector>({
    {"record route, one of nine",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 9, length 16",
     octets<
         "4f 00 00 4c 00 01 00 00 40 01 76 88 c0 00 02 01 c6 33 64 09 07 27 08 c0 00 02 fe 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "08 00 81 ac 12 34 00 09 73 6f 6e 64 61 21 21 21">},
    {"timestamps only",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 9, length 16",
     octets<
         "48 00 00 30 00 01 00 00 40 01 11 d4 c0 00 02 01 c6 33 64 09 44 0c 09 00 02 b3 29 fb 00 00 "
         "00 00 08 00 81 ac 12 34 00 09 73 6f 6e 64 61 21 21 21">},
    {"timestamps with addresses",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 9, length 16",
     octets<
         "4a 00 00 38 00 01 00 00 40 01 48 b4 c0 00 02 01 c6 33 64 09 44 14 0d 11 c0 00 02 fe 02 b3 "
         "29 fb 00 00 00 00 00 00 00 00 08 00 81 ac 12 34 00 09 73 6f 6e 64 61 21 21 21">},
    {"timestamps of prespecified addresses",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 9, length 16",
     octets<
         "48 00 00 30 00 01 00 00 40 01 18 4a c0 00 02 01 c6 33 64 09 44 0c 05 03 c6 33 64 01 00 00 "
         "00 00 08 00 81 ac 12 34 00 09 73 6f 6e 64 61 21 21 21">},
    {"loose source route",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 9, length 16",
     octets<
         "47 00 00 2c 00 01 00 00 40 01 d0 60 c0 00 02 01 c6 33 64 09 83 07 04 c6 33 64 01 00 08 00 "
         "81 ac 12 34 00 09 73 6f 6e 64 61 21 21 21">},
    {"strict source route",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 9, length 16",
     octets<
         "47 00 00 2c 00 01 00 00 40 01 00 c7 c0 00 02 01 c6 33 64 09 89 07 04 c0 00 02 fe 01 08 00 "
         "81 ac 12 34 00 09 73 6f 6e 64 61 21 21 21">},
    {"router alert",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 9, length 16",
     octets<
         "46 00 00 28 00 01 00 00 40 01 f9 91 c0 00 02 01 c6 33 64 09 94 04 00 00 08 00 81 ac 12 34 "
         "00 09 73 6f 6e 64 61 21 21 21">},
    {"stream identifier, end of options, padding",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 9, length 16",
     octets<
         "47 00 00 2c 00 01 00 00 40 01 04 87 c0 00 02 01 c6 33 64 09 88 04 00 07 00 00 00 00 08 00 "
         "81 ac 12 34 00 09 73 6f 6e 64 61 21 21 21">},
    {"an unknown option",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 9, length 16",
     octets<
         "46 00 00 28 00 01 00 00 40 01 03 c4 c0 00 02 01 c6 33 64 09 de 04 ab cd 08 00 81 ac 12 34 "
         "00 09 73 6f 6e 64 61 21 21 21">},
    {"IPv4 first fragment",
     "IP 192.0.2.1.41017 > 198.51.100.9.33434: UDP, length 32",
     octets<
         "45 00 00 2c 00 77 20 00 40 11 6e 0c c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 28 ff 8a 00 01 "
         "02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f">},
    {"IPv4 middle fragment",
     "IP 192.0.2.1 > 198.51.100.9: ip-proto-17",
     octets<
         "45 00 00 1c 00 77 20 03 40 11 6e 19 c0 00 02 01 c6 33 64 09 10 11 12 13 14 15 16 17">},
    {"IPv4 last fragment",
     "IP 192.0.2.1 > 198.51.100.9: ip-proto-17",
     octets<
         "45 00 00 1c 00 77 00 04 40 11 8e 18 c0 00 02 01 c6 33 64 09 18 19 1a 1b 1c 1d 1e 1f">},
    {"don't fragment",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 9, length 16",
     octets<
         "45 00 00 24 00 00 40 00 40 01 4e 9b c0 00 02 01 c6 33 64 09 08 00 81 ac 12 34 00 09 73 6f "
         "6e 64 61 21 21 21">},
    {"expedited forwarding, ECN-capable",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 9, length 16",
     octets<
         "45 ba 00 24 00 01 00 00 40 01 8d e0 c0 00 02 01 c6 33 64 09 08 00 81 ac 12 34 00 09 73 6f "
         "6e 64 61 21 21 21">},
    {"IPv4 in IPv4",
     "IP 192.0.2.1 > 198.51.100.9: IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 4660, seq 9, "
     "length 16",
     octets<
         "45 00 00 38 00 01 00 00 40 04 8e 83 c0 00 02 01 c6 33 64 09 45 00 00 24 00 01 00 00 40 01 "
         "66 d6 0a 00 00 01 0a 00 00 02 08 00 81 ac 12 34 00 09 73 6f 6e 64 61 21 21 21">},
    {"IPv6 in IPv4",
     "IP 192.0.2.1 > 198.51.100.9: IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo request, id 1, "
     "seq 2, length 13",
     octets<
         "45 00 00 49 00 01 00 00 40 29 8e 4d c0 00 02 01 c6 33 64 09 60 00 00 00 00 0d 3a 40 20 01 "
         "0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 "
         "80 00 e1 6b 00 01 00 02 73 6f 6e 64 61">},
    {"a protocol for experiments",
     "IP 192.0.2.1 > 198.51.100.9:  ip-proto-253 5",
     octets<
         "45 00 00 19 00 01 00 00 40 fd 8d a9 c0 00 02 01 c6 33 64 09 73 6f 6e 64 61">},
    {"ESP",
     "IP 192.0.2.1 > 198.51.100.9: ESP(spi=0x00001001,seq=0x7), length 32",
     octets<
         "45 00 00 34 00 01 00 00 40 32 8e 59 c0 00 02 01 c6 33 64 09 00 00 10 01 00 00 00 07 00 01 "
         "02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17">},
    {"IPv6 first fragment",
     "IP6 2001:db8::1 > 2001:db8:1::9: frag (0|24) 41017 > 33434: UDP, length 32",
     octets<
         "60 00 00 00 00 20 2c 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 11 00 00 01 00 00 ca fe a0 39 82 9a 00 28 90 4c 00 01 02 03 "
         "04 05 06 07 08 09 0a 0b 0c 0d 0e 0f">},
    {"IPv6 last fragment",
     "IP6 2001:db8::1 > 2001:db8:1::9: frag (24|16)",
     octets<
         "60 00 00 00 00 18 2c 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 11 00 00 18 00 00 ca fe 10 11 12 13 14 15 16 17 18 19 1a 1b "
         "1c 1d 1e 1f">},
    {"IPv6 atomic fragment",
     "IP6 2001:db8::1 > 2001:db8:1::9: frag (0|13) 41017 > 33434: UDP, length 5",
     octets<
         "60 00 00 00 00 15 2c 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 11 00 00 00 00 00 ca fe a0 39 82 9a 00 0d 3e af 73 6f 6e 64 "
         "61">},
    {"IPv6 router alert",
     "IP6 2001:db8::1 > 2001:db8:1::9: HBH 41017 > 33434: UDP, length 5",
     octets<
         "60 00 00 00 00 15 00 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 11 00 05 02 00 00 01 00 a0 39 82 9a 00 0d 3e af 73 6f 6e 64 "
         "61">},
    {"IPv6 destination options",
     "IP6 2001:db8::1 > 2001:db8:1::9: DSTOPT 41018 > 443: Flags [S], seq 9, win 64240, length"
     " 0",
     octets<
         "60 00 00 00 00 1c 3c 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 06 00 01 04 00 00 00 00 a0 3a 01 bb 00 00 00 09 00 00 00 00 "
         "50 02 fa f0 b7 76 00 00">},
    {"IPv6 an option to skip",
     "IP6 2001:db8::1 > 2001:db8:1::9: DSTOPT ICMP6, echo request, id 1, seq 2, length 13",
     octets<
         "60 00 00 00 00 15 3c 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 3a 00 1e 04 01 02 03 04 80 00 e1 63 00 01 00 02 73 6f 6e 64 "
         "61">},
    {"IPv6 type 0 routing header, at its end",
     "IP6 2001:db8::1 > 2001:db8:1::9: RT6 (len=2, type=0 [Deprecated], segleft=0, "
     "[0]2001:db8:7::7) 41017 > 33434: UDP, length 5",
     octets<
         "60 00 00 00 00 25 2b 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 11 02 00 00 00 00 00 00 20 01 0d b8 00 07 00 00 00 00 00 00 "
         "00 00 00 07 a0 39 82 9a 00 0d 3e af 73 6f 6e 64 61">},
    {"IPv6 segment routing header, at its end",
     "IP6 2001:db8::1 > 2001:db8:1::9: RT6 (len=2, type=4, segleft=0, last-entry=0, tag=0, "
     "[0]2001:db8:1::9) 41017 > 33434: UDP, length 5",
     octets<
         "60 00 00 00 00 25 2b 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 11 02 04 00 00 00 00 00 20 01 0d b8 00 01 00 00 00 00 00 00 "
         "00 00 00 09 a0 39 82 9a 00 0d 3e af 73 6f 6e 64 61">},
    {"IPv6 three extension headers",
     "IP6 2001:db8::1 > 2001:db8:1::9: HBH DSTOPT frag (0|13) 41017 > 33434: UDP, length 5",
     octets<
         "60 00 00 00 00 25 00 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 3c 00 01 04 00 00 00 00 2c 00 01 04 00 00 00 00 11 00 00 00 "
         "00 00 ca fe a0 39 82 9a 00 0d 3e af 73 6f 6e 64 61">},
    {"IPv6 no next header",
     "IP6 2001:db8::1 > 2001:db8:1::9: no next header",
     octets<
         "60 00 00 00 00 00 3b 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09">},
    {"IPv6 traffic class and flow label",
     "IP6 2001:db8::1.41017 > 2001:db8:1::9.33434: UDP, length 5",
     octets<
         "6b aa bc de 00 0d 11 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 a0 39 82 9a 00 0d 3e af 73 6f 6e 64 61">},
    {"IPv4 in IPv6",
     "IP6 2001:db8::1 > 2001:db8:1::9: IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 4660, seq"
     " 9, length 16",
     octets<
         "60 00 00 00 00 24 04 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 45 00 00 24 00 01 00 00 40 01 66 d6 0a 00 00 01 0a 00 00 02 "
         "08 00 81 ac 12 34 00 09 73 6f 6e 64 61 21 21 21">},
});
// clang-format on

}  // namespace sonda::testing
