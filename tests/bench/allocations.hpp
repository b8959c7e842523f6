// Counts what the program takes from the heap: link it and ask before and after.
#pragma once
#include <cstdint>

namespace sonda::bench {

// Calls of operator new in this thread so far.
[[nodiscard]] std::uint64_t allocations() noexcept;

}  // namespace sonda::bench
