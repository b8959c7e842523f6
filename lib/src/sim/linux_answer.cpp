// Echo and timestamp replies, refused ports and protocols, with the headers Linux gives them.
#include <algorithm>
#include <array>

#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/linux_answer.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/tcp.hpp>
#include <sonda/wire/udp.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr std::size_t timestamp_size = 20;  // RFC 792 page 16

bool is_echo_request(const Parsed<Echo>& echo) { return echo && echo->kind == EchoKind::request; }

Question icmpv4_question(Bytes message) {
  const auto icmp = Icmpv4View::parse(message);
  if (!icmp || !icmp->checksum_ok()) return Question::damaged;
  if (is_echo_request(icmp->echo())) return Question::echo;
  if (icmp->type() == IcmpType::extended_echo_request) return Question::extended_echo;
  const bool timestamp = icmp->type() == IcmpType::timestamp_request;
  return timestamp && message.size() >= timestamp_size ? Question::timestamp : Question::none;
}

Question icmpv6_question(const IpPacket& packet) {
  const auto icmp = Icmpv6View::parse(packet.payload());
  if (!icmp || !icmp->checksum_ok(packet.source.v6(), packet.destination.v6()))
    return Question::damaged;
  if (icmp->type() == Icmpv6Type::extended_echo_request) return Question::extended_echo;
  return is_echo_request(icmp->echo()) ? Question::echo : Question::none;
}

Question udp_question(const IpPacket& packet) {
  const auto udp = UdpView::parse(packet.payload());
  if (!udp) return Question::damaged;
  const bool unsummed = packet.version == IpVersion::v4 && !udp->has_checksum();
  return unsummed || udp->checksum_ok(packet.source, packet.destination) ? Question::port
                                                                         : Question::damaged;
}

Question tcp_question(const IpPacket& packet) {
  const auto tcp = TcpView::parse(packet.payload());
  if (!tcp || !tcp->checksum_ok(packet.source, packet.destination)) return Question::damaged;
  return tcp->flags().has(TcpFlags::rst) ? Question::none : Question::port;
}

Envelope answer_envelope(const IpPacket& packet, const AnswerStyle& style, Random& random) {
  const bool v4 = packet.version == IpVersion::v4;
  return {.from = style.from,
          .to = packet.source,
          .protocol = v4 ? Protocol::icmp : Protocol::icmpv6,
          .ttl = style.ttl,
          .traffic_class = packet.traffic_class,
          .identification = static_cast<std::uint16_t>(v4 ? random.below(65'535) + 1 : 0)};
}

Octets echo_reply(const IpPacket& packet, const AnswerStyle& style, Random& random) {
  const bool v4 = packet.version == IpVersion::v4;
  const auto asked =
      v4 ? Echo::parse_icmpv4(packet.payload()) : Echo::parse_icmpv6(packet.payload());
  Octets data(asked->data.begin(), asked->data.end());
  data.resize(data.size() - std::min(style.cut, data.size()));
  if (style.wrong_octet && *style.wrong_octet < data.size()) data[*style.wrong_octet] ^= 0xff;

  const Echo reply{.kind = EchoKind::reply,
                   .code = asked->code,
                   .identifier = asked->identifier,
                   .sequence = asked->sequence,
                   .data = data};
  const auto envelope = answer_envelope(packet, style, random);
  auto octets = envelope.packet(reply.size());
  const auto message = MutableBytes{octets}.subspan(envelope.size());
  if (v4)
    reply.emit(message);
  else
    reply.emit(message, envelope.from.v6(), envelope.to.v6());
  return octets;
}

Octets timestamp_reply(const IpPacket& packet, const AnswerStyle& style, Instant now,
                       Random& random) {
  constexpr std::int64_t milliseconds_per_day = 86'400'000;
  const auto elapsed = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  const auto of_day = static_cast<std::uint32_t>(elapsed.count() % milliseconds_per_day);
  const auto envelope = answer_envelope(packet, style, random);
  auto octets = envelope.packet(timestamp_size);
  const auto message = MutableBytes{octets}.subspan(envelope.size());
  std::ranges::copy(packet.payload().first(timestamp_size), message.begin());
  message[0] = static_cast<std::uint8_t>(IcmpType::timestamp_reply);
  message[1] = 0;
  store<std::uint16_t>(message, 2, 0);
  store(message, 12, of_day);
  store(message, 16, of_day);
  store(message, 2, Checksum{}.add(message).finish());
  return octets;
}

// RFC 9293 3.10.7.1: the reset of a port that is closed.
Octets reset(const IpPacket& packet, const AnswerStyle& style) {
  const auto asked = TcpView::parse(packet.payload());
  const bool acknowledges = asked->flags().has(TcpFlags::ack);
  const auto length = asked->payload().size() + (asked->flags().has(TcpFlags::syn) ? 1U : 0U) +
                      (asked->flags().has(TcpFlags::fin) ? 1U : 0U);
  const TcpHeader tcp{
      .source_port = asked->destination_port(),
      .destination_port = asked->source_port(),
      .sequence = acknowledges ? TcpSequence{asked->acknowledgement().value()} : TcpSequence{},
      .acknowledgement =
          acknowledges ? TcpSequence{} : TcpSequence{asked->sequence().value() + length},
      .flags = acknowledges ? TcpFlags::rst : TcpFlags::rst | TcpFlags::ack,
      .window = 0};
  const Envelope envelope{.from = style.from,
                          .to = packet.source,
                          .protocol = Protocol::tcp,
                          .ttl = style.ttl,
                          .dont_fragment = true};
  auto octets = envelope.packet(tcp.size());
  tcp.emit(MutableBytes{octets}.subspan(envelope.size()), envelope.from, envelope.to);
  return octets;
}

}  // namespace

Question question(const IpPacket& packet) {
  const bool v4 = packet.version == IpVersion::v4;
  switch (packet.protocol) {
    case Protocol::icmp:
      return v4 ? icmpv4_question(packet.payload()) : Question::protocol;
    case Protocol::icmpv6:
      return v4 ? Question::protocol : icmpv6_question(packet);
    case Protocol::udp:
      return udp_question(packet);
    case Protocol::tcp:
      return tcp_question(packet);
    case Protocol::no_next_header:
      return v4 ? Question::protocol : Question::none;
    default:
      return Question::protocol;
  }
}

std::optional<ErrorMessage> linux_refusal(const IpPacket& packet) {
  constexpr std::uint32_t next_header_field = 6;
  const bool v4 = packet.version == IpVersion::v4;
  const auto asked = question(packet);
  if (asked == Question::port && packet.protocol == Protocol::udp)
    return v4 ? ErrorMessage{.type = 3, .code = 3} : ErrorMessage{.type = 1, .code = 4};
  if (asked != Question::protocol) return std::nullopt;
  return v4 ? ErrorMessage{.type = 3, .code = 2}
            : ErrorMessage{.type = 4, .code = 1, .value = next_header_field};
}

std::optional<Octets> linux_answer(const IpPacket& packet, const AnswerStyle& style, Instant now,
                                   Random& random) {
  if (const auto refusal = linux_refusal(packet))
    return icmp_error(*refusal, style.from, packet.octets, random);
  switch (question(packet)) {
    case Question::echo:
      return echo_reply(packet, style, random);
    case Question::timestamp:
      return timestamp_reply(packet, style, now, random);
    case Question::port:
      return reset(packet, style);
    default:
      return std::nullopt;
  }
}

}  // namespace sonda::inline v0::sim
