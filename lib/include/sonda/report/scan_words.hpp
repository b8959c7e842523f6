// A port's cause, errno and time in words: what text, tables and differences of a scan share.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <sonda/event/event.hpp>

namespace sonda::inline v0::report {

// "22/tcp".
[[nodiscard]] std::string port_text(Port port, Protocol protocol);
// "ECONNREFUSED"; "-" where the call got none.
[[nodiscard]] std::string errno_text(int error_code);
// "SYN-ACK"; "ICMP 3/13 admin. prohibited" and then "from 10.0.1.1, not the target": what does not
// fit into one column stands in several. Printable whatever the event holds.
[[nodiscard]] std::vector<std::string> cause_lines(const PortResult& port);
// The same in one line, without what goes without saying.
[[nodiscard]] std::string cause_text(const PortResult& port);
// As short as can be, and the same for ports of one reason: "RST", "ICMP 3/13 from 10.0.1.1".
[[nodiscard]] std::string reason_text(const PortResult& port);
// "0.412 ms", "2.531 s": the round trip, or how long the verdict took. Nine columns at most.
[[nodiscard]] std::string time_text(const PortResult& port);
// "port unreachable", "admin. prohibited"; empty for what no RFC names.
[[nodiscard]] std::string icmp_words(const IcmpReport& icmp);
// "2.5 s", "0.25 s": with as many decimals as there are, three at most.
[[nodiscard]] std::string seconds_text(Duration time);
// "65,536".
[[nodiscard]] std::string count_text(std::uint64_t number);

}  // namespace sonda::inline v0::report
