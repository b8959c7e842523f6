// A scan for people: tables, lines and the sum.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include <sonda/record/printable.hpp>
#include <sonda/report/layout.hpp>
#include <sonda/report/scan_text.hpp>
#include <sonda/report/scan_words.hpp>
#include <sonda/wire/service.hpp>

#include "ping_words.hpp"
#include "scan_sentences.hpp"

namespace sonda::inline v0::report {
namespace {

using record::printable;

constexpr std::size_t port_width = 10;
constexpr std::size_t least_state_width = 10;
constexpr std::size_t errno_width = 14;
constexpr std::size_t time_column = 71;

std::size_t index_of(PortState state) { return static_cast<std::size_t>(state); }

std::string plural(std::uint64_t count, std::string_view word) {
  return fmt::format("{} {}{}", count_text(count), word, count == 1 ? "" : "s");
}

void pad(std::string& text, std::size_t columns, std::size_t width) {
  text.append(columns < width ? width - columns : 1, ' ');
}

std::string who(const Address& address, const std::string& name) {
  const auto number = address_text(address);
  return name.empty() ? number : fmt::format("{} ({})", printable(name), number);
}

std::string join_ports(const std::vector<Port>& ports) {
  constexpr std::size_t most = 3;
  std::string out;
  const auto shown = std::min(ports.size(), most);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == shown && shown == ports.size() ? " and " : ", ";
    out += std::to_string(ports[i].value());
  }
  if (ports.size() > shown) out += fmt::format(" and {} more", count_text(ports.size() - shown));
  return out;
}

// The banner's first lines, made harmless.
std::string banner_lines(const std::string& banner) {
  constexpr std::size_t most_lines = 3, most_columns = page_width - port_width;
  if (banner.empty()) return std::string(port_width, ' ') + "says nothing first\n";
  std::string out;
  std::size_t begin = 0;
  for (std::size_t line = 0; line < most_lines && begin < banner.size(); ++line) {
    auto end = std::min(banner.find('\n', begin), banner.size());
    auto text = banner.substr(begin, end - begin);
    if (text.ends_with('\r')) text.pop_back();
    auto shown = printable(text);
    while (display_width(shown) > most_columns) {
      // At the end of a character: octets of one are not separated.
      do shown.pop_back();
      while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xc0U) == 0x80U);
    }
    out += std::string(port_width, ' ') + shown + '\n';
    begin = end + 1;
  }
  if (begin < banner.size())
    out += fmt::format("{:{}}... {} octets in all\n", "", port_width, banner.size());
  return out;
}

}  // namespace

ScanText::ScanText(ScanTextOptions options) : options_{std::move(options)} {}

std::string ScanText::operator()(const Occurrence& occurrence) {
  now_ = &occurrence;
  return std::visit(
      [this](const auto& event) {
        if constexpr (requires { text(event); }) return text(event);
        return std::string{};  // of another tool
      },
      occurrence.event.what);
}

std::string ScanText::colored(PortState state) const {
  const auto word = name(state);
  if (!options_.color) return std::string{word};
  const auto* const code = state == PortState::open       ? "32"
                           : state == PortState::closed   ? "31"
                           : state == PortState::filtered ? "33"
                                                          : "35";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, word);
}

std::string ScanText::text(const Start&) {
  if (options_.quiet || !sweep()) return {};
  return fmt::format("{}, {}, {}\n", plural(options_.hosts, "host"), plural(options_.ports, "port"),
                     options_.how);
}

// ---------------------------------------------------------------------------------------- ports

