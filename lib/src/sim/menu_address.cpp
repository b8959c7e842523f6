// The error menu's addresses read and written, and its names looked up in the ICMP catalogue.
#include <algorithm>
#include <array>

#include <sonda/sim/menu_address.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

namespace sonda::inline v0::sim {
namespace {

constexpr std::array<std::string_view, menu_manners> manner_names{
    "at-once",      "late",  "rst",        "silence",     "works",      "twice",
    "bad-checksum", "short", "extensions", "from-target", "established"};

// These do the same whatever the error would have been.
constexpr std::array free_of_error{MenuManner::rst, MenuManner::silence, MenuManner::works};

constexpr Prefix prefix_v4{Ipv4Address{10, 0, 0, 0}, 8};
constexpr Prefix prefix_v6{Ipv6Address{{0xfd}}, 16};

bool is_menu_error(const IcmpCause& row) {
  return row.version == IpVersion::v4 ? is_error(IcmpType{row.type})
                                      : is_error(Icmpv6Type{row.type});
}

// 0x0137 looks like 137.
constexpr std::uint16_t looks_like(std::uint8_t number) {
  return static_cast<std::uint16_t>(number / 100 << 8 | number / 10 % 10 << 4 | number % 10);
}

std::optional<std::uint8_t> read_as_decimal(std::uint16_t group) {
  unsigned number = 0;
  for (const int shift : {12, 8, 4, 0}) {
    const unsigned digit = unsigned{group} >> shift & 0xfU;
    if (digit > 9) return std::nullopt;
    number = number * 10 + digit;
  }
  if (number > 255) return std::nullopt;
  return static_cast<std::uint8_t>(number);
}

std::optional<MenuEntry> entry_of(IpVersion version, std::uint8_t type, std::uint8_t code,
                                  std::uint8_t manner) {
  if (manner == 0 || manner > menu_manners) return std::nullopt;
  return MenuEntry{.version = version, .icmp = {type, code}, .manner = MenuManner{manner}};
}

const IcmpCause* find_error(IpVersion version, std::string_view name) {
  const auto* row = find_icmp(version, name);
  if (row == nullptr) {
    const auto other = version == IpVersion::v4 ? IpVersion::v6 : IpVersion::v4;
    const auto* theirs = find_icmp(other, name);
    row = theirs == nullptr ? nullptr : twin_of(*theirs);
  }
  return row != nullptr && is_menu_error(*row) ? row : nullptr;
}

void add_name(std::vector<MenuName>& names, std::string text) {
  const auto address = [&text](IpVersion version) -> std::optional<Address> {
    const auto entry = find_menu_entry(version, text);
    return entry ? std::optional{menu_address(*entry)} : std::nullopt;
  };
  MenuName name{.v4 = address(IpVersion::v4), .v6 = address(IpVersion::v6)};
  if (!name.v4 && !name.v6) return;
  name.name = std::move(text);
  names.push_back(std::move(name));
}

}  // namespace

std::string_view name(MenuManner manner) noexcept {
  const auto at = static_cast<std::size_t>(manner) - 1;
  return at < manner_names.size() ? manner_names[at] : std::string_view{};
}

std::optional<MenuManner> find_menu_manner(std::string_view name) noexcept {
  const auto found = std::ranges::find(manner_names, name);
  if (found == manner_names.end()) return std::nullopt;
  return MenuManner{static_cast<std::uint8_t>(found - manner_names.begin() + 1)};
}

const Prefix& menu_prefix(IpVersion version) noexcept {
  return version == IpVersion::v4 ? prefix_v4 : prefix_v6;
}

Address menu_address(const MenuEntry& entry) noexcept {
  const auto manner = static_cast<std::uint8_t>(entry.manner);
  if (entry.version == IpVersion::v4)
    return Ipv4Address{10, entry.icmp.type, entry.icmp.code, manner};
  std::array<std::uint8_t, 16> octets{0xfd};
  store(octets, 10, looks_like(entry.icmp.type));
  store(octets, 12, looks_like(entry.icmp.code));
  store(octets, 14, looks_like(manner));
  return Ipv6Address{octets};
}

std::optional<MenuEntry> menu_entry(const Address& address) noexcept {
  if (address.is_v4()) {
    const auto [ten, type, code, manner] = address.v4().octets();
    if (ten != 10) return std::nullopt;
    return entry_of(IpVersion::v4, type, code, manner);
  }
  const auto octets = address.v6().octets();
  if (octets[0] != 0xfd || std::any_of(octets.begin() + 1, octets.begin() + 10,
                                       [](std::uint8_t octet) { return octet != 0; }))
    return std::nullopt;
  const auto type = read_as_decimal(load<std::uint16_t>(octets, 10));
  const auto code = read_as_decimal(load<std::uint16_t>(octets, 12));
  const auto manner = read_as_decimal(load<std::uint16_t>(octets, 14));
  if (!type || !code || !manner) return std::nullopt;
  return entry_of(IpVersion::v6, *type, *code, *manner);
}

std::vector<MenuEntry> menu_entries(IpVersion version) {
  std::vector<MenuEntry> entries;
  for (const auto& row : icmp_catalogue(version))
    if (is_menu_error(row)) entries.push_back({.version = version, .icmp = {row.type, row.code}});
  return entries;
}

std::optional<MenuEntry> find_menu_entry(IpVersion version, std::string_view name) noexcept {
  const auto manner = find_menu_manner(name);
  if (manner && std::ranges::find(free_of_error, *manner) != free_of_error.end())
    return MenuEntry{.version = version, .manner = *manner};

  const auto dot = name.find('.');
  const auto* row = find_error(version, name.substr(0, dot));
  if (row == nullptr) return std::nullopt;
  MenuEntry entry{.version = version, .icmp = {row->type, row->code}};
  if (dot == std::string_view::npos) return entry;
  const auto wanted = find_menu_manner(name.substr(dot + 1));
  if (!wanted) return std::nullopt;
  entry.manner = *wanted;
  return entry;
}

std::optional<std::string> menu_name(const MenuEntry& entry) {
  const bool free = std::ranges::find(free_of_error, entry.manner) != free_of_error.end();
  if (free && entry.icmp == IcmpTypeCode{}) return std::string{name(entry.manner)};
  const auto* row = find_icmp(entry.version, entry.icmp.type, entry.icmp.code);
  if (row == nullptr || row->code != entry.icmp.code || !is_menu_error(*row)) return std::nullopt;
  if (entry.manner == MenuManner::at_once) return std::string{row->name};
  return std::string{row->name}.append(".").append(name(entry.manner));
}

std::vector<MenuName> menu_names() {
  std::vector<MenuName> names;
  for (const auto manner : free_of_error) add_name(names, std::string{name(manner)});
  for (const auto version : {IpVersion::v4, IpVersion::v6}) {
    for (const auto& row : icmp_catalogue(version)) {
      // What both versions have stands among those of IPv4.
      if (version == IpVersion::v6 && find_icmp(IpVersion::v4, row.name) != nullptr) continue;
      add_name(names, std::string{row.name});
      for (const auto manner : manner_names)
        add_name(names, std::string{row.name}.append(".").append(manner));
    }
  }
  return names;
}

}  // namespace sonda::inline v0::sim
