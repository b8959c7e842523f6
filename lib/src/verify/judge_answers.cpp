// Answers: each reply and error that is told, and the frame that shows it; and those without.
#include <algorithm>

#include <fmt/format.h>

#include <sonda/core/errno_name.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

#include "icmp_words.hpp"
#include "judge.hpp"

namespace sonda::inline v0::verify {
namespace {

// Pairs events with frames: first those that fit best, in order, then what is left, in order.
// `fits(event, frame, strictness)` for strictness 0, the best, and up. Returns the frame's index
// for each event, or nothing.
template <typename Events, typename Frames, typename Fits>
std::vector<std::optional<std::size_t>> pair_up(const Events& events, const Frames& frames,
                                                Fits fits, int levels) {
  std::vector<std::optional<std::size_t>> partner(events.size());
  std::vector<bool> taken(frames.size());
  for (int level = 0; level < levels; ++level)
    for (std::size_t e = 0; e < events.size(); ++e) {
      if (partner[e]) continue;
      for (std::size_t f = 0; f < frames.size(); ++f)
        if (!taken[f] && fits(events[e], frames[f], level)) {
          partner[e] = f;
          taken[f] = true;
          break;
        }
    }
  return partner;
}

bool same_moment(std::int64_t told, const Sighting& seen) {
  const auto apart = told - seen.last_ns;
  return apart < seen.resolution_ns && -apart < seen.resolution_ns;
}

std::string_view errno_text(int code) {
  const auto known = errno_name(code);
  return code == 0 ? "none" : known.empty() ? "another" : known;
}

}  // namespace

// Answers that came before there was anything to compare them with: those that came even before
// the probe answer nothing of ours.
void Judge::sort_orphans(Slot& slot) {
  const bool known = slot.told.sent_line != 0 || slot.probe.seen();
  const auto too_early = [&](const Sighting& seen) {
    return !known || (slot.probe.seen() && seen.frame < slot.probe.at.frame);
  };
  case_.answers -= std::erase_if(slot.replies, [&](const ReplySighting& reply) {
    if (!reply.orphan || !too_early(reply.at)) return false;
    strangers_.seen(
        {.from = reply.from,
         .type = static_cast<std::uint8_t>(case_.run.v4() ? 0 : 129),
         .code = reply.code,
         .wire_sequence = reply.wire_sequence,
         .unix_ns = reply.at.last_ns,
         .frames = frames_of(reply.at),
         .comment = reply.at.comment ? std::optional{*reply.at.comment} : std::nullopt});
    return true;
  });
  case_.answers -= std::erase_if(slot.errors, [&](const ErrorSighting& error) {
    if (!error.orphan || !too_early(error.at)) return false;
    if (is_deliverable(error))
      strangers_.seen(
          {.from = error.from,
           .type = error.icmp.type,
           .code = error.icmp.code,
           .wire_sequence = error.wire_sequence,
           .unix_ns = error.at.last_ns,
           .frames = frames_of(error.at),
           .comment = error.at.comment ? std::optional{*error.at.comment} : std::nullopt});
    return true;
  });
}

// --------------------------------------------------------------------------------------- replies

void Judge::judge_replies(Slot& slot) {
  const auto& told = slot.told.replies;
  case_.frames_of_the_run += slot.replies.size();
  if (told.empty()) return;
  if (told.size() == 1 && slot.replies.size() == 1) {
    judge_reply(slot, told.front(), slot.replies.front());
    return;
  }
  const auto partner = pair_up(
      told, slot.replies,
      [](const ToldReply& event, const ReplySighting& frame, int level) {
        const bool alike =
            event.reply.from.without_zone() == frame.from && event.reply.bytes == frame.bytes;
        if (level == 0) return same_moment(event.unix_ns, frame.at) && alike;
        if (level == 1) return same_moment(event.unix_ns, frame.at);
        if (level == 2) return alike && event.reply.ttl.value_or(frame.ttl) == frame.ttl;
        return level == 4 || alike;
      },
      5);
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (partner[i]) {
      judge_reply(slot, told[i], slot.replies[*partner[i]]);
      continue;
    }
    const auto& event = told[i];
    const auto copy_of = std::ranges::find_if(told, [&](const ToldReply& other) {
      return other.line != event.line && other.unix_ns == event.unix_ns &&
             other.reply.from == event.reply.from;
    });
    if (copy_of != told.end())
      accuse(slot, {.claim = Claim::reply, .fault = "reply_counted_twice", .line = event.line},
             fmt::format("lines {} and {} tell of one reply", std::min(copy_of->line, event.line),
                         std::max(copy_of->line, event.line)));
    else
      accuse(
          slot,
          {.claim = Claim::reply,
           .fault = "reply_without_frame",
           .conditions = if_complete,
           .line = event.line,
           .moment = event.unix_ns},
          fmt::format("a reply from {} is told, and no frame shows it", text_of(event.reply.from)));
  }
  said_.clear();
}

