// A run held against a capture: one call that reads both and believes neither.
#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include <sonda/core/failure.hpp>
#include <sonda/verify/report.hpp>

namespace sonda::inline v0::verify {

struct Question {
  std::string capture{};               // pcap or pcapng of anybody; "-": standard input
  std::string run{};                   // JSON Lines of a run; empty: the events inside the capture
  Vantage vantage = Vantage::unknown;  // as the caller knows it; unknown: found out
  // What there is to say beside a frame, when it is known: "probe=12; holds;" ...
  std::function<void(std::uint64_t frame, std::string_view note)> on_note{};
};

// Memory is bounded by the probes in flight, however large both files are. Errors: a file that
// cannot be opened or is neither; what is wrong inside one becomes a finding, and what stood in
// front of it is judged.
[[nodiscard]] std::expected<Report, Failure> verify(const Question& question);

}  // namespace sonda::inline v0::verify
