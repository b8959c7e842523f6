// A user namespace with one user in it, and what may forbid it.
#pragma once
#include <expected>
#include <string>

#include <sonda/core/failure.hpp>
#include <sonda/net/namespace.hpp>

namespace sonda::inline v0::net {

// The caller has all capabilities inside and is the only user there.
[[nodiscard]] std::expected<void, Failure> make_user_namespace(InsideAs inside);

struct NamespaceObstacle {
  std::string what{};  // "user.max_user_namespaces is 0"; empty where no switch explains it
  std::string mend{};
};

// Why namespaces were refused with `error`, by the switches below `proc`.
[[nodiscard]] NamespaceObstacle namespace_obstacle(int error, const std::string& proc = "/proc");

// "make a user namespace while user.max_user_namespaces is 0: No space left on device (ENOSPC)"
[[nodiscard]] Failure namespace_refused(int error, std::string what);

}  // namespace sonda::inline v0::net
