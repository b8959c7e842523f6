// Targets as people type them, and the plan that comes of them.
#include "scan/targets.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <tuple>
#include <unistd.h>

#include <fmt/format.h>

#include <sonda/net/descriptor.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/wire/address_text.hpp>
#include <sonda/wire/prefix.hpp>

#include "scan/ports.hpp"

namespace sonda::tools {
namespace {

using record::printable;

std::unexpected<Complaint> wrong(std::string sentence) {
  return std::unexpected{Complaint{std::move(sentence), ExitStatus::usage}};
}

constexpr const char* too_many = "more than 2^48 addresses are no scan";

// ------------------------------------------------------------------------ nmap's octet ranges

using Runs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// "0-3", "1,5", "*", "-", "200-": of one octet. Nothing: it is none.
std::optional<Runs> octet_runs(std::string_view text) {
  Runs out;
  do {
    const auto comma = std::min(text.find(','), text.size());
    const auto word = text.substr(0, comma);
    const bool last = comma == text.size();
    text.remove_prefix(last ? comma : comma + 1);
    if (word == "*") {
      out.emplace_back(0, 255);
    } else {
      const auto dash = word.find('-');
      const auto from = word.substr(0, dash);
      const auto to = dash == std::string_view::npos ? from : word.substr(dash + 1);
      if (word.empty()) return std::nullopt;
      const auto first = from.empty() ? 0 : read_number(from, 0, 255);
      const auto end = to.empty() ? 255 : read_number(to, 0, 255);
      if (!first || !end || *end < *first) return std::nullopt;
      out.emplace_back(*first, *end);
    }
    if (last) break;
  } while (true);
  return out;
}

std::optional<std::array<Runs, 4>> octets(std::string_view host) {
  if (host.find_first_not_of("0123456789.,-*") != std::string_view::npos ||
      std::ranges::count(host, '.') != 3)
    return std::nullopt;
  std::array<Runs, 4> out;
  for (auto& runs : out) {
    const auto dot = std::min(host.find('.'), host.size());
    auto read = octet_runs(host.substr(0, dot));
    if (!read) return std::nullopt;
    runs = std::move(*read);
    host.remove_prefix(std::min(dot + 1, host.size()));
  }
  return out;
}

// Octets behind which everything is asked for make one range.
bool add_octets(TargetSet& set, const std::array<Runs, 4>& all, std::size_t at,
                std::uint32_t before) {
  const auto rest = static_cast<unsigned>(8 * (3 - at));
  const bool whole = std::all_of(
      all.begin() + static_cast<std::ptrdiff_t>(at) + 1, all.end(),
      [](const Runs& runs) { return runs.size() == 1 && runs[0] == Runs::value_type{0, 255}; });
  for (const auto& [first, last] : all[at]) {
    if (whole) {
      const auto from = (before | first) << rest;
      const auto to = ((before | last) << rest) | (rest == 0 ? 0 : (1U << rest) - 1);
      if (!set.add(
              *AddressRange::between(Ipv4Address::from_number(from), Ipv4Address::from_number(to))))
        return false;
      continue;
    }
    for (auto octet = first; octet <= last; ++octet)
      if (!add_octets(set, all, at + 1, (before | octet) << 8)) return false;
  }
  return true;
}

std::uint64_t pieces_of(const std::array<Runs, 4>& all) {
  std::uint64_t out = 1;
  for (std::size_t at = 0; at < 3; ++at) {
    std::uint64_t octets_here = 0;
    for (const auto& [first, last] : all[at]) octets_here += last - first + 1;
    out *= octets_here;
  }
  return out * all[3].size();
}

// Why nobody can be asked there; nothing where somebody may.
std::optional<std::string> no_host(const AddressRange& range) {
  const auto& first = range.first();
  const auto shown = to_text(first);
  if (range.size() == 1 && first.is_unspecified())
    return fmt::format("{} is nobody's address; this machine is 127.0.0.1 or ::1", shown.view());
  if (first.is_multicast())
    return fmt::format("{} is a multicast address: TCP has one host", shown.view());
  if (first == Address{Ipv4Address{255, 255, 255, 255}})
    return fmt::format("{} is the broadcast address: TCP has one host", shown.view());
  if (first.is_v6() && first.is_link_local() && first.zone().empty())
    return fmt::format("{0} needs its interface; as in {0}%eth0", shown.view());
  // RFC 4291 2.5.5.1: deprecated, and what "::1:22" is.
  const auto is_zero = [](std::uint8_t octet) { return octet == 0; };
  if (first.is_v6() && range.size() == 1 && !first.is_loopback() &&
      std::ranges::all_of(Bytes{first.v6().octets()}.first(12), is_zero))
    return fmt::format("{} is no host's address; ports stand behind brackets, as in [::1]:22",
                       shown.view());
  return std::nullopt;
}

bool of_family(const Address& address, net::Family family) {
  return family == net::Family::any || address.is_v4() == (family == net::Family::ipv4);
}

}  // namespace

Asked<TargetWord> read_target_word(std::string_view text) {
  TargetWord out;
  std::string_view ports;
  bool has_ports = false;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos)
      return wrong(
          fmt::format("'{}': the bracket is not closed; as in [2001:db8::1]:22", printable(text)));
    out.host = text.substr(1, end - 1);
    auto rest = text.substr(end + 1);
    has_ports = !rest.empty();
    if (has_ports && rest[0] != ':')
      return wrong(fmt::format("'{}': behind the bracket only :PORTS may stand", printable(text)));
    ports = rest.substr(has_ports ? 1 : 0);
  } else if (std::ranges::count(text, ':') == 1) {
    const auto colon = text.find(':');
    out.host = text.substr(0, colon);
    ports = text.substr(colon + 1);
    has_ports = true;
  } else {
    out.host = text;
  }
  if (out.host.empty())
    return wrong(fmt::format("'{}' names no host; as in web:22,80", printable(text)));
  if (has_ports) {
    auto read = read_ports(ports);
    if (!read) return wrong(fmt::format("{}: {}", printable(text), read.error()));
    out.ports = std::move(*read);
  }
  return out;
}

