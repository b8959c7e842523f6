// ppoll(2), signalfd(2) and the slack of timers.
#include <cerrno>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <utility>
#include <vector>

#include <sonda/net/clock.hpp>
#include <sonda/net/wait.hpp>

namespace sonda::inline v0::net {

std::expected<Woken, Failure> wait_readable(std::span<const int> descriptors,
                                            std::optional<Instant> until) {
  std::vector<pollfd> watched;
  watched.reserve(descriptors.size());
  for (const int descriptor : descriptors)
    watched.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});

  timespec left{};
  if (until) {
    const auto present = now();
    const auto nanoseconds = *until > present ? (*until - present).count() : 0;
    left.tv_sec = nanoseconds / 1'000'000'000;
    left.tv_nsec = nanoseconds % 1'000'000'000;
  }
  const int ready = ::ppoll(watched.data(), watched.size(), until ? &left : nullptr, nullptr);
  if (ready > 0) return Woken::by_descriptor;
  if (ready == 0) return Woken::by_time;
  if (errno == EINTR) return Woken::by_signal;
  return std::unexpected{Failure{"wait", errno, "for input"}};
}

std::expected<SignalDescriptor, Failure> SignalDescriptor::open(std::span<const int> signals) {
  sigset_t wanted{}, before{};
  sigemptyset(&wanted);
  for (const int signal : signals) sigaddset(&wanted, signal);
  Descriptor descriptor{::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!descriptor) return std::unexpected{Failure{"open a signal descriptor", errno, ""}};
  if (const int error = ::pthread_sigmask(SIG_BLOCK, &wanted, &before); error != 0)
    return std::unexpected{Failure{"block signals", error, ""}};
  return SignalDescriptor{std::move(descriptor), before};
}

SignalDescriptor::SignalDescriptor(SignalDescriptor&& other) noexcept
    : descriptor_{std::move(other.descriptor_)}, before_{other.before_} {}

SignalDescriptor::~SignalDescriptor() {
  if (descriptor_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<SignalDescriptor::Arrival> SignalDescriptor::take_arrival() noexcept {
  signalfd_siginfo arrived{};
  if (::read(descriptor_.get(), &arrived, sizeof arrived) != sizeof arrived) return std::nullopt;
  return Arrival{static_cast<int>(arrived.ssi_signo), arrived.ssi_code == SI_KERNEL};
}

std::optional<int> SignalDescriptor::take() noexcept {
  const auto arrived = take_arrival();
  return arrived ? std::optional{arrived->number} : std::nullopt;
}

void sleep_precisely() noexcept { ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); }

}  // namespace sonda::inline v0::net
