// The IPv4 header: a view of somebody else's, a value for ours.
#pragma once
#include <cstddef>
#include <cstdint>
#include <ranges>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

// RFC 791 3.1
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |Version|  IHL  |Type of Service|          Total Length         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |         Identification        |Flags|      Fragment Offset    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Time to Live |    Protocol   |         Header Checksum       |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                       Source Address                          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                    Destination Address                        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                    Options                    |    Padding    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

// A packet whose header has been checked. It must not outlive its octets.
class Ipv4View {
 public:
  static constexpr std::size_t min_size = 20;
  static constexpr std::size_t max_header_size = 60;

  // A whole packet. Octets behind the total length (a link's padding) are cut off.
  [[nodiscard]] static constexpr Parsed<Ipv4View> parse(Bytes packet) noexcept {
    const auto header = parse_header(packet);
    if (!header) return header;
    const auto total = header->total_length();
    if (total < header->header_size())
      return parse_fault(Layer::ipv4, Fault::bad_length, header->header_size(), packet.size());
    if (total > packet.size())
      return parse_fault(Layer::ipv4, Fault::too_short, total, packet.size());
    return Ipv4View{packet.first(total)};
  }
  // The datagram inside an ICMP error: cut short, and its length as a stranger left it. One that
  // is shorter than the header is believed by nobody and cuts nothing off.
  [[nodiscard]] static constexpr Parsed<Ipv4View> parse_quoted(Bytes packet) noexcept {
    const auto header = parse_header(packet);
    if (!header) return header;
    const auto total = header->total_length();
    if (total < header->header_size() || total > packet.size()) return header;
    return Ipv4View{packet.first(total)};
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&) = delete;
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse_quoted(Temporary&&) = delete;

  [[nodiscard]] constexpr std::size_t header_size() const noexcept {
    return (data_[0] & 0x0fU) * std::size_t{4};
  }
  [[nodiscard]] constexpr TrafficClass traffic_class() const noexcept {
    return TrafficClass{data_[1]};
  }
  [[nodiscard]] constexpr std::uint16_t total_length() const noexcept { return read16(2); }
  [[nodiscard]] constexpr std::uint16_t identification() const noexcept { return read16(4); }
  [[nodiscard]] constexpr bool reserved_flag() const noexcept { return (data_[6] & 0x80) != 0; }
  [[nodiscard]] constexpr bool dont_fragment() const noexcept { return (data_[6] & 0x40) != 0; }
  [[nodiscard]] constexpr bool more_fragments() const noexcept { return (data_[6] & 0x20) != 0; }
  // In octets, as everything here; on the wire it counts units of eight.
  [[nodiscard]] constexpr std::size_t fragment_offset() const noexcept {
    return (read16(6) & 0x1fffU) * std::size_t{8};
  }
  [[nodiscard]] constexpr bool is_fragment() const noexcept { return (read16(6) & 0x3fff) != 0; }
  [[nodiscard]] constexpr Ttl ttl() const noexcept { return Ttl{data_[8]}; }
  [[nodiscard]] constexpr Protocol protocol() const noexcept { return Protocol{data_[9]}; }
  [[nodiscard]] constexpr std::uint16_t checksum() const noexcept { return read16(10); }
  [[nodiscard]] constexpr bool checksum_ok() const noexcept {
    return Checksum{}.add(header()).finish() == 0;
  }
  [[nodiscard]] constexpr Ipv4Address source() const noexcept {
    return Ipv4Address::from_wire(data_, 12);
  }
  [[nodiscard]] constexpr Ipv4Address destination() const noexcept {
    return Ipv4Address::from_wire(data_, 16);
  }

  [[nodiscard]] constexpr Bytes octets() const noexcept { return data_; }
  [[nodiscard]] constexpr Bytes header() const noexcept { return data_.first(header_size()); }
  // Padding included; Ipv4Options looks into them.
  [[nodiscard]] constexpr Bytes options() const noexcept {
    return data_.subspan(min_size, header_size() - min_size);
  }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return data_.subspan(header_size()); }
  // Fewer octets than the header promises; only a quoted packet can be.
  [[nodiscard]] constexpr bool truncated() const noexcept { return data_.size() < total_length(); }

 private:
  constexpr explicit Ipv4View(Bytes data) noexcept : data_{data} {}

  static constexpr Parsed<Ipv4View> parse_header(Bytes packet) noexcept {
    const auto fail = [&packet](Fault fault, std::size_t needed) {
      return parse_fault(Layer::ipv4, fault, needed, packet.size());
    };
    if (packet.size() < min_size) return fail(Fault::too_short, min_size);
    if (packet[0] >> 4 != 4) return fail(Fault::bad_version, 4);
    const Ipv4View view{packet};
    if (view.header_size() < min_size) return fail(Fault::bad_length, min_size);
    if (view.header_size() > packet.size()) return fail(Fault::too_short, view.header_size());
    return view;
  }
  [[nodiscard]] constexpr std::uint16_t read16(std::size_t at) const noexcept {
    return load<std::uint16_t>(data_, at);
  }

  Bytes data_;
};

// A header to send.
struct Ipv4Header {
  TrafficClass traffic_class{};
  std::uint16_t identification = 0;
  bool reserved_flag = false;
  bool dont_fragment = true;
  bool more_fragments = false;
  std::size_t fragment_offset = 0;  // in octets, a multiple of eight, below 65,536
  Ttl ttl{64};
  Protocol protocol{};
  ChecksumField checksum{};
  Ipv4Address source{};
  Ipv4Address destination{};
  Bytes options{};  // at most 40 octets; padded with zeros to a multiple of four

  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return Ipv4View::min_size + (options.size() + 3) / 4 * 4;
  }

  // Writes the header of a packet whose payload has `payload_size` octets.
  // Preconditions: `packet` has room for size(); size() + payload_size <= 65,535.
  constexpr void emit(MutableBytes packet, std::size_t payload_size) const noexcept {
    const auto flags = (reserved_flag ? 0x8000U : 0U) | (dont_fragment ? 0x4000U : 0U) |
                       (more_fragments ? 0x2000U : 0U);
    packet[0] = static_cast<std::uint8_t>(0x40 | size() / 4);
    packet[1] = traffic_class.value();
    put16(packet, 2, size() + payload_size);
    put16(packet, 4, identification);
    put16(packet, 6, flags | (fragment_offset / 8 & 0x1fff));
    packet[8] = ttl.value();
    packet[9] = static_cast<std::uint8_t>(protocol);
    put16(packet, 10, 0);
    source.emit(packet, 12);
    destination.emit(packet, 16);
    for (std::size_t i = 0; i < size() - Ipv4View::min_size; ++i)
      packet[Ipv4View::min_size + i] = i < options.size() ? options[i] : std::uint8_t{0};
    put16(packet, 10, checksum.value_or(Checksum{}.add(packet.first(size())).finish()));
  }

 private:
  static constexpr void put16(MutableBytes packet, std::size_t at, std::size_t value) noexcept {
    store(packet, at, static_cast<std::uint16_t>(value));
  }
};

}  // namespace sonda::inline v0
