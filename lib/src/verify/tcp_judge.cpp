// A port judged: what it is called, what left, and whether silence was silence.
#include "tcp_judge.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "tcp_words.hpp"

namespace sonda::inline v0::verify {
namespace {

constexpr std::int64_t millisecond = 1'000'000;

}  // namespace

void TcpJudge::accuse(const TcpPort& port, Charge charge, std::string sentence) {
  if (said_.empty()) said_ = charge.fault;
  Accusation accusation{.claim = charge.claim,
                        .fault = charge.fault,
                        .conditions = charge.conditions,
                        .sentence = fmt::format("port {} of {}: {}", port.port.value(),
                                                text_of(port.address), sentence),
                        .frames = std::move(charge.frames)};
  if (port.told) {
    accusation.line = port.told->line;
    accusation.moment = port.told->unix_ns - port.told->result.took.count();
    accusation.patience = port.told->result.took.count();
  }
  // A flood of frames about one port leaves open what is missing.
  if (port.overflowed) accusation.conditions |= never;
  tcp_.shared.ledger.accuse(std::move(accusation));
}

void TcpJudge::operator()(const TcpPort& port) {
  said_.clear();
  if (!port.told) return judge_untold(port);
  judge_word(port);
  judge_departure(port);
  const auto* decided = judge_answer(port);
  judge_silence(port);
  judge_banner(port);
  judge_ending(port, decided);
  judge_hashes(port);
  judge_numbers(port, decided);
  judge_comments(port, decided);
  note(port);
}

void TcpJudge::note(const TcpPort& port) {
  if (!tcp_.shared.options.on_note) return;
  const auto& result = port.told->result;
  auto text = fmt::format("{};", said_.empty() ? "holds" : "contradicted");
  text +=
      result.control ? std::string{" control;"} : fmt::format(" probe={};", result.probe.value());
  text += said_.empty() ? fmt::format(" {};", name(result.state)) : fmt::format(" {};", said_);
  Frames frames;
  for (const auto& syn : port.syns) frames.push_back(syn.at.number);
  for (const auto& answer : port.answers) frames.push_back(answer.at.number);
  for (const auto& other : port.others) frames.push_back(other.at.number);
  tcp_.shared.note(frames, text);
}

// ----------------------------------------------------------------------------- without an event

void TcpJudge::judge_untold(const TcpPort& port) {
  if (port.syns.empty() || interrupted_) return;
  for (const auto& answer : port.answers) {
    if (answer.kind != AnswerKind::syn_ack || !port.is_answered_by(answer)) continue;
    return accuse(
        port,
        {.claim = Claim::unexplained,
         .fault = "reply_untold",
         .frames = {port.syns.front().at.number, answer.at.number}},
        fmt::format("frame {} is its SYN-ACK, and no event tells of it", answer.at.number));
  }
  accuse(port,
         {.claim = Claim::unexplained,
          .fault = "probe_untold",
          .frames = {port.syns.front().at.number}},
         fmt::format("frame {} is a SYN to it, and no event tells of it",
                     port.syns.front().at.number));
}

// -------------------------------------------------------------------------- the event by itself

void TcpJudge::judge_word(const TcpPort& port) {
  const auto& result = port.told->result;
  const auto& cause = result.cause;
  std::optional<PortState> state;
  std::optional<int> error;
  switch (cause.kind) {
    case CauseKind::answer:
      state = PortState::open, error = 0;
      break;
    case CauseKind::rst:
      state = PortState::closed, error = ECONNREFUSED;
      break;
    case CauseKind::silence:
      state = PortState::filtered;
      if (cause.deadline) error = *cause.deadline == Whose::system ? ETIMEDOUT : 0;
      break;
    case CauseKind::neighbor:
      state = PortState::unreachable, error = EHOSTUNREACH;
      break;
    case CauseKind::system:
      state = PortState::unknown;
      break;
    case CauseKind::icmp:
      if (const auto* row = cause.icmp ? row_of(*cause.icmp) : nullptr) {
        state = row->state;
        error = row->connect_errno;
        // A connect() whose error queue spoke first has the errno that lies there.
        if (!tcp_.syn_mode && result.error_code == row->recverr_errno) error = result.error_code;
      }
      break;
  }
  if (state && *state != result.state)
    accuse(port, {.claim = Claim::reply, .fault = "wrong_state"},
           fmt::format("it is called {}, and the cause told, {}, makes it {}", name(result.state),
                       word_of(cause.kind), name(*state)));
  if (!error) return;
  if (*error == result.error_code) return tcp_.shared.ledger.holds(Claim::error_code);
  accuse(port, {.claim = Claim::error_code, .fault = "wrong_errno"},
         fmt::format("errno {} is told, connect() gets {}", errno_text(result.error_code),
                     errno_text(*error)));
}

// ------------------------------------------------------------------------------------ what left

void TcpJudge::judge_departure(const TcpPort& port) {
  const auto& told = *port.told;
  const auto& result = told.result;
  const auto kind = result.cause.kind;
  auto& ledger = tcp_.shared.ledger;
  for (const auto& syn : port.syns) {
    if (!syn.header_sum_ok)
      accuse(
          port,
          {.claim = Claim::checksum, .fault = "header_checksum_wrong", .frames = {syn.at.number}},
          fmt::format("the header checksum of frame {} is wrong", syn.at.number));
    else if (syn.sum == Sum::wrong)
      accuse(
          port,
          {.claim = Claim::checksum, .fault = "message_checksum_wrong", .frames = {syn.at.number}},
          fmt::format("the TCP checksum of frame {} is wrong", syn.at.number));
    else if (syn.sum != Sum::unknown)
      ledger.holds(Claim::checksum, syn.at.number);
  }
  if (!is_answer(kind) && kind != CauseKind::silence) {
    if (port.syns.empty()) {
      ledger.holds(Claim::probe);
      return ledger.holds(Claim::refused);
    }
    const bool neighbor = kind == CauseKind::neighbor;
    ledger.holds(Claim::probe, port.syns.front().at.number);
    return accuse(port,
                  {.claim = neighbor ? Claim::icmp_error : Claim::refused,
                   .fault = neighbor ? "neighbor_was_there" : "refused_but_left",
                   .frames = {port.syns.front().at.number}},
                  fmt::format("its cause is told to be {}, and frame {} is a SYN to it",
                              neighbor ? "a silent neighbour" : "our own system",
                              port.syns.front().at.number));
  }
  if (port.syns.empty() && kind == CauseKind::silence &&
      tcp_.shared.neighbor_is_silent(told.unix_ns - result.took.count()))
    return accuse(port, {.claim = Claim::probe, .fault = "neighbor_silent", .conditions = never},
                  "no SYN left: our system asked for a neighbour, and nobody answered");
  if (port.syns.empty()) {
    // To this machine itself, whose firewall is the target's, too.
    const bool here = port.address.is_loopback() || tcp_.own_addresses.contains(port.address);
    return accuse(
        port,
        {.claim = Claim::probe, .fault = "probe_missing", .conditions = here ? never : if_complete},
        "it is told of, and no frame shows a SYN to it: a filter of this host may have "
        "kept it");
  }
  // A SYN that left while the answer came may be counted or not.
  constexpr std::int64_t meanwhile = 50 * millisecond;
  const auto verdict = moment_of(port);
  const auto left = [&](std::int64_t margin) {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        port.syns, [&](const SynSeen& syn) { return syn.at.unix_ns <= verdict + margin; }));
  };
  const auto least = left(-meanwhile), most = left(meanwhile);
  if (tcp_.shared.options.vantage == Vantage::far_end ||
      (result.attempts >= std::min(least, 1U) && result.attempts >= least &&
       result.attempts <= most)) {
    ledger.holds(Claim::probe, port.syns.front().at.number);
  } else {
    Frames frames;
    for (const auto& syn : port.syns) frames.push_back(syn.at.number);
    accuse(port,
           {.claim = Claim::probe,
            .fault = "wrong_attempts",
            .conditions =
                static_cast<std::uint8_t>(if_near | (result.attempts > most ? if_complete : 0)),
            .frames = std::move(frames)},
           fmt::format("{} SYNs are told, the frames show {}", result.attempts, most));
    return;
  }
  const auto& tries = result.cause.tries;
  const auto first = port.syns.front().at.unix_ns;
  for (std::size_t i = 0; i < std::min(tries.size(), port.syns.size()); ++i) {
    const auto is = port.syns[i].at.unix_ns - first;
    // The system's own timers tick, and may be an eighth late.
    const auto within = 30 * millisecond + (tcp_.syn_mode ? 0 : is / 8);
    if (std::abs(bounded_span(tries[i].count()) - is) <= within) continue;
    return accuse(port,
                  {.claim = Claim::time,
                   .fault = "wrong_tries",
                   .conditions = if_near,
                   .frames = {port.syns.front().at.number, port.syns[i].at.number}},
                  fmt::format("SYN {} is told to have left after {}, frame {} says {}", i + 1,
                              ms_text(tries[i].count()), port.syns[i].at.number, ms_text(is)));
  }
  if (!tries.empty()) ledger.holds(Claim::time, port.syns.front().at.number);
}

