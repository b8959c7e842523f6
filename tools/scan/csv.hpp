// A scan's ports as comma-separated values (RFC 4180; lines end in LF alone).
#pragma once
#include <string>
#include <string_view>

#include <sonda/event/event.hpp>

namespace sonda::tools {

// The names of the columns, as the header line.
inline constexpr std::string_view csv_header =
    "target,address,protocol,port,service,state,errno,cause,from,icmp_type,icmp_code,rtt_ms,took_"
    "ms,"
    "attempts,banner\n";

// The line of a port. Text of strangers is made printable; what could be a formula for a
// spreadsheet
// ("=", "+", "-", "@" in front) is put behind an apostrophe.
[[nodiscard]] std::string csv_line(const PortResult& port);

}  // namespace sonda::tools