void Judge::judge_reply(Slot& slot, const ToldReply& told, ReplySighting& seen) {
  said_.clear();
  seen.told = true;
  const auto& reply = told.reply;
  bool fine = true;
  const auto differs = [&](std::string_view fault, std::string sentence, bool unless_far = false) {
    fine = false;
    accuse(slot,
           {.claim = Claim::reply,
            .fault = fault,
            .conditions = if_near,
            .line = told.line,
            .frames = frames_of(seen.at),
            .unless_far = unless_far},
           std::move(sentence));
  };
  if (reply.from.without_zone() != seen.from)
    differs("wrong_from", fmt::format("{} is told to have answered, frame {} comes from {}",
                                      text_of(reply.from), seen.at.frame, text_of(seen.from)));
  if (reply.bytes != seen.bytes)
    differs("wrong_bytes", fmt::format("{} octets are told, frame {} has {}", reply.bytes,
                                       seen.at.frame, seen.bytes));
  if (reply.ttl && *reply.ttl != seen.ttl)
    differs("wrong_reply_ttl",
            fmt::format("TTL {} is told, frame {} has {}", reply.ttl->value(), seen.at.frame,
                        seen.ttl.value()),
            true);
  const auto target = case_.run.target.without_zone();
  const bool other = !target.is_multicast() && seen.from != target;
  if (reply.other_address != other && reply.from.without_zone() == seen.from)
    differs("wrong_other_address",
            fmt::format("frame {} {} from the target", seen.at.frame, other ? "is not" : "is"));
  if (fine) case_.ledger.holds(Claim::reply, seen.at.frame);
  judge_data(slot, told, seen);
  if (!reply.duplicate && seen.reordered && reply.reordered != *seen.reordered && fine)
    accuse(slot,
           {.claim = Claim::order,
            .fault = *seen.reordered ? "reordered_untold" : "reordered_invented",
            .conditions = if_near | if_heard,
            .line = told.line,
            .frames = frames_of(seen.at)},
           fmt::format("frame {} came {} that of a later probe", seen.at.frame,
                       *seen.reordered ? "behind" : "before"));
  if (reply.rtt) judge_rtt(slot, *reply.rtt, seen.at, told.line, false);
  judge_moment(slot, told.unix_ns, seen.at, told.line,
               reply.rtt && reply.rtt->clock != StampClock::user);
  judge_numbers(slot, told.frames, &seen.at, told.line, false);
  judge_comment(slot, seen.at, CommentKind::reply, &told, nullptr, nullptr, seen.ttl);
  note(slot, seen.at, reply.rtt);
}

void Judge::judge_data(const Slot& slot, const ToldReply& told, const ReplySighting& seen) {
  if (seen.orphan || seen.at.cut || !slot.probe.known) return;
  const auto& reply = told.reply;
  const auto differs = [&](std::string_view fault, std::string sentence) {
    accuse(slot,
           {.claim = Claim::data,
            .fault = fault,
            .conditions = if_near,
            .line = told.line,
            .frames = frames_of(seen.at)},
           std::move(sentence));
  };
  if (reply.truncated != seen.truncated)
    return differs("wrong_truncated",
                   fmt::format("frame {} brought back {} as many octets as left", seen.at.frame,
                               seen.truncated ? "not" : "at least"));
  if (seen.corrupt_octet && !reply.corrupt_octet)
    return differs("corrupt_untold", fmt::format("octet {} of the data in frame {} differs",
                                                 *seen.corrupt_octet, seen.at.frame));
  if (!seen.corrupt_octet && reply.corrupt_octet)
    return differs("corrupt_invented",
                   fmt::format("octet {} is told to differ, and frame {} brought the data back",
                               *reply.corrupt_octet, seen.at.frame));
  if (seen.corrupt_octet &&
      (seen.corrupt_octet != reply.corrupt_octet || seen.corrupt_was != reply.corrupt_was ||
       seen.corrupt_is != reply.corrupt_is))
    return differs("wrong_corrupt_octet",
                   fmt::format("octet {} is told to differ, frame {} differs in octet {} first",
                               *reply.corrupt_octet, seen.at.frame, *seen.corrupt_octet));
  case_.ledger.holds(Claim::data, seen.at.frame);
}

// ---------------------------------------------------------------------------------------- errors

bool Judge::is_deliverable(const ErrorSighting& seen) const {
  if (case_.told.raw) return true;
  const auto version = seen.icmp.version == 4 ? IpVersion::v4 : IpVersion::v6;
  if (is_too_big(version, seen.icmp.type, seen.icmp.code) &&
      case_.asked.path_mtu_discovery == "dont")
    return false;
  return is_queued(version, seen.icmp.type, seen.icmp.code);
}

