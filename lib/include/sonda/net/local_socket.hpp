// Messages between processes of this machine, with descriptors in them (AF_UNIX, SOCK_SEQPACKET).
#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/net/descriptor.hpp>

namespace sonda::inline v0::net {

struct LocalMessage {
  std::string text{};
  std::vector<Descriptor> descriptors{};
};

// Who was at the other end when the connection was made, in the numbers of our own namespaces:
// process 0 where it is in none of ours, user 65534 where ours does not have him.
struct LocalPeer {
  int process = 0;
  std::uint32_t user = 0;
  std::uint32_t group = 0;
};

class SONDA_EXPORT LocalConnection {
 public:
  static constexpr std::size_t max_text = 65'536;
  static constexpr std::size_t max_descriptors = 64;

  // Errors: ENOENT, ECONNREFUSED where nobody listens.
  [[nodiscard]] static std::expected<LocalConnection, Failure> connect(const std::string& path);
  // Two ends of one connection.
  [[nodiscard]] static std::expected<std::pair<LocalConnection, LocalConnection>, Failure> pair();

  // For a poll loop: readable when a message has come or the other end is gone.
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  [[nodiscard]] std::expected<LocalPeer, Failure> peer() const;

  // Copies of the descriptors go along; the message arrives whole or not at all. Errors: EINVAL
  // without a text, EMSGSIZE beyond the limits, EPIPE where the other end is gone.
  [[nodiscard]] std::expected<void, Failure> send(std::string_view text,
                                                  std::span<const int> descriptors = {});
  // Nothing: the other end has closed. Error: EMSGSIZE for a message beyond the limits, which is
  // lost with its descriptors.
  [[nodiscard]] std::expected<std::optional<LocalMessage>, Failure> receive();
  // The same without waiting. Error: EAGAIN where the other end must read first, or write first.
  [[nodiscard]] std::expected<void, Failure> send_now(std::string_view text,
                                                      std::span<const int> descriptors = {});
  [[nodiscard]] std::expected<std::optional<LocalMessage>, Failure> receive_now();

 private:
  friend class LocalListener;
  explicit LocalConnection(Descriptor socket) noexcept : socket_{std::move(socket)} {}

  Descriptor socket_;
};

// Its file is removed with it, by the process that made it.
class SONDA_EXPORT LocalListener {
 public:
  // Only processes of this user may connect (mode 0600). A file that a dead process left is
  // replaced. Errors: EADDRINUSE where somebody listens there, ENAMETOOLONG beyond 107 octets.
  [[nodiscard]] static std::expected<LocalListener, Failure> listen(const std::string& path);
  LocalListener(LocalListener&& other) noexcept;
  LocalListener& operator=(LocalListener&&) = delete;
  ~LocalListener();

  // Readable when somebody wants to connect.
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  [[nodiscard]] std::expected<LocalConnection, Failure> accept();
  // The same without waiting. Error: EAGAIN where nobody wants to.
  [[nodiscard]] std::expected<LocalConnection, Failure> accept_now();

 private:
  LocalListener(Descriptor socket, std::string path, int owner) noexcept
      : socket_{std::move(socket)}, path_{std::move(path)}, owner_{owner} {}

  Descriptor socket_;
  std::string path_;
  int owner_;  // a copy that a fork made removes nothing
};

}  // namespace sonda::inline v0::net
