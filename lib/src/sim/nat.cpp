// Who is behind which port of the public address.
#include <algorithm>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/nat.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/quotation.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr std::size_t icmp_header = 8;
constexpr std::uint16_t first_number = 1'024;

bool is_icmp_error(const IpPacket& packet) {
  const auto message = packet.payload();
  if (packet.version == IpVersion::v4)
    return packet.protocol == Protocol::icmp && Icmpv4View::parse(message) &&
           Icmpv4View::parse(message)->is_error();
  return packet.protocol == Protocol::icmpv6 && Icmpv6View::parse(message) &&
         Icmpv6View::parse(message)->is_error();
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
  const auto ip = IpPacket::read(packet);
  if (!ip || ip->fragment_offset != 0) return std::nullopt;
  if (is_icmp_error(*ip)) return translate_error(now, packet, true);
  const auto inside = source_of(packet);
  if (!inside) return std::nullopt;
  const auto outside = outside_of(now, ip->protocol, *inside);
  if (!outside) return std::nullopt;
  Octets out(packet.begin(), packet.end());
  set_source(out, *outside);
  return out;
}

std::optional<Octets> Nat::inwards(Instant now, Bytes packet) {
  const auto ip = IpPacket::read(packet);
  if (!ip || ip->fragment_offset != 0) return std::nullopt;
  if (is_icmp_error(*ip)) return translate_error(now, packet, false);
  const auto outside = destination_of(packet);
  if (!outside) return std::nullopt;
  const auto inside = inside_of(now, ip->protocol, *outside);
  if (!inside) return std::nullopt;
  Octets out(packet.begin(), packet.end());
  set_destination(out, *inside);
  return out;
}

// An error that goes in quotes what went out, from our address; one that goes out quotes what came
// in, to an inside address.
std::optional<Octets> Nat::translate_error(Instant now, Bytes packet, bool outwards) {
  const auto ip = IpPacket::read(packet);
  const auto quotation = Quotation::parse(ip->payload(), ip->version);
  if (!quotation || !quotation->protocol()) return std::nullopt;
  const auto ours = outwards ? destination_of(quotation->octets()) : source_of(quotation->octets());
  const auto theirs = !ours      ? std::nullopt
                      : outwards ? outside_of(now, *quotation->protocol(), *ours)
                                 : inside_of(now, *quotation->protocol(), *ours);
  if (!theirs) return std::nullopt;

  const IcmpChecksum checksum{*ip};
  Octets out(packet.begin(), packet.end());
  const auto quoted =
      MutableBytes{out}.subspan(ip->header_size + icmp_header, quotation->octets().size());
  if (outwards) {
    set_destination(quoted, *theirs);
    set_source(out, {.address = theirs->address});
  } else {
    set_source(quoted, *theirs);
    set_destination(out, {.address = theirs->address});
  }
  checksum.repair(out);
  return out;
}

std::optional<Endpoint> Nat::outside_of(Instant now, Protocol protocol, const Endpoint& inside) {
  const auto known = by_inside_.find({protocol, inside});
  if (known != by_inside_.end()) {
    by_outside_[{protocol, known->second}].used = now;
    return known->second;
  }
  make_room(now);
  Endpoint outside{.address = address_};
  if (inside.number) {
    outside.number = free_number(protocol, *inside.number);
    if (!outside.number) return std::nullopt;
  } else if (by_outside_.contains({protocol, outside})) {
    return std::nullopt;  // somebody else inside speaks this protocol, which has no ports
  }
  by_inside_[{protocol, inside}] = outside;
  by_outside_[{protocol, outside}] = {.inside = inside, .used = now};
  return outside;
}

std::optional<Endpoint> Nat::inside_of(Instant now, Protocol protocol, const Endpoint& outside) {
  const auto known = by_outside_.find({protocol, outside});
  if (known == by_outside_.end()) return std::nullopt;
  known->second.used = now;
  return known->second.inside;
}

std::optional<std::uint16_t> Nat::free_number(Protocol protocol, std::uint16_t wanted) const {
  const auto taken = [&](std::uint16_t number) {
    return by_outside_.contains({protocol, Endpoint{.address = address_, .number = number}});
  };
  if (!taken(wanted)) return wanted;
  for (std::uint32_t number = first_number; number <= 0xffff; ++number)
    if (!taken(static_cast<std::uint16_t>(number))) return static_cast<std::uint16_t>(number);
  return std::nullopt;
}

void Nat::make_room(Instant now) {
  if (by_outside_.size() < most_mappings) return;
  const auto forget = [this](auto mapping) {
    by_inside_.erase({std::get<0>(mapping->first), mapping->second.inside});
    return by_outside_.erase(mapping);
  };
  for (auto mapping = by_outside_.begin(); mapping != by_outside_.end();)
    mapping = mapping->second.used + patience <= now ? forget(mapping) : std::next(mapping);
  if (by_outside_.size() >= most_mappings)
    forget(std::ranges::min_element(by_outside_, {},
                                    [](const auto& entry) { return entry.second.used; }));
}

}  // namespace sonda::inline v0::sim