std::string ScanText::text(const PortResult& port) {
  if (port.control || options_.quiet) return {};
  if (sweep()) {
    const bool shown = port.state == PortState::open || options_.all ||
                       (options_.interesting && options_.interesting(port));
    return shown ? sweep_line(port) : std::string{};
  }
  auto& host = hosts_[port.address];
  if (host.count == 0) host.name = port.target;
  ++host.count;
  auto& state = host.states[index_of(port.state)];
  ++state.count;
  ++state.by_text[reason_text(port)];
  if (options_.all || port.state == PortState::open || state.rows.size() < most_rows)
    state.rows.push_back({port, now_->frames});
  const auto wanted = options_.ports_of ? options_.ports_of(port.address) : std::nullopt;
  if (!wanted || host.count < *wanted) return {};
  auto out = table(port.address, host);
  hosts_.erase(port.address);
  return out;
}

std::string ScanText::sweep_line(const PortResult& port) const {
  std::string out = who(port.address, port.target);
  pad(out, display_width(out), 17);
  auto number = port_text(port.port, port.protocol);
  pad(number, number.size(), port_width);
  out += number + colored(port.state);
  pad(out, name(port.state).size(), least_state_width);
  if (port.error_code != 0) out += errno_text(port.error_code) + ", ";
  out += cause_text(port) + "  " + time_text(port);
  if (options_.frames && !now_->frames.empty())
    out += fmt::format("  frames {}", fmt::join(now_->frames, " "));
  out += '\n';
  if (port.banner) out += banner_lines(*port.banner);
  return out;
}

std::string ScanText::line(const Row& row, std::size_t state_width) const {
  const auto& port = row.port;
  const auto cause_column = port_width + state_width + errno_width;
  std::string out = port_text(port.port, port.protocol);
  pad(out, out.size(), port_width);
  out += colored(port.state);
  pad(out, name(port.state).size(), state_width);
  const auto error = errno_text(port.error_code);
  out += error;
  pad(out, error.size(), errno_width);

  auto causes = cause_lines(port);
  if (options_.frames && !row.frames.empty())
    causes.push_back(fmt::format("frames {}", fmt::join(row.frames, " ")));
  if (options_.verbose)
    if (const auto service = service_name(port.port, port.protocol))
      causes.push_back(fmt::format("the port of {}", *service));
  const auto width = time_column - 1 - cause_column;
  bool first = true;
  for (const auto& cause : causes) {
    auto lines = wrapped(cause, 0, first ? width : page_width - cause_column);
    for (std::size_t begin = 0; begin < lines.size();) {
      const auto end = lines.find('\n', begin);
      const auto piece = lines.substr(begin, end - begin);
      if (first) {
        out += piece;
        pad(out, display_width(piece), width + 1);
        out += time_text(port) + '\n';
      } else {
        out += std::string(cause_column, ' ') + piece + '\n';
      }
      first = false;
      begin = end + 1;
    }
  }
  if (port.banner) out += banner_lines(*port.banner);
  return out;
}

// "996 closed ports (RST) not shown".
std::string ScanText::not_shown(const Host& host, std::size_t state) const {
  const auto& reasons = host.states[state];
  std::vector<std::pair<std::string, std::uint64_t>> most{reasons.by_text.begin(),
                                                          reasons.by_text.end()};
  std::ranges::stable_sort(most, std::ranges::greater{},
                           &std::pair<std::string, std::uint64_t>::second);
  constexpr std::size_t named = 3;
  std::string why;
  std::uint64_t others = 0;
  for (std::size_t i = 0; i < most.size(); ++i) {
    if (i >= named) {
      others += most[i].second;
      continue;
    }
    if (i > 0) why += ", ";
    why += most[i].first;
    if (most.size() > 1) why += fmt::format(": {}", count_text(most[i].second));
  }
  if (others > 0) why += fmt::format(", other: {}", count_text(others));
  return wrapped(
      fmt::format("{} {} port{} ({}) not shown", count_text(reasons.count),
                  name(static_cast<PortState>(state)), reasons.count == 1 ? "" : "s", why),
      0);
}

