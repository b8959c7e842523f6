// Strangers in pairs, and those that stay alone.
#include "strangers.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

namespace sonda::inline v0::verify {
namespace {

std::int64_t apart(std::int64_t a, std::int64_t b) { return a < b ? b - a : a - b; }

}  // namespace

bool Strangers::fit(const StrangerSeen& seen, const StrangerTold& told) {
  if (seen.damaged != told.damaged || seen.from != told.from.without_zone()) return false;
  if (seen.damaged) return true;
  return seen.type == told.type && seen.code == told.code &&
         (!told.wire_sequence || seen.wire_sequence == told.wire_sequence);
}

void Strangers::seen(StrangerSeen one) {
  case_.frames_of_the_run += one.frames.size();
  auto best = told_.end();
  for (auto at = told_.begin(); at != told_.end(); ++at)
    if (fit(one, *at) && (best == told_.end() ||
                          apart(at->unix_ns, one.unix_ns) < apart(best->unix_ns, one.unix_ns)))
      best = at;
  if (best != told_.end()) {
    judge(one, *best);
    told_.erase(best);
    return;
  }
  seen_.push_back(std::move(one));
  if (seen_.size() <= most_waiting) return;
  judge_alone(seen_.front());
  seen_.pop_front();
}

void Strangers::told(StrangerTold one) {
  auto best = seen_.end();
  for (auto at = seen_.begin(); at != seen_.end(); ++at)
    if (fit(*at, one) && (best == seen_.end() ||
                          apart(at->unix_ns, one.unix_ns) < apart(best->unix_ns, one.unix_ns)))
      best = at;
  if (best != seen_.end()) {
    judge(*best, one);
    seen_.erase(best);
    return;
  }
  told_.push_back(std::move(one));
  if (told_.size() <= most_waiting) return;
  judge_alone(told_.front());
  told_.pop_front();
}

void Strangers::judge(const StrangerSeen& seen, const StrangerTold& told) {
  const auto frames = seen.frames;
  if (!seen.damaged && seen.reason && *seen.reason != told.reason) {
    case_.ledger.accuse({.claim = Claim::stranger,
                         .fault = "wrong_reason",
                         .conditions = if_near,
                         .sentence = fmt::format("a foreign message from {} has another reason to "
                                                 "be foreign than is told",
                                                 text_of(seen.from)),
                         .line = told.line,
                         .frames = frames});
  } else if (seen.damaged && seen.compared && told.octet &&
             (seen.octet != told.octet || seen.was != told.was || seen.is != told.is)) {
    case_.ledger.accuse({.claim = Claim::stranger,
                         .fault = "wrong_damage",
                         .conditions = if_near,
                         .sentence = fmt::format("octet {} of a damaged reply from {} is not what "
                                                 "differs first in its frame",
                                                 *told.octet, text_of(seen.from)),
                         .line = told.line,
                         .frames = frames});
  } else {
    case_.ledger.holds(Claim::stranger, frames.front());
  }
  case_.note(frames, seen.damaged ? "holds; corrupt;" : "holds; foreign;");
  if (case_.saw_comment || case_.numbers_are_ours)
    for (const auto number : told.frames)
      if (std::ranges::find(frames, number) == frames.end()) {
        case_.ledger.accuse({.claim = Claim::frame,
                             .fault = "wrong_frame",
                             .conditions = if_numbered,
                             .sentence = fmt::format("frame {} is told, and frame {} shows it",
                                                     number, frames.front()),
                             .line = told.line,
                             .frames = {number, frames.front()}});
        break;
      }
  if (seen.comment) {
    const bool right =
        seen.comment->kind == (seen.damaged ? CommentKind::corrupt : CommentKind::foreign);
    if (right)
      case_.ledger.holds(Claim::comment, frames.front());
    else
      case_.ledger.accuse({.claim = Claim::comment,
                           .fault = "wrong_comment",
                           .sentence = "a foreign or damaged message is called something else",
                           .line = told.line,
                           .frames = frames});
  }
}

void Strangers::judge_alone(const StrangerSeen& seen) {
  if (!seen.must_be_told || !case_.heard(seen.unix_ns)) return;
  case_.ledger.accuse(
      {.claim = Claim::unexplained,
       .fault = "stranger_untold",
       .conditions = if_heard | if_near,
       .sentence = fmt::format("frame {} shows a {} message from {}, and nothing tells of it",
                               seen.frames.front(), seen.damaged ? "damaged" : "foreign",
                               text_of(seen.from)),
       .frames = seen.frames,
       .unless_far = true});
  case_.note(seen.frames, seen.damaged ? "contradicted; corrupt; stranger_untold;"
                                       : "contradicted; foreign; stranger_untold;");
}

void Strangers::judge_alone(const StrangerTold& told) {
  case_.ledger.accuse(
      {.claim = Claim::stranger,
       .fault = told.damaged ? "corrupt_without_frame" : "stranger_without_frame",
       .conditions = if_complete | if_near,
       .sentence = fmt::format("a {} message from {} is told, and no frame shows it",
                               told.damaged ? "damaged" : "foreign", text_of(told.from)),
       .line = told.line,
       .moment = told.unix_ns,
       .unless_far = true});
}

void Strangers::finish() {
  for (const auto& one : seen_) judge_alone(one);
  for (const auto& one : told_) judge_alone(one);
  seen_.clear(), told_.clear();
}

}  // namespace sonda::inline v0::verify
