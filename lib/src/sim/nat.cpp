// Who is behind which port of the public address.
#include <sonda/sim/nat.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/quotation.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr std::size_t icmp_header = 8;
constexpr std::uint16_t first_number = 1'024;

bool is_icmp(const IpPacket& packet) {
  return packet.protocol == (packet.version == IpVersion::v4 ? Protocol::icmp : Protocol::icmpv6);
}

enum class IcmpKind : std::uint8_t { none, request, reply, error, other };

IcmpKind icmp_kind(const IpPacket& packet) {
  if (!is_icmp(packet)) return IcmpKind::none;
  if (packet.version == IpVersion::v6) {
    const auto icmp = Icmpv6View::parse(packet.payload());
    if (!icmp) return IcmpKind::other;
    if (icmp->is_error()) return IcmpKind::error;
    if (icmp->type() == Icmpv6Type::echo_request) return IcmpKind::request;
    return icmp->type() == Icmpv6Type::echo_reply ? IcmpKind::reply : IcmpKind::other;
  }
  const auto icmp = Icmpv4View::parse(packet.payload());
  if (!icmp) return IcmpKind::other;
  if (icmp->is_error()) return IcmpKind::error;
  switch (static_cast<std::uint8_t>(icmp->type())) {
    case 8:
    case 13:
    case 15:
    case 17:  // echo, timestamp, information, address mask
      return IcmpKind::request;
    case 0:
    case 14:
    case 16:
    case 18:
      return IcmpKind::reply;
    default:
      return IcmpKind::other;
  }
}

// Without its port or identifier there is no telling whose such a packet is.
bool needs_number(const IpPacket& packet) {
  return packet.protocol == Protocol::tcp || packet.protocol == Protocol::udp ||
         packet.protocol == Protocol::udp_lite || packet.protocol == Protocol::dccp ||
         is_icmp(packet);
}

// A right checksum of an ICMP message stays right when its quotation has been changed.
class IcmpChecksum {
 public:
  explicit IcmpChecksum(const IpPacket& packet) : right_{sum(packet) == 0} {}
  void repair(MutableBytes packet) const {
    const auto ip = IpPacket::read(Bytes{packet});
    if (!ip || !right_) return;
    store<std::uint16_t>(packet, ip->header_size + 2, 0);
    store(packet, ip->header_size + 2, sum(*ip));
  }

 private:
  static std::uint16_t sum(const IpPacket& packet) {
    Checksum checksum;
    if (packet.version == IpVersion::v6)
      checksum.add_pseudo_header(packet.source, packet.destination, Protocol::icmpv6,
                                 packet.payload().size());
    return checksum.add(packet.payload()).finish();
  }
  bool right_;
};

}  // namespace

std::optional<Octets> Nat::outwards(Instant now, Bytes packet) {
  forget_unused(now);
  const auto ip = IpPacket::read(packet);
  if (!ip || ip->fragment_offset != 0 || ip->source.is_v4() != address_.is_v4())
    return std::nullopt;
  const auto kind = icmp_kind(*ip);
  if (kind == IcmpKind::error) return translate_error(*ip, true);
  if (kind == IcmpKind::reply || kind == IcmpKind::other) return std::nullopt;
  const auto inside = source_of(ip->octets);
  if (!inside || (needs_number(*ip) && !inside->number)) return std::nullopt;
  const auto outside = outside_of(now, ip->protocol, *inside);
  if (!outside) return std::nullopt;
  Octets out(ip->octets.begin(), ip->octets.end());
  set_source(out, *outside);
  return out;
}

// Nobody outside can ask anything of a host inside: an echo request that happens to have the
// identifier of a mapping is for the address's owner.
std::optional<Octets> Nat::inwards(Instant now, Bytes packet) {
  forget_unused(now);
  const auto ip = IpPacket::read(packet);
  if (!ip || ip->fragment_offset != 0 || ip->destination != address_) return std::nullopt;
  const auto kind = icmp_kind(*ip);
  if (kind == IcmpKind::error) return translate_error(*ip, false);
  if (kind == IcmpKind::request || kind == IcmpKind::other) return std::nullopt;
  const auto outside = destination_of(ip->octets);
  if (!outside) return std::nullopt;
  const auto known = by_outside_.find({ip->protocol, *outside});
  if (known == by_outside_.end()) return std::nullopt;
  keep_alive(now, known->second);
  Octets out(ip->octets.begin(), ip->octets.end());
  set_destination(out, known->second->inside);
  return out;
}

// An error that goes in quotes what went out, from our address; one that goes out quotes what came
// in, to an inside address.
std::optional<Octets> Nat::translate_error(const IpPacket& packet, bool outwards) const {
  const auto quotation = Quotation::parse(packet.payload(), packet.version);
  if (!quotation || !quotation->protocol()) return std::nullopt;
  const auto ours = outwards ? destination_of(quotation->octets()) : source_of(quotation->octets());
  if (!ours) return std::nullopt;
  const auto& index = outwards ? by_inside_ : by_outside_;
  const auto known = index.find({*quotation->protocol(), *ours});
  if (known == index.end()) return std::nullopt;
  const auto& theirs = outwards ? known->second->outside : known->second->inside;

  const IcmpChecksum checksum{packet};
  Octets out(packet.octets.begin(), packet.octets.end());
  const auto quoted =
      MutableBytes{out}.subspan(packet.header_size + icmp_header, quotation->octets().size());
  if (outwards) {
    set_destination(quoted, theirs);
    set_source(out, {.address = theirs.address});
  } else {
    set_source(quoted, theirs);
    set_destination(out, {.address = theirs.address});
  }
  checksum.repair(out);
  return out;
}

std::optional<Endpoint> Nat::outside_of(Instant now, Protocol protocol, const Endpoint& inside) {
  if (const auto known = by_inside_.find({protocol, inside}); known != by_inside_.end()) {
    keep_alive(now, known->second);
    return known->second->outside;
  }
  if (mappings_.size() >= most_mappings) forget_first();
  const auto outside = free_outside(protocol, inside.number);
  if (!outside) return std::nullopt;
  mappings_.push_back({protocol, inside, *outside, now});
  by_inside_[{protocol, inside}] = std::prev(mappings_.end());
  by_outside_[{protocol, *outside}] = std::prev(mappings_.end());
  return outside;
}

void Nat::keep_alive(Instant now, Mappings::iterator mapping) {
  mapping->used = now;
  mappings_.splice(mappings_.end(), mappings_, mapping);
}

// Of a protocol without ports, one machine inside at a time can speak.
std::optional<Endpoint> Nat::free_outside(Protocol protocol, std::optional<std::uint16_t> wanted) {
  const Endpoint outside{.address = address_, .number = wanted};
  if (!by_outside_.contains({protocol, outside})) return outside;
  if (!wanted) return std::nullopt;
  constexpr std::uint32_t numbers = 0x1'0000U - first_number;
  for (std::uint32_t tried = 0; tried < numbers; ++tried) {
    const auto number = static_cast<std::uint16_t>(first_number + next_number_++ % numbers);
    const Endpoint other{.address = address_, .number = number};
    if (!by_outside_.contains({protocol, other})) return other;
  }
  return std::nullopt;
}

void Nat::forget_unused(Instant now) {
  while (!mappings_.empty() && mappings_.front().used + patience <= now) forget_first();
}

void Nat::forget_first() {
  const auto& mapping = mappings_.front();
  by_inside_.erase({mapping.protocol, mapping.inside});
  by_outside_.erase({mapping.protocol, mapping.outside});
  mappings_.pop_front();
}

}  // namespace sonda::inline v0::sim
