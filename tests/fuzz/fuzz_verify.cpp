// A run and its capture, spoilt as the input says, or made of the input altogether: a verdict comes
// out, in words that are documented, and whoever is not spoilt is believed.
#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include <sonda/capture/network_layer.hpp>
#include <sonda/capture/pcapng_reader.hpp>
#include <sonda/core/sha256.hpp>
#include <sonda/record/line_reader.hpp>
#include <sonda/verify/faults.hpp>
#include <sonda/verify/verifier.hpp>
#include <sonda/wire/icmp_echo.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/ipv4.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

using verify::Report;
using verify::Verdict;

constexpr std::int64_t epoch = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z
constexpr Ipv4Address us{192, 0, 2, 2}, target{198, 51, 100, 10}, router{192, 0, 2, 1};

struct Frame {
  std::int64_t unix_ns = 0;
  Octets packet{};
  std::vector<std::string> comments{};
};
struct Evidence {
  std::vector<std::string> lines{};
  std::vector<Frame> frames{};
};

Octets in_packet(const Ipv4Address& from, const Ipv4Address& to, std::uint16_t id,
                 const auto& message) {
  const Ipv4Header ip{
      .identification = id, .protocol = Protocol::icmp, .source = from, .destination = to};
  Octets out(ip.size() + message.size());
  ip.emit(out, message.size());
  message.emit(MutableBytes{out}.subspan(ip.size()));
  return out;
}

