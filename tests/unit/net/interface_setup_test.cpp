// Interfaces, addresses and routes in namespaces made on the spot, by an ordinary user.
#include <algorithm>
#include <linux/rtnetlink.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/interface_setup.hpp>
#include <sonda/net/route.hpp>

#include "../../../lib/src/net/neighbor.hpp"
#include "../../../lib/src/net/small_file.hpp"
#include "in_a_child.hpp"
#include "joined_networks.hpp"

namespace sonda::net::testing {
namespace {

Address v6(const char* text) { return *Address::parse(text); }

Interface named(const std::string& name) {
  const auto all = interfaces();
  if (!all) return {};
  const auto found = std::ranges::find(*all, name, &Interface::name);
  return found == all->end() ? Interface{} : *found;
}

TEST(InterfaceSetup, makes_a_pair_with_an_end_in_each_network) {
  const auto said = in_a_child(nobody, []() -> std::string {
    const auto other = joined_networks();
    SONDA_DEMAND(other);
    SONDA_HOLDS(named("near").mac == near_mac);
    SONDA_HOLDS(named("near").mtu == near_mtu);
    SONDA_HOLDS(named("far").name.empty());
    const auto inside = InsideNamespace::enter(*other);
    SONDA_HOLDS(named("far").mac == far_mac);
    SONDA_HOLDS(named("far").mtu == far_mtu);
    return {};
  });
  EXPECT_EQ(said, "");
}

TEST(InterfaceSetup, sets_what_routes_are_made_of) {
  EXPECT_EQ(
      in_a_child(nobody,
                 []() -> std::string {
                   const auto other = joined_networks();
                   SONDA_DEMAND(other);
                   const MacAddress mac{{0x02, 0, 0, 0, 0, 9}};
                   SONDA_DEMAND(set_link_address("near", mac));
                   SONDA_DEMAND(set_mtu("near", Mtu{9000}));
                   SONDA_DEMAND(add_address("near", near_v4, 24));
                   SONDA_DEMAND(add_address("near", v6("2001:db8::1"), 64));
                   const auto own = find_route(v6("2001:db8::1"));
                   SONDA_HOLDS(own && own->type == RouteType::local);
                   SONDA_DEMAND(set_up("lo"));
                   SONDA_DEMAND(set_up("near"));
                   {
                     const auto inside = InsideNamespace::enter(*other);
                     SONDA_DEMAND(set_up("far"));
                   }
                   const auto near = named("near");
                   SONDA_HOLDS(near.mac == mac && near.mtu == Mtu{9000});
                   SONDA_HOLDS(std::ranges::none_of(near.addresses, [](const auto& each) {
                     return each.tentative && !each.address.is_link_local();
                   }));
                   SONDA_DEMAND(add_route("near", *Prefix::parse("0.0.0.0/0"), far_v4));
                   SONDA_DEMAND(add_route("near", *Prefix::parse("10.0.0.0/8")));
                   SONDA_DEMAND(add_route("near", *Prefix::parse("::/0"), v6("2001:db8::2")));
                   SONDA_DEMAND(add_route("near", *Prefix::parse("fd00::/16")));
                   const auto far_away = find_route(Ipv4Address{203, 0, 113, 1});
                   SONDA_DEMAND(far_away);
                   SONDA_HOLDS(far_away->gateway == Address{far_v4});
                   SONDA_HOLDS(far_away->source == Address{near_v4});
                   SONDA_HOLDS(!find_route(Ipv4Address{10, 3, 13, 1})->gateway);
                   SONDA_HOLDS(find_route(v6("2001:db8:1::1"))->gateway == v6("2001:db8::2"));
                   SONDA_HOLDS(!find_route(v6("fd00::3:13:1"))->gateway);
                   SONDA_HOLDS(find_route(Ipv4Address{127, 0, 0, 1})->type == RouteType::local);
                   return {};
                 }),
      "");
}

TEST(InterfaceSetup, knows_neighbours_for_good) {
  EXPECT_EQ(
      in_a_child(nobody,
                 []() -> std::string {
                   const auto other = joined_networks();  // it dies with the last who holds it
                   SONDA_DEMAND(other);
                   SONDA_DEMAND(set_up("near"));
                   SONDA_DEMAND(add_neighbor("near", far_v4, near_mac));
                   SONDA_DEMAND(add_neighbor("near", far_v4, far_mac));  // the last one counts
                   SONDA_DEMAND(add_neighbor("near", v6("2001:db8::2"), far_mac));
                   const auto near = named("near").index;
                   SONDA_HOLDS(known_link_address(far_v4, near) == far_mac);
                   SONDA_HOLDS(known_link_address(v6("2001:db8::2"), near) == far_mac);
                   return {};
                 }),
      "");
}

TEST(InterfaceSetup, switches_off_what_a_veth_pair_would_leave_undone) {
  const auto said = in_a_child(nobody, []() -> std::string {
    const auto other = joined_networks();  // it dies with the last who holds it
    SONDA_DEMAND(other);
    SONDA_DEMAND(switch_off_offloads("near"));
    SONDA_HOLDS(!switch_off_offloads("absent"));
    // The loopback insists on computing no checksum.
    return switch_off_offloads("lo").error().message();
  });
  EXPECT_EQ(said,
            "switch off transmit checksum offload of lo: Operation not supported (EOPNOTSUPP)");
}

TEST(InterfaceSetup, writes_the_settings_of_its_own_network) {
  const auto said = in_a_child(nobody, []() -> std::string {
    SONDA_DEMAND(enter_own_namespaces());
    SONDA_DEMAND(write_sysctl("net/ipv4/icmp_ratelimit", "0"));
    SONDA_DEMAND(write_sysctl("net/ipv6/conf/default/accept_dad", "0"));
    SONDA_DEMAND(write_sysctl("net/ipv4/ping_group_range", "65534 65534"));
    SONDA_HOLDS(contents_of("/proc/sys/net/ipv4/icmp_ratelimit") == "0\n");
    return write_sysctl("net/ipv4/absent", "1").error().message();
  });
  EXPECT_EQ(said, "write \"1\" to /proc/sys/net/ipv4/absent: No such file or directory (ENOENT)");
}

TEST(InterfaceSetup, names_the_interface_in_every_failure) {
  EXPECT_EQ(
      in_a_child(nobody,
                 []() -> std::string {
                   const auto other = joined_networks();
                   SONDA_DEMAND(other);
                   std::string said;
                   const auto note = [&said](const std::expected<void, Failure>& result) {
                     said += complaint(result) + "\n";
                   };
                   note(set_up("absent"));
                   note(make_veth_pair({.name = "near"}, {.name = "third"}, *other));
                   note(make_veth_pair({.name = "a-name-far-too-long"}, {.name = "x"}, *other));
                   note(add_address("near", near_v4, 33));
                   note(add_route("near", *Prefix::parse("10.0.0.0/8"), far_v4));
                   note(set_mtu("near", Mtu{1}));
                   return said;
                 }),
      "use interface absent: No such device (ENODEV)\n"
      "make veth pair near and third: File exists (EEXIST)\n"
      "make interface \"a-name-far-too-long\", whose name is not of 1 to 15 characters: "
      "Invalid argument (EINVAL)\n"
      "add address 192.0.2.1/33 to near: Invalid argument (EINVAL)\n"
      "add route 10.0.0.0/8 via 192.0.2.2 on near: Network is unreachable (ENETUNREACH)\n"
      "set the MTU of near: Invalid argument (EINVAL)\n");
}

}  // namespace
}  // namespace sonda::net::testing
