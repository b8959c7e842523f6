// Two networks on one cable in namespaces made on the spot; no root needed.
#pragma once
#include <expected>

#include <sonda/net/interface_setup.hpp>
#include <sonda/net/namespace.hpp>

namespace sonda::net::testing {

inline constexpr Ipv4Address near_v4{192, 0, 2, 1}, far_v4{192, 0, 2, 2};
inline constexpr MacAddress near_mac{{0x02, 0, 0, 0, 0, 1}}, far_mac{{0x02, 0, 0, 0, 0, 2}};
inline constexpr Mtu near_mtu{1400}, far_mtu{1300};

// "near" here and "far" in the network returned, both down and without addresses.
inline std::expected<Namespace, Failure> joined_networks() {
  if (const auto made = enter_own_namespaces(); !made) return std::unexpected{made.error()};
  auto other = new_network();
  if (!other) return other;
  const auto made = make_veth_pair({.name = "near", .mac = near_mac, .mtu = near_mtu},
                                   {.name = "far", .mac = far_mac, .mtu = far_mtu}, *other);
  if (!made) return std::unexpected{made.error()};
  return other;
}

}  // namespace sonda::net::testing
