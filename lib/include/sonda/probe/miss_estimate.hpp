// How many ports a scan may have missed, judged from those that answered late.
#pragma once
#include <cstdint>
#include <optional>

#include <sonda/core/export.hpp>
#include <sonda/event/event.hpp>

namespace sonda::inline v0 {

struct MissEstimate {
  double path_loss = 0;         // of a probe or its answer
  double miss_probability = 0;  // all tries lost
};

// From answered ports by the try that was answered: tries are lost independently with one
// probability, and who lost them all is not among the answered (a geometric distribution, cut off
// after `tries`; its maximum likelihood). Nothing with fewer than 20 answers.
[[nodiscard]] SONDA_EXPORT std::optional<MissEstimate> estimate_misses(
    const std::array<std::uint64_t, ScanSummary::most_tries>& answered_at, std::uint32_t tries);

// Two shards of one scan as one. `tries` as above.
SONDA_EXPORT void add_summary(ScanSummary& sum, const ScanSummary& part, std::uint32_t tries);

}  // namespace sonda::inline v0
