// Paths and links of a topology file, and the addresses that links get by themselves.
#include <algorithm>
#include <array>
#include <unordered_set>

#include <fmt/format.h>

#include "draft.hpp"
#include "wording.hpp"
#include "words.hpp"

namespace sonda::inline v0::lab {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t";
  const auto begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

void read_path(const Item& item, Draft& draft) {
  const auto text = draft.text(item);
  // Where machines are set apart by blanks, a '-' without is somebody's wish for a name with one.
  const std::string_view join = text.find(" - ") == std::string::npos ? "-" : " - ";
  std::string before;
  std::size_t machines = 0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(join, begin), text.size());
    std::string name{trimmed(std::string_view{text}.substr(begin, end - begin))};
    begin = end + join.size();
    if (!is_name(name)) {
      draft.complain(item.place, instead_of(name, name_rule));
      return;
    }
    if (++machines > most_machines) return;  // refused when machines are counted
    if (name == before) {
      draft.complain(item.place, fmt::format("found {} beside itself, accepted: another machine",
                                             quoted(name)));
      return;
    }
    if (!before.empty() && !link_for(before, name, item.place, draft)) return;
    before = std::move(name);
  }
  if (machines < 2)
    draft.complain(item.place, instead_of(text, "machines as in \"client - r1 - web\""));
}

struct WrittenAddress {
  InterfaceAddress address;
  Place place;
};

std::vector<WrittenAddress> read_addresses(const Item& item, Draft& draft) {
  std::vector<WrittenAddress> all;
  for (const auto* entry : draft.entries(item)) {
    const auto content = draft.text(*entry);
    const auto slash = content.find('/');
    const auto address = Address::parse(std::string_view{content}.substr(0, slash));
    const auto length =
        slash == std::string::npos
            ? Read<std::uint64_t>{std::unexpected{std::string{}}}
            : read_whole(content.substr(slash + 1), 1, address && address->is_v6() ? 128 : 32);
    if (!address || !length || !address->zone().empty() || address->is_multicast() ||
        address->is_unspecified()) {
      draft.complain(entry->place, instead_of(content,
                                              "an address with its prefix's length as in "
                                              "10.0.1.1/24"));
      return {};
    }
    all.push_back({{*address, static_cast<unsigned>(*length)}, entry->place});
  }
  if (all.empty() || all.size() % 2 != 0) {
    draft.complain(item.place, fmt::format("found {} addresses, accepted: one for each end, or two "
                                           "for each",
                                           all.size()));
    return {};
  }
  for (std::size_t i = 0; i < all.size(); i += 2)
    if (all[i].address.prefix() != all[i + 1].address.prefix()) {
      draft.complain(all[i + 1].place,
                     fmt::format("found {}, accepted: an address in {}, as the other end has",
                                 quoted(to_text(all[i + 1].address.address).view()),
                                 to_text(all[i].address.prefix()).view()));
      return {};
    }
  return all;
}

// What one table says of a link, or of all.
class LinkTable {
 public:
  LinkTable(Pair pair, bool all, Draft& draft) : pair_{std::move(pair)}, all_{all}, draft_{draft} {}

  // Handlers of what does not name the link.
  [[nodiscard]] Draft::Handlers handlers() {
    Draft::Handlers handlers;
    for (const auto& key : link_keys())
      handlers.emplace_back(key, [this, &key](const Item& item) {
        change_ = draft_.value<LinkChange>(
            item, [&](std::string_view text) { return with(change_, key, text); }, change_);
      });
    handlers.emplace_back("down", [this](const Item& item) { change_.down = draft_.truth(item); });
    if (!all_ && pair_.both_ways)
      handlers.emplace_back(
          "addresses", [this](const Item& item) { addresses_ = read_addresses(item, draft_); });
    return handlers;
  }

  void apply(Place place) {
    if (draft_.flaw()) return;
    if (all_) {
      for (auto& link : draft_.topology.links)
        link.there = changed(link.there, change_), link.back = changed(link.back, change_);
      return;
    }
    auto* link = link_for(pair_.a, pair_.b, place, draft_);
    if (!link) return;
    const bool as_named = link->lower.machine == pair_.a;
    auto& there = as_named ? link->there : link->back;
    auto& back = as_named ? link->back : link->there;
    there = changed(there, change_);
    if (pair_.both_ways) back = changed(back, change_);
    auto& lower = as_named ? link->lower : link->upper;
    auto& upper = as_named ? link->upper : link->lower;
    if (!addresses_.empty()) lower.addresses.clear(), upper.addresses.clear();
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
      (i % 2 == 0 ? lower : upper).addresses.push_back(addresses_[i].address);
      draft_.written(addresses_[i].address.address, addresses_[i].place);
    }
  }

 private:
  Pair pair_;
  bool all_;
  Draft& draft_;
  LinkChange change_{};
  std::vector<WrittenAddress> addresses_{};
};

// [[link]] between = "r1 - r2"; without `between`, of every link.
void read_listed_link(const Item& item, Draft& draft) {
  if (!draft.is_table(item, "[[link]]")) return;
  const auto* between = item.find("between");
  std::optional<Pair> pair;
  if (between) {
    pair = read_pair(draft.text(*between), between->place, draft);
    if (!pair) return;
  }
  LinkTable table{pair.value_or(Pair{}), !between, draft};
  auto handlers = table.handlers();
  handlers.emplace_back("between", [](const Item&) {});
  draft.read_table(item, handlers);
  table.apply(item.place);
}

