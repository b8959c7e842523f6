// Packets and frames of our own making that neighbors exchange: discovery, ARP, PROBE, a name
// server.
#include <sonda/wire.hpp>

#include "packet_making.hpp"

namespace sonda::testing {
namespace {

Octets neighbor(const auto& message, const Ipv6Address& from, const Ipv6Address& to) {
  const Ipv6Header ip{
      .next_header = Protocol::icmpv6, .hop_limit = Ttl{255}, .source = from, .destination = to};
  return packet_of(ip, message.size(), [&](MutableBytes out) { message.emit(out, from, to); });
}

constexpr MacAddress near_mac{{2, 0, 0, 0, 0, 1}}, far_mac{{2, 0, 0, 0, 0, 9}};
class LinkPackets : public Collection {
 public:
  void extended_echoes() {
    Octets room(128);
    const auto ask = [&](const std::string& by, const InterfaceIdentification& wanted) {
      for (const bool local : {true, false}) {
        const ExtendedEchoRequest asks{.identifier = Identifier{0xbeef},
                                       .sequence = 7,
                                       .local = local,
                                       .extensions = ExtensionsWriter{room}.add(wanted).finish()};
        add("ICMPv4 extended echo request by " + by, icmpv4(asks));
        add("ICMPv6 extended echo request by " + by, icmpv6(asks));
      }
    };
    ask("index", {InterfaceIndex{2}});
    ask("name", {InterfaceName{"eth0"}});
    ask("IPv4 address", {Address{router4}});
    ask("IPv6 address", {Address{router6}});
    for (unsigned bits = 0; bits < 8; ++bits) {
      const ExtendedEchoReply told{.code = ExtendedEchoCode{static_cast<std::uint8_t>(bits % 5)},
                                   .identifier = Identifier{0xbeef},
                                   .sequence = 7,
                                   .state = ExtendedEchoState{static_cast<std::uint8_t>(bits)},
                                   .active = (bits & 4) != 0,
                                   .ipv4 = (bits & 2) != 0,
                                   .ipv6 = (bits & 1) != 0};
      add("ICMPv4 extended echo reply", icmpv4(told));
      add("ICMPv6 extended echo reply", icmpv6(told));
    }
  }

