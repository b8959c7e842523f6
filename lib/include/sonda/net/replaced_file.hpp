// Another text in place of a file, for us and our children only.
#pragma once
#include <expected>
#include <string>
#include <string_view>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>

namespace sonda::inline v0::net {

// Whoever opens `path` in this mount namespace reads `text`, with mode 0644; the file itself is not
// touched, and nothing is written anywhere. A link is followed. For a mount namespace of one's own
// (enter_own_namespaces), while nobody else works in it: for a moment a directory is hidden.
// Error: ENOENT where the file, or what the link points to, is not there.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> replace_file(const std::string& path,
                                                                     std::string_view text);

}  // namespace sonda::inline v0::net
