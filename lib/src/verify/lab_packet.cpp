// How one packet comes of another.
#include "lab_packet.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <sonda/wire/checksum.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>

namespace sonda::inline v0::verify {
namespace {

bool is_v4(const Quotation& packet) { return packet.version() == IpVersion::v4; }

// Octets that may differ between two copies of a packet, `end` being the first that may not.
struct Range {
  std::size_t begin, end;
};

void may_differ_in_tcp(std::vector<Range>& out, const Quotation& packet, Allowed allowed) {
  const auto at = packet.transport_offset();
  const auto segment = packet.transport();
  if (allowed.translated) out.push_back({at, at + 4});
  if (allowed.translated || allowed.rewritten) out.push_back({at + 16, at + 18});
  if (!allowed.rewritten || segment.size() < 20) return;
  const auto end = std::min(std::size_t{segment[12]} / 16 * 4, segment.size());
  for (std::size_t i = 20; i + 1 < end;) {  // the MSS is option 2 (RFC 9293 section 3.2)
    if (segment[i] == 0) return;
    if (segment[i] == 1) {
      ++i;
      continue;
    }
    if (segment[i + 1] < 2) return;
    if (segment[i] == 2) out.push_back({at + i + 2, at + i + 4});
    i += segment[i + 1];
  }
}

std::vector<Range> may_differ(const Quotation& packet, Allowed allowed, bool quoted);

// A NAT puts its addresses into the quotation of an error, too (RFC 5508 section 4).
void may_differ_in_icmp(std::vector<Range>& out, const Quotation& packet, Allowed allowed,
                        bool quoted) {
  const auto at = packet.transport_offset();
  if (!allowed.translated) {
    if (allowed.rewritten && !is_v4(packet)) out.push_back({at + 2, at + 4});
    return;
  }
  out.push_back({at + 2, at + 4});
  if (packet.identifier()) out.push_back({at + 4, at + 6});
  if (quoted || !error_of(packet)) return;  // nobody tells of an error that tells of one
  const auto inner = Quotation::parse(packet.transport(), packet.version());
  if (!inner) return;
  for (const auto& range : may_differ(*inner, allowed, true))
    out.push_back({at + 8 + range.begin, at + 8 + range.end});
}

std::vector<Range> may_differ(const Quotation& packet, Allowed allowed, bool quoted) {
  std::vector<Range> out;
  if (is_v4(packet)) {
    if (allowed.rewritten) {
      out.push_back({1, 2});
      out.push_back({4, 7});  // with DF its number goes
    }
    if (!quoted) out.push_back({8, 9});
    out.push_back({10, 12});
    if (allowed.translated) out.push_back({12, 20});
  } else {
    if (allowed.rewritten) out.push_back({0, 2});
    if (!quoted) out.push_back({7, 8});
    if (allowed.translated) out.push_back({8, 40});
  }
  if (packet.is_later_fragment()) return out;
  const auto at = packet.transport_offset();
  switch (packet.protocol().value_or(Protocol::no_next_header)) {
    case Protocol::tcp:
      may_differ_in_tcp(out, packet, allowed);
      break;
    case Protocol::udp:
      if (allowed.translated) out.push_back({at, at + 4});
      if (allowed.translated || allowed.rewritten) out.push_back({at + 6, at + 8});
      break;
    case Protocol::icmp:
    case Protocol::icmpv6:
      may_differ_in_icmp(out, packet, allowed, quoted);
      break;
    default:
      break;
  }
  return out;
}

// The first octet that differs where none may.
std::optional<std::size_t> first_difference(Bytes a, Bytes b, const std::vector<Range>& except) {
  const auto size = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] == b[i]) continue;
    const bool fine =
        std::ranges::any_of(except, [i](const Range& r) { return r.begin <= i && i < r.end; });
    if (!fine) return i;
  }
  return std::nullopt;
}

bool hop_is_right(const Quotation& earlier, const Quotation& later, Allowed allowed) {
  const auto was = earlier.ttl().value(), is = later.ttl().value();
  return allowed.rewritten || is == was || is + 1 == was;
}

// A router has cut it: RFC 791 section 3.2. IPv6's routers cut nothing.
bool is_piece(const Quotation& earlier, const Quotation& later) {
  const auto whole = earlier.ipv4(), piece = later.ipv4();
  if (!whole || !piece || !piece->is_fragment()) return false;
  if (whole->identification() != piece->identification() ||
      whole->protocol() != piece->protocol() || whole->source() != piece->source() ||
      whole->destination() != piece->destination() ||
      whole->traffic_class() != piece->traffic_class())
    return false;
  if (piece->fragment_offset() < whole->fragment_offset()) return false;
  const auto skipped = piece->fragment_offset() - whole->fragment_offset();
  const auto all = whole->payload(), part = piece->payload();
  if (skipped + part.size() > all.size()) return false;
  const bool last = skipped + part.size() == all.size();
  if (piece->more_fragments() != (!last || whole->more_fragments())) return false;
  return std::ranges::equal(all.subspan(skipped, part.size()), part);
}

