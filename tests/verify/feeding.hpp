// A virtual run given to the verifier, in whichever order.
#pragma once
#include <string>

#include <sonda/verify/verifier.hpp>

#include "../support/virtual_run.hpp"

namespace sonda::test {

enum class Order : std::uint8_t { as_captured, frames_first, events_first };
enum class Passed : std::uint8_t { as_text, as_they_are };  // events to the verifier

inline verify::Report verdict_on(const VirtualRun& run, Order order = Order::as_captured,
                                 verify::VerifierOptions options = {},
                                 Passed passed = Passed::as_text) {
  verify::Verifier verifier{std::move(options)};
  std::size_t e = 0, f = 0;
  const auto event = [&] {
    if (passed == Passed::as_they_are) {
      const auto& next = run.events[e++];
      return verifier.on_event({next.context, next.occurrence}, e);
    }
    const auto line = record::to_json(run.events[e].occurrence, run.events[e].context);
    const auto read = record::from_json(line);
    ++e;
    if (read)
      verifier.on_event(*read, e, line);
    else
      verifier.on_broken_line(e, read.error());
  };
  const auto frame = [&] {
    const auto& seen = run.frames[f++];
    verifier.on_frame({.number = seen.number,
                       .unix_ns = seen.unix_ns,
                       .packet = seen.octets,
                       .cut = seen.cut,
                       .arp = seen.arp,
                       .direction = seen.direction,
                       .interface = seen.interface,
                       .comments = seen.comments});
  };
  while (e < run.events.size() || f < run.frames.size()) {
    bool take_event = f == run.frames.size();
    if (e < run.events.size() && !take_event) {
      if (order == Order::events_first) take_event = true;
      if (order == Order::as_captured)
        take_event = run.events[e].occurrence.unix_ns < run.frames[f].unix_ns;
    }
    take_event ? event() : frame();
  }
  for (const auto& statistics : run.statistics) verifier.on_statistics(statistics);
  return verifier.finish();
}

inline std::string words_of(const verify::Report& report) {
  std::string out{verify::word_of(report.verdict)};
  out += " (" + report.why_inconclusive + ")";
  std::size_t shown = 0;
  for (const auto& finding : report.findings) {
    if (++shown > 8) break;
    out += "\n  " + std::string{verify::word_of(finding.claim)} + " " +
           std::string{verify::word_of(finding.verdict)} + " " + finding.fault + ": " +
           finding.sentence;
    if (finding.line) out += " [line " + std::to_string(*finding.line) + "]";
  }
  return out;
}

}  // namespace sonda::test
