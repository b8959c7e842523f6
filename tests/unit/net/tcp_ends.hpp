// Listeners, and what a connecting link is asked for, in as few words as can be.
#pragma once
#include <array>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <sonda/event/action.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/wire/address.hpp>

#include "recording_inbox.hpp"

namespace sonda::net::testing {

struct Listener {
  Descriptor socket;
  Port port{};

  // Whether a connection waits in the accept queue, after so long a wait.
  [[nodiscard]] bool has_visitor(int milliseconds = 0) const {
    pollfd one{.fd = socket.get(), .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, milliseconds) == 1;
  }
  [[nodiscard]] Descriptor accept() const {
    return Descriptor{::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  }
};

inline Port port_of_socket(int socket) {
  sockaddr_in6 name{};
  socklen_t size = sizeof name;
  ::getsockname(socket, static_cast<sockaddr*>(static_cast<void*>(&name)), &size);
  return Port{ntohs(name.sin6_port)};
}

// For both versions, at `port` or any.
inline Listener listen_at(Port port = {}, int backlog = 64) {
  Descriptor socket{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1, off = 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(socket.get(), SOL_IPV6, IPV6_V6ONLY, &off, sizeof off);
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_port = htons(port.value());
  EXPECT_EQ(::bind(socket.get(), static_cast<sockaddr*>(static_cast<void*>(&name)), sizeof name),
            0);
  EXPECT_EQ(::listen(socket.get(), backlog), 0);
  const auto got = port_of_socket(socket.get());
  return {std::move(socket), got};
}

// A port on which nobody listens while this lives: it is held.
struct ClosedPort {
  ClosedPort() : held{listen_at()} {
    // Bound and no longer listening.
    ::shutdown(held.socket.get(), SHUT_RDWR);
  }
  [[nodiscard]] Port port() const { return held.port; }
  Listener held;
};

inline Connect connect_to(Address to, Port port, std::uint32_t flow = 0,
                          Duration deadline = std::chrono::milliseconds{2500}) {
  return {
      .flow = FlowId{flow}, .probe = ProbeId{flow}, .to = to, .port = port, .deadline = deadline};
}

inline void transmit(Link& link, Inbox& inbox, const Action& action) {
  link.transmit(now(), std::span{&action, 1}, inbox);
}

// The next report about whatever is asked; none within `most`.
inline std::optional<RecordingInbox::Report> next_report(Link& link, RecordingInbox& inbox,
                                                         Duration most = std::chrono::milliseconds{
                                                             2000}) {
  const auto before = inbox.reports.size();
  if (!drive(link, inbox, [&] { return inbox.reports.size() > before; }, most)) return std::nullopt;
  return inbox.reports[before];
}

inline std::string text_of(const RecordingInbox::Report& report) {
  return std::string{reinterpret_cast<const char*>(report.report.data.data()),
                     report.report.data.size()};
}

}  // namespace sonda::net::testing
