// Maximum likelihood of the loss of a try, from the tries that were answered.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <sonda/probe/miss_estimate.hpp>

namespace sonda::inline v0 {
namespace {

constexpr std::uint64_t least_answers = 20;

// The mean try, counted from 0, at which those of `tries` are answered that are answered at all.
double mean_try(double loss, double tries) {
  const double all = std::pow(loss, tries);
  return loss / (1 - loss) - tries * all / (1 - all);
}

}  // namespace

std::optional<MissEstimate> estimate_misses(
    const std::array<std::uint64_t, ScanSummary::most_tries>& answered_at, std::uint32_t tries) {
  const auto answers = std::accumulate(answered_at.begin(), answered_at.end(), std::uint64_t{0});
  if (answers < least_answers || tries < 2) return std::nullopt;
  double sum = 0;
  for (std::size_t at = 0; at < answered_at.size(); ++at)
    sum += static_cast<double>(at) * static_cast<double>(answered_at[at]);
  const double mean = sum / static_cast<double>(answers);

  // mean_try grows with the loss, so the likelihood's only maximum is where it meets the mean seen.
  double low = 0, high = 1 - 1e-6;
  for (int i = 0; i < 60 && mean > 0; ++i) {
    const double middle = (low + high) / 2;
    (mean_try(middle, tries) < mean ? low : high) = middle;
  }
  return MissEstimate{.path_loss = low, .miss_probability = std::pow(low, tries)};
}

void add_summary(ScanSummary& sum, const ScanSummary& part, std::uint32_t tries) {
  sum.final = sum.final && part.final;
  sum.hosts = std::max(sum.hosts, part.hosts);  // of the whole scan, in each part
  sum.ports += part.ports;
  sum.resumed += part.resumed;
  std::ranges::transform(sum.by_state, part.by_state, sum.by_state.begin(), std::plus{});
  sum.probes += part.probes;
  std::ranges::transform(sum.answered_at, part.answered_at, sum.answered_at.begin(), std::plus{});
  sum.drops += part.drops;
  sum.foreign += part.foreign;
  sum.elapsed = std::max(sum.elapsed, part.elapsed);
  const auto estimate = estimate_misses(sum.answered_at, tries);
  sum.path_loss = estimate ? std::optional{estimate->path_loss} : std::nullopt;
  sum.miss_probability = estimate ? std::optional{estimate->miss_probability} : std::nullopt;
}

}  // namespace sonda::inline v0
