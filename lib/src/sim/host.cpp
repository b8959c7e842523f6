// How a simulated host takes packets apart and when it answers them.
#include <algorithm>

#include <sonda/sim/extended_echo.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/linux_answer.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/wire/protocol.hpp>
#include <sonda/wire/tcp.hpp>
#include <sonda/wire/udp.hpp>

namespace sonda::inline v0::sim {
namespace {

void break_icmp_checksum(Octets& packet) {
  const auto ip = IpPacket::read(packet);
  constexpr std::size_t checksum_at = 2;
  const bool icmp = ip && (ip->protocol == Protocol::icmp || ip->protocol == Protocol::icmpv6);
  if (icmp) packet[ip->header_size + checksum_at] ^= 0x55;
}

bool is_icmp(const IpPacket& packet) {
  return packet.protocol == Protocol::icmp || packet.protocol == Protocol::icmpv6;
}

// What a datagram is answered with, if it is.
std::optional<Octets> udp_answer(const UdpService& service, Bytes request) {
  switch (service.kind) {
    case UdpKind::echo:
      return Octets(request.begin(), request.end());
    case UdpKind::answer:
      return service.respond ? service.respond(request) : std::optional{service.reply};
    default:
      return std::nullopt;
  }
}

// What leaves through it comes as late and as often as a manner says.
class MannerOutbox final : public Outbox {
 public:
  MannerOutbox(const Manner& manner, Outbox& out) : manner_{manner}, out_{out} {}

  void send(Side side, Octets octets, Duration wait) override {
    for (unsigned copy = 0; copy < manner_.copies; ++copy)
      out_.send(side, octets, wait + manner_.delay + copy * manner_.between_copies);
  }
  void wake(Duration wait) override { out_.wake(wait); }
  [[nodiscard]] std::optional<Side> towards(const Address& address) override {
    return out_.towards(address);
  }
  [[nodiscard]] Mtu mtu(Side side) const override { return out_.mtu(side); }
  [[nodiscard]] Random& random() override { return out_.random(); }
  [[nodiscard]] Instant now() const override { return out_.now(); }
  void note(Deed deed, Bytes packet, const ErrorMessage* error) override {
    out_.note(deed, packet, error);
  }