// A NAT puts a datagram together to translate it, and cuts it again: what came last stands for all.
bool is_piece_of_translated(const Quotation& earlier, const Quotation& later) {
  const auto a = earlier.ipv4(), b = later.ipv4();
  return a && b && a->is_fragment() && a->identification() == b->identification() &&
         a->protocol() == b->protocol() &&
         (a->source() == b->source() || a->destination() == b->destination());
}

std::optional<std::string> not_passed_on(const Quotation& earlier, const Quotation& later,
                                         Allowed allowed) {
  if (earlier.version() != later.version()) return "it is of another IP version";
  if (earlier.octets().size() != later.octets().size()) {
    if (is_piece(earlier, later) ||
        (allowed.translated && is_piece_of_translated(earlier, later))) {
      if (hop_is_right(earlier, later, allowed)) return std::nullopt;
      return fmt::format("its TTL went from {} to {}", earlier.ttl().value(), later.ttl().value());
    }
    return "it has another size";
  }
  if (const auto at =
          first_difference(earlier.octets(), later.octets(), may_differ(earlier, allowed, false)))
    return fmt::format("octet {} of the packet is {:02x} and was {:02x}", *at, later.octets()[*at],
                       earlier.octets()[*at]);
  if (allowed.translated && earlier.source() != later.source() &&
      earlier.destination() != later.destination())
    return "both its addresses have changed";
  if (!hop_is_right(earlier, later, allowed))
    return fmt::format("its TTL went from {} to {}", earlier.ttl().value(), later.ttl().value());
  return std::nullopt;
}

// Of two messages between the same machines.
bool icmp_answers(const Quotation& earlier, const Quotation& later) {
  const auto asked = earlier.icmp_type(), said = later.icmp_type();
  if (!asked || !said) return earlier.is_later_fragment() || later.is_later_fragment();
  if (earlier.echo_kind() == EchoKind::request)
    return later.echo_kind() == EchoKind::reply && earlier.identifier() == later.identifier() &&
           earlier.sequence() == later.sequence() &&
           (earlier.is_fragment() || later.is_fragment() ||
            std::ranges::equal(earlier.payload(), later.payload()));
  // timestamp, information, address mask; extended echo (RFC 8335)
  return *said == *asked + 1;
}

bool tcp_answers(const Quotation& earlier, const Quotation& later) {
  const auto a = earlier.transport(), b = later.transport();
  if (a.size() < 20 || b.size() < 20) return true;
  constexpr std::uint8_t syn = 0x02, rst = 0x04, ack = 0x10;
  if ((a[13] & syn) != 0 && (a[13] & ack) == 0 && (b[13] & ack) != 0)
    return load<std::uint32_t>(b, 8) ==
           load<std::uint32_t>(a, 4) + 1 + (a.size() - a[12] / 16U * 4U);
  if ((b[13] & rst) != 0 && (b[13] & ack) == 0 && (a[13] & ack) != 0)
    return load<std::uint32_t>(b, 4) == load<std::uint32_t>(a, 8);
  return true;
}

bool is_answer(const Quotation& earlier, const Quotation& later) {
  if (earlier.version() != later.version() || earlier.source() != later.destination() ||
      earlier.destination() != later.source() || earlier.protocol() != later.protocol())
    return false;
  const auto protocol = earlier.protocol().value_or(Protocol::no_next_header);
  if (protocol == Protocol::icmp || protocol == Protocol::icmpv6)
    return icmp_answers(earlier, later);
  if (earlier.is_later_fragment() || later.is_later_fragment()) return true;
  const bool ports = earlier.source_port() == later.destination_port() &&
                     earlier.destination_port() == later.source_port();
  return ports && (protocol != Protocol::tcp || tcp_answers(earlier, later));
}

// What an error quotes; ICMPv6's redirect does so in an option (RFC 4861 section 4.6.3).
std::optional<Quotation> quoted_by(const Quotation& error) {
  const auto message = error.transport();
  if (is_v4(error) || error.icmp_type() != static_cast<std::uint8_t>(Icmpv6Type::redirect)) {
    const auto quoted = Quotation::parse(message, error.version());
    return quoted ? std::optional{*quoted} : std::nullopt;
  }
  constexpr std::uint8_t redirected_header = 4;
  for (std::size_t at = 40; at + 8 <= message.size();) {
    const auto size = std::min(std::size_t{message[at + 1]} * 8, message.size() - at);
    if (size < 8) return std::nullopt;
    if (message[at] == redirected_header) {
      const auto quoted =
          Quotation::parse_datagram(message.subspan(at + 8, size - 8), IpVersion::v6);
      return quoted ? std::optional{*quoted} : std::nullopt;
    }
    at += size;
  }
  return std::nullopt;
}

// A quotation too short to be IPv6's header, or filled up with zeros to its size.
bool quotes_the_beginning_of(const Quotation& earlier, const Quotation& error) {
  constexpr std::size_t least = 20, most = 28;  // an IPv4 header and eight octets
  if (error.transport().size() < 8 + least) return false;
  const auto quoted = error.transport().subspan(8);
  const auto header = quoted.first(std::min(quoted.size(), Ipv6View::size));
  if (std::ranges::any_of(header.subspan(std::min(header.size(), most)),
                          [](auto octet) { return octet != 0; }))
    return false;
  const auto size = std::min({quoted.size(), most, earlier.octets().size()});
  return !first_difference(earlier.octets().first(size), quoted.first(size),
                           may_differ(earlier, {}, false));
}

