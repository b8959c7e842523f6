// Golden packets, each with the line that `tcpdump -n -t -S` 4.99.3 prints of it.
// ICMPv4: every message of RFC 792, 950, 1256, the errors with RFC 4884 extensions, what is
// deprecated.
#pragma once
#include <array>

#include "vector.hpp"

namespace sonda::testing {

// clang-format off
inline constexpr auto icmpv4_vectors = std::to_array<Vector>({
    {"echo request, 56 octets of data",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 4660, seq 1, length 64",
     octets<
         "45 00 00 54 0b ad 00 00 40 01 82 be c0 00 02 01 c6 33 64 09 08 00 f7 32 12 34 00 01 73 6f "
         "6e 64 61 00 00 00 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 "
         "28 29 2a 2b 2c 2d 2e 2f 30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d 3e 3f">},
    {"echo reply",
     "IP 198.51.100.9 > 192.0.2.1: ICMP echo reply, id 4660, seq 1, length 64",
     octets<
         "45 00 00 54 00 01 00 00 39 01 95 6a c6 33 64 09 c0 00 02 01 00 00 ff 32 12 34 00 01 73 6f "
         "6e 64 61 00 00 00 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 "
         "28 29 2a 2b 2c 2d 2e 2f 30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d 3e 3f">},
    {"echo request without data",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 65535, seq 65535, length 8",
     octets<
         "45 00 00 1c 00 01 00 00 40 01 8e a2 c0 00 02 01 c6 33 64 09 08 00 f7 ff ff ff ff ff">},
    {"echo request with an odd octet",
     "IP 192.0.2.1 > 198.51.100.9: ICMP echo request, id 7, seq 2, length 9",
     octets<
         "45 00 00 1d 00 01 00 00 40 01 8e a1 c0 00 02 01 c6 33 64 09 08 00 7f f6 00 07 00 02 78">},
    {"destination unreachable: net unreachable",
     "IP 203.0.113.33 > 192.0.2.1: ICMP net 198.51.100.9 unreachable, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 00 e9 57 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: host unreachable",
     "IP 203.0.113.33 > 192.0.2.1: ICMP host 198.51.100.9 unreachable, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 01 e9 56 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: protocol unreachable",
     "IP 198.51.100.9 > 192.0.2.1: ICMP 198.51.100.9 protocol 253 unreachable, length 36",
     octets<
         "45 00 00 38 00 01 00 00 40 01 8e 86 c6 33 64 09 c0 00 02 01 03 02 00 01 00 00 00 00 45 00 "
         "00 1c 00 01 00 00 40 fd 8d a6 c0 00 02 01 c6 33 64 09 3f 3f 3f 3f 3f 3f 3f 3f">},
    {"destination unreachable: port unreachable",
     "IP 198.51.100.9 > 192.0.2.1: ICMP 198.51.100.9 udp port 33434 unreachable, length 36",
     octets<
         "45 00 00 38 00 01 00 00 40 01 8e 86 c6 33 64 09 c0 00 02 01 03 03 e9 54 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: fragmentation needed",
     "IP 203.0.113.33 > 192.0.2.1: ICMP 198.51.100.9 unreachable - need to frag (mtu 1400), "
     "length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 04 e3 db 00 00 05 78 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: source route failed",
     "IP 203.0.113.33 > 192.0.2.1: ICMP 198.51.100.9 unreachable - source route failed, length"
     " 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 05 e9 52 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: destination network unknown",
     "IP 203.0.113.33 > 192.0.2.1: ICMP net 198.51.100.9 unreachable - unknown, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 06 e9 51 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: destination host unknown",
     "IP 203.0.113.33 > 192.0.2.1: ICMP host 198.51.100.9 unreachable - unknown, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 07 e9 50 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: source host isolated",
     "IP 203.0.113.33 > 192.0.2.1: ICMP 198.51.100.9 unreachable - source host isolated, "
     "length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 08 e9 4f 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: network prohibited",
     "IP 203.0.113.33 > 192.0.2.1: ICMP net 198.51.100.9 unreachable - admin prohibited, "
     "length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 09 e9 4e 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: host prohibited",
     "IP 203.0.113.33 > 192.0.2.1: ICMP host 198.51.100.9 unreachable - admin prohibited, "
     "length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 0a e9 4d 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: network unreachable for the type of service",
     "IP 203.0.113.33 > 192.0.2.1: ICMP net 198.51.100.9 unreachable - tos prohibited, length "
     "36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 0b e9 4c 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: host unreachable for the type of service",
     "IP 203.0.113.33 > 192.0.2.1: ICMP host 198.51.100.9 unreachable - tos prohibited, length"
     " 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 0c e9 4b 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: communication prohibited",
     "IP 203.0.113.33 > 192.0.2.1: ICMP host 198.51.100.9 unreachable - admin prohibited "
     "filter, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 0d e9 4a 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: host precedence violation",
     "IP 203.0.113.33 > 192.0.2.1: ICMP host 198.51.100.9 unreachable - host precedence "
     "violation, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 0e e9 49 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: precedence cutoff",
     "IP 203.0.113.33 > 192.0.2.1: ICMP host 198.51.100.9 unreachable - precedence cutoff, "
     "length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 0f e9 48 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"destination unreachable: an undefined code",
     "IP 203.0.113.33 > 192.0.2.1: ICMP 198.51.100.9 unreachable - #16, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 10 e9 47 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"fragmentation needed, from a router that does not say the MTU",
     "IP 203.0.113.33 > 192.0.2.1: ICMP 198.51.100.9 unreachable - need to frag, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 04 e9 53 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"port unreachable, TCP quoted",
     "IP 203.0.113.33 > 192.0.2.1: ICMP 198.51.100.9 tcp port 443 unreachable, length 52",
     octets<
         "45 00 00 48 00 01 00 00 fa 01 c2 90 cb 00 71 21 c0 00 02 01 03 03 e9 59 00 00 00 00 45 00 "
         "00 2c 42 44 00 00 01 06 8b 4a c0 00 02 01 c6 33 64 09 a0 3a 01 bb de ad be ef 00 00 00 00 "
         "60 02 fa f0 71 64 00 00 02 04 05 b4">},
    {"port unreachable, eight octets of TCP quoted",
     "IP 203.0.113.33 > 192.0.2.1: ICMP 198.51.100.9 tcp port 443 unreachable, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 03 03 bd 69 00 00 00 00 45 00 "
         "00 2c 42 44 00 00 01 06 8b 4a c0 00 02 01 c6 33 64 09 a0 3a 01 bb de ad be ef">},
    {"port unreachable, an echo request quoted",
     "IP 203.0.113.33 > 192.0.2.1: ICMP 198.51.100.9 protocol 1 port 41716 unreachable, length"
     " 41",
     octets<
         "45 00 00 3d 00 01 00 00 fa 01 c2 9b cb 00 71 21 c0 00 02 01 03 03 fc fc 00 00 00 00 45 00 "
         "00 21 42 45 00 00 01 01 8b 59 c0 00 02 01 c6 33 64 09 08 00 a2 f4 12 34 00 03 73 6f 6e 64 "
         "61">},
    {"source quench",
     "IP 203.0.113.33 > 192.0.2.1: ICMP source quench, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 04 00 e8 57 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"redirect for the network",
     "IP 192.0.2.253 > 192.0.2.1: ICMP redirect 198.51.100.9 to net 192.0.2.254, length 36",
     octets<
         "45 00 00 38 00 01 00 00 40 01 f5 c5 c0 00 02 fd c0 00 02 01 05 00 24 59 c0 00 02 fe 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"redirect for the host",
     "IP 192.0.2.253 > 192.0.2.1: ICMP redirect 198.51.100.9 to host 192.0.2.254, length 36",
     octets<
         "45 00 00 38 00 01 00 00 40 01 f5 c5 c0 00 02 fd c0 00 02 01 05 01 24 58 c0 00 02 fe 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"redirect for the type of service and network",
     "IP 192.0.2.253 > 192.0.2.1: ICMP redirect-tos 198.51.100.9 to net 192.0.2.254, length 36",
     octets<
         "45 00 00 38 00 01 00 00 40 01 f5 c5 c0 00 02 fd c0 00 02 01 05 02 24 57 c0 00 02 fe 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"redirect for the type of service and host",
     "IP 192.0.2.253 > 192.0.2.1: ICMP redirect-tos 198.51.100.9 to host 192.0.2.254, length "
     "36",
     octets<
         "45 00 00 38 00 01 00 00 40 01 f5 c5 c0 00 02 fd c0 00 02 01 05 03 24 56 c0 00 02 fe 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"router advertisement of two routers",
     "IP 192.0.2.253 > 224.0.0.1: ICMP router advertisement lifetime 30:00 2: {192.0.2.253 0} "
     "{192.0.2.254 4294967295}, length 24",
     octets<
         "45 00 00 2c 00 01 00 00 01 01 16 d2 c0 00 02 fd e0 00 00 01 09 00 67 f9 02 02 07 08 c0 00 "
         "02 fd 00 00 00 00 c0 00 02 fe ff ff ff ff">},
    {"router solicitation",
     "IP 192.0.2.1 > 224.0.0.2: ICMP router solicitation, length 8",
     octets<
         "45 00 00 1c 00 01 00 00 01 01 17 dd c0 00 02 01 e0 00 00 02 0a 00 f5 ff 00 00 00 00">},
    {"time exceeded in transit",
     "IP 203.0.113.33 > 192.0.2.1: ICMP time exceeded in-transit, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 0b 00 e1 57 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"fragment reassembly time exceeded",
     "IP 198.51.100.9 > 192.0.2.1: ICMP ip reassembly time exceeded, length 36",
     octets<
         "45 00 00 38 00 01 00 00 40 01 8e 86 c6 33 64 09 c0 00 02 01 0b 01 e1 56 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"time exceeded, an undefined code",
     "IP 203.0.113.33 > 192.0.2.1: ICMP time exceeded-#2, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 0b 02 e1 55 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"time exceeded with an MPLS stack, RFC 4884",
     "IP 203.0.113.33 > 192.0.2.1: ICMP time exceeded in-transit, length 152",
     octets<
         "45 00 00 ac 00 01 00 00 fa 01 c2 2c cb 00 71 21 c0 00 02 01 0b 00 e1 9b 00 20 00 00 45 00 "
         "00 80 42 46 00 00 01 11 8a e9 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 6c ad 2f 73 6f 6e 64 "
         "61 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 20 00 ce 12 00 0c 01 01 05 dc f0 01 00 01 1b 01">},
    {"time exceeded with an MPLS stack and length 0",
     "IP 203.0.113.33 > 192.0.2.1: ICMP time exceeded in-transit, length 152",
     octets<
         "45 00 00 ac 00 01 00 00 fa 01 c2 2c cb 00 71 21 c0 00 02 01 0b 00 e1 bb 00 00 00 00 45 00 "
         "00 80 42 46 00 00 01 11 8a e9 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 6c ad 2f 73 6f 6e 64 "
         "61 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 20 00 ce 12 00 0c 01 01 05 dc f0 01 00 01 1b 01">},
    {"time exceeded with interface information",
     "IP 203.0.113.33 > 192.0.2.1: ICMP time exceeded in-transit, length 168",
     octets<
         "45 00 00 bc 00 01 00 00 fa 01 c2 1c cb 00 71 21 c0 00 02 01 0b 00 e1 9b 00 20 00 00 45 00 "
         "00 80 42 46 00 00 01 11 8a e9 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 6c ad 2f 73 6f 6e 64 "
         "61 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 20 00 b0 ac 00 1c 02 0f 00 00 00 07 00 01 00 00 cb 00 71 22 08 78 65 2d "
         "30 2f 30 00 00 00 23 28">},
    {"time exceeded with an unknown object and MPLS",
     "IP 203.0.113.33 > 192.0.2.1: ICMP time exceeded in-transit, length 160",
     octets<
         "45 00 00 b4 00 01 00 00 fa 01 c2 24 cb 00 71 21 c0 00 02 01 0b 00 e1 9b 00 20 00 00 45 00 "
         "00 80 42 46 00 00 01 11 8a e9 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 6c ad 2f 73 6f 6e 64 "
         "61 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 20 00 d3 02 00 08 f7 01 01 02 03 04 00 0c 01 01 05 dc f0 01 00 01 1b 01">},
    {"parameter problem at octet 20",
     "IP 203.0.113.33 > 192.0.2.1: ICMP parameter problem - octet 20, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 0c 00 cc 57 14 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"parameter problem, missing option",
     "IP 203.0.113.33 > 192.0.2.1: ICMP parameter problem - code 1, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 0c 01 e0 56 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"parameter problem, bad length",
     "IP 203.0.113.33 > 192.0.2.1: ICMP parameter problem - code 2, length 36",
     octets<
         "45 00 00 38 00 01 00 00 fa 01 c2 a0 cb 00 71 21 c0 00 02 01 0c 02 e0 55 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"timestamp request",
     "IP 192.0.2.1 > 198.51.100.9: ICMP time stamp query id 4660 seq 4, length 20",
     octets<
         "45 00 00 28 00 01 00 00 40 01 8e 96 c0 00 02 01 c6 33 64 09 0d 00 b4 19 12 34 00 04 02 b3 "
         "29 fb 00 00 00 00 00 00 00 00">},
    {"timestamp reply",
     "IP 198.51.100.9 > 192.0.2.1: ICMP time stamp reply id 4660 seq 4: org 12:34:56.123, recv"
     " 12:34:56.130, xmit 596:31:23.649, length 20",
     octets<
         "45 00 00 28 00 01 00 00 40 01 8e 96 c6 33 64 09 c0 00 02 01 0e 00 06 63 12 34 00 04 02 b3 "
         "29 fb 02 b3 2a 02 80 00 00 01">},
    {"information request",
     "IP 192.0.2.1 > 198.51.100.9: ICMP information request, length 8",
     octets<
         "45 00 00 1c 00 01 00 00 40 01 8e a2 c0 00 02 01 c6 33 64 09 0f 00 de c6 12 34 00 05">},
    {"information reply",
     "IP 198.51.100.9 > 192.0.2.1: ICMP information reply, length 8",
     octets<
         "45 00 00 1c 00 01 00 00 40 01 8e a2 c6 33 64 09 c0 00 02 01 10 00 dd c6 12 34 00 05">},
    {"address mask request",
     "IP 192.0.2.1 > 198.51.100.9: ICMP address mask request, length 12",
     octets<
         "45 00 00 20 00 01 00 00 40 01 8e 9e c0 00 02 01 c6 33 64 09 11 00 dc c5 12 34 00 06 00 00 "
         "00 00">},
    {"address mask reply",
     "IP 198.51.100.9 > 192.0.2.1: ICMP address mask is 0xfffffc00, length 12",
     octets<
         "45 00 00 20 00 01 00 00 40 01 8e 9e c6 33 64 09 c0 00 02 01 12 00 df c4 12 34 00 06 ff ff "
         "fc 00">},
    {"traceroute, RFC 1393",
     "IP 203.0.113.33 > 192.0.2.1: ICMP type-#30, length 20",
     octets<
         "45 00 00 28 00 01 00 00 fa 01 c2 b0 cb 00 71 21 c0 00 02 01 1e 00 e1 f8 00 07 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00">},
    {"Photuris: need authentication",
     "IP 198.51.100.9 > 192.0.2.1: ICMP type-#40, length 36",
     octets<
         "45 00 00 38 00 01 00 00 40 01 8e 86 c6 33 64 09 c0 00 02 01 28 04 c4 53 00 00 00 00 45 00 "
         "00 1c 42 42 00 00 01 11 8b 51 c0 00 02 01 c6 33 64 09 a0 39 82 9a 00 08 f0 cb">},
    {"extended echo request by name",
     "IP 192.0.2.1 > 198.51.100.9: ICMP type-#42, length 20",
     octets<
         "45 00 00 28 00 01 00 00 40 01 8e 96 c0 00 02 01 c6 33 64 09 2a 00 c2 ca 12 34 01 01 20 00 "
         "0f 52 00 08 03 01 65 74 68 30">},
    {"extended echo reply: active, IPv4",
     "IP 198.51.100.9 > 192.0.2.1: ICMP type-#43, length 8",
     octets<
         "45 00 00 1c 00 01 00 00 40 01 8e a2 c6 33 64 09 c0 00 02 01 2b 00 c1 c5 12 34 01 06">},
});
// clang-format on

}  // namespace sonda::testing
