// What a child does to itself between fork and exec.
#pragma once
#include <cerrno>
#include <cstddef>
#include <type_traits>

#include <sonda/net/child.hpp>

namespace sonda::inline v0::net {

// How far a child came, as it is told through a pipe.
enum class StartStep : int { fork, enter, directory, streams, view, user, capabilities, execute };
struct StartReport {
  StartStep step = StartStep::fork;
  int error = 0;
};
static_assert(std::is_trivially_copyable_v<StartReport>);

// Each returns 0 or the errno.
[[nodiscard]] int give_own_view() noexcept;
[[nodiscard]] int become_user(const UserNumbers& who) noexcept;
[[nodiscard]] int leave_capabilities(ChildCapabilities which) noexcept;
void reset_signals() noexcept;

}  // namespace sonda::inline v0::net
