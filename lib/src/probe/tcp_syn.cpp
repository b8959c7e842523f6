// The TCP scanner's method syn: our own SYNs, when they are sent again, and what is said in return.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include <sonda/core/sha256.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>
#include <sonda/wire/quotation.hpp>

#include "tcp_state.hpp"

namespace sonda::inline v0 {
namespace {

using Phase = TcpSlot::Phase;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A silent port is given up so long after its last SYN at least.
constexpr Duration patience = seconds{1};
// How long, and how many, RSTs wait for a SYN-ACK of their host.
constexpr Duration hold_for = seconds{1};
constexpr std::size_t most_held = 65'536;
constexpr int most_refused_at_once = 64;

std::uint64_t hash_of(const Address& address, Port port) {
  const auto mixed = std::hash<Address>{}(address.without_zone()) ^
                     std::uint64_t{port.value()} * 0x9e37'79b9'7f4a'7c15U;
  return (mixed ^ mixed >> 32) * 0xd6e8'feb8'6659'fd93U >> 32;
}

// The target's address as it was asked for may have a zone that the answer's has not.
bool same_host(const Address& asked, const Address& answering) {
  if (asked.without_zone() != answering.without_zone()) return false;
  return asked.zone().empty() || answering.zone().empty() || asked.zone() == answering.zone();
}

// How many hops a packet has made, if its system began with the next of these.
std::uint8_t hops_of(Ttl ttl) {
  for (const std::uint8_t begun : {std::uint8_t{32}, std::uint8_t{64}, std::uint8_t{128}})
    if (ttl.value() <= begun) return static_cast<std::uint8_t>(begun - ttl.value());
  return static_cast<std::uint8_t>(255 - ttl.value());
}

// Right, or begun and left to a card that never saw it (the pseudo header's sum alone), as between
// namespaces of one machine.
bool checksum_ok(const TcpView& segment, const Address& source, const Address& destination) {
  if (segment.checksum_ok(source, destination)) return true;
  const auto begun = static_cast<std::uint16_t>(
      ~Checksum{}
           .add_pseudo_header(source, destination, Protocol::tcp, segment.octets().size())
           .finish());
  return segment.checksum() == begun;
}

struct Inside {
  Protocol protocol{};
  Bytes octets{};
  std::optional<Ttl> ttl{};
};

// What a packet that begins at its IP header carries.
std::optional<Inside> inside(Bytes packet) {
  if (const auto v4 = Ipv4View::parse(packet)) {
    if (v4->is_fragment()) return std::nullopt;
    return Inside{v4->protocol(), v4->payload(), v4->ttl()};
  }
  const auto v6 = Ipv6View::parse(packet);
  if (!v6) return std::nullopt;
  const auto chain = ExtensionChain::parse(*v6);
  if (!chain || (chain->fragment() && !chain->fragment()->atomic())) return std::nullopt;
  return Inside{chain->protocol(), chain->payload(), v6->hop_limit()};
}

}  // namespace

// ------------------------------------------------------------------------------------ on the way
// out

std::optional<Action> TcpEngine::State::poll_syn(Instant now, MutableBytes room) {
  if (now < pace.due()) return std::nullopt;
  for (std::uint8_t queue = 0; queue < plan.retransmissions && !stopped; ++queue) {
    const auto index = queues[queue].head();
    if (index == no_slot || now < syn_due(index) || is_overdue(index, now)) continue;
    leave_queue(index);
    if (queue == young) pace.unheard();
    slots[index].phase = Phase::asked;
    ++unsent;
    return syn(now, index, room);
  }
  for (int refusals = 0; may_ask() && refusals < most_refused_at_once; ++refusals) {
    const auto index = next_port();
    if (!index) return std::nullopt;
    auto& slot = slots[*index];
    by_point.add(hash_of(slot.point.address, slot.point.port), *index);
    slot.first = now;
    const auto source = find_source(slot.point.address);
    if (!source) {
      refused(now, *index, source.error());
      continue;
    }
    slot.source = *source;
    return syn(now, *index, room);
  }
  return std::nullopt;
}

Send TcpEngine::State::syn(Instant now, SlotIndex index, MutableBytes room) {
  auto& slot = slots[index];
  const auto mtu = plan.mtu_for ? plan.mtu_for(slot.point.address) : Mtu{};
  const auto clock = std::chrono::floor<milliseconds>(now.time_since_epoch()).count();
  const auto octets = builder.packet(slot.source, slot.point, slot.tries, mtu,
                                     static_cast<std::uint32_t>(clock), room);
  slot.asked = now;
  slot.stamped = false;
  ++slot.tries;
  if (plan.hash_octets) slot.sha256 = sha256_text(octets);
  pace.sent(now);
  return {.probe = slot.probe, .octets = octets, .to = slot.point.address};
}

void TcpEngine::State::left_as_syn(Instant now, SlotIndex index) {
  auto& slot = slots[index];
  if (slot.tries == 1) slot.first = now;
  slot.tries_at[slot.tries - 1U] = now - slot.first;
  enqueue(index, static_cast<std::uint8_t>(slot.tries - 1), now);
  if (plan.hash_octets)
    tell(now, Sent{.probe = slot.probe,
                   .sequence = std::uint64_t{slot.tries} - 1,
                   .octets_sha256 = slot.sha256});
}

// When the next SYN is due, or the port given up.
Instant TcpEngine::State::syn_due(SlotIndex index) const {
  const auto& slot = slots[index];
  const auto wait = pace.timeout() * (std::int64_t{1} << std::min<int>(slot.queue, 12));
  if (slot.queue < plan.retransmissions)
    return plan.deadline ? std::min(slot.since + wait, slot.first + *plan.deadline)
                         : slot.since + wait;
  return plan.deadline ? slot.first + *plan.deadline
                       : slot.since + std::max(pace.timeout(), patience);
}

// No SYN will follow.
bool TcpEngine::State::is_overdue(SlotIndex index, Instant now) const {
  const auto& slot = slots[index];
  return slot.queue >= plan.retransmissions ||
         (plan.deadline && now >= slot.first + *plan.deadline);
}

void TcpEngine::State::expire_syns(Instant now) {
  for (std::uint8_t queue = 0; queue <= plan.retransmissions; ++queue)
    while (!queues[queue].empty()) {
      const auto index = queues[queue].head();
      if (now < syn_due(index) || !is_overdue(index, now)) break;
      Verdict verdict{.state = PortState::filtered};
      verdict.cause.deadline = Whose::ours;
      settle_syn(now, now, index, std::move(verdict), {});
    }
  while (!held.empty() && held.front().until <= now) {
    const auto address = held.front().address;
    held.pop_front();
    if (auto* host = hosts.find(address)) {
      host->held_over = true;  // a RST that is read later may bear an earlier stamp
      release_held(*host);
    }
  }
}

std::optional<Instant> TcpEngine::State::next_syn_deadline() const {
  std::optional<Instant> at;
  const auto consider = [&at](Instant other) { at = at ? std::min(*at, other) : other; };
  for (std::uint8_t queue = 0; queue <= plan.retransmissions; ++queue) {
    const auto index = queues[queue].head();
    if (index == no_slot) continue;
    const auto due = syn_due(index);
    consider(queue < plan.retransmissions ? std::max(due, pace.due()) : due);
  }
  if (!held.empty()) consider(held.front().until);
  return at;
}

// ------------------------------------------------------------------------------------- on the way
// in

void TcpEngine::State::on_packet(Instant now, const Received& packet) {
  if (told_end) return;
  if (packet.begins == Begins::ip) {
    const auto found = inside(packet.octets);
    if (!found) return;
    const auto ttl = packet.hop_limit ? packet.hop_limit : found->ttl;
    if (found->protocol == Protocol::tcp) return on_segment(now, packet, found->octets, ttl);
    on_message(now, packet, found->octets, ttl);
    return;
  }
  // A raw IPv6 socket does not say which protocol it is of. What is ours as neither is no message
  // that quotes a SYN, so it is a segment if it can be one.
  if (on_message(now, packet, packet.octets, packet.hop_limit)) return;
  on_segment(now, packet, packet.octets, packet.hop_limit);
}

SlotIndex TcpEngine::State::slot_of(const Address& address, Port port) const {
  return by_point.find(hash_of(address, port), [&](SlotIndex i) {
    return slots[i].point.port == port && same_host(slots[i].point.address, address);
  });
}

void TcpEngine::State::forget_point(SlotIndex index) {
  const auto& point = slots[index].point;
  by_point.remove(hash_of(point.address, point.port), index);
}

void TcpEngine::State::on_segment(Instant now, const Received& packet, Bytes octets,
                                  std::optional<Ttl> ttl) {
  const auto segment = TcpView::parse(octets);
  if (!segment || segment->destination_port() != plan.source_port ||
      !checksum_ok(*segment, packet.source, packet.destination))
    return;
  const auto flags = segment->flags();
  const auto sequence = segment->acknowledgement().value() - 1;
  const ScanPoint point{packet.source, segment->source_port()};
  const bool acknowledges = flags.has(TcpFlags::ack);
  const auto foreign = [&] {
    ++sums.foreign;
    tell(moment(now, packet.stamp),
         Foreign{.from = packet.source,
                 .reason = ForeignReason::sequence,
                 .wire_sequence = acknowledges ? std::optional{sequence + 1} : std::nullopt});
  };
  const auto index = slot_of(point.address, point.port);
  if (index == no_slot) {
    // A second answer, or a late one, is ours, and says nothing new.
    if (!acknowledges || builder.sequence(point) != sequence) foreign();
    return;
  }
  const auto& slot = slots[index];
  const bool ours = acknowledges && builder.sequence(slot.point) == sequence;
  const bool refuses = flags.has(TcpFlags::rst), opens = flags.has(TcpFlags::syn) && !refuses;
  if (!ours || slot.tries == 0 || (!refuses && !opens)) return foreign();

  Verdict verdict{.state = refuses ? PortState::closed : PortState::open,
                  .error_code = refuses ? ECONNREFUSED : 0};
  verdict.cause = {.kind = refuses ? CauseKind::rst : CauseKind::answer,
                   .from = packet.source,
                   .from_target = true};
  Answer answer{.number = answered_try(slot, packet.stamp), .ttl = ttl};
  // Karn: whose round trip it was cannot be known after a retransmission.
  if (slot.tries == 1) answer.rtt = rtt_of(slot, 0, packet.stamp);
  if (opens) answer.window = segment->window();
  settle_syn(now, moment(now, packet.stamp), index, std::move(verdict), answer);
}

// False: it is no error about a segment of ours, or none at all.
bool TcpEngine::State::on_message(Instant now, const Received& packet, Bytes message,
                                  std::optional<Ttl> ttl) {
  const auto version = packet.source.is_v4() ? IpVersion::v4 : IpVersion::v6;
  if (version == IpVersion::v4) {
    const auto icmp = Icmpv4View::parse(message);
    if (!icmp || !icmp->checksum_ok()) return false;
  } else {
    const auto icmp = Icmpv6View::parse(message);
    if (!icmp || !icmp->checksum_ok(packet.source.v6(), packet.destination.v6())) return false;
  }
  const auto quotation = Quotation::parse(message, version);
  if (!quotation) return false;
  const auto sequence = quotation->tcp_sequence();
  const auto from = quotation->source_port(), to = quotation->destination_port();
  if (!sequence || !to || from != plan.source_port) return false;

  const ScanPoint point{quotation->destination(), *to};
  const auto index = slot_of(point.address, point.port);
  if (builder.sequence(point) != *sequence) {
    ++sums.foreign;
    tell(moment(now, packet.stamp), Foreign{.from = packet.source,
                                            .reason = ForeignReason::sequence,
                                            .type = message[0],
                                            .code = message[1],
                                            .wire_sequence = *sequence});
    return true;
  }
  if (index == no_slot) return true;  // a second one, or a late one
  const auto& slot = slots[index];
  const VerdictContext context{
      .target = slot.point.address, .source = slot.source, .took = now - slot.first};
  auto verdict = verdict_of_icmp(message, packet.source, context, Protocol::tcp);
  if (!verdict) return true;
  const auto number = builder.try_of(slot.point, *quotation, slot.tries);
  Answer answer{.number = number.value_or(answered_try(slot, packet.stamp)), .ttl = ttl};
  if (slot.tries == 1 || number) answer.rtt = rtt_of(slot, answer.number, packet.stamp);
  settle_syn(now, moment(now, packet.stamp), index, std::move(*verdict), answer);
  return true;
}

// The last one, unless no answer has ever come so soon.
std::uint8_t TcpEngine::State::answered_try(const TcpSlot& slot, Stamp received) const {
  if (slot.tries < 2) return 0;
  const auto rtt = slot.stamped ? rtt_between(slot.stamp, received) : std::nullopt;
  const bool too_soon =
      !slot.stamped || (rtt && pace.least_rtt() && rtt->rtt < *pace.least_rtt() / 2);
  return static_cast<std::uint8_t>(slot.tries - (too_soon ? 2 : 1));
}

std::optional<RttSample> TcpEngine::State::rtt_of(const TcpSlot& slot, std::uint8_t number,
                                                  Stamp received) const {
  if (number == 0 && (slot.stamped || slot.tries > 1))
    return rtt_between(slot.first_stamp, received);
  if (number + 1 == slot.tries && slot.stamped) return rtt_between(slot.stamp, received);
  return std::nullopt;  // of a SYN between the first and the last; that moment is not kept
}

void TcpEngine::State::settle_syn(Instant now, Instant at, SlotIndex index, Verdict verdict,
                                  Answer answer) {
  auto& slot = slots[index];
  // An answer may be faster than the news that its SYN has left.
  if (slot.phase == Phase::asked && slot.tries > 0)
    slot.tries_at[slot.tries - 1U] = slot.tries == 1 ? Duration{} : slot.asked - slot.first;
  answer.attempts = slot.tries;
  if (slot.tries > 1 || verdict.cause.kind == CauseKind::silence)
    verdict.cause.tries.assign(slot.tries_at.begin(), slot.tries_at.begin() + slot.tries);
  auto result = result_of(slot, at, std::move(verdict), answer);
  forget(index);
  settle(now, at, std::move(result), slot, answer);
  release(index);
}

// ------------------------------------------------------------------------------ whose RST it was

// Whether a RST may be a firewall's is known when its host has sent a SYN-ACK: until then it is
// held.
bool TcpEngine::State::hold(Instant now, Instant at, PortResult& result) {
  if (!is_syn() || result.cause.kind != CauseKind::rst || !result.cause.ttl) return false;
  auto* host = hosts.find(result.address);
  if (host == nullptr) return false;
  if (host->hops) {
    name_sender(*host, result);
    return false;
  }
  if (held_results >= most_held || plan.space->ports_of(result.address) < 2) return false;
  if (!host->held_until) {
    host->held_until = now + hold_for;
    held.push_back({*host->held_until, result.address});
  } else if (host->held_over || now >= *host->held_until) {
    return false;  // this host has had its time
  }
  host->held.push_back({at, std::move(result)});
  ++held_results;
  return true;
}

void TcpEngine::State::name_sender(const TcpHost& host, PortResult& result) {
  const int nearer = int{*host.hops} - int{hops_of(*result.cause.ttl)};
  result.cause.hops_nearer = static_cast<std::uint8_t>(std::max(nearer, 0));
}

void TcpEngine::State::learn_distance(TcpHost& host, Ttl ttl) {
  if (host.hops) return;
  host.hops = hops_of(ttl);
  release_held(host);
}

void TcpEngine::State::release_held(TcpHost& host) {
  held_results -= host.held.size();
  for (auto& [at, result] : host.held) {
    if (host.hops) name_sender(host, result);
    tell(at, std::move(result));
  }
  host.held = {};
}

void TcpEngine::State::release_all_held() {
  for (const auto& [until, address] : held)
    if (auto* host = hosts.find(address)) release_held(*host);
  held.clear();
}

}  // namespace sonda::inline v0
