// What of a capture a TCP scan's events speak of: segments by address and port.
#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include <sonda/core/errno_name.hpp>
#include <sonda/evidence/tcp_evidence.hpp>
#include <sonda/wire/arp.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>
#include <sonda/wire/neighbor_discovery.hpp>
#include <sonda/wire/quotation.hpp>
#include <sonda/wire/tcp.hpp>

namespace sonda::inline v0::evidence {
namespace {

using capture::Direction;
using capture::NetworkProtocol;

constexpr const char* asks_a_neighbor = "sonda: neighbor;";

// Of what a key is.
enum class Role : char { port = 'p', syn_ack = 'a', rst = 'r', error = 'e' };

// Octets, not text: one is made of each frame, and short strings need no memory.
std::string key_of(Role role, const Address& address, Port port, const IcmpReport* icmp = nullptr) {
  std::string key;
  key.reserve(24);
  key += static_cast<char>(role);
  for (const auto octet : address.octets()) key += static_cast<char>(octet);
  key += static_cast<char>(port.value() >> 8);
  key += static_cast<char>(port.value() & 0xff);
  if (icmp != nullptr) key.append({static_cast<char>(icmp->type), static_cast<char>(icmp->code)});
  return key;
}

std::string rtt_words(const std::optional<RttSample>& sample) {
  if (!sample) return {};
  const auto ns = sample->rtt.count();
  const auto size = ns < 0 ? -ns : ns;
  return fmt::format(" rtt_ms={}{}.{:06};", ns < 0 ? "-" : "", size / 1'000'000, size % 1'000'000);
}

std::string errno_words(int number) {
  const auto known = errno_name(number);
  return known.empty() ? fmt::format(" errno=E{};", number) : fmt::format(" errno={};", known);
}

std::string verdict(const PortResult& result) {
  auto out = result.control ? std::string{"sonda: control;"}
                            : fmt::format("sonda: probe={};", result.probe.value());
  out += fmt::format(" {};", name(result.state));
  if (result.cause.icmp) {
    out += fmt::format(" icmp={}/{};", result.cause.icmp->type, result.cause.icmp->code);
    if (result.error_code != 0) out += errno_words(result.error_code);
  }
  return out + rtt_words(result.rtt);
}

bool one_frame_decided(const PortResult& result) {
  switch (result.cause.kind) {
    case CauseKind::answer:
    case CauseKind::rst:
      return true;
    case CauseKind::icmp:
      return result.cause.icmp.has_value();
    default:
      return false;
  }
}

constexpr std::size_t never_cut = 500;  // octets behind an IP header; the snaplen is larger

// What a system throws away unread is no answer. What is not whole cannot be judged, and of what
// the card is still to sum up the sum of the pseudo-header stands there.
bool is_damaged(Bytes message, std::size_t promised, Checksum pseudo, std::size_t at) {
  if (message.size() < promised || message.size() < at + 2)
    return message.size() < never_cut;  // what is so short was kept whole, and promises too much
  auto whole = pseudo;
  if (whole.add(message.first(promised)).finish() == 0) return false;
  return load<std::uint16_t>(message, at) != static_cast<std::uint16_t>(~pseudo.finish());
}

// ---------------------------------------------------------------------------------- recognizing

class TcpRecognizer final : public Recognizer {
 public:
  TcpRecognizer(const Start& start, std::span<const TcpPath> paths, ProbeOf probe_of)
      : ports_{start.ports}, probe_of_{std::move(probe_of)} {
    for (const auto& path : paths) own_.push_back(path.source.without_zone());
  }

  [[nodiscard]] Sight see(const capture::NetworkLayer& layer) const override {
    if (layer.protocol == NetworkProtocol::ipv4) return see_ipv4(layer.octets);
    if (layer.protocol == NetworkProtocol::ipv6) return see_ipv6(layer.octets);
    if (layer.protocol == NetworkProtocol::arp) return see_arp(layer.octets);
    return {};
  }

