// The probes that may still be answered, found by number or by what 16 bits on the wire say of it.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>

namespace sonda::inline v0 {

enum class ProbeState : std::uint8_t {
  unsent,  // handed to the link, which has not said yet what became of it
  waiting,
  answered,
  errored,  // ended by an ICMP error
  lost,
  refused  // did not leave
};

struct ProbeRecord {
  Instant sent_at{};
  Stamp stamp{};
  ProbeState state = ProbeState::unsent;
  bool dont_fragment = true;
  std::uint32_t error_index = 0;  // which sender's error ended it, while `errored`
};

// Grows at its back with every probe, forgets at its front. Sequence numbers of 16 bits are windows
// into it, never a limit: all probes that share one are candidates, and the tag decides.
class ProbeWindow {
 public:
  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] ProbeId next() const { return ProbeId{base_ + records_.size()}; }

  ProbeRecord& add(Instant now, bool dont_fragment) {
    return records_.emplace_back(ProbeRecord{.sent_at = now, .dont_fragment = dont_fragment});
  }
  [[nodiscard]] ProbeRecord* find(ProbeId probe) {
    if (probe.value() < base_ || probe.value() - base_ >= records_.size()) return nullptr;
    return &records_[probe.value() - base_];
  }
  [[nodiscard]] const ProbeRecord* find(ProbeId probe) const {
    return const_cast<ProbeWindow*>(this)->find(probe);  // NOLINT: nothing is changed
  }

  // Calls `match` with each probe whose 16-bit sequence number is `wire`, the newest first, until
  // it returns true; that probe is the answer.
  template <typename Match>
  [[nodiscard]] std::optional<ProbeId> search(Sequence wire, Match match) const {
    // A probe's sequence number is its own plus one (EchoBuilder::sequence).
    const auto distance = static_cast<std::uint16_t>(next().value() - wire.value());
    for (auto back = std::uint64_t{distance} + 1; back <= records_.size(); back += 65'536) {
      const ProbeId probe{next().value() - back};
      if (match(probe)) return probe;
    }
    return std::nullopt;
  }

  // Forgets from the front what is settled and was sent before `oldest`, or exceeds `most` records.
  void forget(Instant oldest, std::size_t most) {
    while (!records_.empty() && settled(records_.front()) &&
           (records_.front().sent_at < oldest || records_.size() > most)) {
      records_.pop_front();
      ++base_;
    }
  }

 private:
  static bool settled(const ProbeRecord& record) {
    return record.state != ProbeState::unsent && record.state != ProbeState::waiting;
  }

  std::deque<ProbeRecord> records_;
  std::uint64_t base_ = 0;
};

}  // namespace sonda::inline v0
