// What is wrong with what a user asked for: one line, and the status that goes with it.
#pragma once
#include <expected>
#include <string>

#include "common/exit_status.hpp"

namespace sonda::tools {

struct Complaint {
  std::string sentence{};  // printable
  ExitStatus status = ExitStatus::usage;
};

template <typename T>
using Asked = std::expected<T, Complaint>;

}  // namespace sonda::tools