  [[nodiscard]] std::optional<Mention> mention(const Occurrence& occurrence) const override {
    const auto* result = std::get_if<PortResult>(&occurrence.event.what);
    if (result == nullptr || result->protocol != Protocol::tcp) return std::nullopt;
    const auto address = result->address.without_zone();
    Mention mention{.group = key_of(Role::port, address, result->port), .ends_group = true};
    if (!one_frame_decided(*result)) return mention;
    const auto kind = result->cause.kind;
    const auto* const icmp = kind == CauseKind::icmp ? &*result->cause.icmp : nullptr;
    const auto role = kind == CauseKind::answer ? Role::syn_ack
                      : kind == CauseKind::rst  ? Role::rst
                                                : Role::error;
    mention.key = key_of(role, address, result->port, icmp);
    mention.comment = verdict(*result);
    mention.long_before = true;
    return mention;
  }

 private:
  [[nodiscard]] bool ours(Port port) const {
    return std::ranges::find(ports_, port) != ports_.end();
  }
  [[nodiscard]] bool is_own(const Address& address) const {
    return std::ranges::find(own_, address) != own_.end();
  }
  // "sonda: probe=12; WORD;"
  [[nodiscard]] std::string about(const Address& address, Port port, std::string_view word) const {
    const auto probe = probe_of_ ? probe_of_(address, port) : std::nullopt;
    if (probe) return fmt::format("sonda: probe={}; {};", probe->value(), word);
    return fmt::format("sonda: control; {};", word);
  }

  [[nodiscard]] Sight see_arp(Bytes octets) const {
    const auto arp = ArpView::parse(octets);
    if (!arp || arp->message().operation != ArpOperation::request ||
        !is_own(Address{arp->message().sender}) || is_own(Address{arp->message().target}))
      return {};
    return {.comment = asks_a_neighbor};
  }

  [[nodiscard]] Sight see_ipv4(Bytes octets) const {
    const auto ip = Ipv4View::parse_quoted(octets);
    if (!ip || ip->fragment_offset() != 0) return {};
    const Address from{ip->source()}, to{ip->destination()};
    if (ip->total_length() < ip->header_size()) return {};
    const std::size_t promised = ip->total_length() - ip->header_size();
    const bool damaged = !ip->checksum_ok();
    if (ip->protocol() == Protocol::tcp)
      return see_segment({ip->payload(), promised, damaged}, from, to);
    if (ip->protocol() != Protocol::icmp || damaged ||
        is_damaged(ip->payload(), promised, {}, checksum_of_icmp))
      return {};
    return see_error(ip->payload(), IpVersion::v4);
  }

  [[nodiscard]] Sight see_ipv6(Bytes octets) const {
    const auto ip = Ipv6View::parse_quoted(octets);
    if (!ip) return {};
    const auto chain = ExtensionChain::parse_quoted(*ip);
    if (!chain || !chain->complete() || chain->later_fragment()) return {};
    const Address from{ip->source()}, to{ip->destination()};
    const auto headers = ip->octets().size() - chain->payload().size();
    const std::size_t whole = Ipv6View::size + ip->payload_length();
    const std::size_t promised = whole > headers ? whole - headers : 0;
    if (chain->protocol() == Protocol::tcp)
      return see_segment({chain->payload(), promised, false}, from, to);
    if (chain->protocol() != Protocol::icmpv6) return {};
    if (const auto asked = NeighborSolicitation::parse(chain->payload()))
      return is_own(from) && !is_own(Address{asked->target}) ? Sight{.comment = asks_a_neighbor}
                                                             : Sight{};
    Checksum pseudo;
    pseudo.add_pseudo_header(from, to, Protocol::icmpv6, promised);
    if (is_damaged(chain->payload(), promised, pseudo, checksum_of_icmp)) return {};
    return see_error(chain->payload(), IpVersion::v6);
  }

