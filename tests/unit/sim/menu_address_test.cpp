// The error menu's addresses and names, there and back.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonda/sim/menu_address.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

namespace sonda::sim {
namespace {

Address at(const char* text) { return *Address::parse(text); }

std::string text_of(IpVersion version, std::string_view name) {
  const auto entry = find_menu_entry(version, name);
  return entry ? std::string{to_text(menu_address(*entry)).view()} : "nothing";
}

TEST(MenuAddress, groups_are_read_as_the_decimal_numbers_they_look_like) {
  EXPECT_EQ(menu_entry(at("10.3.13.2")), (MenuEntry{IpVersion::v4, {3, 13}, MenuManner::late}));
  EXPECT_EQ(menu_entry(at("fd00::1:1:11")),
            (MenuEntry{IpVersion::v6, {1, 1}, MenuManner::established}));
  EXPECT_EQ(menu_entry(at("fd00::127:255:10")),
            (MenuEntry{IpVersion::v6, {127, 255}, MenuManner::from_target}));
}

TEST(MenuAddress, every_entry_comes_back) {
  for (const auto version : {IpVersion::v4, IpVersion::v6})
    for (unsigned type = 0; type < 256; ++type)
      for (const unsigned code : {0U, 1U, 9U, 10U, 99U, 100U, 137U, 255U})
        for (std::uint8_t manner = 1; manner <= menu_manners; ++manner) {
          const MenuEntry entry{
              version, {std::uint8_t(type), std::uint8_t(code)}, MenuManner{manner}};
          const auto address = menu_address(entry);
          ASSERT_TRUE(menu_prefix(version).contains(address));
          ASSERT_EQ(menu_entry(address), entry) << to_text(address).view();
        }
}

TEST(MenuAddress, what_is_not_on_the_menu_is_nothing) {
  for (const auto* text :
       {"10.3.13.0", "10.3.13.12", "10.3.13.255", "11.3.13.1", "192.0.2.1", "fd00::1:1:0",
        "fd00::1:1:12", "fd00::1:1:b", "fd00::a:1:1", "fd00::256:1:1", "fd00::1:1000:1",
        "fd00::1:1:1:1", "fd00:1::1:1:1", "fd01::1:1:1", "fd00:0:0:8000::1:1", "::1:1:1", "::"})
    EXPECT_EQ(menu_entry(at(text)), std::nullopt) << text;
}

TEST(MenuAddress, a_name_is_a_row_and_a_manner) {
  EXPECT_EQ(text_of(IpVersion::v4, "admin-prohibited"), "10.3.13.1");
  EXPECT_EQ(text_of(IpVersion::v6, "admin-prohibited"), "fd00::1:1:1");
  EXPECT_EQ(text_of(IpVersion::v4, "admin-prohibited.late"), "10.3.13.2");
  EXPECT_EQ(text_of(IpVersion::v6, "admin-prohibited.established"), "fd00::1:1:11");
  EXPECT_EQ(text_of(IpVersion::v4, "works"), "10.0.0.5");
  EXPECT_EQ(text_of(IpVersion::v6, "works"), "fd00::5");
}

TEST(MenuAddress, a_name_of_the_other_version_means_its_twin) {
  EXPECT_EQ(text_of(IpVersion::v6, "frag-needed"), "fd00::2:0:1");
  EXPECT_EQ(text_of(IpVersion::v4, "no-route.twice"), "10.3.0.6");
  EXPECT_EQ(text_of(IpVersion::v6, "net-unknown"), "nothing");
  EXPECT_EQ(text_of(IpVersion::v6, "redirect-host"), "nothing") << "a redirect is no error there";
  EXPECT_EQ(text_of(IpVersion::v4, "probe-reply"), "nothing");
}

TEST(MenuAddress, what_is_no_name_is_nothing) {
  for (const auto* name : {"", ".", "late", "admin-prohibited.", "admin-prohibited.never",
                           "admin-prohibited.late.late", ".late", "Admin-Prohibited"})
    EXPECT_EQ(find_menu_entry(IpVersion::v4, name), std::nullopt) << name;
}

TEST(MenuAddress, manners_have_names) {
  std::set<std::string_view> names;
  for (std::uint8_t manner = 1; manner <= menu_manners; ++manner) {
    const auto text = name(MenuManner{manner});
    EXPECT_EQ(find_menu_manner(text), MenuManner{manner});
    names.insert(text);
  }
  EXPECT_EQ(names.size(), menu_manners);
  EXPECT_EQ(name(MenuManner{0}), "");
  EXPECT_EQ(name(MenuManner{12}), "");
}

TEST(MenuAddress, every_error_of_the_catalogue_is_an_entry_and_its_name_leads_back) {
  for (const auto version : {IpVersion::v4, IpVersion::v6}) {
    const auto entries = menu_entries(version);
    EXPECT_GE(entries.size(), 25U);
    for (auto entry : entries)
      for (std::uint8_t manner = 1; manner <= menu_manners; ++manner) {
        entry.manner = MenuManner{manner};
        const auto name = menu_name(entry);
        ASSERT_TRUE(name);
        EXPECT_EQ(find_menu_entry(version, *name), entry) << *name;
      }
  }
  EXPECT_EQ(menu_name({IpVersion::v4, {3, 200}, MenuManner::at_once}), std::nullopt);
  EXPECT_EQ(menu_name({IpVersion::v4, {3, 16}, MenuManner::at_once}), "unreachable-undefined");
  EXPECT_EQ(menu_name({IpVersion::v4, {8, 0}, MenuManner::at_once}), std::nullopt);
  EXPECT_EQ(menu_name({IpVersion::v4, {0, 0}, MenuManner::works}), "works");
}

TEST(MenuAddress, the_list_of_names_has_each_once_and_all_of_them) {
  std::set<std::string> seen;
  for (const auto& [name, v4, v6] : menu_names()) {
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_TRUE(v4 || v6) << name;
    for (const auto& [version, address] :
         {std::pair{IpVersion::v4, v4}, std::pair{IpVersion::v6, v6}}) {
      const auto entry = find_menu_entry(version, name);
      EXPECT_EQ(address, entry ? std::optional{menu_address(*entry)} : std::nullopt) << name;
    }
  }
  for (const auto version : {IpVersion::v4, IpVersion::v6})
    for (const auto& entry : menu_entries(version)) EXPECT_TRUE(seen.contains(*menu_name(entry)));
  EXPECT_TRUE(seen.contains("admin-prohibited.bad-checksum"));
  EXPECT_TRUE(seen.contains("silence"));
}

}  // namespace
}  // namespace sonda::sim
