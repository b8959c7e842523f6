// From what a user typed to addresses. Asks servers, so never while measuring.
#pragma once
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::net {

enum class Family : std::uint8_t { any, ipv4, ipv6 };

// Every address of a name, each once, in the order the system prefers (RFC 6724). An address is
// taken as it is and asks nobody; what looks like one and is not ("010.0.0.1", "10.1") is refused
// rather than read as octal or filled up. A zone must name an interface.
// Failures read "web: name not found" and quote the target as typed, so escape them for a terminal.
[[nodiscard]] SONDA_EXPORT std::expected<std::vector<Address>, Failure> resolve(
    std::string_view target, Family family = Family::any);

}  // namespace sonda::inline v0::net
