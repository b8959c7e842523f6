// The engine contract: octets, errors and time go in as arguments, actions and events come out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <sonda/core/failure.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/action.hpp>
#include <sonda/event/event.hpp>
#include <sonda/event/input.hpp>

namespace sonda::inline v0 {

// What a link reports back. Octets live for the call only.
class Inbox {
 public:
  // Once per accepted send, and again when a better stamp arrives.
  virtual void on_sent(Instant now, ProbeId probe, Stamp stamp) = 0;
  // Final: the probe did not leave. A link waits out EAGAIN and ENOBUFS by itself.
  virtual void on_refused(Instant now, ProbeId probe, const Failure& failure) = 0;
  virtual void on_packet(Instant now, const Received& packet) = 0;
  virtual void on_socket(Instant now, const SocketReport& report) = 0;
  virtual void on_drops(Instant now, DropPlace place, std::uint64_t count) = 0;

 protected:
  ~Inbox() = default;
};

// A measurement with no sockets and no clock. Call in this order, as often as there is reason to:
// the on_… functions with what happened, on_time, poll_action until it has nothing, take_events;
// then sleep until next_wakeup or until a packet arrives. Instants never go backwards.
class Engine : public Inbox {
 public:
  virtual ~Engine() = default;

  // Octets that one action may need; `room` below is never smaller.
  [[nodiscard]] virtual std::size_t room_needed() const = 0;
  // What to do next, if anything is due. The action's octets lie in `room`.
  [[nodiscard]] virtual std::optional<Action> poll_action(Instant now, MutableBytes room) = 0;

  virtual void on_time(Instant now) = 0;
  // Someone wants to know how it stands: the next events hold a summary that is not final.
  virtual void on_query(Instant now) = 0;
  // Someone wants it to end: no more probes; the summary follows.
  virtual void on_stop(Instant now) = 0;

  // When to call on_time or poll_action even if nothing arrives. Never earlier than it said before
  // for the same state; nothing when only a packet (or nothing at all) can move it on.
  [[nodiscard]] virtual std::optional<Instant> next_wakeup() const = 0;
  [[nodiscard]] virtual bool finished() const = 0;
  // Swaps what happened since the last call into `events`, which is cleared first and keeps its
  // capacity.
  virtual void take_events(std::vector<Event>& events) = 0;
};

// Moves packets for an engine: real sockets, a simulated network, or a link that injects faults.
// An object is used by one thread at a time.
class Link {
 public:
  virtual ~Link() = default;

  // False while the link waits out a full queue (EAGAIN, ENOBUFS): do not transmit meanwhile.
  [[nodiscard]] virtual bool writable(Instant now) const = 0;
  // Takes each action's outcome to `inbox`: on_sent or on_refused, unless the queue fills up: then
  // the rest waits inside the link and goes out with a later `readable`.
  virtual void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) = 0;
  // Delivers all that has arrived, stamps and errors before packets.
  virtual void readable(Instant now, Inbox& inbox) = 0;

  // What poll(2) or epoll(7) should watch for input; empty where there is no descriptor.
  [[nodiscard]] virtual std::span<const int> descriptors() const = 0;
  // When `readable` should be called even if no descriptor stirs.
  [[nodiscard]] virtual std::optional<Instant> next_wakeup() const = 0;
};

}  // namespace sonda::inline v0
