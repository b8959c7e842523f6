// The machine's time for the loop.
#include <tuple>

#include <sonda/net/clock.hpp>
#include <sonda/net/wait.hpp>
#include <sonda/run/clock.hpp>

namespace sonda::inline v0::run {

Instant SystemClock::now() { return net::now(); }

std::int64_t SystemClock::unix_ns(Instant at) const { return wall_->unix_ns(at); }

std::optional<std::int64_t> SystemClock::notice_step() { return wall_->notice_step(); }

void SystemClock::wait(std::span<const int> descriptors, std::optional<Instant> until) {
  // Why it woke does not matter: the loop looks at everything after each wait.
  std::ignore = net::wait_readable(descriptors, until);
}

}  // namespace sonda::inline v0::run
