// The simulated network's end of an Ethernet whose other end is a real system.
#pragma once
#include <functional>
#include <optional>
#include <utility>

#include <sonda/core/bytes.hpp>
#include <sonda/core/export.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/arp.hpp>
#include <sonda/wire/ethernet.hpp>

namespace sonda::inline v0::sim {

struct IpPacket;

// It answers for everybody on the simulated side, by ARP and neighbor discovery, and keeps what
// systems say to their own link (IGMP, MLD, router and neighbor discovery) out of the network.
class SONDA_EXPORT EthernetEnd {
 public:
  // Under which MAC address somebody on this side has an address; nothing where nobody has it. The
  // other side's own addresses are among those, or it would find each of them taken.
  using Holder = std::function<std::optional<MacAddress>(const Address&)>;
  // All of them under one.
  [[nodiscard]] static Holder all_at(MacAddress mac, std::function<bool(const Address&)> has);

  struct Plan {
    MacAddress near{};  // this side's; what comes for it is taken whatever its destination
    MacAddress far{};   // the real system's
    Holder holder{};
    bool router = true;  // what neighbor advertisements say of their sender
  };
  explicit EthernetEnd(Plan plan) : plan_{std::move(plan)} {}

  struct Taken {
    std::optional<Bytes> packet{};  // of the frame's octets, without padding
    std::optional<Octets> reply{};  // a frame to be sent
  };
  // Any octets will do. What is not for this side or is no IP gives neither.
  [[nodiscard]] Taken take(Bytes frame) const;

  // A packet for the real system, or for a group it may belong to. It is not padded.
  [[nodiscard]] Octets frame_for(Bytes packet) const;

 private:
  [[nodiscard]] std::optional<MacAddress> held(const Address& address) const;
  [[nodiscard]] std::optional<Octets> answer_arp(Bytes message) const;
  [[nodiscard]] Taken take_packet(const EthernetView& frame) const;
  [[nodiscard]] std::optional<Octets> answer_solicitation(const IpPacket& packet,
                                                          MacAddress asker) const;

  Plan plan_;
};

}  // namespace sonda::inline v0::sim
