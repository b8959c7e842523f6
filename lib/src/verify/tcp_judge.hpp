// One port's verdict: its event against its frames, when both have had their say.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tcp_case.hpp"

namespace sonda::inline v0::verify {

class TcpJudge {
 public:
  explicit TcpJudge(TcpCase& shared) : tcp_{shared} {}

  void operator()(const TcpPort& port);
  // What is known only when every SYN-ACK was seen.
  void finish();
  // The scan ended before it had asked everything: what was on its way needs no event.
  void interrupted() { interrupted_ = true; }

 private:
  using Frames = std::vector<std::uint64_t>;
  struct Charge {
    Claim claim{};
    std::string_view fault{};
    std::uint8_t conditions = certain;
    Frames frames{};
  };

  // tcp_judge.cpp
  void judge_untold(const TcpPort& port);
  void judge_word(const TcpPort& port);       // state, cause, errno
  void judge_departure(const TcpPort& port);  // SYNs
  void judge_silence(const TcpPort& port);
  void accuse(const TcpPort& port, Charge charge, std::string sentence);
  void note(const TcpPort& port);

  // tcp_judge_answers.cpp
  [[nodiscard]] bool decides(const AnswerSeen& seen, const TcpPort& port) const;
  [[nodiscard]] const AnswerSeen* judge_answer(const TcpPort& port);  // what decided
  void judge_segment(const TcpPort& port, const AnswerSeen& seen);
  void judge_error(const TcpPort& port, const AnswerSeen& seen);

  // tcp_judge_moments.cpp
  void judge_rtt(const TcpPort& port, const AnswerSeen& seen);
  void judge_banner(const TcpPort& port);
  void judge_ending(const TcpPort& port, const AnswerSeen* decided);
  void judge_hashes(const TcpPort& port);
  void judge_numbers(const TcpPort& port, const AnswerSeen* decided);
  void judge_comments(const TcpPort& port, const AnswerSeen* decided);
  void judge_comment(const TcpPort& port, const TcpFrame& at, std::string_view word,
                     const AnswerSeen* answer, bool decided);

  TcpCase& tcp_;
  std::string said_;  // the first fault found of this port, for the note beside its frames
  bool interrupted_ = false;
};

}  // namespace sonda::inline v0::verify
