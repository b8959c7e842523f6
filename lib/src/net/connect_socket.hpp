// One TCP socket that connects again and again: after a refusal, and after an end without a close.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/action.hpp>
#include <sonda/event/input.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ip_version.hpp>

#include "socket_address.hpp"

namespace sonda::inline v0::net {

// What all sockets of a link have in common.
struct ConnectSocketPlan {
  std::optional<Address> source{};
  std::string interface{};  // empty: any
  InterfaceIndex interface_index{};
};

class ConnectSocket {
 public:
  ConnectSocket() = default;
  // Or an errno.
  [[nodiscard]] static std::expected<ConnectSocket, int> open(const ConnectSocketPlan& plan,
                                                              IpVersion version, Port source);

  [[nodiscard]] int get() const noexcept { return socket_.get(); }
  [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(socket_); }
  [[nodiscard]] Port source() const noexcept { return source_; }
  void close() noexcept { socket_.close(); }

  // Sends the SYN: EINPROGRESS where it left, else why not.
  [[nodiscard]] int connect(const Connect& action, InterfaceIndex interface);
  // What became of it: 0 or EISCONN for a connection that stands, EALREADY while nobody knows, else
  // its end, verbatim; the socket is as good as new then. Unlike SO_ERROR it takes no soft error.
  [[nodiscard]] int outcome() const noexcept;
  // RST for a connection that stands; forgets one that does not. As good as new afterwards.
  void disconnect() noexcept;
  // FIN, and the end of this socket.
  void finish();

  struct Info {
    std::uint8_t state = 0;  // TCP_ESTABLISHED is 1
    std::uint8_t transmissions = 0;
    // Sent again, and our own system let nothing out (a firewall of ours, a full queue): a timer
    // that sends a SYN again counts the attempt, and what is on its way only if it succeeded.
    bool held_back_here = false;
    Duration rtt{};
    std::optional<std::uint32_t> window{};  // the system may be too old to say
  };
  [[nodiscard]] std::optional<Info> info() const noexcept;

 private:
  void set(int level, int option, int value, int& known);

  Descriptor socket_;
  IpVersion version_ = IpVersion::v4;
  Port source_{};
  // As they were last set.
  int timeout_ms_ = 0, retransmissions_ = 0, ttl_ = -1, holds_back_ = 0;
  SocketAddress to_;
};

}  // namespace sonda::inline v0::net