bool is_error_about(const Quotation& earlier, const Quotation& later, Allowed allowed) {
  if (!error_of(later) || earlier.version() != later.version()) return false;
  if (later.destination() != earlier.source()) return false;
  const auto quoted = quoted_by(later);
  if (!quoted || quoted->destination() != earlier.destination())
    return quotes_the_beginning_of(earlier, later);
  if (earlier.is_fragment()) {  // the whole datagram may be quoted
    const auto a = earlier.ipv4(), b = quoted->ipv4();
    return a && b ? a->identification() == b->identification() : !a && !b;
  }
  // As it came, or as it would have left.
  const auto came = earlier.ttl().value(), told = quoted->ttl().value();
  if (!allowed.rewritten && told != came && told + 1 != came) return false;
  auto except = may_differ(earlier, allowed, false);
  return quoted->octets().size() <= earlier.octets().size() &&
         !first_difference(earlier.octets(), quoted->octets(), except);
}

}  // namespace

std::optional<Quotation> read_packet(Bytes octets) {
  if (octets.empty()) return std::nullopt;
  const auto version = octets[0] >> 4 == 6 ? IpVersion::v6 : IpVersion::v4;
  const auto packet = Quotation::parse_datagram(octets, version);
  if (!packet || packet->truncated()) return std::nullopt;
  if (packet->length_lies())
    return read_packet(octets.first(std::max(packet->stated_length(), std::size_t{1})));
  return *packet;
}

namespace {

Related relate_whole(const Quotation& earlier, const Quotation& later, Allowed allowed) {
  const auto apart = not_passed_on(earlier, later, allowed);
  if (!apart) return {Relation::passed_on};
  if (is_answer(earlier, later)) return {Relation::answer};
  if (is_error_about(earlier, later, allowed)) return {Relation::error};
  return {Relation::none, *apart};
}

}  // namespace

Related relate(const Quotation& earlier, const Quotation& later, Allowed allowed) {
  auto related = relate_whole(earlier, later, allowed);
  constexpr std::size_t most = 2'000;  // octets: it takes the square of it
  if (!allowed.damaged || related.relation != Relation::none || earlier.octets().size() > most)
    return related;
  // Whichever bit it was: the damaged packet is tried in place of the whole one.
  std::vector<std::uint8_t> octets{earlier.octets().begin(), earlier.octets().end()};
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    const auto flip = static_cast<std::uint8_t>(1U << bit % 8);
    octets[bit / 8] ^= flip;
    const auto damaged = Quotation::parse_datagram(Bytes{octets}, earlier.version());
    if (damaged && relate_whole(*damaged, later, allowed).relation != Relation::none)
      return relate_whole(*damaged, later, allowed);
    octets[bit / 8] ^= flip;
  }
  return related;
}

std::optional<IcmpKind> error_of(const Quotation& packet) {
  if (packet.is_later_fragment()) return std::nullopt;
  if (is_v4(packet) && packet.protocol() == Protocol::icmp) {
    const auto message = Icmpv4View::parse(packet.transport());
    if (!message || !message->is_error()) return std::nullopt;
    return IcmpKind{static_cast<std::uint8_t>(message->type()), message->code()};
  }
  if (!is_v4(packet) && packet.protocol() == Protocol::icmpv6) {
    const auto type = packet.icmp_type(), code = packet.icmp_code();
    if (!type || !code) return std::nullopt;
    // A redirect is no error in ICMPv6, and quotes as one (RFC 4861 section 4.5).
    if (*type >= 128 && *type != static_cast<std::uint8_t>(Icmpv6Type::redirect))
      return std::nullopt;
    return IcmpKind{*type, *code};
  }
  return std::nullopt;
}

Sums checksums(const Quotation& packet) {
  if (const auto header = packet.ipv4(); header && !header->checksum_ok())
    return Sums::wrong_header;
  if (packet.is_fragment()) return Sums::right;
  const auto segment = packet.transport();
  const auto protocol = packet.protocol().value_or(Protocol::no_next_header);
  const bool v4 = is_v4(packet);
  std::size_t least = 0;
  if (protocol == Protocol::tcp) least = 20;
  if (protocol == Protocol::udp) least = 8;
  if (protocol == (v4 ? Protocol::icmp : Protocol::icmpv6)) least = 4;
  if (least == 0 || segment.size() < least) return Sums::right;
  if (protocol == Protocol::udp && v4 && load<std::uint16_t>(segment, 6) == 0) return Sums::right;
  Checksum sum;
  if (protocol != Protocol::icmp)
    sum.add_pseudo_header(packet.source(), packet.destination(), protocol, segment.size());
  return sum.add(segment).finish() == 0 ? Sums::right : Sums::wrong_segment;
}

}  // namespace sonda::inline v0::verify
