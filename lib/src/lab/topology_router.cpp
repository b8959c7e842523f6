// [router.NAME] of a topology file.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "draft.hpp"
#include "wording.hpp"
#include "words.hpp"

namespace sonda::inline v0::lab {
namespace {

// A judgement whether two machines are neighbours.
Draft::Judgement neighbours(std::string router, std::string other) {
  return [router = std::move(router), other = std::move(other)](const Topology& topology) {
    if (topology.link_between(router, other)) return std::string{};
    std::vector<std::string> known;
    for (const auto& link : topology.links) {
      if (link.lower.machine == router) known.push_back(link.upper.machine);
      if (link.upper.machine == router) known.push_back(link.lower.machine);
    }
    return fmt::format("found {}, accepted: a neighbour of {}, that is {}{}", quoted(other), router,
                       listed(known), meant(other, known));
  };
}

sim::IcmpLimit read_limit(const Item& item, Draft& draft) {
  if (item.kind != Item::Kind::table) return draft.value<sim::IcmpLimit>(item, read_icmp_limit);
  sim::IcmpBucket bucket;
  const auto number = [&draft](const Item& entry, double least) {
    return draft.value<double>(entry, [least](std::string_view text) -> Read<double> {
      const auto limit = read_icmp_limit(fmt::format("{}/s", text));
      const auto* read = limit ? std::get_if<sim::IcmpBucket>(&*limit) : nullptr;
      if (read && read->per_second >= least) return read->per_second;
      return std::unexpected{instead_of(text, fmt::format("a number from {} to 1000000", least))};
    });
  };
  bool burst = false;
  draft.read_table(
      item, {{"per_second", [&](const Item& entry) { bucket.per_second = number(entry, 0.001); }},
             {"burst", [&](const Item& entry) { bucket.burst = number(entry, 1), burst = true; }}});
  if (!burst) bucket.burst = std::max(1.0, bucket.per_second);
  return bucket;
}

// How much of a packet is quoted: "8" is what RFC 792 asks for, a header of 20 octets and eight.
std::optional<std::size_t> read_quote(const Item& item, Draft& draft) {
  if (item.kind == Item::Kind::text && item.text == "whole") return 65'535;
  if (item.kind == Item::Kind::text && item.text == "8") return 28;
  if (item.kind == Item::Kind::number) return draft.whole(item, 28, 65'535);
  draft.complain(item.place,
                 instead_of(item.text, "\"8\", \"whole\", or octets of the packet from 28 on"));
  return std::nullopt;
}

std::vector<MplsLabel> read_labels(const Item& item, Draft& draft) {
  constexpr std::size_t most = 8;
  std::vector<MplsLabel> labels;
  const auto entries = draft.entries(item);
  if (entries.size() > most)
    draft.complain(item.place,
                   fmt::format("found {} labels, accepted: at most {}", entries.size(), most));
  for (const auto* entry : entries)
    labels.push_back({.label = static_cast<std::uint32_t>(draft.whole(*entry, 0, 0xf'ffff)),
                      .bottom = entry == entries.back(),
                      .ttl = Ttl{1}});
  return labels;
}

sim::Balancing read_balancing(const Item& item, Draft& draft) {
  return draft.value<sim::Balancing>(item, [](std::string_view text) -> Read<sim::Balancing> {
    if (text == "none") return sim::Balancing::none;
    if (text == "flow") return sim::Balancing::per_flow;
    if (text == "packet") return sim::Balancing::per_packet;
    if (text == "destination") return sim::Balancing::per_destination;
    return std::unexpected{
        instead_of(text, std::vector<std::string>{"flow", "packet", "destination", "none"})};
  });
}

sim::Rewriting read_rewriting(const Item& item, Draft& draft) {
  sim::Rewriting rewriting;
  if (!draft.is_table(item, "rewrite = {dscp = 0}")) return rewriting;
  draft.read_table(
      item,
      {{"ttl", [&](const Item& i) { rewriting.ttl = Ttl{draft.whole(i, 1, 255)}; }},
       {"dscp",
        [&](const Item& i) { rewriting.dscp = static_cast<std::uint8_t>(draft.whole(i, 0, 63)); }},
       {"bleach_ecn", [&](const Item& i) { rewriting.bleach_ecn = draft.truth(i); }},
       {"mss",
        [&](const Item& i) {
          rewriting.most_mss = static_cast<std::uint16_t>(draft.whole(i, 88, 65'535));
        }},
       {"clear_df", [&](const Item& i) { rewriting.clear_dont_fragment = draft.truth(i); }}});
  return rewriting;
}

NamedNat read_nat(const Item& item, Draft& draft) {
  NamedNat nat;
  if (item.kind != Item::Kind::table) {
    nat.address = draft.address(item);
    draft.written(nat.address, item.place);
    return nat;
  }
  draft.read_table(item, {{"address",
                           [&](const Item& i) {
                             nat.address = draft.address(i);
                             draft.written(nat.address, i.place);
                           }},
                          {"outside", [&](const Item& i) { nat.outside = draft.text(i); }}});
  if (!item.find("address"))
    draft.complain(item.place, "found no address, accepted: nat = {address = \"203.0.113.1\"}");
  return nat;
}

// "203.0.113.0/24 via r3", "198.18.0.0/15 prohibit".
void read_route(const Item& item, RouterNode& router, Draft& draft) {
  const auto text = draft.text(item);
  Words words{text};
  const auto to = Prefix::parse(words.take());
  const auto kind = words.take();
  const std::vector<std::string> kinds{"via", "prohibit", "unreachable", "blackhole", "missing"};
  constexpr std::array values{sim::RouteKind::via, sim::RouteKind::prohibit,
                              sim::RouteKind::unreachable, sim::RouteKind::blackhole,
                              sim::RouteKind::missing};
  const auto found = std::ranges::find(kinds, kind);
  if (!to || found == kinds.end()) {
    draft.complain(item.place,
                   instead_of(text,
                              "a route as in \"203.0.113.0/24 via r3\" or \"198.18.0.0/15 "
                              "prohibit\" (or unreachable, blackhole, missing)") +
                       (to ? meant(kind, kinds) : std::string{}));
    return;
  }
  NamedRoute route{.to = *to, .kind = values[static_cast<std::size_t>(found - kinds.begin())]};
  if (route.kind == sim::RouteKind::via) {
    route.via = words.take();
    draft.judge_later(item.place, neighbours(router.name, route.via));
  }
  if (!words.done()) draft.complain(item.place, instead_of(words.peek(), "nothing behind a route"));
  router.routes.push_back(std::move(route));
}

void read_rule_of(const Item& item, RouterNode& router, Draft& draft) {
  const auto rule = draft.value<Rule>(item, [](std::string_view text) { return read_rule(text); });
  draft.judge_later(item.place, [sentence = Sentence{router.name, rule}](const Topology& topology) {
    const auto right = check(sentence, topology);
    return right ? std::string{} : right.error();
  });
  router.rules.push_back(rule);
}

}  // namespace

sim::IcmpLimit read_limit_item(const Item& item, Draft& draft) { return read_limit(item, draft); }

void read_router(const Item& item, RouterNode& router, Draft& draft) {
  if (!draft.is_table(item, "[router.r1]")) return;
  auto& plan = router.plan;
  const auto truth = [&draft](bool& field) {
    return [&draft, &field](const Item& i) { field = draft.truth(i); };
  };
  const Item* outside = nullptr;
  draft.read_table(
      item, {{"addresses",
              [&](const Item& i) {
                for (const auto* entry : draft.entries(i)) {
                  plan.addresses.push_back(draft.address(*entry));
                  draft.written(plan.addresses.back(), entry->place);
                }
              }},
             {"rules",
              [&](const Item& i) {
                for (const auto* entry : draft.entries(i)) read_rule_of(*entry, router, draft);
              }},
             {"routes",
              [&](const Item& i) {
                for (const auto* entry : draft.entries(i)) read_route(*entry, router, draft);
              }},
             {"silent", truth(plan.silent)},
             {"icmp_limit", [&](const Item& i) { plan.limit = read_limit(i, draft); }},
             {"error_delay", [&](const Item& i) { plan.error_delay = draft.duration(i); }},
             {"patience", [&](const Item& i) { plan.neighbor_patience = draft.duration(i); }},
             {"quote", [&](const Item& i) { plan.quoted = read_quote(i, draft); }},
             {"quoted_as_sent", truth(plan.quoted_as_sent)},
             {"answers_from",
              [&](const Item& i) {
                plan.answers_from = draft.address(i);
                draft.written(*plan.answers_from, i.place);
              }},
             {"broken_checksum", truth(plan.broken_checksum)},
             {"mpls", [&](const Item& i) { plan.labels = read_labels(i, draft); }},
             {"tells_interface", truth(plan.tells_interface)},
             {"counts_hops", truth(plan.counts_hops)},
             {"tells_mtu", truth(plan.tells_mtu)},
             {"balance", [&](const Item& i) { plan.balancing = read_balancing(i, draft); }},
             {"nat", [&](const Item& i) { router.nat = read_nat(i, draft); }},
             {"outside", [&](const Item& i) { outside = &i; }},
             {"rewrite", [&](const Item& i) { plan.rewriting = read_rewriting(i, draft); }}});
  if (outside && !router.nat)
    draft.complain(outside->key_place, "found outside without nat, accepted: both");
  if (outside && router.nat) router.nat->outside = draft.text(*outside);
  if (router.nat && !router.nat->outside.empty())
    draft.judge_later(outside ? outside->place : item.find("nat")->place,
                      neighbours(router.name, router.nat->outside));
}

}  // namespace sonda::inline v0::lab
