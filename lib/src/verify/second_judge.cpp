// What tshark reads, held against what we read.
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <sonda/verify/second_judge.hpp>
#include <sonda/wire/address_text.hpp>
#include <sonda/wire/tcp.hpp>

#include "keep_finding.hpp"
#include "lab_packet.hpp"

namespace sonda::inline v0::verify {
namespace {

enum Field : std::size_t {
  number,
  source_v4,
  destination_v4,
  source_v6,
  destination_v6,
  type_v4,
  code_v4,
  identifier_v4,
  sequence_v4,
  status_icmpv4,
  type_v6,
  code_v6,
  identifier_v6,
  sequence_v6,
  status_icmpv6,
  status_ip,
  status_udp,
  status_tcp,
  port_tcp,
  other_port_tcp,
  sequence_tcp,
  acknowledgement_tcp,
  flags_tcp,
  malformed,
  field_count
};
constexpr std::array<std::string_view, field_count> names{"frame.number",
                                                          "ip.src",
                                                          "ip.dst",
                                                          "ipv6.src",
                                                          "ipv6.dst",
                                                          "icmp.type",
                                                          "icmp.code",
                                                          "icmp.ident",
                                                          "icmp.seq",
                                                          "icmp.checksum.status",
                                                          "icmpv6.type",
                                                          "icmpv6.code",
                                                          "icmpv6.echo.identifier",
                                                          "icmpv6.echo.sequence_number",
                                                          "icmpv6.checksum.status",
                                                          "ip.checksum.status",
                                                          "udp.checksum.status",
                                                          "tcp.checksum.status",
                                                          "tcp.srcport",
                                                          "tcp.dstport",
                                                          "tcp.seq_raw",
                                                          "tcp.ack_raw",
                                                          "tcp.flags",
                                                          "_ws.malformed"};
constexpr std::array<std::string_view, 5> wanted{
    "ip.check_checksum:TRUE", "udp.check_checksum:TRUE", "tcp.check_checksum:TRUE",
    "ip.defragment:FALSE", "ipv6.defragment:FALSE"};

using Row = std::array<std::string_view, field_count>;

std::optional<Row> split(std::string_view line) {
  Row row;
  for (std::size_t i = 0; i < field_count; ++i) {
    const auto end = line.find('\t');
    if ((end == std::string_view::npos) != (i + 1 == field_count)) return std::nullopt;
    row[i] = line.substr(0, end);
    line.remove_prefix(std::min(end, line.size() - 1) + (line.empty() ? 0 : 1));
  }
  return row;
}

// "8", "0x0008": as tshark writes them.
std::optional<std::uint64_t> value(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// What differs, as "icmp.type: tshark reads 3, we read 11"; nothing where all agree.
class Comparison {
 public:
  Comparison(const Row& row, const Quotation& ours) : row_{row}, ours_{ours} {}

  std::string operator()(bool cut) {
    const bool v4 = ours_.version() == IpVersion::v4;
    address(v4 ? source_v4 : source_v6, ours_.source());
    address(v4 ? destination_v4 : destination_v6, ours_.destination());
    const auto protocol = ours_.protocol();
    const bool icmp = protocol == (v4 ? Protocol::icmp : Protocol::icmpv6);
    if (icmp && !ours_.is_later_fragment()) {
      number_is(v4 ? type_v4 : type_v6, ours_.icmp_type());
      number_is(v4 ? code_v4 : code_v6, ours_.icmp_code());
      if (ours_.echo_kind()) {
        if (const auto id = ours_.identifier())
          number_is(v4 ? identifier_v4 : identifier_v6, id->value());
        if (const auto sequence = ours_.sequence())
          number_is(v4 ? sequence_v4 : sequence_v6, sequence->value());
      }
    }
    if (protocol == Protocol::tcp && !ours_.is_later_fragment())
      if (const auto segment = TcpView::parse_quoted(ours_.transport())) {
        constexpr std::uint64_t control_bits = 0xff;
        number_is(port_tcp, std::optional{segment->source_port().value()});
        number_is(other_port_tcp, std::optional{segment->destination_port().value()});
        number_is(sequence_tcp, std::optional{segment->sequence().value()});
        number_is(acknowledgement_tcp, std::optional{segment->acknowledgement().value()});
        const auto theirs = value(row_[flags_tcp]);
        if (!theirs || (*theirs & control_bits) != segment->flags().octet())
          add(flags_tcp, row_[flags_tcp], fmt::format("{:#x}", segment->flags().octet()));
      }
    // What lies above or inside a quotation (a name query, half a segment) we do not read.
    const bool all_ours = icmp && !error_of(ours_);
    if (!row_[malformed].empty() && !cut && all_ours) add(malformed, "malformed", "a whole packet");
    if (!cut) sums(icmp, v4);
    return differences_;
  }

 private:
  void add(Field field, std::string_view theirs, std::string_view we) {
    differences_ +=
        fmt::format("{}{}: tshark reads {}, we read {}", differences_.empty() ? "" : "; ",
                    names[field], theirs.empty() ? "nothing" : theirs, we.empty() ? "nothing" : we);
  }
  void address(Field field, const Address& we) {
    const auto text = to_text(we);
    if (row_[field] != text.view()) add(field, row_[field], text.view());
  }
  template <typename T>
  void number_is(Field field, const T& we) {
    std::optional<std::uint64_t> mine = we;
    const auto theirs = value(row_[field]);
    if (theirs != mine) add(field, row_[field], mine ? std::to_string(*mine) : std::string{});
  }
  // 0 bad, 1 good; it does not judge what is neither.
  void status(Field field, bool right) {
    const auto theirs = value(row_[field]);
    if (!theirs || *theirs > 1 || (*theirs == 1) == right) return;
    add(field, *theirs == 1 ? "a right checksum" : "a wrong one",
        right ? "a right one" : "a wrong one");
  }
  void sums(bool icmp, bool v4) {
    const auto sums = checksums(ours_);
    if (v4) status(status_ip, sums != Sums::wrong_header);
    if (sums == Sums::wrong_header || ours_.is_fragment()) return;
    const bool right = sums == Sums::right;
    if (icmp) return status(v4 ? status_icmpv4 : status_icmpv6, right);
    if (ours_.protocol() == Protocol::udp) return status(status_udp, right);
    if (ours_.protocol() == Protocol::tcp) return status(status_tcp, right);
  }

  const Row& row_;
  const Quotation& ours_;
  std::string differences_;
};

}  // namespace

std::span<const std::string_view> SecondJudge::fields() { return names; }
std::span<const std::string_view> SecondJudge::preferences() { return wanted; }

void SecondJudge::compare(std::uint64_t frame, const capture::NetworkLayer& ours, bool cut,
                          std::string_view line) {
  const auto row = split(line);
  if (!row || value((*row)[number]) != frame)
    return silent("tshark_not_understood",
                  fmt::format("frame {}: tshark's line is not what it was asked for", frame));
  if (ours.protocol != capture::NetworkProtocol::ipv4 &&
      ours.protocol != capture::NetworkProtocol::ipv6)
    return;
  std::string differences;
  const auto version =
      ours.protocol == capture::NetworkProtocol::ipv4 ? IpVersion::v4 : IpVersion::v6;
  const auto packet = Quotation::parse_datagram(ours.octets, version);
  if (packet)
    differences = Comparison{*row, *packet}(cut || packet->truncated());
  else if ((*row)[malformed].empty() && !cut)
    differences =
        fmt::format("tshark reads a whole packet, and we none: {}", name(packet.error().fault));
  if (differences.empty()) {
    if (tally_.frames.size() < 5) tally_.frames.push_back(frame);
    ++tally_.holds;
    return;
  }
  ++tally_.contradicted;
  if (findings_.size() >= Report::most_findings) {
    ++more_;
    return;
  }
  findings_.push_back({.claim = Claim::judge,
                       .verdict = Verdict::contradicted,
                       .fault = "tshark_disagrees",
                       .sentence = fmt::format("frame {}: {}", frame, differences),
                       .frames = {frame}});
}

void SecondJudge::silent(std::string fault, std::string sentence) {
  ++tally_.inconclusive;
  if (findings_.size() >= Report::most_findings) {
    ++more_;
    return;
  }
  findings_.push_back({.claim = Claim::judge,
                       .verdict = Verdict::inconclusive,
                       .fault = std::move(fault),
                       .sentence = std::move(sentence)});
}

void SecondJudge::finish(Report& report) {
  report.claims[Claim::judge] = tally_;
  if (tally_.contradicted > 0) {
    report.verdict = Verdict::contradicted;
    report.why_inconclusive.clear();
  } else if (tally_.inconclusive > 0 && report.verdict == Verdict::holds) {
    report.verdict = Verdict::inconclusive;
    report.why_inconclusive = findings_.front().sentence;
  }
  for (auto& finding : findings_) keep_finding(report, std::move(finding));
  report.more_findings += more_;
}

}  // namespace sonda::inline v0::verify
