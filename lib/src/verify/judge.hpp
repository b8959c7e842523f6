// One probe's verdict: its events against its frames, when both have had their say.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "case.hpp"
#include "slot.hpp"
#include "strangers.hpp"

namespace sonda::inline v0::verify {

class Judge {
 public:
  Judge(Case& shared, Strangers& strangers) : case_{shared}, strangers_{strangers} {}

  void operator()(Slot& slot);

 private:
  using Frames = std::vector<std::uint64_t>;
  struct Charge {  // against one probe's events or frames
    Claim claim{};
    std::string_view fault{};
    std::uint8_t conditions = certain;
    std::uint64_t line = 0;
    Frames frames{};
    std::int64_t moment = 0;    // that the capture has to cover, and
    std::int64_t patience = 0;  // so long from then on
    bool unless_skewed = false;
    bool unless_far = false;
  };

  // judge_probe.cpp
  void judge_probe(Slot& slot);
  void judge_octets(Slot& slot);
  void judge_header(const Slot& slot, bool hash_fits);
  [[nodiscard]] bool explain(Slot& slot, const Sha256Digest& told);
  void judge_checksum(const Slot& slot);
  void judge_sent_time(const Slot& slot);
  void judge_silence(Slot& slot);
  void judge_told_frames(const Slot& slot);
  [[nodiscard]] bool shows(const Slot& slot, std::uint64_t number, bool neighbors) const;
  void judge_numbers(const Slot& slot, const Frames& told, const Sighting* shown,
                     std::uint64_t line, bool neighbors);

  // judge_answers.cpp
  void sort_orphans(Slot& slot);
  void judge_replies(Slot& slot);
  void judge_reply(Slot& slot, const ToldReply& told, ReplySighting& seen);
  void judge_data(const Slot& slot, const ToldReply& told, const ReplySighting& seen);
  void judge_errors(Slot& slot);
  void judge_error(Slot& slot, const ToldError& told, ErrorSighting& seen);
  void judge_message(const Slot& slot, const ToldError& told, const ErrorSighting& seen);
  void judge_untold(Slot& slot);
  [[nodiscard]] bool is_deliverable(const ErrorSighting& seen) const;

  // judge_moments.cpp
  void judge_rtt(const Slot& slot, const RttSample& told, const Sighting& answer,
                 std::uint64_t line, bool queued);
  void judge_moment(const Slot& slot, std::int64_t told, const Sighting& seen, std::uint64_t line,
                    bool exact_clock);
  void judge_comment(const Slot& slot, const Sighting& seen, CommentKind kind,
                     const ToldReply* reply, const ToldError* error, const ErrorSighting* message,
                     Ttl ttl);

  void accuse(const Slot& slot, Charge charge, std::string sentence);
  void note(const Slot& slot, const Sighting& seen, std::optional<RttSample> rtt);
  [[nodiscard]] static Frames frames_of(const Sighting& seen);

  Case& case_;
  Strangers& strangers_;
  std::string said_;  // the first fault found of what is judged, for the note beside the frame
};

}  // namespace sonda::inline v0::verify
