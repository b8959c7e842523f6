// What the operating system refused: which operation, with which errno, on what.
#pragma once
#include <string>
#include <system_error>

#include <sonda/core/errno_name.hpp>

namespace sonda::inline v0 {

// Reads as "send to 192.0.2.1: Operation not permitted (EPERM)".
struct Failure {
  std::string operation;  // what was tried, as a verb: "send", "open a raw socket"
  int error_code = 0;     // errno as the call left it; 0 where no call failed
  std::string subject;    // on what: "to 192.0.2.1", "on eth0"; may be empty

  friend bool operator==(const Failure&, const Failure&) = default;

  [[nodiscard]] std::string message() const {
    std::string text = operation;
    if (!subject.empty()) text += ' ' + subject;
    if (error_code != 0) {
      text += ": " + std::generic_category().message(error_code);
      if (const auto known = errno_name(error_code); !known.empty())
        text.append(" (").append(known).append(")");
    }
    return text;
  }
};

}  // namespace sonda::inline v0
