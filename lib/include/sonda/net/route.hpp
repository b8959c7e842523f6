// What the system would do with a packet: route, source address, interface; and its interfaces.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ethernet.hpp>

namespace sonda::inline v0::net {

enum class RouteType : std::uint8_t {
  unicast,
  local,  // one of our own addresses
  broadcast,
  anycast,
  multicast,
  unreachable,  // the table says no: EHOSTUNREACH
  prohibit,     // EACCES
  blackhole,    // EINVAL, and nobody is told
  throw_to_next,
  other
};

struct Route {
  RouteType type = RouteType::unicast;
  Address source{};  // the one the system would choose, or the one asked for
  std::optional<Address> gateway{};
  InterfaceIndex interface{};
  std::string interface_name{};
  Mtu interface_mtu{};
  std::optional<Mtu> path_mtu{};  // what the system has learned, where that is less
};

// `source` and `interface` (empty: any) narrow the question. Errors: ENETUNREACH without a route,
// EADDRNOTAVAIL for a source that is not ours, ENODEV for an unknown interface; EHOSTUNREACH, EACCES and
// EINVAL where a route forbids it.
[[nodiscard]] SONDA_EXPORT std::expected<Route, Failure> find_route(
    const Address& to, const std::optional<Address>& source = std::nullopt,
    const std::string& interface = {});

struct InterfaceAddress {
  Address address{};
  std::uint8_t prefix_length = 0;
  bool tentative = false;  // duplicate address detection has not finished (RFC 4862)
};

struct Interface {
  InterfaceIndex index{};
  std::string name{};
  Mtu mtu{};
  bool up = false;  // and running: it has a carrier
  bool loopback = false;
  bool point_to_point = false;
  bool neighbor_protocol = true;  // false: no ARP on it
  std::optional<MacAddress> mac{};
  std::vector<InterfaceAddress> addresses{};
};

[[nodiscard]] SONDA_EXPORT std::expected<std::vector<Interface>, Failure> interfaces();

}  // namespace sonda::inline v0::net
