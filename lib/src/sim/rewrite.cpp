// Fields and the checksums that cover them, changed together.
#include <algorithm>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/rewrite.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/quotation.hpp>
#include <sonda/wire/tcp.hpp>
#include <sonda/wire/tcp_options.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr std::size_t ipv4_checksum_at = 10;
constexpr std::size_t ipv6_hop_limit_at = 7;
constexpr std::uint16_t dont_fragment_bit = 0x4000;
constexpr std::uint8_t ecn_bits = 0x03;

// Where in a packet, whole or quoted, what lies.
class Fields {
 public:
  static std::optional<Fields> of(MutableBytes packet) {
    if (packet.empty()) return std::nullopt;
    const bool v4 = packet[0] >> 4 == 4;
    const auto quotation =
        Quotation::parse_datagram(Bytes{packet}, v4 ? IpVersion::v4 : IpVersion::v6);
    if (!quotation) return std::nullopt;
    return Fields{packet, *quotation};
  }

  [[nodiscard]] const Quotation& view() const { return view_; }
  [[nodiscard]] bool v4() const { return view_.version() == IpVersion::v4; }
  [[nodiscard]] std::size_t source_at() const { return v4() ? 12 : 8; }
  [[nodiscard]] std::size_t destination_at() const { return v4() ? 16 : 24; }
  [[nodiscard]] std::size_t transport_at() const { return view_.transport_offset(); }
  [[nodiscard]] bool is(Protocol protocol) const {
    return view_.protocol() == protocol && !view_.is_later_fragment();
  }
  [[nodiscard]] bool is_icmp() const { return is(v4() ? Protocol::icmp : Protocol::icmpv6); }

  // Where the port or identifier lies that tells this end of the flow; nothing where there is none.
  [[nodiscard]] std::optional<std::size_t> number_at(bool source) const {
    if (is(Protocol::udp) || is(Protocol::tcp))
      return if_present(transport_at() + (source ? 0 : 2));
    if (is_icmp() && view_.identifier()) return if_present(transport_at() + 4);
    return std::nullopt;
  }

  // A word of the IP header that no transport checksum covers.
  void put_header(std::size_t at, std::uint16_t value) const { put(at, value, v4(), false); }
  void put_transport(std::size_t at, std::uint16_t value) const { put(at, value, false, true); }
  void put_address(std::size_t at, const Address& address) const {
    const auto octets = address.octets();
    for (std::size_t i = 0; i < octets.size(); i += 2)
      put(at + i, load<std::uint16_t>(octets, i), v4(), !(v4() && is_icmp()));
  }

 private:
  Fields(MutableBytes packet, const Quotation& view) : packet_{packet}, view_{view} {}

  [[nodiscard]] std::optional<std::size_t> if_present(std::size_t at) const {
    return at + 2 <= packet_.size() ? std::optional{at} : std::nullopt;
  }
  [[nodiscard]] std::optional<std::size_t> transport_checksum_at() const {
    if (is(Protocol::tcp)) return if_present(transport_at() + 16);
    if (is_icmp()) return if_present(transport_at() + 2);
    if (!is(Protocol::udp)) return std::nullopt;
    const auto at = if_present(transport_at() + 6);
    const bool none = at && load<std::uint16_t>(packet_, *at) == 0;  // RFC 768
    return none ? std::nullopt : at;
  }
  void put(std::size_t at, std::uint16_t value, bool in_header, bool in_transport) const {
    const auto before = load<std::uint16_t>(packet_, at);
    store(packet_, at, value);
    if (in_header) update(ipv4_checksum_at, before, value);
    if (const auto checksum = transport_checksum_at(); in_transport && checksum)
      update(*checksum, before, value);
  }
  void update(std::size_t at, std::uint16_t before, std::uint16_t after) const {
    const auto value = Checksum::update(load<std::uint16_t>(packet_, at), before, after);
    const bool udp = at != ipv4_checksum_at && is(Protocol::udp);
    store(packet_, at, udp && value == 0 ? std::uint16_t{0xffff} : value);
  }

  MutableBytes packet_;
  Quotation view_;
};

std::optional<Endpoint> end_of(Bytes packet, bool source) {
  Octets copy(packet.begin(), packet.end());
  const auto fields = Fields::of(copy);
  if (!fields) return std::nullopt;
  Endpoint end{.address = source ? fields->view().source() : fields->view().destination()};
  if (const auto at = fields->number_at(source)) end.number = load<std::uint16_t>(packet, *at);
  return end;
}

