// RTTs and moments against the frames' stamps, and what Sonda's own comments say beside them.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "judge.hpp"

namespace sonda::inline v0::verify {
namespace {

std::int64_t magnitude(std::int64_t value) { return value < 0 ? -value : value; }

}  // namespace

void Judge::judge_rtt(const Slot& slot, const RttSample& told, const Sighting& answer,
                      std::uint64_t line, bool queued) {
  if (!slot.probe.seen()) return;
  constexpr std::int64_t tolerance = 5'000;
  const auto& probe = slot.probe.at;
  const auto slack = tolerance + std::max(probe.resolution_ns, answer.resolution_ns) - 1;
  case_.slack_ns = std::max(case_.slack_ns, slack);
  // Of fragments nobody says which one the system stamped.
  const auto least = answer.last_ns - probe.last_ns, most = answer.last_ns - probe.first_ns;
  const auto beyond = [&](std::int64_t moved) {
    const auto rtt = told.rtt.count() + moved;
    return rtt < least ? least - rtt : rtt > most ? rtt - most : std::int64_t{0};
  };
  auto off = beyond(0);
  // A step of the clock in between moved the frames' stamps apart, but not the monotonic ones.
  for (const auto& step : case_.steps)
    if (step.unix_ns >= probe.first_ns - magnitude(step.step_ns) - 1'000'000'000)
      off = std::min(off, beyond(step.step_ns));
  case_.rtt_distances.add(off);
  // What lay in an error queue is stamped by the kernel when it is read; and on the loopback
  // interface a capture shows a probe when it is received, behind the stamps of its sending.
  constexpr std::int64_t in_queue = 20'000'000;
  const bool looped = case_.run.target.is_loopback() || case_.run.target == case_.run.source;
  const bool too_long = told.rtt.count() > most;
  const bool waited = (queued || looped) && too_long;
  const auto allowed = told.error.count() + slack + (waited ? in_queue : 0);
  if (off <= allowed) {
    ++case_.rtt_inside;
    ++case_.votes.rtt_fits;
    return case_.ledger.holds(Claim::rtt, answer.frame);
  }
  ++case_.votes.rtt_differs;
  // Without the kernel's stamp a program takes its own, when it has been woken: too late only.
  constexpr std::int64_t guessed = 1'000'000, scheduling = 1'000'000'000;
  const bool guess = told.clock == StampClock::user && told.error.count() >= guessed;
  const bool woken_late = (guess || queued || looped) && too_long && off <= scheduling;
  accuse(slot,
         {.claim = Claim::rtt,
          .fault = woken_late ? "rtt_of_user_clock" : "rtt_outside_bracket",
          .conditions = static_cast<std::uint8_t>(if_near | (woken_late ? never : certain)),
          .line = line,
          .frames = {probe.frame, answer.frame}},
         fmt::format("RTT {} is told, frames {} and {} say {}", ms_text(told.rtt.count()),
                     probe.frame, answer.frame, ms_text(least)));
}

void Judge::judge_moment(const Slot& slot, std::int64_t told, const Sighting& seen,
                         std::uint64_t line, bool exact_clock) {
  if (!exact_clock) return;
  const auto difference = seen.last_ns - told;
  const auto is = [&](std::int64_t wanted, std::int64_t within) {
    return magnitude(difference - wanted) < within;
  };
  auto& votes = case_.votes;
  votes.resolution_ns = std::max(votes.resolution_ns, seen.resolution_ns);
  constexpr std::int64_t measuring = 1'000'000;  // of the step itself
  const bool stepped = std::ranges::any_of(
      case_.steps, [&](const Case::Step& step) { return is(-step.step_ns, measuring); });
  if (is(0, seen.resolution_ns) || stepped) {
    ++votes.exact;
    return case_.ledger.holds(Claim::time, seen.frame);
  }
  if (votes.off++ == 0) votes.least = votes.most = difference;
  votes.least = std::min(votes.least, difference);
  votes.most = std::max(votes.most, difference);
  accuse(slot,
         {.claim = Claim::time,
          .fault = "wrong_time",
          .conditions = if_near,
          .line = line,
          .frames = {seen.frame},
          .unless_skewed = true,
          .unless_far = true},
         fmt::format("the moment told is {} {} that of frame {}", ms_text(magnitude(difference)),
                     difference < 0 ? "after" : "before", seen.frame));
}

void Judge::judge_comment(const Slot& slot, const Sighting& seen, CommentKind kind,
                          const ToldReply* reply, const ToldError* error,
                          const ErrorSighting* message, Ttl ttl) {
  if (!seen.comment) return;
  const auto& comment = *seen.comment;
  std::string wrong;
  const auto check = [&wrong](bool right, std::string_view what) {
    if (!right && wrong.empty()) wrong = what;
  };
  check(comment.readable, "it is not of the grammar");
  if (wrong.empty()) {
    check(comment.kind == kind, "it calls the frame something else");
    check(comment.probe == slot.sequence - 1, "it names another probe");
    check(comment.sequence == slot.sequence, "it names another sequence number");
    check(!comment.ttl || kind == CommentKind::icmp_error || *comment.ttl == ttl.value(),
          "it has another TTL");
  }
  const auto rtt_right = [&](const std::optional<RttSample>& rtt) {
    return !comment.rtt_ns || (rtt && magnitude(*comment.rtt_ns - rtt->rtt.count()) <= 1);
  };
  if (wrong.empty() && kind == CommentKind::sent) {
    const bool outcome = comment.rtt_ns || comment.error_code || comment.icmp_type ||
                         comment.duplicate || comment.late;
    check(!outcome, "it tells an outcome beside the probe");
  }
  if (wrong.empty() && reply != nullptr) {
    check(rtt_right(reply->reply.rtt), "it has another RTT than the event");
    check(comment.duplicate == reply->reply.duplicate, "duplicate or not");
    check(comment.late == reply->reply.late, "late or not");
    check(comment.reordered == reply->reply.reordered, "reordered or not");
    check(comment.truncated == reply->reply.truncated, "truncated or not");
    check(comment.corrupt == reply->reply.corrupt_octet.has_value(), "corrupt or not");
  }
  if (wrong.empty() && error != nullptr && message != nullptr) {
    check(rtt_right(error->error.rtt), "it has another RTT than the event");
    check(comment.icmp_type == message->icmp.type && comment.icmp_code == message->icmp.code,
          "it names another type or code");
    check(comment.error_code.value_or(0) == error->error.error_code, "it names another errno");
    check(comment.neighbor == error->error.neighbor, "a neighbour's or not");
  }
  if (wrong.empty()) return case_.ledger.holds(Claim::comment, seen.frame);
  accuse(slot,
         {.claim = Claim::comment,
          .fault = comment.readable ? "wrong_comment" : "comment_unreadable",
          .frames = {seen.frame}},
         fmt::format("the comment of frame {}: {}", seen.frame, wrong));
}

}  // namespace sonda::inline v0::verify
