// Sentences, from text to values.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <sonda/lab/sentence.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

#include "wording.hpp"
#include "words.hpp"

namespace sonda::inline v0::lab {
namespace {

constexpr std::size_t longest = 1'000;

const std::vector<std::string> rule_verbs{"drop", "answer", "reset", "pass", "hold", "redirect"};

template <typename To, typename From>
Read<To> forward(Read<From> read) {
  if (!read) return std::unexpected{std::move(read.error())};
  return To{std::move(*read)};
}

bool is_error_type(IpVersion version, std::uint8_t type) {
  return std::ranges::any_of(icmp_catalogue(version),
                             [type](const IcmpCause& row) { return row.type == type; });
}

// "3/13" or "admin-prohibited"; of `version` if that is known.
Read<SayAnswer> read_error(std::string_view text, std::optional<IpVersion> version) {
  const auto candidates =
      version ? std::vector{*version} : std::vector{IpVersion::v4, IpVersion::v6};
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) {
    std::vector<std::string> names;
    for (const auto candidate : candidates) {
      if (const auto* row = find_icmp(candidate, text))
        return SayAnswer{.version = candidate, .type = row->type, .code = row->code};
      for (const auto& row : icmp_catalogue(candidate)) names.emplace_back(row.name);
    }
    return std::unexpected{
        instead_of(text,
                   "an ICMP error by type and code or by name, as in 3/13 or admin-prohibited") +
        meant(text, names)};
  }
  const auto type = read_whole(text.substr(0, slash), 0, 255);
  const auto code = read_whole(text.substr(slash + 1), 0, 255);
  if (type && code)
    for (const auto candidate : candidates)
      if (is_error_type(candidate, static_cast<std::uint8_t>(*type)))
        return SayAnswer{.version = candidate,
                         .type = static_cast<std::uint8_t>(*type),
                         .code = static_cast<std::uint8_t>(*code)};
  return std::unexpected{instead_of(text, fmt::format("TYPE/CODE of an ICMP error{}, as in {}",
                                                      !version                    ? ""
                                                      : *version == IpVersion::v4 ? " of IPv4"
                                                                                  : " of IPv6",
                                                      version == IpVersion::v6 ? "1/1" : "3/13"))};
}

Read<Rule> read_answer(Words& words) {
  const auto error = words.take();
  SayAnswer answer;
  while (true) {
    if (words.takes("as")) {
      const auto text = words.take();
      const auto address = Address::parse(text);
      if (!address) return std::unexpected{instead_of(text, "the address that answers")};
      answer.from = *address;
    } else if (words.takes("after")) {
      const auto after = read_duration(words.take());
      if (!after) return std::unexpected{after.error()};
      answer.after = *after;
    } else if (words.takes("mtu")) {
      const auto mtu = read_whole(words.take(), 0, 65'535);
      if (!mtu) return std::unexpected{mtu.error()};
      answer.mtu = static_cast<std::uint32_t>(*mtu);
    } else {
      break;
    }
  }
  auto which = read_selection(words, {"as", "after", "mtu"});
  if (!which) return std::unexpected{std::move(which.error())};
  const auto known = read_error(error, which->fields.version);
  if (!known) return std::unexpected{known.error()};
  answer.version = known->version, answer.type = known->type, answer.code = known->code;
  // Written as numbers, a type that both versions have would be read as IPv4's.
  if (answer.version == IpVersion::v6 && is_error_type(IpVersion::v4, answer.type))
    which->fields.version = IpVersion::v6;
  const bool one_version = !answer.from || !which->fields.version ||
                           answer.from->is_v4() == (which->fields.version == IpVersion::v4);
  if (!one_version)
    return std::unexpected{"found an address of the other version, accepted: one of the packet's"};
  return Rule{answer, std::move(*which)};
}

Read<Rule> with_selection(Ruling ruling, Words& words, std::vector<std::string> also = {}) {
  auto which = read_selection(words, std::move(also));
  if (!which) return std::unexpected{std::move(which.error())};
  return Rule{std::move(ruling), std::move(*which)};
}

// Precondition: the next word is one of rule_verbs.
Read<Rule> read_rule(Words& words) {
  const auto verb = words.take();
  if (verb == "answer") return read_answer(words);
  if (verb == "drop") return with_selection(SayDrop{}, words);
  if (verb == "reset") return with_selection(SayReset{}, words);
  if (verb == "pass") return with_selection(SayPass{}, words);
  if (verb == "hold") {
    if (!words.takes("for")) return with_selection(SayHold{}, words, {"for"});
    const auto most = read_duration(words.take());
    if (!most) return std::unexpected{most.error()};
    return with_selection(SayHold{*most}, words);
  }
  const auto text = words.take();
  const auto gateway = Address::parse(text);
  if (!gateway) return std::unexpected{instead_of(text, "the address of a better gateway")};
  return with_selection(SayRedirect{*gateway}, words);
}

Read<bool> read_switch(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return std::unexpected{instead_of(text, std::vector<std::string>{"on", "off"})};
}

Read<Verb> read_service(bool tcp, Words& words) {
  const auto number = read_whole(words.take(), 0, 65'535);
  if (!number) return std::unexpected{number.error()};
  const Port port{*number};
  const auto kind = words.take();
  if (tcp) {
    const auto read = read_tcp_kind(kind);
    if (!read) return std::unexpected{read.error()};
    return SetTcp{port, *read};
  }
  const auto read = read_udp_kind(kind);
  if (!read) return std::unexpected{read.error()};
  return SetUdp{port, *read};
}

Read<Verb> read_verb(Words& words) {
  const auto verb = words.peek();
  if (std::ranges::find(rule_verbs, verb) != rule_verbs.end())
    return forward<Verb>(read_rule(words));
  if (words.takes("release")) return Release{};
  if (words.takes("clear")) return Clear{};
  if (words.takes("silent")) {
    const auto on = read_switch(words.take());
    if (!on) return std::unexpected{on.error()};
    return SetSilent{*on};
  }
  if (words.takes("limit")) {
    auto limit = read_icmp_limit(words.take());
    if (!limit) return std::unexpected{std::move(limit.error())};
    return SetLimit{*limit};
  }
  if (words.takes("udp")) return read_service(false, words);
  if (words.takes("tcp")) return read_service(true, words);
  auto accepted = rule_verbs;
  accepted.insert(accepted.end(), {"release", "clear", "silent", "limit", "tcp", "udp"});
  return std::unexpected{instead_of(verb, accepted)};
}

Read<LinkChange> read_link_change(Words& words) {
  LinkChange change;
  auto accepted = link_keys();
  accepted.insert(accepted.end(), {"down", "up"});
  do {
    const auto key = words.take();
    if (key == "down" || key == "up") {
      change.down = key == "down";
      continue;
    }
    if (std::ranges::find(link_keys(), key) == link_keys().end())
      return std::unexpected{instead_of(key, accepted)};
    auto read = with(change, key, words.take());
    if (!read) return read;
    change = std::move(*read);
  } while (!words.done());
  return change;
}

// "r1", "r1-r2", "r1>r2", with spaces or without.
struct Subject {
  std::string machine;
  std::string towards;
  bool both_ways = true;
};

Read<Subject> read_subject(Words& words) {
  std::string text{words.take()};
  const auto joins = [](char c) { return c == '-' || c == '>'; };
  if (!text.empty() && (joins(text.back()) || (!words.done() && joins(words.peek().front()))))
    for (text += words.take(); joins(text.back()) && !words.done();) text += words.take();
  const auto join = text.find_first_of("->");
  if (join == std::string::npos) {
    if (is_name(text)) return Subject{text, {}, true};
  } else {
    Subject subject{text.substr(0, join), text.substr(join + 1), text[join] == '-'};
    if (is_name(subject.machine) && is_name(subject.towards)) return subject;
  }
  return std::unexpected{instead_of(text, "a machine or a link, as in r1, r1-r2 or r1>r2")};
}

}  // namespace

Read<Rule> read_rule(std::string_view text) {
  if (text.size() > longest)
    return std::unexpected{instead_of(text, fmt::format("at most {} characters", longest))};
  Words words{text};
  if (std::ranges::find(rule_verbs, words.peek()) == rule_verbs.end())
    return std::unexpected{instead_of(words.peek(), rule_verbs)};
  return read_rule(words);
}

Read<Sentence> read_sentence(std::string_view text) {
  if (text.size() > longest)
    return std::unexpected{instead_of(text, fmt::format("at most {} characters", longest))};
  Words words{text};
  auto subject = read_subject(words);
  if (!subject) return std::unexpected{std::move(subject.error())};
  if (!subject->towards.empty()) {
    auto change = read_link_change(words);
    if (!change) return std::unexpected{std::move(change.error())};
    return Sentence{subject->machine, SetLink{subject->towards, subject->both_ways, *change}};
  }
  auto verb = read_verb(words);
  if (!verb) return std::unexpected{std::move(verb.error())};
  if (!words.done())
    return std::unexpected{instead_of(
        words.peek(),
        "nothing behind " +
            quoted(text.substr(0, static_cast<std::size_t>(words.peek().data() - text.data()))))};
  return Sentence{subject->machine, std::move(*verb)};
}

}  // namespace sonda::inline v0::lab
