// RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWNEIGH.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <linux/neighbour.h>
#include <linux/veth.h>
#include <net/if.h>

#include <sonda/net/clock.hpp>
#include <sonda/net/interface_setup.hpp>
#include <sonda/net/route.hpp>
#include <sonda/net/wait.hpp>

#include "netlink.hpp"
#include "small_file.hpp"

namespace sonda::inline v0::net {
namespace {

constexpr auto make_it = static_cast<std::uint16_t>(NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK);

std::unexpected<Failure> failed(const char* operation, int error, std::string subject) {
  return std::unexpected{Failure{operation, error, std::move(subject)}};
}

std::expected<void, Failure> carry_out(NetlinkRequest& request, const char* operation,
                                       std::string subject) {
  const int error = ask_kernel(request, [](const nlmsghdr*) {});
  if (error != 0) return failed(operation, error, std::move(subject));
  return {};
}

std::string text_of(const Address& address) { return std::string{to_text(address).view()}; }

std::uint8_t family(const Address& address) noexcept {
  return address.is_v4() ? AF_INET : AF_INET6;
}

std::expected<int, Failure> index_of_interface(const std::string& name) {
  const auto index = ::if_nametoindex(name.c_str());
  if (index == 0) return failed("use interface", ENODEV, name);
  return static_cast<int>(index);
}

void describe(NetlinkRequest& request, const VethEnd& end) {
  mnl_attr_put_strz(request.header(), IFLA_IFNAME, end.name.c_str());
  request.put(IFLA_MTU, end.mtu.value());
  if (end.mac) request.put(IFLA_ADDRESS, end.mac->octets());
}

// The system sends from a new IPv6 address at once, but takes in nothing for it until a later piece
// of work has made its route; that waits for everybody on the machine who changes an interface.
bool becomes_local(const Address& address, const std::string& interface) {
  constexpr Duration longest_pause = std::chrono::milliseconds{2};
  const auto latest = now() + std::chrono::seconds{10};
  for (Duration pause = std::chrono::microseconds{50};;
       pause = std::min(2 * pause, longest_pause)) {
    const auto route = find_route(address, std::nullopt, interface);
    if (route && route->type == RouteType::local) return true;
    if (now() >= latest) return false;
    static_cast<void>(wait_readable({}, now() + pause));
  }
}

// A change of one interface: what is put into the request behind its header.
template <typename Change>
std::expected<void, Failure> change(const std::string& interface, const char* operation,
                                    Change&& fill) {
  const auto index = index_of_interface(interface);
  if (!index) return std::unexpected{index.error()};
  NetlinkRequest request{RTM_NEWLINK, NLM_F_ACK};
  auto& link = request.extra<ifinfomsg>();
  link.ifi_family = AF_UNSPEC;
  link.ifi_index = *index;
  fill(request, link);
  return carry_out(request, operation, interface);
}

}  // namespace

std::expected<void, Failure> make_veth_pair(const VethEnd& near, const VethEnd& far,
                                            const Namespace& other) {
  for (const auto& end : {near, far})
    if (end.name.empty() || end.name.size() >= IF_NAMESIZE)
      return failed("make interface", EINVAL,
                    "\"" + end.name + "\", whose name is not of 1 to 15 characters");
  NetlinkRequest request{RTM_NEWLINK, make_it};
  request.extra<ifinfomsg>().ifi_family = AF_UNSPEC;
  describe(request, near);
  auto* const header = request.header();
  auto* const info = mnl_attr_nest_start(header, IFLA_LINKINFO);
  mnl_attr_put_strz(header, IFLA_INFO_KIND, "veth");
  auto* const data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
  auto* const peer = mnl_attr_nest_start(header, VETH_INFO_PEER);
  request.extra<ifinfomsg>().ifi_family = AF_UNSPEC;
  describe(request, far);
  request.put(IFLA_NET_NS_FD, static_cast<std::uint32_t>(other.fd()));
  mnl_attr_nest_end(header, peer);
  mnl_attr_nest_end(header, data);
  mnl_attr_nest_end(header, info);
  return carry_out(request, "make veth pair", near.name + " and " + far.name);
}

std::expected<void, Failure> set_up(const std::string& interface) {
  return change(interface, "set up", [](NetlinkRequest&, ifinfomsg& link) {
    link.ifi_flags = IFF_UP;
    link.ifi_change = IFF_UP;
  });
}

std::expected<void, Failure> set_mtu(const std::string& interface, Mtu mtu) {
  return change(interface, "set the MTU of",
                [mtu](NetlinkRequest& request, ifinfomsg&) { request.put(IFLA_MTU, mtu.value()); });
}

std::expected<void, Failure> set_link_address(const std::string& interface, const MacAddress& mac) {
  return change(interface, "set the link address of", [&mac](NetlinkRequest& request, ifinfomsg&) {
    request.put(IFLA_ADDRESS, mac.octets());
  });
}

std::expected<void, Failure> add_address(const std::string& interface, const Address& address,
                                         unsigned prefix_length) {
  const auto index = index_of_interface(interface);
  if (!index) return std::unexpected{index.error()};
  NetlinkRequest request{RTM_NEWADDR, make_it};
  auto& header = request.extra<ifaddrmsg>();
  header.ifa_family = family(address);
  header.ifa_prefixlen = static_cast<std::uint8_t>(std::min(prefix_length, 255U));
  header.ifa_flags = address.is_v6() ? IFA_F_NODAD : 0;
  header.ifa_index = static_cast<std::uint32_t>(*index);
  request.put(IFA_LOCAL, address.octets());
  request.put(IFA_ADDRESS, address.octets());
  const auto subject =
      text_of(address.without_zone()) + "/" + std::to_string(prefix_length) + " to " + interface;
  auto added = carry_out(request, "add address", subject);
  if (!added || address.is_v4()) return added;
  if (!becomes_local(address.without_zone(), interface))
    return failed("add address", ETIMEDOUT, subject);
  return {};
}

std::expected<void, Failure> add_route(const std::string& interface, const Prefix& to,
                                       const std::optional<Address>& gateway) {
  const auto index = index_of_interface(interface);
  if (!index) return std::unexpected{index.error()};
  NetlinkRequest request{RTM_NEWROUTE, make_it};
  auto& header = request.extra<rtmsg>();
  header.rtm_family = family(to.first());
  header.rtm_dst_len = static_cast<std::uint8_t>(to.length());
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_type = RTN_UNICAST;
  header.rtm_scope = gateway || to.first().is_v6() ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  const auto first = to.first();
  if (to.length() != 0) request.put(RTA_DST, first.octets());
  if (gateway) request.put(RTA_GATEWAY, gateway->octets());
  request.put(RTA_OIF, static_cast<std::uint32_t>(*index));
  auto subject = std::string{to_text(to).view()};
  if (gateway) subject += " via " + text_of(*gateway);
  return carry_out(request, "add route", subject + " on " + interface);
}

std::expected<void, Failure> add_neighbor(const std::string& interface, const Address& address,
                                          const MacAddress& mac) {
  const auto index = index_of_interface(interface);
  if (!index) return std::unexpected{index.error()};
  NetlinkRequest request{RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK};
  auto& header = request.extra<ndmsg>();
  header.ndm_family = family(address);
  header.ndm_ifindex = *index;
  header.ndm_state = NUD_PERMANENT;
  request.put(NDA_DST, address.octets());
  request.put(NDA_LLADDR, mac.octets());
  return carry_out(request, "add neighbour", text_of(address) + " on " + interface);
}

std::expected<void, Failure> write_sysctl(const std::string& path, std::string_view value) {
  if (const int error = write_setting("/proc/sys/" + path, value); error != 0)
    return failed("write", error,
                  std::string{"\""}.append(value).append("\" to /proc/sys/").append(path));
  return {};
}

}  // namespace sonda::inline v0::net
