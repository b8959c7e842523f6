// The numbers at the end, reckoned anew from the events.
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "ping_claims.hpp"

namespace sonda::inline v0::verify {
namespace {

// The share of probes without a reply, which the event itself does not keep.
std::optional<double> loss_percent(std::string_view line) {
  constexpr std::string_view name = "\"loss_percent\":";
  const auto at = line.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  line.remove_prefix(at + name.size());
  while (line.starts_with(' ')) line.remove_prefix(1);
  double value = 0;
  if (std::from_chars(line.data(), line.data() + line.size(), value).ec != std::errc{})
    return std::nullopt;
  return value;
}

// Sums of many doubles differ in their last digits with the order of operations.
bool close(Duration told, Duration is) {
  const auto difference =
      std::abs(static_cast<double>(told.count()) - static_cast<double>(is.count()));
  return difference <= 2 + std::abs(static_cast<double>(is.count())) * 1e-9;
}

}  // namespace

void PingClaims::check_figures(const PingSummary& event, const Line& line) {
  const std::array<std::tuple<std::string_view, std::uint64_t, std::uint64_t>, 12> counts{
      {{"sent", event.sent, counted_.sent},
       {"received", event.received, counted_.received},
       {"errors", event.errors, counted_.errors},
       {"lost", event.lost, counted_.lost},
       {"waiting", event.waiting, counted_.waiting},
       {"late", event.late, counted_.late},
       {"duplicates", event.duplicates, counted_.duplicates},
       {"corrupt", event.corrupt, counted_.corrupt},
       {"reordered", event.reordered, counted_.reordered},
       {"foreign", event.foreign, counted_.foreign},
       {"refused", event.refused, counted_.refused},
       {"drops", event.drops, counted_.drops}}};
  std::string differing;
  for (const auto& [name, told, is] : counts)
    if (told != is)
      differing +=
          fmt::format("{}{} {}, the events say {}", differing.empty() ? "" : "; ", name, told, is);
  const bool adds_up = event.sent == event.received + event.errors + event.lost + event.waiting;
  if (!differing.empty()) {
    accuse(Claim::summary, adds_up ? "summary_differs" : "does_not_add_up", std::move(differing),
           line);
  } else {
    case_.ledger.holds(Claim::summary);
  }
  if (const auto percent = loss_percent(line.text); percent && event.received <= event.sent) {
    const auto unanswered = static_cast<double>(event.sent) - static_cast<double>(event.received);
    const auto is = event.sent == 0 ? 0.0 : 100 * unanswered / static_cast<double>(event.sent);
    if (std::abs(*percent - is) > 1e-6)
      accuse(Claim::summary, "summary_differs",
             fmt::format("loss_percent {}, {} of {} are {}", *percent, unanswered, event.sent, is),
             line);
  }

  const auto is = rtts_.figures();
  if (event.rtt.has_value() != is.has_value()) {
    accuse(Claim::summary, "rtt_statistics_differ",
           is ? "no RTTs are summed up although there are samples"
              : "RTTs are summed up without a sample",
           line);
    return;
  }
  if (event.clock != counted_.clock)
    accuse(Claim::summary, "rtt_statistics_differ", "the poorest clock is another", line);
  if (!is) return;
  const std::array<std::tuple<std::string_view, Duration, Duration>, 8> figures{
      {{"min", event.rtt->min, is->min},
       {"mean", event.rtt->mean, is->mean},
       {"median", event.rtt->median, is->median},
       {"p95", event.rtt->p95, is->p95},
       {"p99", event.rtt->p99, is->p99},
       {"max", event.rtt->max, is->max},
       {"stddev", event.rtt->stddev, is->stddev},
       {"jitter", event.rtt->jitter, is->jitter}}};
  std::string wrong;
  for (const auto& [name, told, reckoned] : figures)
    if (!close(told, reckoned))
      wrong += fmt::format("{}{} {}, the samples say {}", wrong.empty() ? "" : "; ", name,
                           ms_text(told.count()), ms_text(reckoned.count()));
  if (event.rtt->samples != is->samples)
    wrong += fmt::format("{}{} samples, there are {}", wrong.empty() ? "" : "; ",
                         event.rtt->samples, is->samples);
  if (wrong.empty())
    case_.ledger.holds(Claim::summary);
  else
    accuse(Claim::summary, "rtt_statistics_differ", std::move(wrong), line);
}

void PingClaims::check_senders(const PingSummary& event, const Line& line) {
  if (beyond_memory_ || errors_.size() >= 65'536) return;
  std::vector<IcmpErrorCount> rows;
  for (const auto& row : errors_)
    if (row.count > 0) rows.push_back(row);
  if (rows == event.errors_by_sender)
    case_.ledger.holds(Claim::summary);
  else
    accuse(Claim::summary, "senders_differ",
           fmt::format("the senders of errors that are told ({}) are not those of the events ({}), "
                       "or their counts differ",
                       event.errors_by_sender.size(), rows.size()),
           line);
}

// From the first probe on; the first event is a little earlier.
void PingClaims::check_elapsed(const PingSummary& event, const Line& line) {
  constexpr std::int64_t rounding = 1'000'000;
  if (!case_.steps.empty()) return;
  const auto elapsed = bounded_span(event.elapsed.count());
  const bool too_short = first_probe_ns_ && elapsed < line.unix_ns - *first_probe_ns_ - rounding;
  const bool too_long = case_.start_ns && elapsed > line.unix_ns - *case_.start_ns + rounding;
  if (!too_short && !too_long) return case_.ledger.holds(Claim::summary);
  accuse(Claim::summary, "elapsed_implausible",
         fmt::format("{} are told to have passed, the events span {}", ms_text(elapsed),
                     ms_text(line.unix_ns - (too_long ? *case_.start_ns : *first_probe_ns_))),
         line);
}

void PingClaims::finish() {
  if (summary_line_ != 0 || !last_ns_) return;
  case_.horizon_ns = *last_ns_;
  case_.ledger.doubt({.claim = Claim::summary,
                      .fault = "no_summary",
                      .sentence = "the run has no final summary: it did not end by itself"});
}

}  // namespace sonda::inline v0::verify
