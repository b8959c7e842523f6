// ARP: which MAC address has an IPv4 address, asked and answered on an Ethernet.
#pragma once
#include <cstddef>
#include <cstdint>
#include <ranges>

#include <sonda/core/bytes.hpp>
#include <sonda/core/parse_error.hpp>
#include <sonda/wire/address.hpp>
#include <sonda/wire/ethernet.hpp>
#include <sonda/wire/protocol.hpp>

namespace sonda::inline v0 {

// IANA's "ARP Operation Codes"; a number without a name here is just as valid.
enum class ArpOperation : std::uint16_t { request = 1, reply = 2 };

// A message of Ethernet and IPv4, to send or as it came.
struct ArpMessage {
  ArpOperation operation = ArpOperation::request;
  MacAddress sender_mac{};
  Ipv4Address sender{};     // 0.0.0.0: it asks whether anybody has `target` (RFC 5227 section 1.1)
  MacAddress target_mac{};  // nothing in a request
  Ipv4Address target{};

  [[nodiscard]] static constexpr std::size_t size() noexcept { return 28; }
  // Precondition: `out` has room for 28 octets. The link pads them to its own least.
  constexpr void emit(MutableBytes out) const noexcept;

  // What the holder of `mac`, which has the target, says to a request.
  [[nodiscard]] constexpr ArpMessage answered_by(const MacAddress& mac) const noexcept {
    return {.operation = ArpOperation::reply,
            .sender_mac = mac,
            .sender = target,
            .target_mac = sender_mac,
            .target = sender};
  }

  friend constexpr bool operator==(const ArpMessage&, const ArpMessage&) = default;
};

// RFC 826, with the lengths of Ethernet and IPv4
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |       Hardware Space (1)      |    Protocol Space (0x0800)    |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    | HW Length (6) | Pr Length (4) |             Opcode            |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |            Sender Hardware Address, Sender Protocol Address   |
//    +                                                               +
//    |            Target Hardware Address, Target Protocol Address   |

// What stands in a frame of type ARP. It must not outlive its octets.
class ArpView {
 public:
  static constexpr std::uint16_t ethernet = 1;  // IANA's "Hardware Types"

  // Errors: too_short; bad_type for another hardware or protocol, `needed` being the one there
  // should be; bad_length for addresses that are not 6 and 4 octets long. What follows the 28
  // octets is the link's padding.
  [[nodiscard]] static constexpr Parsed<ArpView> parse(Bytes payload) noexcept {
    const auto fail = [&payload](Fault fault, std::size_t needed) {
      return parse_fault(Layer::arp, fault, needed, payload.size());
    };
    constexpr auto ipv4 = static_cast<std::uint16_t>(EtherType::ipv4);
    if (payload.size() < ArpMessage::size()) return fail(Fault::too_short, ArpMessage::size());
    if (load<std::uint16_t>(payload, 0) != ethernet) return fail(Fault::bad_type, ethernet);
    if (load<std::uint16_t>(payload, 2) != ipv4) return fail(Fault::bad_type, ipv4);
    if (payload[4] != 6) return fail(Fault::bad_length, 6);
    if (payload[5] != 4) return fail(Fault::bad_length, 4);
    return ArpView{payload.first(ArpMessage::size())};
  }
  template <typename Temporary>
    requires(!std::ranges::borrowed_range<Temporary>)
  static void parse(Temporary&&) = delete;

  [[nodiscard]] constexpr ArpOperation operation() const noexcept {
    return ArpOperation{load<std::uint16_t>(data_, 6)};
  }
  [[nodiscard]] constexpr MacAddress sender_mac() const noexcept {
    return MacAddress::from_wire(data_, 8);
  }
  [[nodiscard]] constexpr Ipv4Address sender() const noexcept {
    return Ipv4Address::from_wire(data_, 14);
  }
  [[nodiscard]] constexpr MacAddress target_mac() const noexcept {
    return MacAddress::from_wire(data_, 18);
  }
  [[nodiscard]] constexpr Ipv4Address target() const noexcept {
    return Ipv4Address::from_wire(data_, 24);
  }
  // All of it as a value.
  [[nodiscard]] constexpr ArpMessage message() const noexcept {
    return {.operation = operation(),
            .sender_mac = sender_mac(),
            .sender = sender(),
            .target_mac = target_mac(),
            .target = target()};
  }
  [[nodiscard]] constexpr Bytes octets() const noexcept { return data_; }

 private:
  constexpr explicit ArpView(Bytes data) noexcept : data_{data} {}

  Bytes data_;
};

constexpr void ArpMessage::emit(MutableBytes out) const noexcept {
  store(out, 0, ArpView::ethernet);
  store(out, 2, static_cast<std::uint16_t>(EtherType::ipv4));
  out[4] = 6;
  out[5] = 4;
  store(out, 6, static_cast<std::uint16_t>(operation));
  sender_mac.emit(out, 8);
  sender.emit(out, 14);
  target_mac.emit(out, 18);
  target.emit(out, 24);
}

}  // namespace sonda::inline v0