Asked<std::optional<TargetSet>> read_addresses(std::string_view host) {
  TargetSet out;
  if (const auto range = AddressRange::parse(host)) {
    if (!out.add(*range)) return wrong(fmt::format("{}: {}", printable(host), too_many));
    return out;
  }
  if (const auto all = octets(host)) {
    constexpr std::uint64_t most_pieces = 1U << 20;
    if (pieces_of(*all) > most_pieces && !(*all)[3].empty()) {
      const bool whole_tail = (*all)[3].size() == 1 && (*all)[3][0] == Runs::value_type{0, 255};
      if (!whole_tail)
        return wrong(
            fmt::format("{}: more than a million pieces; as in 10.0.0.0/8", printable(host)));
    }
    if (!add_octets(out, *all, 0, 0)) return wrong(too_many);
    return out;
  }
  // What can be no name deserves a better answer than "name not found".
  if (const auto slash = host.rfind('/'); slash != std::string_view::npos)
    return wrong(
        fmt::format("'{}' is no prefix; as in 10.0.0.0/24 or 2001:db8::/120", printable(host)));
  const bool numbers = host.find_first_not_of("0123456789.,-*") == std::string_view::npos;
  if (numbers || host.find(':') != std::string_view::npos)
    return wrong(
        fmt::format("'{}' is no address, range or prefix; as in 10.0.0.1-20", printable(host)));
  return std::nullopt;
}

Asked<std::string> read_file(const std::string& path) {
  constexpr std::size_t most = std::size_t{256} << 20;
  const bool standard = path == "-";
  const auto shown = standard ? std::string{"standard input"} : printable(path);
  const auto failed = [&shown](const char* what, int error) {
    return std::unexpected{Complaint{Failure{what, error, shown}.message(), ExitStatus::system}};
  };
  net::Descriptor file;
  if (!standard) file = net::Descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!standard && !file) return failed("read", errno);
  std::string out;
  std::array<char, 65'536> room;
  while (true) {
    const auto size = ::read(standard ? STDIN_FILENO : file.get(), room.data(), room.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed("read", errno);
    if (size == 0) return out;
    out.append(room.data(), static_cast<std::size_t>(size));
    if (out.size() > most) return failed("read", EFBIG);
  }
}

Asked<std::vector<std::string>> read_words(const std::string& path) {
  const auto content = read_file(path);
  if (!content) return std::unexpected{content.error()};
  std::vector<std::string> out;
  std::string word;
  bool comment = false;
  const auto end_word = [&] {
    if (!word.empty()) out.push_back(std::move(word));
    word.clear();
  };
  for (const char c : *content) {
    if (c == '\n') comment = false;
    if (c == '#' && word.empty()) comment = true;
    if (comment) continue;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
      end_word();
    else
      word += c;
  }
  end_word();
  return out;
}

