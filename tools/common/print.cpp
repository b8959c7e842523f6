// Printing that never throws: a full disk or a closed stream is a status, not a crash.
#include "common/print.hpp"

#include <cstdio>
#include <string>

namespace sonda::tools {

int print_all(std::string_view text, ExitStatus status) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return code(written && std::fflush(stdout) == 0 ? status : ExitStatus::system);
}

void complain(std::string_view program, std::string_view sentence) {
  std::string line{program};
  line.append(": ").append(sentence).append("\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace sonda::tools
