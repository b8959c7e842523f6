// What became of a run's claims: how often each kind held, and every one that did not, by name.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sonda/core/time.hpp>

namespace sonda::inline v0::verify {

enum class Verdict : std::uint8_t { holds, contradicted, inconclusive };

// What a run claims. One row of the table each; the words are `word_of`'s and the schema's.
enum class Claim : std::uint8_t {
  identity,     // source, target, identifier and mode of the run are those of its frames
  probe,        // a probe left, octet for octet (SHA-256), once
  header,       // TTL, traffic class, length and don't-fragment as asked
  checksum,     // every checksum of a probe is right
  reply,        // a reply came, once, from whom and how large, with the TTL told
  data,         // what came back is what was sent, or differs where it is said to
  order,        // late, duplicate, reordered: as told
  rtt,          // the wire's value lies inside the sample's bracket
  time,         // the moment told is the frame's
  icmp_error,   // an ICMP error came: type, code, sender, fields, extensions
  quotation,    // what it quotes, and what the path changed in our packet
  error_code,   // the errno is what Linux makes of that message
  silence,      // lost, outstanding: nothing came in time
  refused,      // what the system refused did not leave
  stranger,     // foreign and corrupt: such a frame came
  unexplained,  // no frame of the run is left untold
  frame,        // the frame numbers told are those of these frames
  comment,      // what a frame's comment says of it
  capture,      // the capture's own statistics and clock
  summary,      // the numbers at the end are those of the events
  // Of a lab's capture, whose comments say where each frame was and what became of it:
  crossing,  // it was on that link, and comes of that frame
  message,   // what a machine is said to say, it says
  // Of a second judge:
  judge  // tshark reads in these frames what we read
};
inline constexpr std::size_t claims = 23;

// "icmp_error": as in the schema.
[[nodiscard]] std::string_view word_of(Claim claim);
[[nodiscard]] std::string_view word_of(Verdict verdict);

// One claim that does not hold, or cannot be judged.
struct Finding {
  Claim claim{};
  Verdict verdict{};       // contradicted or inconclusive
  std::string fault{};     // which lie, as a word: "reply_counted_twice"
  std::string sentence{};  // "seq 3: RTT 0.412 ms is told, the frames say 1.412 ms"
  std::optional<std::uint64_t> sequence{};  // of the probe
  std::optional<std::uint64_t> line{};      // of the event, from 1
  std::vector<std::uint64_t> frames{};      // as Wireshark counts
  friend bool operator==(const Finding&, const Finding&) = default;
};

struct Tally {
  std::uint64_t holds = 0, contradicted = 0, inconclusive = 0;
  std::vector<std::uint64_t> frames{};  // examples that hold, a few
  friend bool operator==(const Tally&, const Tally&) = default;
};

// How far the RTTs told are from the wire's: told less measured, in units of the bracket and in ns.
struct RttDistribution {
  std::uint64_t samples = 0;
  std::uint64_t inside = 0;           // of the bracket, widened by `slack`
  Duration slack{};                   // 5 µs and the resolution of the capture's clock
  Duration median{}, p99{}, worst{};  // of |told - wire|
  friend bool operator==(const RttDistribution&, const RttDistribution&) = default;
};

// Where the capture was made, as far as its clock tells.
enum class Vantage : std::uint8_t { near_end, far_end, unknown };

struct Report {
  static constexpr std::size_t most_findings = 1'000;  // of contradictions, of doubts

  Verdict verdict = Verdict::inconclusive;
  std::map<Claim, Tally> claims{};
  std::vector<Finding> findings{};
  std::uint64_t more_findings = 0;
  std::string why_inconclusive{};  // one sentence, where that is the verdict
  RttDistribution rtt{};
  Vantage vantage = Vantage::unknown;
  std::uint64_t events = 0, frames = 0, frames_of_the_run = 0, other_frames = 0;
  std::optional<std::uint64_t> drops{};  // that capture or socket tell of; nothing: nobody tells
  std::string tool{}, target{};          // of the run
};

}  // namespace sonda::inline v0::verify
