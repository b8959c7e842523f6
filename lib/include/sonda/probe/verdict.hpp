// The one table that turns what a socket and the wire told into a port's state and its cause.
#pragma once
#include <cstdint>
#include <optional>

#include <sonda/core/export.hpp>
#include <sonda/event/event.hpp>
#include <sonda/event/input.hpp>

namespace sonda::inline v0 {

struct Verdict {
  PortState state = PortState::unknown;
  int error_code = 0;
  Cause cause{};
};

// What is known besides the report itself.
struct VerdictContext {
  Address target{};
  std::optional<Address> source{};  // our own address, where it is known
  Duration took{};                  // since the connect
  Duration deadline{};              // the one the system was given
};

// Of a connect(). Nothing: no verdict yet, the connection goes on (a soft error, DESIGN section 6).
[[nodiscard]] SONDA_EXPORT std::optional<Verdict> verdict_of(const SocketReport& report,
                                                             const VerdictContext& context);
// Of a probe that our own system refused to send.
[[nodiscard]] SONDA_EXPORT Verdict verdict_of(const Failure& refused);
// Of an ICMP error about our own SYN, as a raw socket sees it. `message` begins at its ICMP header.
// Nothing: a message that is no verdict; the probe goes on. `tcp`: error_code is what connect() would
// get; else what a connected UDP socket with IP_RECVERR would.
[[nodiscard]] SONDA_EXPORT std::optional<Verdict> verdict_of_icmp(Bytes message, const Address& from,
                                                                  const VerdictContext& context,
                                                                  Protocol protocol);

}  // namespace sonda::inline v0
