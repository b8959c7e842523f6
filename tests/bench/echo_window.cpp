// How many echoes a second a host answers, with so many of them under way at any time.
//
//   echo-window ADDRESS WINDOW SECONDS        prints {"answered": …, "lost": …, "seconds": …}
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t batch = 64;      // messages in one system call
constexpr std::size_t message = 64;    // octets: ping's
constexpr int patience_ms = 200;       // then what is out counts as lost
constexpr int receive_room = 8 << 20;  // octets

using Clock = std::chrono::steady_clock;
using Message = std::array<std::uint8_t, message>;

// A datagram socket for echoes: the system writes identifier and checksum, and sorts the answers.
std::optional<int> open_socket(const char* address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  if (::inet_pton(AF_INET, address, &to.sin_addr) != 1) return std::nullopt;
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
  if (fd < 0) return std::nullopt;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_room, sizeof receive_room);
  sockaddr generic{};
  static_assert(sizeof generic == sizeof to);
  std::memcpy(&generic, &to, sizeof to);
  if (::connect(fd, &generic, sizeof generic) != 0) return std::nullopt;
  return fd;
}

// The same room is sent from, or received into, in one system call.
class Batch {
 public:
  Batch() {
    for (std::size_t i = 0; i < batch; ++i) {
      rooms_[i] = {.iov_base = messages_[i].data(), .iov_len = message};
      headers_[i].msg_hdr.msg_iov = &rooms_[i];
      headers_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  Message& operator[](std::size_t index) { return messages_[index]; }
  mmsghdr* data() { return headers_.data(); }

 private:
  std::array<Message, batch> messages_{};
  std::array<iovec, batch> rooms_{};
  std::array<mmsghdr, batch> headers_{};
};

class Window {
 public:
  Window(int fd, std::size_t size) : fd_{fd}, size_{size} {}

  bool fill() {
    while (out_ < size_) {
      const auto count = std::min(batch, size_ - out_);
      for (std::size_t i = 0; i < count; ++i) {
        icmphdr echo{};
        echo.type = ICMP_ECHO;
        echo.un.echo.sequence = htons(++sequence_);
        std::memcpy(requests_[i].data(), &echo, sizeof echo);
      }
      const int sent = ::sendmmsg(fd_, requests_.data(), static_cast<unsigned>(count), 0);
      if (sent <= 0) return errno == ENOBUFS || errno == EAGAIN;
      out_ += static_cast<std::size_t>(sent);
    }
    return true;
  }

  void take_answers() {
    pollfd watched{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&watched, 1, patience_ms) <= 0) {
      lost_ += std::exchange(out_, 0);
      return;
    }
    const int got = ::recvmmsg(fd_, answers_.data(), batch, MSG_DONTWAIT, nullptr);
    if (got <= 0) return;
    const auto count = static_cast<std::size_t>(got);
    answered_ += count;
    out_ -= std::min(out_, count);
  }

  [[nodiscard]] std::size_t answered() const { return answered_; }
  [[nodiscard]] std::size_t lost() const { return lost_; }

 private:
  int fd_;
  std::size_t size_, out_ = 0, answered_ = 0, lost_ = 0;
  std::uint16_t sequence_ = 0;
  Batch requests_, answers_;
};

template <class Number>
std::optional<Number> number(const char* text) {
  Number value{};
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
  if (error != std::errc{} || *end != '\0' || value <= 0) return std::nullopt;
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const auto size = argc == 4 ? number<std::size_t>(argv[2]) : std::nullopt;
  const auto seconds = argc == 4 ? number<double>(argv[3]) : std::nullopt;
  if (!size || !seconds) {
    std::fputs("usage: echo-window ADDRESS WINDOW SECONDS\n", stderr);
    return 2;
  }
  const auto fd = open_socket(argv[1]);
  if (!fd) {
    std::perror("echo-window");
    return 4;
  }
  Window window{*fd, *size};
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::duration<double>{*seconds};
  while (Clock::now() < end) {
    if (!window.fill()) {
      std::perror("echo-window: sendmmsg");
      return 4;
    }
    window.take_answers();
  }
  const std::chrono::duration<double> took = Clock::now() - begin;
  std::printf("{\"answered\": %zu, \"lost\": %zu, \"seconds\": %.6f}\n", window.answered(),
              window.lost(), took.count());
  return 0;
}
