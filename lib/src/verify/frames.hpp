// The frames' side: each is recognised, compared with its probe, and laid into that probe's slot.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonda/verify/verifier.hpp>

#include "case.hpp"
#include "fragments.hpp"
#include "slots.hpp"
#include "strangers.hpp"

namespace sonda::inline v0::verify {

class Frames {
 public:
  Frames(Case& shared, Slots& slots, Strangers& strangers)
      : case_{shared}, slots_{slots}, strangers_{strangers} {}

  void on_frame(const SeenFrame& frame);
  // Only how many and when: they are another tool's to recognise.
  void count(const SeenFrame& frame);
  void leave_to_others() { waiting_.clear(), waiting_octets_ = 0; }
  // The run is known now; frames that had to wait for that are looked at.
  void on_start();
  // A probe is told with this hash: it may show that frames have to be recognised otherwise.
  void on_hash(std::uint64_t sequence, const Sha256Digest& digest);

  [[nodiscard]] std::uint64_t highest() const { return highest_; }
  // The number of the last probe that was told or seen, which tells rounds of 65,536 apart.
  void remember(std::uint64_t sequence) { last_ = sequence; }
  // Pieces of packets that were too short, or waited too long for the others.
  [[nodiscard]] std::uint64_t lost_pieces() const { return cut_pieces_ + fragments_.given_up(); }
  [[nodiscard]] std::optional<std::int64_t> first_ns() const { return first_ns_; }
  [[nodiscard]] std::optional<std::int64_t> last_ns() const { return last_ns_; }
  [[nodiscard]] std::uint32_t interfaces() const {
    return static_cast<std::uint32_t>(by_interface_.size());
  }
  [[nodiscard]] std::uint64_t of_interface(std::uint32_t interface) const {
    return interface < by_interface_.size() ? by_interface_[interface] : 0;
  }

 private:
  struct Shown {  // a whole packet and where it was seen
    Bytes packet{};
    Sighting at{};
  };
  struct Kept {
    std::vector<std::uint8_t> packet{};
    std::uint64_t frame = 0;
    std::int64_t first_ns = 0, last_ns = 0, resolution_ns = 1;
    std::uint32_t interface = 0;
    capture::Direction direction{};
    bool cut = false;
    std::vector<std::uint64_t> pieces{};
    std::optional<FrameComment> comment{};
  };

  void look(Shown shown);
  void on_probe(const SeenPacket& seen, Shown& shown);
  void on_candidate(const SeenPacket& seen, const Shown& shown);
  void on_reply(const SeenPacket& seen, Shown& shown);
  void on_damaged_reply(const SeenPacket& seen, Shown& shown);
  void on_error(const SeenPacket& seen, Shown& shown);
  void on_other(const SeenPacket& seen, const Shown& shown);
  void on_stranger(const SeenPacket& seen, Shown& shown, ForeignReason reason);
  [[nodiscard]] std::unique_ptr<FrameComment> comment_of(const SeenFrame& frame);
  void comment_elsewhere(const Sighting& at);
  void keep_comment(const Sighting& at);
  void differs(const FrameComment& comment, std::uint64_t frame, const Sighting& of);
  void check_pieces(const std::vector<std::uint64_t>& pieces, const Sighting& at);
  void wait(const Shown& shown);
  void look_again();
  [[nodiscard]] bool adopt(const Kept& kept, std::uint64_t sequence, const Sha256Digest& digest);
  [[nodiscard]] bool is_ours(const Slot& slot, const SeenPacket& seen) const;
  [[nodiscard]] static bool same_again(const Sighting& a, const Sighting& b);

  Case& case_;
  Slots& slots_;
  Strangers& strangers_;
  Fragments fragments_;
  std::map<std::uint64_t, FrameComment> piece_comments_;
  std::uint64_t cut_pieces_ = 0;
  std::vector<std::uint64_t> by_interface_;
  std::optional<std::int64_t> first_ns_{}, last_ns_{};
  std::uint64_t highest_ = 0, last_ = 0, others_ = 0;
  std::uint64_t highest_answered_ = 0;
  std::int64_t highest_answered_ns_ = 0;

  // Until a probe has been recognised: frames that may turn out to be of the run.
  static constexpr std::size_t most_waiting = std::size_t{1} << 20;  // octets
  bool recognised_ = false;
  std::deque<Kept> waiting_;
  std::size_t waiting_octets_ = 0;
};

}  // namespace sonda::inline v0::verify
