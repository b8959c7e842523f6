// Golden packets, each with the line that `tcpdump -n -t -S` 4.99.3 prints of it.
// TCP: the segments of a connection and of its refusal, and every option we read.
#pragma once
#include <array>

#include "vector.hpp"

namespace sonda::testing {

// clang-format off
inline constexpr auto tcp_vectors = std::to_array<Vector>({
    {"SYN as Linux sends it",
     "IP 192.0.2.1.41018 > 198.51.100.9.443: Flags [S], seq 3735928559, win 64240, options "
     "[mss 1460,sackOK,TS val 16909060 ecr 0,nop,wscale 7], length 0",
     octets<
         "45 00 00 3c 00 01 00 00 40 06 8e 7d c0 00 02 01 c6 33 64 09 a0 3a 01 bb de ad be ef 00 00 "
         "00 00 a0 02 fa f0 1d 38 00 00 02 04 05 b4 04 02 08 0a 01 02 03 04 00 00 00 00 01 03 03 07">},
    {"SYN-ACK",
     "IP 198.51.100.9.443 > 192.0.2.1.41018: Flags [S.], seq 100, ack 3735928560, win 64240, "
     "options [mss 1460,nop,nop,sackOK], length 0",
     octets<
         "45 00 00 30 00 01 00 00 40 06 8e 89 c6 33 64 09 c0 00 02 01 01 bb a0 3a 00 00 00 64 de ad "
         "be f0 70 12 fa f0 5b e8 00 00 02 04 05 b4 01 01 04 02">},
    {"ACK",
     "IP 192.0.2.1.41018 > 198.51.100.9.9000: Flags [.], ack 101, win 64240, length 0",
     octets<
         "45 00 00 28 00 01 00 00 40 06 8e 91 c0 00 02 01 c6 33 64 09 a0 3a 23 28 de ad be f0 00 00 "
         "00 65 50 10 fa f0 67 3f 00 00">},
    {"data pushed",
     "IP 192.0.2.1.41018 > 198.51.100.9.9000: Flags [P.], seq 4294967294:3, ack 101, win "
     "64240, options [nop,nop,TS val 7 ecr 8], length 5",
     octets<
         "45 00 00 39 00 01 00 00 40 06 8e 80 c0 00 02 01 c6 33 64 09 a0 3a 23 28 ff ff ff fe 00 00 "
         "00 65 80 18 fa f0 88 d7 00 00 01 01 08 0a 00 00 00 07 00 00 00 08 73 6f 6e 64 61">},
    {"FIN",
     "IP 192.0.2.1.41018 > 198.51.100.9.9000: Flags [F.], seq 5, ack 101, win 64240, length 0",
     octets<
         "45 00 00 28 00 01 00 00 40 06 8e 91 c0 00 02 01 c6 33 64 09 a0 3a 23 28 00 00 00 05 00 00 "
         "00 65 50 11 fa f0 04 d8 00 00">},
    {"RST of a closed port",
     "IP 198.51.100.9.443 > 192.0.2.1.41018: Flags [R.], seq 0, ack 3735928560, win 0, length "
     "0",
     octets<
         "45 00 00 28 00 01 00 00 40 06 8e 91 c6 33 64 09 c0 00 02 01 01 bb a0 3a 00 00 00 00 de ad "
         "be f0 50 14 00 00 83 fe 00 00">},
    {"SACK of two blocks",
     "IP 192.0.2.1.41018 > 198.51.100.9.9000: Flags [.], ack 6, win 64240, options "
     "[nop,nop,sack 2 {10:20}{30:40}], length 0",
     octets<
         "45 00 00 3c 00 01 00 00 40 06 8e 7d c0 00 02 01 c6 33 64 09 a0 3a 23 28 00 00 00 05 00 00 "
         "00 06 a0 10 fa f0 ae ac 00 00 01 01 05 12 00 00 00 0a 00 00 00 14 00 00 00 1e 00 00 00 28">},
    {"urgent data",
     "IP 192.0.2.1.41018 > 198.51.100.9.9000: Flags [P.U], seq 5:6, ack 6, win 64240, urg 1, "
     "length 1",
     octets<
         "45 00 00 29 00 01 00 00 40 06 8e 90 c0 00 02 01 c6 33 64 09 a0 3a 23 28 00 00 00 05 00 00 "
         "00 06 50 38 fa f0 e4 0d 00 01 21">},
    {"ECN set up",
     "IP 192.0.2.1.41018 > 198.51.100.9.443: Flags [SEW], seq 9, win 64240, options [mss "
     "1460], length 0",
     octets<
         "45 00 00 2c 00 01 00 00 40 06 8e 8d c0 00 02 01 c6 33 64 09 a0 3a 01 bb 00 00 00 09 00 00 "
         "00 00 60 c2 fa f0 0e 39 00 00 02 04 05 b4">},
    {"no flags at all",
     "IP 192.0.2.1.41018 > 198.51.100.9.443: Flags [none], win 64240, length 0",
     octets<
         "45 00 00 28 00 01 00 00 40 06 8e 91 c0 00 02 01 c6 33 64 09 a0 3a 01 bb 00 00 00 09 00 00 "
         "00 00 50 00 fa f0 26 b7 00 00">},
    {"options ended early, padding behind",
     "IP 192.0.2.1.41018 > 198.51.100.9.443: Flags [S], seq 9, win 64240, options [mss "
     "1460,eol], length 0",
     octets<
         "45 00 00 30 00 01 00 00 40 06 8e 89 c0 00 02 01 c6 33 64 09 a0 3a 01 bb 00 00 00 09 00 00 "
         "00 00 70 02 fa f0 f7 e6 00 00 02 04 05 b4 00 07 07 07">},
    {"an unknown option",
     "IP 192.0.2.1.41018 > 198.51.100.9.443: Flags [S], seq 9, win 64240, options [unknown-253"
     " 0xabcd,nop,nop,nop,nop], length 0",
     octets<
         "45 00 00 30 00 01 00 00 40 06 8e 89 c0 00 02 01 c6 33 64 09 a0 3a 01 bb 00 00 00 09 00 00 "
         "00 00 70 02 fa f0 5b d8 00 00 fd 04 ab cd 01 01 01 01">},
    {"user timeout and fast open",
     "IP 192.0.2.1.41018 > 198.51.100.9.443: Flags [S], seq 9, win 64240, options [uto 0x8010 "
     "16392,tfo  cookie 0001020304050607,nop,nop], length 0",
     octets<
         "45 00 00 38 00 01 00 00 40 06 8e 81 c0 00 02 01 c6 33 64 09 a0 3a 01 bb 00 00 00 09 00 00 "
         "00 00 90 02 fa f0 1b 75 00 00 1c 04 80 10 22 0a 00 01 02 03 04 05 06 07 01 01">},
    {"IPv6 SYN",
     "IP6 2001:db8::1.41018 > 2001:db8:1::9.443: Flags [S], seq 3735928559, win 64240, options"
     " [mss 1440,sackOK,TS val 16909060 ecr 0,nop,wscale 7], length 0",
     octets<
         "60 00 00 00 00 28 06 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 01 "
         "00 00 00 00 00 00 00 00 00 09 a0 3a 01 bb de ad be ef 00 00 00 00 a0 02 fa f0 ae 0d 00 00 "
         "02 04 05 a0 04 02 08 0a 01 02 03 04 00 00 00 00 01 03 03 07">},
    {"IPv6 RST",
     "IP6 2001:db8:1::9.443 > 2001:db8::1.41018: Flags [R.], seq 0, ack 3735928560, win 0, "
     "length 0",
     octets<
         "60 00 00 00 00 14 06 40 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 09 20 01 0d b8 00 00 "
         "00 00 00 00 00 00 00 00 00 01 01 bb a0 3a 00 00 00 00 de ad be f0 50 14 00 00 14 c0 00 00">},
});
// clang-format on

}  // namespace sonda::testing
