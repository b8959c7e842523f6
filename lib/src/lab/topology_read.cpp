// A topology file from top to bottom.
#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include <sonda/sim/menu_address.hpp>

#include "draft.hpp"
#include "wording.hpp"
#include "words.hpp"

namespace sonda::inline v0::lab {
namespace {

constexpr std::size_t most_addresses = 64;  // of one machine that the file writes down

// Whether a terminal shows it as it is: no control characters, nothing that turns the line around.
bool is_plain(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (octet < ' ' || octet == 0x7f || (octet == 0xc2 && next < 0xa0)) return false;
    for (const std::string_view turner :
         {"\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067",
          "\u2068", "\u2069"})
      if (text.substr(i).starts_with(turner)) return false;
  }
  return true;
}

void read_title(const Item& item, Draft& draft) {
  constexpr std::size_t most = 200;
  draft.topology.title = draft.text(item);
  if (draft.topology.title.size() > most || !is_plain(draft.topology.title))
    draft.complain(item.place, instead_of(draft.topology.title,
                                          fmt::format("one line of at most {} octets", most)));
}

// TOML lets `link` be a table (link.delay) or a list ([[link]]), not both; people mean both. The
// list gets a name of its own, of the same length, so that places stay right.
constexpr std::string_view apart = "LINK";

std::string with_listed_links_apart(std::string_view text) {
  constexpr std::string_view header = "[[link]]";
  std::string out{text};
  for (auto at = out.find(header); at != std::string::npos; at = out.find(header, at + 1)) {
    const auto before = out.find_last_not_of(" \t", at == 0 ? 0 : at - 1);
    if (at == 0 || before == std::string::npos || out[before] == '\n')
      out.replace(at + 2, apart.size(), apart);
  }
  return out;
}

std::optional<Item> taken(Item& table, std::string_view key) {
  const auto found = std::ranges::find(table.items, key, &Item::key);
  if (found == table.items.end()) return std::nullopt;
  auto item = std::move(*found);
  table.items.erase(found);
  return item;
}

// Declares the machines of [router.NAME] or [host.NAME].
template <typename Node>
void read_machines(const Item& item, std::vector<Node>& nodes, Draft& draft,
                   void (*read)(const Item&, Node&, Draft&)) {
  if (!draft.is_table(item, fmt::format("[{}.NAME]", item.key))) return;
  for (const auto& entry : item.items) {
    if (nodes.size() == most_machines) {
      draft.complain(entry.key_place,
                     fmt::format("found one machine more, accepted: at most {}", most_machines));
      return;
    }
    if (!is_name(entry.key)) {
      draft.complain(entry.key_place, instead_of(entry.key, name_rule));
      continue;
    }
    if (draft.topology.knows(entry.key)) {
      draft.complain(entry.key_place,
                     fmt::format("found {} as a router and as a host, accepted: one of them",
                                 quoted(entry.key)));
      continue;
    }
    Node node;
    node.name = entry.key;
    read(entry, node, draft);
    if (node.plan.addresses.size() > most_addresses)
      draft.complain(entry.key_place, fmt::format("found {} addresses, accepted: at most {}",
                                                  node.plan.addresses.size(), most_addresses));
    const auto place = entry.key_place;
    draft.judge_later(place, [name = node.name](const Topology& topology) {
      const bool linked = std::ranges::any_of(topology.links, [&name](const Link& link) {
        return link.lower.machine == name || link.upper.machine == name;
      });
      return linked ? std::string{}
                    : fmt::format(
                          "found {}, to which no link leads, accepted: a machine that a path "
                          "or a link names",
                          quoted(name));
    });
    nodes.push_back(std::move(node));
  }
}

// There is a client, and it is on a link.
void settle_client(Draft& draft) {
  auto& topology = draft.topology;
  const std::string client = "client";
  const auto is_client = [&](const Link& link) {
    return link.lower.machine == client || link.upper.machine == client;
  };
  const bool others =
      std::ranges::any_of(topology.hosts, [](const HostNode& host) { return host.kernel; });
  const bool named = std::ranges::any_of(topology.links, is_client);
  if (others && (!named || topology.router(client) || topology.host(client))) return;
  if (topology.router(client))
    return draft.complain({1, 1},
                          "found 'client' as a router, accepted: a host, the one in which "
                          "programs run (or another host with kernel = true)");
  const auto declared = std::ranges::find(topology.hosts, client, &HostNode::name);
  if (declared == topology.hosts.end())
    topology.hosts.push_back({.name = client, .kernel = true});
  else
    declared->kernel = true;
  const auto& links = topology.links;
  if (named) return;
  const auto first = !links.empty()              ? links.front().lower.machine
                     : !topology.routers.empty() ? topology.routers.front().name
                                                 : std::string{"r1"};
  topology.links.insert(topology.links.begin(),
                        Link{.lower = {.machine = client}, .upper = {.machine = first}});
}

// What links name and nobody declared is a router.
void declare_routers(Draft& draft) {
  auto& topology = draft.topology;
  std::set<std::string> known;
  for (const auto& router : topology.routers) known.insert(router.name);
  for (const auto& host : topology.hosts) known.insert(host.name);
  for (const auto& link : topology.links)
    for (const auto* end : {&link.lower, &link.upper})
      if (known.insert(end->machine).second) topology.routers.push_back({.name = end->machine});
  if (known.size() > most_machines)
    draft.complain({1, 1}, fmt::format("found {} machines, accepted: at most {}", known.size(),
                                       most_machines));
}

// Machines in the order in which they appear on links.
void put_in_order(Topology& topology) {
  std::unordered_map<std::string, std::size_t> order;
  for (const auto& name : topology.names()) order.emplace(name, order.size());
  const auto by_appearance = [&order](const auto& node) {
    const auto found = order.find(node.name);
    return found == order.end() ? order.size() : found->second;
  };
  std::ranges::stable_sort(topology.routers, {}, by_appearance);
  std::ranges::stable_sort(topology.hosts, {}, by_appearance);
}

void judge_addresses(Draft& draft) {
  std::unordered_map<Address, std::string> owners;
  const auto& topology = draft.topology;
  for (const auto& name : topology.names())
    for (const auto& address : topology.addresses_of(name)) {
      const auto [owner, first] = owners.emplace(address, name);
      if (first) continue;
      draft.complain(
          draft.place_of(address),
          fmt::format("found {} of {}, which {} has as well, accepted: each address once",
                      quoted(to_text(address).view()), name,
                      owner->second == name ? "it" : owner->second));
    }
}

void judge_menu(Draft& draft, Place place) {
  if (!draft.topology.clients_router())
    draft.complain(place,
                   "found menu = true, but no router beside the client, accepted: a path as in "
                   "\"client - r1\"");
  for (const auto& name : draft.topology.names()) {
    const bool taken = name == "menu" || sim::find_menu_entry(IpVersion::v4, name) ||
                       sim::find_menu_entry(IpVersion::v6, name);
    if (taken)
      draft.complain(place, fmt::format("found a machine called {} beside the menu, accepted: "
                                        "a name that is not on it",
                                        quoted(name)));
  }
}

}  // namespace

