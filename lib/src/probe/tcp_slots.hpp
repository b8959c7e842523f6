// Ports that are being asked: where each stands, whose turn it is, and which one an answer means.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/event.hpp>
#include <sonda/probe/scan_space.hpp>

namespace sonda::inline v0 {

using SlotIndex = std::uint32_t;
inline constexpr SlotIndex no_slot = ~SlotIndex{0};

// A port under way. With connect() its number is the flow's.
struct TcpSlot {
  enum class Phase : std::uint8_t {
    free,
    asked,     // handed to the link, not yet known to have left
    waiting,   // a probe is out
    standing,  // connected; the service may say something
    ending     // settled, but the link has not yet been told to let go of it
  };

  ScanPoint point{};
  ProbeId probe{};
  Instant first{};  // when the first SYN left
  Instant since{};  // when it came to the end of its queue
  Stamp stamp{};    // of the last SYN
  // syn: where from, when the last SYN was handed to the link, and when each one left since the
  // first.
  Address source{};
  Instant asked{};
  Stamp first_stamp{};
  std::array<Duration, ScanSummary::most_tries> tries_at{};
  SlotIndex before = no_slot, behind = no_slot;
  std::uint8_t queue = 0;
  std::uint8_t tries = 0;  // SYNs of ours so far
  Phase phase = Phase::free;
  bool control = false;
  bool stamped = false;                   // the last SYN is known to have left
  std::optional<std::uint32_t> window{};  // of a standing connection's SYN-ACK
  std::unique_ptr<PortResult> result{};   // and what is to be told of it
  std::string sha256{};                   // of the last SYN, where that is asked for
};

// A queue of slots, in the order in which they came; one can be taken out of the middle.
class SlotQueue {
 public:
  [[nodiscard]] bool empty() const { return head_ == no_slot; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] SlotIndex head() const { return head_; }

  void push(std::vector<TcpSlot>& slots, SlotIndex index) {
    auto& slot = slots[index];
    slot.before = tail_, slot.behind = no_slot;
    (tail_ == no_slot ? head_ : slots[tail_].behind) = index;
    tail_ = index;
    ++size_;
  }
  void remove(std::vector<TcpSlot>& slots, SlotIndex index) {
    const auto& slot = slots[index];
    (slot.before == no_slot ? head_ : slots[slot.before].behind) = slot.behind;
    (slot.behind == no_slot ? tail_ : slots[slot.behind].before) = slot.before;
    --size_;
  }

 private:
  SlotIndex head_ = no_slot, tail_ = no_slot;
  std::size_t size_ = 0;
};

// Slots by a hash of what names them: open addressing, at most half full, nothing on the heap for
// each.
class SlotTable {
 public:
  explicit SlotTable(std::size_t slots)
      : cells_(std::bit_ceil(2 * slots + 2), Cell{no_slot, 0}), mask_{cells_.size() - 1} {}

  void add(std::uint64_t hash, SlotIndex index) {
    auto at = hash & mask_;
    while (cells_[at].index != no_slot) at = (at + 1) & mask_;
    cells_[at] = {index, static_cast<std::uint32_t>(hash)};
  }
  // The slot with this hash for which `is` holds; no_slot where there is none.
  template <typename Is>
  [[nodiscard]] SlotIndex find(std::uint64_t hash, Is&& is) const {
    for (auto at = hash & mask_; cells_[at].index != no_slot; at = (at + 1) & mask_)
      if (cells_[at].hash == static_cast<std::uint32_t>(hash) && is(cells_[at].index))
        return cells_[at].index;
    return no_slot;
  }
  // Precondition: it is there.
  void remove(std::uint64_t hash, SlotIndex index) {
    auto hole = hash & mask_;
    while (cells_[hole].index != index) hole = (hole + 1) & mask_;
    // What lies behind the hole and could not lie at its own place moves up.
    for (auto at = (hole + 1) & mask_; cells_[at].index != no_slot; at = (at + 1) & mask_) {
      const auto home = cells_[at].hash & mask_;
      if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
      cells_[hole] = cells_[at];
      hole = at;
    }
    cells_[hole].index = no_slot;
  }

 private:
  struct Cell {
    SlotIndex index = no_slot;
    std::uint32_t hash = 0;
  };
  std::vector<Cell> cells_;
  std::size_t mask_;  // below 2^32
};

}  // namespace sonda::inline v0
