// A verdict for programs.
#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include <sonda/core/version.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/verify/verdict_json.hpp>

namespace sonda::inline v0::verify {
namespace {

using Json = nlohmann::ordered_json;
using record::printable;

double ms(Duration value) { return static_cast<double>(value.count()) / 1e6; }

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(printable(text));
}

std::vector<std::uint64_t> sorted_once(std::vector<std::uint64_t> frames) {
  std::ranges::sort(frames);
  const auto rest = std::ranges::unique(frames);
  frames.erase(rest.begin(), rest.end());
  return frames;
}

std::string_view word(Vantage vantage) {
  switch (vantage) {
    case Vantage::near_end:
      return "near_end";
    case Vantage::far_end:
      return "far_end";
    case Vantage::unknown:
      return "unknown";
  }
  return {};
}

Json claims_of(const Report& report) {
  Json out = Json::array();
  for (const auto& [claim, tally] : report.claims)
    out.push_back({{"claim", word_of(claim)},
                   {"holds", tally.holds},
                   {"contradicted", tally.contradicted},
                   {"inconclusive", tally.inconclusive},
                   {"frames", sorted_once(tally.frames)}});
  return out;
}

// Contradictions first: whoever reads the beginning has the worst.
Json findings_of(const Report& report) {
  Json out = Json::array();
  for (const bool contradicted : {true, false})
    for (const auto& finding : report.findings)
      if ((finding.verdict == Verdict::contradicted) == contradicted)
        out.push_back({{"claim", word_of(finding.claim)},
                       {"verdict", word_of(finding.verdict)},
                       {"fault", finding.fault},
                       {"sentence", printable(finding.sentence)},
                       {"seq", or_null(finding.sequence)},
                       {"line", or_null(finding.line)},
                       {"frames", sorted_once(finding.frames)}});
  return out;
}

Json rtt_of(const RttDistribution& rtt) {
  if (rtt.samples == 0) return nullptr;
  return {{"samples", rtt.samples},      {"inside", rtt.inside},  {"slack_ms", ms(rtt.slack)},
          {"median_ms", ms(rtt.median)}, {"p99_ms", ms(rtt.p99)}, {"worst_ms", ms(rtt.worst)}};
}

}  // namespace

std::string to_json(const Report& report, const VerdictJsonOptions& options) {
  const Json out{{"event", "verdict"},
                 {"schema", "sonda.verify/1"},
                 {"version", version_text()},
                 {"verdict", word_of(report.verdict)},
                 {"why_inconclusive", text_or_null(report.why_inconclusive)},
                 {"run", text_or_null(options.run)},
                 {"capture", printable(options.capture)},
                 {"tool", text_or_null(report.tool)},
                 {"target", text_or_null(report.target)},
                 {"vantage", word(report.vantage)},
                 {"events", report.events},
                 {"frames", report.frames},
                 {"frames_of_the_run", report.frames_of_the_run},
                 {"other_frames", report.other_frames},
                 {"drops", or_null(report.drops)},
                 {"claims", claims_of(report)},
                 {"rtt", rtt_of(report.rtt)},
                 {"findings", findings_of(report)},
                 {"more_findings", report.more_findings}};
  return out.dump();
}

}  // namespace sonda::inline v0::verify
