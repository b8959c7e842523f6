// The error menu: a router behind which every destination says what happens to packets for it.
#pragma once
#include <optional>

#include <sonda/core/export.hpp>
#include <sonda/core/time.hpp>
#include <sonda/sim/host.hpp>
#include <sonda/sim/icmp_error.hpp>
#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/menu_address.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/wire/address.hpp>

namespace sonda::inline v0::sim {

// Errors come from the router, 198.51.100.1 or 2001:db8:1::1, which answers echoes itself; what
// comes from a target has one hop more behind it. Manners 3 to 5 ignore the error. 3/4 and 2/0 tell
// larger packets of an MTU of 1,280 and deliver the rest, an IPv4 packet without DF among it; a
// type that is no error behaves as `works`. What is not on the menu has no route: 3/0, 1/0.
//
// What an error carries in its second word:
// - 3/4, 2/*: an MTU of 1,280.
// - 5/*: the router itself as the gateway. Hosts ignore it, since it is on no link of theirs (RFC
//   1122 3.2.2.2), so that nothing but the message happens.
// - 12/2: a pointer of 2, the total length; 12/0 and 12/1: 20, the octet behind a bare header,
// where
//   the options would be that Linux complains of.
// - 4/1: a pointer of 6, the next header; 4/2: 42, the first option of a first extension header;
//   other 4/*: 40, what follows the IPv6 header.
class SONDA_EXPORT ErrorMenu final : public Node {
 public:
  static constexpr Ipv4Address router_v4{198, 51, 100, 1};
  static constexpr Ipv6Address router_v6{
      {0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  static constexpr Duration lateness = std::chrono::seconds{1};
  static constexpr Mtu told_mtu{1'280};

  ErrorMenu();

  [[nodiscard]] bool owns(const Address& address) const override;
  void on_packet(const Arrival& arrival, Outbox& out) override;
  void on_time(Instant now, Outbox& out) override;

 private:
  struct Asked {
    const Arrival& arrival;
    const IpPacket& packet;
  };
  struct Telling {
    Deed deed = Deed::answered;
    ErrorMessage error{};
    Address from{};
    Duration wait{};
    unsigned copies = 1;
  };
  [[nodiscard]] static Telling telling_of(const MenuEntry& entry, const IpPacket& packet);
  static void tell(const Telling& telling, const Asked& asked, Outbox& out);
  static void reset(const Asked& asked, Outbox& out);
  void serve(const MenuEntry& entry, const Asked& asked, Outbox& out);

  Host router_;   // its own addresses
  Host targets_;  // everything that works
};

}  // namespace sonda::inline v0::sim
