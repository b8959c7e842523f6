// AF_UNIX: sendmsg(2) and recvmsg(2) with SCM_RIGHTS.
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <sonda/net/local_socket.hpp>

#include "control.hpp"
#include "socket_address.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr std::size_t control_size = CMSG_SPACE(LocalConnection::max_descriptors * sizeof(int));

std::unexpected<Failure> failed(const char* operation, int error, std::string subject = {}) {
  return std::unexpected{Failure{operation, error, std::move(subject)}};
}

Descriptor new_socket() {
  return Descriptor{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

std::optional<SocketAddress> name_of(const std::string& path) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof un.sun_path) return std::nullopt;
  std::memcpy(un.sun_path, path.data(), path.size());
  SocketAddress name;
  std::memcpy(&name.storage, &un, sizeof un);
  name.size = sizeof un;
  return name;
}

// Repeats `call` until it says something else than that it would have to wait.
template <typename Call>
auto when_ready(int socket, short event, Call&& call) {
  for (;;) {
    auto result = call();
    if (result || result.error().error_code != EAGAIN) return result;
    pollfd watched{.fd = socket, .events = event, .revents = 0};
    ::poll(&watched, 1, -1);
  }
}

}  // namespace

std::expected<LocalConnection, Failure> LocalConnection::connect(const std::string& path) {
  const auto name = name_of(path);
  if (!name) return failed("connect", ENAMETOOLONG, "to " + path);
  // Waiting for a listener whose queue is full is not what a poll loop could do.
  Descriptor socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
  if (!socket || ::connect(socket.get(), name->get(), name->size) != 0)
    return failed("connect", errno, "to " + path);
  return LocalConnection{std::move(socket)};
}

std::expected<std::pair<LocalConnection, LocalConnection>, Failure> LocalConnection::pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return failed("make a connection", errno);
  return std::pair{LocalConnection{Descriptor{ends[0]}}, LocalConnection{Descriptor{ends[1]}}};
}

std::expected<LocalPeer, Failure> LocalConnection::peer() const {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
    return failed("ask who is at the other end", errno);
  return LocalPeer{who.pid, who.uid, who.gid};
}

std::expected<void, Failure> LocalConnection::send_now(std::string_view text,
                                                       std::span<const int> descriptors) {
  // An empty message could not be told from the end.
  if (text.empty()) return failed("send", EINVAL, "an empty message");
  if (text.size() > max_text || descriptors.size() > max_descriptors)
    return failed("send", EMSGSIZE, "a message");
  // The system does not write to it; its structure just has no const.
  iovec part{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) std::array<std::uint8_t, control_size> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    cmsghdr header{};
    header.cmsg_level = SOL_SOCKET;
    header.cmsg_type = SCM_RIGHTS;
    header.cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(control.data(), &header, sizeof header);
    std::memcpy(control.data() + control_header_size, descriptors.data(), descriptors.size_bytes());
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  }
  ssize_t sent = 0;
  do sent = ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  if (sent < 0) return failed("send", errno, "a message");
  return {};
}

std::expected<std::optional<LocalMessage>, Failure> LocalConnection::receive_now() {
  LocalMessage received;
  received.text.resize(max_text);
  iovec part{received.text.data(), received.text.size()};
  alignas(cmsghdr) std::array<std::uint8_t, control_size> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do got = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  // One that closed without reading what we sent: the end all the same.
  if (got == 0 || (got < 0 && errno == ECONNRESET)) return std::optional<LocalMessage>{};
  if (got < 0) return failed("receive", errno, "a message");
  for_each_control(message, [&received](int level, int type, Bytes data) {
    if (level != SOL_SOCKET || type != SCM_RIGHTS) return;
    for (; data.size() >= sizeof(int); data = data.subspan(sizeof(int)))
      received.descriptors.emplace_back(value_in<int>(data));
  });
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    return failed("receive", EMSGSIZE, "a message");
  received.text.resize(static_cast<std::size_t>(got));
  return received;
}

std::expected<void, Failure> LocalConnection::send(std::string_view text,
                                                   std::span<const int> descriptors) {
  return when_ready(socket_.get(), POLLOUT, [&] { return send_now(text, descriptors); });
}

std::expected<std::optional<LocalMessage>, Failure> LocalConnection::receive() {
  return when_ready(socket_.get(), POLLIN, [this] { return receive_now(); });
}

std::expected<LocalListener, Failure> LocalListener::listen(const std::string& path) {
  const auto name = name_of(path);
  if (!name) return failed("listen", ENAMETOOLONG, "on " + path);
  auto socket = new_socket();
  // The file takes over the mode of the socket: at no time can others connect.
  if (!socket || ::fchmod(socket.get(), S_IRUSR | S_IWUSR) != 0)
    return failed("listen", errno, "on " + path);
  int error = ::bind(socket.get(), name->get(), name->size) == 0 ? 0 : errno;
  if (error == EADDRINUSE) {
    const auto somebody = LocalConnection::connect(path);
    const bool left_behind = !somebody && somebody.error().error_code == ECONNREFUSED;
    if (left_behind && ::unlink(path.c_str()) == 0)
      error = ::bind(socket.get(), name->get(), name->size) == 0 ? 0 : errno;
  }
  if (error != 0) return failed("listen", error, "on " + path);
  LocalListener listener{std::move(socket), path, ::getpid()};
  if (::listen(listener.fd(), 64) != 0) return failed("listen", errno, "on " + path);
  return listener;
}

LocalListener::LocalListener(LocalListener&& other) noexcept
    : socket_{std::move(other.socket_)},
      path_{std::exchange(other.path_, {})},
      owner_{other.owner_} {}

LocalListener::~LocalListener() {
  if (!path_.empty() && owner_ == ::getpid()) ::unlink(path_.c_str());
}

std::expected<LocalConnection, Failure> LocalListener::accept_now() {
  Descriptor socket{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (!socket)
    return failed("accept", errno == EINTR || errno == ECONNABORTED ? EAGAIN : errno,
                  "on " + path_);
  return LocalConnection{std::move(socket)};
}

std::expected<LocalConnection, Failure> LocalListener::accept() {
  return when_ready(socket_.get(), POLLIN, [this] { return accept_now(); });
}

}  // namespace sonda::inline v0::net
