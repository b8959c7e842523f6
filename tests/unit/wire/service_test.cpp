// Our own list of services.
#include <set>
#include <string_view>

#include <gtest/gtest.h>

#include <sonda/wire/service.hpp>

namespace sonda {
namespace {

static_assert(service_name(Port{22}, Protocol::tcp) == "ssh");
static_assert(!service_name(Port{22}, Protocol::udp));
static_assert(!service_name(Port{22}, Protocol::icmp));
static_assert(!service_name(Port{65'535}, Protocol::tcp));
static_assert(service_of("domain")->udp && service_of("domain")->tcp);
static_assert(!service_of("nobody"));

TEST(Services, have_a_name_of_their_own_and_a_protocol) {
  std::set<std::string_view> names;
  std::set<Port> ports;
  for (const auto& service : services()) {
    EXPECT_TRUE(names.insert(service.name).second) << service.name;
    EXPECT_TRUE(ports.insert(service.port).second) << service.name;
    EXPECT_TRUE(service.tcp || service.udp) << service.name;
    EXPECT_EQ(service.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"),
              std::string_view::npos)
        << service.name;
  }
  EXPECT_GE(names.size(), 400U);
}

}  // namespace
}  // namespace sonda
