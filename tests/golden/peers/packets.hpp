// Packets that broke other programs, or that such programs are known to misread, each with what it
// broke and with the line that `tcpdump -n -t -S` prints of it.
#pragma once
#include <array>
#include <string_view>

#include <sonda/core/bytes.hpp>

#include "../vector.hpp"

namespace sonda::testing::peers {

// clang-format off
inline constexpr Vector echo_without_data{
    "seladb/PcapPlusPlus#1272: 18446744073709551608 octets of data, for it counts a time "
    "stamp into the header",
    "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 8",
    octets<
        "45 00 00 1c 00 01 00 00 40 01 66 de 0a 00 00 01 0a 00 00 02 08 00 f7 fd 00 01 00 01">};

inline constexpr Vector options_end_and_padding{
    "libtins: refused as malformed",
    "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 8",
    octets<
        "47 00 00 24 00 01 00 00 40 01 dc d0 0a 00 00 01 0a 00 00 02 88 04 00 01 00 00 00 00 08 00 "
        "f7 fd 00 01 00 01">};

inline constexpr Vector total_length_10{
    "libtins: accepted; PcapPlusPlus: a trailer of eight octets",
    "IP bad-len 10",
    octets<
        "45 00 00 0a 00 01 00 00 40 01 66 f0 0a 00 00 01 0a 00 00 02 08 00 f7 fd 00 01 00 01">};

inline constexpr Vector header_of_4_words{
    "PcapPlusPlus: made it a payload without a word",
    "IP bad-hlen 16",
    octets<
        "44 00 00 1c 00 01 00 00 40 01 71 e0 0a 00 00 01 0a 00 00 02 08 00 f7 fd 00 01 00 01">};

inline constexpr Vector header_of_15_words{
    "PcapPlusPlus: a header of 60 octets in a packet of 28, so that the payload's size "
    "underflows",
    "IP bad-len 28",
    octets<
        "4f 00 00 1c 00 01 00 00 40 01 66 de 0a 00 00 01 0a 00 00 02 08 00 f7 fd 00 01 00 01">};

inline constexpr Vector version_6_in_ipv4{
    "libtins: accepted by its IPv4 class",
    " [|ip6]",
    octets<
        "65 00 00 1c 00 01 00 00 40 01 46 de 0a 00 00 01 0a 00 00 02 08 00 f7 fd 00 01 00 01">};

inline constexpr Vector quotation_cut_to_28{
    "libtins: opaque octets; smoltcp-rs/smoltcp#16, #46: refused as truncated",
    "IP 10.0.1.1 > 10.0.0.1: ICMP time exceeded in-transit, length 36",
    octets<
        "45 00 00 38 00 01 00 00 40 01 65 c3 0a 00 01 01 0a 00 00 01 0b 00 09 43 00 00 00 00 45 00 "
        "00 3c 00 01 00 00 01 11 a5 a7 0a 00 00 01 0a 00 00 09 9c 40 82 9a 00 28 cc b9">};

inline constexpr Vector mpls_behind_60_octets{
    "PcapPlusPlus: a trailer of 80 octets; mtr: looks for extensions at octet 128 only",
    "IP 10.0.1.1 > 10.0.0.1: ICMP time exceeded in-transit, length 80",
    octets<
        "45 00 00 64 00 01 00 00 40 01 65 97 0a 00 01 01 0a 00 00 01 0b 00 09 34 00 0f 00 00 45 00 "
        "00 3c 00 01 00 00 01 11 a5 a7 0a 00 00 01 0a 00 00 09 9c 40 82 9a 00 28 cc b9 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 20 00 "
        "e8 18 00 08 01 01 05 dc f1 01">};

inline constexpr Vector mpls_behind_160_octets{
    "mtr: takes octets 128 to 160 of the quotation for extensions, and only the first "
    "object of them",
    "IP 10.0.1.1 > 10.0.0.1: ICMP time exceeded in-transit, length 188",
    octets<
        "45 00 00 d0 00 01 00 00 40 01 65 2b 0a 00 01 01 0a 00 00 01 0b 00 09 7f 00 28 00 00 45 00 "
        "00 a0 00 01 00 00 01 11 a5 43 0a 00 00 01 0a 00 00 09 9c 40 82 9a 00 8c f8 dc 00 01 02 03 "
        "04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 "
        "22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f 30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d 3e 3f "
        "40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50 51 52 53 54 55 56 57 58 59 5a 5b 5c 5d "
        "5e 5f 60 61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70 71 72 73 74 75 76 77 78 79 7a 7b "
        "7c 7d 7e 7f 80 81 82 83 20 00 d6 0d 00 08 01 01 05 dc f1 01 00 08 01 01 00 01 11 01">};

inline constexpr Vector quotation_cut_in_its_header{
    "fujiapple852/trippy#745, #979: panics of this kind, on quotations",
    "IP 10.0.1.1 > 10.0.0.1:  [|icmp]",
    octets<
        "45 00 00 28 00 01 00 00 40 01 65 d3 0a 00 01 01 0a 00 00 01 0b 00 09 0a 00 00 00 00 45 00 "
        "00 3c 00 01 00 00 01 11 a5 a7">};

inline constexpr Vector quoted_header_of_15_words{
    "fujiapple852/trippy#1287, #1561: panics of this kind, on the payload of a quoted "
    "header",
    "IP 10.0.1.1 > 10.0.0.1: ICMP time exceeded in-transit, length 36",
    octets<
        "45 00 00 38 00 01 00 00 40 01 65 c3 0a 00 01 01 0a 00 00 01 0b 00 ff 42 00 00 00 00 4f 00 "
        "00 3c 00 01 00 00 01 11 a5 a7 0a 00 00 01 0a 00 00 09 9c 40 82 9a 00 28 cc b9">};

inline constexpr Vector quoted_length_0{
    "strict parsers: refused, though stacks of old return the length as they rewrote it",
    "IP 10.0.1.1 > 10.0.0.1: ICMP time exceeded in-transit, length 36",
    octets<
        "45 00 00 38 00 01 00 00 40 01 65 c3 0a 00 01 01 0a 00 00 01 0b 00 09 43 00 00 00 00 45 00 "
        "00 00 00 01 00 00 01 11 a5 e3 0a 00 00 01 0a 00 00 09 9c 40 82 9a 00 28 cc b9">};

inline constexpr Vector quoted_later_fragment{
    "matchers that read ports at octet 20 of any quotation: found 0x0203 and 0x0405",
    "IP 10.0.1.1 > 10.0.0.1: ICMP time exceeded in-transit, length 52",
    octets<
        "45 00 00 48 00 01 00 00 40 01 65 b3 0a 00 01 01 0a 00 00 01 0b 00 58 57 00 00 00 00 45 00 "
        "00 2c 00 01 00 b9 01 11 a4 fe 0a 00 00 01 0a 00 00 09 02 03 04 05 06 07 08 09 0a 0b 0c 0d "
        "0e 0f 10 11 12 13 14 15 16 17 18 19">};

inline constexpr Vector quotation_of_nothing{
    "parsers that take the quoted header for granted: nothing is there to read",
    "IP 10.0.1.1 > 10.0.0.1:  [|icmp]",
    octets<
        "45 00 00 1c 00 01 00 00 40 01 65 df 0a 00 01 01 0a 00 00 01 03 01 fc fe 00 00 00 00">};

inline constexpr Vector interface_object_without_its_parts{
    "golang/go#10951: x/net/icmp panicked on interface information",
    "IP 10.0.1.1 > 10.0.0.1: ICMP time exceeded in-transit, length 144",
    octets<
        "45 00 00 a4 00 01 00 00 40 01 65 57 0a 00 01 01 0a 00 00 01 0b 00 09 23 00 20 00 00 45 00 "
        "00 3c 00 01 00 00 01 11 a5 a7 0a 00 00 01 0a 00 00 09 9c 40 82 9a 00 28 cc b9 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 20 00 dd ec 00 04 02 0f">};

inline constexpr Vector extension_object_of_length_0{
    "walkers that advance by what the object says: never end",
    "IP 10.0.1.1 > 10.0.0.1: ICMP time exceeded in-transit, length 148",
    octets<
        "45 00 00 a8 00 01 00 00 40 01 65 53 0a 00 01 01 0a 00 00 01 0b 00 09 23 00 20 00 00 45 00 "
        "00 3c 00 01 00 00 01 11 a5 a7 0a 00 00 01 0a 00 00 09 9c 40 82 9a 00 28 cc b9 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 20 00 de fe 00 00 01 01 00 00 00 00">};

inline constexpr Vector extension_object_longer_than_the_rest{
    "fujiapple852/trippy#1460, #1564: panics of this kind, on extended messages",
    "IP 10.0.1.1 > 10.0.0.1: ICMP time exceeded in-transit, length 148",
    octets<
        "45 00 00 a8 00 01 00 00 40 01 65 53 0a 00 01 01 0a 00 00 01 0b 00 09 23 00 20 00 00 45 00 "
        "00 3c 00 01 00 00 01 11 a5 a7 0a 00 00 01 0a 00 00 09 9c 40 82 9a 00 28 cc b9 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 20 00 de fe ff ff 01 01 00 00 00 00">};

inline constexpr Vector mpls_of_an_odd_length{
    "fujiapple852/trippy#804: like Wireshark it refused extensions of an odd length, "
    "which tcpdump reads",
    "IP 10.0.1.1 > 10.0.0.1: ICMP time exceeded in-transit, length 149",
    octets<
        "45 00 00 a9 00 01 00 00 40 01 65 52 0a 00 01 01 0a 00 00 01 0b 00 09 23 00 20 00 00 45 00 "
        "00 3c 00 01 00 00 01 11 a5 a7 0a 00 00 01 0a 00 00 09 9c 40 82 9a 00 28 cc b9 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
        "00 00 00 00 00 00 20 00 e8 18 00 08 01 01 05 dc f1 01 00">};

inline constexpr Vector payload_where_extensions_would_be{
    "mtr: looks for extensions at octet 128 whatever stands there",
    "IP 10.0.1.1 > 10.0.0.1: ICMP time exceeded in-transit, length 168",
    octets<
        "45 00 00 bc 00 01 00 00 40 01 65 3f 0a 00 01 01 0a 00 00 01 0b 00 09 a7 00 00 00 00 45 00 "
        "00 a0 00 01 00 00 01 11 a5 43 0a 00 00 01 0a 00 00 09 9c 40 82 9a 00 8c 26 4c 82 82 82 82 "
        "82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 "
        "82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 "
        "82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 "
        "82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 82 "
        "82 82 82 82 82 82 82 82">};

inline constexpr Vector udp_behind_options{
    "mfontanini/libtins#288: crashed, and corrupted the port behind IP options",
    "IP 10.0.0.1.40000 > 10.0.0.2.33434: UDP, length 5",
    octets<
        "47 00 00 29 00 01 00 00 40 11 59 ba 0a 00 00 01 0a 00 00 02 07 07 04 00 00 00 00 00 9c 40 "
        "82 9a 00 0d 8a 22 73 6f 6e 64 61">};

inline constexpr Vector udp_sum_of_zero{
    "libpnet/libpnet#585, seladb/PcapPlusPlus#588, libnet, libcrafter, Zephyr, RIOT: sent"
    " 0, which says that there is no checksum",
    "IP 10.0.0.1.40000 > 10.0.0.2.33434: UDP, length 2",
    octets<
        "45 00 00 1e 00 01 00 00 40 11 66 cc 0a 00 00 01 0a 00 00 02 9c 40 82 9a 00 0a ff ff cc fc">};

inline constexpr Vector udp_ipv6_without_a_sum{
    "syslog-ng/syslog-ng#3525: sent so through libnet, and dropped by every receiver",
    "IP6 2001:db8::1.40000 > 2001:db8::2.33434: UDP, length 5",
    octets<
        "60 00 00 00 00 0d 11 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 00 "
        "00 00 00 00 00 00 00 00 00 02 9c 40 82 9a 00 0d 00 00 73 6f 6e 64 61">};

inline constexpr Vector odd_octets_of_icmpv6{
    "seladb/PcapPlusPlus#838: summed an octet behind the last, and wrongly on big-endian "
    "machines; mfontanini/libtins#28, #38: left the payload out",
    "IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo request, id 1, seq 2, length 9",
    octets<
        "60 00 00 00 00 09 3a 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 00 "
        "00 00 00 00 00 00 00 00 00 02 80 00 25 43 00 01 00 02 ff">};

inline constexpr Vector sum_that_folds_twice{
    "zmap: folds the carry once, so that one SYN in 37,037 leaves with a wrong header "
    "checksum",
    "IP 74.193.3.81.40000 > 152.206.203.209.443: Flags [S], seq 7, win 64240, length 0",
    octets<
        "45 00 00 28 09 1f 00 00 ff 06 ff fe 4a c1 03 51 98 ce cb d1 9c 40 01 bb 00 00 00 07 00 00 "
        "00 00 50 02 fa f0 64 3d 00 00">};

inline constexpr Vector sum_behind_extension_headers{
    "libnet/libnet#34, #35, #36: extension headers broke the checksum behind them",
    "IP6 2001:db8::1 > 2001:db8::2: DSTOPT 41017 > 33434: UDP, length 5",
    octets<
        "60 00 00 00 00 15 3c 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 20 01 0d b8 00 00 "
        "00 00 00 00 00 00 00 00 00 02 11 00 01 04 00 00 00 00 a0 39 82 9a 00 0d 3e b7 73 6f 6e 64 "
        "61">};

inline constexpr std::array all{
    echo_without_data, options_end_and_padding, total_length_10, header_of_4_words,
    header_of_15_words, version_6_in_ipv4, quotation_cut_to_28, mpls_behind_60_octets,
    mpls_behind_160_octets, quotation_cut_in_its_header, quoted_header_of_15_words,
    quoted_length_0, quoted_later_fragment, quotation_of_nothing,
    interface_object_without_its_parts, extension_object_of_length_0,
    extension_object_longer_than_the_rest, mpls_of_an_odd_length,
    payload_where_extensions_would_be, udp_behind_options, udp_sum_of_zero,
    udp_ipv6_without_a_sum, odd_octets_of_icmpv6, sum_that_folds_twice,
    sum_behind_extension_headers};
// clang-format on

}  // namespace sonda::testing::peers
