// The error menu's addresses and names: which destination makes which ICMP error happen, and how.
//
// 10.T.C.m stands for ICMPv4 type T, code C, and fd00::T:C:m for ICMPv6, the groups read as the
// decimal numbers they look like; m is the manner. An address with any other bit set, a type or
// code above 255 or a manner above 11 is not on the menu.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonda/core/export.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/icmp_catalogue_row.hpp>
#include <sonda/wire/ip_version.hpp>
#include <sonda/wire/prefix.hpp>

namespace sonda::inline v0::sim {

enum class MenuManner : std::uint8_t {
  at_once = 1,  // the error, from the router
  late = 2,     // after a second
  rst = 3,      // a RST; silence for what is not TCP
  silence = 4,
  works = 5,         // echo, UDP echo, open TCP ports with a banner
  twice = 6,         // the error, two times
  bad_checksum = 7,  // the error's ICMP checksum is wrong
  brief = 8,         // it quotes the IP header and 8 octets
  extensions = 9,    // with an MPLS label stack and the interface (RFC 4950, RFC 5837)
  from_target = 10,  // the error comes from the address that was asked
  established = 11   // only once a TCP connection is established; what is not TCP: at once
};
inline constexpr std::uint8_t menu_manners = 11;

// "late"; empty for what is no manner.
[[nodiscard]] SONDA_EXPORT std::string_view name(MenuManner manner) noexcept;
[[nodiscard]] SONDA_EXPORT std::optional<MenuManner> find_menu_manner(
    std::string_view name) noexcept;

struct MenuEntry {
  IpVersion version = IpVersion::v4;
  IcmpTypeCode icmp{};
  MenuManner manner = MenuManner::at_once;
  friend constexpr bool operator==(const MenuEntry&, const MenuEntry&) = default;
};

// Everything the menu owns, entry or not: 10.0.0.0/8 and fd00::/16.
[[nodiscard]] SONDA_EXPORT const Prefix& menu_prefix(IpVersion version) noexcept;

[[nodiscard]] SONDA_EXPORT Address menu_address(const MenuEntry& entry) noexcept;
// What the address asks for; nothing where it is not on the menu.
[[nodiscard]] SONDA_EXPORT std::optional<MenuEntry> menu_entry(const Address& address) noexcept;

// Every error that the catalogue has for that version, with manner `at_once`, sorted by type and
// code. What is no error (a redirect of ICMPv6, the replies of RFC 8335) is not on the menu.
[[nodiscard]] SONDA_EXPORT std::vector<MenuEntry> menu_entries(IpVersion version);

// A name is a row of the catalogue, by itself or with a manner behind a dot: "admin-prohibited" is
// 10.3.13.1 and fd00::1:1:1, "admin-prohibited.late" 10.3.13.2 and fd00::1:1:2. A name that only
// the other version has means the row that says the same, if there is one. "works", "silence" and
// "rst" by themselves do what they say whatever the error: 10.0.0.5 and fd00::5.
[[nodiscard]] SONDA_EXPORT std::optional<MenuEntry> find_menu_entry(IpVersion version,
                                                                    std::string_view name) noexcept;
// The name of an entry; nothing where the catalogue has none for its type and code, or has one for
// several codes of which this is not the first.
[[nodiscard]] SONDA_EXPORT std::optional<std::string> menu_name(const MenuEntry& entry);

struct MenuName {
  std::string name{};
  std::optional<Address> v4{};
  std::optional<Address> v6{};
};
// Every name there is, with what it means in each version: rows in the order of the catalogues,
// each with its manners in theirs.
[[nodiscard]] SONDA_EXPORT std::vector<MenuName> menu_names();

}  // namespace sonda::inline v0::sim
