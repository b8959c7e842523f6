// The TCP scanner's engine: which port is asked when, and what each answer says of it.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/probe/tcp_plan.hpp>

namespace sonda::inline v0 {

// Every port of the plan's shard becomes one PortResult. Memory is bounded by what is in flight
// and, with TcpMethod::syn, by results that wait for their host's first SYN-ACK (so that a RST of a
// firewall can be told from the target's by its TTL).
//
// Methods: connect asks with Connect and hears on_socket, its flows being 0 … parallel − 1; syn
// asks with Send and hears on_packet.
class SONDA_EXPORT TcpEngine final : public Engine {
 public:
  explicit TcpEngine(TcpPlan plan);
  TcpEngine(const TcpEngine&) = delete;
  TcpEngine& operator=(const TcpEngine&) = delete;
  ~TcpEngine() override;

  [[nodiscard]] const TcpPlan& plan() const;
  // The engine's part of the run's first event.
  [[nodiscard]] Start start_event() const;

  [[nodiscard]] std::size_t room_needed() const override;
  [[nodiscard]] std::optional<Action> poll_action(Instant now, MutableBytes room) override;
  void on_sent(Instant now, ProbeId probe, Stamp stamp) override;
  void on_refused(Instant now, ProbeId probe, const Failure& failure) override;
  void on_packet(Instant now, const Received& packet) override;
  void on_socket(Instant now, const SocketReport& report) override;
  void on_drops(Instant now, DropPlace place, std::uint64_t count) override;
  void on_time(Instant now) override;
  void on_query(Instant now) override;
  void on_stop(Instant now) override;
  [[nodiscard]] std::optional<Instant> next_wakeup() const override;
  [[nodiscard]] bool finished() const override;
  void take_events(std::vector<Event>& events) override;

  [[nodiscard]] ScanSummary summary(Instant now) const;
  // What can be said of hosts when all parts of a scan have come to their end: that one has said
  // nothing, or that not one of all its ports was anything but open.
  [[nodiscard]] static std::vector<Notice> notices_of_hosts(
      std::span<const TcpEngine* const> parts);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0
