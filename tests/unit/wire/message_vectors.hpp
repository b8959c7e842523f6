// Whole IP packets of every message this layer reads, each below tcpdump's reading of it (-n -t
// -vv). The echoes, port unreachables and the reset are what Linux sent; the rest was built by hand
// and judged by tcpdump.
#pragma once
#include "golden.hpp"

namespace sonda::packets {

using testing::hex;

// IP (tos 0x0, ttl 64, id 60236, offset 0, flags [DF], proto ICMP (1), length 84)
//   192.0.2.1 > 192.0.2.1: ICMP echo request, id 42163, seq 1, length 64
inline constexpr auto echo_request =
    hex<"45000054eb4c40004001cb59c0000201c000020108003f3ca4b30001f5e1036b0000000012c2080000000000"
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000">();

// IP (tos 0x0, ttl 57, id 4660, offset 0, flags [DF], proto ICMP (1), length 28)
//   198.51.100.7 > 192.0.2.1: ICMP echo reply, id 48879, seq 7, length 8
inline constexpr auto echo_reply_without_data =
    hex<"4500001c1234400039014371c6336407c000020100004109beef0007">();

// IP (tos 0x0, ttl 57, id 4660, offset 0, flags [DF], proto ICMP (1), length 33)
//   198.51.100.7 > 192.0.2.1: ICMP echo reply, id 48879, seq 258, length 13
inline constexpr auto echo_reply_odd =
    hex<"45000021123440003901436cc6336407c00002010000fd39beef0102736f6e6461">();

// IP (tos 0xc0, ttl 64, id 60256, offset 0, flags [none], proto ICMP (1), length 61)
//   192.0.2.1 > 192.0.2.1: ICMP 192.0.2.1 udp port 33434 unreachable, length 41
//   IP (tos 0x0, ttl 64, id 58116, offset 0, flags [DF], proto UDP (17), length 33)
//   192.0.2.1.40000 > 192.0.2.1.33434: [bad udp cksum 0x8421 -> 0x1a22!] UDP, length 5
inline constexpr auto port_unreachable =
    hex<"45c0003deb60000040010a9dc0000201c00002010303171f0000000045000021e30440004011d3c4c0000201"
        "c00002019c40829a000d8421736f6e6461">();

// IP (tos 0xc0, ttl 254, id 16962, offset 0, flags [none], proto ICMP (1), length 56)
//   203.0.113.1 > 192.0.2.1: ICMP time exceeded in-transit, length 36
//   IP (tos 0x0, ttl 1, id 4660, offset 0, flags [DF], proto ICMP (1), length 44)
//   192.0.2.1 > 198.51.100.7: ICMP echo request, id 48879, seq 3, length 24
inline constexpr auto time_exceeded_28_octets =
    hex<"45c0003842420000fe017bbfcb007101c00002010b00adc0000000004500002c1234400001017b61c0000201"
        "c63364070800804cbeef0003">();

// IP (tos 0xc0, ttl 254, id 16962, offset 0, flags [none], proto ICMP (1), length 76)
//   203.0.113.1 > 192.0.2.1: ICMP 198.51.100.7 unreachable - need to frag (mtu 1280), length 56
//   IP (tos 0x0, ttl 63, id 4660, offset 0, flags [DF], proto UDP (17), length 1428)
//   192.0.2.1.40000 > 198.51.100.7.33434: UDP, length 1400
inline constexpr auto fragmentation_needed =
    hex<"45c0004c42420000fe017babcb007101c00002010304e9c90000050045000594123440003f1137e9c0000201"
        "c63364079c40829a0580e9d60000000000000000000000000000000000000000">();

// IP (tos 0xc0, ttl 254, id 16962, offset 0, flags [none], proto ICMP (1), length 56)
//   203.0.113.1 > 192.0.2.1: ICMP redirect 198.51.100.7 to host 192.0.2.254, length 36
//   IP (tos 0x0, ttl 1, id 4660, offset 0, flags [DF], proto ICMP (1), length 44)
//   192.0.2.1 > 198.51.100.7: ICMP echo request, id 48879, seq 3, length 24
inline constexpr auto redirect_host =
    hex<"45c0003842420000fe017bbfcb007101c00002010501f0c0c00002fe4500002c1234400001017b61c0000201"
        "c63364070800804cbeef0003">();

// IP (tos 0xc0, ttl 254, id 16962, offset 0, flags [none], proto ICMP (1), length 60)
//   203.0.113.1 > 192.0.2.1: ICMP parameter problem - octet 20, length 40
//   IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto ICMP (1), length 32, options
//     (RR,EOL))
//   192.0.2.1 > 198.51.100.7: ICMP echo request, id 48879, seq 3, length 8
inline constexpr auto parameter_problem =
    hex<"45c0003c42420000fe017bbbcb007101c00002010c00dfff1400000046000020123440004001306ac0000201"
        "c6336407070304000800390dbeef0003">();

// IP (tos 0xc0, ttl 254, id 16962, offset 0, flags [none], proto ICMP (1), length 56)
//   203.0.113.1 > 192.0.2.1: ICMP source quench, length 36
//   IP (tos 0x0, ttl 1, id 4660, offset 0, flags [DF], proto ICMP (1), length 44)
//   192.0.2.1 > 198.51.100.7: ICMP echo request, id 48879, seq 3, length 24
inline constexpr auto source_quench =
    hex<"45c0003842420000fe017bbfcb007101c00002010400b4c0000000004500002c1234400001017b61c0000201"
        "c63364070800804cbeef0003">();

// IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto ICMP (1), length 40)
//   198.51.100.7 > 192.0.2.1: ICMP time stamp reply id 48879 seq 9: org 00:00:01.000, recv
//     00:00:02.000, xmit 00:00:03.000, length 20
inline constexpr auto timestamp_reply =
    hex<"450000281234400040013c65c6336407c00002010e001b97beef0009000003e8000007d000000bb8">();

// IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto ICMP (1), length 28)
//   192.0.2.1 > 198.51.100.7: ICMP information request, length 8
inline constexpr auto information_request =
    hex<"4500001c1234400040013c71c0000201c63364070f003206beef000a">();

// IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto ICMP (1), length 32)
//   198.51.100.7 > 192.0.2.1: ICMP address mask is 0xffffff00, length 12
inline constexpr auto address_mask_reply =
    hex<"450000201234400040013c6dc6336407c000020112003004beef000bffffff00">();

// IP (tos 0xc0, ttl 254, id 16962, offset 0, flags [none], proto ICMP (1), length 204)
//   203.0.113.1 > 192.0.2.1: ICMP time exceeded in-transit, length 184
//   IP (tos 0x0, ttl 1, id 4660, offset 0, flags [DF], proto UDP (17), length 33)
//   192.0.2.1.40000 > 198.51.100.7.33435: [udp sum ok] UDP, length 5
//   ICMP Multi-Part extension v2, checksum 0x00b0 (correct), length 48
//   MPLS Stack Entry Object (1), Class-Type: 1, length 12
//     label 24003, tc 0, ttl 1
//   Interface Identification Object (2), Class-Type: 143, length 32
//     0x0000:  0000 0007 0001 0000 cb00 7101 0c67 652d
//     0x0010:  302f 302f 3100 0000 0000 05dc
inline constexpr auto time_exceeded_mpls_interface =
    hex<"45c000cc42420000fe017b2bcb007101c00002010b00e13a00200000450000211234400001117b5cc0000201"
        "c63364079c40829b000db1e7736f6e6461000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "000000000000000000000000000000000000000000000000200000b0000c010105dc300105dc5b010020028f"
        "0000000700010000cb0071010c67652d302f302f31000000000005dc">();

// IP (tos 0xc0, ttl 254, id 16962, offset 0, flags [none], proto ICMP (1), length 172)
//   203.0.113.1 > 192.0.2.1: ICMP time exceeded in-transit, length 152
//   IP (tos 0x0, ttl 1, id 4660, offset 0, flags [DF], proto UDP (17), length 33)
//   192.0.2.1.40000 > 198.51.100.7.33435: [udp sum ok] UDP, length 5
//   ICMP Multi-Part extension v2, checksum 0x4838 (correct), length 16
//   MPLS Stack Entry Object (1), Class-Type: 1, length 12
//     label 24003, tc 0, ttl 1
inline constexpr auto time_exceeded_mpls_unstated =
    hex<"45c000ac42420000fe017b4bcb007101c00002010b00e15a00000000450000211234400001117b5cc0000201"
        "c63364079c40829b000db1e7736f6e6461000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00000000000000000000000000000000000000000000000020004838000c010105dc300105dc5b01">();

// IP (tos 0xc0, ttl 254, id 16962, offset 0, flags [none], proto ICMP (1), length 72)
//   203.0.113.1 > 192.0.2.1: ICMP time exceeded in-transit, length 52
//   IP (tos 0x0, ttl 1, id 4660, offset 1480, flags [none], proto UDP (17), length 44)
//   192.0.2.1 > 198.51.100.7: ip-proto-17
inline constexpr auto time_exceeded_later_fragment =
    hex<"45c0004842420000fe017bafcb007101c00002010b006463000000004500002c123400b90111ba98c0000201"
        "c63364070102030405060708090a0b0c0d0e0f101112131415161718">();

// IP (tos 0xc0, ttl 254, id 16962, offset 0, flags [none], proto ICMP (1), length 56)
//   203.0.113.1 > 192.0.2.1: ICMP time exceeded in-transit, length 36
//   IP (tos 0x0, ttl 1, id 4660, offset 0, flags [DF], proto TCP (6), length 60)
//   192.0.2.1.40000 > 198.51.100.7.443:  [|tcp]
inline constexpr auto time_exceeded_tcp_8_octets =
    hex<"45c0003842420000fe017bbfcb007101c00002010b0052fe000000004500003c1234400001067b4cc0000201"
        "c63364079c4001bb01020304">();

// IP (tos 0xc0, ttl 254, id 16962, offset 0, flags [none], proto ICMP (1), length 88)
//   203.0.113.1 > 192.0.2.1: ICMP time exceeded in-transit, length 68
//   IP (tos 0x0, ttl 1, id 4660, offset 0, flags [DF], proto TCP (6), length 60)
//   192.0.2.1.40000 > 198.51.100.7.443: Flags [S], cksum 0xbecd (correct), seq 16909060, win
//     64240, options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 10], length 0
inline constexpr auto time_exceeded_tcp_whole = testing::hex<
    "45c0005842420000fe017b9fcb007101c00002010b00e16a000000004500003c1234400001067b4cc0000201"
    "c63364079c4001bb0102030400000000a002faf0becd0000020405b40402080a00000001000000000103030a">();

// IP6 (flowlabel 0xf3634, hlim 64, next-header ICMPv6 (58) payload length: 8) 2001:db8::1 >
//     2001:db8::1: [icmp6 sum ok] ICMP6, echo reply, id 42164, seq 1
inline constexpr auto echo6_reply =
    hex<"600f363400083a4020010db800000000000000000000000120010db800000000000000000000000181007e93"
        "a4b40001">();

// IP6 (class 0xb8, flowlabel 0x12345, hlim 64, next-header ICMPv6 (58) payload length: 13)
//     2001:db8::1 > 2001:db8:7::7: [icmp6 sum ok] ICMP6, echo request, id 48879, seq 3
inline constexpr auto echo6_request =
    hex<"6b812345000d3a4020010db800000000000000000000000120010db800070000000000000000000780002270"
        "beef0003736f6e6461">();

// IP6 (flowlabel 0xd72bc, hlim 64, next-header ICMPv6 (58) payload length: 61) 2001:db8::1 >
//     2001:db8::1: [icmp6 sum ok] ICMP6, destination unreachable, unreachable port, 2001:db8::1
//     udp port 33434
inline constexpr auto port_unreachable6 =
    hex<"600d72bc003d3a4020010db800000000000000000000000120010db80000000000000000000000010104372c"
        "00000000600ce1c7000d114020010db800000000000000000000000120010db8000000000000000000000001"
        "9c40829a000d5b92736f6e6461">();

// IP6 (hlim 63, next-header ICMPv6 (58) payload length: 61) 2001:db8:1::1 > 2001:db8::1: [icmp6
//     sum ok] ICMP6, packet too big, mtu 1280
inline constexpr auto packet_too_big =
    hex<"60000000003d3a3f20010db800010000000000000000000120010db800000000000000000000000102002679"
        "00000500600000000578114020010db800000000000000000000000120010db8000700000000000000000007"
        "9c40829b000d42a3736f6e6461">();

// IP6 (hlim 63, next-header ICMPv6 (58) payload length: 77) 2001:db8:1::1 > 2001:db8::1: [icmp6
//     sum ok] ICMP6, time exceeded in-transit for 2001:db8:7::7
inline constexpr auto time_exceeded6_extension_headers =
    hex<"60000000004d3a3f20010db800010000000000000000000120010db80000000000000000000000010300f1fa"
        "0000000060000000001d000120010db800000000000000000000000120010db8000700000000000000000007"
        "3c0001040000000011000104000000009c40829b000d42a3736f6e6461">();

// IP6 (hlim 63, next-header ICMPv6 (58) payload length: 72) 2001:db8:1::1 > 2001:db8::1: [icmp6
//     sum ok] ICMP6, time exceeded in-transit (reassembly)
inline constexpr auto time_exceeded6_later_fragment =
    hex<"6000000000483a3f20010db800010000000000000000000120010db80000000000000000000000010301b6ae"
        "000000006000000000182c0120010db800000000000000000000000120010db8000700000000000000000007"
        "110005a80000abcd0102030405060708090a0b0c0d0e0f10">();

// IP6 (hlim 63, next-header ICMPv6 (58) payload length: 72) 2001:db8:1::1 > 2001:db8::1: [icmp6
//     sum ok] ICMP6, time exceeded in-transit (reassembly)
inline constexpr auto time_exceeded6_first_fragment =
    hex<"6000000000483a3f20010db800010000000000000000000120010db80000000000000000000000010301583d"
        "000000006000000000182c0120010db800000000000000000000000120010db8000700000000000000000007"
        "110000010000abcd9c40829b000d42a3736f6e6461000000">();

// IP6 (hlim 63, next-header ICMPv6 (58) payload length: 53) 2001:db8:1::1 > 2001:db8::1: [icmp6
//     sum ok] ICMP6, parameter problem, next header - octet 6
inline constexpr auto parameter_problem6 =
    hex<"6000000000353a3f20010db800010000000000000000000120010db80000000000000000000000010401a478"
        "00000006600000000005fd4020010db800000000000000000000000120010db8000700000000000000000007"
        "736f6e6461">();

// IP6 (hlim 63, next-header ICMPv6 (58) payload length: 186) 2001:db8:1::1 > 2001:db8::1: [icmp6
//     sum ok] ICMP6, time exceeded in-transit for 2001:db8:7::7
inline constexpr auto time_exceeded6_mpls_interface =
    hex<"6000000000ba3a3f20010db800010000000000000000000120010db800000000000000000000000103001fa6"
        "1000000060000000000d110120010db800000000000000000000000120010db8000700000000000000000007"
        "9c40829b000d42a3736f6e646100000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "20005641000c010105dc300105dc5b01001c020c000000030002000020010db8000100000000000000000001"
        "0006f709cafe">();

// IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto ICMP (1), length 40)
//   192.0.2.1 > 198.51.100.7: ICMP type-#42, length 20
inline constexpr auto extended_echo_request =
    hex<"450000281234400040013c65c0000201c63364072a00160fbeef010120000f520008030165746830">();

// IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto UDP (17), length 33)
//   192.0.2.1.40000 > 198.51.100.7.33434: [udp sum ok] UDP, length 5
inline constexpr auto udp =
    hex<"450000211234400040113c5cc0000201c63364079c40829a000db1e8736f6e6461">();

// IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto UDP (17), length 33)
//   192.0.2.1.40000 > 198.51.100.7.33434: [no cksum] UDP, length 5
inline constexpr auto udp_without_checksum =
    hex<"450000211234400040113c5cc0000201c63364079c40829a000d0000736f6e6461">();

// IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto UDP (17), length 30)
//   192.0.2.1.40000 > 198.51.100.7.33434: [udp sum ok] UDP, length 2
inline constexpr auto udp_sum_zero =
    hex<"4500001e1234400040113c5fc0000201c63364079c40829a000afffff4c2">();

// IP6 (hlim 64, next-header UDP (17) payload length: 13) 2001:db8::1.40000 > 2001:db8:7::7.33435:
//     [udp sum ok] UDP, length 5
inline constexpr auto udp6 =
    hex<"60000000000d114020010db800000000000000000000000120010db80007000000000000000000079c40829b"
        "000d42a3736f6e6461">();

// IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto TCP (6), length 60)
//   192.0.2.1.40000 > 198.51.100.7.443: Flags [S], cksum 0xbecd (correct), seq 16909060, win
//     64240, options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 10], length 0
inline constexpr auto tcp_syn =
    hex<"4500003c1234400040063c4cc0000201c63364079c4001bb0102030400000000a002faf0becd0000020405b4"
        "0402080a00000001000000000103030a">();

// IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto TCP (6), length 60)
//   198.51.100.7.443 > 192.0.2.1.40000: Flags [S.], cksum 0xa50d (correct), seq 168496141, ack
//     16909061, win 65160, options [mss 1460,sackOK,TS val 2 ecr 1,nop,wscale 7], length 0
inline constexpr auto tcp_syn_ack =
    hex<"4500003c1234400040063c4cc6336407c000020101bb9c400a0b0c0d01020305a012fe88a50d0000020405b4"
        "0402080a000000020000000101030307">();

// IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto TCP (6), length 40)
//   192.0.2.1.81 > 192.0.2.1.44802: Flags [R.], cksum 0xec90 (correct), seq 0, ack 3267087661, win
//     0, length 0
inline constexpr auto tcp_reset =
    hex<"45000028000040004006b6cdc0000201c00002010051af0200000000c2bbcd2d50140000ec900000">();

// IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto TCP (6), length 61)
//   192.0.2.1.40000 > 198.51.100.7.443: Flags [P.], cksum 0x376f (correct), seq 16909061:16909062,
//     ack 168496142, win 501, options [nop,nop,sack 2
//     {4126471255:4126471355}{4126471455:4126471555}], length 1
inline constexpr auto tcp_sack =
    hex<"4500003d1234400040063c4bc0000201c63364079c4001bb010203050a0b0c0ea01801f5376f000001010512"
        "00000064000000c80000012c0000019078">();

// IP (tos 0x0, ttl 64, id 4660, offset 0, flags [DF], proto TCP (6), length 48)
//   192.0.2.1.40000 > 198.51.100.7.443: Flags [S], cksum 0xf8ea (correct), seq 1, win 1024,
//     options [mss 1460,eol], length 0
inline constexpr auto tcp_eol_padding =
    hex<"450000301234400040063c58c0000201c63364079c4001bb000000010000000070020400f8ea0000020405b4"
        "00ffffff">();

}  // namespace sonda::packets
