// Many moments in little memory: how many of them lie between two.
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace sonda::inline v0::verify {

// Kept in groups of those that came one after the other; where there are many, in larger groups.
class Moments {
 public:
  void add(std::int64_t from, std::int64_t to) {
    if (!groups_.empty() && groups_.back().count < of_a_group_) {
      auto& last = groups_.back();
      last.from = std::min(last.from, from), last.to = std::max(last.to, to);
      ++last.count;
      return;
    }
    if (groups_.size() == most) join();
    groups_.push_back({from, to, 1});
  }
  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t sum = 0;
    for (const auto& group : groups_) sum += group.count;
    return sum;
  }
  // A group that does not lie between the two as a whole counts as if nothing of it did.
  [[nodiscard]] std::uint64_t between(std::int64_t from, std::int64_t to) const {
    std::uint64_t sum = 0;
    for (const auto& group : groups_)
      if (from <= group.from && group.to <= to) sum += group.count;
    return sum;
  }

 private:
  static constexpr std::size_t most = 4'096;
  struct Group {
    std::int64_t from = 0, to = 0;
    std::uint64_t count = 0;
  };

  void join() {
    for (std::size_t i = 0; i < most; i += 2) {
      const auto &a = groups_[i], &b = groups_[i + 1];
      groups_[i / 2] = {std::min(a.from, b.from), std::max(a.to, b.to), a.count + b.count};
    }
    groups_.resize(most / 2);
    of_a_group_ *= 2;
  }

  std::vector<Group> groups_;
  std::uint64_t of_a_group_ = 1;
};

}  // namespace sonda::inline v0::verify
