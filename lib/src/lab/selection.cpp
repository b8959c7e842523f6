// Which packets a rule or an event speaks of, by the names of machines.
#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include <sonda/lab/selection.hpp>

#include "wording.hpp"
#include "words.hpp"

namespace sonda::inline v0::lab {
namespace {

constexpr std::array flag_names{std::pair{std::string_view{"syn"}, TcpFlags::syn},
                                std::pair{std::string_view{"ack"}, TcpFlags::ack},
                                std::pair{std::string_view{"fin"}, TcpFlags::fin},
                                std::pair{std::string_view{"rst"}, TcpFlags::rst}};
constexpr std::array protocol_names{std::pair{std::string_view{"icmp"}, Protocol::icmp},
                                    std::pair{std::string_view{"tcp"}, Protocol::tcp},
                                    std::pair{std::string_view{"udp"}, Protocol::udp}};

std::vector<std::string> known_words() {
  return {"icmp",  "tcp",  "udp", "syn",  "ack",  "fin",    "rst", "data", "port",
          "sport", "from", "to",  "type", "code", "longer", "ttl", "ipv4", "ipv6"};
}

Read<Party> read_party(std::string_view text) {
  if (is_name(text)) return Party{.name = std::string{text}};
  if (const auto prefix = Prefix::parse(text)) return Party{.prefix = *prefix};
  return std::unexpected{instead_of(text, "the name of a machine, an address or a prefix")};
}

// Reads one word of a selection with what belongs to it.
class Reader {
 public:
  explicit Reader(Words& words) : words_{words} {}