// ------------------------------------------------------------------------------------- the plan

Asked<TargetSet> Targets::found(std::string_view host, bool every) {
  auto addresses = read_addresses(host);
  if (!addresses) return std::unexpected{addresses.error()};
  if (*addresses) {
    for (const auto& range : (*addresses)->ranges())
      if (const auto sentence = no_host(range)) return wrong(*sentence);
    // A zone must name an interface.
    for (const auto& range : (*addresses)->ranges())
      if (!range.first().zone().empty())
        if (const auto there = net::resolve(to_text(range.first()).view()); !there)
          return std::unexpected{Complaint{printable(there.error().message()), ExitStatus::system}};
    for (const auto& range : (*addresses)->ranges())
      if (!of_family(range.first(), family_))
        return wrong(fmt::format("{} is no IPv{} address", printable(host),
                                 family_ == net::Family::ipv4 ? 4 : 6));
    return std::move(**addresses);
  }
  const auto all = resolve_(host, family_);
  if (!all) return std::unexpected{Complaint{printable(all.error().message()), ExitStatus::system}};
  TargetSet out;
  for (const auto& address : *all) {
    if (!out.add(address)) return wrong(too_many);
    names_.emplace(address, host);
    if (!every) break;
  }
  return out;
}

Asked<void> Targets::add(std::string_view text) {
  const auto word = read_target_word(text);
  if (!word) return std::unexpected{word.error()};
  const auto addresses = found(word->host, every_address_);
  if (!addresses) return std::unexpected{addresses.error()};
  ++words_;
  auto& set = word->ports ? with_ports_[*word->ports] : plain_;
  for (const auto& range : addresses->ranges())
    if (!set.add(range)) return wrong(too_many);
  return {};
}

Asked<void> Targets::exclude(std::string_view words) {
  // Octet ranges hold commas themselves.
  if (const auto whole = read_addresses(words); whole && *whole) {
    for (const auto& range : (*whole)->ranges()) std::ignore = excluded_.add(range);
    return {};
  }
  do {
    const auto comma = std::min(words.find(','), words.size());
    const auto word = words.substr(0, comma);
    const bool last = comma == words.size();
    words.remove_prefix(last ? comma : comma + 1);
    if (word.empty()) return wrong("--exclude: an empty word; as in 10.0.0.1,10.0.1.0/24");
    // Of both versions: what is not scanned anyway need not be refused.
    auto addresses = read_addresses(word);
    if (!addresses) return std::unexpected{addresses.error()};
    TargetSet set;
    if (*addresses) {
      set = std::move(**addresses);
    } else {
      const auto all = resolve_(word, net::Family::any);
      if (!all)
        return std::unexpected{Complaint{printable(all.error().message()), ExitStatus::system}};
      for (const auto& address : *all) std::ignore = set.add(address);
    }
    for (const auto& range : set.ranges()) std::ignore = excluded_.add(range);
    if (last) return {};
  } while (true);
}

Asked<TargetSet> Targets::find(std::string_view host) { return found(host, every_address_); }

void Targets::add(const TargetSet& hosts, const std::vector<Port>& ports) {
  ++words_;
  auto& set = with_ports_[ports];
  for (const auto& range : hosts.ranges()) std::ignore = set.add(range);
}

Asked<ScanSpace> Targets::plan(const std::vector<Port>& ports,
                               const std::vector<Port>& not_these) const {
  ScanSpace out;
  const auto add = [&](TargetSet hosts, const std::vector<Port>& wanted) {
    std::vector<Port> left;
    std::ranges::set_difference(wanted, not_these, std::back_inserter(left));
    hosts.remove(excluded_);
    return hosts.empty() || left.empty() || out.add(hosts, left);
  };
  bool fits = add(plain_, ports);
  for (const auto& [own, hosts] : with_ports_) fits = fits && add(hosts, own);
  if (!fits) return wrong("more than 2^62 ports are no scan");
  if (out.size() == 0) return wrong("nothing is left to scan: all of it is excluded");
  for (const auto& [address, name] : names_)
    if (out.ports_of(address) > 0) out.names.emplace(address, name);
  return out;
}

}  // namespace sonda::tools
