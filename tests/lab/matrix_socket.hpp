// A socket of any kind, and what it hears of ICMP errors.
#pragma once
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <span>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

#include <sonda/wire/address.hpp>

namespace sonda::testing {

inline sockaddr_storage name_of(const Address& address, std::uint16_t port) {
  sockaddr_storage storage{};
  if (address.is_v4()) {
    sockaddr_in in{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
    std::memcpy(&in.sin_addr, address.octets().data(), 4);
    std::memcpy(&storage, &in, sizeof in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, address.octets().data(), 16);
    std::memcpy(&storage, &in, sizeof in);
  }
  return storage;
}

class Socket {
 public:
  Socket(bool v4, int type, int protocol = 0)
      : v4_{v4}, number_{::socket(v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK, protocol)} {
    EXPECT_GE(number_, 0) << std::strerror(errno);
    // What an earlier test learned of a path's MTU is not obeyed.
    const int probe = v4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
    ::setsockopt(number_, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER,
                 &probe, sizeof probe);
  }
  Socket(Socket&& other) noexcept : v4_{other.v4_}, number_{std::exchange(other.number_, -1)} {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const { return number_; }
  void hear_errors() const {
    const int on = 1;
    ::setsockopt(number_, v4_ ? IPPROTO_IP : IPPROTO_IPV6, v4_ ? IP_RECVERR : IPV6_RECVERR, &on,
                 sizeof on);
  }
  [[nodiscard]] int connect(const Address& to, std::uint16_t port) const {
    const auto name = name_of(to, port);
    return ::connect(number_, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 ? 0
                                                                                          : errno;
  }
  [[nodiscard]] int send(std::span<const std::uint8_t> data) const {
    return ::send(number_, data.data(), data.size(), MSG_NOSIGNAL) < 0 ? errno : 0;
  }
  [[nodiscard]] int send_to(const Address& to, std::uint16_t port,
                            std::span<const std::uint8_t> data) const {
    const auto name = name_of(to, port);
    return ::sendto(number_, data.data(), data.size(), 0, reinterpret_cast<const sockaddr*>(&name),
                    v4_ ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)) < 0
               ? errno
               : 0;
  }
  // The errno of a recv(), 0 where there is only nothing to receive.
  [[nodiscard]] int receive() const {
    char data[256];
    if (::recv(number_, data, sizeof data, 0) >= 0) return 0;
    return errno == EAGAIN ? 0 : errno;
  }
  [[nodiscard]] int so_error() const {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(number_, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
  }
  // Whether the system has an error to tell of, or something lies in the error queue.
  [[nodiscard]] bool has_error() const {
    pollfd watched{.fd = number_, .events = 0, .revents = 0};
    return ::poll(&watched, 1, 0) == 1 && (watched.revents & POLLERR) != 0;
  }
  [[nodiscard]] int tcp_state() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    ::getsockopt(number_, IPPROTO_TCP, TCP_INFO, &info, &size);
    return info.tcpi_state;
  }

  struct Queued {
    int error = 0;
    int origin = 0, type = 0, code = 0;
    std::uint32_t info = 0;
    Address offender{};
  };
  [[nodiscard]] std::optional<Queued> queued() const {
    char data[2048];
    alignas(cmsghdr) char control[1024];
    iovec part{data, sizeof data};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (::recvmsg(number_, &message, MSG_ERRQUEUE) < 0) return std::nullopt;
    for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      const bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
      const bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
      if (!v4 && !v6) continue;
      sock_extended_err error{};
      std::memcpy(&error, CMSG_DATA(c), sizeof error);
      Queued out{static_cast<int>(error.ee_errno),
                 error.ee_origin,
                 error.ee_type,
                 error.ee_code,
                 error.ee_info,
                 {}};
      const auto* offender = reinterpret_cast<const std::uint8_t*>(CMSG_DATA(c)) + sizeof error;
      if (v4)
        out.offender = Ipv4Address::from_wire(Bytes{offender, 8}, 4);
      else
        out.offender = Ipv6Address::from_wire(Bytes{offender, 24}, 8);
      return out;
    }
    return std::nullopt;
  }

 private:
  bool v4_;
  int number_;
};

}  // namespace sonda::testing
