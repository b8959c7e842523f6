// The first process of a lab's pid namespace, and the process outside that stands for the lab.
//
// For programs with one thread, behind enter_own_namespaces(). What the keeper starts ends with it:
// the system sees to that, however it ends; and the keeper ends with the process that waits for it.
#pragma once
#include <expected>
#include <functional>
#include <optional>
#include <string_view>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/net/wait.hpp>

namespace sonda::inline v0::net {

// What the keeper's function knows of the outside.
class SONDA_EXPORT Keeper {
 public:
  Keeper(Descriptor parent, Descriptor report, SignalDescriptor signals) noexcept;

  // Readable when the process that waits has ended, in case that takes longer than the moment in
  // which the system ends the keeper. -1 where nobody waits.
  [[nodiscard]] int parent_fd() const noexcept { return parent_.get(); }
  // Readable when take_signal() has something to say.
  [[nodiscard]] int signal_fd() const noexcept { return signals_.fd(); }
  // SIGCHLD: reap(). SIGTERM, SIGHUP, SIGINT, SIGQUIT: somebody asks the lab to end. What was typed
  // at the terminal is not told: the programs have it themselves.
  [[nodiscard]] std::optional<int> take_signal() noexcept;

  // Detached: the process that waits goes its way; false where it is gone already.
  [[nodiscard]] bool ready() noexcept;
  // Detached: it fails with this line. The function should return then.
  void refuse(std::string_view line) noexcept;

 private:
  Descriptor parent_, report_;
  SignalDescriptor signals_;
};

// Returns how the lab ended, as a wait status.
using KeeperFunction = std::function<int(Keeper&)>;

// Runs `function` in a child and waits for its end; its wait status, or the child's own where it
// was killed. Meanwhile SIGTERM, SIGHUP, and SIGINT and SIGQUIT that were not typed, are passed on
// to the keeper; typed ones are left to the programs; typed stops (Ctrl-Z) stop us as they stop
// them.
[[nodiscard]] SONDA_EXPORT std::expected<int, Failure> keep(const KeeperFunction& function);

// Runs `function` in a session of its own, with nothing to read and with its output going to `log`
// (-1: nowhere), and returns the process's number when it is ready(). Of our descriptors it keeps
// those that close on exec. A failure is the line that it refused with, or says how it ended
// without a word.
[[nodiscard]] SONDA_EXPORT std::expected<int, Failure> keep_detached(const KeeperFunction& function,
                                                                     int log = -1);

// The last act of a program that stands for another: where that one was ended by a signal, so are
// we, without a core dump. Otherwise its exit status, for main to return.
[[nodiscard]] SONDA_EXPORT int end_like(int wait_status) noexcept;

}  // namespace sonda::inline v0::net
