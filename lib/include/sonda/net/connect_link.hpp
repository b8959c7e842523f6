// TCP connections by the hundred without privilege: sockets reused, one source port, every error
// with the ICMP message and the router behind it.
#pragma once
#include <array>
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
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::net {

struct ConnectLinkOptions {
  std::uint32_t flows = 512;          // at a time; FlowIds are below it
  std::optional<Port> source_port{};  // nothing: a free one is taken
  std::optional<Address> source{};    // of either version; nothing: as the routes say
  std::string interface{};            // empty: as the routes say
  std::string conntrack = "/proc/sys/net/netfilter";  // where the system tells of that table
};

// Takes Connect and Abandon; SendOn of a payload on a flow that stands. Refuses Send with
// EOPNOTSUPP.
//
// Sockets are kept and connected again (Linux allows that after a failure, and after
// connect(AF_UNSPEC)). All of them share one source port, but for connections to a source port of
// this run on our own machine, which could meet themselves or one another: those leave from a
// second one.
//
// What is local is waited out and noted: EMFILE and ENFILE until a flow is free, EADDRNOTAVAIL and
// EADDRINUSE of a connection that our system still remembers (TIME_WAIT), EAGAIN, ENOBUFS, and a
// table of connections (conntrack) that is nearly full. Other failures of connect() itself are our
// own system's (EPERM, ENETUNREACH without a route, EINVAL of a blackhole ...) and become
// on_refused.
//
// Stamps are the program's, around its calls.
class SONDA_EXPORT ConnectLink final : public Link {
 public:
  [[nodiscard]] static std::expected<ConnectLink, Failure> open(const ConnectLinkOptions& options);
  ConnectLink(ConnectLink&&) noexcept;
  ConnectLink& operator=(ConnectLink&&) noexcept;
  ~ConnectLink() override;

  // Allows this process as many descriptors as so many flows need, if its hard limit does; how many
  // flows fit then. For programs: the link itself never changes a limit.
  static std::uint32_t raise_descriptor_limit(std::uint32_t flows);

  // How many flows, of one link or of several together, the process has descriptors left for; at
  // least 1.
  [[nodiscard]] static std::uint32_t flows_that_fit();

  // What nearly all connections leave from; and the second port beside it.
  [[nodiscard]] Port source_port() const noexcept;
  [[nodiscard]] std::array<Port, 2> source_ports() const noexcept;
  // Of other links of the same run.
  void avoid(std::span<const Port> ports_of_other_links);
  // What was waited out since the last call.
  [[nodiscard]] std::vector<Notice> take_notices();

  [[nodiscard]] bool writable(Instant now) const override;  // always
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
