// ICMP errors by the catalogue, their fields and extensions.
#include "icmp_words.hpp"

#include <algorithm>
#include <array>

#include <sonda/wire/icmp_catalogue.hpp>
#include <sonda/wire/icmp_interface.hpp>
#include <sonda/wire/icmp_mpls.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/quotation_changes.hpp>

namespace sonda::inline v0::verify {
namespace {

void read_object(const ExtensionObject& object, IcmpExtensionReport& out) {
  if (const auto stack = MplsStackView::parse(object)) {
    for (std::size_t i = 0; i < stack->size(); ++i) {
      const auto label = (*stack)[i];
      out.mpls.push_back({label.label, label.traffic_class, label.bottom, label.ttl});
    }
    return;
  }
  if (const auto info = InterfaceInfo::parse(object)) {
    InterfaceReport interface{.role = static_cast<std::uint8_t>(info->role)};
    if (info->index) interface.index = static_cast<std::uint32_t>(info->index->value());
    if (info->address) interface.address = *info->address;
    if (info->name) interface.name = std::string{info->name->view()};
    if (info->mtu) interface.mtu = info->mtu->value();
    out.interfaces.push_back(std::move(interface));
    return;
  }
  const auto octets = object.payload();
  out.unknown.push_back({static_cast<std::uint8_t>(object.class_number()),
                         object.c_type(),
                         {octets.begin(), octets.end()}});
}

void read_extensions(const IcmpErrorBody& body, IcmpReport& out) {
  if (body.extensions) {
    out.extensions.emplace();
    for (const auto object : *body.extensions) read_object(object, *out.extensions);
  }
  if (body.fault) out.extension_fault = std::string{name(body.fault->fault)};
}

}  // namespace

IcmpReport read_error(Bytes message, IpVersion version) {
  const bool v4 = version == IpVersion::v4;
  IcmpReport out{
      .version = static_cast<std::uint8_t>(v4 ? 4 : 6), .type = message[0], .code = message[1]};
  if (const auto* row = find_icmp(version, out.type, out.code)) out.name = std::string{row->name};
  if (v4) {
    const auto view = Icmpv4View::parse(message);
    if (!view) return out;
    if (const auto mtu = view->next_hop_mtu()) out.mtu = mtu->value();
    if (const auto pointer = view->pointer()) out.pointer = *pointer;
    if (const auto gateway = view->gateway()) out.gateway = Address{*gateway};
    read_extensions(view->error_body(), out);
  } else if (const auto view = Icmpv6View::parse(message)) {
    if (const auto mtu = view->mtu()) out.mtu = mtu->value();
    if (const auto pointer = view->pointer()) out.pointer = *pointer;
    read_extensions(view->error_body(), out);
  }
  return out;
}

IcmpReport as_queued(const IcmpReport& whole, Bytes message) {
  const auto version = whole.version == 4 ? IpVersion::v4 : IpVersion::v6;
  IcmpReport out{
      .version = whole.version, .type = whole.type, .code = whole.code, .name = whole.name};
  const auto* row = find_icmp(version, whole.type, whole.code);
  if (row == nullptr) return out;
  // A router that names no MTU leaves a 0 there, and the queue repeats it.
  if (row->field == IcmpField::mtu) out.mtu = whole.mtu.value_or(0);
  if (row->field == IcmpField::pointer) out.pointer = whole.pointer.value_or(0);
  if (row->field == IcmpField::gateway && version == IpVersion::v4)
    out.gateway = Address{Ipv4Address::from_wire(message, 4)};
  return out;
}

std::vector<QuotedChangeReport> read_changes(Bytes probe, const Quotation& quotation) {
  std::vector<QuotedChangeReport> out;
  const auto changes = compare(probe, quotation);
  if (!changes) return out;
  for (const auto& change : *changes) {
    const bool fragments = quotation.is_fragment() && (change.field == QuotedField::length ||
                                                       change.field == QuotedField::fragment);
    if (!change.expected && !fragments) out.push_back({change.field, change.was, change.is});
  }
  return out;
}

bool ends_probe(IpVersion version, std::uint8_t type) {
  constexpr std::uint8_t source_quench = 4, redirect = 5;
  return version == IpVersion::v6 || (type != source_quench && type != redirect);
}

bool is_host_unreachable(IpVersion version, std::uint8_t type, std::uint8_t code) {
  return version == IpVersion::v4 ? type == 3 && code == 1 : type == 1 && code == 3;
}

bool is_too_big(IpVersion version, std::uint8_t type, std::uint8_t code) {
  return version == IpVersion::v4 ? type == 3 && code == 4 : type == 2;
}

bool is_queued(IpVersion version, std::uint8_t type, std::uint8_t code) {
  const auto* row = find_icmp(version, type, code);
  return row != nullptr && row->queued_for_ping;
}

std::uint32_t meant_mtu(IpVersion version, std::optional<std::uint32_t> told, std::size_t size) {
  constexpr std::array<std::uint32_t, 10> plateaus{32'000, 17'914, 8'166, 4'352, 2'002,
                                                   1'492,  1'006,  508,   296,   68};
  auto mtu = told.value_or(0);
  if (version == IpVersion::v4 && mtu == 0) {
    const auto* const below =
        std::ranges::find_if(plateaus, [size](std::uint32_t plateau) { return plateau < size; });
    mtu = below == plateaus.end() ? plateaus.back() : *below;
  }
  return std::max(mtu, version == IpVersion::v4 ? 68U : 1'280U);
}

}  // namespace sonda::inline v0::verify
