// Raw SYNs: our own IP and TCP headers on the way out; SYN-ACKs, RSTs and ICMP errors on the way in.
#pragma once
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/event/event.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::net {

// What needs CAP_NET_RAW, opened while a program still has it; deaf until a link is made of it. Of each
// version that the system has.
class SONDA_EXPORT RawTcpSockets {
 public:
  // Errors: EPERM without CAP_NET_RAW.
  [[nodiscard]] static std::expected<RawTcpSockets, Failure> open();
  RawTcpSockets(RawTcpSockets&&) noexcept;
  RawTcpSockets& operator=(RawTcpSockets&&) noexcept;
  ~RawTcpSockets();

 private:
  friend class RawTcpLink;
  struct State;
  explicit RawTcpSockets(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

struct RawTcpLinkOptions {
  std::optional<Port> source_port{};  // nothing: a free one is taken
  std::string interface{};            // packets leave through it; empty: as the routes say
  // While it is full the system counts as drops what the filter would have refused, too.
  std::size_t receive_buffer = std::size_t{16} << 20;
  bool transmit_stamps = false;  // the kernel's, of each packet; too dear for a sweep
  std::shared_ptr<WallClock> wall_clock{};
};

// Sends `Send` actions as they are, by sendmmsg; delivers what comes to the source port, and ICMP errors
// that quote a segment from it. The port is held by a bound socket that does not listen: a SYN-ACK finds
// nobody there, and our own kernel ends the half-open connection with a RST, so the target keeps
// nothing. EAGAIN and ENOBUFS are waited out.
class SONDA_EXPORT RawTcpLink final : public Link {
 public:
  [[nodiscard]] static std::expected<RawTcpLink, Failure> open(RawTcpSockets sockets,
                                                               const RawTcpLinkOptions& options);
  RawTcpLink(RawTcpLink&&) noexcept;
  RawTcpLink& operator=(RawTcpLink&&) noexcept;
  ~RawTcpLink() override;

  [[nodiscard]] Port source_port() const noexcept;
  [[nodiscard]] std::vector<Notice> take_notices();

  [[nodiscard]] bool writable(Instant now) const override;
  void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) override;
  void readable(Instant now, Inbox& inbox) override;
  [[nodiscard]] std::span<const int> descriptors() const override;
  [[nodiscard]] std::optional<Instant> next_wakeup() const override;

 private:
  struct State;
  explicit RawTcpLink(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::net
