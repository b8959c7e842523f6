// The one list of ICMP errors: names, RFCs, errno per kind of socket, verdicts, other tools' words.
//
// Simulator, verdicts, explanations and the manual read it; nobody keeps a second list. Its errno
// columns are what Linux 6.18 was measured to do; FreeBSD's are read from its sources.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>

#include <sonda/wire/icmp_catalogue_row.hpp>
#include <sonda/wire/icmp_catalogue_v4.hpp>
#include <sonda/wire/icmp_catalogue_v6.hpp>
#include <sonda/wire/icmpv4_type.hpp>
#include <sonda/wire/icmpv6_type.hpp>
#include <sonda/wire/text_writer.hpp>

namespace sonda::inline v0 {

// Every row of one version, sorted by type and code.
[[nodiscard]] constexpr std::span<const IcmpCause> icmp_catalogue(IpVersion version) noexcept {
  if (version == IpVersion::v4) return icmp_catalogue_v4;
  return icmp_catalogue_v6;
}

// The row that speaks of this type and code; null for a message that is no error, and for a code
// that nobody has defined and the catalogue has no range for.
[[nodiscard]] constexpr const IcmpCause* find_icmp(IpVersion version, std::uint8_t type,
                                                   std::uint8_t code) noexcept {
  for (const auto& row : icmp_catalogue(version))
    if (row.type == type && row.code <= code && code <= row.last_code) return &row;
  return nullptr;
}

[[nodiscard]] constexpr const IcmpCause* find_icmp(IcmpType type, std::uint8_t code) noexcept {
  return find_icmp(IpVersion::v4, static_cast<std::uint8_t>(type), code);
}
[[nodiscard]] constexpr const IcmpCause* find_icmp(Icmpv6Type type, std::uint8_t code) noexcept {
  return find_icmp(IpVersion::v6, static_cast<std::uint8_t>(type), code);
}

// The row called `name`, as in "admin-prohibited"; null for a name that version does not have.
[[nodiscard]] constexpr const IcmpCause* find_icmp(IpVersion version,
                                                   std::string_view name) noexcept {
  for (const auto& row : icmp_catalogue(version))
    if (row.name == name) return &row;
  return nullptr;
}

// The row of the other version that says the same; null where there is none.
[[nodiscard]] constexpr const IcmpCause* twin_of(const IcmpCause& row) noexcept {
  if (!row.twin) return nullptr;
  const auto other = row.version == IpVersion::v4 ? IpVersion::v6 : IpVersion::v4;
  return find_icmp(other, row.twin->type, row.twin->code);
}

// What the message says of a port (DESIGN: states), given whether the target itself sent it.
// Nothing where the message is no verdict and the probe goes on.
[[nodiscard]] constexpr std::optional<PortState> port_state(const IcmpCause& row,
                                                            bool from_target) noexcept {
  if (row.closed_from_target && from_target) return PortState::closed;
  return row.state;
}

// Writes a row's words (`ping`, `traceroute`) with `field`, a number or an address, for their `{}`.
template <typename Field>
constexpr TextWriter& write_words(TextWriter& out, std::string_view words,
                                  const Field& field) noexcept {
  const auto place = words.find("{}");
  if (place == std::string_view::npos) return out << words;
  return out << words.substr(0, place) << field << words.substr(place + 2);
}

namespace detail {

constexpr bool is_sorted(std::span<const IcmpCause> rows) noexcept {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto before = std::tuple{rows[i - 1].type, rows[i - 1].last_code};
    if (before >= std::tuple{rows[i].type, rows[i].code}) return false;
  }
  return std::ranges::all_of(rows, [](const auto& row) { return row.code <= row.last_code; });
}

constexpr bool has_unique_names(std::span<const IcmpCause> rows) noexcept {
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (rows[i].name == rows[j].name || rows[i].name.empty()) return false;
  return true;
}

// A name that both versions have must mean the same in both: a lab resolves it to two addresses.
// (No pointer is compared with null: GCC 12 refuses that in constants where it also sanitizes.)
constexpr bool has_consistent_twins(std::span<const IcmpCause> rows) noexcept {
  return std::ranges::all_of(rows, [](const IcmpCause& row) {
    bool found = !row.twin;
    for (const auto& other :
         icmp_catalogue(row.version == IpVersion::v4 ? IpVersion::v6 : IpVersion::v4)) {
      const bool twin = row.twin && other.type == row.twin->type && other.code <= row.twin->code &&
                        row.twin->code <= other.last_code;
      if (other.name == row.name && !twin) return false;
      found = found || twin;
    }
    return found;
  });
}

}  // namespace detail

static_assert(detail::is_sorted(icmp_catalogue_v4) && detail::is_sorted(icmp_catalogue_v6));
static_assert(detail::has_unique_names(icmp_catalogue_v4));
static_assert(detail::has_unique_names(icmp_catalogue_v6));
static_assert(detail::has_consistent_twins(icmp_catalogue_v4));
static_assert(detail::has_consistent_twins(icmp_catalogue_v6));

}  // namespace sonda::inline v0
