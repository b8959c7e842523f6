// What a TCP scan is to do: plain values, decided before the first probe.
#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/siphash.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/core/time.hpp>
#include <sonda/event/action.hpp>
#include <sonda/probe/scan_space.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0 {

enum class TcpMethod : std::uint8_t {
  connect,  // the system's own connect(): no privilege, its errno, its error queue
  syn       // our own SYNs on a raw socket: TTLs are seen, and retransmission is ours
};

struct TcpPlan {
  std::shared_ptr<const ScanSpace> space{};  // not null
  Shard shard{};
  std::shared_ptr<const SettledPlaces> settled{};  // known from a journal: not asked again
  TcpMethod method = TcpMethod::connect;
  SipKey key{};  // secret: sequence numbers and control ports come from it

  Ending ending = Ending::half_open;  // connect
  // connect: how long the service may take to say the first thing; nothing: nobody waits for it.
  std::optional<Duration> banner{};

  // SYNs after the first, to a port that does not answer. connect: the system's schedule, one
  // second apart (tcp_syn_linear_timeouts), the fifth and later ones doubling. syn: ours, by the
  // round-trip times seen, one second at the start.
  std::uint8_t retransmissions = 2;
  // When a silent port is given up. Nothing: half a second after the last SYN's.
  std::optional<Duration> deadline{};

  std::optional<double> rate{};          // SYNs a second, at most
  std::uint32_t parallel = 512;          // ports at a time, at most
  std::uint32_t parallel_at_first = 64;  // the pace is found from there
  bool notice_everything_open = true;    // ask control ports of hosts on which all is open
  // Other engines ask the rest of the same hosts' ports: what only the whole shows is not told by
  // this one, see TcpEngine::notices_of_hosts.
  bool one_of_several = false;
  Ttl ttl{64};               // syn; connect: 0 is the system's
  Port source_port{};        // syn
  bool hash_octets = false;  // syn: a `sent` event for each SYN, with its SHA-256

  // syn: the source address of packets to a target; nothing: there is no way there (`unknown`, with
  // the failure the function left). Called once per target, more or less.
  std::function<std::expected<Address, Failure>(const Address&)> source_for{};
  std::function<Mtu(const Address&)> mtu_for{};  // for the MSS; nothing: 1500
};

// When each SYN of the system leaves, counted from the first; and its time to give up after
// `count`.
[[nodiscard]] SONDA_EXPORT Duration syn_time(std::uint8_t retransmission);
[[nodiscard]] SONDA_EXPORT Duration connect_deadline(const TcpPlan& plan);

}  // namespace sonda::inline v0
