// An ICMP message as an event tells it: names, numbers and extensions out of the octets.
#pragma once
#include <vector>

#include <sonda/core/bytes.hpp>
#include <sonda/event/event.hpp>
#include <sonda/wire/ip_version.hpp>
#include <sonda/wire/quotation.hpp>

namespace sonda::inline v0 {

// Of an error or a redirect whose octets begin at its ICMP header; at least eight of them.
[[nodiscard]] IcmpReport icmp_report(Bytes message, IpVersion version);

// What `quotation` says happened to `sent` on its way.
[[nodiscard]] std::vector<QuotedChangeReport> quoted_changes(Bytes sent,
                                                             const Quotation& quotation);

}  // namespace sonda::inline v0
