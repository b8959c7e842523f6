// The words of a verdict.
#include <array>

#include <sonda/verify/report.hpp>

namespace sonda::inline v0::verify {

std::string_view word_of(Claim claim) {
  constexpr std::array<std::string_view, claims> words{
      "identity", "probe",   "header",   "checksum",    "reply",     "data",
      "order",    "rtt",     "time",     "icmp_error",  "quotation", "error_code",
      "silence",  "refused", "stranger", "unexplained", "frame",     "comment",
      "capture",  "summary", "crossing", "message",     "judge"};
  const auto index = static_cast<std::size_t>(claim);
  return index < words.size() ? words[index] : std::string_view{};
}

std::string_view word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::contradicted:
      return "contradicted";
    case Verdict::inconclusive:
      return "inconclusive";
  }
  return {};
}

}  // namespace sonda::inline v0::verify
