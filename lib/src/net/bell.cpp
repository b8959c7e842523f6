// eventfd(2), and threads without signals.
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>
#include <system_error>
#include <tuple>
#include <unistd.h>

#include <sonda/net/bell.hpp>

namespace sonda::inline v0::net {

std::expected<Bell, Failure> Bell::make() {
  Descriptor descriptor{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!descriptor) return std::unexpected{Failure{"make an event descriptor", errno, ""}};
  return Bell{std::move(descriptor)};
}

void Bell::ring() const noexcept {
  const std::uint64_t once = 1;
  std::ignore = ::write(descriptor_.get(), &once, sizeof once);
}

void Bell::silence() const noexcept {
  std::uint64_t rings = 0;
  std::ignore = ::read(descriptor_.get(), &rings, sizeof rings);
}

std::expected<std::thread, Failure> start_quiet_thread(std::function<void()> work) {
  // Blocked before the thread begins, so that there is no moment in which one could reach it.
  sigset_t all{}, before{};
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  struct Restore {
    const sigset_t& mask;
    ~Restore() { ::pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  };
  const Restore restore{before};
  try {
    return std::thread{std::move(work)};
  } catch (const std::system_error& error) {
    return std::unexpected{Failure{"start a thread", error.code().value(), ""}};
  }
}

}  // namespace sonda::inline v0::net
