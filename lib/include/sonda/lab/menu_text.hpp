// The error menu as a table: what each ICMP error does to whom. `sonda lab menu`.
#pragma once
#include <string>

#include <sonda/wire/ip_version.hpp>

namespace sonda::inline v0::lab {

// The errors one meets, or all of the catalogue.
[[nodiscard]] std::string menu_text(IpVersion version = IpVersion::v4, bool all = false);

}  // namespace sonda::inline v0::lab