void set_end(MutableBytes packet, const Endpoint& endpoint, bool source) {
  const auto fields = Fields::of(packet);
  if (!fields || endpoint.address.is_v4() != fields->v4()) return;
  const auto at = fields->number_at(source);
  fields->put_address(source ? fields->source_at() : fields->destination_at(), endpoint.address);
  if (at && endpoint.number) fields->put_transport(*at, *endpoint.number);
}

void set_traffic_class(MutableBytes packet, const Fields& fields, std::uint8_t keep,
                       std::uint8_t value) {
  const unsigned shift = fields.v4() ? 0 : 4;
  const auto before = load<std::uint16_t>(packet, 0);
  const auto kept = before & ~((0xffU & ~static_cast<unsigned>(keep)) << shift);
  const auto set = (value & ~static_cast<unsigned>(keep) & 0xffU) << shift;
  fields.put_header(0, static_cast<std::uint16_t>(kept | set));
}

void lower_mss(MutableBytes packet, const Fields& fields, std::uint16_t most) {
  if (!fields.is(Protocol::tcp)) return;
  const auto at = fields.transport_at();
  const auto tcp = TcpView::parse(Bytes{packet}.subspan(at));
  if (!tcp || !tcp->flags().has(TcpFlags::syn)) return;
  for (std::size_t i = at + TcpView::min_size; i + 1 < at + tcp->header_size();) {
    if (packet[i] == static_cast<std::uint8_t>(TcpOptionKind::end_of_list)) return;
    if (packet[i] == static_cast<std::uint8_t>(TcpOptionKind::no_operation)) {
      ++i;
      continue;
    }
    const std::size_t length = packet[i + 1];
    if (length < 2 || i + length > at + tcp->header_size()) return;
    const bool mss = packet[i] == static_cast<std::uint8_t>(TcpOptionKind::mss) && length == 4;
    const auto value = mss ? load<std::uint16_t>(packet, i + 2) : std::uint16_t{0};
    // A word at an odd offset would be summed the other way round.
    if (value > most) fields.put_transport(i + 2, (i - at) % 2 == 0 ? most : value);
    i += length;
  }
}

}  // namespace

std::optional<Endpoint> source_of(Bytes packet) { return end_of(packet, true); }
std::optional<Endpoint> destination_of(Bytes packet) { return end_of(packet, false); }
void set_source(MutableBytes packet, const Endpoint& endpoint) { set_end(packet, endpoint, true); }
void set_destination(MutableBytes packet, const Endpoint& endpoint) {
  set_end(packet, endpoint, false);
}

void count_down(MutableBytes packet) {
  const auto fields = Fields::of(packet);
  if (!fields || fields->view().ttl() == Ttl{}) return;
  if (!fields->v4()) {
    --packet[ipv6_hop_limit_at];
    return;
  }
  constexpr std::size_t ttl_at = 8;
  fields->put_header(ttl_at,
                     static_cast<std::uint16_t>(load<std::uint16_t>(packet, ttl_at) - 0x0100U));
}

void rewrite(MutableBytes packet, const Rewriting& rewriting) {
  const auto fields = Fields::of(packet);
  if (!fields) return;
  if (rewriting.ttl) {
    const std::size_t at = fields->v4() ? 8 : 6;
    const auto word = load<std::uint16_t>(packet, at);
    const auto ttl = rewriting.ttl->value();
    fields->put_header(
        at, static_cast<std::uint16_t>(fields->v4() ? (word & 0xffU) | std::uint32_t{ttl} << 8
                                                    : (word & 0xff00U) | ttl));
  }
  if (rewriting.dscp)
    set_traffic_class(packet, *fields, ecn_bits, static_cast<std::uint8_t>(*rewriting.dscp << 2));
  if (rewriting.bleach_ecn)
    set_traffic_class(packet, *fields, static_cast<std::uint8_t>(~ecn_bits), 0);
  if (rewriting.clear_dont_fragment && fields->v4())
    fields->put_header(
        6, static_cast<std::uint16_t>(load<std::uint16_t>(packet, 6) & ~dont_fragment_bit));
  if (rewriting.most_mss) lower_mss(packet, *fields, *rewriting.most_mss);
}

}  // namespace sonda::inline v0::sim
