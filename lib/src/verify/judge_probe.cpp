// The probe itself: that it left, once, with these octets; and silence about it.
#include <algorithm>

#include <fmt/format.h>

#include "icmp_words.hpp"
#include "judge.hpp"
#include "probe_hash.hpp"

namespace sonda::inline v0::verify {

void Judge::operator()(Slot& slot) {
  sort_orphans(slot);
  if (slot.sequence == 0) return;
  judge_probe(slot);
  judge_replies(slot);
  judge_errors(slot);
  judge_silence(slot);
  judge_untold(slot);
  judge_told_frames(slot);
}

void Judge::accuse(const Slot& slot, Charge charge, std::string sentence) {
  if (said_.empty()) said_ = fmt::format("{}: {}", charge.fault, sentence);
  case_.ledger.accuse({.claim = charge.claim,
                       .fault = charge.fault,
                       .conditions = charge.conditions,
                       .sentence = fmt::format("seq {}: {}", slot.sequence, sentence),
                       .sequence = slot.sequence,
                       .line = charge.line != 0 ? std::optional{charge.line} : std::nullopt,
                       .frames = std::move(charge.frames),
                       .moment = charge.moment != 0 ? std::optional{charge.moment} : std::nullopt,
                       .patience = charge.patience,
                       .unless_skewed = charge.unless_skewed,
                       .unless_far = charge.unless_far});
}

Judge::Frames Judge::frames_of(const Sighting& seen) {
  if (!seen.pieces.empty()) return seen.pieces;
  return seen.frame != 0 ? Frames{seen.frame} : Frames{};
}

void Judge::note(const Slot& slot, const Sighting& seen, std::optional<RttSample> rtt) {
  if (case_.options.on_note) {
    auto text =
        fmt::format("{}; probe={};", said_.empty() ? "holds" : "contradicted", slot.sequence - 1);
    if (said_.empty() && rtt)
      text += fmt::format(" rtt_ms={:.6f};", static_cast<double>(rtt->rtt.count()) / 1e6);
    if (!said_.empty()) text += fmt::format(" {};", said_);
    case_.note(frames_of(seen), text);
  }
  said_.clear();
}

void Judge::judge_probe(Slot& slot) {
  constexpr std::int64_t to_the_wire = 10'000'000;  // through the queues, at most
  said_.clear();
  const auto& told = slot.told;
  const auto& probe = slot.probe;
  const bool sent = told.sent_line != 0 && told.standing != ProbeStanding::refused;
  if (!probe.seen()) {
    const bool told_why = std::ranges::any_of(
        told.errors, [](const ToldError& error) { return error.error.neighbor; });
    const bool waits = !told_why && sent && !case_.run.target.is_loopback() &&
                       case_.neighbor_is_silent(told.sent_ns);
    if (sent && told_why)
      case_.ledger.holds(Claim::probe);  // it waited for its neighbour, who never answered
    else if (sent)
      accuse(slot,
             {.claim = Claim::probe,
              .fault = waits ? "neighbor_silent" : "probe_missing",
              .conditions = static_cast<std::uint8_t>(waits ? never : if_complete),
              .line = told.sent_line,
              .moment = told.sent_ns,
              .patience = to_the_wire,
              .unless_far = told.replies.empty()},
             waits ? "told as sent, and it waited for a neighbour whom our system asked for in vain"
                   : "told as sent, and no frame shows it");
    else if (told.standing == ProbeStanding::refused)
      case_.ledger.holds(Claim::refused);
    said_.clear();
    return;
  }
  case_.frames_of_the_run += std::max<std::size_t>(1, probe.at.pieces.size());
  if (told.standing == ProbeStanding::refused) {
    accuse(slot,
           {.claim = Claim::refused,
            .fault = "refused_but_left",
            .conditions = if_near,
            .line = told.refused_line,
            .frames = frames_of(probe.at)},
           fmt::format("told as refused, and frame {} shows it leaving", probe.at.frame));
  } else if (!sent) {
    if (case_.heard(probe.at.last_ns) && told.standing == ProbeStanding::unsent)
      accuse(slot,
             {.claim = Claim::unexplained, .fault = "probe_untold", .frames = frames_of(probe.at)},
             fmt::format("frame {} shows this probe, and nothing tells of it", probe.at.frame));
  } else {
    judge_octets(slot);
    judge_checksum(slot);
    judge_sent_time(slot);
  }
  if (probe.copies > 0)
    accuse(slot,
           {.claim = Claim::probe,
            .fault = "left_twice",
            .conditions = if_near,
            .frames = {probe.at.frame, probe.copy_frame},
            .unless_far = true},
           fmt::format("frames {} and {} show the same probe", probe.at.frame, probe.copy_frame));
  judge_comment(slot, probe.at, CommentKind::sent, nullptr, nullptr, nullptr,
                Ttl{probe.head[probe.head[0] >> 4 == 4 ? 8 : 7]});
  note(slot, probe.at, std::nullopt);
}

// ------------------------------------------------------------------------------------- its octets

// Tries what a path or a liar may have done to the packet whose hash is told.
bool Judge::explain(Slot& slot, const Sha256Digest& told) {
  const auto packet = case_.octets.packet(slot.probe);
  const auto at = std::size_t{slot.probe.message_at};
  if (hash_of(Bytes{packet}.subspan(case_.told.raw ? at : 0)) == told) {
    if (case_.said_once.insert("wrong_mode").second)
      accuse(slot,
             {.claim = Claim::identity,
              .fault = "wrong_mode",
              .line = slot.told.sent_line,
              .frames = frames_of(slot.probe.at)},
             fmt::format("the run tells mode {}, its hashes are those of the other",
                         case_.told.raw ? "raw" : "datagram"));
    return true;
  }
  const bool wrong_sum = slot.probe.sum == Sum::wrong || !slot.probe.header_sum_ok;
  RestoredHeader restored{.told = case_.told, .asked = case_.asked};
  const auto changed = restored.apply(packet, at);
  auto with_sums = std::vector<std::uint8_t>(packet.begin(), packet.end());
  complete_sums(with_sums, at);
  const auto hash = [&](Bytes octets) {
    return hash_of(case_.told.raw ? octets : octets.subspan(at));
  };
  const bool by_header = hash(packet) == told;
  if (!by_header && hash(with_sums) != told) return false;
  for (const auto& change : changed)
    accuse(slot,
           {.claim = change.claim,
            .fault = change.fault,
            .line = slot.told.sent_line,
            .frames = frames_of(slot.probe.at),
            .unless_far = true},
           change.claim == Claim::identity
               ? fmt::format("with {} as its source, frame {} has the hash that is told",
                             text_of(case_.told.source), slot.probe.at.frame)
               : fmt::format("{} {} was asked for, the frame has {}", change.what, change.was,
                             change.is));
  // A wrong checksum is named by itself.
  return !changed.empty() || by_header || wrong_sum;
}

void Judge::judge_octets(Slot& slot) {
  const auto& told = slot.told.digest;
  const auto& probe = slot.probe;
  if (!told) return judge_header(slot, false);
  if (probe.at.cut || !probe.known) {
    case_.ledger.doubt({.claim = Claim::probe,
                        .fault = "frame_cut",
                        .sentence = fmt::format("seq {}: the capture kept too little of frame {}",
                                                slot.sequence, probe.at.frame),
                        .sequence = slot.sequence,
                        .frames = frames_of(probe.at)});
    return judge_header(slot, false);
  }
  const auto packet = case_.octets.packet(probe);
  const auto hashed = case_.told.raw ? Bytes{packet} : Bytes{packet}.subspan(probe.message_at);
  if (hash_of(hashed) == *told) {
    case_.ledger.holds(Claim::probe, probe.at.frame);
    return judge_header(slot, true);
  }
  if (explain(slot, *told)) {
    case_.ledger.holds(Claim::probe, probe.at.frame);
    return;
  }
  accuse(slot,
         {.claim = Claim::probe,
          .fault = "octets_differ",
          .conditions = if_near,
          .line = slot.told.sent_line,
          .frames = frames_of(probe.at)},
         fmt::format("the octets of frame {} do not have the hash that is told", probe.at.frame));
}

// `hash_fits`: these are the octets that were handed over, so what they say is certain.
void Judge::judge_header(const Slot& slot, bool hash_fits) {
  const auto& probe = slot.probe;
  if (probe.message_at + std::size_t{8} > ProbeSighting::most_headers) return;
  const bool v4 = case_.run.v4();
  const bool proven = hash_fits && case_.told.raw;
  const auto ttl = std::uint64_t{probe.head[v4 ? 8 : 7]};
  const auto traffic_class =
      std::uint64_t{v4 ? probe.head[1] : load<std::uint16_t>(probe.head, 0) >> 4 & 0xffU};
  bool fine = true;
  const auto differs = [&](std::string_view fault, std::string_view what, std::uint64_t asked,
                           std::uint64_t is) {
    if (asked == is) return;
    fine = false;
    accuse(slot,
           {.claim = Claim::header,
            .fault = fault,
            .line = slot.told.sent_line,
            .frames = frames_of(probe.at),
            .unless_far = !proven},
           fmt::format("{} {} was asked for, frame {} has {}", what, asked, probe.at.frame, is));
  };
  if (case_.asked.ttl) differs("wrong_ttl", "TTL", case_.asked.ttl->value(), ttl);
  if (case_.asked.traffic_class)
    differs("wrong_traffic_class", "traffic class", case_.asked.traffic_class->value(),
            traffic_class);
  if (case_.asked.data_octets)
    differs("wrong_length", "data size", *case_.asked.data_octets, probe.data_size());
  const auto& discovery = case_.asked.path_mtu_discovery;
  if (v4 && probe.at.pieces.empty() && !discovery.empty() && discovery != "want")
    differs("wrong_dont_fragment", "don't fragment", discovery == "dont" ? 0 : 1,
            probe.head[6] >> 6 & 1U);
  const bool other_source = case_.run.source.without_zone() != case_.told.source.without_zone();
  if (other_source && case_.said_once.insert("wrong_source").second)
    accuse(slot,
           {.claim = Claim::identity,
            .fault = "wrong_source",
            .line = 1,
            .frames = frames_of(probe.at),
            .unless_far = !proven},
           fmt::format("{} is told as our address, frame {} comes from {}",
                       text_of(case_.told.source), probe.at.frame, text_of(case_.run.source)));
  if (fine) case_.ledger.holds(Claim::header, probe.at.frame);
}

void Judge::judge_checksum(const Slot& slot) {
  const auto& probe = slot.probe;
  if (!probe.header_sum_ok)
    return accuse(slot,
                  {.claim = Claim::checksum,
                   .fault = "header_checksum_wrong",
                   .line = slot.told.sent_line,
                   .frames = frames_of(probe.at)},
                  fmt::format("the header checksum of frame {} is wrong", probe.at.frame));
  if (probe.sum == Sum::wrong)
    return accuse(slot,
                  {.claim = Claim::checksum,
                   .fault = "message_checksum_wrong",
                   .line = slot.told.sent_line,
                   .frames = frames_of(probe.at)},
                  fmt::format("the ICMP checksum of frame {} is wrong", probe.at.frame));
  if (probe.sum != Sum::unknown) case_.ledger.holds(Claim::checksum, probe.at.frame);
}

// The program reads its clock before it hands a probe over; then the system may let it wait.
void Judge::judge_sent_time(const Slot& slot) {
  constexpr std::int64_t early = 60'000'000'000, late = 1'000'000'000;
  if (!case_.steps.empty()) return;
  const auto ahead = slot.told.sent_ns - slot.probe.at.first_ns;
  if (ahead <= late && ahead >= -early) return case_.ledger.holds(Claim::time, slot.probe.at.frame);
  accuse(slot,
         {.claim = Claim::time,
          .fault = "sent_at_another_time",
          .conditions = if_near,
          .line = slot.told.sent_line,
          .frames = frames_of(slot.probe.at),
          .unless_skewed = true,
          .unless_far = true},
         fmt::format("told as sent {} {} its frame", ms_text(ahead < 0 ? -ahead : ahead),
                     ahead < 0 ? "before" : "after"));
}

// ---------------------------------------------------------------------------------------- silence

void Judge::judge_silence(Slot& slot) {
  constexpr std::int64_t on_its_way = 10'000'000;  // between the card and the program, at most
  const auto& told = slot.told;
  const auto version = case_.run.v4() ? IpVersion::v4 : IpVersion::v6;
  // The first answer, that could have been heard before `moment`, and is not told before `line`.
  const auto answer = [&](std::int64_t moment, std::uint64_t line) -> Sighting* {
    for (auto& reply : slot.replies)
      if (!reply.orphan && reply.at.last_ns < moment - on_its_way) {
        const bool told_before = std::ranges::any_of(told.replies, [&](const ToldReply& event) {
          return event.line < line && event.unix_ns == reply.at.last_ns;
        });
        if (told_before) continue;
        reply.told = true;
        return &reply.at;
      }
    for (auto& error : slot.errors)
      if (!error.orphan && ends_probe(version, error.icmp.type) && is_deliverable(error) &&
          error.at.last_ns < moment - on_its_way) {
        error.told = true;
        return &error.at;
      }
    return nullptr;
  };
  if (told.lost_line != 0) {
    if (const auto* seen = answer(told.lost_ns, told.lost_line))
      accuse(slot,
             {.claim = Claim::silence,
              .fault = "lost_but_answered",
              .conditions = if_heard | if_near | if_answered,
              .line = told.lost_line,
              .frames = frames_of(*seen),
              .unless_skewed = true,
              .unless_far = true},
             fmt::format("called lost {} after frame {} had answered it",
                         ms_text(told.lost_ns - seen->last_ns), seen->frame));
    else
      case_.ledger.holds(Claim::silence);
  }
  if (told.outstanding_line != 0) {
    if (const auto* seen = answer(told.outstanding_ns, told.outstanding_line))
      accuse(slot,
             {.claim = Claim::silence,
              .fault = "outstanding_but_answered",
              .conditions = if_heard | if_near | if_answered,
              .line = told.outstanding_line,
              .frames = frames_of(*seen),
              .unless_skewed = true,
              .unless_far = true},
             fmt::format("called outstanding {} after frame {} had answered it",
                         ms_text(told.outstanding_ns - seen->last_ns), seen->frame));
    else
      case_.ledger.holds(Claim::silence);
  }
  said_.clear();
}

// ---------------------------------------------------------------------------------- frame numbers

bool Judge::shows(const Slot& slot, std::uint64_t number, bool neighbors) const {
  if (const auto copy = case_.copied_pieces.find(number); copy != case_.copied_pieces.end())
    number = copy->second;
  if (slot.probe.at.shows(number) || slot.probe.copy_frame == number) return true;
  for (const auto& reply : slot.replies)
    if (reply.at.shows(number)) return true;
  for (const auto& error : slot.errors)
    if (error.at.shows(number)) return true;
  return neighbors && case_.is_neighbor_frame(number);
}

void Judge::judge_numbers(const Slot& slot, const Frames& told, const Sighting* shown,
                          std::uint64_t line, bool neighbors) {
  if (told.empty() || !(case_.numbers_are_ours || case_.saw_comment)) return;
  const auto wrong = std::ranges::find_if(
      told, [&](std::uint64_t number) { return !shows(slot, number, neighbors); });
  const bool has_it =
      shown == nullptr || shown->frame == 0 || std::ranges::any_of(told, [&](std::uint64_t number) {
        const auto copy = case_.copied_pieces.find(number);
        return shown->shows(copy != case_.copied_pieces.end() ? copy->second : number);
      });
  if (wrong == told.end() && has_it) {
    ++case_.right_numbers;
    return case_.ledger.holds(Claim::frame, told.front());
  }
  ++case_.wrong_numbers;
  const auto number = wrong == told.end() ? told.front() : *wrong;
  const auto behind_the_end = number > case_.frames ? if_complete : certain;
  accuse(slot,
         {.claim = Claim::frame,
          .fault = "wrong_frame",
          .conditions = static_cast<std::uint8_t>(if_numbered | behind_the_end),
          .line = line,
          .frames = {number}},
         fmt::format("frame {} is told to show it, and does not", number));
}

void Judge::judge_told_frames(const Slot& slot) {
  judge_numbers(slot, slot.told.frames, nullptr,
                std::max({slot.told.sent_line, slot.told.lost_line, slot.told.refused_line}), true);
  said_.clear();
}

}  // namespace sonda::inline v0::verify
