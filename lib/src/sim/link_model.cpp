// How a simulated link loses, delays, duplicates, reorders and damages.
#include <algorithm>
#include <utility>

#include <sonda/sim/link_model.hpp>

namespace sonda::inline v0::sim {

std::vector<Packet> LinkDirection::carry(Instant now, Packet packet) {
  std::vector<Packet> arriving;
  if (packet.octets.size() > model_.mtu.value()) return arriving;

  free_at_ = std::max(now, free_at_) + serialisation(packet.octets.size());
  const auto sent = free_at_;
  if (random_.chance(model_.loss)) return arriving;

  const bool twice = random_.chance(model_.duplication);
  for (int copy = 0; copy < (twice ? 2 : 1); ++copy) {
    Packet arrival = random_.chance(model_.corruption) ? damaged(packet) : packet;
    arrival.at = due_from(sent);
    arriving.push_back(std::move(arrival));
  }
  return arriving;
}

Duration LinkDirection::serialisation(std::size_t octets) const {
  if (model_.rate == 0) return Duration::zero();
  constexpr std::uint64_t bit_nanoseconds = 8 * 1'000'000'000ULL;
  return Duration{static_cast<Duration::rep>(octets * bit_nanoseconds / model_.rate)};
}

Packet LinkDirection::damaged(Packet packet) {
  if (packet.octets.empty()) return packet;
  const auto bit = random_.below(packet.octets.size() * 8);
  packet.octets[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  packet.provenance.damaged = true;
  return packet;
}

Instant LinkDirection::due_from(Instant sent) {
  const auto due = sent + model_.delay + random_.up_to(model_.jitter);
  // What is held back leaves the order, so it must not hold up the packets behind it.
  if (random_.chance(model_.reordering)) return due + model_.held_back;
  last_due_ = std::max(last_due_, due);
  return last_due_;
}

}  // namespace sonda::inline v0::sim
