// Files that were made under sudo belong to whoever called it.
#pragma once
#include <expected>
#include <string>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>

namespace sonda::inline v0::net {

// A regular file becomes the sudo caller's; anything else, and a program that sudo did not start,
// changes nothing. Links are not followed.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> give_to_sudo_caller(
    const std::string& path);

}  // namespace sonda::inline v0::net