std::string ScanText::table(const Address& address, Host& host) {
  std::string out = fmt::format("{}: {}, {}\n", who(address, host.name), plural(host.count, "port"),
                                options_.how);
  // The most frequent state but open is only counted where it fills more than a few lines.
  std::array<bool, ScanSummary::states> counted{};
  std::size_t most = index_of(PortState::closed);
  for (std::size_t i = 0; i < ScanSummary::states; ++i) {
    if (i == index_of(PortState::open)) continue;
    counted[i] = options_.only_open;
    if (host.states[i].count > host.states[most].count) most = i;
  }
  if (!options_.all && host.states[most].count > few) counted[most] = true;

  std::vector<const Row*> rows;
  std::size_t state_width = least_state_width;
  for (std::size_t i = 0; i < ScanSummary::states; ++i) {
    if (counted[i] || host.states[i].count == 0) continue;
    for (const auto& row : host.states[i].rows) rows.push_back(&row);
    state_width = std::max(state_width, name(static_cast<PortState>(i)).size() + 2);
  }
  std::ranges::sort(rows, {}, [](const Row* row) { return row->port.port; });
  if (!rows.empty()) {
    out += fmt::format("{:{}}{:{}}{:{}}CAUSE\n", "PORT", port_width, "STATE", state_width, "ERRNO",
                       errno_width);
    for (const auto* row : rows) out += line(*row, state_width);
  }
  for (std::size_t i = 0; i < ScanSummary::states; ++i) {
    const auto& state = host.states[i];
    if (state.count == 0) continue;
    if (counted[i])
      out += not_shown(host, i);
    else if (state.count > state.rows.size())
      out += wrapped(
          fmt::format("{} more {} ports not shown; --all shows all",
                      count_text(state.count - state.rows.size()), name(static_cast<PortState>(i))),
          0);
  }
  auto sentences = one_errno_of_many(host);
  for (const auto& sentence : host.notices) sentences += wrapped(sentence, 0);
  if (options_.hosts == 1)
    sentences_.insert(0, sentences);
  else
    out += sentences + '\n';
  return out;
}

// "80 and 81 give one errno for two reasons: the host refused 80 (RST), the router 10.0.1.1 refused
// 81 (ICMP)."
std::string ScanText::one_errno_of_many(const Host& host) {
  struct Reason {
    std::string who, by;
    std::vector<Port> ports;
  };
  std::map<int, std::map<std::string, Reason>> by_errno;
  for (const auto& state : host.states)
    for (const auto& row : state.rows) {
      const auto& port = row.port;
      if (port.error_code == 0) continue;
      auto& reason = by_errno[port.error_code][reason_text(port)];
      reason.ports.push_back(port.port);
      const auto& cause = port.cause;
      if (cause.kind == CauseKind::rst)
        reason.who = cause.hops_nearer.value_or(0) == 0 ? "the host refused {} (RST)"
                                                        : "a firewall refused {} (RST)";
      else if (cause.kind == CauseKind::icmp && cause.from && !cause.from_target)
        reason.who = "the router " + address_text(*cause.from) + " refused {} (ICMP)";
      else if (cause.kind == CauseKind::icmp)
        reason.who = "the host refused {} (ICMP)";
      else if (cause.kind == CauseKind::neighbor)
        reason.who = "nobody is there to ask for {}";
      else if (cause.kind == CauseKind::system)
        reason.who = "this machine refused {}";
      else
        reason.who = "nobody answered for {}";
      if (cause.icmp) reason.by = fmt::format("{}/{}", cause.icmp->type, cause.icmp->code);
    }
  std::string out;
  for (auto& [number, reasons] : by_errno) {
    if (reasons.size() < 2) continue;
    std::vector<const Reason*> sorted;
    std::set<std::string> same;
    bool alike = false;
    for (auto& [text, reason] : reasons) {
      std::ranges::sort(reason.ports);
      sorted.push_back(&reason);
      alike |= !same.insert(reason.who).second;
    }
    std::ranges::sort(sorted, {}, [](const Reason* r) { return r->ports.front(); });
    std::vector<Port> examples;
    std::vector<std::string> clauses;
    for (const auto* reason : sorted) {
      examples.push_back(reason->ports.front());
      auto clause = reason->who;
      clause.replace(clause.find("{}"), 2, join_ports(reason->ports));
      // One router, several messages: the message is the difference.
      if (alike && !reason->by.empty())
        if (const auto at = clause.rfind(')'); at != std::string::npos)
          clause.insert(at, ' ' + reason->by);
      clauses.push_back(std::move(clause));
    }
    constexpr std::array<std::string_view, 4> words{"", "", "two", "three"};
    const auto many = sorted.size() < words.size() ? std::string{words[sorted.size()]}
                                                   : std::to_string(sorted.size());
    out += wrapped(fmt::format("{} give one errno for {} reasons: {}.", join_ports(examples), many,
                               fmt::join(clauses, ", ")),
                   0);
  }
  return out;
}

