// SIOCETHTOOL.
#include <array>
#include <cerrno>
#include <cstdint>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <sonda/net/descriptor.hpp>
#include <sonda/net/interface_setup.hpp>

namespace sonda::inline v0::net {
namespace {

struct Offload {
  std::uint32_t set, get;
  const char* name;
};
constexpr std::array offloads{Offload{ETHTOOL_STXCSUM, ETHTOOL_GTXCSUM, "transmit checksum"},
                              Offload{ETHTOOL_SRXCSUM, ETHTOOL_GRXCSUM, "receive checksum"},
                              Offload{ETHTOOL_STSO, ETHTOOL_GTSO, "TCP segmentation"},
                              Offload{ETHTOOL_SGSO, ETHTOOL_GGSO, "segmentation"},
                              Offload{ETHTOOL_SGRO, ETHTOOL_GGRO, "receive"},
                              Offload{ETHTOOL_SSG, ETHTOOL_GSG, "scatter-gather"}};

// The value that the system answers with; -1 and errno where it refuses.
int ask(int socket, const std::string& interface, std::uint32_t command) {
  ethtool_value value{.cmd = command, .data = 0};
  ifreq request{};
  interface.copy(request.ifr_name, IF_NAMESIZE - 1);
  request.ifr_data = static_cast<char*>(static_cast<void*>(&value));
  return ::ioctl(socket, SIOCETHTOOL, &request) == 0 ? static_cast<int>(value.data) : -1;
}

}  // namespace

std::expected<void, Failure> switch_off_offloads(const std::string& interface) {
  const Descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  for (const auto& offload : offloads) {
    // Whoever knows no such offload does not do it.
    const bool refused = ask(socket.get(), interface, offload.set) < 0 && errno != EOPNOTSUPP;
    const int error = errno;
    if (refused || ask(socket.get(), interface, offload.get) > 0)
      return std::unexpected{Failure{"switch off", refused ? error : EOPNOTSUPP,
                                     std::string{offload.name} + " offload of " + interface}};
  }
  return {};
}

}  // namespace sonda::inline v0::net
