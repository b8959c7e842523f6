// Words that all parts of a verdict use.
#include "case.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <sonda/wire/address_text.hpp>

namespace sonda::inline v0::verify {

bool Case::is_neighbor_frame(std::uint64_t number) const {
  if (neighbors > neighbor_frames.size()) return true;  // they are not all remembered
  const auto known = std::span{neighbor_frames}.first(static_cast<std::size_t>(neighbors));
  return std::ranges::find(known, number, &NeighborFrame::number) != known.end();
}

bool Case::neighbor_is_silent(std::int64_t moment) const {
  constexpr std::int64_t second = 1'000'000'000, patience = 4 * second;  // Linux: 3 questions
  const auto size = std::min<std::uint64_t>(neighbors, neighbor_frames.size());
  const auto known = std::span{neighbor_frames}.first(static_cast<std::size_t>(size));
  return std::ranges::any_of(known, [&](const NeighborFrame& question) {
    if (question.answer || question.unix_ns < moment - patience ||
        question.unix_ns > moment + patience)
      return false;
    return std::ranges::none_of(known, [&](const NeighborFrame& said) {
      return said.answer && said.unix_ns >= question.unix_ns &&
             said.unix_ns < question.unix_ns + second;
    });
  });
}

void Case::note(const std::vector<std::uint64_t>& frames_of, std::string_view text) const {
  if (!options.on_note) return;
  for (const auto frame : frames_of) options.on_note(frame, text);
}

std::string ms_text(std::int64_t ns) {
  return fmt::format("{:.6f} ms", static_cast<double>(ns) / 1e6);
}

std::string text_of(const Address& address) { return std::string{to_text(address).view()}; }

}  // namespace sonda::inline v0::verify
