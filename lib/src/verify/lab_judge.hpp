// How a lab's frames are judged, one by one and in pairs. Private to the layer.
#pragma once
#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <sonda/verify/lab_claims.hpp>

#include "lab_comment.hpp"
#include "lab_packet.hpp"

namespace sonda::inline v0::verify {

inline constexpr std::size_t shown_examples = 5;      // frames that a row of the table shows
inline constexpr std::size_t held_overhead = 400;     // octets of a held frame beside its packet
inline constexpr std::size_t most_machines = 16'384;  // by name; a file can invent them

// From `earlier` to `later`: a file says any moments, so the sum may be beyond 64 bits.
[[nodiscard]] inline std::int64_t nanoseconds_between(std::int64_t earlier, std::int64_t later) {
  std::int64_t out = 0;
  if (!__builtin_sub_overflow(later, earlier, &out)) return out;
  return later > earlier ? std::numeric_limits<std::int64_t>::max()
                         : std::numeric_limits<std::int64_t>::min();
}

// A frame that something may still come of.
struct Held {
  std::uint64_t number = 0;
  std::int64_t at_ns = 0;
  capture::Octets octets{};  // of the packet
  LabComment comment{};
  bool readable = false;
  bool wrong_checksum = false;      // known, and told
  bool oddly_summed = false;        // a host has its own manner
  std::vector<IcmpKind> awaited{};  // what the machine is said to say
  std::vector<IcmpKind> heard{};    // that came of it
  bool goes_on = false;
  bool answered = false;
  std::string fault{};  // the first one

  // In octets, roughly.
  [[nodiscard]] std::size_t cost() const {
    auto sum = octets.size() + held_overhead + comment.from.size() + comment.to.size();
    for (const auto& deed : comment.deeds)
      sum += held_overhead + deed.at.size() + deed.words.size();
    return sum;
  }
};

// What keeps the packet from going on.
[[nodiscard]] const LabDeed* stopping_deed(const LabComment& comment);

// "11/0"
[[nodiscard]] std::string text_of(const IcmpKind& kind);

struct LabClaims::State {
  OnNote on_note;
  std::deque<Held> held;  // by number, without gaps but for frames that no lab has commented
  std::size_t octets = 0;
  std::int64_t last_ns = 0;
  std::uint64_t first_held = 1;  // everything before was let go
  std::set<std::string> forwarders, translators;
  std::set<std::uint32_t> links;  // interfaces whose frames a lab comments
  std::uint64_t frames = 0;
  std::uint64_t noted = 0;  // frames with comments, none of them Sonda's
  std::map<Claim, Tally> claims;
  std::vector<Finding> contradictions, doubts;
  std::uint64_t more_findings = 0;
  std::string end{}, end_fault{};  // of a capture that is not whole

  void holds(Claim claim, std::uint64_t frame) {
    auto& tally = claims[claim];
    ++tally.holds;
    if (tally.frames.size() < shown_examples &&
        (tally.frames.empty() || tally.frames.back() != frame))
      tally.frames.push_back(frame);
  }
  void fails(Claim claim, Verdict verdict, std::string fault, std::string sentence,
             std::vector<std::uint64_t> frames_of_it, Held* whose) {
    auto& tally = claims[claim];
    ++(verdict == Verdict::contradicted ? tally.contradicted : tally.inconclusive);
    if (whose != nullptr && verdict == Verdict::contradicted && whose->fault.empty())
      whose->fault = fault;
    auto& findings = verdict == Verdict::contradicted ? contradictions : doubts;
    if (findings.size() >= Report::most_findings) {
      ++more_findings;
      return;
    }
    findings.push_back({.claim = claim,
                        .verdict = verdict,
                        .fault = std::move(fault),
                        .sentence = std::move(sentence),
                        .frames = std::move(frames_of_it)});
  }
  void lies(Claim claim, Held& frame, std::string fault, std::string sentence,
            std::uint64_t other = 0) {
    std::vector<std::uint64_t> numbers{frame.number};
    if (other != 0) numbers.insert(numbers.begin(), other);
    fails(claim, Verdict::contradicted, std::move(fault),
          fmt::format("frame {}: {}", frame.number, sentence), std::move(numbers), &frame);
  }
  // One claim: holds unless there is a lie.
  void judge(Claim claim, Held& frame, bool holds_true, std::string fault, std::string sentence,
             std::uint64_t other = 0) {
    if (holds_true)
      holds(claim, frame.number);
    else
      lies(claim, frame, std::move(fault), std::move(sentence), other);
  }

  Held* find(std::uint64_t number) {
    const auto found = std::ranges::lower_bound(held, number, {}, &Held::number);
    return found == held.end() || found->number != number ? nullptr : &*found;
  }

  void judge_place(Held& frame, const capture::Frame& seen, const capture::Interface& interface);
  void judge_checksums(Held& frame, const Held* cause);
  void judge_cause(Held& frame);
  void judge_beginning(Held& frame);
  void judge_relation(Held& frame, Held& cause);
  void judge_deeds(Held& frame);
  void let_go(Held& frame);
  void uncommented(const capture::Frame& frame, std::uint64_t number);
};

}  // namespace sonda::inline v0::verify
