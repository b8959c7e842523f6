// The error menu as a table.
#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <sonda/core/errno_name.hpp>
#include <sonda/lab/menu_text.hpp>
#include <sonda/sim/menu_address.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

namespace sonda::inline v0::lab {
namespace {

// The errors one meets: every router and host sends them.
constexpr std::array common_v4{IcmpTypeCode{3, 0},  IcmpTypeCode{3, 1},  IcmpTypeCode{3, 2},
                               IcmpTypeCode{3, 3},  IcmpTypeCode{3, 4},  IcmpTypeCode{3, 13},
                               IcmpTypeCode{11, 0}, IcmpTypeCode{11, 1}, IcmpTypeCode{12, 0}};
constexpr std::array common_v6{IcmpTypeCode{1, 0}, IcmpTypeCode{1, 1}, IcmpTypeCode{1, 3},
                               IcmpTypeCode{1, 4}, IcmpTypeCode{2, 0}, IcmpTypeCode{3, 0},
                               IcmpTypeCode{3, 1}, IcmpTypeCode{4, 0}, IcmpTypeCode{4, 1}};

bool is_common(const IcmpCause& row) {
  const IcmpTypeCode key{row.type, row.code};
  return row.version == IpVersion::v4 ? std::ranges::find(common_v4, key) != common_v4.end()
                                      : std::ranges::find(common_v6, key) != common_v6.end();
}

// What a call gets, or why it gets nothing.
std::string told(const IcmpCause& row, int number, bool connect) {
  if (number != 0) return std::string{errno_name(number)};
  if (row.field == IcmpField::mtu && connect) return "none (PMTU)";
  return row.queued ? "-" : "none";
}

std::string type_and_code(const IcmpCause& row) {
  auto text = fmt::format("{}/{}", row.type, row.code);
  if (row.last_code != row.code) text += fmt::format("-{}", row.last_code);
  return text;
}

// With its errno, where that is another.
std::string twin_text(const IcmpCause& row) {
  const auto* twin = twin_of(row);
  if (!twin) return "";
  auto text = fmt::format("{}/{}", row.twin->type, row.twin->code);
  if (twin->connect_errno != row.connect_errno)
    text += ' ' + told(*twin, twin->connect_errno, true);
  return text;
}

using Cells = std::array<std::string, 7>;

Cells cells_of(const IcmpCause& row) {
  return {type_and_code(row),
          std::string{row.name},
          std::string{row.senders},
          told(row, row.connect_errno, true),
          told(row, row.udp_errno, false),
          std::string{row.rfc.substr(0, row.rfc.find(' '))},
          twin_text(row)};
}

}  // namespace

std::string menu_text(IpVersion version, bool all) {
  constexpr std::size_t page_width = 80;
  constexpr std::array<std::size_t, 7> usual{7, 20, 6, 15, 15, 6, 0};
  const bool v4 = version == IpVersion::v4;
  std::vector<Cells> rows{{"T/C", "NAME", "WHO", "TCP connect()", "UDP connected", "RFC",
                           v4 ? "IPv6 TWIN" : "IPv4 TWIN"}};
  std::size_t entries = 0;
  for (const auto& row : icmp_catalogue(version)) {
    if (!sim::find_menu_entry(version, row.name)) continue;  // no error: it would just work
    ++entries;
    if (all || is_common(row)) rows.push_back(cells_of(row));
  }

  auto widths = usual;
  for (const auto& row : rows) widths[0] = std::max(widths[0], row[0].size() + 1);
  const std::string note =
      fmt::format("(in the lab: ping NAME, or {})", v4 ? "10.TYPE.CODE.1" : "fd00::TYPE:CODE:1");
  auto text = fmt::format("THE ERROR MENU{:>{}}\n", note, page_width - 14);
  bool starred = false;
  for (auto row : rows) {
    const auto before = std::accumulate(widths.begin(), widths.end(), std::size_t{0});
    if (before + row.back().size() > page_width) {
      row.back() = row.back().substr(0, row.back().find(' ')) + " *";
      starred = true;
    }
    std::string line;
    std::size_t column = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      column += widths[i];
      if (i == 1 && row[i].size() >= widths[i]) {  // a long name has a line to itself
        text += line + '\n';
        line.clear();
      }
      line.resize(std::max(line.size(), column), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  const auto shown =
      all ? fmt::format("all {} of them.", entries)
          : fmt::format("{} of {} shown: the ones one meets.", rows.size() - 1, entries);
  const auto others =
      fmt::format("{}{}", all ? "" : "all: --all     ", v4 ? "IPv6: -6" : "IPv4: -4");
  text += fmt::format("{}{:>{}}\n", shown, others, 71 - shown.size());
  if (starred) text += "*    another errno there\n";
  return text +
         "WHO  R router  H host  F firewall     -  only with IP_RECVERR\n"
         "HOW  last number: 1 at once  2 late  4 silence  6 twice  8 short quotation\n";
}

}  // namespace sonda::inline v0::lab
