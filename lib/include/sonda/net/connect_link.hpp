// TCP connections by the hundred without privilege: sockets reused, one source port, every error with
// the ICMP message and the router behind it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/event/event.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::net {

struct ConnectLinkOptions {
  std::uint32_t flows = 512;          // FlowIds are below it
  std::optional<Port> source_port{};  // nothing: a free one is taken
  std::optional<Address> source{};    // of either version; nothing: as the routes say
  std::string interface{};            // empty: as the routes say
  std::shared_ptr<WallClock> wall_clock{};
};

// Takes Connect and Abandon; SendOn of a payload on a flow that stands. Refuses Send with EOPNOTSUPP.
//
// A flow's socket is kept and connected again (Linux allows that after a failure, and after
// connect(AF_UNSPEC)); all flows share one source port, but for connections to that very port of our
// own machine, which could meet themselves. What is local is waited out and noted: EMFILE and ENFILE,
// EADDRNOTAVAIL of a busy source port, EAGAIN, ENOBUFS. Other failures of connect() that are our own
// system's (EPERM, ENETUNREACH without a route, EINVAL of a blackhole …) become on_refused.
class SONDA_EXPORT ConnectLink final : public Link {
 public:
  [[nodiscard]] static std::expected<ConnectLink, Failure> open(const ConnectLinkOptions& options);
  ConnectLink(ConnectLink&&) noexcept;
  ConnectLink& operator=(ConnectLink&&) noexcept;
  ~ConnectLink() override;

  // Of this link; and of others of the same run, so that none connects to another's by accident.
  [[nodiscard]] Port source_port() const noexcept;
  void avoid(std::span<const Port> ports_of_other_links);
  // What was waited out since the last call.
  [[nodiscard]] std::vector<Notice> take_notices();

  [[nodiscard]] bool writable(Instant now) const override;
  void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) override;
  void readable(Instant now, Inbox& inbox) override;
  [[nodiscard]] std::span<const int> descriptors() const override;
  [[nodiscard]] std::optional<Instant> next_wakeup() const override;

 private:
  struct State;
  explicit ConnectLink(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::net
