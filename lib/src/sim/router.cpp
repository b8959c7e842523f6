// Forwarding as RFC 1812 5.2 and RFC 8200 have it, in the order in which Linux does it.
#include <algorithm>
#include <ranges>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/pieces.hpp>
#include <sonda/sim/rewrite.hpp>
#include <sonda/sim/router.hpp>
#include <sonda/wire/ip_version.hpp>

#include "flow_hash.hpp"

namespace sonda::inline v0::sim {
namespace {

ErrorMessage choose(IpVersion version, ErrorMessage v4, ErrorMessage v6) {
  return version == IpVersion::v4 ? std::move(v4) : std::move(v6);
}

HostPlan with_addresses(HostPlan own, const RouterPlan& plan) {
  own.addresses = plan.addresses;
  own.limit = plan.limit;
  return own;
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
}

bool Router::attracts(const Address& address) const { return link_of(address) != nullptr; }

const OnLink* Router::link_of(const Address& address) const {
  const auto found = std::ranges::find_if(
      plan_.on_link, [&](const OnLink& link) { return link.prefix.contains(address); });
  return found == plan_.on_link.end() ? nullptr : &*found;
}

void Router::on_packet(const Arrival& arrival, Outbox& out) {
  auto packet = IpPacket::read(arrival.octets);
  if (!packet) return out.note(Deed::unreadable, arrival.octets);

  if (nat_ && arrival.side == plan_.nat->outside && packet->destination == nat_->address()) {
    if (const auto inside = nat_->inwards(arrival.now, packet->octets)) {
      out.note(Deed::translated, *inside);
      return take(*IpPacket::read(*inside), arrival.side, out);
    }
  }
  if (owns(packet->destination)) return own_.on_packet(arrival, out);
  if (packet->destination.is_multicast() || packet->destination.is_link_local()) return;
  take(*packet, arrival.side, out);
}

void Router::on_time(Instant now, Outbox& out) {
  own_.on_time(now, out);
  const auto due = [now](const Waiting& waiting) { return waiting.until <= now; };

  const auto answers_came_not = std::ranges::stable_partition(unresolved_, std::not_fn(due));
  std::vector<Waiting> given_up(std::make_move_iterator(answers_came_not.begin()),
                                std::make_move_iterator(unresolved_.end()));
  unresolved_.erase(answers_came_not.begin(), unresolved_.end());
  std::erase_if(asked_for_, [now](const auto& entry) { return entry.second <= now; });
  for (const auto& waiting : given_up) {
    const auto version = IpPacket::read(waiting.octets)->version;
    tell(Deed::absent, choose(version, {.type = 3, .code = 1}, {.type = 1, .code = 3}),
         waiting.octets, waiting.from, out);
  }

  const auto held_long_enough = std::ranges::stable_partition(held_, std::not_fn(due));
  std::vector<Waiting> going(std::make_move_iterator(held_long_enough.begin()),
                             std::make_move_iterator(held_.end()));
  held_.erase(held_long_enough.begin(), held_.end());
  for (auto& waiting : going) let_go(std::move(waiting), out);
}

// ------------------------------------------------------------------------------------- forwarding

void Router::take(const IpPacket& packet, Side from, Outbox& out) {
  if (const auto* route = route_to(packet.destination); route && route->kind != RouteKind::via)
    return refuse(*route, packet, from, out);
  forward(packet, from, out);
}

void Router::forward(const IpPacket& packet, Side from, Outbox& out) {
  const bool absent = !out.exists(packet.destination);
  const auto* link = absent ? link_of(packet.destination) : nullptr;
  const auto side = link ? std::optional{link->side} : way_of(packet, out);
  if (!side)
    return tell(Deed::no_route,
                choose(packet.version, {.type = 3, .code = 0}, {.type = 1, .code = 0}),
                packet.octets, from, out);
  if (plan_.counts_hops && !plan_.rewriting.ttl && packet.ttl.value() <= 1)
    return tell(Deed::expired,
                choose(packet.version, {.type = 11, .code = 0}, {.type = 3, .code = 0}),
                packet.octets, from, out);

  const auto mtu = out.mtu(*side);
  if (packet.octets.size() > mtu.value() && packet.dont_fragment &&
      !(plan_.rewriting.clear_dont_fragment && packet.version == IpVersion::v4)) {
    if (!plan_.tells_mtu) return out.note(Deed::too_big, packet.octets);
    return tell(Deed::too_big,
                choose(packet.version, {.type = 3, .code = 4, .value = mtu.value()},
                       {.type = 2, .code = 0, .value = mtu.value()}),
                packet.octets, from, out);
  }

  Octets counted(packet.octets.begin(), packet.octets.end());
  if (plan_.counts_hops) count_down(counted);
  const Bytes quoted = plan_.quoted_as_sent ? packet.octets : Bytes{counted};
  if (stopped_by_rule(packet, quoted, from, *side, out)) return;
  if (link != nullptr) return wait_for_neighbor(*IpPacket::read(counted), *link, from, out);
  pass_on(std::move(counted), *side, out);
}

void Router::pass_on(Octets packet, Side to, Outbox& out) {
  if (plan_.rewriting.any()) {
    const auto before = packet;
    rewrite(packet, plan_.rewriting);
    if (packet != before) out.note(Deed::rewritten, packet);
  }
  if (nat_ && to == plan_.nat->outside) {
    const auto ip = IpPacket::read(packet);
    if (ip && ip->source.is_v4() == nat_->address().is_v4()) {
      auto translated = nat_->outwards(out.now(), packet);
      if (!translated) return out.note(Deed::untranslatable, packet);
      packet = std::move(*translated);
      out.note(Deed::translated, packet);
    }
  }
  send_in_pieces(to, packet, {}, out);
}

const Route* Router::route_to(const Address& address) const {
  const Route* best = nullptr;
  for (const auto& route : plan_.routes)
    if (route.to.contains(address) && (!best || route.to.length() > best->to.length()))
      best = &route;
  return best;
}

std::optional<Side> Router::way_of(const IpPacket& packet, Outbox& out) {
  if (const auto* route = route_to(packet.destination)) return route->via;
  if (plan_.balancing == Balancing::none) return out.towards(packet.destination);
  const auto ways = out.all_ways(packet.destination);
  if (ways.empty()) return std::nullopt;
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

// Three packets wait while the neighbour is asked for, as Linux lets them; the rest is lost.
void Router::wait_for_neighbor(const IpPacket& packet, const OnLink&, Side from, Outbox& out) {
  constexpr std::ptrdiff_t most_for_one = 3;
  if (unresolved_.size() >= most_waiting || asked_for_.size() >= most_waiting)
    return out.note(Deed::absent, packet.octets);
  const auto [asked, is_new] =
      asked_for_.try_emplace(packet.destination, out.now() + plan_.neighbor_patience);
  const auto waiting = std::ranges::count_if(unresolved_, [&](const Waiting& w) {
    return IpPacket::read(w.octets)->destination == packet.destination;
  });
  if (waiting >= most_for_one) return out.note(Deed::absent, packet.octets);
  if (is_new) out.wake(plan_.neighbor_patience);
  unresolved_.push_back({.until = asked->second,
                         .octets = Octets(packet.octets.begin(), packet.octets.end()),
                         .from = from});
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
    reset(packet, out);
  } else if (const auto* held = std::get_if<Hold>(&rule->action)) {
    hold(*held, counted, from, to, out);
  } else {
    out.note(Deed::dropped, packet.octets);
  }
  return true;
}

void Router::hold(const Hold& how, Bytes packet, Side from, Side to, Outbox& out) {
  if (held_.size() >= most_held) held_.erase(held_.begin());
  const auto until = how.most ? out.now() + *how.most : Instant::max();
  held_.push_back(
      {.until = until, .octets = Octets(packet.begin(), packet.end()), .from = from, .to = to});
  if (how.most) out.wake(*how.most);
  out.note(Deed::held, packet);
}

void Router::let_go(Waiting waiting, Outbox& out) {
  out.note(Deed::released, waiting.octets);
  pass_on(std::move(waiting.octets), waiting.to, out);
}

void Router::release(Outbox& out) {
  const auto holds = [](const RouterRule& rule) {
    return std::holds_alternative<Hold>(rule.action);
  };
  std::erase_if(added_, holds);
  std::erase_if(plan_.rules, holds);
  for (auto& waiting : std::exchange(held_, {})) let_go(std::move(waiting), out);
}

}  // namespace sonda::inline v0::sim
