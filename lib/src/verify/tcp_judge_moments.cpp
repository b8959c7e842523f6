// A port judged: round-trip times, what the service said, how it ended, numbers and comments.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tcp_judge.hpp"

namespace sonda::inline v0::verify {
namespace {

constexpr std::int64_t second = 1'000'000'000, millisecond = 1'000'000;

}  // namespace

void TcpJudge::judge_rtt(const TcpPort& port, const AnswerSeen& seen) {
  const auto& told = port.told->result.rtt;
  auto& shared = tcp_.shared;
  if (!told || shared.options.vantage == Vantage::far_end) return;
  constexpr std::int64_t tolerance = 5'000;
  const auto rtt = bounded_span(told->rtt.count());
  // Which of its SYNs was answered, only the program knows.
  const SynSeen* nearest = nullptr;
  std::int64_t wire = 0, off = 0;
  for (const auto& syn : port.syns) {
    const auto is = seen.at.unix_ns - syn.at.unix_ns;
    if (is < 0) continue;
    if (nearest == nullptr || std::abs(rtt - is) < std::abs(off))
      nearest = &syn, wire = is, off = rtt - is;
  }
  if (nearest == nullptr) return;
  const auto slack = tolerance + std::max(nearest->at.resolution_ns, seen.at.resolution_ns) - 1;
  shared.slack_ns = std::max(shared.slack_ns, slack);
  shared.rtt_distances.add(std::abs(off));
  constexpr std::int64_t interrupted = millisecond, widest = 10 * millisecond;
  const bool looped = port.address.is_loopback() || tcp_.own_addresses.contains(port.address);
  const auto bracket = std::clamp<std::int64_t>(told->error.count(), 0, std::max(widest, wire));
  // A program that looks at its own clock is woken late, never early. What the system itself
  // measures of a connect() begins before its SYN reaches the tap, and ends when its TCP gets to
  // the answer.
  const bool user = told->clock == StampClock::user;
  const bool by_tcp = !tcp_.syn_mode;
  const bool fits =
      std::abs(off) <= bracket + slack ||
      (off > 0 && (user ? off <= second : (looped || by_tcp) && off <= bracket + interrupted));
  if (fits) {
    shared.rtt_inside += std::abs(off) <= bracket + slack;
    ++shared.votes.rtt_fits;
    return shared.ledger.holds(Claim::rtt, seen.at.number);
  }
  ++shared.votes.rtt_differs;
  const bool woken_late = (user || by_tcp) && off > 0 && off <= 10 * second;
  accuse(port,
         {.claim = Claim::rtt,
          .fault = woken_late ? "rtt_of_user_clock" : "rtt_outside_bracket",
          .conditions = static_cast<std::uint8_t>(if_near | (woken_late ? never : certain)),
          .frames = {nearest->at.number, seen.at.number}},
         fmt::format("RTT {} is told, frames {} and {} say {}", ms_text(rtt), nearest->at.number,
                     seen.at.number, ms_text(wire)));
}

void TcpJudge::judge_banner(const TcpPort& port) {
  const auto& told = port.told->result.banner;
  if (!told) return;
  const auto charge = [&](std::string_view fault, std::uint8_t conditions, std::string sentence) {
    accuse(port,
           {.claim = Claim::data,
            .fault = fault,
            .conditions = conditions,
            .frames = port.said_frame == 0 ? Frames{} : Frames{port.said_frame}},
           std::move(sentence));
  };
  if (told->empty()) {
    constexpr std::int64_t meanwhile = 20 * millisecond;
    // By the clock of a capture from elsewhere it cannot be known.
    if (port.said.empty() || !tcp_.shared.options.numbers_are_ours ||
        port.said_ns > port.told->unix_ns - meanwhile)
      return tcp_.shared.ledger.holds(Claim::data);
    return charge(
        "banner_untold", if_heard | if_near,
        fmt::format("it is told to have said nothing, frame {} is what it said", port.said_frame));
  }
  const auto both = std::min(told->size(), port.said.size());
  if (std::string_view{*told}.substr(0, both) != std::string_view{port.said}.substr(0, both))
    return charge("wrong_banner", certain,
                  fmt::format("what it said begins otherwise in frame {}", port.said_frame));
  if (told->size() > port.said.size() && !port.said_cut)
    return charge("banner_without_frame", if_complete,
                  fmt::format("{} octets are told of what it said, the frames show {}",
                              told->size(), port.said.size()));
  tcp_.shared.ledger.holds(Claim::data, port.said_frame);
}

// As the plan wants it, where it names one and nothing was to be waited for.
void TcpJudge::judge_ending(const TcpPort& port, const AnswerSeen* decided) {
  if (decided == nullptr || decided->kind != AnswerKind::syn_ack) return;
  const auto charge = [&](std::uint8_t conditions, std::uint64_t frame, std::string sentence) {
    accuse(port,
           {.claim = Claim::header,
            .fault = "wrong_ending",
            .conditions = conditions,
            .frames = frame == 0 ? Frames{} : Frames{frame}},
           std::move(sentence));
  };
  if (port.our_data != 0)
    return charge(certain, port.our_data,
                  fmt::format("frame {} carries data, and a scan sends none", port.our_data));
  if (tcp_.syn_mode || tcp_.ending.empty() || tcp_.wants_banner) return;
  const bool half = tcp_.ending == "half-open", fin = tcp_.ending == "fin";
  if (half && (port.our_ack != 0 || port.our_fin != 0)) {
    const auto frame = port.our_ack != 0 ? port.our_ack : port.our_fin;
    return charge(
        certain, frame,
        fmt::format("it was to be left half open, and frame {} completes the handshake", frame));
  }
  if (fin && port.our_fin == 0)
    return charge(if_complete, port.our_rst, "it was to be ended with a FIN, and no frame is one");
  if (!fin && port.our_rst == 0)
    return charge(if_complete, port.our_fin, "it was to be ended with a RST, and no frame is one");
  tcp_.shared.ledger.holds(Claim::header, fin ? port.our_fin : port.our_rst);
}

void TcpJudge::judge_hashes(const TcpPort& port) {
  std::vector<bool> taken(port.syns.size());
  for (const auto& told : port.hashes) {
    std::size_t i = 0;
    while (i < taken.size() && (taken[i] || port.syns[i].cut || port.syns[i].digest != told)) ++i;
    if (i < taken.size()) {
      taken[i] = true;
      continue;
    }
    const bool differs = port.syns.size() >= port.hashes.size();
    const bool cut = std::ranges::any_of(port.syns, &SynSeen::cut);
    accuse(port,
           {.claim = Claim::probe,
            .fault = cut       ? "frame_cut"
                     : differs ? "octets_differ"
                               : "probe_missing",
            .conditions = cut       ? never
                          : differs ? certain
                                    : if_complete},
           "no frame of a SYN to it has the hash that is told");
  }
}

void TcpJudge::judge_numbers(const TcpPort& port, const AnswerSeen* decided) {
  auto& shared = tcp_.shared;
  const auto& told = port.told->frames;
  if (told.empty() || !(shared.numbers_are_ours || shared.saw_comment)) return;
  const auto wrong =
      std::ranges::find_if(told, [&](std::uint64_t number) { return !port.shows(number); });
  // The answer, or the same once more; what a run tells early names SYNs alone.
  const auto answer_of = [&](std::uint64_t number) {
    return std::ranges::find(port.answers, number,
                             [](const AnswerSeen& one) { return one.at.number; });
  };
  const auto none = port.answers.end();
  const bool has_it =
      decided == nullptr ||
      std::ranges::none_of(told, [&](auto number) { return answer_of(number) != none; }) ||
      std::ranges::any_of(told, [&](auto number) {
        const auto found = answer_of(number);
        return found != none && found->kind == decided->kind;
      });
  if (wrong == told.end() && has_it) {
    ++shared.right_numbers;
    return shared.ledger.holds(Claim::frame, told.front());
  }
  ++shared.wrong_numbers;
  const auto number = wrong == told.end() ? told.front() : *wrong;
  const auto behind_the_end = number > shared.frames ? if_complete : certain;
  accuse(port,
         {.claim = Claim::frame,
          .fault = "wrong_frame",
          .conditions = static_cast<std::uint8_t>(if_numbered | behind_the_end),
          .frames = {number}},
         fmt::format("frame {} is told to show it, and does not", number));
}

// ---------------------------------------------------------------------------------- comments

void TcpJudge::judge_comments(const TcpPort& port, const AnswerSeen* decided) {
  for (const auto& syn : port.syns) judge_comment(port, syn.at, "sent", nullptr, false);
  for (const auto& answer : port.answers)
    judge_comment(port, answer.at,
                  answer.kind == AnswerKind::syn_ack ? "handshake"
                  : answer.kind == AnswerKind::rst   ? "ending"
                                                     : "",
                  &answer, decided != nullptr && answer.kind == decided->kind);
  for (const auto& other : port.others)
    judge_comment(port, other.at,
                  other.kind == OtherKind::banner   ? "banner"
                  : other.kind == OtherKind::ending ? "ending"
                                                    : "handshake",
                  nullptr, false);
}

// `word`: what it is called where no event is about it.
void TcpJudge::judge_comment(const TcpPort& port, const TcpFrame& at, std::string_view word,
                             const AnswerSeen* answer, bool decided) {
  if (!at.comment) return;
  const auto& comment = *at.comment;
  const auto& result = port.told->result;
  std::string wrong;
  const auto check = [&wrong](bool right, std::string_view what) {
    if (!right && wrong.empty()) wrong = what;
  };
  check(comment.readable, "it is not of the grammar");
  check(comment.control == result.control, "it is a port beside the plan, or not");
  check(comment.control || comment.probe == result.probe.value(), "it names another probe");
  const bool verdict = decided && comment.word == name(result.state);
  if (answer != nullptr && answer->kind == AnswerKind::error) {
    check(comment.icmp_type == answer->icmp.type && comment.icmp_code == answer->icmp.code,
          "it names another type or code");
    check(verdict || comment.word.empty(), "it calls the frame something else");
    check(!comment.error_code || (verdict && *comment.error_code == result.error_code),
          "it names another errno");
  } else if (answer != nullptr) {
    check(verdict || comment.word == word, "it calls the frame something else");
    check(!comment.icmp_type && !comment.error_code, "it tells of an ICMP error");
  } else {
    check(!comment.tells_an_outcome(), word == "sent" ? "it tells an outcome beside the probe"
                                                      : "it tells an outcome of another frame");
    check(comment.word == word, "it calls the frame something else");
  }
  if (comment.rtt_ns)
    check(verdict && result.rtt &&
              std::abs(*comment.rtt_ns - bounded_span(result.rtt->rtt.count())) <= 1,
          "it has another RTT than the event");
  if (wrong.empty()) return tcp_.shared.ledger.holds(Claim::comment, at.number);
  accuse(port,
         {.claim = Claim::comment,
          .fault = comment.readable ? "wrong_comment" : "comment_unreadable",
          .frames = {at.number}},
         fmt::format("the comment of frame {}: {}", at.number, wrong));
}

}  // namespace sonda::inline v0::verify
