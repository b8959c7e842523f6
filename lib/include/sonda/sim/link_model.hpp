// What a link does to the packets it carries in one direction.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include <sonda/core/export.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/observer.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/sim/random.hpp>

namespace sonda::inline v0::sim {

// Probabilities are from 0 to 1, each tried for every packet.
struct LinkModel {
  Duration delay{};
  Duration jitter{};       // up to this much more; order is kept
  double loss = 0;         // it never arrives
  double duplication = 0;  // it arrives twice
  double reordering = 0;   // it is held back for `held_back`, and later packets overtake it
  double corruption = 0;   // one of its bits is flipped
  Duration held_back = std::chrono::milliseconds{10};
  std::uint64_t rate = 0;     // bits per second, one packet after the other; 0: no limit
  std::size_t queue = 1'000;  // packets that wait for a link with a rate; more are lost
  Mtu mtu{1500};              // a larger packet is lost
  bool down = false;          // it carries nothing
  friend bool operator==(const LinkModel&, const LinkModel&) = default;
};

// None, one or two packets, without a place on the heap for them.
class Arrivals {
 public:
  void push_back(Packet packet) { packets_[size_++] = std::move(packet); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] Packet& operator[](std::size_t i) { return packets_[i]; }
  [[nodiscard]] const Packet& operator[](std::size_t i) const { return packets_[i]; }
  [[nodiscard]] Packet& front() { return packets_.front(); }
  [[nodiscard]] Packet* begin() { return packets_.data(); }
  [[nodiscard]] Packet* end() { return packets_.data() + size_; }
  [[nodiscard]] const Packet* begin() const { return packets_.data(); }
  [[nodiscard]] const Packet* end() const { return packets_.data() + size_; }

 private:
  std::array<Packet, 2> packets_{};
  std::size_t size_ = 0;
};

// What becomes of a packet that is put on a link.
struct Carried {
  Fate fate = Fate::carried;
  Arrivals arriving{};  // at the other end, with the time when: none, one, or the same twice
};

// One direction of a link at work.
class SONDA_EXPORT LinkDirection {
 public:
  LinkDirection(const LinkModel& model, Random random) : model_{model}, random_{random} {}

  [[nodiscard]] const LinkModel& model() const { return model_; }
  // Packets that are under way stay as they are.
  void set_model(const LinkModel& model) { model_ = model; }

  // What becomes of a packet that is put on the link at `now`. `now` never goes back.
  [[nodiscard]] Carried carry(Instant now, Packet packet);

 private:
  [[nodiscard]] Duration serialisation(std::size_t octets) const;
  [[nodiscard]] Packet damaged(Packet packet);
  struct Due {
    Instant at{};
    bool held_back = false;
  };
  [[nodiscard]] Due due_from(Instant sent);
  [[nodiscard]] bool queue_is_full(Instant now);

  LinkModel model_;
  Random random_;
  Instant free_at_{};              // when the last packet has left, where there is a rate
  std::deque<Instant> leaving_{};  // when those before it leave
  Instant last_due_{};
};

}  // namespace sonda::inline v0::sim
