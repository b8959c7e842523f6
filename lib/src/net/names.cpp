// c-ares in a thread of its own.
#include <algorithm>
// Later versions call the functions of this one deprecated; they all still have them.
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <csignal>
#include <deque>
#include <mutex>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sonda/net/descriptor.hpp>
#include <sonda/net/names.hpp>

namespace sonda::inline v0::net {
namespace {

constexpr int first_timeout_ms = 1500;
constexpr int tries = 2;
constexpr std::size_t most_questions = 64;  // under way at once

// The library is initialised once in a program and never cleaned up: others may use it, too.
bool library_is_ready() {
  static const bool ready = ::ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

}  // namespace

struct ReverseNames::State {
  explicit State(const ReverseNamesOptions& options_)
      : options{options_}, bell{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    // Signals are for the program's own thread: this one starts with all of them blocked.
    sigset_t all{}, before{};
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    // Without a bell or a thread there are no names, and nothing else is amiss.
    if (bell) {
      try {
        thread = std::thread{[this] { work(); }};
      } catch (const std::system_error&) {
        stopping = true;
      }
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    {
      const std::scoped_lock lock{mutex};
      stopping = true;
    }
    ring();
    if (thread.joinable()) thread.join();
  }

  struct Question {
    State* state;
    Address address;
  };

  void ring() const {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(bell.get(), &one, sizeof one));
  }
  void work();
  void ask_what_is_asked(ares_channel channel);
  void wait_and_read(ares_channel channel) const;
  static void answered(void* question, int status, int timeouts, hostent* host);

  ReverseNamesOptions options;
  Descriptor bell;
  std::mutex mutex;
  bool stopping = false;                                          // these four under the mutex
  std::deque<Address> asked;                                      // not yet handed to c-ares
  std::unordered_map<Address, std::optional<std::string>> known;  // nothing: not (yet) known
  std::deque<Address> order;                                      // of `known`, oldest first
  std::size_t under_way = 0;                                      // of the thread alone
  std::thread thread;
};

void ReverseNames::State::answered(void* data, int status, int, hostent* host) {
  const std::unique_ptr<Question> question{static_cast<Question*>(data)};
  auto& state = *question->state;
  --state.under_way;
  if (status != ARES_SUCCESS || host == nullptr || host->h_name == nullptr) return;
  const std::scoped_lock lock{state.mutex};
  const auto entry = state.known.find(question->address);
  if (entry != state.known.end() && *host->h_name != '\0') entry->second = host->h_name;
}

void ReverseNames::State::ask_what_is_asked(ares_channel channel) {
  while (under_way < most_questions) {
    std::unique_lock lock{mutex};
    if (asked.empty()) return;
    const auto address = asked.front();
    asked.pop_front();
    lock.unlock();
    ++under_way;
    const auto octets = address.octets();
    ::ares_gethostbyaddr(channel, octets.data(), static_cast<int>(octets.size()),
                         address.is_v4() ? AF_INET : AF_INET6, answered,
                         std::make_unique<Question>(Question{this, address}).release());
  }
}

void ReverseNames::State::wait_and_read(ares_channel channel) const {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const auto bits = static_cast<unsigned>(
      ::ares_getsock(channel, sockets.data(), static_cast<int>(sockets.size())));
  std::vector<pollfd> watched{{.fd = bell.get(), .events = POLLIN, .revents = 0}};
  for (unsigned i = 0; i < sockets.size(); ++i) {
    const bool reads = (bits >> i & 1) != 0, writes = (bits >> (i + sockets.size()) & 1) != 0;
    const int events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
    if (events != 0) watched.push_back({sockets[i], static_cast<short>(events), 0});
  }
  timeval room{};
  const auto* left = ::ares_timeout(channel, nullptr, &room);
  const int wait =
      left == nullptr ? -1 : static_cast<int>(left->tv_sec * 1000 + left->tv_usec / 1000 + 1);
  ::poll(watched.data(), watched.size(), wait);
  std::uint64_t rung = 0;
  static_cast<void>(!::read(bell.get(), &rung, sizeof rung));
  for (std::size_t i = 1; i < watched.size(); ++i) {
    const auto ready = watched[i].revents;
    ::ares_process_fd(channel,
                      (ready & (POLLIN | POLLERR | POLLHUP)) != 0 ? watched[i].fd : ARES_SOCKET_BAD,
                      (ready & POLLOUT) != 0 ? watched[i].fd : ARES_SOCKET_BAD);
  }
  ::ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // timeouts
}

void ReverseNames::State::work() {
  ares_options wanted{};
  wanted.timeout = first_timeout_ms;
  wanted.tries = tries;
  ares_channel channel = nullptr;
  if (!library_is_ready() ||
      ::ares_init_options(&channel, &wanted, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS)
    return;
  if (!options.servers.empty()) ::ares_set_servers_ports_csv(channel, options.servers.c_str());
  for (;;) {
    {
      const std::scoped_lock lock{mutex};
      if (stopping) break;
    }
    ask_what_is_asked(channel);
    wait_and_read(channel);
  }
  ::ares_destroy(channel);  // every open question is answered with ARES_EDESTRUCTION
}

ReverseNames::ReverseNames(const ReverseNamesOptions& options)
    : state_{std::make_unique<State>(options)} {}
ReverseNames::ReverseNames(ReverseNames&&) noexcept = default;
ReverseNames& ReverseNames::operator=(ReverseNames&&) noexcept = default;
ReverseNames::~ReverseNames() = default;

std::optional<std::string> ReverseNames::name_of(const Address& address) {
  const auto key = address.without_zone();
  {
    const std::scoped_lock lock{state_->mutex};
    const auto [entry, is_new] = state_->known.try_emplace(key);
    if (!is_new) return entry->second;
    state_->asked.push_back(key);
    state_->order.push_back(key);
    if (state_->order.size() > state_->options.most) {
      state_->known.erase(state_->order.front());
      std::erase(state_->asked, state_->order.front());
      state_->order.pop_front();
    }
  }
  state_->ring();
  return std::nullopt;
}

}  // namespace sonda::inline v0::net
