// A sentence, word by word.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/lab/quantity.hpp>
#include <sonda/lab/selection.hpp>

namespace sonda::inline v0::lab {

class Words {
 public:
  explicit Words(std::string_view text) {
    while (true) {
      while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
      if (text.empty()) return;
      const auto end = text.find_first_of(" \t");
      words_.push_back(text.substr(0, end));
      text.remove_prefix(words_.back().size());
    }
  }

  [[nodiscard]] bool done() const { return at_ == words_.size(); }
  // Empty where there is none.
  [[nodiscard]] std::string_view peek() const { return done() ? std::string_view{} : words_[at_]; }
  std::string_view take() { return done() ? std::string_view{} : words_[at_++]; }
  // Takes the next word if it is this one.
  [[nodiscard]] bool takes(std::string_view word) {
    if (peek() != word) return false;
    ++at_;
    return true;
  }

 private:
  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
};

// What a machine may be called.
[[nodiscard]] bool is_name(std::string_view text);
inline constexpr std::string_view name_rule =
    "a name of lower-case letters, digits, '_' and '.' that begins with a letter";

// All words that are left. `also` are words that could have stood here instead.
[[nodiscard]] Read<Selection> read_selection(Words& words, std::vector<std::string> also);

}  // namespace sonda::inline v0::lab
