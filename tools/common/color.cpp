// Whether words get colours: asked for, or a terminal that nobody has told not to.
#include "common/color.hpp"

#include <cstdlib>
#include <unistd.h>

#include <sonda/record/printable.hpp>

namespace sonda::tools {

Read<std::string> read_color(std::string_view text) {
  if (text == "auto" || text == "always" || text == "never") return std::string{text};
  return std::unexpected{'\'' + record::printable(text) + "' is none of auto, always, never"};
}

bool wants_color(std::string_view color) {
  if (color != "auto") return color == "always";
  const char* off = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (off == nullptr || *off == '\0');
}

}  // namespace sonda::tools
