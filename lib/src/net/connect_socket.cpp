// connect(2) on a socket that has been used before, and what Linux leaves on it.
#include "connect_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

#include "socket_option.hpp"

namespace sonda::inline v0::net {
namespace {

// Linux looks whether the time is up only when a SYN is due again, and not the first time: that one
// leaves after 1 s, whatever we say.
constexpr Duration least_deadline = std::chrono::milliseconds{1020};

int timeout_ms(const Connect& action) {
  const auto deadline = std::max(action.deadline, least_deadline);
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(deadline).count());
}

// Without privilege where the kernel allows that (Linux 5.7), else by the weaker option that does.
void bind_to_interface(OptionSetter& set, int socket, const ConnectSocketPlan& plan, bool v4) {
  if (plan.interface.empty()) return;
  if (::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, plan.interface.c_str(),
                   static_cast<socklen_t>(plan.interface.size())) == 0)
    return;
  const be32 index = plan.interface_index.value();  // in the order of the wire, both of them
  if (v4)
    set(SOL_IP, IP_UNICAST_IF, index, "use an interface");
  else
    set(SOL_IPV6, IPV6_UNICAST_IF, index, "use an interface");
}

}  // namespace

std::expected<ConnectSocket, int> ConnectSocket::open(const ConnectSocketPlan& plan,
                                                      IpVersion version, Port source) {
  const bool v4 = version == IpVersion::v4;
  ConnectSocket made;
  made.version_ = version;
  made.source_ = source;
  made.socket_ =
      Descriptor{::socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made.socket_) return std::unexpected{errno};
  const int socket = made.socket_.get();
  OptionSetter set{socket};
  set(SOL_SOCKET, SO_REUSEADDR, 1, "share a source port");
  // Whatever closes it, the program's sudden end included, ends its connection with a RST.
  set(SOL_SOCKET, SO_LINGER, linger{.l_onoff = 1, .l_linger = 0}, "end with a RST");
  if (v4)
    set(SOL_IP, IP_RECVERR, 1, "hear of ICMP errors");
  else
    set(SOL_IPV6, IPV6_RECVERR, 1, "hear of ICMP errors");
  if (!v4) set.if_possible(SOL_IPV6, IPV6_V6ONLY, 1);
  bind_to_interface(set, socket, plan, v4);
  if (const auto ready = set.result(); !ready) return std::unexpected{ready.error().error_code};
  const bool own = plan.source && plan.source->is_v4() == v4;
  const Address any = v4 ? Address{Ipv4Address{}} : Address{Ipv6Address{}};
  const auto name = socket_address(own ? *plan.source : any, source, plan.interface_index);
  if (::bind(socket, name.get(), name.size) != 0) return std::unexpected{errno};
  return made;
}

void ConnectSocket::set(int level, int option, int value, int& known) {
  if (value == known) return;
  if (::setsockopt(socket_.get(), level, option, &value, sizeof value) == 0) known = value;
}

int ConnectSocket::connect(const Connect& action, InterfaceIndex interface) {
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, timeout_ms(action), timeout_ms_);
  set(IPPROTO_TCP, TCP_SYNCNT, std::max<int>(action.retransmissions, 1), retransmissions_);
  const int ttl = action.ttl.value() == 0 ? -1 : int{action.ttl.value()};
  if (version_ == IpVersion::v4)
    set(SOL_IP, IP_TTL, ttl, ttl_);
  else
    set(SOL_IPV6, IPV6_UNICAST_HOPS, ttl, ttl_);
  // The last ACK of the handshake waits for data that never come. TCP_QUICKACK would do the same,
  // but the socket forgets it with each connection: one more call for every port.
  set(IPPROTO_TCP, TCP_DEFER_ACCEPT, action.ending == Ending::half_open ? 1 : 0, holds_back_);
  to_ = socket_address(action.to, action.port, interface);
  return ::connect(socket_.get(), to_.get(), to_.size) == 0 ? EINPROGRESS : errno;
}

int ConnectSocket::outcome() const noexcept {
  return ::connect(socket_.get(), to_.get(), to_.size) == 0 ? 0 : errno;
}

void ConnectSocket::disconnect() noexcept {
  const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  ::connect(socket_.get(), &nobody, sizeof nobody);
}

void ConnectSocket::finish() {
  OptionSetter{socket_.get()}.if_possible(SOL_SOCKET, SO_LINGER,
                                          linger{.l_onoff = 0, .l_linger = 0});
  ::shutdown(socket_.get(), SHUT_RDWR);
  // What lies unread would turn the FIN into a RST.
  std::array<std::uint8_t, 4096> rest;
  while (::recv(socket_.get(), rest.data(), rest.size(), MSG_DONTWAIT) > 0) {
  }
  socket_.close();
}

std::optional<ConnectSocket::Info> ConnectSocket::info() const noexcept {
  tcp_info kernel{};
  socklen_t size = sizeof kernel;
  if (::getsockopt(socket_.get(), IPPROTO_TCP, TCP_INFO, &kernel, &size) != 0) return std::nullopt;
  Info info{
      .state = kernel.tcpi_state,
      .transmissions = static_cast<std::uint8_t>(std::min(kernel.tcpi_total_retrans, 254U) + 1),
      .held_back_here = kernel.tcpi_total_retrans != 0 && kernel.tcpi_retrans == 0,
      .rtt = std::chrono::microseconds{kernel.tcpi_rtt}};
  if (size >= offsetof(tcp_info, tcpi_snd_wnd) + sizeof kernel.tcpi_snd_wnd)
    info.window = kernel.tcpi_snd_wnd;
  return info;
}

}  // namespace sonda::inline v0::net
