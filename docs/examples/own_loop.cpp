// Two pings at once in an epoll loop of one's own: a session names its descriptors and wake-ups.
#include <algorithm>
#include <iostream>
#include <sys/epoll.h>

#include <sonda/run/session.hpp>
#include <sonda/wire/address_text.hpp>

int main() {
  using namespace sonda;
  using namespace std::chrono;
  const auto tell = [](const Occurrence& occurrence) {
    if (const auto* reply = std::get_if<Reply>(&occurrence.event.what))
      std::cout << to_text(reply->from).view() << " answered " << reply->sequence << std::endl;
  };
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Session> sessions;
  for (const auto* target : {"127.0.0.1", "::1"}) {
    auto run = ping({.target = *Address::parse(target), .count = 3, .interval = milliseconds{100}},
                    {.on_event = tell});
    if (!run) return std::cerr << run.error().message() << '\n', 3;
    for (const int descriptor : run->descriptors()) {
      epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
      epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
    }
    sessions.push_back(std::move(*run));
  }
  while (!std::ranges::all_of(sessions, &Session::finished)) {
    nanoseconds wait = seconds{1};
    for (auto& session : sessions) {
      session.turn();
      const auto now = steady_clock::now().time_since_epoch();  // Linux: CLOCK_MONOTONIC, as ours
      if (const auto at = session.next_wakeup())
        wait = std::min(wait, at->time_since_epoch() - now);
    }
    epoll_event event{};
    epoll_wait(poll, &event, 1, static_cast<int>(ceil<milliseconds>(std::max(wait, 0ns)).count()));
  }
}
