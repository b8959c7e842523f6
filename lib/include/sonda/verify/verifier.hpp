// The judge by itself: events and frames go in, in any order between the two, a report comes out.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sonda/capture/pcapng_block.hpp>
#include <sonda/core/bytes.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/verify/report.hpp>

namespace sonda::inline v0::verify {

// A frame of the capture without its link's header.
struct SeenFrame {
  std::uint64_t number = 0;  // as Wireshark counts
  std::int64_t unix_ns = 0;
  std::int64_t resolution_ns = 1;  // how finely its clock counts
  Bytes packet{};                  // from the IP header on; empty where it carries no IP packet
  bool cut = false;                // the capture kept less of it than there was
  bool arp = false;
  bool arp_answer = false;  // it is no question
  capture::Direction direction = capture::Direction::unknown;
  std::uint32_t interface = 0;
  std::span<const std::string> comments{};
};

struct VerifierOptions {
  Vantage vantage = Vantage::unknown;  // as the caller knows it; unknown: found out
  // The frame numbers in the events are this capture's. If not, they are judged all the same where
  // comments beside the frames show that they are.
  bool numbers_are_ours = true;
  // What there is to say beside a frame, when it is known.
  std::function<void(std::uint64_t frame, std::string_view note)> on_note{};
};

// Remembers the last 65,536 probes, events and frames of each; for everything else it has counters.
// So the two streams may be so many probes apart. One thread at a time.
class Verifier {
 public:
  explicit Verifier(VerifierOptions options = {});
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;
  ~Verifier();

  // Events in the order of their lines, counted from 1. `text`: the line itself, for what is in it
  // and not in the event.
  void on_event(const record::RecordedEvent& event, std::uint64_t line, std::string_view text = {});
  // A line that is no event, and what is wrong with it.
  void on_broken_line(std::uint64_t line, std::string_view why);
  // Frames in the order of the capture.
  void on_frame(const SeenFrame& frame);
  void on_statistics(const capture::Statistics& statistics);
  // The capture itself says that it lost frames in front of the next one.
  void on_dropped_frames(std::uint64_t count);
  // The capture ends otherwise than it should: its writer was killed, or the file is broken.
  void on_end_of_capture(std::string_view why, bool writer_killed);

  // How far each stream has come: the number of the last probe it told of.
  [[nodiscard]] std::uint64_t probes_told() const;
  [[nodiscard]] std::uint64_t probes_seen() const;
  [[nodiscard]] bool knows_the_run() const;  // its first event was there

  // The verdict; nothing may follow.
  [[nodiscard]] Report finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::verify
