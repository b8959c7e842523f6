// AF_PACKET: packets that the kernel would repair leave exactly as they are.
#pragma once
#include <cstddef>
#include <expected>
#include <linux/filter.h>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ip_version.hpp>

namespace sonda::inline v0::net {

// What needs CAP_NET_RAW, opened while a program still has it. Hears nothing yet.
class SONDA_EXPORT PacketSocket {
 public:
  // Error: EPERM without CAP_NET_RAW.
  [[nodiscard]] static std::expected<PacketSocket, Failure> open();

 private:
  friend class PacketLink;
  PacketSocket(Descriptor socket, Instant opened) noexcept
      : socket_{std::move(socket)}, opened_{opened} {}

  Descriptor socket_;
  Instant opened_;
};

struct PacketLinkOptions {
  std::string interface{};            // packets leave through it and are heard on it; required
  IpVersion version = IpVersion::v4;  // of the packets that are heard
  std::vector<sock_filter> filter{};  // begins at the IP header; empty: hears everything
  std::size_t send_buffer = 0;        // octets; 0: the system's default
  std::size_t receive_buffer = std::size_t{4} << 20;  // octets; the system may allow less
  bool transmit_stamps = true;
  std::shared_ptr<WallClock> wall_clock{};  // shared with the loop; none: one of its own
};

// Carries out `Send` octet for octet: wrong checksums, lengths and versions, identification 0,
// anybody's source. No fragments, no route: what exceeds the interface's MTU is refused with
// EMSGSIZE. Hears what arrives for this host on the interface, its own packets not among them.
class SONDA_EXPORT PacketLink final : public Link {
 public:
  // Error: ENODEV for an unknown interface, or none.
  [[nodiscard]] static std::expected<PacketLink, Failure> open(PacketSocket socket,
                                                               const PacketLinkOptions& options);
  PacketLink(PacketLink&&) noexcept;
  PacketLink& operator=(PacketLink&&) noexcept;
  ~PacketLink() override;

  // Finds the link address of the first hop towards `to`, asking the network if it must, and
  // waits for at most `most`. To be called for each target before measuring: a packet whose next
  // hop is unknown is refused with EHOSTUNREACH. Loopback, broadcast, multicast and links without
  // a neighbour protocol need no question. The question needs CAP_NET_ADMIN; without it, one empty
  // UDP datagram to the next hop's discard port (9) makes the kernel ask.
  [[nodiscard]] std::expected<void, Failure> learn_next_hop(const Address& to,
                                                            Duration most = std::chrono::seconds{
                                                                1});

  [[nodiscard]] bool writable(Instant now) const override;
  void transmit(Instant now, std::span<const Action> batch, Inbox& inbox) override;
  void readable(Instant now, Inbox& inbox) override;
  [[nodiscard]] std::span<const int> descriptors() const override;
  [[nodiscard]] std::optional<Instant> next_wakeup() const override;

 private:
  struct State;
  explicit PacketLink(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace sonda::inline v0::net
