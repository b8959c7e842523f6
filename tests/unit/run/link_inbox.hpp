// An inbox that keeps what a link reports, for tests of a link without an engine.
#pragma once
#include <utility>
#include <vector>

#include <sonda/event/contract.hpp>
#include <sonda/sim/packet.hpp>

namespace sonda::run {

struct LinkInbox final : Inbox {
  struct Sent {
    Instant at{};
    ProbeId probe{};
    Stamp stamp{};
    friend bool operator==(const Sent&, const Sent&) = default;
  };
  struct Packet {
    Instant at{};
    Received received{};
    sim::Octets octets{};
  };
  struct Queued {
    QueuedError error{};
    sim::Octets quoted{};
  };

  void on_sent(Instant now, ProbeId probe, Stamp stamp) override {
    sent.push_back({now, probe, stamp});
  }
  void on_refused(Instant, ProbeId probe, const Failure& failure) override {
    refused.emplace_back(probe, failure);
  }
  void on_packet(Instant now, const Received& packet) override {
    packets.push_back({now, packet, {packet.octets.begin(), packet.octets.end()}});
  }
  void on_socket(Instant, const SocketReport& report) override {
    for (const auto& error : report.queue)
      queued.push_back({error, {error.quoted.begin(), error.quoted.end()}});
  }
  void on_drops(Instant, DropPlace place, std::uint64_t count) override {
    drops.emplace_back(place, count);
  }

  std::vector<Sent> sent{};
  std::vector<std::pair<ProbeId, Failure>> refused{};
  std::vector<Packet> packets{};
  std::vector<Queued> queued{};
  std::vector<std::pair<DropPlace, std::uint64_t>> drops{};
};

}  // namespace sonda::run