 private:
  const Manner& manner_;
  Outbox& out_;
};

}  // namespace

Schedule only(std::uint64_t number, Manner special, Manner otherwise) {
  return [=, special = std::move(special), otherwise = std::move(otherwise)](
             std::uint64_t asked, Random&) { return asked == number ? special : otherwise; };
}

Schedule in_turn(std::vector<Manner> manners) {
  return [manners = std::move(manners)](std::uint64_t asked, Random&) {
    return manners[asked % manners.size()];
  };
}

bool Host::owns(const Address& address) const {
  return std::ranges::find(plan_.addresses, address.without_zone()) != plan_.addresses.end();
}

void Host::on_packet(const Arrival& arrival, Outbox& out) {
  const auto piece = IpPacket::read(arrival.octets);
  if (!piece) return out.note(Deed::unreadable, arrival.octets);
  if (owns(piece->destination)) receive(*piece, arrival, out);
}

void Host::take(const Arrival& arrival, Outbox& out) {
  const auto piece = IpPacket::read(arrival.octets);
  if (!piece) return out.note(Deed::unreadable, arrival.octets);
  receive(*piece, arrival, out);
}

void Host::receive(const IpPacket& piece, const Arrival& arrival, Outbox& out) {
  const auto whole = reassembly_.add(arrival.now, piece.octets);
  if (whole) {
    if (const auto packet = IpPacket::read(*whole))
      answer({.packet = *packet, .side = arrival.side, .now = arrival.now}, out);
    else
      out.note(Deed::unreadable, piece.octets);
  }
  set_alarm(arrival.now, out);
}

// RFC 792 page 6 and RFC 4443 section 3.3: what stays incomplete is told of, if its first fragment
// has come.
void Host::on_time(Instant now, Outbox& out) {
  alarm_.rang(now);
  for (const auto& first : reassembly_.expire(now)) {
    const auto packet = IpPacket::read(first);
    if (!packet) continue;
    const bool v4 = packet->version == IpVersion::v4;
    const auto side = out.towards(packet->source).value_or(Side{});
    refuse({.packet = *packet, .side = side, .now = now},
           v4 ? ErrorMessage{.type = 11, .code = 1} : ErrorMessage{.type = 3, .code = 1}, {}, out);
  }
  tcp_.on_time(now, out);
  set_alarm(now, out);
}

void Host::set_alarm(Instant now, Outbox& out) {
  for (const auto due : {reassembly_.next_due(), tcp_.next_due()})
    if (due) alarm_.set(*due, now, out);
}

Manner Host::next_manner(Random& random) {
  const auto number = asked_++;
  return plan_.schedule ? plan_.schedule(number, random) : plan_.manner;
}

void Host::answer(const Asked& asked, Outbox& out) {
  const auto what = question(asked.packet);
  if (what == Question::damaged) return out.note(Deed::unreadable, asked.packet.octets);
  if (what == Question::none) return hear(asked, out);
  const auto manner = next_manner(out.random());
  const auto& source = asked.packet.source;
  const bool nobody = source.is_multicast() || source.is_unspecified();
  if (nobody || manner.answering == Answering::silence)
    return out.note(Deed::ignored, asked.packet.octets);
  if (manner.answering == Answering::error) return refuse(asked, manner.error, manner, out);
  if (what == Question::port && asked.packet.protocol == Protocol::tcp)
    return answer_tcp(asked, manner, out);
  if (what == Question::port) return answer_udp(asked, manner, out);
  answer_in_manner(asked, manner, out);
}

// A RST, or an error about what the host itself has sent.
void Host::hear(const Asked& asked, Outbox& out) {
  if (is_icmp(asked.packet)) return tcp_.on_path_mtu(asked.packet, asked.now, out);
  const auto segment = TcpView::parse(asked.packet.payload());
  if (asked.packet.protocol != Protocol::tcp || !segment) return;
  const auto& service = plan_.services.of_tcp(segment->destination_port());
  tcp_.on_segment(asked.packet, service, {asked.side, plan_.ttl}, asked.now, out);
}

// Echoes, timestamps, protocols that it does not speak, closed TCP ports.
void Host::answer_in_manner(const Asked& asked, const Manner& manner, Outbox& out) {
  const auto& packet = asked.packet;
  if (const auto refusal = linux_refusal(packet)) return refuse(asked, *refusal, manner, out);
  const auto what = question(packet);
  const bool disabled = (what == Question::echo && !plan_.answers_echo) ||
                        (what == Question::timestamp && !plan_.answers_timestamps) ||
                        (what == Question::extended_echo && !plan_.answers_extended_echo);
  if (disabled) return out.note(Deed::ignored, packet.octets);
  const AnswerStyle style{
      .from = manner.from_client ? packet.source : manner.from.value_or(packet.destination),
      .ttl = manner.ttl.value_or(plan_.ttl),
      .wrong_octet = manner.wrong_octet,
      .cut = manner.cut};
  auto octets = what == Question::extended_echo
                    ? extended_echo_answer(packet, plan_.interfaces, style, out.random())
                    : linux_answer(packet, style, asked.now, out.random());
  if (!octets) return out.note(Deed::ignored, packet.octets);
  if (manner.broken_checksum) break_icmp_checksum(*octets);
  send(asked, *octets, manner, out);
}

void Host::answer_udp(const Asked& asked, const Manner& manner, Outbox& out) {
  const auto& packet = asked.packet;
  const auto datagram = UdpView::parse(packet.payload());
  const auto& service = plan_.services.of_udp(datagram->destination_port());
  if (service.kind == UdpKind::closed) return answer_in_manner(asked, manner, out);
  auto answer = udp_answer(service, datagram->payload());
  if (!answer) return out.note(Deed::ignored, packet.octets);

  const bool v4 = packet.version == IpVersion::v4;
  const Envelope envelope{
      .from = manner.from_client ? packet.source : manner.from.value_or(packet.destination),
      .to = packet.source,
      .protocol = Protocol::udp,
      .ttl = manner.ttl.value_or(plan_.ttl),
      .identification = static_cast<std::uint16_t>(v4 ? out.random().below(65'535) + 1 : 0)};
  const auto most = std::size_t{0xffff} - envelope.size() - UdpHeader::size();
  if (answer->size() > most) answer->resize(most);
  auto octets = envelope.packet(UdpHeader::size() + answer->size());
  const auto room = MutableBytes{octets}.subspan(envelope.size());
  std::ranges::copy(*answer, room.subspan(UdpHeader::size()).begin());
  UdpHeader{.source_port = service.from.value_or(datagram->destination_port()),
            .destination_port = datagram->source_port()}
      .emit(room, envelope.from, envelope.to);
  auto late = manner;
  late.delay += service.delay;
  if (service.from) out.note(Deed::mannered, packet.octets);
  send(asked, octets, late, out);
}

void Host::answer_tcp(const Asked& asked, const Manner& manner, Outbox& out) {
  const auto segment = TcpView::parse(asked.packet.payload());
  const auto& service = plan_.services.of_tcp(segment->destination_port());
  if (service.kind == TcpKind::closed) return answer_in_manner(asked, manner, out);
  if (service.kind == TcpKind::filtered) return out.note(Deed::ignored, asked.packet.octets);
  MannerOutbox in_manner{manner, out};
  tcp_.on_segment(asked.packet, service, {asked.side, manner.ttl.value_or(plan_.ttl)}, asked.now,
                  in_manner);
}

void Host::refuse(const Asked& asked, ErrorMessage error, const Manner& manner, Outbox& out) {
  const auto& packet = asked.packet;
  if (!may_be_told(packet.octets)) return out.note(Deed::ignored, packet.octets);
  error.ttl = manner.ttl.value_or(plan_.ttl);
  if (!budget_.allows(asked.now, packet.source, error))
    return out.note(Deed::rate_limited, packet.octets);
  const auto from = manner.from_client ? packet.source : manner.from.value_or(packet.destination);
  auto octets = icmp_error(error, from, packet.octets, out.random());
  if (manner.broken_checksum) break_icmp_checksum(octets);
  send(asked, octets, manner, out);
}

void Host::send(const Asked& asked, const Octets& answer, const Manner& manner, Outbox& out) {
  if (manner.from || manner.from_client || manner.broken_checksum || manner.wrong_octet ||
      manner.cut > 0)
    out.note(Deed::mannered, asked.packet.octets);
  for (unsigned copy = 0; copy < manner.copies; ++copy)
    send_in_pieces(asked.side, answer, manner.delay + copy * manner.between_copies, out);
}

}  // namespace sonda::inline v0::sim
