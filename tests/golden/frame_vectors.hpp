// Golden frames, each with the line that `tcpdump -n -t -S` 4.99.3 prints of it: ARP, and IP packets as
// an Ethernet carries them.
#pragma once
#include <array>

#include "vector.hpp"

namespace sonda::testing {

// From the Ethernet header on.
// clang-format off
inline constexpr auto frame_vectors = std::to_array<Vector>({
    {"ARP request",
     "ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28",
     octets<
         "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 01 c0 00 "
         "02 01 00 00 00 00 00 00 c0 00 02 02">},
    {"ARP reply",
     "ARP, Reply 192.0.2.2 is-at 02:00:00:00:00:02, length 28",
     octets<
         "02 00 00 00 00 02 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 02 02 00 00 00 00 02 c0 00 "
         "02 02 02 00 00 00 00 01 c0 00 02 01">},
    {"ARP request padded to the least frame",
     "ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 46",
     octets<
         "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 01 c0 00 "
         "02 01 00 00 00 00 00 00 c0 00 02 02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00">},
    {"ARP probe: is the address free?",
     "ARP, Request who-has 192.0.2.2 tell 0.0.0.0, length 28",
     octets<
         "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 01 00 00 "
         "00 00 00 00 00 00 00 00 c0 00 02 02">},
    {"ARP announcement",
     "ARP, Request who-has 192.0.2.2 tell 192.0.2.2, length 28",
     octets<
         "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 01 c0 00 "
         "02 02 00 00 00 00 00 00 c0 00 02 02">},
    {"ARP request to one neighbor, to see whether it is still there",
     "ARP, Request who-has 192.0.2.2 (02:00:00:00:00:02) tell 192.0.2.1, length 28",
     octets<
         "02 00 00 00 00 02 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 01 02 00 00 00 00 01 c0 00 "
         "02 01 02 00 00 00 00 02 c0 00 02 02">},
    {"reverse ARP request",
     "ARP, Reverse Request who-is 02:00:00:00:00:01 tell 02:00:00:00:00:01, length 28",
     octets<
         "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 03 02 00 00 00 00 01 c0 00 "
         "02 01 02 00 00 00 00 01 c0 00 02 02">},
    {"reverse ARP reply",
     "ARP, Reverse Reply 02:00:00:00:00:01 at 192.0.2.1, length 28",
     octets<
         "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 04 02 00 00 00 00 02 c0 00 "
         "02 02 02 00 00 00 00 01 c0 00 02 01">},
    {"inverse ARP request",
     "ARP, Inverse Request who-is 00:00:00:00:00:00 tell 02:00:00:00:00:01, length 28",
     octets<
         "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 08 02 00 00 00 00 01 c0 00 "
         "02 01 00 00 00 00 00 00 c0 00 02 02">},
    {"inverse ARP reply",
     "ARP, Inverse Reply 02:00:00:00:00:02 at 192.0.2.2, length 28",
     octets<
         "ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 09 02 00 00 00 00 02 c0 00 "
         "02 02 02 00 00 00 00 01 c0 00 02 01">},
    {"ARP with VLAN tag",
     "ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28",
     octets<
         "ff ff ff ff ff ff 02 00 00 00 00 01 81 00 00 05 08 06 00 01 08 00 06 04 00 01 02 00 00 00 "
         "00 01 c0 00 02 01 00 00 00 00 00 00 c0 00 02 02">},
    {"IPv4, padded to the least frame",
     "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 8",
     octets<
         "02 00 00 00 00 02 02 00 00 00 00 01 08 00 45 00 00 1c 00 01 40 00 40 01 26 de 0a 00 00 01 "
         "0a 00 00 02 08 00 f7 fd 00 01 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00">},
    {"IPv4 with two VLAN tags",
     "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 8",
     octets<
         "02 00 00 00 00 02 02 00 00 00 00 01 88 a8 00 07 81 00 20 05 08 00 45 00 00 1c 00 01 40 00 "
         "40 01 26 de 0a 00 00 01 0a 00 00 02 08 00 f7 fd 00 01 00 01">},
    {"IPv6 neighbor solicitation to its group",
     "IP6 fe80::1 > ff02::1:ff00:2: ICMP6, neighbor solicitation, who has fe80::2, length 32",
     octets<
         "33 33 ff 00 00 02 02 00 00 00 00 01 86 dd 60 00 00 00 00 20 3a ff fe 80 00 00 00 00 00 00 "
         "00 00 00 00 00 00 00 01 ff 02 00 00 00 00 00 00 00 00 00 01 ff 00 00 02 87 00 7a 97 00 00 "
         "00 00 fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 02 01 01 02 00 00 00 00 01">},
});
// clang-format on

}  // namespace sonda::testing
