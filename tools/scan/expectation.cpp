// What is expected of ports, and how what was found differs from it.
#include "scan/expectation.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

#include <fmt/format.h>

#include <sonda/core/nearest.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/report/scan_words.hpp>
#include <sonda/wire/address_text.hpp>

#include "scan/ports.hpp"

namespace sonda::tools {
namespace {

using record::printable;

std::unexpected<Complaint> wrong(std::string sentence) {
  return std::unexpected{Complaint{std::move(sentence), ExitStatus::usage}};
}

constexpr std::array states{PortState::open,        PortState::closed,   PortState::rejected,
                            PortState::unreachable, PortState::filtered, PortState::unknown};

std::optional<PortState> state_of(std::string_view word) {
  for (const auto state : states)
    if (name(state) == word) return state;
  return std::nullopt;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  constexpr std::string_view blanks = " \t\r";
  while (true) {
    const auto begin = line.find_first_not_of(blanks);
    if (begin == std::string_view::npos || line[begin] == '#') return out;
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(blanks), line.size());
    out.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// "open", "rejected-by": whether it can stand where a state is expected.
bool is_state(std::string_view word) {
  if (word.ends_with("-by")) word.remove_suffix(3);
  return state_of(word).has_value();
}

Asked<ExpectedState> state_in(std::span<const std::string_view> words) {
  auto word = words[0];
  const bool dashed = word.ends_with("-by");
  if (dashed) word.remove_suffix(3);
  const auto state = state_of(word);
  if (!state) {
    std::vector<std::string> names;
    for (const auto known : states) names.emplace_back(name(known));
    const auto meant = word.size() < 40 ? nearest(word, names) : std::nullopt;
    return wrong(meant ? fmt::format("'{}' is no state; do you mean {}?", printable(word), *meant)
                       : fmt::format("'{}' is no state; there are {}", printable(word),
                                     fmt::join(names, ", ")));
  }
  ExpectedState out{.state = *state};
  const auto rest = words.subspan(1);
  if (rest.empty() && !dashed) return out;
  if (rest.size() != (dashed ? 1U : 2U) || (!dashed && rest[0] != "by"))
    return wrong(fmt::format("behind {} only 'by ADDRESS' may stand", name(*state)));
  const auto by = Address::parse(rest.back());
  if (!by) return wrong(fmt::format("'{}' is no address", printable(rest.back())));
  out.by = *by;
  return out;
}

std::string where(const Address& address, Port port) {
  return fmt::format("{} {}", to_text(address).view(), report::port_text(port, Protocol::tcp));
}

}  // namespace

bool ExpectedState::holds(const PortResult& found) const {
  return found.state == state && (!by || found.cause.from == by);
}

std::string ExpectedState::text() const {
  return by ? fmt::format("{} by {}", name(state), to_text(*by).view()) : std::string{name(state)};
}

Asked<std::optional<ExpectedState>> read_state(std::string_view text) {
  const auto words = words_of(text);
  if (words.empty() || !is_state(words[0])) return std::nullopt;
  auto read = state_in(std::span<const std::string_view>{words});
  if (!read) return std::unexpected{read.error()};
  return *read;
}

Asked<Expectation> Expectation::read(std::string_view content, const std::string& file,
                                     Targets& targets) {
  Expectation out;
  std::optional<TargetSet> host;
  for (std::size_t number = 1; !content.empty(); ++number) {
    const auto end = std::min(content.find('\n'), content.size());
    const auto words = words_of(content.substr(0, end));
    content.remove_prefix(std::min(end + 1, content.size()));
    if (words.empty()) continue;
    const auto here = [&](const std::string& sentence, ExitStatus status = ExitStatus::usage) {
      return std::unexpected{
          Complaint{fmt::format("{}:{}: {}", printable(file), number, sentence), status}};
    };
    const bool without_host = words.size() > 1 && is_state(words[1]);
    if (words.size() < (without_host ? 2U : 3U))
      return here("a line is HOST PORTS STATE; as in: web 22/tcp open");
    if (!without_host) {
      auto found = targets.find(words[0]);
      if (!found) return here(found.error().sentence, found.error().status);
      host = std::move(*found);
    } else if (!host) {
      return here("names no host, and there is none above");
    }
    const std::span all{words};
    auto text = all[without_host ? 0 : 1];
    if (text.ends_with("/udp")) return here("sonda asks no UDP ports yet");
    if (text.ends_with("/tcp")) text.remove_suffix(4);
    auto ports = read_ports(text);
    if (!ports) return here(ports.error());
    const auto state = state_in(all.subspan(without_host ? 1 : 2));
    if (!state) return here(state.error().sentence);
    targets.add(*host, *ports);
    out.lines_.push_back({*host, std::move(*ports), *state});
  }
  if (out.lines_.empty()) return wrong(fmt::format("{}: expects nothing", printable(file)));
  return out;
}

const ExpectedState* Expectation::of(const Address& address, Port port) const {
  if (of_all_) return &*of_all_;
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line)
    if (line->hosts.index_of(address) && std::ranges::binary_search(line->ports, port))
      return &line->state;
  return nullptr;
}

TargetSet Expectation::hosts() const {
  TargetSet out;
  for (const auto& line : lines_)
    for (const auto& range : line.hosts.ranges()) std::ignore = out.add(range);
  return out;
}

bool Expectation::expected(const Address& address, Port port) const {
  return of(address, port) != nullptr;
}

void Expectation::differ(const PortResult& found, const std::string& wanted) {
  ++different_;
  if (differences_.size() >= most_shown) return;
  const auto at = where(found.address, found.port);
  auto plus = fmt::format("+{} {}", at, name(found.state));
  if (found.error_code != 0) plus += ", " + report::errno_text(found.error_code);
  plus += ", " + report::cause_text(found);
  differences_[{found.address, found.port}] = {fmt::format("-{} {}", at, wanted), std::move(plus)};
}

void Expectation::take(const PortResult& port) {
  if (port.control) return;
  ++taken_;
  const auto* const wanted = of(port.address, port.port);
  if (wanted != nullptr) {
    if (!of_all_) met_.emplace(port.address, port.port);
    if (wanted->holds(port))
      ++as_expected_;
    else
      differ(port, wanted->text());
    return;
  }
  // Of a host that the file speaks of, nothing else may be open.
  if (port.state == PortState::open && std::ranges::any_of(lines_, [&port](const Line& line) {
        return line.hosts.index_of(port.address).has_value();
      }))
    differ(port, "not open");
}

Expectation::Outcome Expectation::outcome(const ScanSpace& space, std::uint64_t asked) const {
  Outcome out;
  std::uint64_t unknown = 0;
  if (of_all_) {
    unknown = asked > taken_ ? asked - taken_ : 0;
  } else {
    // What is excluded, or another shard's, is not asked; what is asked and not taken was
    // interrupted.
    std::set<std::pair<Address, Port>> missing;
    for (const auto& line : lines_)
      for (const auto port : line.ports)
        for (const auto& range : line.hosts.ranges()) {
          if (range.size() > most_shown) continue;
          for (const auto& address : range)
            if (space.place_of({address, port}) && !met_.contains({address, port}))
              missing.emplace(address, port);
        }
    unknown = asked > taken_ ? missing.size() : 0;
  }
  for (const auto& [key, difference] : differences_)
    out.text += difference.minus + '\n' + difference.plus + '\n';
  if (different_ > differences_.size())
    out.text +=
        fmt::format("{} more differ\n", report::count_text(different_ - differences_.size()));
  out.holds = different_ == 0 && unknown == 0 && taken_ > 0;
  const auto as_expected = report::count_text(as_expected_);
  if (out.holds)
    out.text += fmt::format("as expected: {} port{}\n", as_expected, as_expected_ == 1 ? "" : "s");
  else
    out.text += fmt::format(
        "not as expected: {} differ{}; {} as expected\n", report::count_text(different_),
        unknown > 0 ? fmt::format(", {} not known", report::count_text(unknown)) : std::string{},
        as_expected);
  return out;
}

}  // namespace sonda::tools
