// RTM_GETNEIGH, RTM_NEWNEIGH.
#include "neighbor.hpp"

#include <linux/neighbour.h>

#include <sonda/net/descriptor.hpp>

#include "netlink.hpp"

namespace sonda::inline v0::net {

std::optional<MacAddress> known_link_address(const Address& neighbor, InterfaceIndex interface) {
  NetlinkRequest request{RTM_GETNEIGH, 0};
  auto& header = request.extra<ndmsg>();
  header.ndm_family = neighbor.is_v4() ? AF_INET : AF_INET6;
  header.ndm_ifindex = static_cast<int>(interface.value());
  request.put(NDA_DST, neighbor.octets());
  std::optional<MacAddress> found;
  const int error = ask_kernel(request, [&found](const nlmsghdr* message) {
    const auto& entry = *static_cast<const ndmsg*>(mnl_nlmsg_get_payload(message));
    constexpr int usable =
        NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;
    const auto octets = NetlinkAttributes{message, sizeof entry}.octets(NDA_LLADDR);
    if ((entry.ndm_state & usable) != 0 && octets.size() == 6)
      found = MacAddress::from_wire(octets, 0);
  });
  return error == 0 ? found : std::nullopt;
}

void ask_for_link_address(const Address& neighbor, InterfaceIndex interface) {
  NetlinkRequest request{RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_ACK};
  auto& header = request.extra<ndmsg>();
  header.ndm_family = neighbor.is_v4() ? AF_INET : AF_INET6;
  header.ndm_ifindex = static_cast<int>(interface.value());
  header.ndm_flags = NTF_USE;
  request.put(NDA_DST, neighbor.octets());
  if (ask_kernel(request, [](const nlmsghdr*) {}) == 0) return;

  constexpr Port discard{9};
  const Descriptor socket{::socket(neighbor.is_v4() ? AF_INET : AF_INET6,
                                   SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const auto name = socket_address(neighbor, discard, interface);
  static_cast<void>(!::sendto(socket.get(), nullptr, 0, 0, name.get(), name.size));
}

}  // namespace sonda::inline v0::net