  static constexpr std::size_t checksum_of_icmp = 2, checksum_of_tcp = 16;
  struct Payload {  // of an IP packet
    Bytes octets{};
    std::size_t promised = 0;
    bool damaged = false;
  };

  // Where both ports are ours, or both ends, what the segment is decides whose it is.
  [[nodiscard]] Sight see_segment(const Payload& payload, const Address& from,
                                  const Address& to) const {
    const auto segment = TcpView::parse_quoted(payload.octets);
    if (!segment) return {};
    const auto flags = segment->flags();
    const auto source = segment->source_port(), destination = segment->destination_port();
    if (!ours(source) && !ours(destination)) return {};
    const bool syn = flags.has(TcpFlags::syn), ack = flags.has(TcpFlags::ack);
    const bool rst = flags.has(TcpFlags::rst);
    if (syn && !ack && !ours(source) && !(probe_of_ && probe_of_(to, destination))) return {};
    if (syn && !ack)
      return {.group = key_of(Role::port, to, destination),
              .direction = Direction::out,
              .comment = about(to, destination, "sent")};
    if (!ours(source) || syn) {
      Checksum pseudo;
      pseudo.add_pseudo_header(from, to, Protocol::tcp, payload.promised);
      if (payload.damaged || is_damaged(payload.octets, payload.promised, pseudo, checksum_of_tcp))
        return {};
    }
    if (syn && !rst) return answer(Role::syn_ack, from, source, "handshake");
    // RFC 9293, 3.10.7.1: what answers a SYN with a RST has nothing to count from.
    const bool answers_a_syn = rst && ack && segment->sequence().value() == 0;
    if (answers_a_syn || (rst && ours(destination) && !ours(source)))
      return answer(Role::rst, from, source, "ending");
    const bool out = ours(source);
    const auto& address = out ? to : from;
    const auto port = out ? destination : source;
    const bool speaks = !segment->payload().empty();
    const bool ends = rst || flags.has(TcpFlags::fin);
    return {.group = speaks && !out ? key_of(Role::port, address, port) : std::string{},
            .direction = out ? Direction::out : Direction::in,
            .comment = about(address, port,
                             speaks ? "banner"
                             : ends ? "ending"
                                    : "handshake")};
  }

  [[nodiscard]] Sight answer(Role role, const Address& from, Port port,
                             std::string_view otherwise) const {
    return {.key = key_of(role, from, port),
            .direction = Direction::in,
            .comment = about(from, port, otherwise)};
  }

  [[nodiscard]] Sight see_error(Bytes message, IpVersion version) const {
    const auto quotation = Quotation::parse(message, version);
    if (!quotation) return {};
    const auto source = quotation->source_port(), port = quotation->destination_port();
    // Of less than eight octets our system would not know whose they are.
    if (!quotation->tcp_sequence() || !source || !port || !ours(*source))
      return {.direction = Direction::in};
    const IcmpReport icmp{.type = message[0], .code = message[1]};
    return {.key = key_of(Role::error, quotation->destination(), *port, &icmp),
            .direction = Direction::in,
            .comment = about(quotation->destination(), *port,
                             fmt::format("icmp={}/{}", icmp.type, icmp.code))};
  }

  std::vector<Port> ports_;
  std::vector<Address> own_;
  ProbeOf probe_of_;
};

}  // namespace

std::string tcp_comment(const Happening& what) {
  const auto* const result = std::get_if<PortResult>(&what);
  return result != nullptr && one_frame_decided(*result) ? verdict(*result) : std::string{};
}

std::unique_ptr<Recognizer> tcp_recognizer(const Start& start, std::span<const TcpPath> paths,
                                           ProbeOf probe_of) {
  return std::make_unique<TcpRecognizer>(start, paths, std::move(probe_of));
}

}  // namespace sonda::inline v0::evidence
