// A measurement with everything it needs: engine, link, clock and loop in one object.
#pragma once
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/event/event.hpp>
#include <sonda/net/raw_link.hpp>
#include <sonda/probe/ping_plan.hpp>

namespace sonda::inline v0 {

// Moves on only inside its own calls; callbacks run on the caller's thread. Not to be used by two
// threads at a time.
class SONDA_EXPORT Session {
 public:
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // Does what is due, then waits once, until `deadline` at the latest. False when it has ended.
  bool step(std::optional<Instant> deadline = std::nullopt);
  // Until it has ended.
  void run();

  // For an event loop of one's own: watch descriptors() for input, call turn() when one stirs and
  // at next_wakeup() (on the line of CLOCK_MONOTONIC) at the latest.
  void turn();
  [[nodiscard]] std::vector<int> descriptors() const;
  [[nodiscard]] std::optional<Instant> next_wakeup() const;

  // The statistics so far come out as an event.
  void query();
  // No more probes; the final summary comes out.
  void stop();
  [[nodiscard]] bool finished() const;

  struct State;
  explicit Session(std::unique_ptr<State> state) noexcept;

 private:
  std::unique_ptr<State> state_;
};

struct PingOptions {
  std::function<void(const Occurrence&)> on_event{};
  // The reverse name of an address if it is known already; must return at once.
  std::function<std::optional<std::string>(const Address&)> name_of{};
  std::string interface{};          // packets leave through it; empty: as the routes say
  std::optional<Address> source{};  // nothing: as the routes say
  std::size_t send_buffer = 0;      // octets of the socket; 0: the system's default
  // A raw socket that was opened while there was the privilege for it. Nothing: one is opened
  // here, and where that is not allowed, a datagram socket.
  std::optional<net::RawIcmpSocket> socket{};
  bool without_privilege = false;  // a datagram socket at once
  std::vector<int> also_watch{};   // descriptors that end a wait
  Start start{};                   // the caller's part of the first event: tool, argv, target
};

// A ping of `plan.target`. What the plan leaves open is filled in: source, interface, key, what the
// system knows of the path's MTU. Errors: no route, no permission for any kind of socket, what the
// system says to a socket option.
[[nodiscard]] SONDA_EXPORT std::expected<Session, Failure> ping(PingPlan plan, PingOptions options);

}  // namespace sonda::inline v0
