// What the verifier said beside the frames of the run.
#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sonda::tools::verify {

class Notes {
 public:
  struct Note {
    std::uint64_t frame = 0;
    std::string text{};
  };

  void add(std::uint64_t frame, std::string_view text) {
    notes_.push_back({frame, std::string{text}});
  }
  // Once, behind the last of them.
  void sort() { std::ranges::stable_sort(notes_, {}, &Note::frame); }
  // Of one frame, in the order in which they were said.
  [[nodiscard]] std::span<const Note> of(std::uint64_t frame) const {
    const auto found = std::ranges::equal_range(notes_, frame, {}, &Note::frame);
    return {found.begin(), found.end()};
  }

 private:
  std::vector<Note> notes_;
};

}  // namespace sonda::tools::verify
