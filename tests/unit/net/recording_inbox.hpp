// An inbox that writes down everything it is told.
#pragma once
#include <cstdint>
#include <linux/net_tstamp.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include <sonda/event/contract.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/net/wait.hpp>

namespace sonda::net::testing {

class RecordingInbox final : public Inbox {
 public:
  struct Packet {
    Received received;  // its octets are those below
    std::vector<std::uint8_t> octets;
  };
  struct Report {
    SocketReport report;
    std::vector<QueuedError> queue;
    std::vector<std::vector<std::uint8_t>> quoted;
  };

  void on_sent(Instant, ProbeId probe, Stamp stamp) override { sent.emplace_back(probe, stamp); }
  void on_refused(Instant, ProbeId probe, const Failure& failure) override {
    refused.emplace_back(probe, failure);
  }
  void on_packet(Instant, const Received& packet) override {
    packets.push_back({packet, {packet.octets.begin(), packet.octets.end()}});
    packets.back().received.octets = packets.back().octets;
  }
  void on_socket(Instant, const SocketReport& report) override {
    Report copy{report, {report.queue.begin(), report.queue.end()}, {}};
    for (const auto& entry : report.queue)
      copy.quoted.emplace_back(entry.quoted.begin(), entry.quoted.end());
    reports.push_back(std::move(copy));
  }
  void on_drops(Instant, DropPlace, std::uint64_t count) override { drops += count; }

  // The last stamp of a probe; a stamp of 0 where it was never sent.
  [[nodiscard]] Stamp last_stamp(ProbeId probe) const {
    Stamp last;
    for (const auto& [id, stamp] : sent)
      if (id == probe) last = stamp;
    return last;
  }

  std::vector<std::pair<ProbeId, Stamp>> sent;
  std::vector<std::pair<ProbeId, Failure>> refused;
  std::vector<Packet> packets;
  std::vector<Report> reports;
  std::uint64_t drops = 0;
};

// The kernel begins to stamp received packets a moment after the first socket asked for it, and
// goes on for as long as one does: this one does, so that no test meets that moment.
inline void have_the_kernel_stamp_packets() {
  static const auto socket = [] {
    Descriptor one{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
    ::setsockopt(one.get(), SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags);
    static_cast<void>(wait_readable({}, now() + std::chrono::milliseconds{50}));
    return one;
  }();
}

// Drives a link until `enough` or for `most`, as a loop would.
template <typename Enough>
bool drive(Link& link, Inbox& inbox, Enough enough,
           Duration most = std::chrono::milliseconds{2000}) {
  const auto end = now() + most;
  while (!enough()) {
    const auto until = std::min(link.next_wakeup().value_or(end), end);
    if (!wait_readable(link.descriptors(), until)) return false;
    link.readable(now(), inbox);
    if (now() >= end) return enough();
  }
  return true;
}

}  // namespace sonda::net::testing
