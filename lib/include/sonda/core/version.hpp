// The version of the library and its tools (semantic versioning); CMake reads it from here.
#pragma once

namespace sonda::inline v0 {

inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;

}  // namespace sonda::inline v0
