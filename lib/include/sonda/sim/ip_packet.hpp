// What simulated machines need of an IP packet, whichever version it is: read one, write one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include <sonda/core/bytes.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/sim/packet.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ip_version.hpp>
#include <sonda/wire/ipv4.hpp>
#include <sonda/wire/ipv6.hpp>
#include <sonda/wire/ipv6_extensions.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0::sim {

// A packet as a receiving system understands it. It must not outlive its octets.
struct IpPacket {
  IpVersion version = IpVersion::v4;
  Address source{};
  Address destination{};
  Protocol protocol{};  // of the payload
  Ttl ttl{};
  TrafficClass traffic_class{};
  bool dont_fragment = false;  // IPv6: always, for everyone but the sender
  bool is_fragment = false;    // of more than one
  std::size_t fragment_offset = 0;
  std::size_t header_size = 0;  // options and extension headers included
  Bytes octets{};               // without what a link has added

  [[nodiscard]] Bytes payload() const { return octets.subspan(header_size); }

  // Nothing for what a system throws away unread: cut short, lengths that contradict each other,
  // an IPv4 header with a wrong checksum.
  [[nodiscard]] static std::optional<IpPacket> read(Bytes octets) {
    if (const auto v4 = Ipv4View::parse(octets)) {
      if (!v4->checksum_ok()) return std::nullopt;
      return IpPacket{.version = IpVersion::v4,
                      .source = v4->source(),
                      .destination = v4->destination(),
                      .protocol = v4->protocol(),
                      .ttl = v4->ttl(),
                      .traffic_class = v4->traffic_class(),
                      .dont_fragment = v4->dont_fragment(),
                      .is_fragment = v4->is_fragment(),
                      .fragment_offset = v4->fragment_offset(),
                      .header_size = v4->header_size(),
                      .octets = v4->octets()};
    }
    const auto v6 = Ipv6View::parse(octets);
    if (!v6) return std::nullopt;
    const auto chain = ExtensionChain::parse(*v6);
    if (!chain) return std::nullopt;
    return IpPacket{.version = IpVersion::v6,
                    .source = v6->source(),
                    .destination = v6->destination(),
                    .protocol = chain->protocol(),
                    .ttl = v6->hop_limit(),
                    .traffic_class = v6->traffic_class(),
                    .dont_fragment = true,
                    .is_fragment = chain->fragment() && !chain->fragment()->atomic(),
                    .fragment_offset = chain->fragment() ? chain->fragment()->offset() : 0,
                    .header_size = v6->octets().size() - chain->payload().size(),
                    .octets = v6->octets()};
  }
};

// What a packet says besides its payload.
struct Envelope {
  Address from{};
  Address to{};  // of the same version
  Protocol protocol{};
  Ttl ttl{64};
  TrafficClass traffic_class{};
  std::uint16_t identification = 0;  // IPv4 only
  bool dont_fragment = false;        // IPv4 only

  [[nodiscard]] std::size_t size() const {
    return to.is_v4() ? Ipv4View::min_size : Ipv6View::size;
  }
  // A packet with room for the payload, which is zeros.
  [[nodiscard]] Octets packet(std::size_t payload_size) const {
    Octets octets(size() + payload_size);
    if (to.is_v4()) {
      Ipv4Header{.traffic_class = traffic_class,
                 .identification = identification,
                 .dont_fragment = dont_fragment,
                 .ttl = ttl,
                 .protocol = protocol,
                 .source = from.v4(),
                 .destination = to.v4()}
          .emit(octets, payload_size);
    } else {
      Ipv6Header{.traffic_class = traffic_class,
                 .next_header = protocol,
                 .hop_limit = ttl,
                 .source = from.v6(),
                 .destination = to.v6()}
          .emit(octets, payload_size);
    }
    return octets;
  }
};

}  // namespace sonda::inline v0::sim
