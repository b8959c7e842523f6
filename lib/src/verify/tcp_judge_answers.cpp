// A port judged: which frame decided, and whether it is what is told.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tcp_judge.hpp"
#include "tcp_words.hpp"

namespace sonda::inline v0::verify {
namespace {

constexpr std::int64_t millisecond = 1'000'000;

}  // namespace

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

}  // namespace sonda::inline v0::verify
