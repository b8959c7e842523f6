// The UDP header: a view of somebody else's, a value for ours.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ranges>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/core/strong.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/checksum.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

// RFC 768
//
//     0      7 8     15 16    23 24    31
//    +--------+--------+--------+--------+
//    |   Source Port   | Destination Port|
//    +--------+--------+--------+--------+
//    |     Length      |    Checksum     |
//    +--------+--------+--------+--------+
//    |          data octets ...

// A datagram whose header has been checked. It must not outlive its octets.
class UdpView {
 public:
  static constexpr std::size_t header_size = 8;

  // A whole datagram: the payload of an IP packet. Octets behind the length are cut off.
  // Errors: too_short, bad_length.
  [[nodiscard]] static constexpr Parsed<UdpView> parse(Bytes segment) noexcept {
    const auto view = parse_header(segment);
    if (!view) return view;
    const auto length = view->datagram_length();
    if (length < header_size)
      return parse_fault(Layer::udp, Fault::bad_length, header_size, segment.size());
    if (length > segment.size())
      return parse_fault(Layer::udp, Fault::too_short, length, segment.size());
    return UdpView{segment.first(length)};
  }
  // The datagram inside an ICMP error: cut short, and its length as a stranger left it.
  // Error: too_short.
  [[nodiscard]] static constexpr Parsed<UdpView> parse_quoted(Bytes segment) noexcept {
    const auto view = parse_header(segment);
    if (!view) return view;
    const auto length = view->datagram_length();
    if (length < header_size || length > segment.size()) return view;
    return UdpView{segment.first(length)};
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&) = delete;
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse_quoted(Temporary&&) = delete;

  [[nodiscard]] constexpr Port source_port() const noexcept {
    return Port{load<std::uint16_t>(data_, 0)};
  }
  [[nodiscard]] constexpr Port destination_port() const noexcept {
    return Port{load<std::uint16_t>(data_, 2)};
  }
  // The field as it stands: header and data in octets, 0 in a jumbogram.
  [[nodiscard]] constexpr std::uint16_t length() const noexcept {
    return load<std::uint16_t>(data_, 4);
  }
  [[nodiscard]] constexpr std::uint16_t checksum() const noexcept {
    return load<std::uint16_t>(data_, 6);
  }
  // Zero says that the sender made no checksum: allowed in IPv4 (RFC 768), an error in IPv6 but
  // for some tunnels (RFC 8200 section 8.1, RFC 6935).
  [[nodiscard]] constexpr bool has_checksum() const noexcept { return checksum() != 0; }
  // Whether the checksum is right, or absent where it may be. Precondition: not truncated(), and
  // the addresses are of one version.
  [[nodiscard]] constexpr bool checksum_ok(const Address& source,
                                           const Address& destination) const noexcept {
    if (!has_checksum()) return source.is_v4();
    return Checksum{}
               .add_pseudo_header(source, destination, Protocol::udp, data_.size())
               .add(data_)
               .finish() == 0;
  }

  [[nodiscard]] constexpr Bytes octets() const noexcept { return data_; }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return data_.subspan(header_size); }
  // Fewer octets than the length promises; only a quoted datagram can be.
  [[nodiscard]] constexpr bool truncated() const noexcept { return data_.size() < length(); }

 private:
  constexpr explicit UdpView(Bytes data) noexcept : data_{data} {}

  static constexpr Parsed<UdpView> parse_header(Bytes segment) noexcept {
    if (segment.size() < header_size)
      return parse_fault(Layer::udp, Fault::too_short, header_size, segment.size());
    return UdpView{segment};
  }
  // RFC 2675 section 4: a datagram too long for the field says 0, and then the IP payload counts.
  [[nodiscard]] constexpr std::size_t datagram_length() const noexcept {
    constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max();
    return length() == 0 && data_.size() > most ? data_.size() : length();
  }

  Bytes data_;
};

// A header to send.
struct UdpHeader {
  Port source_port{};
  Port destination_port{};
  std::optional<std::uint16_t> length{};  // nothing: the true one
  ChecksumField checksum{};               // ChecksumField{0}: none

  [[nodiscard]] static constexpr std::size_t size() noexcept { return UdpView::header_size; }

  // Writes the eight octets of the header at the front of `segment`, whose other octets are the
  // payload and already in place. A computed 0 is sent as ffff.
  // Preconditions: 8 <= segment.size() <= 65,535; the addresses are of one version.
  constexpr void emit(MutableBytes segment, const Address& source,
                      const Address& destination) const noexcept {
    store(segment, 0, source_port.value());
    store(segment, 2, destination_port.value());
    store(segment, 4, length.value_or(static_cast<std::uint16_t>(segment.size())));
    store<std::uint16_t>(segment, 6, 0);
    if (!checksum.is_computed()) return store(segment, 6, checksum.value_or(0));
    const auto sum = Checksum{}
                         .add_pseudo_header(source, destination, Protocol::udp, segment.size())
                         .add(segment);
    store(segment, 6, sum.finish_udp());
  }
};

}  // namespace sonda::inline v0
