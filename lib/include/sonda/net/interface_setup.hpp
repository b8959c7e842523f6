// Making the interfaces of a network namespace: veth pairs, addresses, routes, neighbours.
//
// Everything happens in the network namespace that the calling thread is in, and needs
// CAP_NET_ADMIN there. Failures name the interface.
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <sonda/core/export.hpp>
#include <sonda/core/failure.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/net/namespace.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ethernet.hpp>
#include <sonda/wire/prefix.hpp>

namespace sonda::inline v0::net {

struct VethEnd {
  std::string name{};               // at most 15 characters
  std::optional<MacAddress> mac{};  // nothing: the system invents one
  Mtu mtu{1500};
};

// Two interfaces joined by a cable, both down; `far` lies in `other`. Error: EOPNOTSUPP where the
// kernel has no veth.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> make_veth_pair(const VethEnd& near,
                                                                       const VethEnd& far,
                                                                       const Namespace& other);

// Of a veth pair the simulator's end first, the host's last: the one set up last carries at once,
// but what a host's stack sends through the other one is lost without a word for some milliseconds
// (a FramePort does not wait for that).
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> set_up(const std::string& interface);
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> set_mtu(const std::string& interface,
                                                                Mtu mtu);
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> set_link_address(
    const std::string& interface, const MacAddress& mac);

// With the route to its prefix. Usable when this returns: duplicates are not looked for (RFC 4862
// 5.4). Error: ETIMEDOUT where the system does not get round to an IPv6 address for 10 seconds.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> add_address(const std::string& interface,
                                                                    const Address& address,
                                                                    unsigned prefix_length);

// Without `gateway` what `to` covers is on the link. A prefix of length 0 is the default route.
// Error: ENETUNREACH for a gateway that is not on the link.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> add_route(
    const std::string& interface, const Prefix& to,
    const std::optional<Address>& gateway = std::nullopt);

// For good: nobody is asked for the link address of `address`.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> add_neighbor(const std::string& interface,
                                                                     const Address& address,
                                                                     const MacAddress& mac);

// Every packet that leaves is as long as it looks and carries its true checksums. To be done at
// both ends of a veth pair. Error: EOPNOTSUPP for an interface that insists.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> switch_off_offloads(
    const std::string& interface);

// `path` lies below /proc/sys: "net/ipv4/icmp_ratelimit". Users and groups in a value
// (ping_group_range) must exist in the user namespace.
[[nodiscard]] SONDA_EXPORT std::expected<void, Failure> write_sysctl(const std::string& path,
                                                                     std::string_view value);

}  // namespace sonda::inline v0::net
