// Sets of targets, the order over a scan's ports, and what is settled of it.
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/probe/scan_space.hpp>

namespace sonda {
namespace {

AddressRange range(std::string_view text) { return *AddressRange::parse(text); }
Address address(std::string_view text) { return *Address::parse(text); }

TargetSet targets(std::initializer_list<std::string_view> texts) {
  TargetSet out;
  for (const auto text : texts) EXPECT_TRUE(out.add(range(text)));
  return out;
}

std::vector<Port> ports(std::initializer_list<int> numbers) {
  std::vector<Port> out;
  for (const int number : numbers) out.emplace_back(number);
  return out;
}

std::vector<Port> first_ports(std::uint32_t count) {
  std::vector<Port> out;
  for (std::uint32_t port = 1; port <= count; ++port) out.emplace_back(port);
  return out;
}

using Points = std::set<std::pair<Address, Port>>;

Points points_of(const ScanSpace& space, const Shard& shard = {}) {
  Points out;
  for (auto place = shard.first; place < space.size(); place += shard.step) {
    const auto point = space.at(place);
    EXPECT_TRUE(out.emplace(point.address, point.port).second) << "asked twice";
  }
  return out;
}

// ---------------------------------------------------------------------------------- TargetSet

TEST(TargetSet, keeps_what_overlaps_or_touches_as_one_range) {
  const auto set = targets({"10.0.0.20-10.0.0.30", "10.0.0.0-10.0.0.9", "10.0.0.25-10.0.0.40",
                            "10.0.0.10-10.0.0.19", "10.0.0.50"});
  EXPECT_THAT(set.ranges(), testing::ElementsAre(range("10.0.0.0-10.0.0.40"), range("10.0.0.50")));
  EXPECT_EQ(set.size(), 42U);
}

TEST(TargetSet, numbers_ipv4_before_ipv6_and_finds_the_numbers_again) {
  const auto set = targets({"2001:db8::/126", "10.0.0.0/30", "192.0.2.1", "::5"});
  EXPECT_EQ(set.size(), 10U);
  EXPECT_EQ(set.at(0), address("10.0.0.0"));
  EXPECT_EQ(set.at(4), address("192.0.2.1"));
  EXPECT_EQ(set.at(5), address("::5"));
  EXPECT_EQ(set.at(9), address("2001:db8::3"));
  for (std::uint64_t i = 0; i < set.size(); ++i) EXPECT_EQ(set.index_of(set.at(i)), i);
  EXPECT_FALSE(set.index_of(address("10.0.0.4")));
  EXPECT_FALSE(set.index_of(address("0.0.0.5")));
}

TEST(TargetSet, holds_the_ends_of_both_address_spaces) {
  auto set =
      targets({"255.255.255.254-255.255.255.255", "0.0.0.0",
               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"});
  EXPECT_EQ(set.size(), 19U);
  EXPECT_EQ(set.index_of(address("255.255.255.255")), 2U);
  set.remove(range("255.255.255.255"));
  set.remove(range("0.0.0.0"));
  set.remove(range("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_EQ(set.size(), 16U);
  EXPECT_EQ(set.at(0), address("255.255.255.254"));
}

TEST(TargetSet, takes_out_what_is_excluded) {
  auto set = targets({"10.0.0.0/24", "10.0.2.0/24"});
  set.remove(range("10.0.0.10-10.0.0.19"));
  set.remove(range("10.0.0.255-10.0.2.3"));
  set.remove(range("172.16.0.0/12"));
  EXPECT_EQ(set.size(), 255U - 10 + 252);
  EXPECT_FALSE(set.index_of(address("10.0.0.15")));
  EXPECT_EQ(set.index_of(address("10.0.0.20")), 10U);
  EXPECT_EQ(set.index_of(address("10.0.2.4")), 245U);
}

TEST(TargetSet, keeps_zones_apart_and_excludes_in_every_zone) {
  auto set = targets({"fe80::1%eth0", "fe80::1%eth1", "fe80::2%eth0", "fe80::1"});
  EXPECT_EQ(set.size(), 4U);
  set.remove(range("fe80::1%eth1"));
  EXPECT_EQ(set.size(), 3U);
  set.remove(range("fe80::1"));
  EXPECT_EQ(set.size(), 1U);
  EXPECT_EQ(set.at(0), address("fe80::2%eth0"));
}

TEST(TargetSet, takes_out_a_set_as_range_by_range) {
  std::uint32_t state = 1;
  const auto random = [&state](std::uint32_t below) {
    state = state * 1'664'525 + 1'013'904'223;
    return (state >> 8) % below;
  };
  const auto some = [&](int count) {
    TargetSet out;
    for (int i = 0; i < count; ++i) {
      const auto first = random(300);
      const auto last = std::min(299U, first + random(12));
      const Ipv4Address base = Ipv4Address::from_number(0x0a000000 + first);
      switch (random(3)) {
        case 0:
          EXPECT_TRUE(
              out.add(*AddressRange::between(base, Ipv4Address::from_number(0x0a000000 + last))));
          break;
        case 1:
          EXPECT_TRUE(out.add(Address::parse("fe80::" + std::to_string(first) + "%eth0").value()));
          break;
        default:
          EXPECT_TRUE(out.add(Address::parse("fe80::" + std::to_string(first)).value()));
      }
    }
    return out;
  };
  for (int round = 0; round < 500; ++round) {
    const auto from = some(40), out = some(30);
    auto at_once = from, one_by_one = from;
    at_once.remove(out);
    for (const auto& range : out.ranges()) one_by_one.remove(range);
    EXPECT_EQ(at_once.ranges(), one_by_one.ranges());
    EXPECT_EQ(at_once.size(), one_by_one.size());
  }
}

// Range by range this would take minutes.
TEST(TargetSet, takes_a_long_list_out_of_a_long_list_in_no_time) {
  TargetSet from, out;
  constexpr std::uint32_t count = 300'000;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Address one = Ipv4Address::from_number(4 * i);
    ASSERT_TRUE(from.add(one));
    ASSERT_TRUE(i % 3 != 0 || out.add(one));
  }
  from.remove(out);
  EXPECT_EQ(from.size(), count / 3 * 2);
}

TEST(TargetSet, refuses_to_become_larger_than_it_can_be) {
  TargetSet set;
  EXPECT_FALSE(set.add(range("2001:db8::/64")));
  EXPECT_TRUE(set.add(range("2001:db8::/81")));
  EXPECT_TRUE(set.add(range("2001:db8::/81"))) << "it is there already";
  EXPECT_TRUE(set.add(range("2001:db8:1::/81")));
  EXPECT_EQ(set.size(), TargetSet::most);
  EXPECT_FALSE(set.add(range("10.0.0.1")));
  EXPECT_TRUE(set.add(range("2001:db8::7")));
  EXPECT_EQ(set.size(), TargetSet::most);
}

TEST(TargetSet, finds_what_two_have_in_common) {
  const auto shared = targets({"10.0.0.0/24", "10.0.2.0/24", "2001:db8::/120"})
                          .common(targets({"10.0.0.128-10.0.2.1", "2001:db8::f0-2001:db8::1ff"}));
  EXPECT_EQ(shared.size(), 128U + 2 + 16);
  EXPECT_EQ(shared.at(0), address("10.0.0.128"));
}

// If each one moved all others, it would not be done before the test's time is up.
TEST(TargetSet, takes_addresses_by_the_hundred_thousand_in_any_order) {
  TargetSet set;
  std::uint32_t number = 1;
  for (int i = 0; i < 200'000; ++i) {
    number = number * 1'664'525 + 1'013'904'223;
    ASSERT_TRUE(set.add(Address{Ipv4Address::from_number(number)}));
  }
  EXPECT_EQ(set.size(), 200'000U);
}

// ---------------------------------------------------------------------------------- ScanSpace

TEST(ScanSpace, asks_every_port_of_every_target_once_whatever_the_size) {
  for (std::uint32_t hosts : {1U, 2U, 3U, 7U, 64U, 100U})
    for (std::uint32_t count : {1U, 2U, 5U, 16U, 31U}) {
      ScanSpace space;
      const auto last = Address{Ipv4Address::from_number(0x0a00'0000 + hosts - 1)};
      TargetSet set;
      ASSERT_TRUE(set.add(*AddressRange::between(address("10.0.0.0"), last)));
      ASSERT_TRUE(space.add(set, first_ports(count)));
      EXPECT_EQ(space.size(), std::uint64_t{hosts} * count);
      EXPECT_EQ(points_of(space).size(), space.size());
    }
}

TEST(ScanSpace, knows_the_place_of_each_of_its_ports) {
  ScanSpace space;
  ASSERT_TRUE(space.add(targets({"10.0.0.0/28", "2001:db8::/124"}), ports({22, 80, 443})));
  ASSERT_TRUE(space.add(targets({"192.0.2.1", "192.0.2.9"}), ports({53})));
  for (std::uint64_t place = 0; place < space.size(); ++place)
    EXPECT_EQ(space.place_of(space.at(place)), place);
  EXPECT_FALSE(space.place_of({address("10.0.0.1"), Port{81}}));
  EXPECT_FALSE(space.place_of({address("10.0.1.1"), Port{22}}));
}

TEST(ScanSpace, asks_each_port_of_overlapping_groups_once) {
  ScanSpace space;
  ASSERT_TRUE(space.add(targets({"10.0.0.0/24"}), ports({80, 22, 80})));
  ASSERT_TRUE(space.add(targets({"10.0.0.16/28", "10.0.1.1"}), ports({22, 443})));
  ASSERT_TRUE(space.add(targets({"10.0.0.16"}), ports({22})));
  EXPECT_EQ(space.size(), 256U * 2 + 16 + 2);
  EXPECT_EQ(points_of(space).size(), space.size());
  EXPECT_EQ(space.ports_of(address("10.0.0.20")), 3U);
  EXPECT_EQ(space.ports_of(address("10.0.0.1")), 2U);
  EXPECT_EQ(space.ports_of(address("10.0.1.2")), 0U);
  EXPECT_EQ(space.hosts(), 257U);
}

TEST(ScanSpace, is_the_same_plan_in_whatever_order_its_parts_are_given) {
  ScanSpace a, b, c;
  ASSERT_TRUE(a.add(targets({"10.0.0.0/24"}), ports({80})));
  ASSERT_TRUE(a.add(targets({"10.0.0.0/28"}), ports({22})));
  ASSERT_TRUE(b.add(targets({"10.0.0.0/28"}), ports({22})));
  ASSERT_TRUE(b.add(targets({"10.0.0.128-10.0.0.255", "10.0.0.0-10.0.0.127"}), ports({80})));
  ASSERT_TRUE(c.add(targets({"10.0.0.0/28"}), ports({22, 80})));
  EXPECT_EQ(a.fingerprint(), b.fingerprint());
  EXPECT_NE(a.fingerprint(), c.fingerprint());
  for (std::uint64_t place = 0; place < a.size(); ++place) EXPECT_EQ(a.at(place), b.at(place));
}

TEST(ScanSpace, has_another_order_with_another_key) {
  ScanSpace space;
  ASSERT_TRUE(space.add(targets({"10.0.0.0/24"}), first_ports(10)));
  const auto before = space.at(0);
  const auto print = space.fingerprint();
  const auto all = points_of(space);
  space.set_order({1, 2});
  EXPECT_NE(space.at(0), before);
  EXPECT_EQ(points_of(space), all);
  EXPECT_EQ(space.fingerprint(), print) << "it is the same plan";
}

// Neighbours in the order should not be neighbours in the space: a host is asked seldom.
TEST(ScanSpace, scatters_the_ports_of_a_host_over_the_scan) {
  ScanSpace space;
  ASSERT_TRUE(space.add(targets({"10.0.0.0/24"}), first_ports(256)));
  std::map<Address, int> early;
  for (std::uint64_t place = 0; place < 256 * 16; ++place) ++early[space.at(place).address];
  EXPECT_GT(early.size(), 250U);
  for (const auto& [host, count] : early) EXPECT_LT(count, 48) << to_text(host).view();
}

TEST(ScanSpace, adds_up_from_its_shards) {
  ScanSpace space;
  ASSERT_TRUE(space.add(targets({"10.0.0.0/26", "2001:db8::/122"}), first_ports(7)));
  Points sum;
  std::uint64_t size = 0;
  for (std::uint64_t i = 0; i < 3; ++i)
    for (std::uint64_t j = 0; j < 4; ++j) {
      const auto shard = Shard{}.part(i, 3).part(j, 4);
      const auto part = points_of(space, shard);
      EXPECT_EQ(part.size(), shard.size(space.size()));
      size += part.size();
      sum.insert(part.begin(), part.end());
    }
  EXPECT_EQ(size, space.size());
  EXPECT_EQ(sum.size(), space.size());
}

TEST(ScanSpace, holds_2_to_the_60_ports_in_no_memory) {
  ScanSpace space;
  ASSERT_TRUE(space.add(targets({"2001:db8::/80"}), first_ports(4'096)));
  EXPECT_EQ(space.size(), std::uint64_t{1} << 60);
  for (std::uint64_t place = 1; place < space.size(); place *= 7)
    EXPECT_EQ(space.place_of(space.at(place)), place);
  EXPECT_EQ(space.place_of(space.at(space.size() - 1)), space.size() - 1);
  EXPECT_FALSE(space.add(targets({"2001:db8::/80"}), first_ports(65'535)));
  EXPECT_EQ(space.size(), std::uint64_t{1} << 60) << "nothing has changed";
}

TEST(ScanSpace, is_empty_without_targets_or_without_ports) {
  ScanSpace space;
  ASSERT_TRUE(space.add(targets({"10.0.0.0/24"}), {}));
  ASSERT_TRUE(space.add({}, ports({22})));
  EXPECT_EQ(space.size(), 0U);
  EXPECT_EQ(Shard{}.size(0), 0U);
}

// ------------------------------------------------------------------------------ SettledPlaces

TEST(SettledPlaces, remembers_what_was_added_once) {
  SettledPlaces settled;
  for (std::uint64_t place : {std::uint64_t{0}, std::uint64_t{63}, std::uint64_t{64},
                              std::uint64_t{65'535}, std::uint64_t{65'536}, ~std::uint64_t{0} >> 2})
    EXPECT_TRUE(settled.add(place)) << place;
  EXPECT_FALSE(settled.add(64));
  EXPECT_EQ(settled.size(), 6U);
  EXPECT_TRUE(settled.contains(65'536));
  EXPECT_FALSE(settled.contains(65'537));
  EXPECT_FALSE(settled.contains(1));
  EXPECT_FALSE(settled.contains(std::uint64_t{1} << 40));
}

TEST(SettledPlaces, folds_up_a_full_page_and_still_knows_it) {
  SettledPlaces settled;
  for (std::uint64_t place = 0; place < 65'536; ++place) EXPECT_TRUE(settled.add(place ^ 0x5555));
  EXPECT_FALSE(settled.add(7));
  EXPECT_TRUE(settled.contains(7));
  EXPECT_TRUE(settled.contains(65'535));
  EXPECT_FALSE(settled.contains(65'536));
  EXPECT_EQ(settled.size(), 65'536U);
}

}  // namespace
}  // namespace sonda
