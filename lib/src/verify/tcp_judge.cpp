// A port judged: what it is called, what left, and what decided.
#include "tcp_judge.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include <sonda/core/errno_name.hpp>
#include <sonda/event/words.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

namespace sonda::inline v0::verify {
namespace {

constexpr std::int64_t second = 1'000'000'000, millisecond = 1'000'000;

std::string_view word_of(CauseKind kind) {
  for (const auto& [value, word] : cause_words)
    if (value == kind) return word;
  return {};
}
std::string errno_text(int number) {
  return number == 0 ? std::string{"none"} : std::string{errno_name(number)};
}
const IcmpCause* row_of(const IcmpReport& icmp) {
  return find_icmp(icmp.version == 4 ? IpVersion::v4 : IpVersion::v6, icmp.type, icmp.code);
}
bool is_answer(CauseKind kind) {
  return kind == CauseKind::answer || kind == CauseKind::rst || kind == CauseKind::icmp;
}
CauseKind kind_of(AnswerKind kind) {
  return kind == AnswerKind::syn_ack ? CauseKind::answer
         : kind == AnswerKind::rst   ? CauseKind::rst
                                     : CauseKind::icmp;
}

// When the verdict was reached, by the frames' clock. Precondition: a SYN was seen.
std::int64_t moment_of(const TcpPort& port) {
  return port.syns.front().at.unix_ns + port.told->result.took.count();
}

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
  if (port.syns.empty())
    return accuse(port,
                  {.claim = Claim::probe, .fault = "probe_missing", .conditions = if_complete},
                  "it is told of, and no frame shows a SYN to it: a filter of this host may have "
                  "kept it");
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

// ------------------------------------------------------------------------------- what decided

// Whether the engine would have taken it for its verdict.
bool TcpJudge::decides(const AnswerSeen& seen, const TcpPort& port) const {
  if (!port.is_answered_by(seen)) return false;
  if (seen.kind != AnswerKind::error) return true;
  const auto* row = row_of(seen.icmp);
  return row != nullptr && row->state && (tcp_.syn_mode || row->queued || row->connect_errno != 0);
}

const AnswerSeen* TcpJudge::judge_answer(const TcpPort& port) {
  const auto& told = *port.told;
  const auto& cause = told.result.cause;
  if (!is_answer(cause.kind)) return nullptr;
  tcp_.heard_anything = true;
  if (port.syns.empty()) {  // which is said already
    const auto seen = std::ranges::find_if(
        port.answers, [&](const AnswerSeen& answer) { return kind_of(answer.kind) == cause.kind; });
    return seen != port.answers.end() ? &*seen : nullptr;
  }
  const AnswerSeen *first = nullptr, *same = nullptr;
  for (const auto& answer : port.answers) {
    if (!decides(answer, port)) continue;
    if (first == nullptr) first = &answer;
    const bool fits = kind_of(answer.kind) == cause.kind &&
                      (answer.kind != AnswerKind::error || !cause.icmp ||
                       (answer.icmp.type == cause.icmp->type &&
                        answer.icmp.code == cause.icmp->code && cause.from == answer.from));
    if (fits && same == nullptr) same = &answer;
  }
  const bool error = cause.kind == CauseKind::icmp;
  const auto claim = error ? Claim::icmp_error : Claim::reply;
  if (first == nullptr) {
    accuse(port,
           {.claim = claim,
            .fault = error ? "error_without_frame" : "reply_without_frame",
            .conditions = if_complete},
           fmt::format("{} is told, and no frame shows it", error ? "an ICMP error"
                                                            : cause.kind == CauseKind::answer
                                                                ? "a SYN-ACK"
                                                                : "a RST"));
    return nullptr;
  }
  // What came first decided, but for what came while the program looked.
  constexpr std::int64_t meanwhile = 20 * millisecond;
  const bool in_time =
      same != nullptr && (same == first || (cause.kind == CauseKind::icmp && !tcp_.syn_mode &&
                                            same->at.unix_ns - first->at.unix_ns <= meanwhile));
  const auto* decided = in_time ? same : first;
  if (kind_of(decided->kind) != cause.kind) {
    accuse(port, {.claim = Claim::reply, .fault = "wrong_cause", .frames = {decided->at.number}},
           fmt::format("its cause is told to be {}, and frame {} is {}", word_of(cause.kind),
                       decided->at.number,
                       decided->kind == AnswerKind::syn_ack ? "a SYN-ACK"
                       : decided->kind == AnswerKind::rst   ? "a RST"
                                                            : "an ICMP error"));
    return decided;
  }
  if (error)
    judge_error(port, *decided);
  else
    judge_segment(port, *decided);
  judge_rtt(port, *decided);
  return decided;
}

void TcpJudge::judge_segment(const TcpPort& port, const AnswerSeen& seen) {
  const auto& cause = port.told->result.cause;
  const auto charge = [&](std::string_view fault, std::string sentence) {
    accuse(port, {.claim = Claim::reply, .fault = fault, .frames = {seen.at.number}},
           std::move(sentence));
  };
  if (cause.from && cause.from->without_zone() != seen.from)
    return charge("wrong_from",
                  fmt::format("{} is told to have answered, frame {} is from {}",
                              text_of(*cause.from), seen.at.number, text_of(seen.from)));
  if (cause.from && !cause.from_target)
    return charge("wrong_from_target", "the answer is told not to be the target's, and is");
  if (cause.ttl && *cause.ttl != seen.ttl && tcp_.shared.options.vantage != Vantage::far_end)
    return charge("wrong_reply_ttl",
                  fmt::format("TTL {} is told, frame {} has {}", cause.ttl->value(), seen.at.number,
                              seen.ttl.value()));
  tcp_.shared.ledger.holds(Claim::reply, seen.at.number);
  if (cause.hops_nearer && seen.kind == AnswerKind::rst) {
    auto& told = tcp_.nearer[{port.address.without_zone(), hops_of(seen.ttl), *cause.hops_nearer}];
    if (told.times++ == 0)
      told.line = port.told->line, told.frame = seen.at.number, told.port = port.port,
      told.moment = port.told->unix_ns;
  }
}

void TcpJudge::judge_error(const TcpPort& port, const AnswerSeen& seen) {
  const auto& cause = port.told->result.cause;
  const auto charge = [&](std::string_view fault, std::string sentence,
                          Claim claim = Claim::icmp_error) {
    accuse(port, {.claim = claim, .fault = fault, .frames = {seen.at.number}}, std::move(sentence));
  };
  if (!cause.icmp) return charge("wrong_type", "no type and no code are told of its ICMP error");
  const auto& told = *cause.icmp;
  if (told.version != seen.icmp.version || told.type != seen.icmp.type ||
      told.code != seen.icmp.code)
    return charge("wrong_type",
                  fmt::format("{}/{} is told, frame {} is {}/{}", told.type, told.code,
                              seen.at.number, seen.icmp.type, seen.icmp.code));
  if (!cause.from || cause.from->without_zone() != seen.from)
    return charge("wrong_error_from", fmt::format("it is told to come from {}, frame {} is from {}",
                                                  cause.from ? text_of(*cause.from) : "nobody",
                                                  seen.at.number, text_of(seen.from)));
  if (cause.from_target != (seen.from == port.address))
    return charge(
        "wrong_from_target",
        fmt::format("it is told {}to come from the target", cause.from_target ? "" : "not "),
        Claim::reply);
  if (told.name != seen.icmp.name)
    return charge("wrong_name",
                  fmt::format("it is called {}, the catalogue has {}", told.name, seen.icmp.name));
  if (told.mtu != seen.icmp.mtu && told.mtu != seen.queued.mtu)
    return charge("wrong_mtu", fmt::format("frame {} names another MTU", seen.at.number));
  if (told.pointer != seen.icmp.pointer && told.pointer != seen.queued.pointer)
    return charge("wrong_pointer", fmt::format("frame {} points elsewhere", seen.at.number));
  if (told.gateway != seen.icmp.gateway && told.gateway != seen.queued.gateway)
    return charge("wrong_gateway", fmt::format("frame {} names another gateway", seen.at.number));
  // A connected socket keeps too little of a message to show what stands behind the quotation.
  const bool nothing = !told.extensions && !tcp_.syn_mode;
  if (!nothing && told.extensions != seen.icmp.extensions)
    return charge("wrong_extensions",
                  fmt::format("the extensions of frame {} are others", seen.at.number));
  if (cause.ttl && *cause.ttl != seen.ttl && tcp_.shared.options.vantage != Vantage::far_end)
    return charge("wrong_reply_ttl",
                  fmt::format("TTL {} is told, frame {} has {}", cause.ttl->value(), seen.at.number,
                              seen.ttl.value()),
                  Claim::reply);
  tcp_.shared.ledger.holds(Claim::icmp_error, seen.at.number);
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