  Read<bool> read_one() {
    const auto word = words_.peek();
    auto& fields = selection_.fields;
    if (const auto* found = std::ranges::find(flag_names, word, [](auto& p) { return p.first; });
        found != flag_names.end()) {
      words_.take();
      fields.flags = fields.flags.value_or(TcpFlags{}) | found->second;
      return true;
    }
    if (const auto* found =
            std::ranges::find(protocol_names, word, [](auto& p) { return p.first; });
        found != protocol_names.end()) {
      if (fields.protocol) return std::unexpected{"found a second protocol, accepted: one"};
      words_.take();
      fields.protocol = found->second;
      return true;
    }
    if (words_.takes("data")) return fields.with_data = true;
    if (words_.takes("ipv4")) return set_version(IpVersion::v4);
    if (words_.takes("ipv6")) return set_version(IpVersion::v6);
    if (words_.takes("from")) return set_party(selection_.from);
    if (words_.takes("to")) return set_party(selection_.to);
    if (words_.takes("port")) return set(fields.destination_port, 0, 65'535);
    if (words_.takes("sport")) return set(fields.source_port, 0, 65'535);
    if (words_.takes("type")) return set(fields.icmp_type, 0, 255);
    if (words_.takes("code")) return set(fields.icmp_code, 0, 255);
    if (words_.takes("longer")) return set(fields.longer_than, 0, 65'535);
    if (words_.takes("ttl")) return set(fields.ttl, 0, 255);
    return false;
  }

  Read<Selection> finish() {
    auto& fields = selection_.fields;
    const auto want = [&](Protocol protocol, const char* what) -> Read<bool> {
      if (!fields.protocol) fields.protocol = protocol;
      if (fields.protocol == protocol) return true;
      return std::unexpected{
          fmt::format("found '{}' of another protocol, accepted: {} only with {}", what, what,
                      protocol == Protocol::tcp ? "tcp" : "icmp")};
    };
    if (fields.flags)
      if (auto right = want(Protocol::tcp, "syn, ack, fin, rst"); !right)
        return std::unexpected{right.error()};
    if (fields.icmp_type || fields.icmp_code)
      if (auto right = want(Protocol::icmp, "type, code"); !right)
        return std::unexpected{right.error()};
    if (fields.protocol == Protocol::icmp &&
        (fields.with_data || fields.source_port || fields.destination_port))
      return std::unexpected{"found a port or data of ICMP, accepted: those of tcp and udp"};
    return std::move(selection_);
  }

 private:
  Read<bool> set_version(IpVersion version) {
    selection_.fields.version = version;
    return true;
  }
  Read<bool> set_party(Party& party) {
    auto read = read_party(words_.take());
    if (!read) return std::unexpected{std::move(read.error())};
    party = std::move(*read);
    return true;
  }
  template <typename T>
  Read<bool> set(std::optional<T>& field, std::uint64_t least, std::uint64_t most) {
    const auto read = read_whole(words_.take(), least, most);
    if (!read) return std::unexpected{read.error()};
    field = static_cast<T>(*read);
    return true;
  }

  Words& words_;
  Selection selection_;
};

void say(std::string& out, std::string_view word) {
  if (!out.empty()) out += ' ';
  out += word;
}

void say_party(std::string& out, std::string_view word, const Party& party) {
  if (party.anybody()) return;
  say(out, word);
  if (!party.prefix) return say(out, party.name);
  const bool one = party.prefix->first() == party.prefix->last();
  say(out, one ? to_text(party.prefix->first()).view() : to_text(*party.prefix).view());
}

// What a party stands for: nothing for anybody.
std::vector<std::optional<Prefix>> prefixes(const Party& party, const AddressesOf& addresses_of) {
  if (party.anybody()) return {std::nullopt};
  if (party.prefix) return {party.prefix};
  std::vector<std::optional<Prefix>> all;
  for (const auto& address : addresses_of(party.name))
    all.emplace_back(Prefix{address, address.is_v4() ? 32U : 128U});
  return all;
}

}  // namespace

bool is_name(std::string_view text) {
  constexpr std::size_t most = 63;  // a label of a host's name
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto other = [](char c) { return (c >= '0' && c <= '9') || c == '_' || c == '.'; };
  return !text.empty() && text.size() <= most && letter(text.front()) && text.back() != '.' &&
         text.find("..") == std::string_view::npos &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || other(c); });
}

Read<Selection> read_selection(Words& words, std::vector<std::string> also) {
  Reader reader{words};
  while (!words.done()) {
    const auto read = reader.read_one();
    if (!read) return std::unexpected{read.error()};
    if (*read) continue;
    auto accepted = known_words();
    accepted.insert(accepted.begin(), also.begin(), also.end());
    return std::unexpected{instead_of(words.peek(), accepted)};
  }
  return reader.finish();
}

Read<Selection> read_selection(std::string_view text) {
  Words words{text};
  return read_selection(words, {});
}

std::string to_text(const Selection& selection) {
  std::string out;
  const auto& fields = selection.fields;
  for (const auto& [name, protocol] : protocol_names)
    if (fields.protocol == protocol) say(out, name);
  for (const auto& [name, flag] : flag_names)
    if (fields.flags && fields.flags->has(flag)) say(out, name);
  if (fields.with_data) say(out, "data");
  const auto number = [&out](std::string_view word, auto value) {
    say(out, fmt::format("{} {}", word, value));
  };
  if (fields.destination_port) number("port", fields.destination_port->value());
  if (fields.source_port) number("sport", fields.source_port->value());
  say_party(out, "from", selection.from);
  say_party(out, "to", selection.to);
  if (fields.icmp_type) number("type", *fields.icmp_type);
  if (fields.icmp_code) number("code", *fields.icmp_code);
  if (fields.longer_than) number("longer", *fields.longer_than);
  if (fields.ttl) number("ttl", fields.ttl->value());
  if (fields.version) say(out, fields.version == IpVersion::v4 ? "ipv4" : "ipv6");
  return out;
}

std::vector<sim::Match> matches(const Selection& selection, const AddressesOf& addresses_of) {
  std::vector<sim::Match> all;
  for (const auto& from : prefixes(selection.from, addresses_of))
    for (const auto& to : prefixes(selection.to, addresses_of)) {
      if (from && to && from->first().is_v4() != to->first().is_v4()) continue;
      auto match = selection.fields;
      match.from = from;
      match.to = to;
      all.push_back(match);
    }
  return all;
}

}  // namespace sonda::inline v0::lab
