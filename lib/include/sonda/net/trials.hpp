// What works on this machine for this user: each thing is tried where it can be.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <sonda/core/export.hpp>

namespace sonda::inline v0::net {

enum class Outcome : std::uint8_t { works, limited, fails };

struct Trial {
  std::string name{};  // "raw ICMP, IPv4"
  Outcome outcome = Outcome::works;
  std::string finding{};  // what was seen: "open a raw socket for ICMP: Operation not permitted …"
  std::string mend{};     // the one line that mends it; empty where nothing is broken
};

// Raw and datagram ICMP of both versions, packet sockets, filters, the kernel's stamps, a name
// service, and namespaces with the capabilities inside them. Nothing leaves the machine. Raises
// CAP_NET_RAW where it is permitted, for the moment of a trial. Forks once.
// `program` is what `mend` gives the capability to; empty: the running program.
[[nodiscard]] SONDA_EXPORT std::vector<Trial> try_all(const std::string& program = {});

}  // namespace sonda::inline v0::net
