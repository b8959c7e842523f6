// ICMP errors: whose probe they quote, what they end, and what a program would be told.
#include <algorithm>
#include <array>
#include <cerrno>

#include <sonda/probe/ping.hpp>
#include <sonda/wire/icmp_catalogue.hpp>
#include <sonda/wire/quotation.hpp>

#include "icmp_report.hpp"
#include "ping_message.hpp"

namespace sonda::inline v0 {
namespace {

IpVersion version_of(const Address& address) {
  return address.is_v4() ? IpVersion::v4 : IpVersion::v6;
}

bool is_host_unreachable(IpVersion version, std::uint8_t type, std::uint8_t code) {
  return version == IpVersion::v4 ? type == 3 && code == 1 : type == 1 && code == 3;
}

// A redirect and a source quench are advice: the probe itself goes on.
bool ends_probe(IpVersion version, std::uint8_t type) {
  return version == IpVersion::v6 || (type != static_cast<std::uint8_t>(IcmpType::redirect) &&
                                      type != static_cast<std::uint8_t>(IcmpType::source_quench));
}

// RFC 1191 section 7.1: what a router older than that RFC probably means when it names no MTU.
std::uint32_t plateau_below(std::size_t size) {
  constexpr std::array<std::uint32_t, 9> plateaus{32'000, 17'914, 8'166, 4'352, 2'002,
                                                  1'492,  1'006,  508,   296};
  const auto* const found =
      std::ranges::find_if(plateaus, [size](std::uint32_t mtu) { return mtu < size; });
  return found == plateaus.end() ? 68 : *found;
}

constexpr std::uint32_t least_mtu_v4 = 68;     // RFC 791 section 3.2
constexpr std::uint32_t least_mtu_v6 = 1'280;  // RFC 8200 section 5

}  // namespace

void PingEngine::on_icmp_error(Instant now, const Message& message) {
  const auto quotation = Quotation::parse(message.octets, message.version);
  if (!quotation || quotation->echo_kind() != EchoKind::request || !quotation->sequence()) return;
  if (quotation->identifier() != identifier() || quotation->is_later_fragment()) return;

  if (!message.checksum_ok) {  // nothing else in it can be believed
    ++corrupt_;
    return tell(moment(now, message.stamp), Corrupt{.from = message.source});
  }
  const QuotedEcho echo{.identifier = *quotation->identifier(),
                        .sequence = *quotation->sequence(),
                        .checksum = quotation->transport_checksum().value_or(0),
                        .data = quotation->payload()};
  const auto probe = probe_of(echo);
  if (!probe) {
    ++foreign_;
    return tell(moment(now, message.stamp),
                Foreign{message.source, foreign_reason(echo.sequence), message.octets[0],
                        message.octets[1], echo.sequence.value()});
  }

  const auto& record = *window_.find(*probe);
  IcmpError error{.from = message.source,
                  .icmp = icmp_report(message.octets, message.version),
                  .quoted_octets = quotation->quoted_octets(),
                  .quoted_changes = quoted_changes(
                      builder_.packet(*probe, record.dont_fragment, scratch_), *quotation)};

  const auto* cause = find_icmp(message.version, error.icmp.type, error.icmp.code);
  error.error_code = cause != nullptr ? cause->recverr_errno : 0;
  on_our_error(now, *probe, std::move(error), message.stamp);
}

void PingEngine::on_socket(Instant now, const SocketReport& report) {
  if (finished_) return;
  for (const auto& error : report.queue) on_queued_error(now, error, report.stamp);
}

// The error queue returns what came back of the ICMP message we sent, without its IP header.
void PingEngine::on_queued_error(Instant now, const QueuedError& queued, Stamp stamp) {
  if (queued.quoted.size() < Echo::header_size) return;
  const QuotedEcho echo{.identifier = Identifier{load<std::uint16_t>(queued.quoted, 4)},
                        .sequence = Sequence{load<std::uint16_t>(queued.quoted, 6)},
                        .checksum = load<std::uint16_t>(queued.quoted, 2),
                        .data = queued.quoted.subspan(Echo::header_size)};
  if (echo.identifier != identifier()) return;
  const auto probe = probe_of(echo);
  if (!probe) {
    ++foreign_;
    return tell(now, Foreign{queued.offender, foreign_reason(echo.sequence), queued.icmp_type,
                             queued.icmp_code, echo.sequence.value()});
  }
  if (queued.origin == ErrorOrigin::local)
    return on_refused(
        now, *probe,
        Failure{"send", queued.error_code, "to " + std::string{to_text(plan_.target).view()}});

  const auto version = version_of(plan_.target);
  IcmpError error{.from = queued.offender,
                  .icmp = {.version = static_cast<std::uint8_t>(version == IpVersion::v4 ? 4 : 6),
                           .type = queued.icmp_type,
                           .code = queued.icmp_code},
                  .error_code = queued.error_code,
                  .quoted_octets = queued.quoted.size()};
  if (const auto* cause = find_icmp(version, queued.icmp_type, queued.icmp_code)) {
    error.icmp.name = cause->name;
    if (cause->field == IcmpField::mtu) error.icmp.mtu = queued.info;
    if (cause->field == IcmpField::pointer) error.icmp.pointer = queued.info;
    // ee_info of a redirect is the gateway, a number in host order.
    if (cause->field == IcmpField::gateway && version == IpVersion::v4)
      error.icmp.gateway = Ipv4Address::from_number(queued.info);
  }
  on_our_error(now, *probe, std::move(error), stamp);
}

// The tag decides where it came back. Where only the eight octets of the ICMP header are certain,
// their checksum does: it sums the tag.
std::optional<ProbeId> PingEngine::probe_of(const QuotedEcho& echo) {
  // Some routers quote eight octets and fill up with zeros in front of their extensions.
  const bool padded = std::ranges::all_of(echo.data, [](std::uint8_t octet) { return octet == 0; });
  return window_.search(echo.sequence, [&](ProbeId candidate) {
    const auto state = window_.find(candidate)->state;
    if (state == ProbeState::unsent || state == ProbeState::refused) return false;
    if (plan_.data_size > 0 && !padded &&
        echo.data.size() >= std::min(plan_.data_size, EchoIdentity::tag_size))
      return tag_matches(candidate, echo.data);
    return load<std::uint16_t>(builder_.message(candidate, scratch_), 2) == echo.checksum;
  });
}

// Why it is not ours: a probe with that number was sent, or there was none.
ForeignReason PingEngine::foreign_reason(Sequence sequence) const {
  const auto sent = window_.search(sequence, [](ProbeId) { return true; });
  return sent ? ForeignReason::tag : ForeignReason::sequence;
}

void PingEngine::on_our_error(Instant now, ProbeId probe, IcmpError error, Stamp stamp) {
  auto& record = *window_.find(probe);
  const auto version = version_of(plan_.target);
  error.probe = probe;
  error.sequence = EchoBuilder::sequence(probe);
  error.ends_probe = ends_probe(version, error.icmp.type);
  error.rtt = rtt_of(record, stamp);
  // Linux tells of a neighbour that does not answer by an error from our own address.
  error.neighbor = error.from.without_zone() == plan_.source.without_zone() &&
                   plan_.source != plan_.target &&
                   is_host_unreachable(version, error.icmp.type, error.icmp.code);
  if (error.ends_probe) {
    error.duplicate = record.state == ProbeState::answered || record.state == ProbeState::errored;
    error.late = record.state == ProbeState::lost;
    if (!error.duplicate) {
      record.error_index = error_index(error);
      ++errors_[record.error_index].count;
      settle(record, ProbeState::errored);
      if (error.late) ++late_;
    }
  }
  learn_path_mtu(now, error);
  tell(moment(now, stamp), std::move(error));
}

std::uint32_t PingEngine::error_index(const IcmpError& error) {
  const IcmpErrorCount wanted{.from = error.from,
                              .version = error.icmp.version,
                              .type = error.icmp.type,
                              .code = error.icmp.code,
                              .neighbor = error.neighbor};
  const auto same = [&wanted](IcmpErrorCount row) {
    row.count = 0;
    return row == wanted;
  };
  auto found = std::ranges::find_if(errors_, same);
  if (found == errors_.end()) found = errors_.insert(found, wanted);
  return static_cast<std::uint32_t>(found - errors_.begin());
}

void PingEngine::learn_path_mtu(Instant now, const IcmpError& error) {
  const bool v4 = plan_.target.is_v4();
  const bool too_big = v4 ? error.icmp.type == 3 && error.icmp.code == 4 : error.icmp.type == 2;
  if (!too_big || plan_.path_mtu_discovery != PathMtuDiscovery::want) return;
  auto mtu = error.icmp.mtu.value_or(0);
  if (v4 && mtu == 0) mtu = plateau_below(builder_.packet_size());
  mtu = std::max(mtu, v4 ? least_mtu_v4 : least_mtu_v6);
  // RFC 8201 section 4: a message never makes the estimate larger.
  if (mtu >= path_mtu_.value_or(Mtu{Mtu::max}).value() || mtu >= builder_.packet_size()) return;
  tell(now, Change{"path_mtu", path_mtu_ ? std::to_string(path_mtu_->value()) : std::string{},
                   std::to_string(mtu)});
  path_mtu_ = Mtu{mtu};
}

}  // namespace sonda::inline v0