void read_event(const Item& item, Draft& draft) {
  if (!draft.is_table(item, "[[event]]")) return;
  Event event;
  const auto sentence = [&](const Item& i) {
    event.sentences.push_back(draft.value<Sentence>(i, read_sentence));
    draft.judge_later(i.place, [said = event.sentences.back()](const Topology& topology) {
      const auto right = check(said, topology);
      return right ? std::string{} : right.error();
    });
  };
  draft.read_table(
      item, {{"at", [&](const Item& i) { event.at = draft.duration(i); }},
             {"after",
              [&](const Item& i) {
                event.after = draft.value<Selection>(
                    i, [](std::string_view text) { return read_selection(text); });
                draft.judge_later(i.place, [which = *event.after](const Topology& topology) {
                  for (const auto& party : {which.from, which.to})
                    if (!party.name.empty() && !topology.knows(party.name))
                      return instead_of(party.name, "the name of a machine") +
                             meant(party.name, topology.names());
                  return std::string{};
                });
              }},
             {"count", [&](const Item& i) { event.count = draft.whole(i, 1, 1'000'000'000); }},
             {"delay", [&](const Item& i) { event.delay = draft.duration(i); }},
             {"do", [&](const Item& i) {
                for (const auto* entry : draft.entries(i)) sentence(*entry);
              }}});
  if (event.at && event.after)
    draft.complain(item.find("after")->key_place, "found at and after, accepted: one of them");
  if (!event.at && !event.after)
    draft.complain(item.place,
                   "found an event without a time, accepted: at = \"3s\" or after = "
                   "\"tcp syn to web\"");
  if (event.at && (item.find("count") || item.find("delay")))
    draft.complain(item.find(item.find("count") ? "count" : "delay")->key_place,
                   "found count or delay beside at, accepted: both only with after");
  if (event.sentences.empty())
    draft.complain(item.place, "found an event that does nothing, accepted: do = \"r1 drop tcp\"");
  draft.topology.events.push_back(std::move(event));
}

std::expected<Topology, Complaint> read_topology(std::string_view text,
                                                 std::string_view file_name) {
  const auto complaint = [&](const Flaw& flaw) {
    return std::unexpected{Complaint{.file = std::string{file_name},
                                     .line = flaw.place.line,
                                     .column = flaw.place.column,
                                     .message = flaw.message}};
  };
  if (text.size() > most_text)
    return complaint(
        {{1, 1}, fmt::format("found {} octets, accepted: at most {}", text.size(), most_text)});
  auto tree = read_toml(with_listed_links_apart(text));
  if (!tree) return complaint(tree.error());

  Draft draft;
  auto& topology = draft.topology;
  std::vector<const Item*> links;
  const Item* events = nullptr;
  const Item* menu = nullptr;
  const auto listed = taken(*tree, apart);
  draft.read_table(
      *tree,
      {{"title", [&](const Item& i) { read_title(i, draft); }},
       {"path", [&](const Item& i) { read_paths(i, draft); }},
       {"menu", [&](const Item& i) { menu = &i, topology.menu = draft.truth(i); }},
       {"link", [&](const Item& i) { links.push_back(&i); }},
       {"router", [&](const Item& i) { read_machines(i, topology.routers, draft, read_router); }},
       {"host", [&](const Item& i) { read_machines(i, topology.hosts, draft, read_host); }},
       {"event", [&](const Item& i) { events = &i; }}});
  if (listed) links.push_back(&*listed);
  for (const auto* item : links) declare_links(*item, draft);
  if (events)
    for (const auto* entry : draft.entries(*events)) read_event(*entry, draft);
  if (draft.flaw()) return complaint(*draft.flaw());

  settle_client(draft);
  declare_routers(draft);
  if (draft.flaw()) return complaint(*draft.flaw());
  put_in_order(topology);
  for (const auto* item : links) read_links(*item, draft);
  if (draft.flaw()) return complaint(*draft.flaw());
  draft.judge();
  if (draft.flaw()) return complaint(*draft.flaw());
  number_links(draft);
  judge_addresses(draft);
  if (menu && topology.menu) judge_menu(draft, menu->key_place);
  if (draft.flaw()) return complaint(*draft.flaw());
  return std::move(topology);
}

}  // namespace sonda::inline v0::lab
