// sendmmsg(2), and what becomes of each packet.
#include "send_queue.hpp"

#include <algorithm>
#include <cerrno>

#include <sonda/net/clock.hpp>

namespace sonda::inline v0::net {
namespace {

// Longer than the caller allows, whatever the interface would take.
bool too_long(const Outgoing& packet) noexcept {
  return !packet.piece && packet.mtu.value() != 0 && packet.octets.size() > packet.mtu.value();
}

}  // namespace

// Precondition: the first packet is not too long.
SendQueue::Call SendQueue::call(std::span<const Outgoing> batch) {
  const auto short_ones = std::ranges::find_if(batch, too_long) - batch.begin();
  const auto count = std::min(static_cast<std::size_t>(short_ones), batch_size);
  auto key = stamps_.next_key();
  for (std::size_t i = 0; i < count; ++i) {
    const auto& packet = batch[i];
    controls_[i] = packet.control;
    if (stamps_.wanted() && packet.concludes) {
      controls_[i].add(SOL_SOCKET, SO_TIMESTAMPING, TransmitStamps::flags());
      if (stamps_.named_keys()) controls_[i].add(SOL_SOCKET, TransmitStamps::key_message, key++);
    }
    // The system writes to neither; its structures just have no const.
    parts_[i] = {const_cast<std::uint8_t*>(packet.octets.data()), packet.octets.size()};
    auto& header = messages_[i].msg_hdr;
    header = {};
    header.msg_name = const_cast<sockaddr_storage*>(&packet.name.storage);
    header.msg_namelen = packet.name.size;
    header.msg_iov = &parts_[i];
    header.msg_iovlen = 1;
    controls_[i].attach_to(header);
  }
  Call result{.asked = count};
  result.before = net::now();
  const int sent = ::sendmmsg(socket_, messages_.data(), static_cast<unsigned>(count),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
  result.error = sent < 0 ? errno : 0;
  result.after = net::now();
  result.sent = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  return result;
}

SendQueue::Call SendQueue::call_until_believed(std::span<const Outgoing> batch) {
  auto outcome = call(batch);
  for (int left = tries_ - 1; left > 0; --left) {
    if (outcome.error == 0 || outcome.error == EAGAIN || outcome.error == ENOBUFS) break;
    stamps_.failed();
    outcome = call(batch);
  }
  return outcome;
}

void SendQueue::accept(Instant now, const Outgoing& packet, const Call& call, Inbox& inbox) {
  if (!packet.concludes) return;
  if (stamps_.wanted()) stamps_.sent(packet.probe, call.before, call.after);
  inbox.on_sent(now, packet.probe,
                bracket(call.before.time_since_epoch().count(),
                        call.after.time_since_epoch().count(), StampClock::user));
}

void SendQueue::refuse(Instant now, const Outgoing& packet, const Failure& failure, Inbox& inbox) {
  if (packet.piece) broken_ = packet.probe;
  inbox.on_refused(now, packet.probe, failure);
}

void SendQueue::cut(Instant now, const Outgoing& packet, Inbox& inbox, std::deque<Kept>& left) {
  const auto pieces = cutter_(packet);
  if (!pieces) return refuse(now, packet, pieces.error(), inbox);
  std::vector<Outgoing> batch;
  batch.reserve(pieces->size());
  for (const auto& piece : *pieces) {
    batch.push_back(packet);
    batch.back().octets = piece;
    batch.back().piece = true;
    batch.back().concludes = batch.size() == pieces->size();
  }
  broken_.reset();
  attempt(now, batch, inbox, left);
}

// Everything that has neither left nor been refused is in `left` afterwards, in order.
void SendQueue::attempt(Instant now, std::span<const Outgoing> batch, Inbox& inbox,
                        std::deque<Kept>& left) {
  while (!batch.empty() && left.empty()) {
    if (batch[0].piece && batch[0].probe == broken_) {
      batch = batch.subspan(1);
      continue;
    }
    if (too_long(batch[0])) {
      cut(now, batch[0], inbox, left);
      batch = batch.subspan(1);
      continue;
    }
    const auto outcome = call_until_believed(batch);
    for (const auto& packet : batch.first(outcome.sent)) accept(now, packet, outcome, inbox);
    batch = batch.subspan(outcome.sent);
    // Of one that failed behind others nobody is told, but the kernel may have counted it.
    if (outcome.sent < outcome.asked && outcome.error != EINTR) stamps_.failed();
    if (outcome.error == 0 || outcome.error == EINTR) continue;
    if (outcome.error == EAGAIN || outcome.error == ENOBUFS) break;
    if (outcome.error == EMSGSIZE && !batch[0].piece)
      cut(now, batch[0], inbox, left);
    else
      refuse(now, batch[0], send_failure(batch[0].to, outcome.error), inbox);
    batch = batch.subspan(1);
  }
  for (const auto& packet : batch) {
    left.push_back({packet, {packet.octets.begin(), packet.octets.end()}});
    left.back().packet.octets = left.back().octets;
  }
}

void SendQueue::send(Instant now, std::span<const Outgoing> batch, Inbox& inbox) {
  std::deque<Kept> left;
  if (!full()) {
    attempt(now, batch, inbox, left);
    if (left.empty()) return;
    retry_at_ = now + delay_;
  } else {
    for (const auto& packet : batch) {
      if (kept_.size() + left.size() >= most_kept) {
        refuse(now, packet, send_failure(packet.to, ENOBUFS), inbox);
        continue;
      }
      left.push_back({packet, {packet.octets.begin(), packet.octets.end()}});
      left.back().packet.octets = left.back().octets;
    }
  }
  for (auto& kept : left) kept_.push_back(std::move(kept));
}

void SendQueue::retry(Instant now, Inbox& inbox) {
  while (full() && now >= retry_at_) {
    std::vector<Kept> chunk;
    for (; full() && chunk.size() < batch_size; kept_.pop_front())
      chunk.push_back(std::move(kept_.front()));
    std::vector<Outgoing> batch;
    for (const auto& kept : chunk) batch.push_back(kept.packet);

    std::deque<Kept> left;
    attempt(now, batch, inbox, left);
    const bool stuck = !left.empty();
    for (; !left.empty(); left.pop_back()) kept_.push_front(std::move(left.back()));
    if (stuck) {
      delay_ = std::min(delay_ * 2, longest_delay);
      retry_at_ = now + delay_;
    } else {
      delay_ = first_delay;
    }
  }
}

}  // namespace sonda::inline v0::net
