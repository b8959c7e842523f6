// Events of a TCP scan in their order, and what they add up to.
#include "tcp_claims.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace sonda::inline v0::verify {
namespace {

std::optional<Sha256Digest> digest_of(std::string_view text) {
  Sha256Digest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const auto high = digits.find(text[2 * i]), low = digits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

}  // namespace

void TcpClaims::accuse(Claim claim, std::string_view fault, std::string sentence,
                       const Line& line) {
  tcp_.shared.ledger.accuse(
      {.claim = claim, .fault = fault, .sentence = std::move(sentence), .line = line.number});
}

void TcpClaims::on_event(const record::RecordedEvent& event, std::uint64_t number) {
  const auto& occurrence = event.occurrence;
  const Line line{number, bounded_moment(occurrence.unix_ns), occurrence.frames};
  auto& shared = tcp_.shared;
  // A file that was behind knows only afterwards what it lacks.
  const auto* drops = std::get_if<Drops>(&occurrence.event.what);
  const bool of_the_capture = drops != nullptr && drops->place == DropPlace::capture;
  if (summary_line_ != 0 && !of_the_capture)
    return accuse(
        Claim::summary, "event_after_summary",
        fmt::format("line {} follows the final summary in line {}", number, summary_line_), line);
  if (shared.tool.empty()) {
    shared.tool = event.context.tool, shared.target_text = event.context.target;
  } else if (event.context.tool != shared.tool) {
    accuse(Claim::identity, "other_run",
           fmt::format("line {} is of {}, the run of {}", number, event.context.tool, shared.tool),
           line);
    return;
  }
  last_ns_ = line.unix_ns;
  std::visit([&](const auto& what) { on(what, line); }, occurrence.event.what);
}

void TcpClaims::on(const Start& event, const Line& line) {
  auto& shared = tcp_.shared;
  if (shared.started)
    return accuse(Claim::identity, "second_start", fmt::format("line {} starts again", line.number),
                  line);
  shared.started = true;
  shared.start_ns = line.unix_ns;
  tcp_.own_ports = event.ports;
  tcp_.syn_mode = event.mode == "syn" || event.mode == "raw";
  if (!event.source.is_unspecified()) tcp_.own_addresses.insert(event.source.without_zone());
  for (const auto& [name, value] : event.plan) {
    if (name == "end" || name == "ending")
      if (const auto* word = std::get_if<std::string>(&value)) tcp_.ending = *word;
    tcp_.wants_banner |= name == "banner_ms";
  }
  // Hashes may be told of any SYN from now on.
  tcp_.hashes = tcp_.syn_mode;
  if (!event.ports.empty() && (tcp_.syn_mode || event.mode == "connect"))
    return shared.ledger.holds(Claim::identity);
  accuse(Claim::identity, "bad_start",
         "the first event does not say in which mode and from which ports", line);
}

void TcpClaims::on(const Sent& event, const Line& line) {
  constexpr std::size_t most_waiting = 262'144, most_of_one = 64;
  const auto digest = digest_of(event.octets_sha256);
  if (!digest)
    return accuse(Claim::probe, "hash_missing",
                  fmt::format("probe {} is told as sent without a hash", event.probe.value()),
                  line);
  if (hashes_.size() >= most_waiting) return;
  auto& known = hashes_[event.probe.value()];
  if (known.size() < most_of_one) known.push_back(*digest);
}

bool TcpClaims::first_of(ProbeId probe) {
  auto& octet = numbers_[probe.value() / 64];
  const auto bit = std::uint64_t{1} << probe.value() % 64;
  return (std::exchange(octet, octet | bit) & bit) == 0;
}

void TcpClaims::on(const PortResult& event, const Line& line) {
  const PortKey key{event.address.without_zone(), event.port};
  const auto* judged = ports_.judged(key);
  auto* known = ports_.find(key);
  const auto told_before = judged != nullptr                 ? judged->line
                           : known != nullptr && known->told ? known->told->line
                                                             : 0;
  if (told_before != 0)
    return accuse(Claim::probe, "told_twice",
                  fmt::format("port {} of {} is told in line {}, too", event.port.value(),
                              text_of(event.address), told_before),
                  line);
  if (!event.control && !first_of(event.probe))
    return accuse(Claim::probe, "told_twice",
                  fmt::format("probe {} is told a second time", event.probe.value()), line);
  ++tcp_.ports_told;
  counted_.probes += event.attempts;
  if (!event.control) {
    ++told_;
    ++counted_.by_state[static_cast<std::size_t>(event.state) % ScanSummary::states];
    if (event.cause.kind == CauseKind::answer || event.cause.kind == CauseKind::rst)
      ++counted_.answered_at[std::min<std::size_t>(std::max(event.attempts, 1U),
                                                   ScanSummary::most_tries) -
                             1];
  }
  auto& port = ports_.of(key);
  port.told = ToldPort{event, line.number, line.unix_ns, line.frames};
  auto& kept = port.told->result;
  kept.took = Duration{std::clamp<std::int64_t>(kept.took.count(), 0, most_ns / 4)};
  if (const auto found = hashes_.find(event.probe.value()); found != hashes_.end()) {
    port.hashes = std::move(found->second);
    hashes_.erase(found);
  }
  if (port.syns.empty())
    ports_.told_without_frame(key);
  else
    ports_.may_leave(key, kept.took.count());
}

void TcpClaims::on(const Foreign&, const Line&) { ++counted_.foreign; }

void TcpClaims::on(const ClockStep& event, const Line& line) {
  constexpr std::size_t most_steps = 64;
  auto& steps = tcp_.shared.steps;
  if (steps.size() < most_steps) steps.push_back({line.unix_ns, bounded_span(event.step_ns)});
}

void TcpClaims::on(const Drops& event, const Line&) {
  // What the capture dropped, its thread tells of; the engine never hears of it.
  if (event.place == DropPlace::capture) {
    capture_drops_ += event.count;
    return;
  }
  counted_.drops += event.count;
  tcp_.shared.socket_drops += event.count;
}

void TcpClaims::on(const ScanSummary& event, const Line& line) {
  check_figures(event, line);
  if (!event.final) return;
  const auto sum = std::accumulate(event.by_state.begin(), event.by_state.end(), std::uint64_t{0});
  interrupted_ = sum < event.ports;
  summary_line_ = line.number;
  tcp_.shared.horizon_ns = line.unix_ns;
}

void TcpClaims::check_figures(const ScanSummary& event, const Line& line) {
  auto& ledger = tcp_.shared.ledger;
  std::string differing;
  const auto check = [&](std::string_view what, std::uint64_t told, std::uint64_t is) {
    // What a journal knew adds to it.
    if (told == is || (event.resumed > 0 && told > is)) return;
    differing +=
        fmt::format("{}{} {}, the events say {}", differing.empty() ? "" : "; ", told, what, is);
  };
  for (std::size_t i = 0; i < ScanSummary::states; ++i)
    check(fmt::format("ports {}", name(static_cast<PortState>(i))), event.by_state[i],
          counted_.by_state[i]);
  check("SYNs", event.probes, counted_.probes);
  // Which SYN was answered, events do not say: one of those that left.
  std::uint64_t answered = 0, at_most = 0;
  bool too_late = false;
  for (std::size_t i = 0; i < ScanSummary::most_tries; ++i) {
    answered += event.answered_at[i], at_most += counted_.answered_at[i];
    too_late |= answered < at_most;
  }
  check("ports answered", answered, at_most);
  if (too_late && answered == at_most && event.resumed == 0)
    differing += "ports are told to be answered at a later SYN than left";
  check("foreign packets", event.foreign, counted_.foreign);
  check("dropped packets", event.drops, counted_.drops);
  if (differing.empty())
    ledger.holds(Claim::summary);
  else
    accuse(Claim::summary, "summary_differs", std::move(differing), line);
  const auto sum = std::accumulate(event.by_state.begin(), event.by_state.end(), std::uint64_t{0});
  if (sum <= event.ports && sum == told_ + event.resumed)
    ledger.holds(Claim::summary);
  else
    accuse(Claim::summary, "does_not_add_up",
           fmt::format("{} ports were to be asked, {} have a state: {} told and {} known before",
                       event.ports, sum, told_, event.resumed),
           line);
  if (!tcp_.shared.start_ns) return;
  const auto elapsed = bounded_span(event.elapsed.count());
  const auto took = line.unix_ns - *tcp_.shared.start_ns;
  constexpr std::int64_t second = 1'000'000'000;
  std::int64_t stepped = 0;
  for (const auto& step : tcp_.shared.steps) stepped += std::abs(step.step_ns);
  if (elapsed >= 0 && std::abs(elapsed - took) <= 2 * second + took / 10 + stepped)
    return ledger.holds(Claim::summary);
  accuse(
      Claim::summary, "elapsed_implausible",
      fmt::format("{} are told to have passed, the events say {}", ms_text(elapsed), ms_text(took)),
      line);
}

void TcpClaims::finish() {
  for (const auto& [probe, hashes] : hashes_) {
    if (interrupted_) break;
    tcp_.shared.ledger.accuse(
        {.claim = Claim::unexplained,
         .fault = "probe_untold",
         .sentence =
             fmt::format("probe {} is told as sent, and no event says what became of it", probe)});
  }
  if (summary_line_ != 0 || !last_ns_) return;
  tcp_.shared.horizon_ns = *last_ns_;
  tcp_.shared.ledger.doubt({.claim = Claim::summary,
                            .fault = "no_summary",
                            .sentence = "the run has no final summary: it did not end by itself"});
}

}  // namespace sonda::inline v0::verify
