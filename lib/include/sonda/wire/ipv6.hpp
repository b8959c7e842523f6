// The IPv6 header: a view of somebody else's, a value for ours.
#pragma once
#include <cstddef>
#include <cstdint>
#include <ranges>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

// RFC 8200 3
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Version| Traffic Class |           Flow Label                  |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |         Payload Length        |  Next Header  |   Hop Limit   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                  Source Address (16 octets)                   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                Destination Address (16 octets)                |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

// A packet whose header has been checked. It must not outlive its octets.
class Ipv6View {
 public:
  static constexpr std::size_t size = 40;

  // A whole packet. Octets behind the payload length (a link's padding) are cut off.
  [[nodiscard]] static constexpr Parsed<Ipv6View> parse(Bytes packet) noexcept {
    return check(packet, false);
  }
  // The datagram inside an ICMPv6 error, which may be cut short.
  [[nodiscard]] static constexpr Parsed<Ipv6View> parse_quoted(Bytes packet) noexcept {
    return check(packet, true);
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&) = delete;
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse_quoted(Temporary&&) = delete;

  [[nodiscard]] constexpr TrafficClass traffic_class() const noexcept {
    return TrafficClass{load<std::uint16_t>(data_, 0) >> 4 & 0xff};
  }
  [[nodiscard]] constexpr FlowLabel flow_label() const noexcept {
    return FlowLabel{load<std::uint32_t>(data_, 0) & 0xf'ffff};
  }
  [[nodiscard]] constexpr std::uint16_t payload_length() const noexcept {
    return load<std::uint16_t>(data_, 4);
  }
  // Of this header; ExtensionChain finds the transport behind the extension headers.
  [[nodiscard]] constexpr Protocol next_header() const noexcept { return Protocol{data_[6]}; }
  [[nodiscard]] constexpr Ttl hop_limit() const noexcept { return Ttl{data_[7]}; }
  [[nodiscard]] constexpr Ipv6Address source() const noexcept {
    return Ipv6Address::from_wire(data_, 8);
  }
  [[nodiscard]] constexpr Ipv6Address destination() const noexcept {
    return Ipv6Address::from_wire(data_, 24);
  }

  [[nodiscard]] constexpr Bytes octets() const noexcept { return data_; }
  [[nodiscard]] constexpr Bytes header() const noexcept { return data_.first(size); }
  // Extension headers and what follows them.
  [[nodiscard]] constexpr Bytes payload() const noexcept { return data_.subspan(size); }
  // Fewer octets than the header promises; only a quoted packet can be.
  [[nodiscard]] constexpr bool truncated() const noexcept {
    return data_.size() < size + payload_length();
  }

 private:
  constexpr explicit Ipv6View(Bytes data) noexcept : data_{data} {}

  static constexpr Parsed<Ipv6View> check(Bytes packet, bool quoted) noexcept {
    const auto fail = [&packet](Fault fault, std::size_t needed) {
      return parse_fault(Layer::ipv6, fault, needed, packet.size());
    };
    if (packet.size() < size) return fail(Fault::too_short, size);
    if (packet[0] >> 4 != 6) return fail(Fault::bad_version, 6);
    const Ipv6View view{packet};
    const auto stated = size + view.payload_length();
    if (!view.truncated()) return Ipv6View{packet.first(stated)};
    if (!quoted) return fail(Fault::too_short, stated);
    return view;
  }

  Bytes data_;
};

// A header to send.
struct Ipv6Header {
  TrafficClass traffic_class{};
  FlowLabel flow_label{};
  Protocol next_header = Protocol::no_next_header;
  Ttl hop_limit{64};
  Ipv6Address source{};
  Ipv6Address destination{};

  [[nodiscard]] static constexpr std::size_t size() noexcept { return Ipv6View::size; }

  // Writes the header of a packet whose extension headers and payload have `payload_size` octets.
  // Preconditions: `packet` has room for 40 octets; payload_size <= 65,535.
  constexpr void emit(MutableBytes packet, std::size_t payload_size) const noexcept {
    store(packet, 0,
          std::uint32_t{6} << 28 | std::uint32_t{traffic_class.value()} << 20 |
              (flow_label.value() & 0xf'ffff));
    store(packet, 4, static_cast<std::uint16_t>(payload_size));
    packet[6] = static_cast<std::uint8_t>(next_header);
    packet[7] = hop_limit.value();
    source.emit(packet, 8);
    destination.emit(packet, 24);
  }
};

}  // namespace sonda::inline v0
