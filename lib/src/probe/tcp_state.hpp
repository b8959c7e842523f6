// The TCP scanner's engine from the inside: what both of its methods share, and each one's own.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <sonda/probe/tcp.hpp>
#include <sonda/probe/verdict.hpp>

#include "syn_builder.hpp"
#include "tcp_hosts.hpp"
#include "tcp_pace.hpp"
#include "tcp_slots.hpp"

namespace sonda::inline v0 {

struct TcpEngine::State {
  // Queues of slots. connect: by what is waited for. syn: by the try that is waited for.
  static constexpr std::uint8_t young = 0, old = 1, standing = 2, no_queue = 0xff;
  static constexpr std::size_t most_queues = ScanSummary::most_tries;
  static constexpr std::size_t most_banner = 256;

  explicit State(TcpPlan wanted);

  [[nodiscard]] bool is_syn() const { return plan.method == TcpMethod::syn; }

  // ---------------------------------------------------------------------- tcp.cpp: whose turn it
  // is
  void begin(Instant now);
  [[nodiscard]] bool may_ask() const;  // there is a port to ask, and a slot and a window for it
  [[nodiscard]] bool has_more() const;
  // The next port; nothing if only settled ones were met.
  [[nodiscard]] std::optional<SlotIndex> next_port();
  [[nodiscard]] SlotIndex take_slot(const ScanPoint& point, ProbeId probe, bool control);
  void stamp(SlotIndex index, Stamp stamp);
  // It is settled, or given up: nothing that comes can mean it any more.
  void forget(SlotIndex index);
  void release(SlotIndex index);
  void enqueue(SlotIndex index, std::uint8_t queue, Instant now);
  void leave_queue(SlotIndex index);
  [[nodiscard]] SlotIndex slot_of(ProbeId probe) const;
  void finish_if_done(Instant now);
  void finish(Instant now);
  [[nodiscard]] std::optional<Instant> next_wakeup() const;
  [[nodiscard]] ScanSummary summary(Instant now) const;
  [[nodiscard]] Start start_event() const;  // tcp_start.cpp
  template <typename What>
  void tell(Instant at, What&& what) {
    events.emplace_back(at, std::forward<What>(what));
  }

  // -------------------------------------------------------------- tcp_results.cpp: what it comes
  // to
  struct Answer {  // what a result says besides its verdict
    std::uint32_t attempts = 1;
    std::uint8_t number = 0;  // of the try that was answered
    std::optional<RttSample> rtt{};
    std::optional<std::uint32_t> window{};  // of a SYN-ACK
    std::optional<Ttl> ttl{};
  };
  [[nodiscard]] PortResult result_of(const TcpSlot& slot, Instant now, Verdict verdict,
                                     const Answer& answer) const;
  // Counts it, tells it, and looks at its host.
  void settle(Instant now, Instant at, PortResult&& result, const TcpSlot& slot,
              const Answer& answer);
  void watch_host(TcpHost& host, const PortResult& result, const Answer& answer);
  [[nodiscard]] static std::vector<Notice> notices_of(std::span<const State* const> parts);
  [[nodiscard]] std::optional<Address> source_of(const Address& target);
  [[nodiscard]] std::expected<Address, Failure> find_source(const Address& target);

  // ------------------------------------------------------------------------------- tcp_connect.cpp
  [[nodiscard]] std::optional<Action> poll_connect(Instant now);
  void left(Instant now, SlotIndex index);
  void refused(Instant now, SlotIndex index, const Failure& failure);
  void on_socket(Instant now, const SocketReport& report);
  void on_standing(Instant now, SlotIndex index, const SocketReport& report);
  void end_standing(Instant now, SlotIndex index, bool still_ours);
  void abandon(SlotIndex index, Ending ending);
  void expire_connects(Instant now);
  [[nodiscard]] std::optional<Instant> next_connect_deadline() const;
  [[nodiscard]] std::uint32_t attempts_of(const TcpSlot& slot, Instant now,
                                          const SocketReport& report) const;

  // ----------------------------------------------------------------------------------- tcp_syn.cpp
  [[nodiscard]] std::optional<Action> poll_syn(Instant now, MutableBytes room);
  [[nodiscard]] Send syn(Instant now, SlotIndex index, MutableBytes room);
  void left_as_syn(Instant now, SlotIndex index);
  [[nodiscard]] Instant syn_due(SlotIndex index) const;
  [[nodiscard]] bool is_overdue(SlotIndex index, Instant now) const;
  void expire_syns(Instant now);
  [[nodiscard]] std::optional<Instant> next_syn_deadline() const;
  void on_packet(Instant now, const Received& packet);
  void on_segment(Instant now, const Received& packet, Bytes octets, std::optional<Ttl> ttl);
  bool on_message(Instant now, const Received& packet, Bytes message, std::optional<Ttl> ttl);
  [[nodiscard]] SlotIndex slot_of(const Address& address, Port port) const;
  void forget_point(SlotIndex index);
  [[nodiscard]] std::uint8_t answered_try(const TcpSlot& slot, Stamp received) const;
  [[nodiscard]] std::optional<RttSample> rtt_of(const TcpSlot& slot, std::uint8_t number,
                                                Stamp received) const;
  void settle_syn(Instant now, Instant at, SlotIndex index, Verdict verdict, Answer answer);
  // True: it is told later.
  [[nodiscard]] bool hold(Instant now, Instant at, PortResult& result);
  static void name_sender(const TcpHost& host, PortResult& result);
  void learn_distance(TcpHost& host, Ttl ttl);
  void release_held(TcpHost& host);
  void release_all_held();

  TcpPlan plan;
  Duration deadline{};  // connect: the system's
  Ending ending{};      // of what stands

  std::uint64_t next_place = 0;
  std::uint64_t resumed = 0;
  std::uint64_t controls_asked = 0;
  std::deque<ScanPoint> controls{};
  bool stopped = false, told_end = false;
  std::optional<Instant> started{};
  Instant seen{}, ended{};

  std::vector<TcpSlot> slots{};
  std::vector<SlotIndex> free_slots{};
  SlotTable by_probe;
  SlotTable by_point;  // syn
  std::array<SlotQueue, most_queues> queues{};
  std::size_t used = 0;    // slots that are not free
  std::size_t unsent = 0;  // of them, not yet known to have left
  std::deque<Abandon> abandons{};

  struct HeldHost {
    Instant until{};
    Address address{};
  };
  std::deque<HeldHost> held{};  // hosts with RSTs that wait
  std::size_t held_results = 0;

  SynBuilder builder;
  TcpPace pace;
  TcpHosts hosts{};
  ScanSummary sums{};
  std::vector<Event> events{};
};

// When a packet came, which is not after it was read.
[[nodiscard]] inline Instant moment(Instant now, Stamp stamp) {
  return stamp.ns == 0 ? now : std::min(now, Instant{Duration{stamp.ns}});
}

}  // namespace sonda::inline v0
