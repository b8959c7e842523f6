// Every field that our views report of a packet, under the names that tshark has for them.
#include "facts.hpp"

#include <string_view>

#include <sonda/wire.hpp>

namespace sonda::testing {
namespace {

std::string decimal(std::uint64_t number) { return std::to_string(number); }

std::string hexadecimal(std::uint64_t number, std::size_t width) {
  std::array<char, 32> room{};
  TextWriter out{room};
  (out << "0x").hexadecimal(number, width);
  return std::string{out.view()};
}

std::string text(const MacAddress& address) { return std::string{to_text(address).view()}; }
std::string text(const Address& address) { return std::string{to_text(address).view()}; }

// tshark's words for a checksum that was verified: right or wrong.
std::string status(bool right) { return right ? "1" : "0"; }
std::string truth(bool flag) { return flag ? "1" : "0"; }

class Reader {
 public:
  [[nodiscard]] Facts take() { return std::move(facts_); }

  void frame(Bytes octets) {
    const auto ethernet = EthernetView::parse(octets);
    ASSERT_TRUE(ethernet.has_value());
    add("eth.dst", text(ethernet->destination()));
    add("eth.src", text(ethernet->source()));
    for (std::size_t i = 0; i < ethernet->vlan_tags(); ++i)
      add(EtherType{load<std::uint16_t>(octets, 12 + 4 * i)} == EtherType::vlan ? "vlan.id"
                                                                                : "ieee8021ad.id",
          decimal(ethernet->vlan(i)));
    if (ethernet->type() != EtherType::arp) return packet(ethernet->payload());
    const auto arp = ArpView::parse(ethernet->payload());
    ASSERT_TRUE(arp.has_value());
    add("arp.hw.type", decimal(ArpView::ethernet));
    add("arp.proto.type", "0x0800");
    add("arp.hw.size", "6");
    add("arp.proto.size", "4");
    add("arp.opcode", decimal(static_cast<std::uint16_t>(arp->operation())));
    add("arp.src.hw_mac", text(arp->sender_mac()));
    add("arp.src.proto_ipv4", text(arp->sender()));
    add("arp.dst.hw_mac", text(arp->target_mac()));
    add("arp.dst.proto_ipv4", text(arp->target()));
  }

  void packet(Bytes octets) {
    if (octets[0] >> 4 == 4)
      ipv4(*Ipv4View::parse(octets));
    else
      ipv6(*Ipv6View::parse(octets));
  }

 private:
  void add(const std::string& field, std::string value) {
    facts_[field].push_back(std::move(value));
  }

  void ipv4(const Ipv4View& ip) {
    add("ip.version", "4");
    add("ip.hdr_len", decimal(ip.header_size()));
    add("ip.dsfield", hexadecimal(ip.traffic_class().value(), 2));
    add("ip.len", decimal(ip.total_length()));
    add("ip.id", hexadecimal(ip.identification(), 4));
    add("ip.flags.rb", decimal(ip.reserved_flag() ? 1 : 0));
    add("ip.flags.df", decimal(ip.dont_fragment() ? 1 : 0));
    add("ip.flags.mf", decimal(ip.more_fragments() ? 1 : 0));
    add("ip.frag_offset", decimal(ip.fragment_offset() / 8));
    add("ip.ttl", decimal(ip.ttl().value()));
    add("ip.proto", decimal(static_cast<std::uint8_t>(ip.protocol())));
    add("ip.checksum", hexadecimal(ip.checksum(), 4));
    add("ip.checksum.status", status(ip.checksum_ok()));
    add("ip.src", text(ip.source()));
    source_ = ip.source(), destination_ = final_destination(ip);
    add("ip.dst", text(destination_));
    if (const auto options = Ipv4Options::parse(ip.options())) {
      std::size_t read = 0;
      for (const auto option : *options) {
        read += option.octets().size();
        if (!name(option.type()).empty())
          add("ip.opt.type", decimal(static_cast<std::uint8_t>(option.type())));
      }
      if (read < ip.options().size()) add("ip.opt.type", "0");
    }
    fragmented_ = ip.is_fragment();
    if (ip.fragment_offset() == 0) payload(ip.protocol(), ip.payload());
  }

