// A TCP port of our own, held in both versions of IP for as long as a link lives.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>

#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/net/descriptor.hpp>
#include <sonda/wire/ip_version.hpp>

namespace sonda::inline v0::net {

struct SourcePort {
  Port port{};
  Descriptor v4{}, v6{};  // bound, neither listening nor connected; none where the system lacks it
};

enum class Sharing : std::uint8_t {
  exclusive,
  shared  // sockets with SO_REUSEADDR may be bound to it, too
};

// `wanted`, or a port that nobody uses: one of the system's choice, and where it has none left, one
// from outside its range. Errors: EADDRINUSE, EACCES of a port below 1024.
[[nodiscard]] std::expected<SourcePort, Failure> hold_port(std::optional<Port> wanted,
                                                           Sharing sharing);

}  // namespace sonda::inline v0::net
