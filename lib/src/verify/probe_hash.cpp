// Hashes of probes, and headers restored.
#include "probe_hash.hpp"

#include <sonda/wire/checksum.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>

namespace sonda::inline v0::verify {
namespace {

void sum_header(MutableBytes packet, std::size_t header_size) {
  store<std::uint16_t>(packet, 10, 0);
  store(packet, 10, Checksum{}.add(packet.first(header_size)).finish());
}

}  // namespace

Sha256Digest hash_of(Bytes octets) { return sha256(octets); }

std::vector<HeaderChange> RestoredHeader::apply(MutableBytes packet, std::size_t message_at) const {
  std::vector<HeaderChange> changes;
  const bool v4 = packet[0] >> 4 == 4;
  const auto change = [&](Claim claim, std::string_view fault, std::string_view what,
                          std::uint64_t was,
                          std::uint64_t is) { changes.push_back({claim, fault, what, was, is}); };
  const std::size_t ttl_at = v4 ? 8 : 7;
  if (asked.ttl && packet[ttl_at] != asked.ttl->value()) {
    change(Claim::header, "wrong_ttl", "TTL", asked.ttl->value(), packet[ttl_at]);
    packet[ttl_at] = asked.ttl->value();
  }
  const auto traffic_class =
      static_cast<std::uint8_t>(v4 ? packet[1] : load<std::uint16_t>(packet, 0) >> 4);
  if (asked.traffic_class && traffic_class != asked.traffic_class->value()) {
    const auto wanted = asked.traffic_class->value();
    change(Claim::header, "wrong_traffic_class", "traffic class", wanted, traffic_class);
    if (v4) {
      packet[1] = wanted;
    } else {
      const auto others = load<std::uint16_t>(packet, 0) & 0xf00fU;
      store(packet, 0, static_cast<std::uint16_t>(others | std::uint32_t{wanted} << 4));
    }
  }
  const auto source = told.source.without_zone();
  const std::size_t source_at = v4 ? 12 : 8;
  if (source.is_v4() == v4 &&
      !std::ranges::equal(source.octets(), packet.subspan(source_at, v4 ? 4 : 16))) {
    change(Claim::identity, "wrong_source", "the source that is told,", 0, 1);
    std::ranges::copy(source.octets(), packet.begin() + static_cast<std::ptrdiff_t>(source_at));
    if (!v4) complete_sums(packet, message_at);
  }
  if (v4 && !changes.empty()) sum_header(packet, message_at);
  return changes;
}

void complete_sums(MutableBytes packet, std::size_t message_at) {
  const bool v4 = packet[0] >> 4 == 4;
  const auto message = packet.subspan(message_at);
  if (message.size() < 8) return;
  if (v4) sum_header(packet, message_at);
  store<std::uint16_t>(message, 2, 0);
  Checksum sum;
  if (!v4)
    sum.add_pseudo_header(Ipv6Address::from_wire(packet, 8), Ipv6Address::from_wire(packet, 24),
                          Protocol::icmpv6, message.size());
  store(message, 2, sum.add(message).finish());
}

}  // namespace sonda::inline v0::verify
