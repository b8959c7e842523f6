// What the program's thread and the recorder's share, and what is the latter's alone. Private.
#pragma once
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sonda/evidence/pairing.hpp>
#include <sonda/evidence/recorder.hpp>
#include <sonda/net/bell.hpp>

namespace sonda::inline v0::evidence {

// An event on its way through. What it says is not changed once it is fixed.
struct Entry {
  std::uint64_t number = 0;
  Occurrence occurrence{};
  std::optional<Mention> mention{};  // until the pairing has heard it
  bool waits = false;            // for its frames
  bool fixed = false;            // decided: on its way into the file and back
  bool written = false;          // its line is in the file, or will never be
  Instant made{};
};

struct Recorder::State {
  State(net::Bell to_thread, net::Bell to_program)
      : work{std::move(to_thread)}, results{std::move(to_program)} {}

  // ------------------------------------------------------------------- of the recorder's thread
  void run();
  bool turn(Instant now);
  void take_frames(Instant now);
  void write_frames(Instant now, bool at_once);
  void write(const Pairing::Ready& ready);
  void decide(Instant now, bool at_once);
  void give_back();  // under `guard`
  struct Counted {
    std::int64_t unix_ns = 0;
    std::uint64_t dropped = 0;  // by all interfaces
  };
  [[nodiscard]] Counted count() const;
  void insert_drops(Instant now, const Counted& counted, std::uint64_t unseen, std::size_t at);
  void write_lines(std::size_t at_most);
  void write_all_lines();
  void write_other_counts();
  void finish();
  void check(const std::expected<void, Failure>& done);
  void fail(const Failure& failure);
  void sleep(Instant now);
  [[nodiscard]] capture::Direction direction_of(const capture::LiveFrame& frame,
                                                const capture::NetworkLayer& layer,
                                                capture::Direction by_content) const;
  [[nodiscard]] capture::Statistics statistics(std::size_t interface) const;

  // ------------------------------------------------------------------------ of both, under `guard`
  [[nodiscard]] Duration patience() const { return ending ? max_delay_at_the_end : max_delay; }

  // ------------------------------------------------------------------- of the recorder's thread
  std::optional<RecorderPlan> plan;
  std::thread thread;
  Pairing pairing;
  std::vector<capture::LiveFrame> frames;
  std::unordered_map<std::uint64_t, std::shared_ptr<Entry>> unheard;  // whose frames are looked for
  std::int64_t began_ns = 0;
  bool writable = true;     // the file takes what is written
  Instant capture_again{};  // after a failure the capture is left alone until then
  std::uint64_t drops_told = 0, unseen_answers = 0;
  using Told = std::pair<std::optional<std::uint64_t>, std::optional<std::uint64_t>>;
  std::vector<Told> others_told;  // of each interface, what was received and dropped

  // ------------------------------------------------------------------------ of both, under `guard`
  mutable std::mutex guard;
  std::vector<std::shared_ptr<Entry>> offered;   // with mentions that the thread has not heard
  std::deque<std::shared_ptr<Entry>> waiting;    // in order; behind those that are fixed
  std::deque<std::shared_ptr<Entry>> decided;    // to be given back
  std::deque<std::shared_ptr<Entry>> unwritten;  // fixed, and not in the file
  std::optional<Failure> failure;
  bool told_failure = false;
  bool started = false, ending = false, ended = false, abandoned = false;
  Instant end_due{};
  std::uint64_t next_number = 0;
  net::Bell work, results;
};

}  // namespace sonda::inline v0::evidence
