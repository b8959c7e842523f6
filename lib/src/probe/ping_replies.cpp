// Echo replies told apart: ours, late, again, reordered, damaged, or somebody else's.
#include <algorithm>
#include <string>

#include <sonda/probe/ping.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/icmpv4_type.hpp>
#include <sonda/wire/icmpv6_type.hpp>
#include <sonda/wire/ipv6_extensions.hpp>

#include "ping_message.hpp"

namespace sonda::inline v0 {
namespace {

constexpr auto echo_reply_v4 = static_cast<std::uint8_t>(IcmpType::echo_reply);
constexpr auto echo_reply_v6 = static_cast<std::uint8_t>(Icmpv6Type::echo_reply);

bool sum_is_right(Bytes message, IpVersion version, const Address& from, const Address& to) {
  Checksum sum;
  if (version == IpVersion::v6) {
    if (to.is_unspecified()) return true;  // the socket verified it and does not say whom it was to
    sum.add_pseudo_header(from.v6(), to.v6(), Protocol::icmpv6, message.size());
  }
  return sum.add(message).finish() == 0;
}

}  // namespace

std::optional<PingEngine::Message> PingEngine::open(const Received& packet) {
  Message out{.octets = packet.octets,
              .version = packet.source.is_v4() ? IpVersion::v4 : IpVersion::v6,
              .source = packet.source,
              .destination = packet.destination,
              .ttl = packet.hop_limit,
              .stamp = packet.stamp};
  if (packet.begins == Begins::ip && !packet.octets.empty()) {
    if (packet.octets[0] >> 4 == 4) {
      const auto ip = Ipv4View::parse(packet.octets);
      if (!ip || ip->protocol() != Protocol::icmp || ip->is_fragment()) return std::nullopt;
      out.octets = ip->payload(), out.version = IpVersion::v4, out.ttl = ip->ttl();
      out.source = ip->source(), out.destination = ip->destination();
    } else {
      const auto ip = Ipv6View::parse(packet.octets);
      if (!ip || ip->next_header() != Protocol::icmpv6) return std::nullopt;
      out.octets = ip->payload(), out.version = IpVersion::v6, out.ttl = ip->hop_limit();
      out.source = Address{ip->source(), packet.source.zone()}, out.destination = ip->destination();
    }
  }
  if (out.octets.size() < Echo::header_size) return std::nullopt;
  out.checksum_ok = sum_is_right(out.octets, out.version, out.source, out.destination);
  return out;
}

void PingEngine::on_packet(Instant now, const Received& packet) {
  if (finished_) return;
  const auto message = open(packet);
  if (!message) return;
  const bool v4 = message->version == IpVersion::v4;
  if (message->octets[0] == (v4 ? echo_reply_v4 : echo_reply_v6))
    return on_echo_reply(now, *message);
  if (v4 != plan_.target.is_v4()) return;
  on_icmp_error(now, *message);
}

bool PingEngine::tag_matches(ProbeId probe, Bytes data) const {
  const auto tag = builder_.identity().tag(probe);
  const auto size = std::min({tag.size(), data.size(), plan_.data_size});
  // A tag cut short by the far end proves nothing; one that we sent short is all there is.
  if (size < std::min(tag.size(), plan_.data_size)) return false;
  return std::equal(tag.begin(), tag.begin() + static_cast<std::ptrdiff_t>(size), data.begin());
}

std::optional<std::size_t> PingEngine::first_difference(ProbeId probe, Bytes data) const {
  const auto tag = builder_.identity().tag(probe);
  const auto size = std::min(data.size(), plan_.data_size);
  for (std::size_t i = 0; i < size; ++i)
    if (data[i] != builder_.data_octet(tag, i)) return i;
  return std::nullopt;
}

std::optional<RttSample> PingEngine::rtt_of(const ProbeRecord& record, Stamp received) const {
  const auto sample = rtt_between(record.stamp, received);
  if (!sample || sample->rtt < -sample->error) return std::nullopt;  // no answer precedes its probe
  return sample;
}

void PingEngine::on_echo_reply(Instant now, const Message& message) {
  const auto echo = message.version == IpVersion::v4 ? Echo::parse_icmpv4(message.octets)
                                                     : Echo::parse_icmpv6(message.octets);
  if (!echo || echo->identifier != identifier()) return;
  if (!message.checksum_ok) return on_damaged(now, message);

  const auto foreign = [&](ForeignReason reason) {
    ++foreign_;
    tell(moment(now, message.stamp), Foreign{message.source, reason, message.octets[0],
                                             message.octets[1], echo->sequence.value()});
  };
  bool in_window = false;
  const auto probe = window_.search(echo->sequence, [&](ProbeId candidate) {
    const auto state = window_.find(candidate)->state;
    if (state == ProbeState::unsent || state == ProbeState::refused) return false;
    in_window = true;
    return tag_matches(candidate, echo->data);
  });
  if (!probe) return foreign(in_window ? ForeignReason::tag : ForeignReason::sequence);
  // Without a whole tag only the sender's address is left to go by.
  const bool tagged = plan_.data_size >= EchoIdentity::tag_size;
  if (!tagged && !plan_.target.is_multicast() &&
      message.source.without_zone() != plan_.target.without_zone())
    return foreign(ForeignReason::source);
  on_our_reply(now, message, *probe);
}

// A wrong checksum: nothing in it can be believed, but if it looks like the answer to one of our
// probes, it is worth saying which octet differs from what we sent.
void PingEngine::on_damaged(Instant now, const Message& message) {
  ++corrupt_;
  Corrupt damage{.from = message.source};
  const Sequence wire{load<std::uint16_t>(message.octets, 6)};
  const auto data = message.octets.subspan(Echo::header_size);
  const auto probe = window_.search(wire, [this](ProbeId candidate) {
    const auto state = window_.find(candidate)->state;
    return state != ProbeState::unsent && state != ProbeState::refused;
  });
  if (probe) {
    damage.sequence = EchoBuilder::sequence(*probe);
    damage.octet = first_difference(*probe, data);
    if (damage.octet) {
      damage.was = builder_.data_octet(builder_.identity().tag(*probe), *damage.octet);
      damage.is = data[*damage.octet];
    }
  }
  tell(moment(now, message.stamp), damage);
}

void PingEngine::on_our_reply(Instant now, const Message& message, ProbeId probe) {
  auto& record = *window_.find(probe);
  const auto at = moment(now, message.stamp);
  const auto data = message.octets.subspan(Echo::header_size);
  Reply reply{.probe = probe,
              .sequence = EchoBuilder::sequence(probe),
              .from = message.source,
              .bytes = message.octets.size(),
              .ttl = message.ttl,
              .rtt = rtt_of(record, message.stamp),
              .duplicate = record.state == ProbeState::answered,
              .late = record.state == ProbeState::lost,
              .other_address = !plan_.target.is_multicast() &&
                               message.source.without_zone() != plan_.target.without_zone(),
              .truncated = data.size() < plan_.data_size,
              .corrupt_octet = first_difference(probe, data)};
  if (reply.corrupt_octet) {
    ++corrupt_;
    reply.corrupt_was = builder_.data_octet(builder_.identity().tag(probe), *reply.corrupt_octet);
    reply.corrupt_is = data[*reply.corrupt_octet];
  }
  if (reply.duplicate) {
    ++duplicates_;
    tell(at, std::move(reply));
    return;
  }

  settle(record, ProbeState::answered);
  if (reply.late) ++late_;
  reply.reordered = reply.sequence < highest_answered_;
  if (reply.reordered) ++reordered_;
  highest_answered_ = std::max(highest_answered_, reply.sequence);
  if (reply.rtt) {
    rtts_.add(reply.rtt->rtt);
    poorest_clock_ = poorest_clock_.value_or(reply.rtt->clock) == reply.rtt->clock
                         ? reply.rtt->clock
                         : StampClock::user;
  }
  tell(at, std::move(reply));

  if (message.ttl && reply_ttl_ && *message.ttl != *reply_ttl_)
    tell(at, Change{"reply_ttl", std::to_string(reply_ttl_->value()),
                    std::to_string(message.ttl->value())});
  if (message.ttl) reply_ttl_ = message.ttl;
}

}  // namespace sonda::inline v0
