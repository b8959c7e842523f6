// Starting a program: in which namespaces, as whom, with which capabilities.
//
// For programs; the library itself starts none.
#pragma once
#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/net/namespace.hpp>

namespace sonda::inline v0::net {

// A user by numbers, with the groups beside the first.
struct UserNumbers {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::vector<std::uint32_t> groups{};
};

// The user behind sudo with all his groups; nothing where sudo did not start us as root.
[[nodiscard]] SONDA_EXPORT std::optional<UserNumbers> sudo_caller();

enum class ChildCapabilities : std::uint8_t {
  network,  // NET_RAW, NET_ADMIN, NET_BIND_SERVICE for whoever runs it, as far as we have them
  none      // and none to be had, neither by being root nor by a file's capabilities
};

struct ChildPlan {
  std::vector<std::string> command{};      // the program, looked for in PATH, and its arguments
  std::vector<std::string> environment{};  // "NAME=value", beside what we have ourselves
  std::string directory{};                 // empty: ours
  std::vector<const Namespace*> enter{};   // in this order; a user namespace comes first
  std::optional<UserNumbers> become{};     // nobody else: who we are
  ChildCapabilities capabilities = ChildCapabilities::network;
  // A mount namespace of its own in which /sys and /proc show the child's network and processes,
  // where the system allows that.
  bool own_view = false;
  bool ends_with_parent = false;  // is killed when we end, whatever ends us
  // A process group of its own, which has the terminal if ours had. A shell needs one that it can
  // name, and in a pid namespace ours has no number.
  bool own_group = false;
  std::array<int, 3> streams{0, 1, 2};  // what it has for standard input, output and error
};

// A program that was started. Whoever drops this value does not end the program.
class SONDA_EXPORT Child {
 public:
  // Returns when the program runs. Signals have their default effect in it and none is blocked;
  // only a SIGHUP that we ignore stays ignored, as nohup(1) wants it. Failures name the step.
  [[nodiscard]] static std::expected<Child, Failure> start(const ChildPlan& plan);

  [[nodiscard]] int pid() const noexcept { return pid_; }
  // Readable when the program has ended.
  [[nodiscard]] int pidfd() const noexcept { return pidfd_.get(); }
  void signal(int number) const noexcept;
  // Waits for its end: a wait status. Once; error: ECHILD where somebody else has reaped it.
  [[nodiscard]] std::expected<int, Failure> wait();

 private:
  Child(int pid, Descriptor pidfd) noexcept : pid_{pid}, pidfd_{std::move(pidfd)} {}

  int pid_;
  Descriptor pidfd_;
};

// The status that a shell would show: the program's own, or 128 and the signal that ended it.
[[nodiscard]] SONDA_EXPORT int exit_status(int wait_status) noexcept;
// Of a program that could not be started, as env(1) says it: 127 where it is not there, 126 where
// it cannot be run, 125 where a step before that failed.
[[nodiscard]] SONDA_EXPORT int exit_status(const Failure& start_failure) noexcept;
// What wait(2) would give of a program that ended with `exit_status`.
[[nodiscard]] SONDA_EXPORT int wait_status_of(int exit_status) noexcept;

struct Reaped {
  int pid = 0;
  int wait_status = 0;
};
// All children of this process that have ended, adopted ones among them: they are no longer there
// to be waited for. For the first process of a pid namespace.
[[nodiscard]] SONDA_EXPORT std::vector<Reaped> reap();

}  // namespace sonda::inline v0::net
