// A topology while it is read.
#include "draft.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "wording.hpp"

namespace sonda::inline v0::lab {

void Draft::judge() {
  for (const auto& [place, judgement] : judgements_) {
    if (flaw_) return;
    if (auto message = judgement(topology); !message.empty()) complain(place, std::move(message));
  }
}

void Draft::read_table(const Item& table, const Handlers& handlers) {
  std::vector<std::string> known;
  known.reserve(handlers.size());
  for (const auto& [key, handler] : handlers) known.push_back(key);
  for (const auto& item : table.items) {
    const auto handler = std::ranges::find(known, item.key);
    if (handler != known.end())
      handlers[static_cast<std::size_t>(handler - known.begin())].second(item);
    else
      complain(item.key_place, "found key " + quoted(item.key) + ", accepted: " + listed(known) +
                                   meant(item.key, known));
  }
}

std::vector<const Item*> Draft::entries(const Item& item) {
  if (item.kind != Item::Kind::list) return {&item};
  if (item.items.size() > most_entries) {
    complain(item.place, fmt::format("found a list of {}, accepted: at most {} entries",
                                     item.items.size(), most_entries));
    return {};
  }
  std::vector<const Item*> all;
  for (const auto& entry : item.items) all.push_back(&entry);
  return all;
}

bool Draft::is_table(const Item& item, std::string_view example) {
  if (item.kind == Item::Kind::table) return true;
  complain(item.place,
           fmt::format("found {}, accepted: a table as in {}",
                       item.kind == Item::Kind::list ? "a list" : quoted(item.text), example));
  return false;
}

bool Draft::truth(const Item& item) {
  if (item.kind == Item::Kind::truth) return item.text == "true";
  complain(item.place, fmt::format("found {}, accepted: true or false",
                                   is_scalar(item) ? quoted(item.text) : found(item)));
  return false;
}

std::string Draft::text(const Item& item) {
  if (item.kind == Item::Kind::text) return item.text;
  complain(item.place, fmt::format("found {}, accepted: text between quotation marks",
                                   is_scalar(item) ? item.text : found(item)));
  return {};
}

std::uint64_t Draft::whole(const Item& item, std::uint64_t least, std::uint64_t most) {
  return value<std::uint64_t>(
      item, [=](std::string_view text) { return read_whole(text, least, most); }, least);
}

Duration Draft::duration(const Item& item) { return value<Duration>(item, read_duration); }

Address Draft::address(const Item& item) {
  return value<Address>(item, [](std::string_view text) -> Read<Address> {
    const auto address = Address::parse(text);
    if (address && address->zone().empty() && !address->is_multicast() &&
        !address->is_unspecified() && !address->is_loopback() &&
        !(address->is_v4() && address->v4().is_broadcast()))
      return *address;
    return std::unexpected{
        instead_of(text, "an address as in 203.0.113.9 or 2001:db8::9, of one machine")};
  });
}

sim::Octets Draft::octets(const Item& item) {
  constexpr std::size_t most = 4'096;
  auto content = text(item);
  if (content.size() > most) {
    complain(item.place,
             fmt::format("found {} octets, accepted: at most {}", content.size(), most));
    return {};
  }
  if (!content.starts_with("hex:")) return {content.begin(), content.end()};
  sim::Octets out;
  const std::string_view digits = std::string_view{content}.substr(4);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto pair = digits.substr(i, 2);
    unsigned octet = 0;
    const auto* const end = pair.data() + pair.size();
    const auto [stop, error] = std::from_chars(pair.data(), end, octet, 16);
    if (pair.size() != 2 || error != std::errc{} || stop != end) {
      complain(item.place,
               instead_of(content, "text, or hex: and hexadecimal digits in pairs as in hex:0d0a"));
      return {};
    }
    out.push_back(static_cast<std::uint8_t>(octet));
  }
  return out;
}

Place Draft::place_of(const Address& address) const {
  const auto found = places_.find(address);
  return found == places_.end() ? Place{1, 1} : found->second;
}

}  // namespace sonda::inline v0::lab
