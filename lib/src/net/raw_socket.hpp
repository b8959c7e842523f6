// What all links on raw sockets have in common: sockets that are deaf at first, and packets through
// them.
#pragma once
#include <cstddef>
#include <expected>
#include <linux/filter.h>
#include <optional>
#include <span>

#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/event/contract.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ip_version.hpp>

#include "receive_ring.hpp"
#include "received_packet.hpp"
#include "send_queue.hpp"
#include "stamp_clock.hpp"

namespace sonda::inline v0::net {

// Sees no packet until it is given a filter. Errors: EPERM without CAP_NET_RAW, EAFNOSUPPORT.
[[nodiscard]] std::expected<Descriptor, Failure> open_deaf(IpVersion version, int protocol,
                                                           const char* purpose);

// To be asked as early as can be: the kernel begins to stamp packets a moment after it was first
// asked to.
void stamp_received(int socket);

struct SenderOptions {
  bool broadcast = false;
  std::size_t send_buffer = 0;   // 0: the system's default
  std::size_t error_buffer = 0;  // of the error queue
};

// Lets the kernel's own fragmenting and path MTU discovery keep their hands off our packets.
[[nodiscard]] std::expected<void, Failure> prepare_sender(int socket, IpVersion version,
                                                          const SenderOptions& options);

// From now on it hears what `filter` accepts, and nothing that came before.
[[nodiscard]] std::expected<void, Failure> prepare_receiver(int socket, IpVersion version,
                                                            std::size_t receive_buffer,
                                                            std::span<const sock_filter> filter);

// `interface` and `own` are the link's, where the action does not say.
[[nodiscard]] Outgoing outgoing(const Send& action, InterfaceIndex interface,
                                const std::optional<Address>& own);

// What slot `i` holds, to the inbox; drops before it.
void deliver_raw(const ReceiveRing& ring, std::size_t i, IpVersion version,
                 const StampConverter& clock, DropCounter& drops, Instant now, Inbox& inbox);

}  // namespace sonda::inline v0::net
