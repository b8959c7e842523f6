// Packets that our own emitters make, one of everything they can, for the judges.
#include "emitted_packets.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>

#include <sonda/wire.hpp>

#include "packet_making.hpp"

namespace sonda::testing {
namespace {

Octets tcp4(const TcpHeader& tcp, Bytes payload = {}) {
  const Ipv4Header ip{.protocol = Protocol::tcp, .source = near4, .destination = far4};
  return packet_of(ip, tcp.size() + payload.size(), [&](MutableBytes out) {
    put(out, tcp.size(), payload);
    tcp.emit(out, near4, far4);
  });
}

Octets tcp6(const TcpHeader& tcp, Bytes payload = {}) {
  const Ipv6Header ip{.next_header = Protocol::tcp, .source = near6, .destination = far6};
  return packet_of(ip, tcp.size() + payload.size(), [&](MutableBytes out) {
    put(out, tcp.size(), payload);
    tcp.emit(out, near6, far6);
  });
}

// What a router could add, in room of its own.
Octets router_extensions() {
  Octets room(256);
  const std::array labels{
      MplsLabel{.label = 24015, .ttl = Ttl{1}},
      MplsLabel{.label = 17, .traffic_class = 5, .bottom = true, .ttl = Ttl{9}}};
  const InterfaceInfo incoming{.index = InterfaceIndex{7},
                               .address = router4,
                               .name = InterfaceName{"xe-0/0"},
                               .mtu = Mtu{9000}};
  const InterfaceInfo outgoing{
      .role = InterfaceRole::outgoing, .index = InterfaceIndex{8}, .address = router6};
  const std::array<std::uint8_t, 4> unknown{1, 2, 3, 4};
  ExtensionsWriter writer{room};
  const auto structure = writer.add(MplsStack{labels})
                             .add(incoming)
                             .add(outgoing)
                             .add(ExtensionClass{247}, 1, unknown)
                             .finish();
  return copy_of(structure);
}

class Packets : public Collection {
 public:
  void echoes() {
    for (const std::size_t size : {0U, 1U, 8U, 56U, 57U, 1400U}) {
      const auto data = counting(size);
      for (const auto kind : {EchoKind::request, EchoKind::reply}) {
        const Echo echo{
            .kind = kind, .identifier = Identifier{0xbeef}, .sequence = Sequence{7}, .data = data};
        add("ICMPv4 echo of " + std::to_string(size), icmpv4(echo));
        add("ICMPv6 echo of " + std::to_string(size), icmpv6(echo));
      }
    }
  }

  void queries() {
    for (const auto kind : {EchoKind::request, EchoKind::reply}) {
      add("timestamp", icmpv4(Timestamp{.kind = kind,
                                        .identifier = Identifier{1},
                                        .sequence = Sequence{2},
                                        .originate = 45'296'123,
                                        .receive = 45'296'130,
                                        .transmit = Timestamp::nonstandard | 1}));
      add("information", icmpv4(Information{.kind = kind, .identifier = Identifier{3}}));
      add("address mask", icmpv4(AddressMask{.kind = kind, .identifier = Identifier{4}}));
    }
  }

  // Every error of the catalogue that quotes, with a short quotation and with extensions.
  void errors() {
    const auto extensions = router_extensions();
    const auto quoted4 = udp4(probe, counting(90), {.ttl = Ttl{1}});
    const auto quoted6 = udp6(probe, counting(90), {.hop_limit = Ttl{1}});
    for (const auto& row : icmp_catalogue(IpVersion::v4)) {
      if (!is_error(IcmpType{row.type}) || IcmpType{row.type} == IcmpType::photuris) continue;
      Icmpv4Error error{.type = IcmpType{row.type},
                        .code = row.code,
                        .mtu = Mtu{1400},
                        .pointer = 20,
                        .gateway = {192, 0, 2, 254},
                        .quoted = Bytes{quoted4}.first(28)};
      add("ICMPv4 " + std::string{row.name}, icmpv4(error, router4, near4));
      if (!may_be_extended(error.type)) continue;
      error.quoted = quoted4;
      error.extensions = extensions;
      add("ICMPv4 " + std::string{row.name} + ", extended", icmpv4(error, router4, near4));
    }
    for (const auto& row : icmp_catalogue(IpVersion::v6)) {
      if (row.type >= 100) continue;
      Icmpv6Error error{.type = Icmpv6Type{row.type},
                        .code = row.code,
                        .mtu = Mtu{1280},
                        .pointer = 40,
                        .quoted = Bytes{quoted6}.first(48)};
      add("ICMPv6 " + std::string{row.name}, icmpv6(error, router6, near6));
      if (!may_be_extended(error.type)) continue;
      error.quoted = quoted6;
      error.extensions = extensions;
      add("ICMPv6 " + std::string{row.name} + ", extended", icmpv6(error, router6, near6));
    }
  }

