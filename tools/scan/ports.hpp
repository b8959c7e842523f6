// Ports as people type them, and which are the commonest.
#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <sonda/core/strong.hpp>
#include <sonda/wire/protocol.hpp>

#include "common/numbers.hpp"

namespace sonda::tools {

// nmap's -p: "22,80,1000-2000", "-" all but 0, "-100" from 1, "60000-" to the end, "ssh" and
// "http*" by name, "[1-1024]" those that have a name, "T:" before what follows. Sorted, each once.
[[nodiscard]] Read<std::vector<Port>> read_ports(std::string_view text,
                                                 Protocol protocol = Protocol::tcp);

// The `count` commonest of TCP by our own ranking (common_ports.cpp), sorted by number.
[[nodiscard]] std::vector<Port> commonest_ports(std::size_t count);
// The ranking itself, the commonest first; behind the first thousand come all others by number.
[[nodiscard]] std::span<const Port> ranked_ports();

// Sorted, each once.
[[nodiscard]] std::vector<Port> all_of(std::vector<Port> ports);

}  // namespace sonda::tools