// ------------------------------------------------------------------------- what is said besides

std::string ScanText::text(const Notice& notice) {
  if (!notice.address) {
    auto& known = of_this_machine_[notice.what];
    if (known.what != notice.what || notice.count >= known.count) known = notice;
    return {};
  }
  if (const auto waiting = hosts_.find(*notice.address); waiting != hosts_.end()) {
    waiting->second.notices.push_back(notice_sentence(notice));
    return {};
  }
  if (options_.hosts == 1 && !summed_up_) {
    sentences_ += wrapped(notice_sentence(notice), 0);
    return {};
  }
  return wrapped(notice_sentence(notice), 0);
}

std::string ScanText::text(const Foreign& foreign) const {
  if (!options_.verbose) return {};
  return wrapped(fmt::format("From {}: looks like an answer and is none ({}).",
                             address_text(foreign.from), foreign_words(foreign.reason)),
                 0);
}

std::string ScanText::text(const ClockStep& step) const {
  if (!options_.verbose) return {};
  return fmt::format("The wall clock was set by {} ms; no time above suffers from it.\n",
                     ms_text(Duration{step.step_ns}));
}

std::string ScanText::text(const Drops& drops) const {
  const auto* const where = drops.place == DropPlace::capture     ? "the capture has no frame of"
                            : drops.place == DropPlace::interface ? "the interface dropped"
                                                                  : "our sockets dropped";
  return fmt::format("{} {}; silence may be our own\n", where, plural(drops.count, "packet"));
}

std::string ScanText::text(const ScanSummary& summary) {
  const auto settled =
      std::accumulate(summary.by_state.begin(), summary.by_state.end(), std::uint64_t{0});
  const auto elapsed = fmt::format("{:.2f} s", static_cast<double>(summary.elapsed.count()) / 1e9);
  if (!summary.final)
    return wrapped(fmt::format("so far: {}; {} of {}, {}", states_text(summary),
                               count_text(settled), plural(summary.ports, "port"), elapsed),
                   0);
  std::string out;
  for (auto& [address, host] : hosts_) out += table(address, host);
  hosts_.clear();
  if (!options_.quiet && options_.hosts == 1) out += '\n';
  out += wrapped(
      fmt::format("{}{}; {}", options_.hosts == 1 ? "" : plural(summary.hosts, "host") + ": ",
                  states_text(summary), elapsed),
      0);
  if (summary.resumed > 0)
    out += fmt::format("{} of them known from the journal\n", count_text(summary.resumed));
  if (settled < summary.ports)
    out += fmt::format("interrupted: {} of {} are known\n", count_text(settled),
                       plural(summary.ports, "port"));
  out += sentences_;
  summed_up_ = true;
  for (const auto& [kind, notice] : of_this_machine_) out += wrapped(notice_sentence(notice), 0);
  if (const auto miss = miss_sentence(summary); !miss.empty()) out += wrapped(miss, 0);
  return out;
}

}  // namespace sonda::inline v0::report