  void datagrams() {
    for (const std::size_t size : {0U, 1U, 2U, 31U, 1000U}) {
      add("UDP over IPv4 of " + std::to_string(size), udp4(probe, counting(size)));
      add("UDP over IPv6 of " + std::to_string(size), udp6(probe, counting(size)));
    }
    add("UDP without a checksum", udp4({.source_port = Port{41017},
                                        .destination_port = Port{33434},
                                        .checksum = ChecksumField{0}},
                                       counting(5)));
    // The two octets of payload that make the sum zero, which goes out as ffff.
    for (const bool v4 : {true, false}) {
      Octets payload(2);
      auto packet = v4 ? udp4(probe, payload) : udp6(probe, payload);
      const auto at = packet.size() - 4;
      const auto sum = load<std::uint16_t>(packet, at);
      store(MutableBytes{payload}, 0, sum);
      packet = v4 ? udp4(probe, payload) : udp6(probe, payload);
      add("UDP whose checksum is computed as zero", packet);
    }
  }

  void segments() {
    TcpOptions syn;
    syn.mss(1460).sack_permitted().timestamps({.value = 0x01020304}).no_operation().window_scale(7);
    const TcpHeader opening{.source_port = Port{41018},
                            .destination_port = Port{443},
                            .sequence = TcpSequence{0xdeadbeef},
                            .flags = TcpFlags::syn,
                            .window = 64'240,
                            .options = syn};
    add("SYN over IPv4", tcp4(opening));
    add("SYN over IPv6", tcp6(opening));
    TcpOptions sack;
    const std::array blocks{SackBlock{10, 20}, SackBlock{30, 40}};
    sack.no_operation().no_operation().sack(blocks);
    add("SACK", tcp4({.source_port = Port{41018},
                      .destination_port = Port{9000},
                      .sequence = TcpSequence{5},
                      .acknowledgement = TcpSequence{6},
                      .flags = TcpFlags::ack,
                      .options = sack}));
    TcpOptions odd;
    odd.window_scale(3);
    add("options padded with end of list",
        tcp4({.source_port = Port{41018},
              .destination_port = Port{443},
              .flags = TcpFlags::syn | TcpFlags::ece | TcpFlags::cwr,
              .options = odd}));
    add("urgent data", tcp6({.source_port = Port{41018},
                             .destination_port = Port{9000},
                             .sequence = TcpSequence{0xfffffffe},
                             .acknowledgement = TcpSequence{6},
                             .reserved = 0x0a,
                             .flags = TcpFlags::ack | TcpFlags::psh | TcpFlags::urg,
                             .urgent_pointer = 3},
                            counting(7)));
    add("RST", tcp4({.source_port = Port{443},
                     .destination_port = Port{41018},
                     .acknowledgement = TcpSequence{0xdeadbef0},
                     .flags = TcpFlags::rst | TcpFlags::ack,
                     .window = 0}));
  }

  void ipv4_headers() {
    add("every field of IPv4", udp4(probe, counting(4),
                                    {.traffic_class = TrafficClass{0xb9},
                                     .identification = 0xbeef,
                                     .dont_fragment = false,
                                     .ttl = Ttl{255}}));
    const std::array route{Ipv4Address{203, 0, 113, 1}, Ipv4Address{203, 0, 113, 2}};
    const auto with = [&](const std::string& shows, const Ipv4OptionsBuilder& options,
                          Ipv4Address arrives = far4) {
      const auto built = options.build();
      ASSERT_TRUE(built.has_value()) << shows;
      add(shows, udp4(probe, counting(4), {.options = *built}, arrives));
    };
    Ipv4OptionsBuilder record, loose, strict, stamps, stamps_from, stamps_of, alert, several;
    with("record route", record.record_route(9));
    with("loose source route", loose.loose_source_route(route), route.back());
    with("strict source route", strict.strict_source_route(route), route.back());
    with("timestamps", stamps.timestamp(9));
    with("timestamps with addresses", stamps_from.timestamp_with_address(4));
    with("timestamps of two routers", stamps_of.timestamp_of(route));
    with("router alert", alert.router_alert());
    with("several options", several.no_operation().stream_id(7).record_route(3));
  }

