// The filter of a TCP scan's capture, in libpcap's language.
#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include <sonda/evidence/tcp_evidence.hpp>
#include <sonda/net/route.hpp>
#include <sonda/wire/address_text.hpp>

namespace sonda::inline v0::evidence {
namespace {

// A load beyond a frame's end makes the whole filter say no, whatever stands beside it: each
// comparison with something far behind stands behind one that says that it is there.

template <typename Range, typename Words>
std::string any_of(const Range& range, const Words& words) {
  std::string out;
  for (const auto& item : range) out += (out.empty() ? "" : " or ") + words(item);
  return '(' + (out.empty() ? std::string{"less 1"} : out) + ')';
}

std::string errors_v4(const std::vector<Port>& ports) {
  constexpr const char* header = "((ip[0] & 0xf) << 2)";
  constexpr const char* quoted = "((icmp[8] & 0xf) << 2)";
  const auto ours = any_of(ports, [quoted](Port port) {
    return fmt::format("icmp[8 + {} : 2] = {}", quoted, port.value());
  });
  // 8 octets of ICMP, an IP header, and of the segment its first port.
  return fmt::format(
      "(icmp and (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 5 or icmp[0] = 11 or icmp[0] = 12) and "
      "(ip[2:2] < {0} + 28 or (icmp[17] = 6 and (ip[2:2] < {0} + 8 + {1} + 2 or {2}))))",
      header, quoted, ours);
}

std::string errors_v6(const std::vector<Port>& ports) {
  const auto ours =
      any_of(ports, [](Port port) { return fmt::format("ip6[88:2] = {}", port.value()); });
  // 40 octets of IPv6, 8 of ICMPv6, 40 of IPv6. Behind quoted extension headers: only who walks
  // them can tell.
  return fmt::format(
      "(ip6[6] = 58 and (ip6[40] <= 4 or ip6[40] = 100 or ip6[40] = 101 or ip6[40] = 127) and "
      "ip6[40] != 0 and (ip6[4:2] < 48 or ip6[54] = 0 or ip6[54] = 43 or ip6[54] = 44 or "
      "ip6[54] = 60 or (ip6[54] = 6 and (ip6[4:2] < 50 or {}))))",
      ours);
}

std::string text(const Address& address) {
  return std::string{to_text(address.without_zone()).view()};
}

}  // namespace

std::string tcp_filter(const Start& start, std::span<const TcpPath> paths) {
  std::vector<Address> v4, v6;
  for (const auto& path : paths) {
    auto& known = path.source.is_v4() ? v4 : v6;
    if (std::ranges::find(known, path.source) == known.end()) known.push_back(path.source);
  }
  auto out =
      any_of(start.ports, [](Port port) { return fmt::format("tcp port {}", port.value()); });
  if (!v4.empty()) {
    out += " or " + errors_v4(start.ports);
    out += " or " + any_of(v4, [](const Address& own) { return "arp host " + text(own); });
  }
  if (!v6.empty()) {
    out += " or " + errors_v6(start.ports);
    out += " or (ip6[6] = 58 and (ip6[40] = 135 or ip6[40] = 136) and " +
           any_of(v6, [](const Address& own) { return "ip6 host " + text(own); }) + ')';
  }
  return out;
}

capture::LiveOptions tcp_capture(const Start& start, std::span<const TcpPath> paths) {
  // Headers, all of an error that quotes a SYN, and of what a service says the beginning. Each
  // frame takes so much of the ring, and a scan is one burst.
  constexpr std::uint32_t snaplen = 640;
  constexpr std::size_t ring = std::size_t{64} << 20;
  capture::LiveOptions options{
      .interfaces = {}, .filter = tcp_filter(start, paths), .snaplen = snaplen, .buffer = ring};
  const auto add = [&options](const std::string& name) {
    auto& known = options.interfaces;
    if (!name.empty() && std::ranges::find(known, name) == known.end()) known.push_back(name);
  };
  for (const auto& path : paths) add(path.interface);
  if (const auto known = net::interfaces())
    for (const auto& own : *known)
      if (own.loopback && own.up) add(own.name);
  return options;
}

}  // namespace sonda::inline v0::evidence
