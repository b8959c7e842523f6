// Queries about interfaces, looked up and answered as RFC 8335 section 4 has it.
#include <algorithm>
#include <variant>

#include <sonda/sim/extended_echo.hpp>
#include <sonda/wire/icmp_extended_echo.hpp>

namespace sonda::inline v0::sim {
namespace {

struct IsMeant {
  const ProbedInterface& interface;
  bool operator()(const InterfaceName& name) const { return interface.name == name.view(); }
  bool operator()(InterfaceIndex index) const { return interface.index == index; }
  bool operator()(const Address& address) const {
    return std::ranges::find(interface.addresses, address) != interface.addresses.end();
  }
};

ExtendedEchoReply look_up(const ExtendedEchoRequest& request,
                          std::span<const ProbedInterface> interfaces) {
  using Code = ExtendedEchoCode;
  const auto query = request.interface();
  if (!query) return request.answered(Code::malformed_query);
  if (!request.local) {  // a neighbor's interface, which only its address names (section 2)
    const bool by_address = std::holds_alternative<Address>(query->interface);
    return request.answered(by_address ? Code::no_such_table_entry : Code::malformed_query);
  }
  const auto is_meant = [&](const ProbedInterface& interface) {
    return std::visit(IsMeant{interface}, query->interface);
  };
  const auto found = std::ranges::find_if(interfaces, is_meant);
  if (found == interfaces.end()) return request.answered(Code::no_such_interface);
  if (std::find_if(found + 1, interfaces.end(), is_meant) != interfaces.end())
    return request.answered(Code::multiple_interfaces);

  auto reply = request.answered(Code::no_error);
  reply.active = found->active;
  reply.ipv4 = found->active && std::ranges::any_of(found->addresses, &Address::is_v4);
  reply.ipv6 = found->active && std::ranges::any_of(found->addresses, &Address::is_v6);
  return reply;
}

}  // namespace

std::optional<Octets> extended_echo_answer(const IpPacket& packet,
                                           std::span<const ProbedInterface> interfaces,
                                           const AnswerStyle& style, Random& random) {
  const bool v4 = packet.version == IpVersion::v4;
  const auto request = v4 ? ExtendedEchoRequest::parse_icmpv4(packet.payload())
                          : ExtendedEchoRequest::parse_icmpv6(packet.payload());
  if (!request || request->code != 0) return std::nullopt;
  const auto reply = look_up(*request, interfaces);
  const Envelope envelope{
      .from = style.from,
      .to = packet.source,
      .protocol = v4 ? Protocol::icmp : Protocol::icmpv6,
      .ttl = style.ttl,
      .traffic_class = packet.traffic_class,
      .identification = static_cast<std::uint16_t>(v4 ? random.below(65'535) + 1 : 0)};
  auto octets = envelope.packet(ExtendedEchoReply::size());
  const auto message = MutableBytes{octets}.subspan(envelope.size());
  if (v4)
    reply.emit(message);
  else
    reply.emit(message, envelope.from.v6(), envelope.to.v6());
  return octets;
}

}  // namespace sonda::inline v0::sim
