// Fields and the checksums that cover them, changed together.
#include <algorithm>
#include <bit>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/rewrite.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/quotation.hpp>
#include <sonda/wire/tcp.hpp>
#include <sonda/wire/tcp_options.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr std::size_t ipv4_ttl_at = 8;
constexpr std::size_t ipv4_checksum_at = 10;
constexpr std::size_t ipv6_hop_limit_at = 7;
constexpr std::uint16_t dont_fragment_bit = 0x4000;
constexpr std::uint8_t ecn_bits = 0x03;

// Where in a packet, whole or quoted, what lies. It must not outlive its octets.
class Fields {
 public:
  static std::optional<Fields> of(Bytes packet) {
    if (packet.empty()) return std::nullopt;
    const bool v4 = packet[0] >> 4 == 4;
    const auto quotation = Quotation::parse_datagram(packet, v4 ? IpVersion::v4 : IpVersion::v6);
    if (!quotation) return std::nullopt;
    return Fields{*quotation};
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
  // Those with UDP's order of ports and checksum, which covers addresses and ports.
  [[nodiscard]] bool is_like_udp() const {
    return is(Protocol::udp) || is(Protocol::udp_lite) || is(Protocol::dccp);
  }

  // Where the port or identifier lies that tells this end of the flow; nothing where there is none.
  [[nodiscard]] std::optional<std::size_t> number_at(bool source) const {
    if (is(Protocol::tcp) || is_like_udp()) return if_there(transport_at() + (source ? 0 : 2));
    if (is_icmp() && view_.identifier()) return if_there(transport_at() + 4);
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::size_t> transport_checksum_at() const {
    if (is(Protocol::tcp)) return if_there(transport_at() + 16);
    if (is_icmp()) return if_there(transport_at() + 2);
    if (!is_like_udp()) return std::nullopt;
    const auto at = if_there(transport_at() + 6);
    const bool none = at && load<std::uint16_t>(view_.octets(), *at) == 0;  // RFC 768
    return none ? std::nullopt : at;
  }

 private:
  explicit Fields(const Quotation& view) : view_{view} {}

  [[nodiscard]] std::optional<std::size_t> if_there(std::size_t at) const {
    return at + 2 <= view_.octets().size() ? std::optional{at} : std::nullopt;
  }

  Quotation view_;
};

// Writes words, each with what it does to the checksums (RFC 1624).
class Editor {
 public:
  Editor(MutableBytes packet, const Fields& fields)
      : packet_{packet},
        v4_{fields.v4()},
        pseudo_header_{!(fields.v4() && fields.is_icmp())},
        zero_means_none_{fields.is_like_udp()},
        segment_{fields.transport_at()},
        transport_checksum_at_{fields.transport_checksum_at()} {}

  // A word of the IP header that no transport checksum covers.
  void put_header(std::size_t at, std::uint16_t value) const {
    const auto before = replace(at, value);
    if (v4_) update_header(before, value);
  }
  void put_transport(std::size_t at, std::uint16_t value) const {
    update_transport(replace(at, value), value);
  }
  // The same for a word that begins at an odd octet of the segment: the sum has it swapped.
  void put_transport_at_odd(std::size_t at, std::uint16_t value) const {
    update_transport(std::byteswap(replace(at, value)), std::byteswap(value));
  }
  void put_address(std::size_t at, const Address& address) const {
    const auto octets = address.octets();
    for (std::size_t i = 0; i < octets.size(); i += 2) {
      const auto value = load<std::uint16_t>(octets, i);
      const auto before = replace(at + i, value);
      if (v4_) update_header(before, value);
      if (pseudo_header_) update_transport(before, value);
    }
  }

 private:
  [[nodiscard]] std::uint16_t replace(std::size_t at, std::uint16_t value) const {
    const auto before = load<std::uint16_t>(packet_, at);
    store(packet_, at, value);
    return before;
  }
  void update_header(std::uint16_t before, std::uint16_t after) const {
    const auto sum = load<std::uint16_t>(packet_, ipv4_checksum_at);
    store(packet_, ipv4_checksum_at, Checksum::update(sum, before, after));
  }
  void update_transport(std::uint16_t before, std::uint16_t after) const {
    if (!transport_checksum_at_) return;
    const auto sum = load<std::uint16_t>(packet_, *transport_checksum_at_);
    const auto updated = Checksum::update(sum, before, after);
    store(packet_, *transport_checksum_at_,
          updated == 0 && (zero_means_none_ || covers_zeros()) ? std::uint16_t{0xffff} : updated);
  }
  // Only of octets that are all zero the sum is 0 and not ffff, so only there the two are not the
  // same number: an echo reply with neither identifier nor data.
  [[nodiscard]] bool covers_zeros() const {
    if (pseudo_header_) return false;
    store<std::uint16_t>(packet_, *transport_checksum_at_, 0);
    return std::ranges::all_of(packet_.subspan(segment_), [](auto octet) { return octet == 0; });
  }

  MutableBytes packet_;
  bool v4_, pseudo_header_, zero_means_none_;
  std::size_t segment_;
  std::optional<std::size_t> transport_checksum_at_;
};

std::optional<Endpoint> end_of(Bytes packet, bool source) {
  const auto fields = Fields::of(packet);
  if (!fields) return std::nullopt;
  Endpoint end{.address = source ? fields->view().source() : fields->view().destination()};
  if (const auto at = fields->number_at(source)) end.number = load<std::uint16_t>(packet, *at);
  return end;
}

void set_end(MutableBytes packet, const Endpoint& endpoint, bool source) {
  const auto fields = Fields::of(packet);
  if (!fields || endpoint.address.is_v4() != fields->v4()) return;
  const auto at = fields->number_at(source);
  const Editor editor{packet, *fields};
  editor.put_address(source ? fields->source_at() : fields->destination_at(), endpoint.address);
  if (at && endpoint.number) editor.put_transport(*at, *endpoint.number);
}

void set_traffic_class(MutableBytes packet, const Fields& fields, const Editor& editor,
                       std::uint8_t keep, std::uint8_t value) {
  const unsigned shift = fields.v4() ? 0 : 4;
  const auto before = load<std::uint16_t>(packet, 0);
  const auto kept = before & ~((0xffU & ~static_cast<unsigned>(keep)) << shift);
  const auto set = (value & ~static_cast<unsigned>(keep) & 0xffU) << shift;
  editor.put_header(0, static_cast<std::uint16_t>(kept | set));
}

void lower_mss(MutableBytes packet, const Fields& fields, const Editor& editor,
               std::uint16_t most) {
  if (!fields.is(Protocol::tcp)) return;
  const auto at = fields.transport_at();
  const auto tcp = TcpView::parse(Bytes{packet}.subspan(at));
  if (!tcp || !tcp->flags().has(TcpFlags::syn)) return;
  const auto end = at + tcp->header_size();
  for (std::size_t i = at + TcpView::min_size; i + 1 < end;) {
    if (packet[i] == static_cast<std::uint8_t>(TcpOptionKind::end_of_list)) return;
    if (packet[i] == static_cast<std::uint8_t>(TcpOptionKind::no_operation)) {
      ++i;
      continue;
    }
    const std::size_t length = packet[i + 1];
    if (length < 2 || i + length > end) return;
    const bool mss = packet[i] == static_cast<std::uint8_t>(TcpOptionKind::mss) && length == 4;
    if (mss && load<std::uint16_t>(packet, i + 2) > most) {
      if ((i - at) % 2 == 0)
        editor.put_transport(i + 2, most);
      else
        editor.put_transport_at_odd(i + 2, most);
    }
    i += length;
  }
}

void set_ttl(MutableBytes packet, const Fields& fields, const Editor& editor, Ttl ttl) {
  if (!fields.v4()) {
    packet[ipv6_hop_limit_at] = ttl.value();
    return;
  }
  const auto protocol = packet[ipv4_ttl_at + 1];
  editor.put_header(ipv4_ttl_at, static_cast<std::uint16_t>(ttl.value() << 8 | protocol));
}

}  // namespace

std::optional<Endpoint> source_of(Bytes packet) { return end_of(packet, true); }
std::optional<Endpoint> destination_of(Bytes packet) { return end_of(packet, false); }
void set_source(MutableBytes packet, const Endpoint& endpoint) { set_end(packet, endpoint, true); }
void set_destination(MutableBytes packet, const Endpoint& endpoint) {
  set_end(packet, endpoint, false);
}

// Every router does it with every packet, so it looks at no more than it needs.
void count_down(MutableBytes packet) {
  if (packet.empty()) return;
  if (packet[0] >> 4 == 6) {
    if (packet.size() >= Ipv6View::size && packet[ipv6_hop_limit_at] != 0)
      --packet[ipv6_hop_limit_at];
    return;
  }
  if (packet.size() < Ipv4View::min_size || packet[ipv4_ttl_at] == 0) return;
  const auto before = load<std::uint16_t>(packet, ipv4_ttl_at);
  --packet[ipv4_ttl_at];
  const auto sum = load<std::uint16_t>(packet, ipv4_checksum_at);
  store(packet, ipv4_checksum_at,
        Checksum::update(sum, before, load<std::uint16_t>(packet, ipv4_ttl_at)));
}

void rewrite(MutableBytes packet, const Rewriting& rewriting) {
  const auto fields = Fields::of(packet);
  if (!fields) return;
  const Editor editor{packet, *fields};
  if (rewriting.ttl) set_ttl(packet, *fields, editor, *rewriting.ttl);
  if (rewriting.dscp)
    set_traffic_class(packet, *fields, editor, ecn_bits,
                      static_cast<std::uint8_t>(*rewriting.dscp << 2));
  if (rewriting.bleach_ecn)
    set_traffic_class(packet, *fields, editor, static_cast<std::uint8_t>(~ecn_bits), 0);
  if (rewriting.clear_dont_fragment && fields->v4())
    editor.put_header(
        6, static_cast<std::uint16_t>(load<std::uint16_t>(packet, 6) & ~dont_fragment_bit));
  if (rewriting.most_mss) lower_mss(packet, *fields, editor, *rewriting.most_mss);
}

}  // namespace sonda::inline v0::sim