  // A source route that still has stops to make ends elsewhere than the header says. That is what
  // tshark calls the destination, and what the header will say where the sum is verified.
  static Ipv4Address final_destination(const Ipv4View& ip) {
    const auto options = Ipv4Options::parse(ip.options());
    if (!options) return ip.destination();
    for (const auto option : *options) {
      const auto route = RouteOption::parse(option);
      if (route && route->type() != Ipv4OptionType::record_route &&
          route->visited() < route->slots())
        return route->address(route->slots() - 1);
    }
    return ip.destination();
  }

  void ipv6(const Ipv6View& ip) {
    add("ip.version", "6");
    add("ipv6.tclass", hexadecimal(ip.traffic_class().value(), 8));
    add("ipv6.flow", hexadecimal(ip.flow_label().value(), 6));
    add("ipv6.plen", decimal(ip.payload_length()));
    add("ipv6.nxt", decimal(static_cast<std::uint8_t>(ip.next_header())));
    add("ipv6.hlim", decimal(ip.hop_limit().value()));
    add("ipv6.src", text(ip.source()));
    add("ipv6.dst", text(ip.destination()));
    const auto chain = ExtensionChain::parse_quoted(ip);
    ASSERT_TRUE(chain.has_value());
    for (const auto header : *chain) {
      if (const auto options = Ipv6Options::parse(header))
        for (const auto option : *options)
          add("ipv6.opt.type", hexadecimal(static_cast<std::uint8_t>(option.type()), 2));
      if (const auto routing = RoutingView::parse(header)) {
        add("ipv6.routing.type", decimal(routing->type()));
        add("ipv6.routing.segleft", decimal(routing->segments_left()));
      }
      if (const auto fragment = FragmentView::parse(header)) {
        add("ipv6.fraghdr.offset", decimal(fragment->offset() / 8));
        add("ipv6.fraghdr.more", decimal(fragment->more() ? 1 : 0));
        add("ipv6.fraghdr.ident", hexadecimal(fragment->identification(), 8));
      }
    }
    source_ = ip.source(), destination_ = ip.destination();
    fragmented_ = chain->fragment() && !chain->fragment()->atomic();
    if (chain->complete() && !chain->later_fragment()) payload(chain->protocol(), chain->payload());
  }

  void payload(Protocol protocol, Bytes octets) {
    switch (protocol) {
      case Protocol::icmp:
        return icmpv4(octets);
      case Protocol::icmpv6:
        return icmpv6(octets);
      case Protocol::udp:
        return udp(octets);
      case Protocol::tcp:
        return tcp(octets);
      case Protocol::ipv4:
      case Protocol::ipv6:
        return packet(octets);
      default:
        return;
    }
  }

  // Of a checksum behind the IP header: it can be verified where all of its datagram is there.
  std::string transport_status(bool right) const {
    return quoted_ || fragmented_ ? any_value : status(right);
  }

  void udp(Bytes octets) {
    const auto udp = UdpView::parse_quoted(octets);
    ASSERT_TRUE(udp.has_value());
    add("udp.srcport", decimal(udp->source_port().value()));
    add("udp.dstport", decimal(udp->destination_port().value()));
    add("udp.length", decimal(udp->length()));
    add("udp.checksum", hexadecimal(udp->checksum(), 4));
    const bool none = !udp->has_checksum() && source_.is_v4();
    add("udp.checksum.status",
        none ? "3" : transport_status(udp->checksum_ok(source_, destination_)));
  }

