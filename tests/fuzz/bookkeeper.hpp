// A second bookkeeper of a ping: what its events say happened, against what its summary says.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <variant>
#include <vector>

#include <sonda/event/event.hpp>
#include <sonda/probe/probe_window.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {

// What became of each probe, according to the events alone.
class Bookkeeper {
 public:
  void read(const std::vector<Event>& events) {
    for (const auto& event : events) {
      claim(!final_);
      std::visit([this](const auto& what) { on(what); }, event.what);
    }
  }
  [[nodiscard]] bool saw_the_end() const { return final_; }
  [[nodiscard]] std::size_t probes() const { return states_.size(); }

  // At any moment: sent = received + errors + lost + waiting.
  void claim_agreement(const PingSummary& s) const {
    claim(s.sent == s.received + s.errors + s.lost + s.waiting);
    claim(s.received == in(ProbeState::answered) && s.errors == in(ProbeState::errored));
    claim(s.lost == in(ProbeState::lost) && s.waiting == in(ProbeState::waiting));
    claim(s.refused == in(ProbeState::refused));
    claim(s.late == late_ && s.duplicates == duplicates_ && s.foreign == foreign_);
    claim(s.corrupt == corrupt_ && s.reordered == reordered_ && s.drops == drops_);
    std::uint64_t by_sender = 0;
    for (const auto& row : s.errors_by_sender) by_sender += row.count;
    claim(by_sender == s.errors);
    claim(s.rtt.has_value() == s.clock.has_value() && s.rtt.has_value() == (samples_ != 0));
    if (!s.rtt) return;
    claim(s.rtt->samples == samples_ && s.rtt->min <= s.rtt->median);
    claim(s.rtt->median <= s.rtt->p95 && s.rtt->p95 <= s.rtt->p99 && s.rtt->p99 <= s.rtt->max);
    claim(s.rtt->min <= s.rtt->mean && s.rtt->mean <= s.rtt->max);
  }

 private:
  void on(const Start&) { claim(false); }  // the loop's, not the engine's
  void on(const Sent& sent) {
    claim(sent.sequence == sent.probe.value() + 1);
    claim(states_.emplace(sent.probe, ProbeState::waiting).second);
  }
  void on(const Reply& reply) {
    auto& state = at(reply.probe);
    claim(reply.duplicate == (state == ProbeState::answered));
    claim(reply.late == (state == ProbeState::lost));
    if (reply.corrupt_octet) ++corrupt_, claim(reply.corrupt_was != reply.corrupt_is);
    if (reply.duplicate) return void(++duplicates_);
    late_ += reply.late, reordered_ += reply.reordered;
    samples_ += reply.rtt.has_value();
    state = ProbeState::answered;
  }
  void on(const IcmpError& error) {
    auto& state = at(error.probe);
    if (!error.ends_probe) return claim(!error.duplicate && !error.late);
    claim(error.duplicate == (state == ProbeState::answered || state == ProbeState::errored));
    claim(error.late == (state == ProbeState::lost));
    if (error.duplicate) return;
    late_ += error.late;
    state = ProbeState::errored;
  }
  void on(const Lost& lost) {
    claim(at(lost.probe) == ProbeState::waiting);
    at(lost.probe) = ProbeState::lost;
  }
  void on(const Outstanding& outstanding) { claim(at(outstanding.probe) == ProbeState::waiting); }
  void on(const Foreign&) { ++foreign_; }
  void on(const Corrupt& corrupt) {
    ++corrupt_;
    claim(!corrupt.octet || corrupt.was != corrupt.is);
  }
  void on(const Refused& refused) {
    const auto known = states_.try_emplace(refused.probe, ProbeState::refused);
    claim(known.second || known.first->second != ProbeState::refused);
    known.first->second = ProbeState::refused;
  }
  void on(const Change& change) { claim(change.was != change.is && !change.what.empty()); }
  static void on(const auto&) { claim(false); }  // of other tools
  void on(const ClockStep&) { claim(false); }
  void on(const Drops& drops) { drops_ += drops.count; }
  void on(const PingSummary& summary) {
    claim_agreement(summary);
    final_ = summary.final;
  }

  ProbeState& at(ProbeId probe) {
    const auto found = states_.find(probe);
    claim(found != states_.end() && found->second != ProbeState::refused);
    return found->second;
  }
  [[nodiscard]] std::uint64_t in(ProbeState state) const {
    return static_cast<std::uint64_t>(
        std::ranges::count(states_, state, [](const auto& entry) { return entry.second; }));
  }

  std::map<ProbeId, ProbeState> states_;
  std::uint64_t late_ = 0, duplicates_ = 0, corrupt_ = 0, reordered_ = 0, foreign_ = 0, drops_ = 0;
  std::uint64_t samples_ = 0;
  bool final_ = false;
};

}  // namespace sonda::fuzz
