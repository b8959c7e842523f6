// What all parts of a verification share: the run, the ledger, and what is learnt on the way.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/event/event.hpp>
#include <sonda/verify/verifier.hpp>

#include "ledger.hpp"
#include "probe_octets.hpp"
#include "rtt_figures.hpp"
#include "seen_packet.hpp"

namespace sonda::inline v0::verify {

// What the first event says was asked for. Nothing: it does not say.
struct Asked {
  std::optional<Ttl> ttl{};
  std::optional<TrafficClass> traffic_class{};
  std::optional<std::size_t> data_octets{};
  std::string path_mtu_discovery{};
};

// How the moments told lie to those of the frames: exact where the capture was made where the run
// was, by the same clock.
struct ClockVotes {
  std::uint64_t exact = 0, off = 0;
  std::int64_t least = 0, most = 0;  // of those that are off: frame less event
  std::uint64_t rtt_fits = 0, rtt_differs = 0;
  std::int64_t resolution_ns = 1;
};

struct Case {
  Ledger ledger{};
  ProbeOctets octets{};
  VerifierOptions options{};

  bool started = false;  // the first event was there
  Identity told{};       // as the run says
  Identity run{};        // as its frames are recognised
  Asked asked{};
  std::string tool{}, target_text{};
  std::optional<std::int64_t> start_ns{};
  bool some_hashes = false;
  std::set<std::string_view> said_once{};  // faults of the whole run that need no repetition

  struct Step {
    std::int64_t unix_ns = 0, step_ns = 0;
  };
  std::vector<Step> steps{};  // of the wall clock, as the run tells of them
  std::uint64_t socket_drops = 0;
  // After the run's last word nothing is its business. Nothing: it goes on.
  std::optional<std::int64_t> horizon_ns{};

  ClockVotes votes{};
  Distances rtt_distances{};
  std::uint64_t rtt_inside = 0;
  std::int64_t slack_ns = 5'000;

  bool saw_comment = false;      // of a run, beside a frame
  bool numbers_are_ours = true;  // frame numbers told are of this capture
  struct NeighborFrame {         // of ARP or neighbour discovery
    std::uint64_t number = 0;
    std::int64_t unix_ns = 0;
    bool answer = false;
  };
  std::array<NeighborFrame, 1'024> neighbor_frames{};  // the last ones, in a ring
  std::uint64_t neighbors = 0;
  std::uint64_t frames = 0, frames_of_the_run = 0;

  // Of all probes that are remembered, so many answers, told and seen, are kept; a flood beyond
  // that leaves open what is missing and what is untold.
  static constexpr std::uint64_t most_answers = 500'000;
  static constexpr std::size_t most_answers_of_one = 1'024;
  std::uint64_t answers = 0;
  bool flooded = false;
  [[nodiscard]] bool has_room(std::size_t of_this_probe) {
    const bool room = of_this_probe < most_answers_of_one && answers < most_answers;
    flooded |= !room;
    answers += room ? 1U : 0U;
    return room;
  }

  [[nodiscard]] bool heard(std::int64_t moment) const {
    constexpr std::int64_t on_its_way = 10'000'000;  // between the card and the program, at most
    return !horizon_ns || moment < *horizon_ns - on_its_way;
  }
  [[nodiscard]] bool is_neighbor_frame(std::uint64_t number) const;
  void on_neighbor(NeighborFrame frame) {
    neighbor_frames[neighbors++ % neighbor_frames.size()] = frame;
  }
  // Our system asked about then who a neighbour is, and nobody said so: what was to go there waits.
  [[nodiscard]] bool neighbor_is_silent(std::int64_t moment) const;
  void note(const std::vector<std::uint64_t>& frames_of, std::string_view text) const;
};

// "0.412000 ms"
[[nodiscard]] std::string ms_text(std::int64_t ns);
[[nodiscard]] std::string text_of(const Address& address);

}  // namespace sonda::inline v0::verify
