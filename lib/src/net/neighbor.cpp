// RTM_GETNEIGH, RTM_NEWNEIGH.
#include "neighbor.hpp"

#include <linux/neighbour.h>

#include <sonda/net/descriptor.hpp>

#include "netlink.hpp"

namespace sonda::inline v0::net {

namespace {

struct Entry {
  unsigned state = 0;  // NUD_…
  std::optional<MacAddress> mac{};
};

std::optional<Entry> find_entry(const Address& neighbor, InterfaceIndex interface) {
  NetlinkRequest request{RTM_GETNEIGH, 0};
  auto& header = request.extra<ndmsg>();
  header.ndm_family = neighbor.is_v4() ? AF_INET : AF_INET6;
  header.ndm_ifindex = static_cast<int>(interface.value());
  request.put(NDA_DST, neighbor.octets());
  std::optional<Entry> found;
  const int error = ask_kernel(request, [&found](const nlmsghdr* message) {
    const auto& entry = *static_cast<const ndmsg*>(mnl_nlmsg_get_payload(message));
    found = Entry{.state = entry.ndm_state};
    const auto octets = NetlinkAttributes{message, sizeof entry}.octets(NDA_LLADDR);
    if (octets.size() == 6) found->mac = MacAddress::from_wire(octets, 0);
  });
  return error == 0 ? found : std::nullopt;
}

}  // namespace

std::optional<MacAddress> known_link_address(const Address& neighbor, InterfaceIndex interface) {
  constexpr unsigned usable =
      NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;
  const auto entry = find_entry(neighbor, interface);
  return entry && (entry->state & usable) != 0 ? entry->mac : std::nullopt;
}

bool lacks_link_address(const Address& neighbor, InterfaceIndex interface) {
  const auto entry = find_entry(neighbor, interface);
  return entry && (entry->state & (NUD_INCOMPLETE | NUD_FAILED)) != 0;
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
