// Raw ICMP: our own IP header on the way out, the answers to our own echo requests on the way in.
#pragma once
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/wire/ip_version.hpp>

namespace sonda::inline v0::net {

// What needs CAP_NET_RAW, opened while a program still has it. Sees no packet before a link is
// made of it. The packets leave through a socket of their own, one that no ICMP error is ever
// delivered to: on a common one an error that somebody else's packet caused would fail our next
// send.
class SONDA_EXPORT RawIcmpSocket {
 public:
  // Errors: EPERM without CAP_NET_RAW, EAFNOSUPPORT where the system lacks this version.
  [[nodiscard]] static std::expected<RawIcmpSocket, Failure> open(IpVersion version);

  [[nodiscard]] IpVersion version() const noexcept { return version_; }

 private:
  friend class RawLink;
  RawIcmpSocket(IpVersion version, Descriptor out, Descriptor in, Instant opened) noexcept
      : version_{version}, out_{std::move(out)}, in_{std::move(in)}, opened_{opened} {}

  IpVersion version_;
  Descriptor out_, in_;
  Instant opened_;
};

struct RawLinkOptions {
  Identifier identifier{};          // of the echo requests whose answers are wanted
  std::string interface{};          // packets leave through it; empty: as the routing table says
  std::optional<Address> source{};  // routes are looked up for it; none: for any
  std::size_t send_buffer = 0;      // octets; 0: the system's default
  // While the buffer is full the system counts as drops what the filter would have refused, too.
  std::size_t receive_buffer = std::size_t{4} << 20;  // octets; the system may allow less
  bool transmit_stamps = true;              // the kernel's, of each packet; too dear for a sweep
  bool broadcast = false;                   // else the system refuses broadcast addresses (EACCES)
  std::shared_ptr<WallClock> wall_clock{};  // shared with the loop; none: one of its own
};

// Sends `Send` actions as they are, in fragments where they are too large and may be cut. Refuses
// other actions with EOPNOTSUPP. Needs no privilege any more. Answers are delivered whatever their
// ICMP checksum is.
class SONDA_EXPORT RawLink final : public Link {
 public:
  // Errors: ENODEV where there is no such interface; what the system says to a socket option.
  [[nodiscard]] static std::expected<RawLink, Failure> open(RawIcmpSocket socket,
                                                            const RawLinkOptions& options);
  RawLink(RawLink&&) noexcept;
  RawLink& operator=(RawLink&&) noexcept;
  ~RawLink() override;

  [[nodiscard]] bool writable(Instant now) const override;
  void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) override;
  void readable(Instant now, Inbox& inbox) override;
  [[nodiscard]] std::span<const int> descriptors() const override;
  [[nodiscard]] std::optional<Instant> next_wakeup() const override;

 private:
  struct State;
  explicit RawLink(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::net
