// A port's cause, errno and time in words.
#include <algorithm>

#include <fmt/format.h>

#include <sonda/core/errno_name.hpp>
#include <sonda/record/printable.hpp>
#include <sonda/report/scan_words.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

#include "ping_words.hpp"

namespace sonda::inline v0::report {
namespace {

using record::printable;

std::string icmp_number(const IcmpReport& icmp) {
  return fmt::format("{} {}/{}", icmp.version == 4 ? "ICMP" : "ICMPv6", icmp.type, icmp.code);
}

std::string from_words(const Cause& cause) {
  if (cause.from_target) return "from the target itself";
  if (!cause.from) return {};
  return fmt::format("from {}, not the target", address_text(*cause.from));
}

std::string tries_text(const std::vector<Duration>& tries) {
  std::string out;
  for (const auto& at : tries) {
    if (!out.empty()) out += ", ";
    out += at == Duration{} ? "0" : fmt::format("{:.1f}", static_cast<double>(at.count()) / 1e9);
  }
  return out;
}

std::string silence_text(const PortResult& port) {
  if (port.cause.tries.size() > 1)
    return fmt::format("silence: SYN at {} s", tries_text(port.cause.tries));
  return port.attempts > 1 ? fmt::format("silence: {} SYNs", port.attempts) : "silence: one SYN";
}

std::string neighbor_text(const PortResult& port) {
  return port.address.is_v4() ? "neighbor: nobody answers ARP" : "neighbor: nobody answers ND";
}

std::string system_text(const Cause& cause) {
  if (cause.failure) return "this machine: " + printable(cause.failure->message());
  if (cause.icmp) return fmt::format("this machine: {}", icmp_number(*cause.icmp));
  return "this machine refused";
}

}  // namespace

std::string port_text(Port port, Protocol protocol) {
  return fmt::format("{}/{}", port.value(), protocol == Protocol::udp ? "udp" : "tcp");
}

std::string errno_text(int error_code) {
  if (error_code == 0) return "-";
  const auto known = errno_name(error_code);
  return known.empty() ? fmt::format("E{}", error_code) : std::string{known};
}

std::string icmp_words(const IcmpReport& icmp) {
  const auto* row =
      find_icmp(icmp.version == 4 ? IpVersion::v4 : IpVersion::v6, icmp.type, icmp.code);
  if (row == nullptr) return {};
  if (row->name == "admin-prohibited") return "admin. prohibited";
  std::string out{row->name};
  std::ranges::replace(out, '-', ' ');
  return out;
}

std::vector<std::string> cause_lines(const PortResult& port) {
  const auto& cause = port.cause;
  switch (cause.kind) {
    case CauseKind::answer:
      return {"SYN-ACK"};
    case CauseKind::rst:
      if (cause.hops_nearer.value_or(0) == 0) return {"RST"};
      return {"RST",
              fmt::format("from {} hop{} nearer than the target", *cause.hops_nearer,
                          *cause.hops_nearer == 1 ? "" : "s"),
              "answers: a firewall's"};
    case CauseKind::icmp: {
      std::vector<std::string> out;
      if (cause.icmp) {
        out.push_back(icmp_number(*cause.icmp));
        if (const auto words = icmp_words(*cause.icmp); !words.empty()) out[0] += ' ' + words;
      } else {
        out.emplace_back("ICMP");
      }
      if (auto from = from_words(cause); !from.empty()) out.push_back(std::move(from));
      return out;
    }
    case CauseKind::silence:
      return {silence_text(port)};
    case CauseKind::neighbor:
      return {neighbor_text(port)};
    case CauseKind::system:
      return {system_text(cause)};
  }
  return {};
}

std::string cause_text(const PortResult& port) {
  if (port.cause.kind == CauseKind::icmp) {
    const auto words = port.cause.icmp ? icmp_words(*port.cause.icmp) : std::string{};
    return reason_text(port) + (words.empty() ? "" : ", " + words);
  }
  return fmt::format("{}", fmt::join(cause_lines(port), " "));
}

std::string reason_text(const PortResult& port) {
  const auto& cause = port.cause;
  switch (cause.kind) {
    case CauseKind::answer:
      return "SYN-ACK";
    case CauseKind::rst:
      return cause.hops_nearer.value_or(0) == 0 ? "RST" : "RST of a firewall";
    case CauseKind::icmp: {
      auto out = cause.icmp ? icmp_number(*cause.icmp) : std::string{"ICMP"};
      if (cause.from_target)
        out += " from the target";
      else if (cause.from)
        out += " from " + address_text(*cause.from);
      return out;
    }
    case CauseKind::silence:
      return "silence";
    case CauseKind::neighbor:
      return port.address.is_v4() ? "nobody answers ARP" : "nobody answers ND";
    case CauseKind::system:
      return "this machine";
  }
  return {};
}

std::string time_text(const PortResult& port) {
  const auto time = port.rtt ? port.rtt->rtt : port.took;
  const auto ms = static_cast<double>(time.count()) / 1e6;
  if (ms < 99.9995) return fmt::format("{:.3f} ms", ms);
  if (ms < 999.95) return fmt::format("{:.1f} ms", ms);
  return fmt::format("{:.{}f} s", ms / 1e3, ms < 99'999.5 ? 3 : 0);
}

std::string seconds_text(Duration time) {
  auto out = fmt::format("{:.3f}", static_cast<double>(time.count()) / 1e9);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out + " s";
}

std::string count_text(std::uint64_t number) {
  auto out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
  return out;
}

}  // namespace sonda::inline v0::report