// link."r1 - r2", not link.delay.
bool is_of_one_link(const Item& entry) {
  return entry.kind == Item::Kind::table && entry.key.find_first_of("->") != std::string::npos;
}

// Adds `address` and the length of the prefix it lies in.
InterfaceAddress host_address(const Address& address, const std::array<Prefix, 2>& prefixes) {
  for (const auto& prefix : prefixes)
    if (prefix.contains(address)) return {address, prefix.length()};
  return {address, address.is_v4() ? 32U : 128U};
}

struct Numbers {  // of one link
  std::array<Prefix, 2> prefixes;
  [[nodiscard]] std::vector<InterfaceAddress> end(std::uint64_t number) const {
    return {{prefixes[0].addresses()[number], prefixes[0].length()},
            {prefixes[1].addresses()[number], prefixes[1].length()}};
  }
};

Numbers clients_numbers() {
  return {{Prefix{Ipv4Address{192, 0, 2, 0}, 24}, *Prefix::parse("2001:db8::/64")}};
}

// 10.0.k.0/24 and fd00:0:0:k::/64, k in the same digits.
Numbers numbers_of(std::size_t k) {
  const auto v4 =
      Ipv4Address{10, static_cast<std::uint8_t>(k >> 8), static_cast<std::uint8_t>(k), 0};
  return {{Prefix{v4, 24}, *Prefix::parse(fmt::format("fd00:0:0:{}::/64", k))}};
}

}  // namespace

std::optional<Pair> read_pair(std::string_view text, Place place, Draft& draft) {
  const auto join = text.find_first_of("->");
  if (join != std::string_view::npos) {
    Pair pair{std::string{trimmed(text.substr(0, join))},
              std::string{trimmed(text.substr(join + 1))}, text[join] == '-'};
    if (is_name(pair.a) && is_name(pair.b) && pair.a != pair.b) return pair;
  }
  draft.complain(place, instead_of(text,
                                   "two machines as in \"r1 - r2\" or, for one direction, "
                                   "\"r1 > r2\""));
  return std::nullopt;
}

Link* link_for(const std::string& a, const std::string& b, Place place, Draft& draft) {
  auto& links = draft.topology.links;
  for (auto& link : links)
    if (link.joins(a, b)) return &link;
  if (links.size() == most_links) {
    draft.complain(place, fmt::format("found one more link, accepted: at most {}", most_links));
    return nullptr;
  }
  links.push_back({.lower = {.machine = a}, .upper = {.machine = b}});
  return &links.back();
}

void read_paths(const Item& item, Draft& draft) {
  for (const auto* entry : draft.entries(item)) read_path(*entry, draft);
}

void declare_links(const Item& item, Draft& draft) {
  const auto declare = [&draft](std::string_view text, Place place) {
    if (const auto pair = read_pair(text, place, draft))
      static_cast<void>(link_for(pair->a, pair->b, place, draft));
  };
  for (const auto& entry : item.items) {
    if (item.kind == Item::Kind::table && is_of_one_link(entry))
      declare(entry.key, entry.key_place);
    const auto* between = entry.find("between");
    if (item.kind == Item::Kind::list && between) declare(draft.text(*between), between->place);
  }
}

void read_links(const Item& item, Draft& draft) {
  if (item.kind == Item::Kind::list) {
    for (const auto* entry : draft.entries(item))
      if (!entry->find("between")) read_listed_link(*entry, draft);
    for (const auto* entry : draft.entries(item))
      if (entry->find("between")) read_listed_link(*entry, draft);
    return;
  }
  if (!draft.is_table(item, "link.delay = \"2ms\"")) return;
  // What is said of every link comes first; what is said of one counts for that one.
  Item general = item;
  std::erase_if(general.items, is_of_one_link);
  LinkTable all{{}, true, draft};
  draft.read_table(general, all.handlers());
  all.apply(item.place);
  for (const auto& entry : item.items) {
    if (!is_of_one_link(entry)) continue;
    const auto pair = read_pair(entry.key, entry.key_place, draft);
    if (!pair) return;
    LinkTable one{*pair, false, draft};
    draft.read_table(entry, one.handlers());
    one.apply(entry.key_place);
  }
}

void number_links(Draft& draft) {
  auto& topology = draft.topology;
  const auto client = topology.client().name;
  std::unordered_set<std::string> addressed;  // hosts whose own addresses are on a link already
  bool clients = true;
  std::size_t k = 0;
  for (auto& link : topology.links) {
    const bool first = clients && (link.lower.machine == client || link.upper.machine == client);
    const auto numbers = first ? clients_numbers() : numbers_of(++k);
    if (first) clients = false;
    const bool upside_down = first && link.lower.machine == client;  // the client has .2
    for (auto* end : {&link.lower, &link.upper}) {
      const auto* host = topology.host(end->machine);
      if (host && !host->plan.addresses.empty() && addressed.insert(end->machine).second) {
        end->addresses.clear();
        for (const auto& address : host->plan.addresses)
          end->addresses.push_back(host_address(address, numbers.prefixes));
      } else if (end->addresses.empty()) {
        end->addresses = numbers.end((end == &link.lower) != upside_down ? 1 : 2);
      }
    }
  }
}

}  // namespace sonda::inline v0::lab
