// Where a user's running programs leave their sockets: a folder that nobody else can enter.
#pragma once
#include <expected>
#include <string>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>

namespace sonda::inline v0::net {

// $XDG_RUNTIME_DIR/`name` where that variable names a folder of ours; /run/`name` for root;
// else /tmp/`name`-UID. It exists afterwards, belongs to the caller and has mode 0700.
// Error: EPERM for one that belongs to somebody else or that others may enter.
[[nodiscard]] SONDA_EXPORT std::expected<std::string, Failure> private_directory(
    const std::string& name);

}  // namespace sonda::inline v0::net
