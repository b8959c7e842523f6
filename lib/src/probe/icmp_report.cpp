// An ICMP message as an event tells it: names, numbers and extensions out of the octets.
#include "icmp_report.hpp"

#include <sonda/wire/icmp_catalogue.hpp>
#include <sonda/wire/icmp_interface.hpp>
#include <sonda/wire/icmp_mpls.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>
#include <sonda/wire/quotation_changes.hpp>

namespace sonda::inline v0 {
namespace {

template <typename To, typename From>
std::optional<To> number(const std::optional<From>& value) {
  if (!value) return std::nullopt;
  if constexpr (requires { value->value(); })
    return static_cast<To>(value->value());
  else
    return static_cast<To>(*value);
}

InterfaceReport interface_report(const InterfaceInfo& info) {
  InterfaceReport out{.role = static_cast<std::uint8_t>(info.role),
                      .index = number<std::uint32_t>(info.index),
                      .address = info.address,
                      .mtu = number<std::uint32_t>(info.mtu)};
  if (info.name) out.name = info.name->view();
  return out;
}

IcmpExtensionReport extension_report(const IcmpExtensions& extensions) {
  IcmpExtensionReport out;
  for (const auto object : extensions) {
    if (const auto stack = MplsStackView::parse(object)) {
      for (std::size_t i = 0; i < stack->size(); ++i) {
        const auto entry = (*stack)[i];
        out.mpls.push_back({.label = entry.label,
                            .traffic_class = entry.traffic_class,
                            .bottom_of_stack = entry.bottom,
                            .ttl = entry.ttl});
      }
    } else if (const auto info = InterfaceInfo::parse(object)) {
      out.interfaces.push_back(interface_report(*info));
    } else {
      const auto payload = object.payload();
      out.unknown.push_back({.class_number = static_cast<std::uint8_t>(object.class_number()),
                             .class_type = object.c_type(),
                             .octets = {payload.begin(), payload.end()}});
    }
  }
  return out;
}

template <typename View>
void fill(IcmpReport& out, const View& message) {
  out.pointer = number<std::uint32_t>(message.pointer());
  const auto body = message.error_body();
  if (body.extensions) out.extensions = extension_report(*body.extensions);
  if (body.fault) out.extension_fault = name(body.fault->fault);
}

}  // namespace

IcmpReport icmp_report(Bytes message, IpVersion version) {
  const bool v4 = version == IpVersion::v4;
  IcmpReport out{
      .version = static_cast<std::uint8_t>(v4 ? 4 : 6), .type = message[0], .code = message[1]};
  if (const auto* cause = find_icmp(version, out.type, out.code)) out.name = cause->name;
  if (v4) {
    if (const auto view = Icmpv4View::parse(message)) {
      fill(out, *view);
      out.mtu = number<std::uint32_t>(view->next_hop_mtu());
      out.gateway = view->gateway();
    }
  } else if (const auto view = Icmpv6View::parse(message)) {
    fill(out, *view);
    out.mtu = number<std::uint32_t>(view->mtu());
  }
  return out;
}

std::vector<QuotedChangeReport> quoted_changes(Bytes sent, const Quotation& quotation) {
  std::vector<QuotedChangeReport> out;
  const auto changes = compare(sent, quotation);
  if (!changes) return out;
  for (const auto& change : *changes) {
    // What left in fragments comes back as one of them, and that is no change of the path's.
    const bool of_fragments =
        change.field == QuotedField::length || change.field == QuotedField::fragment;
    if (change.expected || (of_fragments && quotation.is_fragment())) continue;
    out.push_back({change.field, change.was, change.is});
  }
  return out;
}

}  // namespace sonda::inline v0
