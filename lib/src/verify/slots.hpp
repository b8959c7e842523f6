// One slot for each of the last 65,536 sequence numbers.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <sonda/core/strong.hpp>

#include "slot.hpp"

namespace sonda::inline v0::verify {

class Slots {
 public:
  static constexpr std::size_t count = 65'536;  // what a sequence number can tell apart

  // `leave` is called with a probe that another takes the place of.
  explicit Slots(std::function<void(Slot&)> leave) : leave_{std::move(leave)} {}

  // The slot of that probe; null if a later one has taken its place. Precondition: sequence > 0.
  [[nodiscard]] Slot* of(std::uint64_t sequence) {
    auto& slot = at(sequence % count);
    if (slot.sequence == sequence) return &slot;
    if (slot.sequence > sequence) return nullptr;
    if (slot.sequence != 0) {
      leave_(slot);
      slot.begin(sequence);
    }
    slot.sequence = sequence;  // answers that came before anything else stay
    return &slot;
  }
  [[nodiscard]] Slot& of(Sequence wire) { return at(wire.value()); }

  // The 64-bit number of a probe seen now, the last one known being `last`.
  [[nodiscard]] static std::uint64_t unwrap(Sequence wire, std::uint64_t last) {
    constexpr std::uint64_t round = count;
    const auto next = last + 1;
    auto number = next / round * round + wire.value();
    if (number > next + round / 2 && number >= round) number -= round;
    if (number + round / 2 < next) number += round;
    return number == 0 ? round : number;
  }

  // Every slot, the oldest probe first.
  void leave_all() {
    std::vector<Slot*> used;
    for (auto& shelf : shelves_)
      if (shelf)
        for (auto& slot : *shelf)
          if (slot.sequence != 0 || !slot.replies.empty() || !slot.errors.empty())
            used.push_back(&slot);
    std::ranges::sort(used, {}, &Slot::sequence);
    for (auto* slot : used) leave_(*slot);
  }

 private:
  static constexpr std::size_t shelf_size = 256;
  using Shelf = std::array<Slot, shelf_size>;

  // Short runs need few.
  [[nodiscard]] Slot& at(std::size_t index) {
    auto& shelf = shelves_[index / shelf_size];
    if (!shelf) shelf = std::make_unique<Shelf>();
    return (*shelf)[index % shelf_size];
  }

  std::array<std::unique_ptr<Shelf>, count / shelf_size> shelves_{};
  std::function<void(Slot&)> leave_;
};

}  // namespace sonda::inline v0::verify
