// What works on this machine for this user: each thing is tried where it can be.
#pragma once
#include <cstdint>
#include <optional>
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
// `namespaces` is what try_namespaces() said before privilege was given up; nothing: it is asked
// now.
[[nodiscard]] SONDA_EXPORT std::vector<Trial> try_all(
    const std::string& program = {}, const std::optional<Trial>& namespaces = std::nullopt);

// Whether a lab can be made here: networks of one's own, as root or in a user namespace. Forks
// once.
[[nodiscard]] SONDA_EXPORT Trial try_namespaces();

}  // namespace sonda::inline v0::net
