// Reads capture and run side by side, whichever is behind first.
#include <optional>

#include <sonda/capture/capture_source.hpp>
#include <sonda/capture/network_layer.hpp>
#include <sonda/record/line_reader.hpp>
#include <sonda/verify/lab_claims.hpp>
#include <sonda/verify/verifier.hpp>
#include <sonda/verify/verify.hpp>

#include "event_lines.hpp"

namespace sonda::inline v0::verify {
namespace {

class Reading {
 public:
  Reading(capture::CaptureSource source, std::optional<LineFile> run, const Question& question)
      : source_{std::move(source)},
        run_{std::move(run)},
        verifier_{{.vantage = question.vantage,
                   .numbers_are_ours = !run_.has_value(),
                   .on_note = question.on_note}},
        lab_{question.on_note} {}

  [[nodiscard]] Report report() {
    if (run_) {
      read_both();
    } else {
      while (next_block()) {
      }
      comments_.finish([this](std::string_view line) { take_line(line); });
    }
    auto report = verifier_.finish();
    lab_.finish(report);
    return report;
  }

 private:
  // The events tell of a probe about when its frame is seen, whatever the two clocks say.
  void read_both() {
    bool events_left = true, frames_left = true;
    while (events_left || frames_left) {
      const bool behind = !verifier_.knows_the_run() && lines_ == 0
                              ? true
                              : verifier_.probes_told() <= verifier_.probes_seen();
      if (events_left && (behind || !frames_left))
        events_left = next_line();
      else
        frames_left = next_block();
    }
  }

  bool next_line() {
    const auto line = run_->next();
    if (!line) return false;
    take_line(*line);
    return true;
  }

  void take_line(std::string_view line) {
    ++lines_;
    if (line.find_first_not_of(" \t") == std::string_view::npos) return;
    if (const auto* event = reader_.read(line))
      verifier_.on_event(*event, lines_, line);
    else
      verifier_.on_broken_line(lines_, reader_.error());
  }

  bool next_block() {
    const auto block = source_.next();
    if (!block) {
      verifier_.on_end_of_capture(block.error().message(), source_.ended_inside_block());
      lab_.on_end_of_capture(block.error().message(), source_.ended_inside_block());
      return false;
    }
    if (!*block) return false;
    const auto& content = (*block)->content;
    if (const auto* frame = std::get_if<capture::Frame>(&content)) {
      take_frame(*frame);
    } else if (const auto* statistics = std::get_if<capture::Statistics>(&content)) {
      verifier_.on_statistics(*statistics);
      if (!run_)
        comments_(statistics->comments, [this](std::string_view line) { take_line(line); });
    }
    return true;
  }

  void take_frame(const capture::Frame& frame) {
    SeenFrame seen{.number = source_.frame_number(),
                   .unix_ns = frame.unix_ns,
                   .resolution_ns = source_.resolution_ns(frame.interface),
                   .cut = frame.length() > frame.octets.size(),
                   .direction = frame.direction,
                   .interface = frame.interface.value(),
                   .comments = frame.comments};
    const auto id = frame.interface.value();
    if (id < source_.interfaces().size()) {
      const auto& interface = source_.interfaces()[id].described;
      lab_.take(frame, seen.number, interface);
      const auto layer = capture::network_layer(interface.link_type, frame.octets);
      seen.arp = layer.protocol == capture::NetworkProtocol::arp;
      seen.arp_answer = seen.arp && layer.octets.size() >= 8 &&
                        load<std::uint16_t>(layer.octets, 6) != 1;  // RFC 826: 1 asks
      if (layer.protocol == capture::NetworkProtocol::ipv4 ||
          layer.protocol == capture::NetworkProtocol::ipv6)
        seen.packet = layer.octets;
      if (seen.direction == capture::Direction::unknown) seen.direction = layer.direction;
    }
    if (frame.drops.value_or(0) > 0) verifier_.on_dropped_frames(*frame.drops);
    verifier_.on_frame(seen);
  }

  capture::CaptureSource source_;
  std::optional<LineFile> run_;
  Verifier verifier_;
  LabClaims lab_;
  EventComments comments_;
  record::LineReader reader_;
  std::uint64_t lines_ = 0;
};

}  // namespace

std::expected<Report, Failure> verify(const Question& question) {
  auto source = capture::CaptureSource::open(question.capture);
  if (!source) return std::unexpected{source.error()};
  std::optional<LineFile> run;
  if (!question.run.empty()) {
    auto lines = LineFile::open(question.run);
    if (!lines) return std::unexpected{lines.error()};
    run = std::move(*lines);
  }
  return Reading{std::move(*source), std::move(run), question}.report();
}

}  // namespace sonda::inline v0::verify
