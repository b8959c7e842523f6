// Conditions settled, findings in the order in which they were made.
#include "ledger.hpp"

#include <utility>

namespace sonda::inline v0::verify {
namespace {

Verdict verdict_of(std::uint8_t conditions, const Circumstances& was, bool covered) {
  const bool unmet = (conditions & never) != 0 ||
                     ((conditions & if_complete) != 0 && !(was.complete && covered)) ||
                     ((conditions & if_heard) != 0 && !was.heard) ||
                     ((conditions & if_near) != 0 && !was.near);
  return unmet ? Verdict::inconclusive : Verdict::contradicted;
}

bool covers(const Circumstances& was, const std::optional<std::int64_t>& moment) {
  if (!moment) return true;
  return was.covered_from && was.covered_to && *was.covered_from <= *moment &&
         *moment <= *was.covered_to;
}

void count(Tally& tally, Verdict verdict, std::uint64_t times) {
  (verdict == Verdict::contradicted ? tally.contradicted : tally.inconclusive) += times;
}

}  // namespace

void Ledger::accuse(Accusation accusation) {
  if (kept_.size() < Report::most_findings) {
    kept_.push_back(std::move(accusation));
    return;
  }
  const auto kind = (accusation.conditions & 15U) | (accusation.unless_skewed ? 16U : 0U) |
                    (accusation.unless_far ? 32U : 0U);
  ++more_[static_cast<std::size_t>(accusation.claim)][kind];
}

void Ledger::close(const Circumstances& circumstances, Report& report) {
  const auto explained = [&circumstances](bool unless_skewed, bool unless_far) {
    return (unless_skewed && circumstances.skewed) || (unless_far && !circumstances.near);
  };
  for (auto& one : kept_) {
    if (explained(one.unless_skewed, one.unless_far)) continue;
    const auto verdict =
        verdict_of(one.conditions, circumstances, covers(circumstances, one.moment));
    count(tallies_[static_cast<std::size_t>(one.claim)], verdict, 1);
    report.findings.push_back({.claim = one.claim,
                               .verdict = verdict,
                               .fault = std::string{one.fault},
                               .sentence = std::move(one.sentence),
                               .sequence = one.sequence,
                               .line = one.line,
                               .frames = std::move(one.frames)});
  }
  for (std::size_t claim = 0; claim < claims; ++claim)
    for (std::size_t kind = 0; kind < more_[claim].size(); ++kind) {
      const auto times = more_[claim][kind];
      if (times == 0 || explained((kind & 16) != 0, (kind & 32) != 0)) continue;
      count(tallies_[claim], verdict_of(kind & 15, circumstances, true), times);
      report.more_findings += times;
    }
  bool contradicted = false, doubted = false, anything = false;
  for (std::size_t claim = 0; claim < claims; ++claim) {
    auto& tally = tallies_[claim];
    if (tally == Tally{}) continue;
    contradicted |= tally.contradicted > 0;
    doubted |= tally.inconclusive > 0;
    anything = true;
    report.claims.emplace(static_cast<Claim>(claim), std::move(tally));
  }
  report.verdict = contradicted           ? Verdict::contradicted
                   : doubted || !anything ? Verdict::inconclusive
                                          : Verdict::holds;
}

}  // namespace sonda::inline v0::verify
