// What was judged so far: how often each claim held, and the accusations with their conditions.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonda/verify/report.hpp>

namespace sonda::inline v0::verify {

// On what an accusation depends that is known only at the end. None: it stands.
enum Condition : std::uint8_t {
  certain = 0,
  if_complete = 1,  // the capture states that it dropped nothing, and covers the moment
  if_heard = 2,     // the run's socket dropped nothing
  if_near = 4,      // the capture was made where the run was
  never = 8         // it is a doubt, whatever comes
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
  bool unless_skewed = false;            // a skewed clock of the capture would explain it
  bool unless_far = false;               // the way to where the capture was made would explain it
};

struct Circumstances {  // as they turned out
  bool complete = false;
  bool heard = true;
  bool near = true;
  bool skewed = false;
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

  std::array<Tally, claims> tallies_{};
  std::vector<Accusation> kept_;
  // Of those beyond what is kept, how many: by claim, conditions, and what would explain them.
  std::array<std::array<std::uint64_t, 64>, claims> more_{};
};

}  // namespace sonda::inline v0::verify
