// A scan's ports as comma-separated values.
#include "scan/csv.hpp"

#include <fmt/format.h>

#include <sonda/event/words.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/report/scan_words.hpp>
#include <sonda/wire/address_text.hpp>
#include <sonda/wire/service.hpp>

namespace sonda::tools {
namespace {

std::string field(const std::string& octets) {
  auto text = record::printable(octets);
  if (!text.empty() && std::string_view{"=+-@"}.find(text[0]) != std::string_view::npos)
    text.insert(0, 1, '\'');
  if (text.find_first_of(",\"") == std::string::npos) return text;
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2)
    text.insert(at, 1, '"');
  return '"' + text + '"';
}

std::string ms(Duration time) {
  return fmt::format("{:.6f}", static_cast<double>(time.count()) / 1e6);
}

std::string_view word(CauseKind kind) {
  for (const auto& [known, text] : cause_words)
    if (known == kind) return text;
  return {};
}

}  // namespace

std::string csv_line(const PortResult& port) {
  const auto address = std::string{to_text(port.address).view()};
  const auto& cause = port.cause;
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                     field(port.target.empty() ? address : port.target), address,
                     port.protocol == Protocol::udp ? "udp" : "tcp", port.port.value(),
                     service_name(port.port, port.protocol).value_or(""), name(port.state),
                     port.error_code == 0 ? "" : report::errno_text(port.error_code),
                     word(cause.kind), cause.from ? std::string{to_text(*cause.from).view()} : "",
                     cause.icmp ? std::to_string(cause.icmp->type) : "",
                     cause.icmp ? std::to_string(cause.icmp->code) : "",
                     port.rtt ? ms(port.rtt->rtt) : "", ms(port.took), port.attempts,
                     port.banner ? field(*port.banner) : "");
}

}  // namespace sonda::tools
