// Which of the two Internet Protocols.
#pragma once
#include <cstdint>

namespace sonda::inline v0 {

enum class IpVersion : std::uint8_t { v4 = 4, v6 = 6 };

}  // namespace sonda::inline v0