// Six probes: four are answered, one is refused by a router, one is lost.
const Evidence& honest() {
  static const Evidence known = [] {
    Evidence out;
    const record::RunContext context{.tool = "ping", .target = "host", .address = target};
    const auto tell = [&](std::int64_t at, Happening what, std::vector<std::uint64_t> frames = {}) {
      out.lines.push_back(record::to_json({.event = {Instant{}, std::move(what)},
                                           .unix_ns = epoch + at,
                                           .frames = std::move(frames)},
                                          context));
    };
    const auto show = [&](std::int64_t at, Octets packet, std::string comment) {
      out.frames.push_back({epoch + at, std::move(packet), {std::move(comment)}});
      return std::vector<std::uint64_t>{out.frames.size()};
    };
    tell(0, Start{.source = us,
                  .interface = "eth0",
                  .mode = "raw",
                  .clock = "kernel",
                  .plan = {{"ttl", std::int64_t{64}},
                           {"data_octets", std::int64_t{16}},
                           {"path_mtu_discovery", std::string{"want"}}},
                  .identifiers = {77}});
    constexpr std::int64_t step = 10'000'000, rtt = 2'000'000;
    const RttSample sample{Duration{rtt}, Duration{1'000}, StampClock::kernel};
    for (std::uint64_t seq = 1; seq <= 6; ++seq) {
      const ProbeId probe{seq - 1};
      const auto at = static_cast<std::int64_t>(seq) * step;
      const auto about =
          "sonda: probe=" + std::to_string(seq - 1) + "; seq=" + std::to_string(seq) + "; ";
      std::array<std::uint8_t, 16> data{};
      data.fill(static_cast<std::uint8_t>(seq * 17));
      std::fill(data.begin() + 8, data.end(), std::uint8_t{9});
      Echo echo{.identifier = Identifier{77}, .sequence = Sequence{seq}, .data = data};
      const auto request = in_packet(us, target, static_cast<std::uint16_t>(seq), echo);
      tell(at, Sent{probe, seq, sha256_text(request)}, show(at, request, about + "sent; ttl=64;"));
      if (seq == 4) {
        const Icmpv4Error error{.code = 13, .quoted = request};
        const auto frames = show(at + rtt, in_packet(router, us, 1, error),
                                 about +
                                     "icmp_error; icmp=3/13; errno=EHOSTUNREACH; "
                                     "rtt_ms=2.000000;");
        tell(at + rtt,
             IcmpError{.probe = probe,
                       .sequence = seq,
                       .from = router,
                       .icmp = {.type = 3, .code = 13, .name = "admin-prohibited"},
                       .error_code = EHOSTUNREACH,
                       .rtt = sample,
                       .quoted_octets = request.size()},
             frames);
      } else if (seq != 5) {
        echo.kind = EchoKind::reply;
        const auto frames = show(at + rtt, in_packet(target, us, 2, echo),
                                 about + "reply; ttl=64; rtt_ms=2.000000;");
        tell(at + rtt,
             Reply{.probe = probe,
                   .sequence = seq,
                   .from = target,
                   .bytes = 24,
                   .ttl = Ttl{64},
                   .rtt = sample},
             frames);
      }
    }
    tell(200'000'000, Lost{ProbeId{4}, 5});
    PingSummary summary{.sent = 6,
                        .received = 4,
                        .errors = 1,
                        .lost = 1,
                        .errors_by_sender = {{.from = router, .type = 3, .code = 13, .count = 1}},
                        .elapsed = Duration{190'000'000},
                        .rtt = RttStatistics{},
                        .clock = StampClock::kernel};
    const Duration d{rtt};
    *summary.rtt = {d, d, d, d, d, d, Duration{}, Duration{}, 4};
    tell(200'000'000, summary);
    return out;
  }();
  return known;
}

void claim_sound(const Report& report) {
  claim(report.findings.size() <= Report::most_findings);
  bool contradicted = false;
  for (const auto& [kind, tally] : report.claims) contradicted |= tally.contradicted > 0;
  claim(contradicted == (report.verdict == Verdict::contradicted));
  claim(report.verdict != Verdict::inconclusive || !report.why_inconclusive.empty());
  for (const auto& finding : report.findings) {
    claim(!finding.sentence.empty());
    claim(std::ranges::any_of(verify::fault_words, [&](const verify::FaultWord& known) {
      return known.word == finding.fault && known.claim == finding.claim;
    }));
  }
}

class Feeding {
 public:
  void line(std::string_view text) {
    ++lines_;
    if (const auto* event = reader_.read(text))
      verifier_.on_event(*event, lines_, text);
    else
      verifier_.on_broken_line(lines_, reader_.error());
  }
  void frame(std::int64_t unix_ns, Bytes packet, std::span<const std::string> comments,
             bool cut = false, std::uint32_t interface = 0) {
    verifier_.on_frame({.number = ++frames_,
                        .unix_ns = unix_ns,
                        .packet = packet,
                        .cut = cut,
                        .interface = interface,
                        .comments = comments});
  }
  void statistics(const capture::Statistics& statistics) { verifier_.on_statistics(statistics); }
  void complete() {
    statistics({.unix_ns = epoch + 300'000'000, .received = frames_, .dropped = 0});
  }
  [[nodiscard]] Report report() { return verifier_.finish(); }

 private:
  verify::Verifier verifier_;
  record::LineReader reader_;
  std::uint64_t lines_ = 0, frames_ = 0;
};

// One thing after the other is done to the honest evidence.
void spoil(Evidence& evidence, Choices& choices) {
  auto& frames = evidence.frames;
  auto& lines = evidence.lines;
  while (!choices.empty() && !frames.empty() && !lines.empty()) {
    const auto what = choices.up_to(9);
    auto& frame = frames[choices.up_to(frames.size() - 1)];
    auto& line = lines[choices.up_to(lines.size() - 1)];
    switch (what) {
      case 0:
        if (!frame.packet.empty())
          frame.packet[choices.up_to(std::min<std::size_t>(frame.packet.size(), 60'000) - 1)] =
              choices.octet();
        break;
      case 1:
        frame.unix_ns += choices.number<std::uint32_t>();
        break;
      case 2:
        frame.packet.resize(choices.up_to(frame.packet.size()));
        break;
      case 3:
        frames.erase(frames.begin() + (&frame - frames.data()));
        break;
      case 4:
        if (frames.size() < 64) frames.push_back(Frame{frame});
        break;
      case 5:
        if (!line.empty())
          line[choices.up_to(std::min<std::size_t>(line.size(), 60'000) - 1)] =
              static_cast<char>(choices.octet());
        break;
      case 6:
        lines.erase(lines.begin() + (&line - lines.data()));
        break;
      case 7:
        if (lines.size() < 64) lines.push_back(std::string{line});
        break;
      case 8:
        std::swap(line, lines[choices.up_to(lines.size() - 1)]);
        break;
      default:
        frame.comments = lines;
        for (auto& comment : frame.comments) comment.insert(0, "sonda: probe=1; ");
        break;
    }
  }
}

void judge_spoilt(Choices& choices) {
  auto evidence = honest();
  const auto order = choices.up_to(2);
  const bool honestly = choices.empty();
  spoil(evidence, choices);
  Feeding feeding;
  std::size_t e = 0, f = 0;
  while (e < evidence.lines.size() || f < evidence.frames.size()) {
    const bool event = f == evidence.frames.size() ||
                       (e < evidence.lines.size() && (order == 1 || (order == 2 && e <= f)));
    if (event) {
      feeding.line(evidence.lines[e++]);
    } else {
      const auto& frame = evidence.frames[f++];
      feeding.frame(frame.unix_ns, frame.packet, frame.comments);
    }
  }
  feeding.complete();
  const auto report = feeding.report();
  claim_sound(report);
  claim(!honestly || report.verdict == Verdict::holds);
}

// Octets of the input as packets, lines and counts, behind a true beginning.
void judge_made_up(Choices& choices) {
  Feeding feeding;
  feeding.line(honest().lines.front());
  std::int64_t now = epoch;
  while (!choices.empty()) {
    const auto what = choices.up_to(3);
    const auto octets = choices.take(choices.octet());
    now += choices.number<std::uint16_t>();
    std::vector<char> room;
    if (what == 0) feeding.line(text_of(octets, room));
    if (what == 1) feeding.frame(now, octets, {}, choices.flag(), choices.octet());
    if (what == 2) {  // an answer or an error with our identifier, perhaps in pieces
      auto packet = in_packet(target, us, 3,
                              Echo{.kind = choices.flag() ? EchoKind::reply : EchoKind::request,
                                   .identifier = Identifier{77},
                                   .sequence = Sequence{choices.octet()},
                                   .data = octets});
      packet[6] = choices.octet(), packet[7] = choices.octet();
      feeding.frame(now, packet, {});
    }
    if (what == 3)
      feeding.statistics({.unix_ns = now,
                          .received = choices.octet(),
                          .dropped = choices.octet() & 1U,
                          .delivered = choices.octet()});
  }
  claim_sound(feeding.report());
}

// The input as a capture, with whatever events its comments hold.
void judge_capture(Bytes rest) {
  Feeding feeding;
  capture::PcapngReader reader;
  while (true) {
    const auto block = reader.next(rest);
    if (!block || block->size == 0) break;
    rest = rest.subspan(block->size);
    if (const auto* frame = std::get_if<capture::Frame>(&block->content)) {
      const auto layer = capture::network_layer(
          reader.interfaces()[frame->interface.value()].described.link_type, frame->octets);
      feeding.frame(frame->unix_ns, layer.octets, frame->comments);
    } else if (const auto* counts = std::get_if<capture::Statistics>(&block->content)) {
      feeding.statistics(*counts);
      for (const auto& comment : counts->comments) feeding.line(comment);
    }
  }
  claim_sound(feeding.report());
}

void look(Bytes input) {
  Choices choices{input};
  switch (choices.up_to(2)) {
    case 0:
      return judge_spoilt(choices);
    case 1:
      return judge_made_up(choices);
    default:
      return judge_capture(choices.rest());
  }
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
