// The filter of a ping's capture, in libpcap's language.
#include <algorithm>

#include <fmt/format.h>

#include <sonda/evidence/ping_evidence.hpp>
#include <sonda/net/route.hpp>
#include <sonda/wire/address_text.hpp>

#include "planned.hpp"

namespace sonda::inline v0::evidence {
namespace {

std::string text(const Address& address) {
  return std::string{to_text(address.without_zone()).view()};
}

// A load beyond a frame's end makes the whole filter say no, whatever stands beside it: each
// comparison with something far behind stands behind one that says that it is there.

std::string filter_v4(unsigned identifier, const Address& target, const Address& next_hop) {
  constexpr const char* header = "((ip[0] & 0xf) << 2)";
  constexpr const char* quoted = "((icmp[8] & 0xf) << 2)";
  const auto who = text(target);
  const auto echo = fmt::format("((icmp[0] = 0 or icmp[0] = 8) and icmp[4:2] = {})", identifier);
  // 8 octets of ICMP, an IP header, and of the echo request as far as its identifier.
  const auto error = fmt::format(
      "((icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 5 or icmp[0] = 11 or icmp[0] = 12) and "
      "(ip[2:2] < {0} + 28 or (icmp[17] = 1 and "
      "((ip[2:2] < {0} + 8 + {1} + 6 and icmp[24:4] = {2}) or "
      "(ip[2:2] >= {0} + 8 + {1} + 6 and icmp[8 + {1}] = 8 and icmp[8 + {1} + 4 : 2] = {3})))))",
      header, quoted, load<std::uint32_t>(target.octets(), 0), identifier);
  const auto pieces = fmt::format("(ip proto 1 and ip[6:2] & 0x3fff != 0{})",
                                  target.is_multicast() ? "" : " and host " + who);
  return fmt::format("(icmp and ({} or {})) or {} or (arp host {})", echo, error, pieces,
                     text(next_hop));
}

std::string equals_v6(const std::string& what, unsigned at, const Address& address) {
  std::string out;
  for (unsigned i = 0; i < 16; i += 4)
    out += fmt::format("{}{}[{}:4] = 0x{:08x}", i == 0 ? "" : " and ", what, at + i,
                       load<std::uint32_t>(address.octets(), i));
  return '(' + out + ')';
}

std::string filter_v6(unsigned identifier, const Address& source, const Address& target,
                      const Address& next_hop) {
  const auto echo =
      fmt::format("((ip6[40] = 128 or ip6[40] = 129) and ip6[44:2] = {})", identifier);
  // 40 octets of IPv6, 8 of ICMPv6, 40 of IPv6, and what these lead to.
  const auto error = fmt::format(
      "((ip6[40] <= 4 or ip6[40] = 100 or ip6[40] = 101 or ip6[40] = 127) and ip6[40] != 0 and "
      "(ip6[4:2] < 48 or (ip6[54] != 58 and {1}) or "
      "(ip6[54] = 58 and ((ip6[4:2] < 54 and {1}) or "
      "(ip6[4:2] >= 54 and ip6[88] = 128 and ip6[92:2] = {0})))))",
      identifier, equals_v6("ip6", 72, target));
  const auto redirect = fmt::format("(ip6[40] = 137 and {})", equals_v6("ip6", 64, target));
  const auto neighbors = fmt::format("((ip6[40] = 135 or ip6[40] = 136) and ({} or {}))",
                                     equals_v6("ip6", 48, next_hop), equals_v6("ip6", 48, source));
  // Fragments, and options in front: only who walks the headers can tell.
  const auto extended =
      fmt::format("(ip6 and (ip6[6] = 44 or ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 60){})",
                  target.is_multicast() ? "" : " and ip6 host " + text(target));
  return fmt::format("(ip6[6] = 58 and ({} or {} or {} or {})) or {}", echo, error, redirect,
                     neighbors, extended);
}

// No frame of the run is longer. Where the system offloads, libpcap takes the snaplen for what
// every frame needs, and its ring has room for few large ones.
std::uint32_t snaplen(const Start& start, Mtu mtu) {
  constexpr std::uint32_t headers = 256, least = 2'048;
  const auto octets = planned_number(start, "data_octets");
  if (!octets || mtu.value() == 0) return capture::default_snaplen;
  const auto whole = static_cast<std::uint32_t>(*octets);
  return std::max(std::min(mtu.value(), whole) + headers, least);
}

}  // namespace

std::string ping_filter(const Start& start, const Address& next_hop) {
  const unsigned identifier = start.identifiers.empty() ? 0 : start.identifiers.front();
  return start.address.is_v4() ? filter_v4(identifier, start.address, next_hop)
                               : filter_v6(identifier, start.source, start.address, next_hop);
}

capture::LiveOptions ping_capture(const Start& start, const Address& next_hop) {
  capture::LiveOptions options{.interfaces = {start.interface},
                               .filter = ping_filter(start, next_hop)};
  const auto known = net::interfaces();
  if (!known) return options;
  for (const auto& own : *known) {
    if (own.name == start.interface) options.snaplen = snaplen(start, own.mtu);
    // What our own system has to say about a probe, it sends to itself.
    if (own.loopback && own.up && own.name != start.interface)
      options.interfaces.push_back(own.name);
  }
  return options;
}

}  // namespace sonda::inline v0::evidence
