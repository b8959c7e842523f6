// What a program's exit status says. The same in every tool, and in every --help.
#pragma once
#include <cerrno>

#include <sonda/core/failure.hpp>

namespace sonda::tools {

enum class ExitStatus : int {
  yes = 0,          // answered; reached; a port is open; works
  no = 1,           // not
  usage = 2,        // the command line is wrong
  privilege = 3,    // not allowed, and no way without
  system = 4,       // the system failed, or a name was not found
  inconclusive = 5  // neither yes nor no can be known: sonda-verify alone
};

[[nodiscard]] constexpr int code(ExitStatus status) { return static_cast<int>(status); }

[[nodiscard]] inline ExitStatus status_of(const Failure& failure) {
  // A route or a firewall may say the same words, and no privilege mends that.
  const bool forbidden = failure.error_code == EPERM || failure.error_code == EACCES;
  const bool opening = failure.operation.starts_with("open a") || failure.operation == "capture";
  return forbidden && opening ? ExitStatus::privilege : ExitStatus::system;
}

inline constexpr const char* exit_status_help =
    "EXIT STATUS\n"
    "  0 answered   1 not answered   2 wrong usage   3 not permitted\n"
    "  4 the system failed, or a name was not found\n";

}  // namespace sonda::tools
