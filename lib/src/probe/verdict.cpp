// What decided about a port, out of what a socket was told and what a raw socket saw.
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include <sonda/probe/verdict.hpp>
#include <sonda/wire/icmp_catalogue.hpp>

#include "icmp_report.hpp"

namespace sonda::inline v0 {
namespace {

constexpr std::uint8_t established = 1;  // TCP_ESTABLISHED, as tcpi_state counts

IpVersion version_of(const Address& address) {
  return address.is_v4() ? IpVersion::v4 : IpVersion::v6;
}

std::string to(const Address& target) { return "to " + std::string{to_text(target).view()}; }

// 3/1 and 1/3 of our own system mean that nobody answered its ARP or ND.
bool tells_of_neighbor(const IcmpReport& icmp) {
  return icmp.name == (icmp.version == 4 ? "host-unreachable" : "address-unreachable");
}

IcmpReport report_of(const QueuedError& error, IpVersion version) {
  IcmpReport out{.version = static_cast<std::uint8_t>(version == IpVersion::v4 ? 4 : 6),
                 .type = error.icmp_type,
                 .code = error.icmp_code};
  const auto* row = find_icmp(version, error.icmp_type, error.icmp_code);
  if (row == nullptr) return out;
  out.name = row->name;
  if (row->field == IcmpField::mtu) out.mtu = error.info;
  if (row->field == IcmpField::pointer) out.pointer = error.info;
  return out;
}

// An ICMP message that ends the waiting.
Verdict verdict_of_message(IcmpReport icmp, const Address& from, PortState state, int error_code,
                           const VerdictContext& context) {
  // A sender of link-local addresses may be named with its zone or without.
  const auto plain = from.without_zone();
  Verdict out{.state = state, .error_code = error_code};
  out.cause.from = from;
  out.cause.from_target = plain == context.target.without_zone();
  const bool our_own = context.source && plain == context.source->without_zone();
  if (!our_own || out.cause.from_target) {
    out.cause.kind = CauseKind::icmp;
    out.cause.icmp = std::move(icmp);
    return out;
  }
  if (tells_of_neighbor(icmp)) {
    out.cause.kind = CauseKind::neighbor;
    out.state = PortState::unreachable;
  } else {
    out.cause.kind = CauseKind::system;
    out.cause.failure = Failure{"connect", error_code, to(context.target)};
    out.state = PortState::unknown;
  }
  out.cause.icmp = std::move(icmp);
  return out;
}

// Error messages that the catalogue does not list. Linux ends a connect for one of ICMPv6 whatever
// its type (RFC 4443 2.4 (b)), and for none of ICMPv4.
constexpr std::uint8_t first_informational = 128;  // RFC 4443 2.1
std::optional<Verdict> verdict_of_unlisted(IcmpReport icmp, const Address& from,
                                           const VerdictContext& context) {
  if (icmp.version == 4 || icmp.type >= first_informational) return std::nullopt;
  return verdict_of_message(std::move(icmp), from, PortState::unreachable, EPROTO, context);
}

// A TCP port is closed for a RST alone: port unreachable from the target is its firewall's word.
std::optional<Verdict> verdict_of_report(IcmpReport icmp, const Address& from, int error_code,
                                         const VerdictContext& context, Protocol protocol) {
  const auto* row = find_icmp(version_of(context.target), icmp.type, icmp.code);
  if (row == nullptr) return verdict_of_unlisted(std::move(icmp), from, context);
  const bool from_target = from.without_zone() == context.target.without_zone();
  const auto state = port_state(*row, protocol == Protocol::udp && from_target);
  if (!state) return std::nullopt;
  return verdict_of_message(std::move(icmp), from, *state, error_code, context);
}

// The queued ICMP error that decides: the one that the call failed with, or, where it has not
// failed yet, the first that is a verdict.
std::optional<Verdict> verdict_of_queue(const SocketReport& report, const VerdictContext& context) {
  for (const auto& error : report.queue) {
    if (error.origin != ErrorOrigin::icmp) continue;
    if (report.error_code != 0 && error.error_code != report.error_code) continue;
    auto icmp = report_of(error, version_of(context.target));
    if (auto verdict = verdict_of_report(std::move(icmp), error.offender, error.error_code, context,
                                         Protocol::tcp))
      return verdict;
  }
  return std::nullopt;
}

Verdict answered(PortState state, CauseKind kind, int error_code, const Address& target) {
  return {.state = state,
          .error_code = error_code,
          .cause = {.kind = kind, .from = target, .from_target = true}};
}

// What connect() failed with while no ICMP error stands for it.
struct Bare {
  int error_code = 0;
  PortState state{};
  CauseKind kind{};
};
constexpr std::array bare_errors = std::to_array<Bare>({
    {ECONNREFUSED, PortState::closed, CauseKind::rst},     // RFC 9293 3.10.7.3: a RST in SYN-SENT
    {ECONNRESET, PortState::open, CauseKind::answer},      // one that came after the SYN-ACK
    {EPIPE, PortState::open, CauseKind::answer},           // and after the other side's FIN
    {ETIMEDOUT, PortState::filtered, CauseKind::silence},  // TCP_USER_TIMEOUT
});

}  // namespace

std::optional<Verdict> verdict_of(const SocketReport& report, const VerdictContext& context) {
  if (report.tcp_state == established && report.error_code == 0)
    return answered(PortState::open, CauseKind::answer, 0, context.target);
  if (auto verdict = verdict_of_queue(report, context)) return verdict;
  if (report.error_code == 0) return std::nullopt;
  if (report.neighbor_silent)
    return Verdict{.state = PortState::unreachable,
                   .error_code = report.error_code,
                   .cause = {.kind = CauseKind::neighbor, .from = context.source}};
  for (const auto& bare : bare_errors) {
    if (bare.error_code != report.error_code) continue;
    if (bare.kind != CauseKind::silence)
      return answered(bare.state, bare.kind, bare.error_code, context.target);
    return Verdict{.state = bare.state,
                   .error_code = bare.error_code,
                   .cause = {.kind = bare.kind, .deadline = Whose::system}};
  }
  return verdict_of(Failure{"connect", report.error_code, to(context.target)});
}

Verdict verdict_of(const Failure& refused) {
  return {.state = PortState::unknown,
          .error_code = refused.error_code,
          .cause = {.kind = CauseKind::system, .failure = refused}};
}

std::optional<Verdict> verdict_of_icmp(Bytes message, const Address& from,
                                       const VerdictContext& context, Protocol protocol) {
  constexpr std::size_t header_size = 8;
  if (message.size() < header_size) return std::nullopt;
  const auto version = version_of(context.target);
  const auto* row = find_icmp(version, message[0], message[1]);
  int error_code = 0;
  if (row != nullptr)
    error_code = protocol == Protocol::tcp ? row->connect_errno : row->recverr_errno;
  return verdict_of_report(icmp_report(message, version), from, error_code, context, protocol);
}

}  // namespace sonda::inline v0