  // Of eight quoted octets tshark reports the ports, and so do we here.
  void tcp(Bytes octets) {
    add("tcp.srcport", decimal(load<std::uint16_t>(octets, 0)));
    add("tcp.dstport", decimal(load<std::uint16_t>(octets, 2)));
    const auto tcp = TcpView::parse_quoted(octets);
    if (!tcp) return;
    add("tcp.seq_raw", (quoted_ ? if_reported : "") + decimal(tcp->sequence().value()));
    add("tcp.ack_raw", decimal(tcp->acknowledgement().value()));
    add("tcp.hdr_len", decimal(tcp->header_size()));
    add("tcp.flags", hexadecimal(std::uint64_t{tcp->reserved()} << 8 | tcp->flags().octet(), 4));
    add("tcp.window_size_value", decimal(tcp->window()));
    add("tcp.checksum", hexadecimal(tcp->checksum(), 4));
    add("tcp.checksum.status", transport_status(tcp->checksum_ok(source_, destination_)));
    add("tcp.urgent_pointer", decimal(tcp->urgent_pointer()));
    std::size_t read = 0;
    for (const auto option : tcp->options()) {
      read += option.octets().size();
      add("tcp.option_kind", decimal(static_cast<std::uint8_t>(option.kind())));
      if (const auto mss = option.mss()) add("tcp.options.mss_val", decimal(*mss));
      if (const auto shift = option.window_scale())
        add("tcp.options.wscale.shift", decimal(*shift));
      if (const auto stamps = option.timestamps()) {
        add("tcp.options.timestamp.tsval", decimal(stamps->value));
        add("tcp.options.timestamp.tsecr", decimal(stamps->echo_reply));
      }
      for (std::size_t i = 0; i < option.sack_blocks(); ++i) {
        add("tcp.options.sack_le", decimal(option.sack_block(i).left));
        add("tcp.options.sack_re", decimal(option.sack_block(i).right));
      }
    }
    if (read < tcp->options().octets().size()) add("tcp.option_kind", "0");
  }

  void icmpv4(Bytes octets) {
    const auto icmp = Icmpv4View::parse(octets);
    ASSERT_TRUE(icmp.has_value());
    add("icmp.type", decimal(static_cast<std::uint8_t>(icmp->type())));
    add("icmp.code", decimal(icmp->code()));
    add("icmp.checksum", hexadecimal(icmp->checksum(), 4));
    add("icmp.checksum.status", transport_status(icmp->checksum_ok()));
    const auto ids = [this](Identifier identifier, Sequence sequence) {
      add("icmp.ident", decimal(identifier.value()));
      add("icmp.seq", decimal(sequence.value()));
    };
    if (const auto echo = Echo::parse_icmpv4(octets)) ids(echo->identifier, echo->sequence);
    if (const auto stamp = Timestamp::parse(octets)) {
      ids(stamp->identifier, stamp->sequence);
      add("icmp.originate_timestamp", decimal(stamp->originate));
      add("icmp.receive_timestamp", decimal(stamp->receive));
      add("icmp.transmit_timestamp", decimal(stamp->transmit));
    }
    if (const auto query = Information::parse(octets)) ids(query->identifier, query->sequence);
    if (const auto query = AddressMask::parse(octets)) ids(query->identifier, query->sequence);
    if (icmp->type() == IcmpType::destination_unreachable && icmp->code() == 4)
      add("icmp.mtu", decimal(icmp->next_hop_mtu().value_or(Mtu{0}).value()));
    if (const auto gateway = icmp->gateway()) add("icmp.redir_gw", text(*gateway));
    if (const auto pointer = icmp->pointer()) add("icmp.pointer", decimal(*pointer));
    if (icmp->quoted_length() != 0) add("icmp.length", decimal(icmp->quoted_length() / 4));
    if (const auto asked = ExtendedEchoRequest::parse_icmpv4(octets)) {
      add("icmp.ident", decimal(asked->identifier.value()));
      extended_echo_request("icmp.ext.echo.", *asked);
    }
    if (const auto told = ExtendedEchoReply::parse_icmpv4(octets)) {
      add("icmp.ident", decimal(told->identifier.value()));
      extended_echo_reply("icmp.ext.echo.", *told);
    }
    if (icmp->is_error() && icmp->type() != IcmpType::photuris)
      quotation(*Quotation::parse(octets, IpVersion::v4));
  }

