// nmap's port lists: numbers, ranges, names, wildcards.
#include "scan/ports.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <sonda/core/nearest.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/wire/service.hpp>

namespace sonda::tools {
namespace {

constexpr std::uint16_t last_port = 65'535;

// '*' stands for any letters, '?' for one.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0;
  std::size_t star = std::string_view::npos, from = 0;
  while (n < name.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p, ++n;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

class PortReader {
 public:
  explicit PortReader(Protocol protocol) : protocol_{protocol} {}

  Read<std::vector<Port>> operator()(std::string_view text) {
    std::string_view rest = text;
    do {
      const auto comma = std::min(rest.find(','), rest.size());
      if (auto wrong = element(rest.substr(0, comma))) return std::unexpected{std::move(*wrong)};
      const bool more = comma < rest.size();
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      if (!more) break;
    } while (true);
    return all_of(std::move(ports_));
  }

 private:
  using Wrong = std::optional<std::string>;

  Wrong element(std::string_view word) {
    if (word.size() > 1 && word[1] == ':') {
      if (auto wrong = prefix(word[0])) return wrong;
      word.remove_prefix(2);
    }
    const bool named_only = word.size() > 2 && word.front() == '[' && word.back() == ']';
    if (named_only) word = word.substr(1, word.size() - 2);
    if (word.empty()) return "an empty port; as in: 22,80,1000-2000";
    const bool number = word.find_first_not_of("0123456789-") == std::string_view::npos &&
                        std::ranges::count(word, '-') <= 1;
    return number ? range(word, named_only) : name(word);
  }

  Wrong prefix(char letter) const {
    const char own = protocol_ == Protocol::udp ? 'U' : 'T';
    if (letter == own || letter == own + 32) return std::nullopt;
    switch (letter | 32) {
      case 'u':
        return "U: sonda asks no UDP ports yet";
      case 't':
        return "T: TCP ports are sonda tcp's";
      case 's':
        return "S: SCTP is not offered";
      case 'p':
        return "P: IP protocols are not offered";
      default:
        return fmt::format("'{}:' is no protocol; there are T: and U:",
                           record::printable({&letter, 1}));
    }
  }

  Wrong range(std::string_view word, bool named_only) {
    const auto dash = word.find('-');
    const auto first_text = word.substr(0, dash);
    const auto last_text = dash == std::string_view::npos ? first_text : word.substr(dash + 1);
    const auto first = first_text.empty() ? 1 : read_number(first_text, 0, last_port);
    const auto last = last_text.empty() ? last_port : read_number(last_text, 0, last_port);
    if (!first || !last)
      return fmt::format("'{}' is no port from 0 to 65535",
                         record::printable(first ? last_text : first_text));
    if (*last < *first) return fmt::format("'{}' runs backwards", word);
    for (auto port = *first; port <= *last; ++port)
      if (!named_only || service_name(Port{port}, protocol_)) ports_.emplace_back(port);
    return std::nullopt;
  }

  Wrong name(std::string_view word) {
    const bool pattern = word.find_first_of("*?") != std::string_view::npos;
    const auto before = ports_.size();
    std::vector<std::string> names;
    for (const auto& service : services()) {
      if (!(protocol_ == Protocol::udp ? service.udp : service.tcp)) continue;
      names.emplace_back(service.name);
      if (pattern ? matches(word, service.name) : word == service.name)
        ports_.push_back(service.port);
    }
    if (ports_.size() > before) return std::nullopt;
    const auto shown = record::printable(word);
    if (pattern) return fmt::format("'{}' fits no service's name", shown);
    if (const auto other = service_of(word))
      return fmt::format("'{}' is {} service, and no {} one", shown, other->udp ? "a UDP" : "a TCP",
                         other->udp ? "TCP" : "UDP");
    const auto meant = word.size() < 64 ? nearest(word, names) : std::nullopt;
    return meant ? fmt::format("'{}' is no port and no service; do you mean {}?", shown, *meant)
                 : fmt::format("'{}' is no port and no service; as in: 22,80,1000-2000", shown);
  }

  Protocol protocol_;
  std::vector<Port> ports_;
};

}  // namespace

Read<std::vector<Port>> read_ports(std::string_view text, Protocol protocol) {
  return PortReader{protocol}(text);
}

std::vector<Port> all_of(std::vector<Port> ports) {
  std::ranges::sort(ports);
  const auto rest = std::ranges::unique(ports);
  ports.erase(rest.begin(), rest.end());
  return ports;
}

std::vector<Port> commonest_ports(std::size_t count) {
  const auto ranked = ranked_ports();
  const auto end = std::min(count, ranked.size());
  return all_of({ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(end)});
}

}  // namespace sonda::tools
