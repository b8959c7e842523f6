// Which frame shows which event: by what both call it, and by the nearest time.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <sonda/capture/live_capture.hpp>
#include <sonda/core/time.hpp>
#include <sonda/evidence/recognizer.hpp>

namespace sonda::inline v0::evidence {

// Without threads, clocks and files. Frames come out in the order in which they came in.
class Pairing {
 public:
  // How long a frame waits for the mention about it, and an answer's mention for its frame.
  static constexpr Duration patience = std::chrono::milliseconds{90};
  // How long a doubled piece waits for the others that would make it a second packet.
  static constexpr Duration doubt = std::chrono::milliseconds{10};
  // How long a probe's frame may come after its mention, and any mention after its frame was
  // written.
  static constexpr Duration memory = std::chrono::seconds{10};
  // How long a group waits for the event about it, since its last frame.
  static constexpr Duration memory_of_groups = std::chrono::minutes{3};

  // A frame. Before a mention is heard, every frame is to be seen that the system had when the
  // mention was made.
  void see(Instant now, capture::LiveFrame frame, const Sight& sight);
  // `entry` names the event, whose time is `unix_ns`; `made` is when it was told.
  void hear(Instant made, std::uint64_t entry, std::int64_t unix_ns, Mention mention);

  struct Ready {
    capture::LiveFrame frame{};
    capture::Direction direction{};
    std::string comment{};  // may be empty
  };
  // The next frame, unless it still waits for its mention; with `at_once` even then.
  [[nodiscard]] std::optional<Ready> next(Instant now, bool at_once);
  // The number under which that frame was written.
  void written(std::uint64_t number);

  struct Shown {
    std::uint64_t entry = 0;
    std::vector<std::uint64_t> frames{};  // all of them
    friend bool operator==(const Shown&, const Shown&) = default;
  };
  // The events whose frames have become known since the last call.
  [[nodiscard]] std::vector<Shown> take_shown();
  // Those of its frames that were written so far.
  [[nodiscard]] std::vector<std::uint64_t> so_far(std::uint64_t entry) const;
  struct GivenUp {
    std::uint64_t unseen = 0;              // answers that no frame shows
    std::vector<std::uint64_t> entries{};  // of which take_shown() will tell nothing any more
  };
  // What has waited too long, since the last call.
  [[nodiscard]] GivenUp give_up(Instant now);
  // When next() has something even if nothing is seen or heard.
  [[nodiscard]] std::optional<Instant> next_due() const;

 private:
  struct Told;
  struct Packet;
  struct Group;
  struct Pending {
    capture::LiveFrame frame{};
    capture::Direction direction{};
    std::shared_ptr<Packet> packet{};
    std::shared_ptr<Group> group{};
    Instant arrived{};
    std::string comment{};  // where no mention gives it one
  };
  template <typename Kind>
  using ByKey = std::unordered_map<std::string, std::vector<std::shared_ptr<Kind>>>;

  [[nodiscard]] std::shared_ptr<Packet> packet_of(Instant now, const Sight& sight,
                                                  std::int64_t unix_ns);
  void look_for_mention(const std::shared_ptr<Packet>& packet);
  void look_for_packet(const std::shared_ptr<Told>& told);
  void join(const std::shared_ptr<Packet>& packet, const std::shared_ptr<Told>& told);
  void stand_alone(Packet& packet);
  [[nodiscard]] std::shared_ptr<Group> group_of(Instant now, const Sight& sight);
  void join_group(const std::shared_ptr<Told>& told);
  void written_of(Group& group, std::uint64_t number);
  void report(const Told& told, std::vector<std::uint64_t> frames);
  void forget_groups(Instant now);
  void report_if_whole(const Packet& packet);
  [[nodiscard]] static Duration most_wait(const Pending& pending);

  std::deque<Pending> pending_;
  std::shared_ptr<Packet> current_;       // of the frame that next() gave last
  std::shared_ptr<Group> current_group_;  // as above
  ByKey<Packet> packets_;                 // without a mention
  ByKey<Told> mentions_;                  // without a packet
  std::unordered_map<std::string, std::shared_ptr<Packet>> datagrams_;  // in pieces
  std::unordered_map<std::uint64_t, std::shared_ptr<Told>> unreported_;
  struct Remembered {
    Instant seen{};
    std::weak_ptr<Packet> packet{};
  };
  std::deque<Remembered> remembered_;
  std::unordered_map<std::string, std::shared_ptr<Group>> groups_;
  std::optional<Instant> groups_forgotten_{};
  std::deque<std::shared_ptr<Told>> answers_, departures_;
  std::vector<Shown> shown_;
};

}  // namespace sonda::inline v0::evidence
