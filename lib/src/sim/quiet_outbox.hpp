// An outbox through which no ICMP error leaves: that of a router which never says anything.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include <sonda/sim/ip_packet.hpp>
#include <sonda/sim/node.hpp>
#include <sonda/wire/icmpv4.hpp>
#include <sonda/wire/icmpv6.hpp>

namespace sonda::inline v0::sim {

class QuietOutbox final : public Outbox {
 public:
  explicit QuietOutbox(Outbox& out) : out_{out} {}

  void send(Side side, Octets octets, Duration wait) override {
    if (is_error(octets)) return out_.note(Deed::kept_silent, octets);
    out_.send(side, std::move(octets), wait);
  }
  void wake(Duration wait) override { out_.wake(wait); }
  [[nodiscard]] std::optional<Side> towards(const Address& address) override {
    return out_.towards(address);
  }
  [[nodiscard]] std::vector<Side> all_ways(const Address& address) override {
    return out_.all_ways(address);
  }
  [[nodiscard]] bool exists(const Address& address) override { return out_.exists(address); }
  [[nodiscard]] Mtu mtu(Side side) const override { return out_.mtu(side); }
  [[nodiscard]] Random& random() override { return out_.random(); }
  [[nodiscard]] Instant now() const override { return out_.now(); }
  [[nodiscard]] Origin origin() const override { return out_.origin(); }
  void act_for(const Origin& origin) override { out_.act_for(origin); }
  void note(Deed deed, Bytes packet, const ErrorMessage* error) override {
    out_.note(deed, packet, error);
  }

 private:
  static bool is_error(Bytes packet) {
    const auto ip = IpPacket::read(packet);
    if (!ip) return false;
    if (ip->version == IpVersion::v4 && ip->protocol == Protocol::icmp) {
      const auto icmp = Icmpv4View::parse(ip->payload());
      return icmp && icmp->is_error();
    }
    if (ip->version == IpVersion::v4 || ip->protocol != Protocol::icmpv6) return false;
    const auto icmp = Icmpv6View::parse(ip->payload());
    return icmp && icmp->is_error();
  }

  Outbox& out_;
};

}  // namespace sonda::inline v0::sim
