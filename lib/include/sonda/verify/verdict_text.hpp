// A verdict for people: what was held against what, a table of the claims, then each that is wrong.
#pragma once
#include <string>
#include <string_view>

#include <sonda/verify/report.hpp>

namespace sonda::inline v0::verify {

struct VerdictTextOptions {
  std::string capture{};  // as typed
  std::string run{};      // empty: the events inside the capture
  bool quiet = false;     // only the last line
  bool verbose = false;   // all findings with all their frames, not the first twenty
  bool color = false;     // of the words of a verdict
};

inline constexpr std::size_t shown_findings = 20;

// Lines of at most 80 columns, each with its end; the last one is the verdict.
[[nodiscard]] std::string to_text(const Report& report, const VerdictTextOptions& options);

// The last line: "holds: 14 claims of 3 probes, 6 frames".
[[nodiscard]] std::string verdict_line(const Report& report, bool color = false);

// What a row of the table is called: "each reply came, once, from whom it says".
[[nodiscard]] std::string_view words_of(Claim claim);

}  // namespace sonda::inline v0::verify
