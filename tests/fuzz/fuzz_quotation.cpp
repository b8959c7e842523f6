// The datagram inside an ICMP error: any error looked at, and our own datagram found in a quotation
// of it, wherever that is cut.
#include <sonda/wire/quotation.hpp>
#include <sonda/wire/quotation_changes.hpp>

#include "fuzz.hpp"

namespace sonda::fuzz {
namespace {

void look_at_quotation(const Quotation& quotation, Bytes message) {
  const auto octets = quotation.octets();
  claim_within(octets, message);
  claim(quotation.quoted_octets() == octets.size());
  claim(quotation.ipv4().has_value() == (quotation.version() == IpVersion::v4));
  claim(quotation.ipv6().has_value() == (quotation.version() == IpVersion::v6));
  claim(!quotation.truncated() || !quotation.length_lies());
  claim(quotation.transport_offset() <= octets.size());
  claim(same(quotation.transport(), octets.subspan(quotation.transport_offset())));
  claim(!quotation.is_later_fragment() || quotation.is_fragment());
  claim(!quotation.is_later_fragment() || quotation.transport().empty());
  claim_within(quotation.payload(), octets);
  const auto transport = quotation.transport();
  if (const auto port = quotation.source_port())
    claim(port->value() == load<std::uint16_t>(transport, 0));
  if (const auto port = quotation.destination_port())
    claim(port->value() == load<std::uint16_t>(transport, 2));
  if (const auto sequence = quotation.sequence())
    claim(quotation.identifier() && sequence->value() == load<std::uint16_t>(transport, 6));
  if (const auto sequence = quotation.tcp_sequence())
    claim(quotation.protocol() == Protocol::tcp && *sequence == load<std::uint32_t>(transport, 4));
  if (quotation.echo_kind()) claim(quotation.icmp_type().has_value());
  if (quotation.extensions()) claim_within(quotation.extensions()->octets(), message);
  if (quotation.extensions()) claim(!quotation.extension_fault());
}

void look_at_changes(const QuotedChanges& changes, const Quotation& quoted) {
  claim(changes.size() <= quoted_field_count && changes.empty() == (changes.size() == 0));
  for (const auto* change = changes.begin(); change != changes.end(); ++change) {
    claim(change->was != change->is || change->field == QuotedField::ip_options);
    claim(changes.find(change->field) == change);
    claim(change->at == 0 || change->at <= quoted.quoted_octets());
    if (change != changes.begin()) claim(change[-1].field < change->field);
  }
}

// A datagram quoted whole, or cut anywhere behind its IP header, is not changed.
void quote_unchanged(Bytes sent, IpVersion version, std::size_t keep) {
  const auto original = Quotation::parse_datagram(sent, version);
  if (!original || original->truncated() || original->length_lies()) return;
  const auto whole = original->octets();
  const auto header = version == IpVersion::v4 ? original->ipv4()->header_size() : Ipv6View::size;
  const auto cut = whole.first(std::min(whole.size(), header + keep));
  const auto quoted = Quotation::parse_datagram(cut, version);
  claim(quoted.has_value());
  const auto changes = compare(whole, *quoted);
  claim(changes && changes->empty());
}

// One hop further: a smaller TTL, which is all that may be said of it.
void quote_one_hop_later(Bytes sent, IpVersion version) {
  auto copy = Octets{sent.begin(), sent.end()};
  const auto original = Quotation::parse_datagram(sent, version);
  if (!original || original->ttl().value() == 0) return;
  --copy[version == IpVersion::v4 ? 8 : 7];
  const auto quoted = Quotation::parse_datagram(Bytes{copy}, version);
  claim(quoted.has_value());
  const auto changes = compare(sent, *quoted);
  claim(changes && changes->size() == 1 && !changes->has_unexpected());
  claim(changes->begin()->field == QuotedField::ttl);
}

void look(Bytes input) {
  Choices choices{input};
  const auto version = choices.flag() ? IpVersion::v4 : IpVersion::v6;
  const std::size_t keep = choices.octet();
  const auto sent = choices.take(choices.octet());
  const auto message = choices.rest();
  quote_unchanged(sent, version, keep);
  quote_one_hop_later(sent, version);

  if (const auto datagram = Quotation::parse_datagram(message, version))
    look_at_quotation(*datagram, message);
  const auto quotation = Quotation::parse(message, version);
  if (!quotation) return claim_honest(quotation.error(), message.size());
  look_at_quotation(*quotation, message);
  const auto itself = compare(quotation->octets(), *quotation);
  claim(itself && itself->empty());
  const auto changes = compare(sent, *quotation);
  if (changes)
    look_at_changes(*changes, *quotation);
  else
    claim_honest(changes.error(), sent.size());
}

}  // namespace
}  // namespace sonda::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sonda::fuzz::look({data, size});
  return 0;
}
