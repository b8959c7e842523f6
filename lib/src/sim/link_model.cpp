// How a simulated link loses, delays, duplicates, reorders and damages.
#include <algorithm>
#include <utility>

#include <sonda/sim/link_model.hpp>

namespace sonda::inline v0::sim {

Carried LinkDirection::carry(Instant now, Packet packet) {
  Carried out;
  const auto gone = [&out](Fate fate) {
    out.fate = fate;
    return std::move(out);
  };
  if (model_.down) return gone(Fate::down);
  if (packet.octets.size() > model_.mtu.value()) return gone(Fate::too_large);
  if (queue_is_full(now)) return gone(Fate::queue_full);

  free_at_ = std::max(now, free_at_) + serialisation(packet.octets.size());
  const auto sent = free_at_;
  if (model_.rate != 0) leaving_.push_back(sent);
  if (random_.chance(model_.loss)) return gone(Fate::lost);

  const bool twice = random_.chance(model_.duplication);
  if (twice) out.fate = Fate::doubled;
  for (int copy = 0; copy < (twice ? 2 : 1); ++copy) {
    const bool spoilt = random_.chance(model_.corruption);
    Packet arrival = spoilt ? damaged(packet) : copy == 1 || !twice ? std::move(packet) : packet;
    const auto due = due_from(sent);
    if (spoilt) out.fate = Fate::damaged;
    if (due.held_back && out.fate == Fate::carried) out.fate = Fate::held_back;
    arrival.at = due.at;
    out.arriving.push_back(std::move(arrival));
  }
  return out;
}

bool LinkDirection::queue_is_full(Instant now) {
  while (!leaving_.empty() && leaving_.front() <= now) leaving_.pop_front();
  return leaving_.size() > model_.queue;  // one is being sent, the others wait
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

LinkDirection::Due LinkDirection::due_from(Instant sent) {
  const auto due = sent + model_.delay + random_.up_to(model_.jitter);
  // What is held back leaves the order, so it must not hold up the packets behind it.
  if (random_.chance(model_.reordering)) return {due + model_.held_back, true};
  last_due_ = std::max(last_due_, due);
  return {last_due_, false};
}

}  // namespace sonda::inline v0::sim
