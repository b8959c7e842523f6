// Golden packets, each with the line that `tcpdump -n -t -S` 4.99.3 prints of it.
// ICMPv6: echo, every error, neighbours, listeners, PROBE.
#pragma once
#include <array>

#include "vector.hpp"

namespace sonda::testing {

// clang-format off
inline constexpr auto icmpv6_vectors = std::to_array<Vector>({
    {"echo request, 56 octets of data",
     "IP6 2001:db8::1 > 2001:db8:1::9: ICMP6, echo request, id 4660, seq 1, length 64",
     octets<
         "60 00 00 00 00 40 3a 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 80 00 23 3b 12 34 00 01 73 6f 6e 64 61 00 00 00 10 11 12 13 "
         "14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f 30 31 "
         "32 33 34 35 36 37 38 39 3a 3b 3c 3d 3e 3f">},
    {"echo reply",
     "IP6 2001:db8:1::9 > 2001:db8::1: ICMP6, echo reply, id 4660, seq 1, length 64",
     octets<
         "60 00 00 00 00 40 3a 39 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 81 00 22 3b 12 34 00 01 73 6f 6e 64 61 00 00 00 10 11 12 13 "
         "14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f 30 31 "
         "32 33 34 35 36 37 38 39 3a 3b 3c 3d 3e 3f">},
    {"echo request without data",
     "IP6 2001:db8::1 > 2001:db8:1::9: ICMP6, echo request, id 65535, seq 65535, length 8",
     octets<
         "60 00 00 00 00 08 3a 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 80 00 24 40 ff ff ff ff">},
    {"echo request with an odd octet, link-local",
     "IP6 fe80::1 > fe80::2: ICMP6, echo request, id 7, seq 2, length 9",
     octets<
         "60 00 00 00 00 09 3a 40 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 fe 80 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 02 80 00 0a ae 00 07 00 02 78">},
    {"destination unreachable: no route",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, destination unreachable, unreachable route "
     "2001:db8:1::9, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 00 31 f5 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"destination unreachable: administratively prohibited",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, destination unreachable,  unreachable "
     "prohibited 2001:db8:1::9, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 01 31 f4 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"destination unreachable: beyond scope of source",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, destination unreachable, beyond scope "
     "2001:db8:1::9, source address 2001:db8::1, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 02 31 f3 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"destination unreachable: address unreachable",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, destination unreachable, unreachable address "
     "2001:db8:1::9, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 03 31 f2 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"destination unreachable: port unreachable",
     "IP6 2001:db8:1::9 > 2001:db8::1: ICMP6, destination unreachable, unreachable port, "
     "2001:db8:1::9 udp port 33434, length 56",
     octets<
         "60 00 00 00 00 38 3a 40 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 04 32 1c 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"destination unreachable: ingress or egress policy",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, destination unreachable, unknown unreach code "
     "(5)",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 05 31 f0 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"destination unreachable: reject route",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, destination unreachable, unknown unreach code "
     "(6)",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 06 31 ef 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"destination unreachable: error in source routing header",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, destination unreachable, unknown unreach code "
     "(7)",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 07 31 ee 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"destination unreachable: headers too long",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, destination unreachable, unknown unreach code "
     "(8)",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 08 31 ed 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"port unreachable, TCP quoted",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, destination unreachable, unreachable port, "
     "2001:db8:1::9 tcp port 443, length 72",
     octets<
         "60 00 00 00 00 48 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 04 3c d6 00 00 00 00 60 00 00 00 00 18 06 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 3a "
         "01 bb de ad be ef 00 00 00 00 60 02 fa f0 02 3a 00 00 02 04 05 a0">},
    {"port unreachable, UDP behind destination options quoted",
     "IP6 2001:db8:1::9 > 2001:db8::1: ICMP6, destination unreachable, unreachable port, "
     "2001:db8:1::9 udp port 33434, length 69",
     octets<
         "60 00 00 00 00 45 3a 40 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 04 f5 02 00 00 00 00 60 00 00 00 00 15 3c 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 11 00 "
         "01 04 00 00 00 00 a0 39 82 9a 00 0d 3e af 73 6f 6e 64 61">},
    {"packet too big",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, packet too big, mtu 1280, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 02 00 2b f5 00 00 05 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"hop limit exceeded",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, time exceeded in-transit for 2001:db8:1::9, "
     "length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 03 00 2f f5 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"fragment reassembly time exceeded",
     "IP6 2001:db8:1::9 > 2001:db8::1: ICMP6, time exceeded in-transit (reassembly), length 56",
     octets<
         "60 00 00 00 00 38 3a 40 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 03 01 30 1f 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"parameter problem: erroneous header field",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, parameter problem, erroneous - octet 40, length"
     " 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 04 00 2e cd 00 00 00 28 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"parameter problem: unrecognised next header",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, parameter problem, next header - octet 40, "
     "length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 04 01 2e cc 00 00 00 28 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"parameter problem: unrecognised option",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, parameter problem, option - octet 40, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 04 02 2e cb 00 00 00 28 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"parameter problem: incomplete header chain",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, parameter problem, incomplete header chain - "
     "octet 40, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 04 03 2e ca 00 00 00 28 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"parameter problem: segment routing upper-layer header",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, parameter problem, code-#4, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 04 04 2e c9 00 00 00 28 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"parameter problem: next header at an intermediate node",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, parameter problem, code-#5, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 04 05 2e c8 00 00 00 28 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"parameter problem: extension header too big",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, parameter problem, code-#6, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 04 06 2e c7 00 00 00 28 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"parameter problem: extension header chain too long",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, parameter problem, code-#7, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 04 07 2e c6 00 00 00 28 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"parameter problem: too many extension headers",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, parameter problem, code-#8, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 04 08 2e c5 00 00 00 28 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"parameter problem: too many options",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, parameter problem, code-#9, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 04 09 2e c4 00 00 00 28 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"parameter problem: option too big",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, parameter problem, code-#10, length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 04 0a 2e c3 00 00 00 28 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"an error type for experiments",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, unknown icmp6 type (100), length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 64 00 ce f4 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"the error type reserved for expansion",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, unknown icmp6 type (127), length 56",
     octets<
         "60 00 00 00 00 38 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 7f 00 b3 f4 00 00 00 00 60 00 00 00 00 08 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 08 81 8d">},
    {"hop limit exceeded with an MPLS stack, RFC 4884",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, time exceeded in-transit for 2001:db8:1::9, "
     "length 152",
     octets<
         "60 00 00 00 00 98 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 03 00 1f 95 10 00 00 00 60 00 00 00 00 6c 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 6c 3d f1 73 6f 6e 64 61 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 20 00 ce 12 "
         "00 0c 01 01 05 dc f0 01 00 01 1b 01">},
    {"hop limit exceeded with interface information",
     "IP6 2001:db8:2::33 > 2001:db8::1: ICMP6, time exceeded in-transit for 2001:db8:1::9, "
     "length 168",
     octets<
         "60 00 00 00 00 a8 3a fa 20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 33 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 03 00 1f 85 10 00 00 00 60 00 00 00 00 6c 11 01 20 01 0d b8 "
         "00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 a0 39 "
         "82 9a 00 6c 3d f1 73 6f 6e 64 61 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 20 00 b0 ac "
         "00 1c 02 0f 00 00 00 07 00 01 00 00 cb 00 71 22 08 78 65 2d 30 2f 30 00 00 00 23 28">},
    {"router solicitation",
     "IP6 fe80::1 > ff02::2: ICMP6, router solicitation, length 16",
     octets<
         "60 00 00 00 00 10 3a ff fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 ff 02 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 02 85 00 7a 2c 00 00 00 00 01 01 02 00 00 00 00 01">},
    {"router advertisement with a prefix",
     "IP6 fe80::2 > ff02::1: ICMP6, router advertisement, length 48",
     octets<
         "60 00 00 00 00 30 3a ff fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 02 ff 02 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 01 86 00 39 c7 40 00 07 08 00 00 00 00 00 00 00 00 03 04 40 c0 "
         "00 01 51 80 00 00 38 40 00 00 00 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 00">},
    {"neighbor solicitation",
     "IP6 fe80::1 > ff02::1:ff00:2: ICMP6, neighbor solicitation, who has fe80::2, length 32",
     octets<
         "60 00 00 00 00 20 3a ff fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 ff 02 00 00 00 00 "
         "00 00 00 00 00 01 ff 00 00 02 87 00 7a 97 00 00 00 00 fe 80 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 02 01 01 02 00 00 00 00 01">},
    {"neighbor advertisement",
     "IP6 fe80::2 > fe80::1: ICMP6, neighbor advertisement, tgt is fe80::2, length 32",
     octets<
         "60 00 00 00 00 20 3a ff fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 02 fe 80 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 01 88 00 18 1a 60 00 00 00 fe 80 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 02 02 01 02 00 00 00 00 02">},
    {"redirect",
     "IP6 fe80::2 > 2001:db8::1: ICMP6, redirect, 2001:db8:1::9 to fe80::3, length 40",
     octets<
         "60 00 00 00 00 28 3a ff fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 02 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 89 00 1e 19 00 00 00 00 fe 80 00 00 00 00 00 00 00 00 00 00 "
         "00 00 00 03 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09">},
    {"inverse neighbor solicitation",
     "IP6 fe80::1 > ff02::1: ICMP6, inverse neighbor solicitation, length 24",
     octets<
         "60 00 00 00 00 18 3a ff fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 ff 02 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 01 8d 00 6e 22 00 00 00 00 01 01 02 00 00 00 00 01 02 01 02 00 "
         "00 00 00 02">},
    {"extended echo request by index",
     "IP6 2001:db8::1 > 2001:db8:1::9: ICMP6, unknown icmp6 type (160), length 20",
     octets<
         "60 00 00 00 00 14 3a 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 a0 00 f0 fe 12 34 01 01 20 00 dc f3 00 08 03 02 00 00 00 02">},
    {"extended echo reply: no such interface",
     "IP6 2001:db8:1::9 > 2001:db8::1: ICMP6, unknown icmp6 type (161), length 8",
     octets<
         "60 00 00 00 00 08 3a 40 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 a1 02 f0 09 12 34 01 00">},
    {"multicast listener query",
     "IP6 fe80::1 > ff02::1: HBH ICMP6, multicast listener querymax resp delay: 10000 addr: "
     "::, length 24",
     octets<
         "60 00 00 00 00 20 00 01 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 ff 02 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 01 3a 00 05 02 00 00 01 00 82 00 59 17 27 10 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 00">},
    {"multicast listener query, version 2, one source",
     "IP6 fe80::1 > ff02::1: HBH ICMP6, multicast listener query v2 [gaddr ff02::5, 1 "
     "source(s)], length 44",
     octets<
         "60 00 00 00 00 34 00 01 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 ff 02 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 01 3a 00 05 02 00 00 01 00 82 00 29 c3 27 10 00 00 ff 02 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 05 02 7d 00 01 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 "
         "00 01">},
    {"multicast listener report",
     "IP6 fe80::1 > ff02::5: HBH ICMP6, multicast listener reportmax resp delay: 0 addr: "
     "ff02::5, length 24",
     octets<
         "60 00 00 00 00 20 00 01 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 ff 02 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 05 3a 00 05 02 00 00 01 00 83 00 80 1b 00 00 00 00 ff 02 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 05">},
    {"multicast listener done",
     "IP6 fe80::1 > ff02::2: HBH ICMP6, multicast listener donemax resp delay: 0 addr: "
     "ff02::5, length 24",
     octets<
         "60 00 00 00 00 20 00 01 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 ff 02 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 02 3a 00 05 02 00 00 01 00 84 00 7f 1e 00 00 00 00 ff 02 00 00 "
         "00 00 00 00 00 00 00 00 00 00 00 05">},
    {"multicast listener report, version 2",
     "IP6 fe80::1 > ff02::16: HBH ICMP6, multicast listener report v2, 1 group record(s), "
     "length 28",
     octets<
         "60 00 00 00 00 24 00 01 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 ff 02 00 00 00 00 "
         "00 00 00 00 00 00 00 00 00 16 3a 00 05 02 00 00 01 00 8f 00 70 05 00 00 00 01 04 00 00 00 "
         "ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 05">},
});
// clang-format on

}  // namespace sonda::testing
