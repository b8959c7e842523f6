// What the client's interface sees of a run of ours under virtual time, and the file that shows it.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonda/capture/live_capture.hpp>
#include <sonda/capture/pcapng_writer.hpp>
#include <sonda/evidence/pairing.hpp>
#include <sonda/evidence/recognizer.hpp>
#include <sonda/lab/simulation.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/run/clock.hpp>

namespace sonda::testing {

struct Wrong {
  std::string what;
};

// What crosses the client's link, when it is seen at the client's end.
class Tap final : public sim::Observer {
 public:
  Tap(const lab::Simulation& simulation, const lab::KernelInterface& interface);

  void on_crossing(const sim::Crossing& crossing) override;
  void on_note(const sim::Note&) override {}

  // By time. Throws where a link did to a packet what this tap does not follow.
  [[nodiscard]] std::vector<capture::LiveFrame> frames() &&;

 private:
  sim::LinkIndex link_;
  bool client_is_upper_;
  bool strange_ = false;
  std::vector<capture::LiveFrame> frames_;
};

// As the recorder does it, with all the time there is.
class Evidence {
 public:
  Evidence(capture::PcapngWriter writer, std::unique_ptr<evidence::Recognizer> recognizer,
           record::RunContext context)
      : writer_{std::move(writer)},
        recognizer_{std::move(recognizer)},
        context_{std::move(context)} {}

  // Frames and events of a run, each in their order; the capture ends with its run.
  void show(std::vector<capture::LiveFrame> frames, const std::vector<Occurrence>& events);

 private:
  struct Entry {
    Occurrence occurrence{};
    Instant made{};
    bool waits = false;
  };

  void see(capture::LiveFrame frame);
  void hear(const Occurrence& occurrence);
  void finish();
  [[nodiscard]] capture::Statistics statistics() const;
  void pass(Instant now, bool at_once);

  capture::PcapngWriter writer_;
  std::unique_ptr<evidence::Recognizer> recognizer_;
  record::RunContext context_;
  evidence::Pairing pairing_;
  std::deque<Entry> entries_;
  std::uint64_t first_ = 0;  // number of the first of them
  std::uint64_t seen_ = 0;
  std::int64_t last_ns_ = run::VirtualClock::epoch_ns;
};

// A file that begins as our programs' do: how it was called, its interface, the target's name.
[[nodiscard]] capture::PcapngWriter begin_file(const std::string& file, const Start& start,
                                               const std::string& program,
                                               const std::string& interface,
                                               const std::string& filter);

// Of a literal or of a name of the network's.
[[nodiscard]] Address address_of(const lab::Simulation& simulation, const std::string& target,
                                 bool ipv6);

// The one command in a README's block of that kind, as in "sonda ping -c 3 web"; nothing where
// there is none.
[[nodiscard]] std::optional<std::string> command_in(const std::string& readme,
                                                    const std::string& kind);

}  // namespace sonda::testing
