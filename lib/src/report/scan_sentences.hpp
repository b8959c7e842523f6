// What a scan's text says below its tables, in sentences. Private to the report.
#pragma once
#include <string>

#include <sonda/event/event.hpp>

namespace sonda::inline v0::report {

// Of a host's notice its name is part; none ends with a newline.
[[nodiscard]] std::string notice_sentence(const Notice& notice);
// "1 open, 2 rejected"; of no port at all: "no port".
[[nodiscard]] std::string states_text(const ScanSummary& summary);
// How likely a port was missed; empty where nobody can tell or nothing could have been missed.
[[nodiscard]] std::string miss_sentence(const ScanSummary& summary);

}  // namespace sonda::inline v0::report
