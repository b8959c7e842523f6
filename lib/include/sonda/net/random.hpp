// Bits that nobody can guess.
#pragma once
#include <sonda/core/export.hpp>
#include <sonda/core/siphash.hpp>

namespace sonda::inline v0::net {

// From the kernel's generator; waits for it in the first seconds after a boot.
[[nodiscard]] SONDA_EXPORT SipKey random_key();

}  // namespace sonda::inline v0::net