void Judge::judge_errors(Slot& slot) {
  const auto& told = slot.told.errors;
  case_.frames_of_the_run += slot.errors.size();
  if (told.empty()) return;
  const auto partner = pair_up(
      told, slot.errors,
      [](const ToldError& event, const ErrorSighting& frame, int level) {
        const bool kind =
            event.error.icmp.type == frame.icmp.type && event.error.icmp.code == frame.icmp.code;
        const bool from = event.error.from.without_zone() == frame.from;
        if (level == 0) return same_moment(event.unix_ns, frame.at) && kind && from;
        if (level == 1) return same_moment(event.unix_ns, frame.at);
        if (level == 2) return kind && from;
        return level == 4 ? !event.error.neighbor : kind || from;
      },
      5);
  for (std::size_t i = 0; i < told.size(); ++i) {
    const auto& event = told[i];
    if (partner[i]) {
      judge_error(slot, event, slot.errors[*partner[i]]);
      continue;
    }
    const auto own = event.error.from.without_zone() == case_.run.source.without_zone();
    if (event.error.neighbor && own) {  // our own system's word, which no interface has to show
      case_.ledger.holds(Claim::icmp_error);
      continue;
    }
    const auto copy_of = std::ranges::find_if(told, [&](const ToldError& other) {
      return other.line != event.line && other.unix_ns == event.unix_ns &&
             other.error.from == event.error.from;
    });
    if (copy_of != told.end())
      accuse(slot, {.claim = Claim::icmp_error, .fault = "error_counted_twice", .line = event.line},
             fmt::format("lines {} and {} tell of one error", std::min(copy_of->line, event.line),
                         std::max(copy_of->line, event.line)));
    else
      accuse(slot,
             {.claim = Claim::icmp_error,
              .fault = "error_without_frame",
              .conditions = static_cast<std::uint8_t>(if_complete | (own ? never : certain)),
              .line = event.line,
              .moment = event.unix_ns},
             fmt::format("an ICMP error from {} is told, and no frame shows it",
                         text_of(event.error.from)));
  }
  said_.clear();
}

void Judge::judge_error(Slot& slot, const ToldError& told, ErrorSighting& seen) {
  said_.clear();
  seen.told = true;
  judge_message(slot, told, seen);
  const auto& rtt = told.error.rtt;
  const bool queued = !case_.told.raw && rtt && rtt->clock != StampClock::simulated;
  if (rtt) judge_rtt(slot, *rtt, seen.at, told.line, queued);
  judge_moment(slot, told.unix_ns, seen.at, told.line,
               rtt && rtt->clock != StampClock::user && !queued);
  judge_numbers(slot, told.frames, &seen.at, told.line, told.error.neighbor);
  judge_comment(slot, seen.at, CommentKind::icmp_error, nullptr, &told, &seen, Ttl{});
  note(slot, seen.at, rtt);
}

