// Printing that never throws: a full disk or a closed stream is a status, not a crash.
#pragma once
#include <string_view>

#include "common/exit_status.hpp"

namespace sonda::tools {

// `text` to stdout at once; `status`, or ExitStatus::system where it could not be written.
[[nodiscard]] int print_all(std::string_view text, ExitStatus status);

// A line on stderr in the program's name. Where even that fails, nobody is left to be told.
void complain(std::string_view program, std::string_view sentence);

}  // namespace sonda::tools
