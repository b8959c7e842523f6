// Stands between a run and its output: captures, tells which frames show each event, and writes
// both into one file.
#pragma once
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonda/capture/pcapng_writer.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/event.hpp>
#include <sonda/evidence/frame_source.hpp>
#include <sonda/evidence/recognizer.hpp>
#include <sonda/wire/ethernet.hpp>

namespace sonda::inline v0::evidence {

// By what a frame's direction is known.
struct OwnEnd {
  std::optional<MacAddress> mac{};
  bool loopback = false;  // both directions show there; what the frame is decides
};

// Of the interfaces of these names in this network namespace.
[[nodiscard]] std::vector<OwnEnd> own_ends(const std::vector<capture::Interface>& interfaces);

struct RecorderPlan {
  capture::PcapngWriter file;
  std::unique_ptr<FrameSource> source;
  std::unique_ptr<Recognizer> recognizer;
  std::vector<OwnEnd> own{};  // of each interface of the source
  capture::NameTable names{};
  // What the file is told of an event: its JSON line. Called by the recorder's thread.
  std::function<std::string(const Occurrence&)> line_of{};
};

// A thread of its own captures and writes; the program's thread, the only one that calls, moves
// events and never waits. They come back in order, with their frames, at most `max_delay` later.
//
// The first failure, of the file or of the capture, is told once. Afterwards the file is written no
// more, or shows no more frames, and events come back as before. A file is valid up to its last
// frame at any moment. What comes back was handed to the system before, frames and line, but for an
// event that `max_delay` has brought back because the file was held up: its line follows, and it
// names no frame that the file lacks.
class Recorder {
 public:
  static constexpr Duration max_delay = std::chrono::milliseconds{100};
  // And that many once end() was called, so that a run's last event knows of every frame that its
  // capture lost, even if the file is behind.
  static constexpr Duration max_delay_at_the_end = std::chrono::seconds{1};

  [[nodiscard]] static std::expected<Recorder, Failure> make();
  Recorder(Recorder&&) noexcept;
  Recorder& operator=(Recorder&&) = delete;
  // Waits until the file is written, unless abandon() was called.
  ~Recorder();

  // Before the first probe. Failure: what the file says to its interfaces.
  [[nodiscard]] std::expected<void, Failure> record(RecorderPlan plan);
  // Begins the thread, which has the caller's privilege: drop it first.
  [[nodiscard]] std::expected<void, Failure> start();

  void offer(const Occurrence& occurrence);
  // Has input when release() has something.
  [[nodiscard]] int descriptor() const noexcept;
  // When release() has something even without input.
  [[nodiscard]] std::optional<Instant> next_due() const;
  // The events whose turn it is, appended.
  void release(Instant now, std::vector<Occurrence>& out);
  [[nodiscard]] std::optional<Failure> take_failure();

  // No more events: the last frames are waited for, the statistics written, the file closed. Go on
  // with release() until ended(). That takes as long as the file takes to be written: a pipe that
  // nobody reads holds it up, and abandon() gives it up.
  void end();
  [[nodiscard]] bool ended() const;
  void abandon();

 private:
  struct State;
  explicit Recorder(std::shared_ptr<State> state) noexcept;
  std::shared_ptr<State> state_;
};

}  // namespace sonda::inline v0::evidence
