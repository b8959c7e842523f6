// One row of the ICMP catalogue: what a type and code mean, and what they do to whom.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include <sonda/wire/ip_version.hpp>

namespace sonda::inline v0 {

// What is known of a port, one word each.
enum class PortState : std::uint8_t {
  open,           // it answered
  closed,         // TCP: a RST; UDP: port unreachable from the target itself
  rejected,       // somebody refused by ICMP
  unreachable,    // the network could not deliver
  filtered,       // silence
  open_filtered,  // silence of a UDP port though the target could have said more
  unknown         // our own system's doing, or a silence that proves nothing
};

[[nodiscard]] constexpr std::string_view name(PortState state) noexcept {
  switch (state) {
    case PortState::open:
      return "open";
    case PortState::closed:
      return "closed";
    case PortState::rejected:
      return "rejected";
    case PortState::unreachable:
      return "unreachable";
    case PortState::filtered:
      return "filtered";
    case PortState::open_filtered:
      return "open|filtered";
    case PortState::unknown:
      return "unknown";
  }
  return "unknown";
}

// What RFC 1122 4.2.3.9 wants of a TCP connection that is told: hard errors should abort it, soft
// ones must not.
enum class IcmpSeverity : std::uint8_t { unclassified, soft, hard };

enum class IcmpStanding : std::uint8_t {
  current,
  deprecated,    // defined once, to be neither sent nor obeyed any more
  experimental,  // for experiments, or of an experimental RFC
  unassigned     // nobody has defined it
};

// What the message carries in its second four octets, and the text's `{}` stands for.
enum class IcmpField : std::uint8_t { none, mtu, pointer, gateway, code };

struct IcmpTypeCode {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  friend constexpr bool operator==(const IcmpTypeCode&, const IcmpTypeCode&) = default;
};

// Every errno is a number of <errno.h>, 0 where the call hears nothing.
struct IcmpCause {
  IpVersion version = IpVersion::v4;
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint8_t last_code = code;  // of a row that speaks of several codes
  std::string_view name{};        // "admin-prohibited": unique within its version
  std::string_view title{};       // "communication administratively prohibited"
  std::string_view rfc{};         // number and section: "1812 5.2.7.1"
  IcmpStanding standing = IcmpStanding::current;
  IcmpSeverity severity = IcmpSeverity::unclassified;
  // What it says of a port when it comes from another than the target; nothing where it is no
  // verdict and the probe goes on.
  std::optional<PortState> state{};
  bool closed_from_target = false;     // from the target itself it means `closed`
  std::string_view senders{};          // R router, H host, F firewall: "H F"
  std::optional<IcmpTypeCode> twin{};  // the row of the other version that says the same

  int connect_errno = 0;         // TCP connect() while in SYN_SENT; the call ends at once
  int udp_errno = 0;             // the next call on a connected UDP socket without IP_RECVERR
  int recverr_errno = 0;         // ee_errno of what a socket with IP_RECVERR finds queued
  bool queued = false;           // with IP_RECVERR, on every kind of socket
  bool queued_for_ping = false;  // with IP_RECVERR, on a datagram ICMP socket
  int freebsd_errno = 0;         // what FreeBSD makes of it

  IcmpField field = IcmpField::none;
  std::string_view ping{};            // iputils' words; `{}` stands for the field
  std::string_view traceroute{};      // Linux traceroute's mark; `{}` stands for the field
  std::string_view traceroute_bsd{};  // LBL's mark, where it has one
};

}  // namespace sonda::inline v0
