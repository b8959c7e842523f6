// Events of a ping in their order: who may follow whom, and what they add up to.
#include "ping_claims.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "icmp_words.hpp"

namespace sonda::inline v0::verify {
namespace {

constexpr std::uint64_t most_at_once = 64;  // probes handed to a link before it says what became

// What a lower-case digit is worth; 255: it is none.
constexpr auto hexadecimal = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(255);
  for (std::size_t i = 0; i < 16; ++i)
    values[static_cast<std::uint8_t>("0123456789abcdef"[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

std::optional<Sha256Digest> digest_of(std::string_view text) {
  Sha256Digest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const auto high = hexadecimal[static_cast<std::uint8_t>(text[2 * i])];
    const auto low = hexadecimal[static_cast<std::uint8_t>(text[2 * i + 1])];
    if ((high | low) > 15) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

// That show what is told of a probe, answers apart.
void keep_frames(ToldProbe& told, const std::vector<std::uint64_t>& frames) {
  constexpr std::size_t most = 256;
  if (told.frames.size() + frames.size() <= most)
    told.frames.insert(told.frames.end(), frames.begin(), frames.end());
}

template <typename Answer>
Answer bounded(Answer event) {
  if (!event.rtt) return event;
  event.rtt->rtt = Duration{bounded_span(event.rtt->rtt.count())};
  event.rtt->error = Duration{bounded_span(event.rtt->error.count())};
  return event;
}

std::size_t index(ProbeStanding standing) { return static_cast<std::size_t>(standing); }

}  // namespace

void PingClaims::accuse(Claim claim, std::string_view fault, std::string sentence, const Line& line,
                        std::optional<std::uint64_t> sequence) {
  case_.ledger.accuse({.claim = claim,
                       .fault = fault,
                       .sentence = std::move(sentence),
                       .sequence = sequence,
                       .line = line.number});
}

void PingClaims::expect(bool told, bool is, std::string_view untold, std::string_view invented,
                        std::uint64_t sequence, const Line& line) {
  if (told == is) return case_.ledger.holds(Claim::order);
  const auto fault = is ? untold : invented;
  accuse(Claim::order, fault,
         fmt::format("seq {}: {} is told where the events before it say {}", sequence, told, is),
         line, sequence);
}

void PingClaims::on_event(const record::RecordedEvent& event, std::uint64_t number,
                          std::string_view text) {
  const auto& occurrence = event.occurrence;
  const Line line{number, bounded_moment(occurrence.unix_ns), occurrence.frames, text};
  // A file that was behind knows only afterwards what it lacks.
  const auto* drops = std::get_if<Drops>(&occurrence.event.what);
  const bool of_the_capture = drops != nullptr && drops->place == DropPlace::capture;
  if (summary_line_ != 0 && !of_the_capture) {
    accuse(Claim::summary, "event_after_summary",
           fmt::format("line {} follows the final summary in line {}", number, summary_line_),
           line);
    return;
  }
  check_context(event.context, line);
  check_changes(occurrence.event.what, line);
  constexpr std::int64_t too_far_back = 1'000'000'000;
  if (last_ns_ && line.unix_ns < *last_ns_ - too_far_back && case_.steps.empty() &&
      !std::holds_alternative<ClockStep>(occurrence.event.what))
    accuse(Claim::time, "time_goes_back",
           fmt::format("line {} is {} earlier than the line before it", number,
                       ms_text(*last_ns_ - line.unix_ns)),
           line);
  last_ns_ = line.unix_ns;
  std::visit([&](const auto& what) { on(what, line); }, occurrence.event.what);
}

void PingClaims::check_context(const record::RunContext& context, const Line& line) {
  if (case_.tool.empty()) {
    context_ = context;
    case_.tool = context.tool;
    case_.target_text = context.target;
    return;
  }
  if (context == context_) return;
  accuse(Claim::identity, "other_run",
         fmt::format("line {} is of {} of {} ({}), the run of {} of {} ({})", line.number,
                     context.tool, context.target, text_of(context.address), context_.tool,
                     context_.target, text_of(context_.address)),
         line);
}

void PingClaims::on(const Start& event, const Line& line) {
  if (case_.started) {
    accuse(Claim::identity, "second_start", fmt::format("line {} starts again", line.number), line);
    return;
  }
  case_.started = true;
  case_.start_ns = line.unix_ns;
  const auto wanted = [&](std::string_view name) -> const PlanValue* {
    for (const auto& [key, value] : event.plan)
      if (key == name) return &value;
    return nullptr;
  };
  const auto number = [&](std::string_view name) -> std::optional<std::int64_t> {
    const auto* value = wanted(name);
    const auto* whole = value != nullptr ? std::get_if<std::int64_t>(value) : nullptr;
    return whole != nullptr ? std::optional{*whole} : std::nullopt;
  };
  if (const auto ttl = number("ttl"); ttl && *ttl > 0 && *ttl <= 255) case_.asked.ttl = Ttl{*ttl};
  if (const auto tc = number("traffic_class"); tc && *tc >= 0 && *tc <= 255)
    case_.asked.traffic_class = TrafficClass{*tc};
  if (const auto size = number("data_octets"); size && *size >= 0)
    case_.asked.data_octets = static_cast<std::size_t>(*size);
  if (const auto* value = wanted("path_mtu_discovery"))
    if (const auto* word = std::get_if<std::string>(value)) case_.asked.path_mtu_discovery = *word;

  case_.told.source = event.source;
  case_.told.target = context_.address;
  case_.told.raw = event.mode == "raw";
  if (event.identifiers.size() == 1 && event.identifiers.front() <= Identifier::max)
    case_.told.identifier = Identifier{event.identifiers.front()};
  const bool sensible = (event.mode == "raw" || event.mode == "datagram") &&
                        event.identifiers.size() == 1 &&
                        event.identifiers.front() <= Identifier::max &&
                        event.source.is_v4() == context_.address.is_v4();
  if (sensible)
    case_.ledger.holds(Claim::identity);
  else
    accuse(Claim::identity, "bad_start",
           "the first event does not say in which mode, from where and with which identifier",
           line);
  case_.run = case_.told;
}

// -------------------------------------------------------------------------------------- of probes

Slot* PingClaims::slot(std::uint64_t sequence, ProbeId probe, const Line& line) {
  if (sequence == 0 || probe.value() != sequence - 1)
    accuse(Claim::probe, "wrong_number",
           fmt::format("probe {} is told to have sequence number {}", probe.value(), sequence),
           line, sequence);
  if (sequence == 0 || sequence > ~std::uint64_t{0} / 2) return nullptr;
  auto* found = slots_.of(sequence);
  if (found == nullptr) {
    beyond_memory_ = true;
    case_.ledger.doubt({.claim = Claim::probe,
                        .fault = "beyond_memory",
                        .sentence = fmt::format("seq {}: more than 65,536 probes ago", sequence),
                        .sequence = sequence,
                        .line = line.number});
  }
  return found;
}

void PingClaims::settle(ToldProbe& probe, ProbeStanding standing) {
  if (probe.standing == ProbeStanding::errored && probe.error_row < errors_.size() &&
      errors_[probe.error_row].count > 0)
    --errors_[probe.error_row].count;
  if (probe.standing != ProbeStanding::unsent) --in_standing_[index(probe.standing)];
  ++in_standing_[index(standing)];
  probe.standing = standing;
}

void PingClaims::on(const Sent& event, const Line& line) {
  auto* found = slot(event.sequence, event.probe, line);
  if (!first_probe_ns_) first_probe_ns_ = line.unix_ns;
  if (event.sequence > highest_ + most_at_once + 1)
    accuse(Claim::probe, "sequence_jumps",
           fmt::format("seq {} follows seq {}", event.sequence, highest_), line, event.sequence);
  highest_ = std::max(highest_, event.sequence);
  if (found == nullptr) return;
  auto& told = found->told;
  if (told.standing != ProbeStanding::unsent) {
    accuse(Claim::probe, "told_twice",
           fmt::format("seq {} is told as sent although line {} told what became of it",
                       event.sequence, std::max(told.sent_line, told.refused_line)),
           line, event.sequence);
    return;
  }
  settle(told, ProbeStanding::waiting);
  told.sent_line = line.number, told.sent_ns = line.unix_ns;
  keep_frames(told, line.frames);
  told.digest = digest_of(event.octets_sha256);
  case_.some_hashes |= told.digest.has_value();
  if (!told.digest && case_.some_hashes)
    accuse(Claim::probe, "hash_missing",
           fmt::format("seq {} has no hash although probes before it have", event.sequence), line,
           event.sequence);
}

void PingClaims::on(const Refused& event, const Line& line) {
  auto* found = slot(event.sequence, event.probe, line);
  if (!first_probe_ns_) first_probe_ns_ = line.unix_ns;
  highest_ = std::max(highest_, event.sequence);
  if (found == nullptr) return;
  auto& told = found->told;
  if (told.standing != ProbeStanding::unsent && told.standing != ProbeStanding::waiting) {
    accuse(Claim::probe, "told_twice",
           fmt::format("seq {} is told as refused although it had left", event.sequence), line,
           event.sequence);
    return;
  }
  settle(told, ProbeStanding::refused);
  told.refused_line = line.number;
  keep_frames(told, line.frames);
}

// The probe that an event calls silent; null where none waits for an answer, which is accused.
ToldProbe* PingClaims::silent(ProbeId probe, std::uint64_t sequence, const Line& line,
                              std::string_view said, std::string_view settled_fault) {
  auto* found = slot(sequence, probe, line);
  if (found == nullptr) return nullptr;
  if (found->told.standing == ProbeStanding::waiting) return &found->told;
  const bool sent = found->told.standing != ProbeStanding::unsent;
  accuse(Claim::silence, sent ? settled_fault : "silence_of_nothing",
         fmt::format("seq {} is called {} although it {}", sequence, said,
                     sent ? "had been settled" : "was not told as sent"),
         line, sequence);
  return nullptr;
}

void PingClaims::on(const Lost& event, const Line& line) {
  auto* told = silent(event.probe, event.sequence, line, "lost", "lost_twice");
  if (told == nullptr) return;
  settle(*told, ProbeStanding::lost);
  told->lost_line = line.number, told->lost_ns = line.unix_ns;
  keep_frames(*told, line.frames);
}

void PingClaims::on(const Outstanding& event, const Line& line) {
  auto* told = silent(event.probe, event.sequence, line, "outstanding", "outstanding_but_answered");
  if (told == nullptr) return;
  told->outstanding_line = line.number, told->outstanding_ns = line.unix_ns;
  keep_frames(*told, line.frames);
}

// ------------------------------------------------------------------------------------- of answers

void PingClaims::count_first_reply(const Reply& event) {
  highest_answered_ = std::max(highest_answered_, event.sequence);
  if (event.rtt) {
    rtts_.add(bounded_span(event.rtt->rtt.count()));
    const auto so_far = counted_.clock.value_or(event.rtt->clock);
    counted_.clock = so_far == event.rtt->clock ? so_far : StampClock::user;
  }
  if (event.ttl && reply_ttl_ && *event.ttl != *reply_ttl_)
    expected_change_ = Change{"reply_ttl", std::to_string(reply_ttl_->value()),
                              std::to_string(event.ttl->value())};
  if (event.ttl) reply_ttl_ = event.ttl;
}

void PingClaims::on(const Reply& event, const Line& line) {
  heard_anything_ = true;
  counted_.corrupt += event.corrupt_octet.has_value();
  auto* found = slot(event.sequence, event.probe, line);
  if (found == nullptr) {  // only its own word for it
    event.duplicate ? ++counted_.duplicates : ++in_standing_[index(ProbeStanding::answered)];
    if (event.duplicate) return;
    --in_standing_[index(event.late ? ProbeStanding::lost : ProbeStanding::waiting)];
    counted_.late += event.late, counted_.reordered += event.reordered;
    return count_first_reply(event);
  }
  auto& told = found->told;
  if (told.standing == ProbeStanding::unsent || told.standing == ProbeStanding::refused)
    accuse(Claim::reply, "reply_to_nothing",
           fmt::format("a reply to seq {}, which was not told as sent", event.sequence), line,
           event.sequence);
  const bool duplicate = told.standing == ProbeStanding::answered;
  const bool late = told.standing == ProbeStanding::lost;
  const bool reordered = !duplicate && event.sequence < highest_answered_;
  // The copy of an event is called what it is, by who matches it with the frames.
  const bool copied = duplicate && !event.duplicate &&
                      std::ranges::any_of(told.replies, [&](const ToldReply& other) {
                        return other.reply == bounded(event) && other.unix_ns == line.unix_ns;
                      });
  if (!copied) {
    expect(event.duplicate, duplicate, "duplicate_untold", "duplicate_invented", event.sequence,
           line);
    if (event.duplicate == duplicate) {
      expect(event.late, late, "late_untold", "late_invented", event.sequence, line);
      expect(event.reordered, reordered, "reordered_untold", "reordered_invented", event.sequence,
             line);
    }
  }
  if (case_.has_room(told.replies.size()))
    told.replies.push_back({bounded(event), line.number, line.unix_ns, line.frames});
  if (duplicate) {
    counted_.duplicates += !copied;
    return;
  }
  settle(told, ProbeStanding::answered);
  counted_.late += late, counted_.reordered += reordered;
  count_first_reply(event);
}

std::uint32_t PingClaims::error_row(const IcmpError& event) {
  constexpr std::size_t most_rows = 65'536;
  const std::tuple key{event.from,
                       static_cast<std::uint16_t>(event.icmp.type << 8 | event.icmp.code),
                       event.neighbor};
  if (const auto found = error_rows_.find(key); found != error_rows_.end()) return found->second;
  if (errors_.size() >= most_rows) return static_cast<std::uint32_t>(most_rows);
  const auto row = static_cast<std::uint32_t>(errors_.size());
  errors_.push_back({.from = event.from,
                     .version = event.icmp.version,
                     .type = event.icmp.type,
                     .code = event.icmp.code,
                     .neighbor = event.neighbor});
  error_rows_.emplace(key, row);
  return row;
}

void PingClaims::on(const IcmpError& event, const Line& line) {
  heard_anything_ |= !event.neighbor;
  auto* found = slot(event.sequence, event.probe, line);
  if (found == nullptr) return;
  auto& told = found->told;
  if (told.standing == ProbeStanding::unsent || told.standing == ProbeStanding::refused)
    accuse(Claim::icmp_error, "error_about_nothing",
           fmt::format("an error about seq {}, which was not told as sent", event.sequence), line,
           event.sequence);
  const auto version = case_.told.v4() ? IpVersion::v4 : IpVersion::v6;
  const bool ends = ends_probe(version, event.icmp.type);
  const bool duplicate =
      ends && (told.standing == ProbeStanding::answered || told.standing == ProbeStanding::errored);
  const bool late = ends && told.standing == ProbeStanding::lost;
  expect(event.duplicate, duplicate, "duplicate_untold", "duplicate_invented", event.sequence,
         line);
  if (event.duplicate == duplicate)
    expect(event.late, late, "late_untold", "late_invented", event.sequence, line);
  if (event.ends_probe != ends)
    accuse(Claim::icmp_error, "wrong_ends_probe",
           fmt::format("seq {}: a message of type {} {} a probe", event.sequence, event.icmp.type,
                       ends ? "ends" : "does not end"),
           line, event.sequence);
  if (case_.has_room(told.errors.size()))
    told.errors.push_back({bounded(event), line.number, line.unix_ns, line.frames});
  if (!ends || duplicate) return;
  settle(told, ProbeStanding::errored);
  counted_.late += late;
  told.error_row = error_row(event);
  if (told.error_row < errors_.size()) ++errors_[told.error_row].count;
}

void PingClaims::on(const Foreign& event, const Line& line) {
  heard_anything_ = true;
  ++counted_.foreign;
  strangers_.told({.from = event.from,
                   .type = event.type,
                   .code = event.code,
                   .wire_sequence = event.wire_sequence,
                   .reason = event.reason,
                   .unix_ns = line.unix_ns,
                   .line = line.number,
                   .frames = line.frames});
}

void PingClaims::on(const Corrupt& event, const Line& line) {
  heard_anything_ = true;
  ++counted_.corrupt;
  strangers_.told({.damaged = true,
                   .from = event.from,
                   .unix_ns = line.unix_ns,
                   .line = line.number,
                   .frames = line.frames,
                   .octet = event.octet,
                   .was = event.was,
                   .is = event.is});
}

// -------------------------------------------------------------------------------- of the run
// itself

void PingClaims::on(const ClockStep& event, const Line& line) {
  constexpr std::size_t most_steps = 64;
  if (case_.steps.size() < most_steps)
    case_.steps.push_back({line.unix_ns, bounded_span(event.step_ns)});
}

void PingClaims::on(const Drops& event, const Line&) {
  // What the capture dropped, its thread tells of; the engine never hears of it.
  if (event.place == DropPlace::capture) {
    capture_drops_ += event.count;
    return;
  }
  counted_.drops += event.count;
  case_.socket_drops += event.count;
}

void PingClaims::on(const PingSummary& event, const Line& line) {
  const auto in = [this](ProbeStanding standing) { return in_standing_[index(standing)]; };
  counted_.received = in(ProbeStanding::answered), counted_.errors = in(ProbeStanding::errored);
  counted_.lost = in(ProbeStanding::lost), counted_.waiting = in(ProbeStanding::waiting);
  counted_.refused = in(ProbeStanding::refused);
  counted_.sent = counted_.received + counted_.errors + counted_.lost + counted_.waiting;
  check_figures(event, line);
  check_senders(event, line);
  check_elapsed(event, line);
  if (event.final) {
    summary_line_ = line.number;
    case_.horizon_ns = line.unix_ns;
  }
}

}  // namespace sonda::inline v0::verify
