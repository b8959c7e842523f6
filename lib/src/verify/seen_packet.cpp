// Recognises a run's packets by what its kernel would have gone by.
#include "seen_packet.hpp"

#include <sonda/wire/checksum.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>

namespace sonda::inline v0::verify {
namespace {

bool open_v4(Bytes packet, SeenPacket& out) {
  const auto ip = Ipv4View::parse_quoted(packet);
  if (!ip || ip->total_length() < ip->header_size()) return false;
  out.version = IpVersion::v4;
  out.source = ip->source(), out.destination = ip->destination();
  out.ttl = ip->ttl(), out.traffic_class = ip->traffic_class();
  out.dont_fragment = ip->dont_fragment();
  out.header_sum_ok = ip->checksum_ok();
  out.icmp = ip->protocol() == Protocol::icmp && !ip->is_fragment();
  out.packet = ip->octets(), out.message = ip->payload();
  out.message_size = ip->total_length() - ip->header_size();
  return true;
}

bool open_v6(Bytes packet, SeenPacket& out) {
  const auto ip = Ipv6View::parse_quoted(packet);
  if (!ip) return false;
  const auto chain = ExtensionChain::parse_quoted(*ip);
  if (!chain || !chain->complete()) return false;
  out.version = IpVersion::v6;
  out.source = ip->source(), out.destination = ip->destination();
  out.ttl = ip->hop_limit(), out.traffic_class = ip->traffic_class();
  out.icmp = chain->protocol() == Protocol::icmpv6 && !chain->later_fragment();
  out.packet = ip->octets(), out.message = chain->payload();
  const auto headers = ip->octets().size() - chain->payload().size();
  out.message_size = Ipv6View::size + ip->payload_length() - headers;
  return true;
}

Sum sum_of(const SeenPacket& seen) {
  if (seen.message.size() < seen.message_size) return Sum::unknown;
  Checksum pseudo;
  if (seen.version == IpVersion::v6)
    pseudo.add_pseudo_header(seen.source.v6(), seen.destination.v6(), Protocol::icmpv6,
                             seen.message.size());
  auto whole = pseudo;
  if (whole.add(seen.message).finish() == 0) return Sum::right;
  // A card that completes it starts from the folded sum of the pseudo header.
  const auto field = load<std::uint16_t>(seen.message, 2);
  const auto started = static_cast<std::uint16_t>(~pseudo.finish());
  return seen.version == IpVersion::v6 && field == started ? Sum::partial : Sum::wrong;
}

// How many of source, target and identifier are the run's.
PacketKind request_kind(const SeenPacket& seen, const Identity& run) {
  const bool from_us = seen.source == run.source.without_zone();
  const bool to_target = seen.destination == run.target.without_zone();
  const bool ours = seen.identifier == run.identifier;
  if (ours && to_target) return PacketKind::probe;
  return static_cast<int>(from_us) + static_cast<int>(to_target) + static_cast<int>(ours) >= 2
             ? PacketKind::candidate
             : PacketKind::other;
}

PacketKind kind_of(SeenPacket& seen, const Identity& run) {
  const bool v4 = seen.version == IpVersion::v4;
  if (!v4 && seen.message[0] >= 133 && seen.message[0] <= 136) return PacketKind::neighbor;
  if (v4 != run.v4()) return PacketKind::other;
  const auto echo = v4 ? Echo::parse_icmpv4(seen.message) : Echo::parse_icmpv6(seen.message);
  if (echo) {
    seen.identifier = echo->identifier, seen.sequence = echo->sequence;
    if (echo->kind == EchoKind::request) return request_kind(seen, run);
    const bool ours = seen.identifier == run.identifier;
    return ours && seen.destination == run.source.without_zone() ? PacketKind::reply
                                                                 : PacketKind::other;
  }
  if (seen.destination != run.source.without_zone()) return PacketKind::other;
  const auto quotation = Quotation::parse(seen.message, seen.version);
  if (!quotation || quotation->echo_kind() != EchoKind::request || !quotation->sequence() ||
      quotation->identifier() != run.identifier || quotation->is_later_fragment())
    return PacketKind::other;
  seen.identifier = *quotation->identifier(), seen.sequence = *quotation->sequence();
  seen.quotation = *quotation;
  return PacketKind::error;
}

}  // namespace

SeenPacket look_at(Bytes packet, bool cut, const Identity& run) {
  SeenPacket seen;
  if (packet.empty()) return seen;
  const bool opened = packet[0] >> 4 == 4   ? open_v4(packet, seen)
                      : packet[0] >> 4 == 6 ? open_v6(packet, seen)
                                            : false;
  if (!opened || !seen.icmp || seen.message.size() < Echo::header_size) return seen;
  // A packet that promises more than there is, though nothing was cut off, is nobody's.
  if (!cut && seen.message.size() < seen.message_size) return seen;
  seen.kind = kind_of(seen, run);
  if (seen.kind != PacketKind::other && seen.kind != PacketKind::neighbor) seen.sum = sum_of(seen);
  return seen;
}

}  // namespace sonda::inline v0::verify
