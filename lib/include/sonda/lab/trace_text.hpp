// What goes on in a lab, one line each: every packet on every link, and what machines did with
// those they did not simply pass on.
#pragma once
#include <string>

#include <sonda/core/time.hpp>
#include <sonda/lab/simulation.hpp>
#include <sonda/sim/observer.hpp>

namespace sonda::inline v0::lab {

// "   10.250 ms  client > r1  IP 192.0.2.2 > 10.0.2.2: ICMP echo request, …": time since `start`,
// the two machines, the packet as tcpdump would print it, and its fate where it was not carried.
[[nodiscard]] std::string trace_line(const sim::Crossing& crossing, const Simulation& simulation,
                                     Instant start);
// "   10.250 ms  r2: its TTL has run out; tells 192.0.2.2 ICMP 11/0".
[[nodiscard]] std::string trace_line(const sim::Note& note, const Simulation& simulation,
                                     Instant start);

}  // namespace sonda::inline v0::lab
