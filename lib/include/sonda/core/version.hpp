// The version of the library and its tools (semantic versioning); CMake reads it from here.
#pragma once
#include <string>

namespace sonda::inline v0 {

inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;

// "0.1.0"
[[nodiscard]] inline std::string version_text() {
  return std::to_string(version_major) + '.' + std::to_string(version_minor) + '.' +
         std::to_string(version_patch);
}

}  // namespace sonda::inline v0
