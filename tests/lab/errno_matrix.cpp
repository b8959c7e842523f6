// Run inside the menu lab: every row of the ICMP catalogue against real sockets of this kernel.
//
// Each row is asked of six kinds of socket: TCP connect(), connected UDP and unconnected UDP, each
// with and without IP_RECVERR. What a call returns and what lies in the error queue must be what
// the catalogue says; where this kernel does otherwise, the row is named with both.
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include <sonda/core/errno_name.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

namespace sonda::testing {
namespace {

using namespace std::chrono_literals;

// ------------------------------------------------------------------------------------- the sockets

sockaddr_storage name_of(const Address& address, std::uint16_t port) {
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
  Socket(bool v4, int type)
      : v4_{v4}, number_{::socket(v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK, 0)} {
    EXPECT_GE(number_, 0) << std::strerror(errno);
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
  [[nodiscard]] int send_to(const Address& to, std::uint16_t port, std::size_t octets) const {
    const auto name = name_of(to, port);
    const std::vector<char> data(octets);
    return ::sendto(number_, data.data(), data.size(), 0, reinterpret_cast<const sockaddr*>(&name),
                    v4_ ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)) < 0
               ? errno
               : 0;
  }
  // The errno of a recv(), 0 where there is only nothing to receive.
  [[nodiscard]] int receive() const {
    char data[1];
    if (::recv(number_, data, sizeof data, 0) >= 0) return 0;
    return errno == EAGAIN ? 0 : errno;
  }
  [[nodiscard]] int so_error() const {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(number_, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
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

// -------------------------------------------------------------------------------------- the menu

struct Entry {
  const IcmpCause* row = nullptr;
  std::uint8_t code = 0;

  [[nodiscard]] bool v4() const { return row->version == IpVersion::v4; }
  [[nodiscard]] Address target() const {
    const auto dotted = std::to_string(row->type) + (v4() ? "." : ":") + std::to_string(code);
    return *Address::parse(v4() ? "10." + dotted + ".1" : "fd00::" + dotted + ":1");
  }
  [[nodiscard]] std::string text() const {
    return std::string{v4() ? "ICMPv4 " : "ICMPv6 "} + std::to_string(row->type) + '/' +
           std::to_string(code) + ' ' + std::string{row->name};
  }
  [[nodiscard]] Address router() const {
    return *Address::parse(v4() ? "198.51.100.1" : "2001:db8:1::1");
  }
  // What is small enough passes "packet too big": only larger packets are told.
  [[nodiscard]] bool only_for_large() const { return row->field == IcmpField::mtu; }
};

std::vector<Entry> menu() {
  std::vector<Entry> out;
  for (const auto version : {IpVersion::v4, IpVersion::v6})
    for (const auto& row : icmp_catalogue(version))
      for (unsigned code = row.code; code <= row.last_code && code <= row.code + 2U; ++code)
        out.push_back({&row, static_cast<std::uint8_t>(code)});
  return out;
}

std::string errno_text(int number) {
  return number == 0 ? "nothing" : std::string{errno_name(number)};
}

// Where this kernel does not do what the catalogue says, in one line a row.
class Differences {
 public:
  void expect(const Entry& entry, const std::string& call, const std::string& found,
              const std::string& expected) {
    ++asked_;
    if (found != expected)
      lines_ +=
          entry.text() + ": " + call + " gets " + found + ", the catalogue says " + expected + '\n';
  }
  void expect_errno(const Entry& entry, const std::string& call, int found, int expected) {
    expect(entry, call, errno_text(found), errno_text(expected));
  }
  void expect_queued(const Entry& entry, const std::string& call,
                     const std::optional<Socket::Queued>& found, bool expected) {
    const auto wanted = expected ? errno_text(entry.row->recverr_errno) + ' ' +
                                       std::to_string(entry.row->type) + '/' +
                                       std::to_string(entry.code) + " from " +
                                       std::string{to_text(entry.router()).view()}
                                 : "nothing";
    const auto got = found ? errno_text(found->error) + ' ' + std::to_string(found->type) + '/' +
                                 std::to_string(found->code) + " from " +
                                 std::string{to_text(found->offender).view()}
                           : "nothing";
    expect(entry, call + ", its error queue", got, wanted);
  }
  ~Differences() {
    EXPECT_GT(asked_, 0);
    EXPECT_EQ(lines_, "") << "this kernel differs from the catalogue";
  }

 private:
  int asked_ = 0;
  std::string lines_;
};

constexpr auto an_answer_takes = 300ms;
constexpr std::uint16_t some_port = 7'777;
constexpr std::size_t too_large = 1'400;  // for the menu's MTU of 1,280

// ------------------------------------------------------------------------------------- the matrix

class ErrnoMatrix : public ::testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] static bool with_recverr() { return GetParam(); }
  [[nodiscard]] static std::string how(const std::string& call) {
    return call + (with_recverr() ? " with IP_RECVERR" : "");
  }
};
INSTANTIATE_TEST_SUITE_P(Recverr, ErrnoMatrix, ::testing::Values(false, true),
                         [](const auto& run) { return run.param ? "with" : "without"; });

TEST_P(ErrnoMatrix, of_a_tcp_connect) {
  constexpr int syn_sent = 2, established = 1;
  const auto entries = menu();
  std::vector<Socket> sockets;
  for (const auto& entry : entries) {
    auto& socket = sockets.emplace_back(entry.v4(), SOCK_STREAM);
    if (with_recverr()) socket.hear_errors();
    EXPECT_EQ(socket.connect(entry.target(), some_port), EINPROGRESS) << entry.text();
  }
  std::this_thread::sleep_for(an_answer_takes);
  Differences differences;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    const int state = sockets[i].tcp_state();
    if (entry.only_for_large()) {  // a SYN is small: the connection is there
      differences.expect(entry, how("connect()"), std::to_string(state),
                         std::to_string(established));
      continue;
    }
    differences.expect_errno(entry, how("connect()"), sockets[i].so_error(),
                             entry.row->connect_errno);
    if (entry.row->connect_errno == 0)
      differences.expect(entry, how("connect()'s state"), std::to_string(state),
                         std::to_string(syn_sent));
    // Since Linux 5.8 IPv4 queues it whether asked to or not; IPv6 only where asked.
    const bool queued = entry.row->queued && (with_recverr() || entry.v4());
    differences.expect_queued(entry, how("connect()"), sockets[i].queued(), queued);
  }
}

TEST_P(ErrnoMatrix, of_connected_udp) {
  const auto entries = menu();
  std::vector<Socket> sockets;
  for (const auto& entry : entries) {
    auto& socket = sockets.emplace_back(entry.v4(), SOCK_DGRAM);
    if (with_recverr()) socket.hear_errors();
    EXPECT_EQ(socket.connect(entry.target(), some_port), 0) << entry.text();
    EXPECT_EQ(socket.send_to(entry.target(), some_port, entry.only_for_large() ? too_large : 5), 0)
        << entry.text();
  }
  std::this_thread::sleep_for(an_answer_takes);
  Differences differences;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    const auto heard = with_recverr() ? entry.row->recverr_errno : entry.row->udp_errno;
    differences.expect_errno(entry, how("recv() on connected UDP"), sockets[i].receive(),
                             entry.row->queued || !with_recverr() ? heard : 0);
    differences.expect_queued(entry, how("connected UDP"), sockets[i].queued(),
                              with_recverr() && entry.row->queued);
    differences.expect_errno(entry, how("the call after it"), sockets[i].receive(), 0);
  }
}

TEST_P(ErrnoMatrix, of_unconnected_udp) {
  const auto entries = menu();
  std::vector<Socket> sockets;
  for (const auto& entry : entries) {
    auto& socket = sockets.emplace_back(entry.v4(), SOCK_DGRAM);
    if (with_recverr()) socket.hear_errors();
    EXPECT_EQ(socket.send_to(entry.target(), some_port, entry.only_for_large() ? too_large : 5), 0)
        << entry.text();
  }
  std::this_thread::sleep_for(an_answer_takes);
  Differences differences;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    const bool told = with_recverr() && entry.row->queued;
    differences.expect_errno(entry, how("recv() on unconnected UDP"), sockets[i].receive(),
                             told ? entry.row->recverr_errno : 0);
    differences.expect_queued(entry, how("unconnected UDP"), sockets[i].queued(), told);
  }
}

}  // namespace
}  // namespace sonda::testing
