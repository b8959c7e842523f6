// bind(2) for both versions, until one number suits both.
#include "source_port.hpp"

#include <cerrno>
#include <netinet/in.h>
#include <random>
#include <string>
#include <sys/socket.h>

#include "socket_address.hpp"
#include "socket_option.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr int attempts = 128;

// A socket or an errno.
struct Bound {
  Descriptor socket;
  int error = 0;
};

Bound bind_to(IpVersion version, Port port, Sharing sharing) {
  const bool v4 = version == IpVersion::v4;
  Bound result{Descriptor{::socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)}};
  if (!result.socket) return {{}, errno};
  OptionSetter set{result.socket.get()};
  if (!v4) set.if_possible(SOL_IPV6, IPV6_V6ONLY, 1);
  if (sharing == Sharing::shared) set.if_possible(SOL_SOCKET, SO_REUSEADDR, 1);
  const auto name =
      socket_address(v4 ? Address{Ipv4Address{}} : Address{Ipv6Address{}}, port, InterfaceIndex{});
  if (::bind(result.socket.get(), name.get(), name.size) != 0) return {{}, errno};
  return result;
}

Port bound_port(const Descriptor& socket) {
  SocketAddress name;
  name.size = sizeof name.storage;
  ::getsockname(socket.get(), name.get(), &name.size);
  return port_of(name);
}

bool lacks_version(int error) { return error == EAFNOSUPPORT || error == EADDRNOTAVAIL; }

// Both versions at `port`, or at one of the system's choice (0); else an errno.
std::expected<SourcePort, int> take(Port port, Sharing sharing) {
  SourcePort held{.port = port};
  auto v4 = bind_to(IpVersion::v4, port, sharing);
  if (!v4.socket && !lacks_version(v4.error)) return std::unexpected{v4.error};
  if (v4.socket) held.port = bound_port(v4.socket);
  auto v6 = bind_to(IpVersion::v6, held.port, sharing);
  if (!v6.socket && (!v4.socket || !lacks_version(v6.error))) return std::unexpected{v6.error};
  if (!v4.socket) held.port = bound_port(v6.socket);
  held.v4 = std::move(v4.socket);
  held.v6 = std::move(v6.socket);
  return held;
}

}  // namespace

std::expected<SourcePort, Failure> hold_port(std::optional<Port> wanted, Sharing sharing) {
  const auto failure = [&](int error) {
    return std::unexpected{Failure{"hold a source port", error,
                                   wanted ? std::to_string(wanted->value()) : std::string{}}};
  };
  if (wanted) {
    auto held = take(*wanted, sharing);
    if (!held) return failure(held.error());
    return std::move(*held);
  }
  std::random_device random;
  int error = EADDRINUSE;
  for (int i = 0; i < attempts; ++i) {
    // Alone first: a port that somebody shares already would give his connections to us.
    const bool any = i < 8 && error != EADDRNOTAVAIL;
    const Port port{any ? 0U : 1024U + random() % (65'536U - 1024U)};
    auto held = take(port, Sharing::exclusive);
    if (held && sharing == Sharing::shared) {
      const auto found = held->port;
      *held = {};
      held = take(found, Sharing::shared);
    }
    if (held) return std::move(*held);
    error = held.error();
    if (error != EADDRINUSE && error != EADDRNOTAVAIL && error != EACCES) break;
  }
  return failure(error);
}

}  // namespace sonda::inline v0::net