void TcpJudge::judge_silence(const TcpPort& port) {
  const auto& told = *port.told;
  const auto kind = told.result.cause.kind;
  // An answer that comes while the program gives up is told or not.
  constexpr std::int64_t meanwhile = 20 * millisecond;
  if (kind == CauseKind::silence) {
    for (const auto& answer : port.answers) {
      if (!decides(answer, port) || answer.at.unix_ns > moment_of(port) - meanwhile) continue;
      return accuse(
          port,
          {.claim = Claim::silence,
           .fault = "lost_but_answered",
           .conditions = if_heard | if_near | if_answered,
           .frames = {port.syns.empty() ? 0 : port.syns.front().at.number, answer.at.number}},
          fmt::format("silence is told, and frame {} answered in time", answer.at.number));
    }
    return tcp_.shared.ledger.holds(Claim::silence,
                                    port.syns.empty() ? 0 : port.syns.front().at.number);
  }
  // One SYN may be refused on its way, and a copy of it arrive.
  if (kind == CauseKind::answer || kind == CauseKind::icmp) return;
  // Whoever lets in a connection is not closed.
  for (const auto& answer : port.answers)
    if (answer.kind == AnswerKind::syn_ack && port.is_answered_by(answer) && said_.empty())
      return accuse(
          port,
          {.claim = Claim::unexplained, .fault = "reply_untold", .frames = {answer.at.number}},
          fmt::format("it is called {}, and frame {} is its SYN-ACK", name(told.result.state),
                      answer.at.number));
}

void TcpJudge::finish() {
  for (const auto& [told, where] : tcp_.nearer) {
    const auto known = tcp_.distances.find(told.address);
    Accusation accusation{.claim = Claim::reply,
                          .fault = "wrong_hops",
                          .line = where.line,
                          .frames = {where.frame},
                          .moment = where.moment};
    if (known == tcp_.distances.end()) {
      accusation.conditions = if_complete;
      accusation.sentence = fmt::format(
          "port {} of {}: a RST is told to come {} hops nearer than its SYN-ACKs, and there is "
          "none",
          where.port.value(), text_of(told.address), told.nearer);
      tcp_.shared.ledger.accuse(std::move(accusation));
      continue;
    }
    const auto& [least, most] = known->second;
    const auto from = least > told.hops ? least - told.hops : 0U;
    const auto to = most > told.hops ? most - told.hops : 0U;
    if (told.nearer >= from && told.nearer <= to) continue;
    accusation.sentence = fmt::format(
        "port {} of {}: a RST is told to come {} hops nearer than its SYN-ACKs, the frames say {}",
        where.port.value(), text_of(told.address), told.nearer, to);
    tcp_.shared.ledger.accuse(std::move(accusation));
  }
}

}  // namespace sonda::inline v0::verify
