// Ports that nobody uses, to be asked where all others are open.
#include "tcp_hosts.hpp"

#include <algorithm>
#include <array>

namespace sonda::inline v0 {

std::vector<Port> TcpHosts::choose(const SipKey& key, const Address& address,
                                   const ScanSpace& space) {
  constexpr std::uint8_t attempts = 64;
  constexpr std::uint32_t first = 1'025, count = 65'536 - first;
  std::vector<Port> ports;
  std::array<std::uint8_t, 17> text{};
  std::ranges::copy(address.octets(), text.begin());
  for (std::uint8_t attempt = 0; attempt < attempts && ports.size() < control_ports; ++attempt) {
    text.back() = attempt;
    const Port port{first + siphash(key, text) % count};
    if (std::ranges::find(ports, port) == ports.end() && !space.place_of({address, port}))
      ports.push_back(port);
  }
  return ports;
}

}  // namespace sonda::inline v0
