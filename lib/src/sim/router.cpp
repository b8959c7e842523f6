// Forwarding as RFC 1812 5.2 and RFC 8200 have it, in the order in which Linux does it.
#include <algorithm>
#include <ranges>
#include <tuple>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/sim/rewrite.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/ip_version.hpp>

#include "flow_hash.hpp"
#include "quiet_outbox.hpp"

namespace sonda::inline v0::sim {
namespace {

ErrorMessage choose(IpVersion version, const ErrorMessage& v4, const ErrorMessage& v6) {
  return version == IpVersion::v4 ? v4 : v6;
}

HostPlan with_addresses(HostPlan own, const RouterPlan& plan) {
  own.addresses = plan.addresses;
  own.limit = plan.limit;
  return own;
}

// What no router passes on (RFC 1812 5.3.7, RFC 4291 2.5 and 2.7). A link-local source of IPv6 is
// told of it; see forward().
bool is_routable(const IpPacket& packet) {
  const auto& [from, to] = std::tie(packet.source, packet.destination);
  if (to.is_multicast() || to.is_link_local() || to.is_loopback() || to.is_unspecified())
    return false;
  if (from.is_multicast() || from.is_loopback() || from.is_unspecified()) return false;
  if (packet.version == IpVersion::v6) return true;
  return !to.v4().is_broadcast() && !from.v4().is_broadcast();
}

template <typename Prefixed>
const Prefixed* longest(const std::vector<Prefixed>& all, Prefix Prefixed::* prefix,
                        const Address& address) {
  const Prefixed* best = nullptr;
  for (const auto& one : all)
    if ((one.*prefix).contains(address) &&
        (best == nullptr || (one.*prefix).length() > (best->*prefix).length()))
      best = &one;
  return best;
}

}  // namespace

Router::Router(RouterPlan plan) : Router{std::move(plan), HostPlan{}} {}

Router::Router(RouterPlan plan, HostPlan own)
    : plan_{std::move(plan)}, own_{with_addresses(std::move(own), plan_)}, budget_{plan_.limit} {
  if (plan_.nat) nat_.emplace(plan_.nat->address);
}

void Router::add_rule(RouterRule rule) { added_.insert(added_.begin(), std::move(rule)); }

void Router::set_limit(const IcmpLimit& limit) {
  plan_.limit = limit;
  budget_ = IcmpBudget{limit};
  own_.set_limit(limit);
}

bool Router::owns(const Address& address) const {
  return own_.owns(address) || (nat_ && nat_->address() == address.without_zone());
}

bool Router::attracts(const Address& address) const { return link_of(address) != nullptr; }

void Router::on_packet(const Arrival& arrival, Outbox& out) {
  const auto packet = IpPacket::read(arrival.octets);
  if (!packet) return out.note(Deed::unreadable, arrival.octets);
  const bool for_nat = nat_ && packet->source.is_v4() == nat_->address().is_v4();
  if (!for_nat || !packet->is_fragment) return receive(*packet, arrival, out);

  const auto whole = reassembly_.add(arrival.now, packet->octets);
  if (const auto due = reassembly_.next_due()) alarm_.set(*due, arrival.now, out);
  if (!whole) return;
  auto again = IpPacket::read(*whole);
  if (!again) return out.note(Deed::unreadable, packet->octets);
  again->dont_fragment = false;  // it came in pieces and may leave so, in IPv6 too
  receive(*again, {arrival.now, arrival.side, *whole}, out);
}

void Router::receive(const IpPacket& packet, const Arrival& arrival, Outbox& out) {
  const bool to_nat = nat_ && packet.destination == nat_->address();
  if (to_nat && arrival.side == plan_.nat->outside) {
    if (const auto inside = nat_->inwards(arrival.now, packet.octets)) {
      out.note(Deed::translated, *inside);
      auto translated = *IpPacket::read(*inside);
      translated.dont_fragment = packet.dont_fragment;
      return take(translated, arrival.side, out);
    }
  }
  if (own_.owns(packet.destination)) return answer_for_itself(arrival, out);
  if (to_nat) return out.note(Deed::untranslatable, packet.octets);
  take(packet, arrival.side, out);
}

void Router::answer_for_itself(const Arrival& arrival, Outbox& out) {
  if (!plan_.silent) return own_.on_packet(arrival, out);
  QuietOutbox quiet{out};
  own_.on_packet(arrival, quiet);
}

void Router::on_time(Instant now, Outbox& out) {
  alarm_.rang(now);
  if (plan_.silent) {
    QuietOutbox quiet{out};
    own_.on_time(now, quiet);
  } else {
    own_.on_time(now, out);
  }
  static_cast<void>(reassembly_.expire(now));  // Linux says nothing of what it gathers for a NAT
  give_up_neighbors(now, out);

  std::deque<Held> going, staying;
  for (auto& held : held_) (held.until > now ? staying : going).push_back(std::move(held));
  held_ = std::move(staying);
  for (auto& held : going) let_go(std::move(held), out);
  set_alarm(now, out);
}

void Router::set_alarm(Instant now, Outbox& out) {
  if (const auto due = reassembly_.next_due()) alarm_.set(*due, now, out);
  auto next = Instant::max();
  for (const auto& held : held_) next = std::min(next, held.until);
  for (const auto& [address, neighbor] : neighbors_) next = std::min(next, neighbor.given_up);
  if (next != Instant::max()) alarm_.set(next, now, out);
}

// ------------------------------------------------------------------------------------- forwarding

void Router::take(const IpPacket& packet, Side from, Outbox& out) {
  if (!is_routable(packet)) return out.note(Deed::unroutable, packet.octets);
  const auto* link = link_of(packet.destination);
  const auto* route = route_to(packet.destination);
  if (link != nullptr && route != nullptr && link->prefix.length() >= route->to.length())
    route = nullptr;
  if (route != nullptr && route->kind != RouteKind::via) return refuse(*route, packet, from, out);

  if (route != nullptr) return forward(packet, {.side = route->via}, from, out);
  if (link != nullptr && !out.exists(packet.destination))
    return forward(packet, {.side = link->side, .absent = true}, from, out);
  if (const auto side = shortest_way(packet, out))
    return forward(packet, {.side = *side}, from, out);
  refuse({.to = {packet.destination, 0}, .kind = RouteKind::missing}, packet, from, out);
}

void Router::forward(const IpPacket& packet, const Way& way, Side from, Outbox& out) {
  const bool counts = plan_.counts_hops && !plan_.rewriting.ttl;
  if (counts && packet.ttl.value() <= 1)
    return tell(Deed::expired,
                choose(packet.version, {.type = 11, .code = 0}, {.type = 3, .code = 0}),
                packet.octets, from, out);
  if (packet.version == IpVersion::v6 && packet.source.is_link_local())
    return tell(Deed::unroutable, {.type = 1, .code = 2}, packet.octets, from, out);
  if (!fits(packet, out.mtu(way.side), from, out)) return;

  Octets counted(packet.octets.begin(), packet.octets.end());
  if (counts) count_down(counted);
  const Bytes quoted = plan_.quoted_as_sent ? packet.octets : Bytes{counted};
  if (stopped_by_rule(packet, quoted, from, way.side, out)) return;
  if (way.absent) return wait_for_neighbor(std::move(counted), packet.destination, from, out);
  pass_on(std::move(counted), way.side, out);
}

bool Router::fits(const IpPacket& packet, Mtu mtu, Side from, Outbox& out) {
  const bool v4 = packet.version == IpVersion::v4;
  const bool may_be_cut = !packet.dont_fragment || (plan_.rewriting.clear_dont_fragment && v4);
  if (packet.octets.size() <= mtu.value() || may_be_cut) return true;
  if (plan_.tells_mtu)
    tell(Deed::too_big,
         choose(packet.version, {.type = 3, .code = 4, .value = mtu.value()},
                {.type = 2, .code = 0, .value = mtu.value()}),
         packet.octets, from, out);
  else
    out.note(Deed::too_big, packet.octets);
  return false;
}

void Router::pass_on(Octets packet, Side to, Outbox& out) {
  if (plan_.rewriting.any()) {
    const auto before = packet;
    rewrite(packet, plan_.rewriting);
    if (packet != before) out.note(Deed::rewritten, packet);
  }
  if (nat_ && to == plan_.nat->outside && (packet[0] >> 4 == 4) == nat_->address().is_v4()) {
    auto translated = nat_->outwards(out.now(), packet);
    if (!translated) return out.note(Deed::untranslatable, packet);
    packet = std::move(*translated);
    out.note(Deed::translated, packet);
  }
  send_in_pieces(to, std::move(packet), {}, out);
}

const Route* Router::route_to(const Address& address) const {
  return longest(plan_.routes, &Route::to, address);
}

const OnLink* Router::link_of(const Address& address) const {
  return longest(plan_.on_link, &OnLink::prefix, address);
}

std::optional<Side> Router::shortest_way(const IpPacket& packet, Outbox& out) {
  if (plan_.balancing == Balancing::none) return out.towards(packet.destination);
  const auto ways = out.all_ways(packet.destination);
  if (ways.empty()) return std::nullopt;
  if (ways.size() == 1) return ways.front();
  if (plan_.balancing == Balancing::per_packet) return ways[turn_++ % ways.size()];
  if (!flow_key_) flow_key_ = out.random().next();
  const auto hash = plan_.balancing == Balancing::per_flow
                        ? flow_hash(packet, *flow_key_)
                        : address_hash(packet.destination, *flow_key_);
  return ways[hash % ways.size()];
}

void Router::refuse(const Route& route, const IpPacket& packet, Side from, Outbox& out) {
  const auto v = packet.version;
  switch (route.kind) {
    case RouteKind::blackhole:
      return out.note(Deed::swallowed, packet.octets);
    case RouteKind::unreachable:
      return tell(Deed::refused, choose(v, {.type = 3, .code = 1}, {.type = 1, .code = 0}),
                  packet.octets, from, out);
    case RouteKind::prohibit:
      return tell(Deed::refused, choose(v, {.type = 3, .code = 13}, {.type = 1, .code = 1}),
                  packet.octets, from, out);
    case RouteKind::missing:
    case RouteKind::via:
      return tell(Deed::no_route, choose(v, {.type = 3, .code = 0}, {.type = 1, .code = 0}),
                  packet.octets, from, out);
  }
}

// ------------------------------------------------------------------------------------- neighbours

void Router::wait_for_neighbor(Octets packet, const Address& neighbor, Side from, Outbox& out) {
  const auto now = out.now();
  const auto known = neighbors_.find(neighbor);
  const bool room = known == neighbors_.end() ? neighbors_.size() < most_asked_for
                                              : known->second.waiting.size() < most_waiting;
  if (!room) return out.note(Deed::absent, packet);
  auto& asked =
      neighbors_.try_emplace(neighbor, Neighbor{now + plan_.neighbor_patience}).first->second;
  asked.waiting.push_back({.octets = std::move(packet), .from = from, .origin = out.origin()});
  alarm_.set(asked.given_up, now, out);
}

void Router::give_up_neighbors(Instant now, Outbox& out) {
  const auto due = [now](const auto& entry) { return entry.second.given_up <= now; };
  std::vector<Neighbor> given_up;
  for (auto& entry : neighbors_)
    if (due(entry)) given_up.push_back(std::move(entry.second));
  std::erase_if(neighbors_, due);
  for (const auto& neighbor : given_up)
    for (const auto& [octets, from, origin] : neighbor.waiting) {
      out.act_for(origin);
      tell(Deed::absent,
           choose(octets[0] >> 4 == 4 ? IpVersion::v4 : IpVersion::v6, {.type = 3, .code = 1},
                  {.type = 1, .code = 3}),
           octets, from, out);
    }
}

// ------------------------------------------------------------------------------------------ rules

const RouterRule* Router::rule_for(const IpPacket& packet) const {
  for (const auto* rules : {&added_, &plan_.rules})
    for (const auto& rule : *rules)
      if (rule.match.fits(packet)) return &rule;
  return nullptr;
}

bool Router::stopped_by_rule(const IpPacket& packet, Bytes counted, Side from, Side to,
                             Outbox& out) {
  const auto* rule = rule_for(packet);
  if (rule == nullptr || std::holds_alternative<Pass>(rule->action)) return false;
  if (const auto* redirected = std::get_if<Redirect>(&rule->action)) {
    redirect(redirected->gateway, counted, from, out);
    return false;
  }
  if (const auto* answer = std::get_if<Answer>(&rule->action)) {
    tell(Deed::answered, answer->error, counted, from, out, answer);
  } else if (std::holds_alternative<Reset>(rule->action)) {
    reset(packet, from, out);
  } else if (const auto* held = std::get_if<Hold>(&rule->action)) {
    hold(*held, counted, to, out);
  } else {
    out.note(Deed::dropped, packet.octets);
  }
  return true;
}

void Router::hold(const Hold& how, Bytes packet, Side to, Outbox& out) {
  if (held_.size() >= most_held) {
    const auto origin = out.origin();
    out.act_for(held_.front().origin);
    out.note(Deed::dropped, held_.front().octets);
    out.act_for(origin);
    held_.pop_front();
  }
  const auto until = how.most ? out.now() + *how.most : Instant::max();
  held_.push_back({.until = until,
                   .octets = Octets(packet.begin(), packet.end()),
                   .to = to,
                   .origin = out.origin()});
  out.note(Deed::held, packet);
  if (how.most) alarm_.set(until, out.now(), out);
}

void Router::let_go(Held held, Outbox& out) {
  out.act_for(held.origin);
  out.note(Deed::released, held.octets);
  pass_on(std::move(held.octets), held.to, out);
}

void Router::release(Outbox& out) {
  const auto holds = [](const RouterRule& rule) {
    return std::holds_alternative<Hold>(rule.action);
  };
  std::erase_if(added_, holds);
  std::erase_if(plan_.rules, holds);
  for (auto& held : std::exchange(held_, {})) let_go(std::move(held), out);
}

}  // namespace sonda::inline v0::sim
