// What was judged so far: how often each claim held, and the accusations with their conditions.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonda/verify/report.hpp>

#include "moments.hpp"

namespace sonda::inline v0::verify {

// On what an accusation depends that is known only at the end. None: it stands.
enum Condition : std::uint8_t {
  certain = 0,
  if_complete = 1,   // the capture states that it dropped nothing, and covers the moment
  if_heard = 2,      // the run's socket dropped nothing
  if_near = 4,       // the capture was made where the run was
  never = 8,         // it is a doubt, whatever comes
  if_answered = 16,  // the run heard an answer to anything: nothing keeps all of them from it
  if_numbered = 32   // the frame numbers told are those of this capture
};

struct Accusation {
  Claim claim{};
  std::string_view fault{};  // a word of faults.hpp
  std::uint8_t conditions = certain;
  std::string sentence{};
  std::optional<std::uint64_t> sequence{};
  std::optional<std::uint64_t> line{};
  std::vector<std::uint64_t> frames{};
  std::optional<std::int64_t> moment{};  // that the capture has to cover
  std::int64_t patience = 0;             // and so long from then on
  bool unless_skewed = false;            // a skewed clock of the capture would explain it
  bool unless_far = false;               // the way to where the capture was made would explain it
};

struct Circumstances {  // as they turned out
  bool complete = false;
  bool heard = true;
  bool near = true;
  bool skewed = false;
  bool answered = true;
  bool numbered = true;
  std::optional<std::int64_t> covered_from{}, covered_to{};
};

class Ledger {
 public:
  void holds(Claim claim, std::uint64_t frame = 0) {
    auto& tally = tallies_[static_cast<std::size_t>(claim)];
    ++tally.holds;
    if (frame != 0 && tally.frames.size() < examples &&
        (tally.frames.empty() || tally.frames.back() != frame))
      tally.frames.push_back(frame);
  }
  void accuse(Accusation accusation);
  // It cannot be judged.
  void doubt(Accusation accusation) {
    accusation.conditions |= never;
    accuse(std::move(accusation));
  }
  [[nodiscard]] std::uint64_t held(Claim claim) const {
    return tallies_[static_cast<std::size_t>(claim)].holds;
  }
  // What held only because nothing was seen, where not everything was.
  void doubt_all(Claim claim) {
    auto& tally = tallies_[static_cast<std::size_t>(claim)];
    tally.inconclusive += std::exchange(tally.holds, 0);
    tally.frames.clear();
  }
  // Settles every condition and fills in verdict, claims and findings.
  void close(const Circumstances& circumstances, Report& report);

 private:
  static constexpr std::size_t examples = 3;

  // Accusations that stand or fall together. The first of them are kept as they are, and the last;
  // of those in between it is known how many they are, and when they were.
  struct Shelf {
    static constexpr std::size_t most = Report::most_findings / 2;
    std::vector<std::pair<std::uint64_t, Accusation>> first{};
    std::deque<std::pair<std::uint64_t, Accusation>> last{};
    std::array<Moments, claims> between{};
    std::array<std::uint64_t, claims> of_no_moment{};
  };

  void settle_rest(unsigned kind, bool skewed, const Circumstances& was, Report& report);

  std::array<Tally, claims> tallies_{};
  std::map<unsigned, Shelf> shelves_;  // by conditions, and by what would explain them
  std::uint64_t accusations_ = 0;
};

}  // namespace sonda::inline v0::verify
