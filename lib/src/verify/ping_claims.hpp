// What a ping's events claim: each held against those before it, and gathered for the frames.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/event/event.hpp>
#include <sonda/record/json_lines.hpp>

#include "case.hpp"
#include "slots.hpp"
#include "strangers.hpp"

namespace sonda::inline v0::verify {

class PingClaims {
 public:
  PingClaims(Case& shared, Slots& slots, Strangers& strangers)
      : case_{shared}, slots_{slots}, strangers_{strangers} {}

  // `text`: the line, for what the event does not keep.
  void on_event(const record::RecordedEvent& event, std::uint64_t line, std::string_view text);
  void finish();

  [[nodiscard]] std::uint64_t highest() const { return highest_; }
  [[nodiscard]] std::uint64_t capture_drops() const { return capture_drops_; }
  [[nodiscard]] bool heard_anything() const { return heard_anything_; }
  // Of the last event, whichever it was.
  [[nodiscard]] std::optional<std::int64_t> last_ns() const { return last_ns_; }
  [[nodiscard]] bool has_summary() const { return summary_line_ != 0; }

 private:
  struct Line {
    std::uint64_t number = 0;
    std::int64_t unix_ns = 0;
    const std::vector<std::uint64_t>& frames;
    std::string_view text{};
  };

  void on(const Start& event, const Line& line);
  void on(const Sent& event, const Line& line);
  void on(const Refused& event, const Line& line);
  void on(const Reply& event, const Line& line);
  void on(const IcmpError& event, const Line& line);
  void on(const Lost& event, const Line& line);
  void on(const Outstanding& event, const Line& line);
  void on(const Foreign& event, const Line& line);
  void on(const Corrupt& event, const Line& line);
  void on(const Change& event, const Line& line);
  void on(const ClockStep& event, const Line& line);
  void on(const Drops& event, const Line& line);
  void on(const PingSummary& event, const Line& line);
  static void on(const auto&, const Line&) {}  // of other tools: no line of a ping reads as one

  void check_context(const record::RunContext& context, const Line& line);
  void check_changes(const Happening& what, const Line& line);
  void check_path_mtu(const IcmpError& event, const Line& line);
  void check_figures(const PingSummary& event, const Line& line);
  void check_senders(const PingSummary& event, const Line& line);
  void check_elapsed(const PingSummary& event, const Line& line);
  void settle(ToldProbe& probe, ProbeStanding standing);
  [[nodiscard]] Slot* slot(std::uint64_t sequence, ProbeId probe, const Line& line);
  [[nodiscard]] ToldProbe* silent(ProbeId probe, std::uint64_t sequence, const Line& line,
                                  std::string_view said, std::string_view settled_fault);
  void count_first_reply(const Reply& event);
  void accuse(Claim claim, std::string_view fault, std::string sentence, const Line& line,
              std::optional<std::uint64_t> sequence = std::nullopt);
  void expect(bool told, bool is, std::string_view untold, std::string_view invented,
              std::uint64_t sequence, const Line& line);
  [[nodiscard]] std::uint32_t error_row(const IcmpError& event);

  Case& case_;
  Slots& slots_;
  Strangers& strangers_;
  record::RunContext context_{};

  PingSummary counted_{};  // as it stands
  std::array<std::uint64_t, 6> in_standing_{};
  std::vector<IcmpErrorCount> errors_;
  std::map<std::tuple<Address, std::uint16_t, bool>, std::uint32_t> error_rows_;
  RttFigures rtts_;
  std::uint64_t highest_ = 0, highest_answered_ = 0;
  std::optional<Ttl> reply_ttl_{};
  std::optional<std::uint64_t> path_mtu_{};  // once a change has told it
  std::optional<Change> expected_change_{};  // of the replies' TTL
  std::optional<Change> told_path_mtu_{};    // the error that makes it is to follow
  std::uint64_t capture_drops_ = 0;
  std::optional<std::int64_t> last_ns_{}, first_probe_ns_{};
  std::uint64_t summary_line_ = 0;
  bool beyond_memory_ = false;
  bool heard_anything_ = false;  // an answer to any probe
};

}  // namespace sonda::inline v0::verify
