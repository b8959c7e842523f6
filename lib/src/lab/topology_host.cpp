// [host.NAME] of a topology file.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "draft.hpp"
#include "wording.hpp"

namespace sonda::inline v0::lab {
namespace {

sim::UdpService read_udp(const Item& item, Draft& draft) {
  sim::UdpService service;
  if (item.kind != Item::Kind::table) {
    service.kind = draft.value<sim::UdpKind>(item, read_udp_kind);
    return service;
  }
  draft.read_table(
      item,
      {{"is", [&](const Item& i) { service.kind = draft.value<sim::UdpKind>(i, read_udp_kind); }},
       {"answer",
        [&](const Item& i) {
          service.kind = sim::UdpKind::answer;
          service.reply = draft.octets(i);
        }},
       {"from", [&](const Item& i) { service.from = Port{draft.whole(i, 0, 65'535)}; }},
       {"delay", [&](const Item& i) { service.delay = draft.duration(i); }}});
  if (item.find("is") && item.find("answer"))
    draft.complain(item.find("is")->key_place, "found is and answer, accepted: one of them");
  if (!item.find("is") && !item.find("answer"))
    draft.complain(item.place,
                   "found neither is nor answer, accepted: one of them, as in {answer = "
                   "\"pong\"} or {is = \"echo\"}");
  return service;
}

sim::TcpService read_tcp(const Item& item, Draft& draft) {
  sim::TcpService service;
  if (item.kind != Item::Kind::table) {
    service.kind = draft.value<sim::TcpKind>(item, read_tcp_kind);
    return service;
  }
  service.kind = sim::TcpKind::open;
  draft.read_table(
      item,
      {{"is", [&](const Item& i) { service.kind = draft.value<sim::TcpKind>(i, read_tcp_kind); }},
       {"banner", [&](const Item& i) { service.banner = draft.octets(i); }},
       {"closes", [&](const Item& i) { service.closes = draft.truth(i); }},
       {"delay", [&](const Item& i) { service.delay = draft.duration(i); }}});
  return service;
}

std::optional<Port> read_port(std::string_view text) {
  const auto number = read_whole(text, 0, 65'535);
  if (!number) return std::nullopt;
  return Port{*number};
}

// udp.53 = "closed", udp.default = "silent".
template <typename Service>
void read_ports(const Item& item, Draft& draft, std::map<Port, Service>& ports, Service& other,
                Service (*read)(const Item&, Draft&)) {
  if (!draft.is_table(item, fmt::format("{}.80 = \"closed\"", item.key))) return;
  for (const auto& entry : item.items) {
    if (entry.key == "default") {
      other = read(entry, draft);
    } else if (const auto port = read_port(entry.key)) {
      ports[*port] = read(entry, draft);
    } else {
      draft.complain(entry.key_place, instead_of(entry.key, "a port from 0 to 65535, or default") +
                                          meant(entry.key, {"default"}));
    }
  }
  if (ports.size() > most_entries)
    draft.complain(item.place, fmt::format("found {} ports, accepted: at most {} and a default",
                                           ports.size(), most_entries));
}

sim::ErrorMessage read_error(const Item& item, Draft& draft) {
  const auto rule = draft.value<Rule>(
      item,
      [](std::string_view text) -> Read<Rule> {
        if (text.find(' ') != std::string_view::npos)
          return std::unexpected{instead_of(text, "an ICMP error as in 3/10 or host-prohibited")};
        return read_rule(fmt::format("answer {}", text));
      },
      Rule{SayAnswer{}, {}});
  const auto& answer = std::get<SayAnswer>(rule.ruling);
  return {.type = answer.type, .code = answer.code};
}

}  // namespace

sim::IcmpLimit read_limit_item(const Item& item, Draft& draft);

void read_host(const Item& item, HostNode& host, Draft& draft) {
  if (!draft.is_table(item, "[host.web]")) return;
  auto& plan = host.plan;
  auto& manner = plan.manner;
  const auto truth = [&draft](bool& field) {
    return [&draft, &field](const Item& i) { field = draft.truth(i); };
  };
  const auto addresses = [&](const Item& i) {
    for (const auto* entry : draft.entries(i)) {
      plan.addresses.push_back(draft.address(*entry));
      draft.written(plan.addresses.back(), entry->place);
    }
  };
  draft.read_table(
      item,
      {{"address", addresses},
       {"addresses", addresses},
       {"kernel", truth(host.kernel)},
       {"tcp",
        [&](const Item& i) {
          read_ports(i, draft, plan.services.tcp, plan.services.other_tcp, read_tcp);
        }},
       {"udp",
        [&](const Item& i) {
          read_ports(i, draft, plan.services.udp, plan.services.other_udp, read_udp);
        }},
       {"echo", truth(plan.answers_echo)},
       {"timestamps", truth(plan.answers_timestamps)},
       {"extended_echo", truth(plan.answers_extended_echo)},
       {"ttl", [&](const Item& i) { plan.ttl = Ttl{draft.whole(i, 1, 255)}; }},
       {"icmp_limit", [&](const Item& i) { plan.limit = read_limit_item(i, draft); }},
       {"silent",
        [&](const Item& i) {
          if (draft.truth(i)) manner.answering = sim::Answering::silence;
        }},
       {"answers",
        [&](const Item& i) {
          manner.answering = sim::Answering::error;
          manner.error = read_error(i, draft);
        }},
       {"answers_from",
        [&](const Item& i) {
          manner.from = draft.address(i);
          draft.written(*manner.from, i.place);
        }},
       {"delay", [&](const Item& i) { manner.delay = draft.duration(i); }},
       {"duplicates",
        [&](const Item& i) { manner.copies = static_cast<unsigned>(1 + draft.whole(i, 0, 100)); }},
       {"duplicates_apart", [&](const Item& i) { manner.between_copies = draft.duration(i); }},
       {"broken_checksum", truth(manner.broken_checksum)},
       {"wrong_octet", [&](const Item& i) { manner.wrong_octet = draft.whole(i, 0, 65'535); }},
       {"cut", [&](const Item& i) { manner.cut = draft.whole(i, 0, 65'535); }}});
  if (host.kernel)
    for (const auto& entry : item.items)
      if (entry.key != "kernel" && entry.key != "address" && entry.key != "addresses")
        draft.complain(entry.key_place,
                       fmt::format("found {} of a kernel host, accepted: address; its own network "
                                   "stack does the rest",
                                   quoted(entry.key)));
}

}  // namespace sonda::inline v0::lab
