// Text that somebody else chose, made harmless for a terminal and a log.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sonda::inline v0::record {

// `text` with every control character (C0, DEL, C1), every octet that is not UTF-8, and what could
// turn the line around (bidirectional controls, RFC 3987 section 4.1) written as \xNN. A backslash
// becomes \\, so that nobody can forge an escape.
[[nodiscard]] std::string printable(std::string_view text);

// What printable() was given; nothing for a backslash that it would not have written.
[[nodiscard]] std::optional<std::string> octets_of(std::string_view printed);

}  // namespace sonda::inline v0::record
