// What of a capture is a ping's: the filter by libpcap's own machine, the recognizer beside it.
#include <cerrno>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <sonda/evidence/ping_evidence.hpp>
#include <sonda/wire/arp.hpp>
#include <sonda/wire/ethernet.hpp>
#include <sonda/wire/fragment.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>

namespace sonda::evidence {
namespace {

using capture::Direction;
using Octets = std::vector<std::uint8_t>;

constexpr unsigned ours = 0x1234, anothers = 0x4321;

const Ipv4Address own4{10, 0, 0, 1}, router4{10, 0, 0, 2}, web4{192, 0, 2, 7}, other4{192, 0, 2, 8};
const Ipv6Address own6 = Address::parse("2001:db8::1")->v6();
const Ipv6Address router6 = Address::parse("fe80::2")->v6();
const Ipv6Address web6 = Address::parse("2001:db8:7::7")->v6();
const Ipv6Address other6 = Address::parse("2001:db8:7::8")->v6();

Start start(bool v4) {
  return {.address = v4 ? Address{web4} : Address{web6},
          .source = v4 ? Address{own4} : Address{own6},
          .interface = "eth0",
          .mode = "raw",
          .plan = {{"count", std::int64_t{3}}, {"ttl", std::int64_t{33}}},
          .identifiers = {ours}};
}

// ----------------------------------------------------------------------------------- packets

Octets ip4(Ipv4Address from, Ipv4Address to, const Octets& message, Bytes options = {}) {
  const Ipv4Header ip{.identification = 77,
                      .dont_fragment = false,
                      .protocol = Protocol::icmp,
                      .source = from,
                      .destination = to,
                      .options = options};
  Octets out(ip.size() + message.size());
  ip.emit(out, message.size());
  std::ranges::copy(message, out.begin() + static_cast<std::ptrdiff_t>(ip.size()));
  return out;
}
Octets ip6(Ipv6Address from, Ipv6Address to, const Octets& payload,
           Protocol next = Protocol::icmpv6) {
  const Ipv6Header ip{.next_header = next, .source = from, .destination = to};
  Octets out(40 + payload.size());
  ip.emit(out, payload.size());
  std::ranges::copy(payload, out.begin() + 40);
  return out;
}
Octets echo4(EchoKind kind, unsigned id, unsigned sequence, std::size_t size = 16) {
  const Octets data(size, 0x55);
  const Echo echo{
      .kind = kind, .identifier = Identifier{id}, .sequence = Sequence{sequence}, .data = data};
  Octets out(echo.size());
  echo.emit(out);
  return out;
}
Octets echo6(EchoKind kind, unsigned id, unsigned sequence) {
  const Octets data(16, 0x55);
  const Echo echo{
      .kind = kind, .identifier = Identifier{id}, .sequence = Sequence{sequence}, .data = data};
  Octets out(echo.size());
  echo.emit(out, own6, web6);
  return out;
}
Octets first(Octets octets, std::size_t size) {
  octets.resize(size);
  return octets;
}
Octets error4(unsigned type, const Octets& quoted) {
  const Icmpv4Error error{.type = IcmpType{static_cast<std::uint8_t>(type)}, .quoted = quoted};
  Octets out(error.size());
  error.emit(out);
  return out;
}
Octets error6(unsigned type, const Octets& quoted) {
  const Icmpv6Error error{.type = Icmpv6Type{static_cast<std::uint8_t>(type)}, .quoted = quoted};
  Octets out(error.size());
  error.emit(out, router6, own6);
  return out;
}
Octets framed(EtherType type, const Octets& packet) {
  Octets out(14 + packet.size());
  EthernetHeader{.type = type}.emit(out);
  std::ranges::copy(packet, out.begin() + 14);
  return out;
}
Octets arp(Ipv4Address sender, Ipv4Address target) {
  Octets out(28);
  ArpMessage{.sender = sender, .target = target}.emit(out);
  return framed(EtherType::arp, out);
}
// A neighbour solicitation or advertisement, or a redirect, with `target` where each has it.
Octets neighbor6(unsigned type, Ipv6Address target, std::optional<Ipv6Address> about = {}) {
  Octets message(about ? 40 : 24);
  message[0] = static_cast<std::uint8_t>(type);
  const Address first{target}, second{about.value_or(target)};
  std::ranges::copy(first.octets(), message.begin() + 8);
  if (about) std::ranges::copy(second.octets(), message.begin() + 24);
  return ip6(router6, own6, message);
}

// ---------------------------------------------------------------------------------- filter

class Filter {
 public:
  explicit Filter(const std::string& text, int link_type = DLT_EN10MB)
      : handle_{pcap_open_dead(link_type, 262'144)} {
    EXPECT_EQ(pcap_compile(handle_, &program_, text.c_str(), 1, PCAP_NETMASK_UNKNOWN), 0)
        << pcap_geterr(handle_) << '\n'
        << text;
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() {
    pcap_freecode(&program_);
    pcap_close(handle_);
  }
  [[nodiscard]] bool takes(const Octets& frame) const {
    const pcap_pkthdr header{.ts = {},
                             .caplen = static_cast<bpf_u_int32>(frame.size()),
                             .len = static_cast<bpf_u_int32>(frame.size())};
    return pcap_offline_filter(&program_, &header, frame.data()) != 0;
  }

 private:
  pcap_t* handle_;
  bpf_program program_{};
};

struct Case {
  const char* what;
  Octets packet;
  bool taken;
  std::optional<std::string> key;
};

void expect_all(const Start& start, const Address& next_hop, EtherType type,
                const std::vector<Case>& cases) {
  const Filter filter{ping_filter(start, next_hop)};
  const auto recognizer = ping_recognizer(start, next_hop);
  for (const auto& [what, packet, taken, key] : cases) {
    SCOPED_TRACE(what);
    const auto frame = framed(type, packet);
    EXPECT_EQ(filter.takes(frame), taken);
    EXPECT_EQ(recognizer->see(capture::network_layer(capture::LinkType::ethernet, frame)).key, key);
  }
}

TEST(PingEvidence, is_of_one_run_in_ipv4) {
  using enum EchoKind;
  const auto probe = ip4(own4, web4, echo4(request, ours, 7));
  const auto foreign = ip4(own4, web4, echo4(request, anothers, 7));
  const Octets options(8, 1);  // no operation
  const auto long_probe = ip4(own4, web4, echo4(request, ours, 9), options);
  auto piece = ip4(web4, own4, echo4(reply, ours, 7));
  store<std::uint16_t>(piece, 6, 100);
  auto others_piece = ip4(other4, own4, echo4(reply, ours, 7));
  store<std::uint16_t>(others_piece, 6, 100);
  auto tcp = probe;
  tcp[9] = 6;
  expect_all(
      start(true), Address{router4}, EtherType::ipv4,
      {{"probe", probe, true, "s7"},
       {"another's probe", foreign, false, {}},
       {"reply", ip4(web4, own4, echo4(reply, ours, 65'535)), true, "r65535"},
       {"reply from elsewhere", ip4(other4, own4, echo4(reply, ours, 1)), true, "r1"},
       {"reply with options", ip4(web4, own4, echo4(reply, ours, 1), options), true, "r1"},
       {"another's reply", ip4(web4, own4, echo4(reply, anothers, 7)), false, {}},
       {"unreachable", ip4(router4, own4, error4(3, probe)), true, "e7"},
       {"quench", ip4(router4, own4, error4(4, probe)), true, "e7"},
       {"redirect", ip4(router4, own4, error4(5, probe)), true, "e7"},
       {"time exceeded", ip4(router4, own4, error4(11, long_probe)), true, "e9"},
       {"parameter, options", ip4(router4, own4, error4(12, long_probe), options), true, "e9"},
       {"of another", ip4(router4, own4, error4(3, foreign)), false, {}},
       {"eight octets", ip4(router4, own4, error4(3, first(probe, 28))), true, "e7"},
       {"too little", ip4(router4, own4, error4(3, first(probe, 24))), true, {}},
       {"too little behind options",
        ip4(router4, own4, error4(3, first(long_probe, 32))),
        true,
        {}},
       {"too little of another's",
        ip4(router4, own4, error4(3, first(ip4(own4, other4, {}), 20))),
        false,
        {}},
       {"no header", ip4(router4, own4, error4(3, first(probe, 12))), true, {}},
       {"of tcp", ip4(router4, own4, error4(3, tcp)), false, {}},
       {"piece", piece, true, {}},
       {"another's piece", others_piece, false, {}}});
  const Filter filter{ping_filter(start(true), Address{router4})};
  EXPECT_TRUE(filter.takes(arp(own4, router4)));
  EXPECT_TRUE(filter.takes(arp(router4, own4)));
  EXPECT_FALSE(filter.takes(arp(own4, other4)));
}

TEST(PingEvidence, is_of_one_run_in_ipv6) {
  using enum EchoKind;
  const auto probe = ip6(own6, web6, echo6(request, ours, 7));
  const auto foreign = ip6(own6, web6, echo6(request, anothers, 7));
  const auto fragment = [](Ipv6Address from, Ipv6Address to, unsigned offset, Octets payload) {
    Octets all{58, 0, 0, 1, 0, 0, 0, 9};
    store<std::uint16_t>(all, 2, static_cast<std::uint16_t>(offset | 1));
    all.insert(all.end(), payload.begin(), payload.end());
    return ip6(from, to, all, Protocol::ipv6_fragment);
  };
  const auto cut_probe = fragment(own6, web6, 0, echo6(request, ours, 8));
  expect_all(start(false), Address{router6}, EtherType::ipv6,
             {{"probe", probe, true, "s7"},
              {"another's probe", foreign, false, {}},
              {"reply", ip6(web6, own6, echo6(reply, ours, 2)), true, "r2"},
              {"another's reply", ip6(web6, own6, echo6(reply, anothers, 2)), false, {}},
              {"unreachable", ip6(router6, own6, error6(1, probe)), true, "e7"},
              {"too big", ip6(router6, own6, error6(2, probe)), true, "e7"},
              {"hop limit", ip6(router6, own6, error6(3, probe)), true, "e7"},
              {"parameter", ip6(router6, own6, error6(4, probe)), true, "e7"},
              {"a fragment refused", ip6(router6, own6, error6(3, cut_probe)), true, "e8"},
              {"of another", ip6(router6, own6, error6(1, foreign)), false, {}},
              {"too little", ip6(router6, own6, error6(1, first(probe, 44))), true, {}},
              {"no header", ip6(router6, own6, error6(1, first(probe, 20))), true, {}},
              {"first fragment", cut_probe, true, "s8"},
              {"later fragment", fragment(web6, own6, 8, Octets(16)), true, {}},
              {"another's fragment", fragment(other6, own6, 8, Octets(16)), false, {}},
              {"solicitation", neighbor6(135, router6), true, {}},
              {"advertisement", neighbor6(136, router6), true, {}},
              {"who asks for us", neighbor6(135, own6), true, {}},
              {"another's solicitation", neighbor6(135, other6), false, {}},
              {"redirect", neighbor6(137, router6, web6), true, {}},
              {"another's redirect", neighbor6(137, router6, other6), false, {}}});
}

TEST(PingEvidence, names_the_questions_for_the_next_hop) {
  const auto comment = [](bool v4, const Octets& frame) {
    return ping_recognizer(start(v4), v4 ? Address{router4} : Address{router6})
        ->see(capture::network_layer(capture::LinkType::ethernet, frame))
        .comment;
  };
  const auto ip6_frame = [](const Octets& packet) { return framed(EtherType::ipv6, packet); };
  EXPECT_EQ(comment(true, arp(own4, router4)), "sonda: neighbor;");
  EXPECT_EQ(comment(true, arp(router4, own4)), "");
  EXPECT_EQ(comment(false, ip6_frame(neighbor6(135, router6))), "sonda: neighbor;");
  EXPECT_EQ(comment(false, ip6_frame(neighbor6(135, own6))), "");
  EXPECT_EQ(comment(false, ip6_frame(neighbor6(136, router6))), "");
}

TEST(PingEvidence, can_be_filtered_on_any_link) {
  for (const int link_type : {DLT_EN10MB, DLT_RAW, DLT_LINUX_SLL, DLT_NULL})
    for (const bool v4 : {true, false})
      const Filter filter{ping_filter(start(v4), v4 ? Address{web4} : Address{web6}), link_type};
}

TEST(PingEvidence, names_pieces_by_their_datagram) {
  const auto whole = ip4(own4, web4, echo4(EchoKind::request, ours, 3, 3'000));
  const auto pieces = Ipv4Fragments::of(whole, Mtu{1'500});
  ASSERT_TRUE(pieces.has_value());
  const auto recognizer = ping_recognizer(start(true), Address{router4});
  std::size_t next = 0;
  std::string datagram;
  for (std::size_t i = 0; i < pieces->count(); ++i) {
    Octets packet(pieces->size(i));
    pieces->emit(i, packet);
    const auto sight =
        recognizer->see({.protocol = capture::NetworkProtocol::ipv4, .octets = packet});
    ASSERT_TRUE(sight.piece.has_value());
    EXPECT_EQ(sight.key, i == 0 ? std::optional<std::string>{"s3"} : std::nullopt);
    EXPECT_EQ(sight.piece->offset, next);
    EXPECT_EQ(sight.piece->last, i + 1 == pieces->count());
    if (i == 0) datagram = sight.piece->datagram;
    EXPECT_EQ(sight.piece->datagram, datagram);
    next += sight.piece->size;
  }
  EXPECT_EQ(next, 3'008U);
}

TEST(PingEvidence, is_mentioned_by_kind_and_number) {
  const auto recognizer = ping_recognizer(start(true), Address{router4});
  const auto mention = [&recognizer](Happening what) {
    return recognizer->mention({.event = {.what = std::move(what)}});
  };
  const RttSample kernel{.rtt = Duration{310'000}, .clock = StampClock::kernel};
  const auto sent = mention(Sent{.probe = ProbeId{65'540}, .sequence = 65'541});
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->key, "s5");
  EXPECT_TRUE(sent->departure);
  EXPECT_EQ(sent->comment, "sonda: probe=65540; seq=65541; sent; ttl=33;");

  const auto reply =
      mention(Reply{.probe = ProbeId{1}, .sequence = 2, .ttl = Ttl{63}, .rtt = kernel});
  EXPECT_EQ(reply->key, "r2");
  EXPECT_TRUE(reply->stamped);
  EXPECT_EQ(reply->comment, "sonda: probe=1; seq=2; reply; ttl=63; rtt_ms=0.310000;");
  EXPECT_FALSE(mention(Reply{})->stamped);
  EXPECT_EQ(mention(Reply{.sequence = 1,
                        .duplicate = true,
                        .late = true,
                        .reordered = true,
                        .truncated = true,
                        .corrupt_octet = 9})
                ->comment,
            "sonda: probe=0; seq=1; reply; duplicate; late; reordered; truncated; corrupt;");

  const auto error = mention(IcmpError{.probe = ProbeId{12},
                                     .sequence = 13,
                                     .icmp = {.type = 3, .code = 1},
                                     .error_code = EHOSTUNREACH,
                                     .neighbor = true,
                                     .rtt = RttSample{.rtt = Duration{3'078'548'368}}});
  EXPECT_EQ(error->key, "e13");
  EXPECT_FALSE(error->stamped);
  EXPECT_EQ(error->comment,
            "sonda: probe=12; seq=13; icmp_error; icmp=3/1; errno=EHOSTUNREACH; "
            "rtt_ms=3078.548368; neighbor;");

  const auto foreign =
      mention(Foreign{.reason = ForeignReason::sequence, .type = 0, .wire_sequence = 4});
  EXPECT_EQ(foreign->key, "r4");
  EXPECT_EQ(foreign->comment, "sonda: foreign; reason=sequence;");
  EXPECT_EQ(mention(Foreign{.type = 3, .wire_sequence = 4})->key, "e4");
  const auto corrupt = mention(Corrupt{});
  EXPECT_EQ(corrupt->key, "");
  EXPECT_TRUE(corrupt->stamped);
  EXPECT_EQ(corrupt->comment, "sonda: corrupt;");
  EXPECT_EQ(mention(Corrupt{.sequence = 65'537})->key, "r1");
  for (const Happening& what : {Happening{Lost{}}, Happening{Start{}}, Happening{PingSummary{}},
                                Happening{Outstanding{}}, Happening{Refused{}}})
    EXPECT_FALSE(mention(what).has_value());
}

}  // namespace
}  // namespace sonda::evidence
