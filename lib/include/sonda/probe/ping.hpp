// The ping engine: echo requests at a pace, each answer told apart, no sockets and no clock.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/probe/echo_builder.hpp>
#include <sonda/probe/ping_plan.hpp>
#include <sonda/probe/probe_window.hpp>
#include <sonda/probe/rtt_recorder.hpp>

namespace sonda::inline v0 {

// One target. Every probe ends as answered, errored (an ICMP error) or lost (silence); what comes
// afterwards, or is not ours, is an event of its own. At any moment
//   sent = received + errors + lost + waiting.
class SONDA_EXPORT PingEngine final : public Engine {
 public:
  explicit PingEngine(PingPlan plan);
  PingEngine(const PingEngine&) = delete;
  PingEngine& operator=(const PingEngine&) = delete;

  [[nodiscard]] const PingPlan& plan() const { return plan_; }
  [[nodiscard]] Identifier identifier() const { return builder_.identifier(); }
  // The engine's part of the run's first event; tool, argv, target as typed, interface, clock and
  // seed are the caller's.
  [[nodiscard]] Start start_event() const;

  [[nodiscard]] std::size_t room_needed() const override { return builder_.packet_size(); }
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
  [[nodiscard]] bool finished() const override { return finished_; }
  void take_events(std::vector<Event>& events) override;

  [[nodiscard]] PingSummary summary(Instant now) const;

 private:
  struct Message;  // an ICMP message, whichever way it came
  struct QuotedEcho;

  // ------------------------------------------------------------------- pace and end (ping.cpp)
  [[nodiscard]] bool may_send() const;
  [[nodiscard]] Instant next_due() const;
  [[nodiscard]] bool counts_answers() const;  // -c with -w
  [[nodiscard]] std::optional<Instant> end_due() const;
  [[nodiscard]] bool all_settled() const;
  void expire(Instant now);
  void finish(Instant now, bool lose_the_waiting);
  [[nodiscard]] bool sends_dont_fragment() const;
  void settle(ProbeRecord& record, ProbeState state);
  void tell(Instant at, Happening what) { events_.push_back(Event{at, std::move(what)}); }
  // When a packet really came, where its stamp knows better than the loop.
  [[nodiscard]] static Instant moment(Instant now, Stamp stamp) {
    return stamp.clock == StampClock::user ? now : Instant{Duration{stamp.ns}};
  }

  // --------------------------------------------------------------- answers (ping_replies.cpp)
  [[nodiscard]] static std::optional<Message> open(const Received& packet);
  void on_echo_reply(Instant now, const Message& message);
  void on_damaged(Instant now, const Message& message);
  void on_our_reply(Instant now, const Message& message, ProbeId probe);
  [[nodiscard]] bool tag_matches(ProbeId probe, Bytes data) const;
  [[nodiscard]] std::optional<std::size_t> first_difference(ProbeId probe, Bytes data) const;
  [[nodiscard]] std::optional<RttSample> rtt_of(const ProbeRecord& record, Stamp received) const;

  // ---------------------------------------------------------------- errors (ping_errors.cpp)
  void on_icmp_error(Instant now, const Message& message);
  void on_queued_error(Instant now, const QueuedError& error, Stamp stamp);
  [[nodiscard]] std::optional<ProbeId> probe_of(const QuotedEcho& echo);
  [[nodiscard]] ForeignReason foreign_reason(Sequence sequence) const;
  void on_our_error(Instant now, ProbeId probe, IcmpError error, Stamp stamp);
  void learn_path_mtu(Instant now, const IcmpError& error);
  [[nodiscard]] std::uint32_t error_index(const IcmpError& error);

  PingPlan plan_;
  EchoBuilder builder_;
  ProbeWindow window_;
  RttRecorder rtts_;
  std::vector<Event> events_;
  std::vector<std::uint8_t> scratch_;
  std::vector<IcmpErrorCount> errors_;  // by sender, type and code; in order of appearance

  std::array<std::uint64_t, 6> in_state_{};  // how many probes are in each ProbeState
  std::uint64_t late_ = 0, duplicates_ = 0, corrupt_ = 0, reordered_ = 0, foreign_ = 0, drops_ = 0;

  std::optional<Instant> started_;
  Instant due_{};
  Instant last_sent_{};
  Instant ended_{};
  std::uint64_t oldest_waiting_ = 0;  // no probe before this one waits
  std::uint64_t highest_answered_ = 0;
  std::optional<Ttl> reply_ttl_;
  std::optional<Mtu> path_mtu_;
  std::optional<StampClock> poorest_clock_;
  bool last_refused_ = false;
  bool stopped_ = false;
  bool finished_ = false;
};

}  // namespace sonda::inline v0
