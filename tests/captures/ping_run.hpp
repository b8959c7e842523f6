// A ping of ours in a situation's network under virtual time, as `sonda ping --capture` writes it:
// what the client's interface sees, comments beside frames, the events riding along.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include <sonda/lab/topology.hpp>

namespace sonda::testing {

// The command in README's block ```ping, as in "sonda ping -c 3 web"; nothing where there is none.
// Of sonda-ping's options: -c, -i, -s, -t, -W, -Q, -M, -6.
[[nodiscard]] std::optional<std::string> ping_command(const std::string& readme);

// Runs it and writes `file`. Error: a sentence.
[[nodiscard]] std::expected<void, std::string> capture_ping(lab::Topology topology,
                                                            std::uint64_t seed,
                                                            const std::string& command,
                                                            const std::string& file);

}  // namespace sonda::testing
