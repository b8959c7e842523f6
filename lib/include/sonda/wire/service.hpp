// Names of ports, and which ports are the commonest: our own list, not IANA's whole registry, not nmap's.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <sonda/core/strong.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

struct Service {
  Port port{};
  std::string_view name{};
  bool tcp = false;
  bool udp = false;
};

// Sorted by port; a port of both protocols stands once.
[[nodiscard]] std::span<const Service> services() noexcept;

}  // namespace sonda::inline v0
