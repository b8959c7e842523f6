// Segments and the errors about them, by what their headers say.
#include "tcp_packet.hpp"

#include <sonda/wire/checksum.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>

namespace sonda::inline v0::verify {
namespace {

using Kind = TcpPacket::Kind;

std::optional<Protocol> open_v4(Bytes packet, TcpPacket& out) {
  const auto ip = Ipv4View::parse_quoted(packet);
  if (!ip || ip->total_length() < ip->header_size() || ip->is_fragment()) return std::nullopt;
  out.version = IpVersion::v4;
  out.source = ip->source(), out.destination = ip->destination();
  out.ttl = ip->ttl();
  out.header_sum_ok = ip->checksum_ok();
  out.packet = ip->octets(), out.message = ip->payload();
  out.message_size = ip->total_length() - ip->header_size();
  return ip->protocol();
}

std::optional<Protocol> open_v6(Bytes packet, TcpPacket& out) {
  const auto ip = Ipv6View::parse_quoted(packet);
  if (!ip) return std::nullopt;
  const auto chain = ExtensionChain::parse_quoted(*ip);
  if (!chain || !chain->complete() || chain->later_fragment()) return std::nullopt;
  out.version = IpVersion::v6;
  out.source = ip->source(), out.destination = ip->destination();
  out.ttl = ip->hop_limit();
  out.packet = ip->octets(), out.message = chain->payload();
  const auto headers = ip->octets().size() - chain->payload().size();
  out.message_size = Ipv6View::size + ip->payload_length() - headers;
  return chain->protocol();
}

Sum sum_of(const TcpPacket& seen, Protocol protocol) {
  if (seen.message.size() < seen.message_size) return Sum::unknown;
  Checksum pseudo;
  if (protocol != Protocol::icmp)
    pseudo.add_pseudo_header(seen.source, seen.destination, protocol, seen.message.size());
  auto whole = pseudo;
  if (whole.add(seen.message).finish() == 0) return Sum::right;
  // A card that completes it starts from the folded sum of the pseudo header.
  const std::size_t at = protocol == Protocol::tcp ? 16 : 2;
  const auto started = static_cast<std::uint16_t>(~pseudo.finish());
  return protocol != Protocol::icmp && load<std::uint16_t>(seen.message, at) == started
             ? Sum::partial
             : Sum::wrong;
}

Kind kind_of(TcpPacket& seen, Protocol protocol) {
  if (protocol == Protocol::tcp) {
    const auto segment = TcpView::parse_quoted(seen.message);
    if (!segment) return Kind::other;
    seen.segment = *segment;
    return Kind::segment;
  }
  const bool v6 = seen.version == IpVersion::v6;
  if (protocol != (v6 ? Protocol::icmpv6 : Protocol::icmp) || seen.message.size() < 8)
    return Kind::other;
  if (v6 && seen.message[0] >= 133 && seen.message[0] <= 136) return Kind::neighbor;
  const auto quotation = Quotation::parse(seen.message, seen.version);
  if (!quotation || quotation->protocol() != Protocol::tcp || !quotation->source_port() ||
      !quotation->destination_port())
    return Kind::other;
  seen.quotation = *quotation;
  return Kind::error;
}

}  // namespace

TcpPacket look_at_tcp(Bytes packet, bool cut) {
  TcpPacket seen;
  if (packet.empty()) return seen;
  const auto protocol = packet[0] >> 4 == 4   ? open_v4(packet, seen)
                        : packet[0] >> 4 == 6 ? open_v6(packet, seen)
                                              : std::nullopt;
  if (!protocol) return seen;
  // A packet that promises more than there is, though nothing was cut off, is nobody's.
  if (!cut && seen.message.size() < seen.message_size) return seen;
  seen.kind = kind_of(seen, *protocol);
  if (seen.kind == Kind::segment || seen.kind == Kind::error) seen.sum = sum_of(seen, *protocol);
  return seen;
}

}  // namespace sonda::inline v0::verify
