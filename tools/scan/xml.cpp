// A scan as the XML that programs take which read nmap's.
#include "scan/xml.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <utility>

#include <fmt/format.h>

#include <sonda/core/version.hpp>
#include <sonda/record/json_lines.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/report/scan_words.hpp>
#include <sonda/wire/address_text.hpp>
#include <sonda/wire/service.hpp>

namespace sonda::tools {
namespace {

// What stands between double quotes.
std::string attribute(const std::string& text) {
  std::string out;
  for (const char c : record::printable(text)) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string_view state_word(PortState state) {
  const bool same =
      state == PortState::open || state == PortState::closed || state == PortState::unknown;
  return same ? name(state) : "filtered";
}

std::string reason_word(const PortResult& port) {
  switch (port.cause.kind) {
    case CauseKind::answer:
      return "syn-ack";
    case CauseKind::rst:
      return port.cause.ttl ? "reset" : "conn-refused";
    case CauseKind::icmp: {
      const auto words = port.cause.icmp ? report::icmp_words(*port.cause.icmp) : std::string{};
      if (words == "port unreachable") return "port-unreach";
      if (words == "host unreachable") return "host-unreach";
      if (words == "net unreachable") return "net-unreach";
      if (words == "proto unreachable") return "proto-unreach";
      if (words == "admin. prohibited") return "admin-prohibited";
      if (words == "host prohibited") return "host-prohibited";
      if (words == "net prohibited") return "net-prohibited";
      if (words == "ttl exceeded") return "time-exceeded";
      return "dest-unreach";
    }
    case CauseKind::silence:
      return "no-response";
    case CauseKind::neighbor:
      return "host-unreach";
    case CauseKind::system:
      return "no-route";
  }
  return "unknown-response";
}

std::int64_t seconds(std::int64_t unix_ns) { return unix_ns / 1'000'000'000; }

// "22,80,100-200".
std::string port_list(const std::vector<Port>& ports) {
  std::string out;
  for (std::size_t i = 0; i < ports.size();) {
    auto end = i + 1;
    while (end < ports.size() && ports[end].value() == ports[end - 1].value() + 1) ++end;
    if (!out.empty()) out += ',';
    out += std::to_string(ports[i].value());
    if (end > i + 1) out += '-' + std::to_string(ports[end - 1].value());
    i = end;
  }
  return out;
}

std::string port_element(const PortResult& port) {
  auto out = fmt::format(
      R"(<port protocol="tcp" portid="{}"><state state="{}" reason="{}" reason_ttl="{}")",
      port.port.value(), state_word(port.state), reason_word(port),
      port.cause.ttl.value_or(Ttl{}).value());
  if (port.cause.from && !port.cause.from_target)
    out += fmt::format(R"( reason_ip="{}")", to_text(port.cause.from->without_zone()).view());
  out += "/>";
  if (const auto service = service_name(port.port, port.protocol))
    out += fmt::format(R"(<service name="{}" method="table" conf="3"/>)", *service);
  out += fmt::format(R"(<script id="sonda-cause" output="{}, {}, {}"/>)", name(port.state),
                     report::errno_text(port.error_code), attribute(report::cause_text(port)));
  if (port.banner && !port.banner->empty())
    out += fmt::format(R"(<script id="banner" output="{}"/>)", attribute(*port.banner));
  return out + "</port>\n";
}

}  // namespace

std::expected<XmlFile, Failure> XmlFile::create(const std::string& path, About about,
                                                std::int64_t unix_ns) {
  XmlFile out;
  out.shown_ = record::printable(path);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor >= 0) out.file_.reset(::fdopen(descriptor, "w"));
  if (!out.file_) return std::unexpected{Failure{"create", errno, out.shown_}};
  out.sweep_ = about.hosts > most_hosts;
  out.write(
      fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n"
                  R"(<nmaprun scanner="sonda-tcp" args="{}" start="{}" startstr="{}" version="{}" )"
                  "xmloutputversion=\"1.05\">\n"
                  R"(<scaninfo type="{}" protocol="tcp" numservices="{}" services="{}"/>)"
                  "\n",
                  attribute(fmt::format("{}", fmt::join(about.argv, " "))), seconds(unix_ns),
                  record::to_rfc3339(unix_ns), version_text(), about.method, about.ports.size(),
                  port_list(about.ports)));
  return out;
}

void XmlFile::write(const std::string& text) {
  errno = 0;
  if (!failure_ && std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size())
    failure_ = Failure{"write", errno, shown_};
}

void XmlFile::take(const PortResult& port, std::int64_t unix_ns) {
  if (port.control || (sweep_ && port.state != PortState::open)) return;
  auto& host = hosts_[port.address];
  if (host.first_ns == 0) host.first_ns = unix_ns, host.name = port.target;
  host.last_ns = unix_ns;
  if (port.state == PortState::open || host.kept[port.state]++ < most_ports)
    host.ports.push_back(port);
  else
    ++host.more[port.state];
}

std::string XmlFile::element(const Address& address, const Host& host) {
  const bool up = std::ranges::any_of(host.ports, [](const PortResult& port) {
    return port.state == PortState::open || port.state == PortState::closed ||
           port.cause.from_target;
  });
  auto out = fmt::format(
      R"(<host starttime="{}" endtime="{}"><status state="{}" reason="{}" reason_ttl="0"/>)"
      "\n"
      R"(<address addr="{}" addrtype="{}"/>)"
      "\n<hostnames>",
      seconds(host.first_ns), seconds(host.last_ns), up ? "up" : "unknown",
      up ? "user-set" : "no-response", to_text(address.without_zone()).view(),
      address.is_v4() ? "ipv4" : "ipv6");
  if (!host.name.empty())
    out += fmt::format(R"(<hostname name="{}" type="user"/>)", attribute(host.name));
  out += "</hostnames>\n<ports>";
  for (const auto& [state, count] : host.more)
    out += fmt::format(R"(<extraports state="{}" count="{}"/>)"
                       "\n",
                       state_word(state), count);
  auto sorted = host.ports;
  std::ranges::sort(sorted, {}, &PortResult::port);
  for (const auto& port : sorted) out += port_element(port);
  return out + "</ports>\n</host>\n";
}

std::expected<void, Failure> XmlFile::finish(const ScanSummary& summary, std::int64_t unix_ns) {
  std::uint64_t up = 0;
  for (const auto& [address, host] : hosts_) {
    const auto text = element(address, host);
    if (text.find(R"(<status state="up")") != std::string::npos) ++up;
    write(text);
  }
  hosts_.clear();
  write(
      fmt::format(R"(<runstats><finished time="{}" timestr="{}" elapsed="{:.2f}" exit="success"/>)"
                  R"(<hosts up="{}" down="{}" total="{}"/>)"
                  "\n</runstats>\n</nmaprun>\n",
                  seconds(unix_ns), record::to_rfc3339(unix_ns),
                  static_cast<double>(summary.elapsed.count()) / 1e9, up,
                  summary.hosts > up ? summary.hosts - up : 0, summary.hosts));
  errno = 0;
  if (std::fflush(file_.get()) != 0 && !failure_) failure_ = Failure{"write", errno, shown_};
  if (failure_) return std::unexpected{*failure_};
  return {};
}

}  // namespace sonda::tools
