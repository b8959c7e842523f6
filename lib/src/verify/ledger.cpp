// Conditions settled; what is contradicted comes first, then in the order in which it was found.
#include "ledger.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sonda::inline v0::verify {
namespace {

constexpr unsigned skew_bit = 256, far_bit = 512;

// A run whose every answer is kept from it by its own system is not told so.
constexpr std::string_view maybe_filtered =
    "; it crossed the interface, and a filter of this host may have dropped it";

Verdict verdict_of(std::uint8_t conditions, const Circumstances& was, bool covered) {
  const bool unmet = (conditions & never) != 0 ||
                     ((conditions & if_complete) != 0 && !(was.complete && covered)) ||
                     ((conditions & if_heard) != 0 && !was.heard) ||
                     ((conditions & if_near) != 0 && !was.near) ||
                     ((conditions & if_answered) != 0 && !was.answered) ||
                     ((conditions & if_numbered) != 0 && !was.numbered);
  return unmet ? Verdict::inconclusive : Verdict::contradicted;
}

bool covers(const Circumstances& was, const Accusation& one) {
  if (!one.moment) return true;
  return was.covered_from && was.covered_to && *was.covered_from <= *one.moment &&
         *one.moment + one.patience <= *was.covered_to;
}

void count(Tally& tally, Verdict verdict, std::uint64_t times) {
  (verdict == Verdict::contradicted ? tally.contradicted : tally.inconclusive) += times;
}

}  // namespace

void Ledger::accuse(Accusation accusation) {
  constexpr std::int64_t latest = std::int64_t{1} << 62;  // files may name any moment
  if (accusation.moment) accusation.moment = std::clamp(*accusation.moment, -latest, latest);
  const auto kind = accusation.conditions | (accusation.unless_skewed ? skew_bit : 0U) |
                    (accusation.unless_far ? far_bit : 0U);
  auto& shelf = shelves_[kind];
  const auto number = accusations_++;
  if (shelf.first.size() < Shelf::most) {
    shelf.first.emplace_back(number, std::move(accusation));
    return;
  }
  shelf.last.emplace_back(number, std::move(accusation));
  if (shelf.last.size() <= Shelf::most) return;
  const auto& oldest = shelf.last.front().second;
  const auto claim = static_cast<std::size_t>(oldest.claim);
  if (oldest.moment)
    shelf.between[claim].add(*oldest.moment, *oldest.moment + oldest.patience);
  else
    ++shelf.of_no_moment[claim];
  shelf.last.pop_front();
}

// What something explains is no lie, and shows nothing either.
void Ledger::close(const Circumstances& was, Report& report) {
  std::vector<std::tuple<bool, std::uint64_t, Finding>> found;
  for (auto& [kind, shelf] : shelves_) {
    const bool far = (kind & far_bit) != 0 && !was.near;
    const bool skewed = (kind & skew_bit) != 0 && was.skewed;
    const auto settle = [&](std::pair<std::uint64_t, Accusation>& entry) {
      auto& one = entry.second;
      auto& tally = tallies_[static_cast<std::size_t>(one.claim)];
      if (far) return;  // it was no claim about these frames
      if (skewed) return count(tally, Verdict::inconclusive, 1);
      const auto verdict = verdict_of(one.conditions, was, covers(was, one));
      count(tally, verdict, 1);
      if ((one.conditions & if_answered) != 0 && !was.answered) one.sentence += maybe_filtered;
      found.emplace_back(verdict != Verdict::contradicted, entry.first,
                         Finding{.claim = one.claim,
                                 .verdict = verdict,
                                 .fault = std::string{one.fault},
                                 .sentence = std::move(one.sentence),
                                 .sequence = one.sequence,
                                 .line = one.line,
                                 .frames = std::move(one.frames)});
    };
    std::ranges::for_each(shelf.first, settle);
    std::ranges::for_each(shelf.last, settle);
    if (!far) settle_rest(kind, skewed, was, report);
  }
  std::ranges::sort(found, {},
                    [](const auto& one) { return std::pair{std::get<0>(one), std::get<1>(one)}; });
  std::array<std::size_t, 2> kept{};
  for (auto& [doubt, number, finding] : found) {
    if (kept[doubt ? 1 : 0]++ < Report::most_findings)
      report.findings.push_back(std::move(finding));
    else
      ++report.more_findings;
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

// Those of which only the numbers are kept.
void Ledger::settle_rest(unsigned kind, bool skewed, const Circumstances& was, Report& report) {
  const auto& shelf = shelves_.at(kind);
  const auto conditions = static_cast<std::uint8_t>(kind & 255U);
  for (std::size_t claim = 0; claim < claims; ++claim) {
    const auto all = shelf.between[claim].count() + shelf.of_no_moment[claim];
    if (all == 0) continue;
    if (skewed) {
      count(tallies_[claim], Verdict::inconclusive, all);
      continue;
    }
    auto covered = shelf.of_no_moment[claim];
    if (was.covered_from && was.covered_to)
      covered += shelf.between[claim].between(*was.covered_from, *was.covered_to);
    count(tallies_[claim], verdict_of(conditions, was, true), covered);
    count(tallies_[claim], verdict_of(conditions, was, false), all - covered);
    report.more_findings += all;
  }
}

}  // namespace sonda::inline v0::verify
