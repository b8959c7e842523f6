// RTM_GETNEIGH, RTM_NEWNEIGH.
#include "neighbor.hpp"

#include <linux/neighbour.h>

#include <sonda/net/descriptor.hpp>

#include "netlink.hpp"

namespace sonda::inline v0::net {

std::optional<MacAddress> mapped_link_address(const Address& address) noexcept {
  const auto octets = address.octets();
  if (address.is_v4()) {
    if (address.v4().is_broadcast()) return MacAddress::broadcast();
    if (!address.is_multicast()) return std::nullopt;
    return MacAddress{
        {0x01, 0x00, 0x5e, static_cast<std::uint8_t>(octets[1] & 0x7f), octets[2], octets[3]}};
  }
  if (!address.is_multicast()) return std::nullopt;
  return MacAddress{{0x33, 0x33, octets[12], octets[13], octets[14], octets[15]}};
}

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
