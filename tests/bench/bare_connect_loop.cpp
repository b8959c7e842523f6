// The yardstick of the TCP scanner: all ports of one address by connect(), and not a thing more.
//
//   bare-connect-loop ADDRESS [THREADS [SLOTS [SOURCE]]]   prints seconds and the number of open
//   ports
//
// Each thread has its sockets, one source port and one epoll descriptor; a refused socket is
// connected again at once, a connection that stands is ended half-open by a RST. Nothing is told
// from anything else: whatever is not open counts as closed. IPv4 only. With SOURCE
// its sockets are bound to that address, which spares the kernel work.
#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

constexpr unsigned ports = 65'536;

struct Slot {
  int socket = -1;
  sockaddr_in to{};
  bool busy = false;
};

class Loop {
 public:
  Loop(in_addr address, in_addr source, unsigned first, unsigned step, unsigned slots)
      : next_{first}, step_{step}, epoll_{::epoll_create1(0)}, slots_(slots) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr = source;
    for (unsigned i = 0; i < slots; ++i) {
      auto& slot = slots_[i];
      slot.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      const int on = 1;
      ::setsockopt(slot.socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      ::setsockopt(slot.socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, &on, sizeof on);  // half-open
      if (::bind(slot.socket, as_any(own), sizeof own) != 0) std::perror("bind");
      socklen_t size = sizeof own;
      ::getsockname(slot.socket, as_any(own), &size);
      epoll_event wanted{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u32 = i}};
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, slot.socket, &wanted);
      slot.to.sin_family = AF_INET;
      slot.to.sin_addr = address;
    }
  }

  void run() {
    for (auto& slot : slots_) begin(slot);
    std::vector<epoll_event> events(256);
    while (busy_ > 0) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        auto& slot = slots_[events[static_cast<std::size_t>(i)].data.u32];
        if (slot.busy) look_at(slot);
      }
    }
  }
  [[nodiscard]] unsigned open() const { return open_; }

 private:
  static sockaddr* as_any(sockaddr_in& in) {
    return static_cast<sockaddr*>(static_cast<void*>(&in));
  }

  void begin(Slot& slot) {
    if (next_ >= ports) return;
    slot.to.sin_port = htons(static_cast<std::uint16_t>(next_));
    next_ += step_;
    if (::connect(slot.socket, as_any(slot.to), sizeof slot.to) != 0 && errno != EINPROGRESS)
      std::perror("connect");
    slot.busy = true;
    ++busy_;
  }
  void look_at(Slot& slot) {
    const int result = ::connect(slot.socket, as_any(slot.to), sizeof slot.to);
    if (result != 0 && errno == EALREADY) return;
    if (result == 0) {
      ++open_;
      sockaddr_in nobody{};
      nobody.sin_family = AF_UNSPEC;
      ::connect(slot.socket, as_any(nobody), sizeof nobody);
    }
    slot.busy = false;
    --busy_;
    begin(slot);
  }

  unsigned next_, step_;
  int epoll_;
  std::vector<Slot> slots_;
  unsigned busy_ = 0, open_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  in_addr address{}, source{};
  if (count < 2 || ::inet_pton(AF_INET, arguments[1], &address) != 1) return 2;
  const auto threads = count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : 2U;
  const auto slots = count > 3 ? static_cast<unsigned>(std::atoi(arguments[3])) : 256U;
  if (count > 4) ::inet_pton(AF_INET, arguments[4], &source);
  const rlimit many{threads * slots + 64, threads * slots + 64};
  ::setrlimit(RLIMIT_NOFILE, &many);
  const auto began = std::chrono::steady_clock::now();
  std::atomic<unsigned> open = 0;
  std::vector<std::thread> running;
  for (unsigned i = 0; i < threads; ++i)
    running.emplace_back([&, i] {
      Loop loop{address, source, 1 + i, threads, slots};
      loop.run();
      open += loop.open();
    });
  for (auto& thread : running) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%.6f %u\n", took.count(), open.load());
}
