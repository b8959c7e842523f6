// Routes and interfaces, on loopback and in namespaces of our own.
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/net/route.hpp>

#include "netns.hpp"

namespace sonda::net::testing {
namespace {

using sonda::testing::Namespaces;

Address address(std::string_view text) { return *Address::parse(text); }

TEST(Route, to_loopback_is_local) {
  const auto route = find_route(address("127.0.0.1"));
  ASSERT_TRUE(route) << route.error().message();
  EXPECT_EQ(route->type, RouteType::local);
  EXPECT_EQ(route->source, address("127.0.0.1"));
  EXPECT_EQ(route->interface, InterfaceIndex{1});
  EXPECT_EQ(route->interface_name, "lo");
  EXPECT_EQ(route->interface_mtu, Mtu{65'536});
  EXPECT_FALSE(route->gateway);
}

TEST(Route, refuses_an_unknown_interface_and_a_source_that_is_not_ours) {
  const auto nowhere = find_route(address("127.0.0.1"), std::nullopt, "sonda-none");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().message(), "use interface sonda-none: No such device (ENODEV)");
  const auto zone = find_route(address("fe80::1%sonda-none"));
  ASSERT_FALSE(zone);
  EXPECT_EQ(zone.error().error_code, ENODEV);
  for (const auto& [to, source] : {std::pair{"127.0.0.1", "192.0.2.77"}, {"::1", "2001:db8::77"}}) {
    const auto route = find_route(address(to), address(source));
    ASSERT_FALSE(route) << source;
    EXPECT_EQ(route.error().message(), std::string{"use source "} + source +
                                           ": Cannot assign requested address (EADDRNOTAVAIL)");
  }
}

// None of these tests changes it.
class RouteLab : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    made_ = std::make_unique<Namespaces>();
    made_->link("c", "10.0.0.1/24", "r", "10.0.0.2/24");
    made_->address("c", "r", "2001:db8::1/64");
    made_->address("c", "r", "10.0.0.9/24");
    made_->route("c", "default via 10.0.0.2");
    made_->route("c", "default via 2001:db8::2");
    made_->route("c", "198.51.100.0/24 via 10.0.0.2 mtu 1280");
    made_->route("c", "unreachable 192.0.2.0/26");
    made_->route("c", "prohibit 192.0.2.64/26");
    made_->route("c", "blackhole 192.0.2.128/26");
    made_->route("c", "prohibit 2001:db8:9::/64");
    made_->mtu("c", "r", 1400);
  }
  static void TearDownTestSuite() { made_.reset(); }

  Namespaces& lab_ = *made_;

 private:
  static inline std::unique_ptr<Namespaces> made_;
};

TEST_F(RouteLab, names_source_gateway_interface_and_its_mtu) {
  const auto inside = lab_.enter("c");
  const auto v4 = find_route(address("203.0.113.1"));
  ASSERT_TRUE(v4) << v4.error().message();
  EXPECT_EQ(v4->type, RouteType::unicast);
  EXPECT_EQ(v4->source, address("10.0.0.1"));
  EXPECT_EQ(v4->gateway, address("10.0.0.2"));
  EXPECT_EQ(v4->interface_name, "r");
  EXPECT_EQ(v4->interface_mtu, Mtu{1400});
  EXPECT_FALSE(v4->path_mtu);
  const auto v6 = find_route(address("2001:db8:1::1"));
  ASSERT_TRUE(v6) << v6.error().message();
  EXPECT_EQ(v6->source, address("2001:db8::1"));
  EXPECT_EQ(v6->gateway, address("2001:db8::2"));
}

TEST_F(RouteLab, has_no_gateway_to_a_neighbour) {
  const auto inside = lab_.enter("c");
  const auto route = find_route(address("10.0.0.77"));
  ASSERT_TRUE(route);
  EXPECT_FALSE(route->gateway);
  EXPECT_EQ(find_route(address("10.0.0.255"))->type, RouteType::broadcast);
  EXPECT_EQ(find_route(address("10.0.0.1"))->type, RouteType::local);
  EXPECT_EQ(find_route(address("224.0.0.1"))->type, RouteType::multicast);
}

TEST_F(RouteLab, keeps_the_source_that_was_asked_for) {
  const auto inside = lab_.enter("c");
  const auto route = find_route(address("203.0.113.1"), address("10.0.0.9"), "r");
  ASSERT_TRUE(route) << route.error().message();
  EXPECT_EQ(route->source, address("10.0.0.9"));
}

TEST_F(RouteLab, tells_the_mtu_of_a_path) {
  const auto inside = lab_.enter("c");
  const auto route = find_route(address("198.51.100.1"));
  ASSERT_TRUE(route);
  EXPECT_EQ(route->path_mtu, Mtu{1280});
}

TEST_F(RouteLab, fails_as_a_socket_would) {
  const auto inside = lab_.enter("c");
  const auto refusal = [](std::string_view to) {
    const auto route = find_route(address(to));
    return route ? std::string{"found"} : route.error().message();
  };
  EXPECT_EQ(refusal("192.0.2.1"), "find a route to 192.0.2.1: No route to host (EHOSTUNREACH)");
  EXPECT_EQ(refusal("192.0.2.65"), "find a route to 192.0.2.65: Permission denied (EACCES)");
  EXPECT_EQ(refusal("192.0.2.129"), "find a route to 192.0.2.129: Invalid argument (EINVAL)");
  EXPECT_EQ(refusal("2001:db8:9::1"), "find a route to 2001:db8:9::1: Permission denied (EACCES)");
}

TEST_F(RouteLab, fails_without_a_route) {
  const auto inside = lab_.enter("r");
  const auto route = find_route(address("203.0.113.1"));
  ASSERT_FALSE(route);
  EXPECT_EQ(route.error().message(),
            "find a route to 203.0.113.1: Network is unreachable (ENETUNREACH)");
}

TEST_F(RouteLab, goes_where_a_zone_says) {
  const auto inside = lab_.enter("c");
  const auto route = find_route(address("fe80::1%r"));
  ASSERT_TRUE(route) << route.error().message();
  EXPECT_EQ(route->interface_name, "r");
  EXPECT_TRUE(route->source.is_link_local());
}

TEST_F(RouteLab, lists_interfaces_with_their_addresses) {
  const auto inside = lab_.enter("c");
  const auto all = interfaces();
  ASSERT_TRUE(all) << all.error().message();
  const auto lo = std::ranges::find(*all, "lo", &Interface::name);
  ASSERT_NE(lo, all->end());
  EXPECT_TRUE(lo->loopback);
  EXPECT_TRUE(lo->up);
  EXPECT_FALSE(lo->mac);
  const auto veth = std::ranges::find(*all, "r", &Interface::name);
  ASSERT_NE(veth, all->end());
  EXPECT_TRUE(veth->up);
  EXPECT_TRUE(veth->mac);
  EXPECT_EQ(veth->mtu, Mtu{1400});
  std::vector<Address> addresses;
  for (const auto& entry : veth->addresses) addresses.push_back(entry.address);
  EXPECT_THAT(addresses, ::testing::IsSupersetOf(
                             {address("10.0.0.1"), address("10.0.0.9"), address("2001:db8::1")}));
}

}  // namespace
}  // namespace sonda::net::testing
