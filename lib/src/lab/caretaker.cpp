// The loop of a lab, and what it answers to those who ask.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sonda/core/nearest.hpp>
#include <sonda/lab/caretaker.hpp>
#include <sonda/lab/trace_text.hpp>
#include <sonda/net/clock.hpp>
#include <sonda/net/namespace.hpp>
#include <sonda/net/wait.hpp>

namespace sonda::inline v0::lab {

// Turns what it sees into lines.
class Caretaker::Tracer final : public sim::Observer {
 public:
  Tracer(Laboratory& lab, std::function<void(std::string_view)> print)
      : lab_{lab}, print_{std::move(print)} {
    lab_.watch(*this);
  }
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer() { lab_.unwatch(*this); }

  void on_crossing(const sim::Crossing& crossing) override {
    print_(trace_line(crossing, lab_.simulation(), Instant{}));
  }
  void on_note(const sim::Note& note) override {
    print_(trace_line(note, lab_.simulation(), Instant{}));
  }

 private:
  Laboratory& lab_;
  std::function<void(std::string_view)> print_;
};

namespace {

constexpr std::size_t most_clients = 64;
constexpr Duration longest_look_away = std::chrono::milliseconds{1};

bool parent_is_gone(const net::Keeper& keeper) {
  const std::array parent{keeper.parent_fd()};
  if (parent[0] < 0) return false;
  const auto woken = net::wait_readable(parent, Instant{});
  return woken && *woken == net::Woken::by_descriptor;
}

// Of a program that is among those that have ended.
std::optional<int> status_of(const net::Child* command) {
  std::optional<int> status;
  for (const auto& ended : net::reap())
    if (command != nullptr && ended.pid == command->pid()) status = ended.wait_status;
  return status;
}

}  // namespace

Caretaker::Caretaker(Laboratory& laboratory, net::Keeper& keeper)
    : lab_{laboratory}, keeper_{keeper} {}
Caretaker::~Caretaker() = default;

void Caretaker::trace_to(std::function<void(std::string_view line)> print) {
  tracer_ = std::make_unique<Tracer>(lab_, std::move(print));
}

void Caretaker::listen(net::LocalListener listener) { listener_.emplace(std::move(listener)); }

int Caretaker::attend(const net::Child& command) { return attend(&command); }
int Caretaker::attend() { return attend(nullptr); }

int Caretaker::attend(const net::Child* command) {
  for (Instant look_again{};; sleep()) {
    const auto now = net::now();
    const auto frames = lab_.frames_in();
    lab_.step(now);
    // Frames come first, but whoever sends many of them does not keep everybody else waiting.
    if (lab_.frames_in() != frames && now < look_again) continue;
    look_again = now + longest_look_away;
    if (const auto status = look_at_children(command)) {
      lab_.step(net::now());  // its last words
      return *status;
    }
    admit_clients(now);
    for (auto& client : clients_) serve(client);
    clients_.remove_if([](const Client& client) { return client.gone; });
    if (stopped_) return command != nullptr ? SIGTERM : 0;
  }
}

void Caretaker::linger() {
  constexpr Duration most = std::chrono::seconds{1};
  constexpr Duration quiet = std::chrono::milliseconds{50};
  const auto end = net::now() + most;
  for (auto last = net::now(); net::now() < end && net::now() < last + quiet;) {
    const auto hops = lab_.hops();
    lab_.step(net::now());
    const auto due = lab_.next_wakeup();
    if (lab_.hops() != hops || (due && *due < net::now() + most && lab_.under_way()))
      last = net::now();
    static_cast<void>(
        net::wait_readable(lab_.descriptors(),
                           std::min(due.value_or(end), net::now() + std::chrono::milliseconds{5})));
  }
}

void Caretaker::sleep() const {
  auto watched = lab_.descriptors();
  watched.push_back(keeper_.signal_fd());
  if (keeper_.parent_fd() >= 0) watched.push_back(keeper_.parent_fd());
  auto until = lab_.next_wakeup();
  if (listener_ && net::now() >= admit_at_) {
    watched.push_back(listener_->fd());
  } else if (listener_) {
    until = std::min(until.value_or(admit_at_), admit_at_);
  }
  for (const auto& client : clients_) watched.push_back(client.connection.fd());
  static_cast<void>(net::wait_readable(watched, until));
}

std::optional<int> Caretaker::look_at_children(const net::Child* command) {
  while (const auto signal = keeper_.take_signal()) {
    const auto ended = *signal == SIGCHLD ? status_of(command) : std::nullopt;
    if (ended) return ended;
    if (*signal == SIGCHLD) continue;
    if (command != nullptr)
      command->signal(*signal);
    else
      stopped_ = true;
  }
  if (parent_is_gone(keeper_)) return SIGTERM;
  return std::nullopt;
}

void Caretaker::admit_clients(Instant now) {
  constexpr Duration pause = std::chrono::milliseconds{100};
  while (listener_ && now >= admit_at_) {
    auto connection = clients_.size() < most_clients
                          ? listener_->accept_now()
                          : std::unexpected{Failure{"accept", EMFILE, "more clients"}};
    if (!connection) {
      if (connection.error().error_code != EAGAIN) admit_at_ = now + pause;
      return;
    }
    clients_.push_back({.connection = std::move(*connection), .tracer = {}});
  }
}

void Caretaker::serve(Client& client) {
  while (!client.gone) {
    auto message = client.connection.receive_now();
    if (!message && message.error().error_code == EAGAIN) return;
    if (!message || !*message) {
      client.gone = true;
    } else {
      answer(client, (*message)->text);
    }
  }
}

void Caretaker::answer(Client& client, const std::string& request) {
  const auto space = request.find(' ');
  const auto verb = request.substr(0, space);
  const auto rest = space == std::string::npos ? std::string{} : request.substr(space + 1);
  std::string text = "ok";
  if (verb == "enter") return enter(client, rest);
  if (verb == "set") {
    const auto sentence = read_sentence(rest);
    const auto done = sentence ? lab_.apply(net::now(), *sentence)
                               : Read<void>{std::unexpected{sentence.error()}};
    if (!done) text = "no " + done.error();
  } else if (verb == "status") {
    text += '\n' + status();
  } else if (verb == "stop") {
    stopped_ = true;
    if (const auto closed = lab_.close(); !closed) text = "no " + closed.error().message();
  } else if (verb == "trace") {
    client.tracer =
        std::make_unique<Tracer>(lab_, [&client, missed = 0](std::string_view line) mutable {
          const auto said = missed == 0
                                ? std::string{line}
                                : fmt::format("... {} lines are missing here\n{}", missed, line);
          const auto sent = client.connection.send_now(said);
          missed = sent ? 0 : missed + 1;
        });
  } else {
    text = fmt::format("no '{}' is no request", verb);
  }
  if (!client.connection.send_now(text)) client.gone = true;
}

void Caretaker::enter(Client& client, const std::string& host) {
  const auto* network = lab_.network_of(host.empty() ? lab_.kernel_hosts().front() : host);
  if (network == nullptr) {
    const auto hosts = lab_.kernel_hosts();
    const auto meant = nearest(host, hosts);
    const auto text =
        meant ? fmt::format("no '{}' is no host with a kernel of its own; do you mean {}?", host,
                            *meant)
              : fmt::format("no '{}' is no host with a kernel of its own; there is {}", host,
                            fmt::join(hosts, ", "));
    client.gone = !client.connection.send_now(text);
    return;
  }
  const auto user = net::Namespace::current(net::NamespaceKind::user);
  const auto mount = net::Namespace::current(net::NamespaceKind::mount);
  const auto pid = net::Namespace::current(net::NamespaceKind::pid);
  if (!user || !mount || !pid) {
    client.gone = !client.connection.send_now("no namespaces could be handed over");
    return;
  }
  const std::array descriptors{user->fd(), mount->fd(), pid->fd(), network->fd()};
  client.gone = !client.connection.send_now("ok user mount pid network", descriptors);
}

std::string Caretaker::status() const {
  const auto& topology = lab_.simulation().topology();
  return fmt::format("title {}\nseconds {}\nhosts {}\nhops {}\ndrops {}\n", topology.title,
                     std::chrono::floor<std::chrono::seconds>(lab_.age(net::now())).count(),
                     fmt::join(lab_.kernel_hosts(), ","), lab_.hops(), lab_.drops()) +
         (lab_.capture_failure() ? "capture " + lab_.capture_failure()->message() + '\n'
                                 : std::string{});
}

int await(net::Keeper& keeper, const net::Child& command) {
  const std::array watched{keeper.signal_fd(), keeper.parent_fd()};
  for (;;) {
    while (const auto signal = keeper.take_signal()) {
      if (*signal != SIGCHLD) {
        command.signal(*signal);
      } else if (const auto status = status_of(&command)) {
        return *status;
      }
    }
    if (parent_is_gone(keeper)) return SIGTERM;
    static_cast<void>(net::wait_readable(watched, std::nullopt));
  }
}

}  // namespace sonda::inline v0::lab