  void neighbors() {
    const auto near = link_local_of(near_mac), far = link_local_of(far_mac);
    Octets room(1280);
    const auto source =
        copy_of(NeighborOptionsWriter{room}.add(LinkAddressOption{.mac = near_mac}).finish());
    const LinkAddressOption target_mac{NeighborOptionType::target_link_address, far_mac};
    const auto target = copy_of(NeighborOptionsWriter{room}.add(target_mac).finish());
    add("who has an address", neighbor(NeighborSolicitation{.target = far, .options = source}, near,
                                       solicited_node(far)));
    add("is an address free",
        neighbor(NeighborSolicitation{.target = near}, {}, solicited_node(near)));
    for (unsigned bits = 0; bits < 8; ++bits)
      add("I have it", neighbor(NeighborAdvertisement{.router = (bits & 4) != 0,
                                                      .solicited = (bits & 2) != 0,
                                                      .overrides = (bits & 1) != 0,
                                                      .target = far,
                                                      .options = target},
                                far, near));
    add("which routers", neighbor(RouterSolicitation{.options = source}, near, all_routers));
    const PrefixInformation on_link{.prefix = near6, .autonomous = false, .valid_s = 86'400};
    const PrefixInformation autonomous{.prefix = far6, .length = 48, .on_link = false};
    NeighborOptionsWriter writer{room};
    const auto options = writer.add(LinkAddressOption{.mac = near_mac})
                             .add(MtuOption{Mtu{1400}})
                             .add(on_link)
                             .add(autonomous)
                             .finish();
    add("a router", neighbor(RouterAdvertisement{.hop_limit = Ttl{64},
                                                 .managed = true,
                                                 .lifetime_s = 1800,
                                                 .reachable_ms = 30'000,
                                                 .retransmit_ms = 1'000,
                                                 .options = options},
                             near, all_nodes));
    add("no router", neighbor(RouterAdvertisement{.other = true}, near, all_nodes));
    const auto quoted = udp6(probe, counting(90));
    const auto all =
        NeighborOptionsWriter{room}.add(target_mac).add(RedirectedHeader{quoted}).finish();
    add("a better router",
        neighbor(Icmpv6Redirect{.target = far, .destination = far6, .options = all}, near, near6));
    add("the destination is a neighbor",
        neighbor(Icmpv6Redirect{.target = far6, .destination = far6}, near, near6));
  }

  void frames() {
    const auto frame = [](const MacAddress& to, EtherType type, std::size_t size, auto&& emit) {
      const EthernetHeader header{.destination = to, .source = near_mac, .type = type};
      Octets octets(header.size() + size, 0xa5);
      header.emit(octets);
      emit(MutableBytes{octets}.subspan(header.size()));
      return octets;
    };
    const auto arp = [&](const MacAddress& to, const ArpMessage& message) {
      return frame(to, EtherType::arp, message.size(),
                   [&](MutableBytes out) { message.emit(out); });
    };
    const ArpMessage asks{.sender_mac = near_mac, .sender = near4, .target = router4};
    add("ARP request", arp(MacAddress::broadcast(), asks));
    add("ARP reply", arp(near_mac, asks.answered_by(far_mac)));
    const auto inside = [&](const Octets& packet, const MacAddress& to, EtherType type) {
      return frame(to, type, packet.size(), [&](MutableBytes out) { put(out, 0, packet); });
    };
    add("IPv4 in a frame", inside(udp4(probe, counting(4)), far_mac, EtherType::ipv4));
    const auto group = solicited_node(far6);
    add("IPv6 in a frame", inside(neighbor(NeighborSolicitation{.target = far6}, near6, group),
                                  *mapped_mac(group), EtherType::ipv6));
  }

  void dns() {
    const auto query = [](std::string_view name, DnsType type) {
      const auto asked = DnsName::parse(name).value();
      Octets octets(12 + asked.size() + 4);
      const MutableBytes out{octets};
      store<std::uint32_t>(out, 0, 0x1234'0100);
      store<std::uint16_t>(out, 4, 1);
      asked.emit(out.subspan(12));
      store(out, octets.size() - 4, static_cast<std::uint16_t>(type));
      store<std::uint16_t>(out, octets.size() - 2, 1);
      return octets;
    };
    const auto answer = [&](const std::string& shows, const Octets& datagram, auto&& write) {
      Octets room(DnsResponseWriter::usual_room);
      const auto asked = DnsQuery::parse(datagram).value();
      DnsResponseWriter writer{room, asked};
      const UdpHeader udp{.source_port = Port{53}, .destination_port = Port{41017}};
      add(shows, udp4(udp, write(writer, asked.name())));
    };
    auto web = query("web.lab", DnsType::a);
    web[13] = 'W';
    answer("two addresses", web, [](DnsResponseWriter& writer, const DnsName& name) {
      return writer.address(name, near4, 60).address(name, near6, 60).finish();
    });
    const auto r1 = DnsName::parse("r1.lab").value();
    const auto turned = reverse_name(near4).text();
    answer("a name", query(turned, DnsType::ptr),
           [&](DnsResponseWriter& writer, const DnsName& name) {
             return writer.name(name, r1, 7).address(r1, near4, 7).finish();
           });
    answer("no such name", web, [](DnsResponseWriter& writer, const DnsName&) {
      return writer.finish(DnsRcode::name_error);
    });
  }
};

}  // namespace

std::vector<EmittedPacket> emitted_link_packets() {
  LinkPackets collection;
  collection.extended_echoes();
  collection.neighbors();
  return collection.take();
}

std::vector<EmittedPacket> emitted_frames() {
  LinkPackets collection;
  collection.frames();
  return collection.take();
}

std::vector<EmittedPacket> dns_responses() {
  LinkPackets collection;
  collection.dns();
  return collection.take();
}

}  // namespace sonda::testing
