// Between AF_PACKET and the queue of the simulated network.
#include <algorithm>
#include <utility>

#include <sonda/lab/live_network.hpp>

namespace sonda::inline v0::lab {
namespace {

constexpr std::size_t batch = 64;          // frames in one system call
constexpr std::size_t most_in_turn = 256;  // frames of one port before the others are looked at

}  // namespace

std::vector<int> LiveNetwork::descriptors() const {
  std::vector<int> out;
  for (const auto& plug : plugs_) out.push_back(plug.port.fd());
  return out;
}

void LiveNetwork::step(Instant now, Instant begin) {
  for (std::size_t i = 0; i < plugs_.size(); ++i) take_in(i, now, begin);
  deliver(Instant{now - begin});
  for (std::size_t i = 0; i < plugs_.size(); ++i) flush(i);
}

void LiveNetwork::take_in(std::size_t plug, Instant now, Instant begin) {
  auto& [port, end, outlet, side] = plugs_[plug];
  std::size_t taken = 0;
  while (taken < most_in_turn) {
    const auto frames = port.receive(now);
    if (frames.empty()) break;
    taken += frames.size();
    frames_in_ += frames.size();
    for (const auto& frame : frames) {
      const auto what = end.take(frame.octets);
      if (what.reply) batches_[plug].push_back(*what.reply);
      if (!what.packet) continue;
      const Instant seen{Duration{frame.stamp.ns} - begin.time_since_epoch()};
      last_ = std::clamp(seen, last_, std::max(last_, Instant{now - begin}));
      // What was due before this packet came is dealt with first.
      deliver(last_);
      network_.send(last_, *outlet, side, *what.packet);
    }
    if (frames.size() < net::FramePort::most_at_once) break;  // there were no more
  }
  // Who had no room had many frames waiting.
  if (taken >= batch) drops_ += port.take_drops();
}

void LiveNetwork::deliver(Instant now) {
  last_ = std::max(last_, now);
  while (auto delivery = network_.take_delivery(last_)) {
    const auto plug = std::ranges::find_if(plugs_, [&](const Plug& p) {
      return p.outlet == delivery->outlet && p.side == delivery->side;
    });
    if (plug == plugs_.end()) continue;
    const auto index = static_cast<std::size_t>(plug - plugs_.begin());
    batches_[index].push_back(plug->end.frame_for(delivery->packet.octets));
    if (batches_[index].size() >= batch) flush(index);
  }
}

void LiveNetwork::flush(std::size_t plug) {
  auto& frames = batches_[plug];
  if (frames.empty()) return;
  const std::vector<Bytes> all(frames.begin(), frames.end());
  const auto outcome = plugs_[plug].port.send(all);
  frames_out_ += outcome.sent;
  drops_ += outcome.dropped;
  frames.clear();
}

}  // namespace sonda::inline v0::lab
