// A verdict for programs: one JSON object, docs/schema/verify.json.
#pragma once
#include <string>

#include <sonda/verify/report.hpp>

namespace sonda::inline v0::verify {

struct VerdictJsonOptions {
  std::string capture{};  // as typed
  std::string run{};      // empty: the events inside the capture
};

// Without the line's end. Valid UTF-8 whatever the report holds.
[[nodiscard]] std::string to_json(const Report& report, const VerdictJsonOptions& options);

}  // namespace sonda::inline v0::verify