  void icmpv6(Bytes octets) {
    const auto icmp = Icmpv6View::parse(octets);
    ASSERT_TRUE(icmp.has_value());
    add("icmpv6.type", decimal(static_cast<std::uint8_t>(icmp->type())));
    add("icmpv6.code", decimal(icmp->code()));
    add("icmpv6.checksum", hexadecimal(icmp->checksum(), 4));
    add("icmpv6.checksum.status",
        transport_status(icmp->checksum_ok(source_.v6(), destination_.v6())));
    if (const auto echo = Echo::parse_icmpv6(octets)) {
      add("icmpv6.echo.identifier", hexadecimal(echo->identifier.value(), 4));
      add("icmpv6.echo.sequence_number", decimal(echo->sequence.value()));
    }
    if (const auto mtu = icmp->mtu()) add("icmpv6.mtu", decimal(mtu->value()));
    if (const auto pointer = icmp->pointer()) add("icmpv6.pointer", decimal(*pointer));
    if (icmp->quoted_length() != 0) add("icmpv6.length", decimal(icmp->quoted_length() / 8));
    if (const auto asked = ExtendedEchoRequest::parse_icmpv6(octets)) {
      add("icmpv6.echo.identifier", hexadecimal(asked->identifier.value(), 4));
      extended_echo_request("icmpv6.ext.echo.", *asked);
    }
    if (const auto told = ExtendedEchoReply::parse_icmpv6(octets)) {
      add("icmpv6.echo.identifier", hexadecimal(told->identifier.value(), 4));
      extended_echo_reply("icmpv6.ext.echo.", *told);
    }
    neighbor_discovery(octets);
    inverse_discovery(*icmp);
    // tshark looks no further into the errors that are for experiments.
    if (icmp->is_error() && icmp->type() <= Icmpv6Type::parameter_problem)
      quotation(*Quotation::parse(octets, IpVersion::v6));
  }

  void extended_echo_request(const std::string& fields, const ExtendedEchoRequest& asked) {
    add(fields + "seq", decimal(asked.sequence));
    add(fields + "req.local", truth(asked.local));
    if (!asked.extensions.empty()) extensions(*IcmpExtensions::parse(asked.extensions));
  }
  void extended_echo_reply(const std::string& fields, const ExtendedEchoReply& told) {
    add(fields + "seq", decimal(told.sequence));
    add(fields + "rsp.state", decimal(static_cast<std::uint8_t>(told.state)));
    add(fields + "rsp.active", truth(told.active));
    add(fields + "rsp.ipv4", truth(told.ipv4));
    add(fields + "rsp.ipv6", truth(told.ipv6));
  }

  void neighbor_discovery(Bytes octets) {
    if (const auto asked = NeighborSolicitation::parse(octets)) {
      add("icmpv6.nd.ns.target_address", text(asked->target));
      neighbor_options(asked->options);
    }
    if (const auto told = NeighborAdvertisement::parse(octets)) {
      add("icmpv6.nd.na.flag.r", truth(told->router));
      add("icmpv6.nd.na.flag.s", truth(told->solicited));
      add("icmpv6.nd.na.flag.o", truth(told->overrides));
      add("icmpv6.nd.na.target_address", text(told->target));
      neighbor_options(told->options);
    }
    if (const auto asked = RouterSolicitation::parse(octets)) neighbor_options(asked->options);
    if (const auto told = RouterAdvertisement::parse(octets)) {
      add("icmpv6.nd.ra.cur_hop_limit", decimal(told->hop_limit.value()));
      add("icmpv6.nd.ra.flag.m", truth(told->managed));
      add("icmpv6.nd.ra.flag.o", truth(told->other));
      add("icmpv6.nd.ra.router_lifetime", decimal(told->lifetime_s));
      add("icmpv6.nd.ra.reachable_time", decimal(told->reachable_ms));
      add("icmpv6.nd.ra.retrans_timer", decimal(told->retransmit_ms));
      neighbor_options(told->options);
    }
    if (const auto told = Icmpv6Redirect::parse(octets)) {
      add("icmpv6.nd.rd.target_address", text(told->target));
      add("icmpv6.rd.na.destination_address", text(told->destination));
      neighbor_options(told->options);
    }
  }

  // Inverse discovery (RFC 3122) is no message that we read, but its options are the same.
  void inverse_discovery(const Icmpv6View& icmp) {
    if (icmp.type() == Icmpv6Type::inverse_neighbor_solicitation ||
        icmp.type() == Icmpv6Type::inverse_neighbor_advertisement)
      neighbor_options(icmp.body());
  }

