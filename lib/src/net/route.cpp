// RTM_GETROUTE, RTM_GETLINK and RTM_GETADDR.
#include <algorithm>
#include <array>
#include <cerrno>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <utility>

#include <sonda/net/descriptor.hpp>
#include <sonda/net/route.hpp>

#include "netlink.hpp"

namespace sonda::inline v0::net {
namespace {

RouteType route_type(std::uint8_t number) noexcept {
  switch (number) {
    case RTN_UNICAST:
      return RouteType::unicast;
    case RTN_LOCAL:
      return RouteType::local;
    case RTN_BROADCAST:
      return RouteType::broadcast;
    case RTN_ANYCAST:
      return RouteType::anycast;
    case RTN_MULTICAST:
      return RouteType::multicast;
    case RTN_UNREACHABLE:
      return RouteType::unreachable;
    case RTN_PROHIBIT:
      return RouteType::prohibit;
    case RTN_BLACKHOLE:
      return RouteType::blackhole;
    case RTN_THROW:
      return RouteType::throw_to_next;
    default:
      return RouteType::other;
  }
}

Failure route_failure(const Address& to, int error) {
  return {"find a route", error, std::string{"to "}.append(to_text(to).view())};
}

Mtu mtu_of(const std::string& interface) {
  const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  interface.copy(request.ifr_name, IF_NAMESIZE - 1);
  if (::ioctl(socket.get(), SIOCGIFMTU, &request) != 0) return {};
  return Mtu{request.ifr_mtu};
}

// The kernel says so only for IPv4, and there with an EINVAL that could mean anything.
std::expected<void, Failure> check_source(const Address& source, InterfaceIndex interface) {
  const Descriptor socket{
      ::socket(source.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const auto name = socket_address(source, Port{}, interface);
  if (socket && ::bind(socket.get(), name.get(), name.size) == 0) return {};
  return std::unexpected{Failure{"use source", errno, std::string{to_text(source).view()}}};
}

void read_route(const nlmsghdr* message, Route& route) {
  const auto& header = *static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
  const NetlinkAttributes attributes{message, sizeof header};
  route.type = route_type(header.rtm_type);
  const auto index = attributes.number(RTA_OIF).value_or(0);
  route.interface = InterfaceIndex{index};
  if (const auto source = attributes.address(RTA_PREFSRC, index)) route.source = *source;
  route.gateway = attributes.address(RTA_GATEWAY, index);
  if (const auto via = attributes.octets(RTA_VIA); via.size() == 18)  // a family, then IPv6
    route.gateway = Ipv6Address::from_wire(via, 2);
  if (const auto* metrics = attributes.find(RTA_METRICS))
    if (const auto mtu = NetlinkAttributes{metrics}.number(RTAX_MTU)) route.path_mtu = Mtu{*mtu};
}

}  // namespace

std::expected<Route, Failure> find_route(const Address& to, const std::optional<Address>& source,
                                         const std::string& interface) {
  auto outgoing = index_of(to.zone().view());
  if (outgoing == 0 && !to.zone().empty())
    return std::unexpected{Failure{"use interface", ENODEV, std::string{to.zone().view()}}};
  if (!interface.empty()) {
    outgoing = index_of(interface);
    if (outgoing == 0) return std::unexpected{Failure{"use interface", ENODEV, interface}};
  }
  if (source)
    if (const auto ours = check_source(*source, InterfaceIndex{outgoing}); !ours)
      return std::unexpected{ours.error()};

  NetlinkRequest request{RTM_GETROUTE, 0};
  auto& header = request.extra<rtmsg>();
  header.rtm_family = to.is_v4() ? AF_INET : AF_INET6;
  header.rtm_dst_len = static_cast<std::uint8_t>(to.octets().size() * 8);
  request.put(RTA_DST, to.octets());
  if (source && source->is_v4() == to.is_v4()) {
    header.rtm_src_len = static_cast<std::uint8_t>(source->octets().size() * 8);
    request.put(RTA_SRC, source->octets());
  }
  if (outgoing != 0) request.put(RTA_OIF, outgoing);

  Route route;
  const int error =
      ask_kernel(request, [&route](const nlmsghdr* message) { read_route(message, route); });
  if (error != 0) return std::unexpected{route_failure(to, error)};
  constexpr std::array forbidden{
      std::pair{RouteType::unreachable, EHOSTUNREACH}, std::pair{RouteType::prohibit, EACCES},
      std::pair{RouteType::blackhole, EINVAL}, std::pair{RouteType::throw_to_next, ENETUNREACH}};
  for (const auto& [type, refusal] : forbidden)
    if (route.type == type) return std::unexpected{route_failure(to, refusal)};
  if (source) route.source = *source;
  route.interface_name = name_of_interface(route.interface.value());
  route.interface_mtu = mtu_of(route.interface_name);
  return route;
}

namespace {

Interface read_link(const nlmsghdr* message) {
  const auto& header = *static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  const NetlinkAttributes attributes{message, sizeof header};
  Interface interface;
  interface.index = InterfaceIndex{header.ifi_index};
  interface.up = (header.ifi_flags & IFF_UP) != 0 && (header.ifi_flags & IFF_RUNNING) != 0;
  interface.loopback = (header.ifi_flags & IFF_LOOPBACK) != 0;
  interface.point_to_point = (header.ifi_flags & IFF_POINTOPOINT) != 0;
  interface.neighbor_protocol = (header.ifi_flags & IFF_NOARP) == 0;
  if (const auto* name = attributes.find(IFLA_IFNAME)) interface.name = mnl_attr_get_str(name);
  interface.mtu = Mtu{attributes.number(IFLA_MTU).value_or(0)};
  if (const auto mac = attributes.octets(IFLA_ADDRESS); mac.size() == 6 && !interface.loopback)
    interface.mac = MacAddress::from_wire(mac, 0);
  return interface;
}

void read_address(const nlmsghdr* message, std::vector<Interface>& all) {
  const auto& header = *static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
  const NetlinkAttributes attributes{message, sizeof header};
  const auto owner = std::ranges::find(all, InterfaceIndex{header.ifa_index}, &Interface::index);
  // On a point-to-point link IFA_ADDRESS is the peer's.
  auto address = attributes.address(IFA_LOCAL, header.ifa_index);
  if (!address) address = attributes.address(IFA_ADDRESS, header.ifa_index);
  if (owner == all.end() || !address) return;
  const auto flags = attributes.number(IFA_FLAGS).value_or(header.ifa_flags);
  owner->addresses.push_back({*address, header.ifa_prefixlen, (flags & IFA_F_TENTATIVE) != 0});
}

}  // namespace

std::expected<std::vector<Interface>, Failure> interfaces() {
  std::vector<Interface> all;
  NetlinkRequest links{RTM_GETLINK, NLM_F_DUMP};
  links.extra<ifinfomsg>().ifi_family = AF_UNSPEC;
  if (const int error =
          ask_kernel(links, [&all](const nlmsghdr* message) { all.push_back(read_link(message)); });
      error != 0)
    return std::unexpected{Failure{"list the interfaces", error, ""}};

  NetlinkRequest addresses{RTM_GETADDR, NLM_F_DUMP};
  addresses.extra<ifaddrmsg>().ifa_family = AF_UNSPEC;
  if (const int error =
          ask_kernel(addresses, [&all](const nlmsghdr* message) { read_address(message, all); });
      error != 0)
    return std::unexpected{Failure{"list the addresses", error, "of the interfaces"}};
  return all;
}

}  // namespace sonda::inline v0::net