  void ipv6_headers() {
    add("every field of IPv6", udp6(probe, counting(4),
                                    {.traffic_class = TrafficClass{0xb9},
                                     .flow_label = FlowLabel{0xabcde},
                                     .hop_limit = Ttl{255}}));
    const std::array<std::uint8_t, 4> alert{5, 2, 0, 0};
    const std::array<std::uint8_t, 5> skipped{0x1e, 3, 1, 2, 3};
    std::array<std::uint8_t, 20> segment{};
    far6.emit(segment, 4);
    const OptionsHeader hop{.next_header = Protocol::destination_options, .options = alert};
    const OptionsHeader destination{.next_header = Protocol::ipv6_routing, .options = skipped};
    const RoutingHeader routing{.next_header = Protocol::ipv6_fragment, .type = 4, .data = segment};
    const FragmentHeader atomic{.next_header = Protocol::udp, .identification = 0xcafe};
    const auto payload = counting(9);
    const auto headers = hop.size() + destination.size() + routing.size() + atomic.size();
    const Ipv6Header ip{.next_header = Protocol::hop_by_hop, .source = near6, .destination = far6};
    add("four extension headers",
        packet_of(ip, headers + probe.size() + payload.size(), [&](MutableBytes out) {
          hop.emit(out);
          out = out.subspan(hop.size());
          destination.emit(out);
          out = out.subspan(destination.size());
          routing.emit(out);
          out = out.subspan(routing.size());
          atomic.emit(out);
          out = out.subspan(atomic.size());
          put(out, probe.size(), payload);
          probe.emit(out, near6, far6);
        }));
  }

  void fragments() {
    const auto whole4 = udp4(probe, counting(1400), {.identification = 7, .dont_fragment = false});
    const auto cut4 = Ipv4Fragments::of(whole4, Mtu{576});
    ASSERT_TRUE(cut4.has_value());
    for (std::size_t i = 0; i < cut4->count(); ++i) {
      Octets fragment(cut4->size(i), 0xa5);
      cut4->emit(i, fragment);
      add("fragment of IPv4", fragment);
    }
    const auto whole6 = udp6(probe, counting(3000));
    const auto cut6 = Ipv6Fragments::of(whole6, Mtu{1280}, 0xcafe);
    ASSERT_TRUE(cut6.has_value());
    for (std::size_t i = 0; i < cut6->count(); ++i) {
      Octets fragment(cut6->size(i), 0xa5);
      cut6->emit(i, fragment);
      add("fragment of IPv6", fragment);
    }
  }

  void wrong_on_purpose() {
    constexpr ChecksumField wrong{0x1234};
    const auto data = counting(5);
    add("a wrong checksum in IPv4", udp4(probe, data, {.checksum = wrong}));
    add("a wrong checksum in UDP",
        udp4({.source_port = Port{41017}, .destination_port = Port{33434}, .checksum = wrong},
             data));
    add("a wrong checksum in UDP over IPv6",
        udp6({.source_port = Port{41017}, .destination_port = Port{33434}, .checksum = wrong},
             data));
    add("a wrong checksum in TCP", tcp4({.source_port = Port{41017},
                                         .destination_port = Port{443},
                                         .flags = TcpFlags::syn,
                                         .checksum = wrong}));
    add("a wrong checksum in ICMPv4", icmpv4(Echo{.data = data, .checksum = wrong}));
    add("a wrong checksum in ICMPv6", icmpv6(Echo{.data = data, .checksum = wrong}));
  }
};

}  // namespace

std::vector<EmittedPacket> emitted_packets() {
  Packets collection;
  collection.echoes();
  collection.queries();
  collection.errors();
  collection.datagrams();
  collection.segments();
  collection.ipv4_headers();
  collection.ipv6_headers();
  collection.fragments();
  collection.wrong_on_purpose();
  auto packets = collection.take();
  std::ranges::move(emitted_link_packets(), std::back_inserter(packets));
  return packets;
}

}  // namespace sonda::testing
