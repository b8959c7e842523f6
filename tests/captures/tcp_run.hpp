// A TCP scan of ours in a situation's network under virtual time, as `sonda tcp --capture` writes
// it.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include <sonda/lab/topology.hpp>

namespace sonda::testing {

// The command in README's block ```tcp, as in "sonda tcp -p 22,80-90 web"; nothing where there is
// none. Of sonda-tcp's options: -p, --syn, --close, --banner, --retries, -6.
[[nodiscard]] std::optional<std::string> tcp_command(const std::string& readme);

// Runs it and writes `file`. Error: a sentence.
[[nodiscard]] std::expected<void, std::string> capture_tcp(lab::Topology topology,
                                                           std::uint64_t seed,
                                                           const std::string& command,
                                                           const std::string& file);

}  // namespace sonda::testing
