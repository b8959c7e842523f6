// A topology as text: machines, their addresses, what is between them, what is special of each.
// `sonda lab show`.
#pragma once
#include <string>
#include <vector>

#include <sonda/lab/topology.hpp>

namespace sonda::inline v0::lab {

// At most 80 columns; a chain from left to right, anything else in layers from top to bottom.
[[nodiscard]] std::string drawing(const Topology& topology);

// What distinguishes a machine from a plain one, a few words each; nothing for a plain one.
[[nodiscard]] std::vector<std::string> peculiarities(const RouterNode& router);
[[nodiscard]] std::vector<std::string> peculiarities(const HostNode& host);
// "at 3s: r1 answer 3/13".
[[nodiscard]] std::string event_text(const Event& event);

}  // namespace sonda::inline v0::lab
