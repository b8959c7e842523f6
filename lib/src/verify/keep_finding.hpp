// Which findings a report keeps. Private to the layer.
#pragma once
#include <algorithm>
#include <utility>

#include <sonda/verify/report.hpp>

namespace sonda::inline v0::verify {

// At most Report::most_findings; a contradiction takes the place of a doubt.
inline void keep_finding(Report& report, Finding finding) {
  auto& kept = report.findings;
  if (kept.size() < Report::most_findings) return kept.push_back(std::move(finding));
  ++report.more_findings;
  if (finding.verdict != Verdict::contradicted) return;
  const auto doubt = std::find_if(kept.rbegin(), kept.rend(), [](const Finding& one) {
    return one.verdict != Verdict::contradicted;
  });
  if (doubt == kept.rend()) return;
  kept.erase(std::next(doubt).base());
  kept.push_back(std::move(finding));
}

}  // namespace sonda::inline v0::verify