void Judge::judge_message(const Slot& slot, const ToldError& told, const ErrorSighting& seen) {
  const auto& error = told.error;
  const auto& is = case_.told.raw ? seen.icmp : seen.queued;
  bool fine = true;
  const auto differs = [&](Claim claim, std::string_view fault, std::string sentence) {
    fine = false;
    accuse(slot,
           {.claim = claim,
            .fault = fault,
            .conditions = if_near,
            .line = told.line,
            .frames = frames_of(seen.at)},
           std::move(sentence));
  };
  const auto& icmp = error.icmp;
  if (error.from.without_zone() != seen.from)
    differs(Claim::icmp_error, "wrong_error_from",
            fmt::format("{} is told as its sender, frame {} comes from {}", text_of(error.from),
                        seen.at.frame, text_of(seen.from)));
  if (icmp.version != is.version || icmp.type != is.type || icmp.code != is.code)
    differs(Claim::icmp_error, "wrong_type",
            fmt::format("type {} code {} is told, frame {} has {}/{}", icmp.type, icmp.code,
                        seen.at.frame, is.type, is.code));
  else if (icmp.name != is.name)
    differs(Claim::icmp_error, "wrong_name",
            fmt::format("frame {} is called {}", seen.at.frame,
                        is.name.empty() ? "nothing in the catalogue" : is.name));
  if (icmp.mtu != is.mtu)
    differs(Claim::icmp_error, "wrong_mtu",
            fmt::format("MTU {} is told, frame {} has {}", icmp.mtu.value_or(0), seen.at.frame,
                        is.mtu.value_or(0)));
  if (icmp.pointer != is.pointer)
    differs(Claim::icmp_error, "wrong_pointer",
            fmt::format("pointer {} is told, frame {} has {}", icmp.pointer.value_or(0),
                        seen.at.frame, is.pointer.value_or(0)));
  if (icmp.gateway != is.gateway)
    differs(Claim::icmp_error, "wrong_gateway",
            fmt::format("frame {} names another gateway", seen.at.frame));
  if (icmp.extensions != is.extensions || icmp.extension_fault != is.extension_fault)
    differs(Claim::icmp_error, "wrong_extensions",
            fmt::format("frame {} has other extensions", seen.at.frame));
  const auto version = seen.icmp.version == 4 ? IpVersion::v4 : IpVersion::v6;
  const bool neighbor = seen.from == case_.run.source.without_zone() &&
                        case_.run.source != case_.run.target &&
                        is_host_unreachable(version, seen.icmp.type, seen.icmp.code);
  if (error.neighbor != neighbor && error.from.without_zone() == seen.from &&
      icmp.type == is.type && icmp.code == is.code)
    differs(Claim::icmp_error, "wrong_neighbor",
            fmt::format("frame {} {} our own system's word about a neighbour", seen.at.frame,
                        neighbor ? "is" : "is not"));
  if (fine) case_.ledger.holds(Claim::icmp_error, seen.at.frame);

  // The errno goes with the message that is told; that this is the one, was judged above.
  const auto* row = find_icmp(version, icmp.type, icmp.code);
  const int wanted = row != nullptr ? row->recverr_errno : 0;
  if (error.error_code != wanted)
    differs(Claim::error_code, "wrong_errno",
            fmt::format("errno {} is told, {}/{} gives {}", errno_text(error.error_code), icmp.type,
                        icmp.code, errno_text(wanted)));
  else
    case_.ledger.holds(Claim::error_code, seen.at.frame);

  if (seen.at.cut) return;
  // What an error queue holds ends, on some kernels, with what follows the quotation.
  const bool right_size = case_.told.raw ? error.quoted_octets == seen.quoted_octets
                                         : error.quoted_octets == seen.quoted_transport ||
                                               (error.quoted_octets > seen.quoted_transport &&
                                                error.quoted_octets <= seen.most_quoted);
  if (!right_size)
    differs(
        Claim::quotation, "wrong_quoted_octets",
        fmt::format("{} octets are told to be quoted, frame {} quotes {}", error.quoted_octets,
                    seen.at.frame, case_.told.raw ? seen.quoted_octets : seen.quoted_transport));
  else if (case_.told.raw && seen.changes && *seen.changes != error.quoted_changes)
    differs(Claim::quotation, "wrong_quoted_changes",
            fmt::format("{} changes are told, the quotation in frame {} shows {} or others",
                        error.quoted_changes.size(), seen.at.frame, seen.changes->size()));
  else if (!case_.told.raw && !error.quoted_changes.empty())
    differs(Claim::quotation, "wrong_quoted_changes",
            "an error queue cannot tell what the path changed");
  else
    case_.ledger.holds(Claim::quotation, seen.at.frame);
}

// ---------------------------------------------------------------------------------------- untold

void Judge::judge_untold(Slot& slot) {
  // About a probe that the run says never left, or does not tell of, one finding is enough.
  const bool sent = slot.told.sent_line != 0 && slot.told.standing != ProbeStanding::refused;
  const auto untold = [&](const Sighting& seen, std::string_view fault, std::string_view what) {
    said_.clear();
    if (sent && case_.heard(seen.last_ns)) {
      accuse(slot,
             {.claim = Claim::unexplained,
              .fault = fault,
              .conditions = if_heard | if_near,
              .frames = frames_of(seen)},
             fmt::format("frame {} shows {}, and nothing tells of it", seen.frame, what));
      note(slot, seen, std::nullopt);
    }
    said_.clear();
  };
  // The engine forgets what is long settled; then an answer is foreign to it.
  constexpr std::int64_t memory = 590'000'000'000;
  for (const auto& reply : slot.replies) {
    if (reply.told) continue;
    if (slot.probe.seen() && reply.at.last_ns - slot.probe.at.last_ns > memory)
      strangers_.seen({.from = reply.from,
                       .type = static_cast<std::uint8_t>(case_.run.v4() ? 0 : 129),
                       .code = reply.code,
                       .wire_sequence = static_cast<std::uint32_t>(slot.sequence & 0xffff),
                       .must_be_told = false,
                       .unix_ns = reply.at.last_ns,
                       .frames = frames_of(reply.at)});
    else
      untold(reply.at, "reply_untold", "a reply");
  }
  for (const auto& error : slot.errors)
    if (!error.told && is_deliverable(error)) untold(error.at, "error_untold", "an ICMP error");
}

}  // namespace sonda::inline v0::verify