  void neighbor_options(Bytes octets) {
    for (const auto option : NeighborOptions{octets}) {
      add("icmpv6.opt.type", decimal(static_cast<std::uint8_t>(option.type())));
      add("icmpv6.opt.length", decimal(option.octets().size() / NeighborOption::word));
      if (const auto link = LinkAddressOption::parse(option))
        add(link->type == NeighborOptionType::source_link_address ? "icmpv6.opt.src_linkaddr"
                                                                  : "icmpv6.opt.target_linkaddr",
            text(link->mac));
      if (const auto prefix = PrefixInformation::parse(option)) {
        add("icmpv6.opt.prefix.length", decimal(prefix->length));
        add("icmpv6.opt.prefix.flag.l", truth(prefix->on_link));
        add("icmpv6.opt.prefix.flag.a", truth(prefix->autonomous));
        add("icmpv6.opt.prefix.valid_lifetime", decimal(prefix->valid_s));
        add("icmpv6.opt.prefix.preferred_lifetime", decimal(prefix->preferred_s));
        add("icmpv6.opt.prefix", text(prefix->prefix));
      }
      if (const auto mtu = MtuOption::parse(option))
        add("icmpv6.opt.mtu", decimal(mtu->mtu.value()));
      if (const auto redirected = RedirectedHeader::parse(option)) {
        quoted_ = true;
        packet(redirected->quoted);
        quoted_ = false;
      }
    }
  }

  void quotation(const Quotation& quoted) {
    if (quoted.extensions()) extensions(*quoted.extensions());
    quoted_ = true;
    if (const auto ip = quoted.ipv4()) ipv4(*ip);
    if (const auto ip = quoted.ipv6()) ipv6(*ip);
    quoted_ = false;
  }

  void extensions(const IcmpExtensions& extensions) {
    add("icmp.ext.checksum", hexadecimal(extensions.checksum(), 4));
    // parse() takes no structure whose checksum is wrong; zero says that there is none.
    add("icmp.ext.checksum.status", extensions.has_checksum() ? "1" : any_value);
    for (const auto object : extensions) {
      add("icmp.ext.class", decimal(static_cast<std::uint8_t>(object.class_number())));
      add("icmp.ext.ctype", decimal(object.c_type()));
      if (const auto stack = MplsStackView::parse(object))
        for (std::size_t i = 0; i < stack->size(); ++i) {
          const auto label = (*stack)[i];
          add("icmp.mpls.label", decimal(label.label));
          add("icmp.mpls.exp", decimal(label.traffic_class));
          add("icmp.mpls.s", decimal(label.bottom ? 1 : 0));
          add("icmp.mpls.ttl", decimal(label.ttl.value()));
        }
      if (const auto info = InterfaceInfo::parse(object)) {
        add("icmp.int_info.role", decimal(static_cast<std::uint8_t>(info->role)));
        if (info->index) add("icmp.int_info.index", decimal(info->index->value()));
        if (info->address)
          add(info->address->is_v4() ? "icmp.int_info.ipv4" : "icmp.int_info.ipv6",
              text(*info->address));
        if (info->name) add("icmp.int_info.name", std::string{info->name->view()});
        if (info->mtu) add("icmp.int_info.mtu", decimal(info->mtu->value()));
      }
      if (const auto wanted = InterfaceIdentification::parse(object))
        interface_identification(wanted->interface);
    }
  }

  void interface_identification(const decltype(InterfaceIdentification::interface)& wanted) {
    if (const auto* const named = std::get_if<InterfaceName>(&wanted))
      add("icmp.int_ident.name", std::string{named->view()});
    if (const auto* const index = std::get_if<InterfaceIndex>(&wanted))
      add("icmp.int_ident.index", decimal(index->value()));
    if (const auto* const address = std::get_if<Address>(&wanted))
      add(address->is_v4() ? "icmp.int_ident.ipv4" : "icmp.int_ident.ipv6", text(*address));
  }

  Facts facts_;
  Address source_{}, destination_{};
  bool quoted_ = false;
  bool fragmented_ = false;
};

}  // namespace

Facts facts_of(Bytes packet) {
  Reader reader;
  reader.packet(packet);
  return reader.take();
}

Facts facts_of_frame(Bytes frame) {
  Reader reader;
  reader.frame(frame);
  return reader.take();
}

}  // namespace sonda::testing
